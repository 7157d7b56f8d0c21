"""What became of data and models: from an alias to log lines, from a person to models."""
