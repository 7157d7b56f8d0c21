"""Raw logs, object by object and line by line."""
