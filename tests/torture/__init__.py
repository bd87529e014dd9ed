"""Hours of faults in seconds: the real feed, store and venue code against the simulated exchange in virtual time."""
