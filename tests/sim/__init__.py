"""The simulated exchange, held to the venue's protocol."""
