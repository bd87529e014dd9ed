"""A made-up exchange that speaks a real venue's wire on loopback."""
