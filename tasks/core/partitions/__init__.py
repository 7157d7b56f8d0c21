"""Who stands in train, validation or the sealed test, and the proof that nothing crosses."""
