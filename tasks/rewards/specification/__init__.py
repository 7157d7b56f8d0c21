"""The spec that combines rewards: declared, read, scored with."""
