"""A model behind OpenAI's interface, the router before two of them, and their processes."""
