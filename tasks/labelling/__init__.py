"""What many calls of a session add up to, and which of them are the same."""
