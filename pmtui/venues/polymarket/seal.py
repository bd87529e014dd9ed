"""The venue's digest of a whole book, recomputed: SHA-1 over a compact JSON text of it.

The text ends with four ingredients that the socket tells late or never: minimum order size, tick size,
negative risk and the last trade price. They are learned from fetched books and from what already fitted,
and tried in turn; levels come first in the text, so trying an ingredient costs one short hash update.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import msgspec

from pmtui.core.book import Book
from pmtui.core.events import BookSnapshot, TickChanged, Trade
from pmtui.core.units import ONE, Millis, plain, px, show

UNQUOTED = "0" * 40
"""The digest of an asset that is listed but was never quoted."""

_TICKS = ("0.01", "0.001", "0.1", "0.005", "0.0025", "0.0001")
_WITHOUT_TICK = 6
"""The era whose digests say nothing of the tick."""
_SEARCH_EVERY = 5_000
_NEAR = 20
"""Thousandths on either side of the best prices in which the last trade price is looked for at every miss."""
_LATE = 2_000
_MILLE = ONE // 1_000


class Ingredients(msgspec.Struct, gc=False):
    """What both outcomes of one market share; the texts are the venue's own."""

    least: str = "5"
    negative: bool = False
    tick: str = ""
    last: str = ""
    spelt: tuple[str, ...] = ()
    """The ways in which the last trade may be written."""
    schema: int = 10
    """How many keys the venue hashed: ten today, nine and six in older recordings."""
    known: bool = False
    """Whether a fetched book has told minimum and risk."""
    proven: bool = False
    """Whether some digest has fitted with them."""
    searched_at: int = -_SEARCH_EVERY


class _Missed(msgspec.Struct, gc=False):
    """A book that nothing known could prove, kept in case the next trade does."""

    state: hashlib._Hash
    tick: str
    digest: str
    at: Millis


class PolymarketSeal(msgspec.Struct, gc=False):
    """Proves one token's book. Seals of the two outcomes of a market share their ingredients."""

    token: str
    markets: dict[str, Ingredients]
    market: str = ""
    own: Ingredients = msgspec.field(default_factory=Ingredients)
    tick: int = 0
    """The tick size that the last look at a digest proved."""
    _told: bool = False
    """Whether this connection has told the tick size."""
    _missed: _Missed | None = None

    def forget(self) -> None:
        """A new connection: nothing that is still waiting for its proof counts any more."""
        self._missed = None
        self._told, self.tick = False, 0

    def note(self, event: BookSnapshot | Trade | TickChanged) -> Millis | None:
        """Take in what the digest depends on; the time of an earlier book that this proves after all."""
        if isinstance(event, BookSnapshot):
            self._meet(event)
            return None
        if isinstance(event, TickChanged):
            self.own.tick, self._told, self.tick = plain(event.new), True, 0
            return None
        # Both outcomes carry the same last price, not its complement; either one's trade may tell it.
        texts = [text for price in (event.price, ONE - event.price) for text in spellings(price)]
        if (proven := self._late(texts, event.at)) is not None:
            return proven
        self.own.last, self.own.spelt = texts[0], tuple(texts)
        return None

    def _meet(self, event: BookSnapshot) -> None:
        if event.market and event.market != self.market:
            self.market = event.market
            self.own = self.markets.setdefault(event.market, self.own)
        if event.tick:
            self.own.tick, self._told, self.tick = plain(event.tick), True, 0
        if event.last is not None:
            self.own.last = event.last

    def teach(self, least: str, negative: bool) -> None:
        """What only a fetched book tells."""
        self.own.least, self.own.negative, self.own.known = least, negative, True

    def matches(self, book: Book, sent: int, digest: str, at: Millis) -> bool:
        """Whether `book`, stamped `sent`, is what the venue hashed."""
        self._missed, self.tick = None, 0
        if digest == UNQUOTED:
            return book.empty
        own = self.own
        state = hashlib.sha1(levels_text(self.market, self.token, sent, book).encode("utf-8", "replace"))
        tick = own.tick or plain(book.tick or ONE // 100)
        if _fits(state, _tail(own.schema, own.least, tick, own.negative, own.last), digest):
            self._proves(tick)
            return True
        if self._search(state, book, tick, digest, at):
            self._proves(tick)
            return True
        if not self._told and self._search_tick(state, tick, digest):
            return True
        self._missed = _Missed(state, tick, digest, at)
        return False

    def fits(self, fetched: BookSnapshot) -> bool:
        """Whether a fetched book, which names all that its digest depends on, has that digest; nothing is learned."""
        own, book = self.own, Book()
        book.replace(fetched.bids, fetched.asks)
        if fetched.digest == UNQUOTED:
            return book.empty
        state = hashlib.sha1(levels_text(fetched.market, self.token, fetched.sent, book).encode("utf-8", "replace"))
        last = fetched.last or ""
        tails = (_tail(keys, own.least, plain(fetched.tick), own.negative, last) for keys in (10, 9, _WITHOUT_TICK))
        return any(_fits(state, tail, fetched.digest) for tail in tails)

    def sure(self, first: BookSnapshot) -> bool:
        """Whether it names its own tick and last price, and a fetched book told the rest or a digest proved it."""
        return bool(first.tick) and first.last is not None and (self.own.known or self.own.proven)

    def _proves(self, tick: str) -> None:
        self.own.proven = True
        if self.own.schema > _WITHOUT_TICK:
            self.tick = px(tick)

    def _search_tick(self, state: hashlib._Hash, tick: str, digest: str) -> bool:
        """It may have changed while nobody listened, and the book that came then need not say so."""
        own = self.own
        for other in _TICKS:
            for last in (own.last, "", *_respelled(own.last)) if other != tick else ():
                if _fits(state, _tail(own.schema, own.least, other, own.negative, last), digest):
                    own.tick, own.last, self._told = other, last, True
                    self._proves(other)
                    return True
        return False

    def _search(self, state: hashlib._Hash, book: Book, tick: str, digest: str, at: Millis) -> bool:
        """Try the other spellings, what lies near the best prices and, now and then, a fine grid of all last prices."""
        own = self.own
        lasts = [own.last, "", *_respelled(own.last), *own.spelt, *_near(book)]
        if at - own.searched_at >= _SEARCH_EVERY:
            own.searched_at = at
            lasts += (f"{n / 1000:.3f}" for n in range(1001))
        for negative in (own.negative, not own.negative) if not own.known else (own.negative,):
            for least in dict.fromkeys((own.least, "5", "1", "15")) if not own.known else (own.least,):
                for last in lasts if negative == own.negative and least == own.least else lasts[:5]:
                    if _fits(state, _tail(10, least, tick, negative, last), digest):
                        own.least, own.negative, own.last, own.schema = least, negative, last, 10
                        return True
                if _fits(state, _tail(9, least, tick, negative, ""), digest):
                    own.least, own.negative, own.schema = least, negative, 9
                    return True
        if _fits(state, _tail(_WITHOUT_TICK, "", "", False, ""), digest):
            own.schema = _WITHOUT_TICK
            return True
        return False

    def _late(self, texts: list[str], at: Millis) -> Millis | None:
        missed, self._missed = self._missed, None
        if missed is None or at - missed.at > _LATE:
            return None
        own = self.own
        for last in texts:
            if _fits(missed.state, _tail(10, own.least, missed.tick, own.negative, last), missed.digest):
                own.last = last
                return missed.at
        self._missed = missed
        return None


def levels_text(market: str, token: str, sent: int, book: Book) -> str:
    """The hashed text up to the end of the asks: bids ascending, asks descending."""
    bids, asks = book.prices()
    return (
        f'{{"market":"{market}","asset_id":"{token}","timestamp":"{sent}","hash":"",'
        f'"bids":[{_levels(reversed(bids), book.bids)}],"asks":[{_levels(reversed(asks), book.asks)}]'
    )


def _levels(prices: Iterable[int], side: dict[int, int]) -> str:
    return ",".join([f'{{"price":"{plain(price)}","size":"{plain(side[price])}"}}' for price in prices])


def _tail(schema: int, least: str, tick: str, negative: bool, last: str) -> bytes:
    if schema == _WITHOUT_TICK:
        return b"}"
    risk = "true" if negative else "false"
    end = f',"last_trade_price":"{last}"}}' if schema == 10 else "}"
    return f',"min_order_size":"{least}","tick_size":"{tick}","neg_risk":{risk}{end}'.encode("utf-8", "replace")


def _fits(state: hashlib._Hash, tail: bytes, digest: str) -> bool:
    attempt = state.copy()
    attempt.update(tail)
    return attempt.hexdigest() == digest


def spellings(price: int) -> list[str]:
    """The ways in which the venue has been seen to write one price, likeliest first."""
    texts = [show(price + _MILLE // 2, 3), show(price, 3), plain(price), show(price, 4)]
    return list(dict.fromkeys([*texts, show(price, 2)] if price % _MILLE == 0 else texts))


def _near(book: Book) -> Iterator[str]:
    """The prices about the touches: that is where trades print."""
    near = {touch // _MILLE + n for touch in (book.bid, book.ask) for n in range(-_NEAR, _NEAR + 1)}
    return (f"{mille / 1000:.3f}" for mille in sorted(near) if 0 <= mille <= 1000)


def _respelled(last: str) -> Iterator[str]:
    """The same price with other numbers of decimals."""
    if "." in last:
        whole, _, part = last.rstrip("0").partition(".")
        yield from dict.fromkeys(
            (f"{whole}.{part:0<3}", f"{whole}.{part:0<2}", f"{whole}.{part:0<4}", f"{whole}.{part}")
        )
