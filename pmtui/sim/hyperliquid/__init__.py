"""A made-up Hyperliquid: its coins, its socket and its info requests, on the same engine and crowd."""
