"""Polymarket: binary outcome tokens on one matching book a market."""
