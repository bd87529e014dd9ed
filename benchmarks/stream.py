"""A seeded stream of the documented shape: what the pipeline is measured on."""

from __future__ import annotations

import random
from dataclasses import dataclass

import orjson

TOKENS = ("7" * 76 + "1", "3" * 76 + "2")
MARKET = "0x" + "ab" * 32
START = 1_790_000_000_000


@dataclass
class Stream:
    """Frames, and the books that stand at their end: price and size as text."""

    frames: list[bytes]
    bids: dict[str, str]
    asks: dict[str, str]


def make(count: int, *, seed: int = 1, levels: int = 100) -> Stream:
    """95 % price changes that name both tokens, 3 % trades, 2 % whole books of two times `levels` levels."""
    rng = random.Random(seed)
    book = _Mirror(rng, levels)
    frames = [orjson.dumps([book.whole(yes, START) | {"tick_size": "0.001"} for yes in (True, False)])]
    now = START
    while len(frames) < count:
        now += rng.choice((0, 0, 1, 3, 20))
        dice = rng.random()
        if dice < 0.95:
            frames.append(book.change(now))
        elif dice < 0.98:
            frames.append(book.trade(now))
        else:
            frames.append(orjson.dumps(book.whole(rng.random() < 0.5, now)))
    return Stream(frames, book.texts(bids=True), book.texts(bids=False))


class _Mirror:
    """YES in thousandths; NO is its mirror image."""

    def __init__(self, rng: random.Random, levels: int) -> None:
        self._rng = rng
        self._used: list[str] = []
        self._bids = {500 - 1 - n: self._size() for n in range(levels)}
        self._asks = {500 + 1 + n: self._size() for n in range(levels)}

    def _size(self) -> str:
        # In a recording of a busy hour one change in three brought a size not seen before.
        rng = self._rng
        if self._used and rng.random() < 0.67:
            return rng.choice(self._used)
        self._used.append(str(rng.randint(5, 999_999) / 100).removesuffix(".0"))
        return self._used[-1]

    def texts(self, *, bids: bool) -> dict[str, str]:
        return {_text(price): size for price, size in (self._bids if bids else self._asks).items()}

    def whole(self, yes: bool, now: int) -> dict[str, object]:
        bids, asks = (self._bids, self._asks) if yes else (_flip(self._asks), _flip(self._bids))
        return {
            "market": MARKET,
            "asset_id": TOKENS[0 if yes else 1],
            "timestamp": str(now),
            "hash": f"{self._rng.getrandbits(160):040x}",
            "bids": [{"price": _text(p), "size": bids[p]} for p in sorted(bids)],
            "asks": [{"price": _text(p), "size": asks[p]} for p in sorted(asks, reverse=True)],
            "event_type": "book",
        }

    def change(self, now: int) -> bytes:
        rng = self._rng
        bid = rng.random() < 0.5
        side = self._bids if bid else self._asks
        best = max(side) if bid else min(side)
        depth = min(int(rng.expovariate(0.12)), 99)
        price = best - depth if bid else best + depth
        if rng.random() < 0.15 and 0 < price < 1000 and len(side) > 20:
            size = "0"
            side.pop(price, None)
        else:
            other = min(self._asks) if bid else max(self._bids)
            step = 1 if rng.random() < 0.05 else 0
            price = min(price + step, other - 1) if bid else max(price - step, other + 1)
            size = side[price] = self._size()
        return self._frame(now, price, size, bid)

    def _frame(self, now: int, price: int, size: str, bid: bool) -> bytes:
        top_bid, top_ask = max(self._bids), min(self._asks)
        digest = f"{self._rng.getrandbits(160):040x}"
        sides = ("BUY", "SELL") if bid else ("SELL", "BUY")
        entries = ", ".join(
            f'{{"asset_id":"{token}", "price":"{_text(at)}", "size":"{size}", "side":"{side}", "hash":"{digest}", '
            f'"best_bid":"{_text(low)}", "best_ask":"{_text(high)}"}}'
            for token, at, side, low, high in (
                (TOKENS[0], price, sides[0], top_bid, top_ask),
                (TOKENS[1], 1000 - price, sides[1], 1000 - top_ask, 1000 - top_bid),
            )
        )
        return (
            f'{{"market":"{MARKET}", "price_changes":[{entries}], "timestamp":"{now}", "event_type":"price_change"}}'
        ).encode()

    def trade(self, now: int) -> bytes:
        buy = self._rng.random() < 0.5
        price = min(self._asks) if buy else max(self._bids)
        return (
            f'{{"market":"{MARKET}", "asset_id":"{TOKENS[0]}", "price":"{_text(price)}", "size":"{self._size()}", '
            f'"fee_rate_bps":"0", "side":"{"BUY" if buy else "SELL"}", "timestamp":"{now}", '
            f'"transaction_hash":"0x{self._rng.getrandbits(256):064x}", "event_type":"last_trade_price"}}'
        ).encode()


def _flip(side: dict[int, str]) -> dict[int, str]:
    return {1000 - price: size for price, size in side.items()}


def _text(thousandths: int) -> str:
    return f"{thousandths / 1000:.3f}".rstrip("0")
