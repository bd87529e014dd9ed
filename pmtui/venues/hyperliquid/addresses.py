"""Where Hyperliquid lives, and which other addresses may stand in for it."""

from __future__ import annotations

import msgspec


class Addresses(msgspec.Struct, frozen=True):
    """Hosts without paths."""

    socket: str = "wss://api.hyperliquid.xyz"
    api: str = "https://api.hyperliquid.xyz"
