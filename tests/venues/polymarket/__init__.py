"""Polymarket, in frames of made-up markets."""
