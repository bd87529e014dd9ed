"""Where Hyperliquid lives, and which other addresses may stand in for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Addresses:
    """Hosts without paths."""

    socket: str = "wss://api.hyperliquid.xyz"
    api: str = "https://api.hyperliquid.xyz"
