"""Measurements, the statistics on them, and verdicts."""
