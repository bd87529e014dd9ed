"""Hyperliquid: perps, spot pairs and outcome markets on one matching engine, told by the coin."""
