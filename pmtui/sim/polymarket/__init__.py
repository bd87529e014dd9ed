"""A Polymarket of our own: its wire, its REST answers, its accounts, its faults."""
