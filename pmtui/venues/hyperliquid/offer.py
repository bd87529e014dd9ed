"""What Hyperliquid offers, in words for people."""

from __future__ import annotations

from pmtui.core.offer import Entry, Offer, Place
from pmtui.venues.hyperliquid.addresses import Addresses

_HOME = Addresses()

OFFER = Offer(
    name="hyperliquid",
    title="Hyperliquid",
    prefixes=("hyperliquid", "hl"),
    bare=False,
    names="names",
    example="pmtui watch hl:BTC hl:@107 hl:#10 hl:xyz:TSLA",
    has=(
        "perps, spot pairs, outcome markets and builders' perps by the coin's name",
        "20 levels every 5 s, the best 5 twice a second, the best price at each change: fused, each with its age",
        "trades with those before the start, minute candles of six hours",
        "mark, oracle, funding, open interest",
        "your own orders, fills and positions by the account's address",
    ),
    limits=(
        "one connection for all coins: 1000 subscriptions, 2000 messages a minute",
        "levels beyond the best 20 are never told",
    ),
    places=(
        Place(
            "socket",
            "hl_ws_url",
            "HL_WS_URL",
            "ws",
            _HOME.socket,
            "Sockets, without a path",
            testnet="wss://api.hyperliquid-testnet.xyz",
        ),
        Place(
            "api",
            "hl_api_url",
            "HL_API_URL",
            "http",
            _HOME.api,
            "REST",
            testnet="https://api.hyperliquid-testnet.xyz",
        ),
    ),
    entry=Entry(
        (
            "Accounts are public at this venue: let pmtui know the address of yours, and your own orders, fills and"
            " positions are shown here. HL_ADDRESS in the environment, --hl-address, or hl_address in your settings"
            " file.",
            "It is the account's own address: an API wallet has no orders. `pmtui account check` asks the venue.",
        ),
        setting="hl_address",
        variable="HL_ADDRESS",
    ),
)
