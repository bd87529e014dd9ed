"""A naive reader of the wire: books as plain dicts of text, hashes by the book."""

from __future__ import annotations

import json
from hashlib import sha1
from typing import Any

import orjson

from pmtui.core.units import px

Levels = dict[str, str]


class NaiveBook:
    """One token's book, kept the slow and obvious way."""

    def __init__(self) -> None:
        self.sides: dict[str, Levels] = {"BUY": {}, "SELL": {}}
        self.ingredients: dict[str, Any] = {}

    def replace(self, message: dict[str, Any]) -> None:
        for side, key in (("BUY", "bids"), ("SELL", "asks")):
            self.sides[side] = {level["price"]: level["size"] for level in message[key]}
        self.ingredients |= {key: message[key] for key in ("tick_size", "last_trade_price") if key in message}

    def change(self, entry: dict[str, Any]) -> None:
        levels = self.sides[entry["side"]]
        levels.pop(entry["price"], None)
        if entry["size"] != "0":
            levels[entry["price"]] = entry["size"]

    def top(self, side: str) -> str:
        """The best price, written as price_change writes it."""
        levels = self.sides[side]
        if not levels:
            return "0" if side == "BUY" else "1"
        return (max if side == "BUY" else min)(levels, key=px)

    def hash(self, market: str, token: str, timestamp: str, *, neg_risk: bool, last_trade_price: str) -> str:
        """The venue's hash, from its ten keys."""
        return naive_hash(
            {
                "market": market,
                "asset_id": token,
                "timestamp": timestamp,
                "hash": "",
                "bids": _levels(self.sides["BUY"], falling=False),
                "asks": _levels(self.sides["SELL"], falling=True),
                "min_order_size": "5",
                "tick_size": self.ingredients["tick_size"],
                "neg_risk": neg_risk,
                "last_trade_price": last_trade_price,
            }
        )


def naive_hash(book: dict[str, Any]) -> str:
    return sha1(json.dumps({**book, "hash": ""}, separators=(",", ":")).encode()).hexdigest()


def messages(frame: bytes | str) -> list[dict[str, Any]]:
    """What a frame holds, as a list in any case."""
    told = orjson.loads(frame)
    return told if isinstance(told, list) else [told]


def _levels(levels: Levels, *, falling: bool) -> list[dict[str, str]]:
    return [{"price": price, "size": levels[price]} for price in sorted(levels, key=px, reverse=falling)]


class NaiveAccount:
    """An account as the user channel tells it, kept the slow and obvious way."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.working: set[str] = set()
        self.trades: dict[tuple[str, int], dict[str, Any]] = {}

    def read(self, message: dict[str, Any]) -> None:
        if message["event_type"] == "trade":
            self.trades[message["id"], message["bucket_index"]] = message
        elif message["status"] == "LIVE":
            self.working.add(message["id"])
        else:
            self.working.discard(message["id"])

    def fills(self) -> dict[tuple[str, int, str], tuple[str, ...]]:
        """By trade, bucket and order: token, side, price, size and state."""
        found: dict[tuple[str, int, str], tuple[str, ...]] = {}
        for (trade, bucket), told in self.trades.items():
            if told["trader_side"] == "TAKER":
                terms = (told["asset_id"], told["side"], told["price"], told["size"], told["status"])
                found[trade, bucket, told["taker_order_id"]] = terms
                continue
            for part in told["maker_orders"]:
                if part["owner"] == self.key:
                    terms = (part["asset_id"], part["side"], part["price"], part["matched_amount"], told["status"])
                    found[trade, bucket, part["order_id"]] = terms
        return found
