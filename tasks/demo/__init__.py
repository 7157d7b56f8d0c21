"""The embedded default: a small made world of tools, its logs, and its tiny base model."""
