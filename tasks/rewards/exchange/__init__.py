"""Other services' reward contracts, one file each: what they see, what they ask, what they answer.

namespaces    a prompt and a reply as OpenAI's graders see them, and as a program of Ratchet's does
"""
