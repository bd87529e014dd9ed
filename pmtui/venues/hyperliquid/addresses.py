"""Where Hyperliquid lives, and which other addresses may stand in for it."""

from __future__ import annotations

from pmtui.core.tuples import NamedTuple


class Addresses(NamedTuple):
    """Hosts without paths."""

    socket: str = "wss://api.hyperliquid.xyz"
    api: str = "https://api.hyperliquid.xyz"
