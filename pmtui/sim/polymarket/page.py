"""One market's two books as the venue's text, kept level by level.

A whole-book hash goes into every message about a book. Keeping each level's text makes such a hash cost two
joins and one SHA-1 instead of writing some two hundred numbers.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from hashlib import sha1

from pmtui.core import units
from pmtui.core.units import ONE, Millis, Px, Qty, places, show
from pmtui.sim.engine import BUY, NO, YES, Engine, Fact, Level, Side
from pmtui.sim.polymarket.listing import Listing

NEVER_QUOTED = "0" * 40

plain = lru_cache(maxsize=8_192)(units.plain)
"""The shortest exact text of a number: a crowd says the same ones over and over."""


class Page:
    """The text of both tokens' books; it follows the engine's facts from the moment it is opened."""

    def __init__(self, listing: Listing, engine: Engine) -> None:
        self.listing = listing
        self.engine = engine
        self._sides = {side: _Column(engine.side(side)) for side in (engine.bids.side, engine.asks.side)}
        self._heads = tuple(_head(listing, outcome) for outcome in (YES, NO))
        self.tick_size, self.last_trade_price, self._tail = "", "", b""
        self._ends_with: tuple[Px, Px | None] | None = None
        self.stamp = ""
        self.hashes = (NEVER_QUOTED, NEVER_QUOTED)
        """The hash of each token's book as it stands."""
        self.tops: tuple[tuple[str, str], tuple[str, str]] = (("", ""), ("", ""))
        """Best bid and best ask of each token, empty where a side is."""
        self.close(engine.at)

    def apply(self, fact: Fact) -> None:
        """Write one changed level; other facts are read from the engine when the batch is closed."""
        if isinstance(fact, Level):
            self._sides[fact.side].write(fact.price, fact.size)

    def close(self, at: Millis) -> None:
        """End a batch: the state as of `at` is the one that all of its messages tell."""
        engine = self.engine
        self.stamp = str(at)
        last = engine.last_trade.price if engine.last_trade else None
        if self._ends_with != (engine.tick, last):
            self._ends_with = (engine.tick, last)
            self._end(engine.tick, last)
        self.tops = _tops(engine.bids.best, engine.asks.best)
        if engine.quoted:
            self.hashes = (self._hash(YES), self._hash(NO))

    def _end(self, tick: Px, last: Px | None) -> None:
        self.tick_size, self.last_trade_price = plain(tick), last_price_text(last)
        self._tail = (
            f'],"min_order_size":"{self.listing.min_order_size}","tick_size":"{self.tick_size}",'
            f'"neg_risk":{"true" if self.listing.neg_risk else "false"},"last_trade_price":"{self.last_trade_price}"}}'
        ).encode()

    def levels(self, outcome: int) -> tuple[bytes, bytes]:
        """The compact text of a token's bids and of its asks, without the brackets."""
        bids, asks = self._sides.values()
        if outcome == YES:
            return bids.text(YES), asks.text(YES)
        return asks.text(NO), bids.text(NO)

    def whole(self, outcome: int) -> bytes:
        """A token's book with all ten keys, as REST tells it."""
        return self._text(outcome, self.hashes[outcome].encode())

    def _hash(self, outcome: int) -> str:
        return sha1(self._text(outcome, b""), usedforsecurity=False).hexdigest()

    def _text(self, outcome: int, told_hash: bytes) -> bytes:
        bids, asks = self.levels(outcome)
        return b"".join(
            (
                self._heads[outcome],
                self.stamp.encode(),
                b'","hash":"',
                told_hash,
                b'","bids":[',
                bids,
                b'],"asks":[',
                asks,
                self._tail,
            )
        )


class _Column:
    """One side of the matching book, written once for each token, worst level first.

    The same order serves both: YES bids rise while the NO asks that mirror them fall, as the venue wants it.
    """

    def __init__(self, side: Side) -> None:
        self._sign = 1 if side.side == BUY else -1
        self._keys: list[int] = []
        self._levels: tuple[list[bytes], list[bytes]] = ([], [])
        self._texts: list[bytes | None] = [None, None]
        for price, size in side:
            self.write(price, size)

    def write(self, price: Px, size: Qty) -> None:
        key = price * self._sign
        place = bisect_left(self._keys, key)
        known = place < len(self._keys) and self._keys[place] == key
        if known and not size:
            del self._keys[place]
        elif size and not known:
            self._keys.insert(place, key)
        yes, no = self._levels
        # Without a size the slice is emptied; a new level goes in where the old one was, or in between.
        old = slice(place, place + known)
        yes[old] = [_priced(price) + _sized(size)] if size else []
        no[old] = [_priced(ONE - price) + _sized(size)] if size else []
        self._texts = [None, None]

    def text(self, outcome: int) -> bytes:
        if (text := self._texts[outcome]) is None:
            text = self._texts[outcome] = b",".join(self._levels[outcome])
        return text


def last_price_text(price: Px | None) -> str:
    """The last trade price as it stands inside a book: three decimals, or more where three cannot tell it."""
    return "" if price is None else show(price, max(3, places(price)))


def book_hash(whole: str) -> str:
    """The venue's hash of a book, from its compact text with an empty `hash`."""
    return sha1(whole.encode(), usedforsecurity=False).hexdigest()


def _tops(bid: Px | None, ask: Px | None) -> tuple[tuple[str, str], tuple[str, str]]:
    return (
        ("" if bid is None else plain(bid), "" if ask is None else plain(ask)),
        ("" if ask is None else plain(ONE - ask), "" if bid is None else plain(ONE - bid)),
    )


def _head(listing: Listing, outcome: int) -> bytes:
    return f'{{"market":"{listing.condition_id}","asset_id":"{listing.tokens[outcome]}","timestamp":"'.encode()


@lru_cache(maxsize=8_192)
def _priced(price: int) -> bytes:
    """How a level begins."""
    return f'{{"price":"{plain(price)}","size":"'.encode()


@lru_cache(maxsize=8_192)
def _sized(size: int) -> bytes:
    """How a level ends."""
    return f'{plain(size)}"}}'.encode()
