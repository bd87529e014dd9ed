"""Hyperliquid's messages and what we make of them."""
