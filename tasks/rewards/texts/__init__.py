"""What rewards of texts share."""
