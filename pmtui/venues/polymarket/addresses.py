"""Where Polymarket lives, and which other addresses may stand in for it."""

from __future__ import annotations

import msgspec


class Addresses(msgspec.Struct, frozen=True):
    """Hosts without paths."""

    socket: str = "wss://ws-subscriptions-clob.polymarket.com"
    clob: str = "https://clob.polymarket.com"
    gamma: str = "https://gamma-api.polymarket.com"
