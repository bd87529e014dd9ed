"""Made-up messages of the documented shapes, in the venue's own spelling."""

from __future__ import annotations

import json
from typing import Any

from pmtui.core.instrument import InstrumentId, identify
from pmtui.core.units import Millis, px, qty
from pmtui.venues.hyperliquid.market import MarketStream

SYMBOLS = ("BTC", "ETH")
NOON = 1_800_000_000_000
HASH = "0x" + "ab" * 32
ZEROS = "0x" + "00" * 32
USERS = ["0x" + "11" * 20, "0x" + "22" * 20]


FOUND = ("rain", {"outcomes": [{"outcome": 2, "name": "Will it rain?", "sideSpecs": []}], "questions": []})
"""Words, and an answer to a search for them."""


def id_of(symbol: str) -> InstrumentId:
    return identify("hyperliquid", symbol)


def stream(*symbols: str, decimals: dict[str, int] | None = None) -> MarketStream:
    made = MarketStream("hyperliquid link 1", "wss://made.up", [id_of(each) for each in symbols or SYMBOLS], decimals)
    made.open()
    return made


def spelt(message: object) -> bytes:
    """As the venue's own serializer writes: without blanks."""
    return json.dumps(message, separators=(",", ":")).encode()


def level(price: str, size: str, orders: int = 1) -> dict[str, Any]:
    return {"px": price, "sz": size, "n": orders}


def side(text: str) -> list[dict[str, Any]]:
    """`"99x2 98x1"` as levels, the best first."""
    return [level(price, size) for price, size in (each.split("x") for each in text.split())]


def levels(text: str) -> dict[int, int]:
    """The same as exact numbers."""
    return {px(price): qty(size) for price, size in (each.split("x") for each in text.split())}


def book(
    bids: str = "99x2 98x1", asks: str = "101x3 102x1", *, coin: str = "BTC", sent: int = 0, fast: bool = False
) -> bytes:
    data: dict[str, Any] = {"coin": coin, "time": NOON + sent, "levels": [side(bids), side(asks)]}
    return spelt({"channel": "l2Book", "data": data | ({"fast": True} if fast else {})})


def bbo(bid: str = "99x2", ask: str = "101x3", *, coin: str = "BTC", sent: int = 0) -> bytes:
    """Empty for a side with nobody."""
    sides = [side(each)[0] if each else None for each in (bid, ask)]
    return spelt({"channel": "bbo", "data": {"coin": coin, "time": NOON + sent, "bbo": sides}})


def trade(price: str = "101", size: str = "0.5", *, coin: str = "BTC", sent: int = 0, **more: object) -> dict[str, Any]:
    told = {"coin": coin, "side": "B", "px": price, "sz": size, "time": NOON + sent, "hash": HASH, "tid": 7}
    return told | {"users": USERS} | more


def trades(*each: dict[str, Any]) -> bytes:
    return spelt({"channel": "trades", "data": list(each)})


def candle(begins: int = 0, *, coin: str = "BTC", prices: str = "100 104 99 103", **more: object) -> dict[str, Any]:
    """Prices in the order open, high, low, close."""
    first, high, low, last = prices.split()
    told = {"t": NOON + begins, "T": NOON + begins + 59_999, "s": coin, "i": "1m"}
    return told | {"o": first, "c": last, "h": high, "l": low, "v": "2.5", "n": 3} | more


def candles(*each: dict[str, Any]) -> bytes:
    return spelt({"channel": "candle", "data": list(each)})


def ctx(coin: str = "BTC", *, channel: str = "activeAssetCtx", **more: object) -> bytes:
    told = {
        "funding": "0.0000125",
        "openInterest": "46.2066",
        "prevDayPx": "100.0",
        "dayNtlVlm": "2034799.72462",
        "premium": None,
        "oraclePx": "100.5",
        "markPx": "101.0",
        "midPx": None,
        "impactPxs": None,
        "dayBaseVlm": "18.88139",
    }
    return spelt({"channel": channel, "data": {"coin": coin, "ctx": told | more}})


def ack(method: str = "subscribe", **subscription: object) -> bytes:
    """As the venue echoes: defaults filled in."""
    told = {"nSigFigs": None, "mantissa": None, **subscription}
    return spelt({"channel": "subscriptionResponse", "data": {"method": method, "subscription": told}})


def error(words: str) -> bytes:
    return spelt({"channel": "error", "data": words})


NOW = Millis(1_000)


ODD_WORDS = [b"NaN", b"1e999", b"01", b"-", rb"\ud800", rb"\u0000", b"\x01", b"\x7f", b'"', b",", b"[" * 1_200]
"""What a careless writer, or a cut in the middle, puts into a message."""


def places_in(frame: bytes) -> list[int]:
    """Where a value begins, or a text."""
    return [n for n in range(1, len(frame)) if frame[n - 1 : n] in (b":", b'"', b"[", b",")]
