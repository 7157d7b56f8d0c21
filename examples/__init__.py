"""Environments of others, beside which nothing of this project depends."""
