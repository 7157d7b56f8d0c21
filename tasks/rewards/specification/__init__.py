"""The spec that combines rewards: read, scored with, registered, described."""
