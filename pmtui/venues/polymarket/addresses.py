"""Where Polymarket lives, and which other addresses may stand in for it."""

from __future__ import annotations

from pmtui.core.tuples import NamedTuple


class Addresses(NamedTuple):
    """Hosts without paths."""

    socket: str = "wss://ws-subscriptions-clob.polymarket.com"
    clob: str = "https://clob.polymarket.com"
    gamma: str = "https://gamma-api.polymarket.com"
