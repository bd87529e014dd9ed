"""What bytes mean, for every venue."""
