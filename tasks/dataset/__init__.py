"""What a dataset must be to be used."""
