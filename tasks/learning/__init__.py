"""Generating with a model, and training it."""
