"""A made-up exchange that speaks a real venue's wire on loopback."""

VENUES = {"polymarket": "polymarket", "hl": "hyperliquid"}
"""The venues whose wire can be spoken, and the folder of each; the first is what is meant when none is named."""
