"""Rows, references, tools and replies as other tools write them, read strictly."""
