"""Specs out of other services' graders, and into the forms that other services run."""
