"""Do the feed of the best prices and those of the books tell of one market?

Each change of the best prices is told. So those of a book were told shortly before it, or come next, in whatever order
the feeds arrive. Where neither is so, one of them is wrong, though nobody knows which.
"""

from __future__ import annotations

from collections import deque

from pmtui.core.events import NO_ASK, NO_BID
from pmtui.venues.hyperliquid.fuse import Sides, Touch

KEPT = 32
"""Best prices that are remembered: with new ones in each block, that is some seconds of them."""
NEAR = 1_000
"""ms of the venue's time before a book in which its best prices may have been told."""
PATIENCE = 1_000
"""ms of the venue's time for which books have to contradict, and none to agree, before that counts."""


class Accord:
    """What the one feed told of late, and since when the others contradict it."""

    __slots__ = ("_apart_since", "_known", "book", "broken", "told")

    def __init__(self) -> None:
        self.told: deque[Touch] = deque(maxlen=KEPT)
        self.book: Sides | None = None
        """The last one, until best prices come that are as new."""
        self._known = False
        """Whether its own were told, or may have been before anybody listened."""
        self._apart_since = 0
        """The venue's time of the first in a row of books whose best prices nobody told; 0 for none."""
        self.broken = False
        """Whether that has been so for long enough."""

    def begin_again(self) -> None:
        """What was told before is not used any more. What it led to is not forgotten: one agreement ends it."""
        self.told.clear()
        self.book, self.broken = None, False

    def agree(self) -> None:
        """A book has the best prices that were told."""
        self.book = None
        self._apart_since, self.broken = 0, False

    def take_book(self, book: Sides) -> None:
        """A push of either feed of books that does not agree with the newest best prices."""
        told = self.told
        if told and told[0].sent > book.sent:
            self.book = None  # what was told at its time is not known any more
            return
        if told and told[-1].sent >= book.sent:
            self._judge(book)
            return
        # Until its best prices had time to come nothing has to be looked for.
        known = not told and not self._apart_since
        self.book, self._known = book, known

    def take_touch(self, touch: Touch) -> bool:
        """A push of the best prices; whether it tells of the very moment of a book what that says itself."""
        self.told.append(touch)
        return self.book is not None and self.weigh(touch, self.book)

    def weigh(self, touch: Touch, book: Sides) -> bool:
        """Hold the newest best prices against the book that they may belong to."""
        same = _prices(touch) == _top_of(book)
        if same:
            self._known, self._apart_since, self.broken = True, 0, False
        if touch.sent < book.sent:
            return False
        self.book = None
        if not self._known:
            self._judge(book)
        return same and touch.sent == book.sent and _sizes(touch, book)

    def _has(self, book: Sides) -> bool:
        """Whether the best prices of a book were told shortly before its time, or since."""
        top = _top_of(book)
        for touch in reversed(self.told):
            if _prices(touch) == top:
                return True
            if touch.sent < book.sent - NEAR:
                break
        return False

    def _judge(self, book: Sides) -> None:
        self.book = None
        if self._has(book):
            self.agree()
            return
        self._apart_since = self._apart_since or book.sent
        self.broken = book.sent - self._apart_since >= PATIENCE


def _top_of(book: Sides) -> tuple[int, int]:
    return book.top or (max(book.bids, default=NO_BID), min(book.asks, default=NO_ASK))


def _prices(touch: Touch) -> tuple[int, int]:
    """What was told, but for how much rests there: that is left to fetched books."""
    return touch.bid[0] if touch.bid else NO_BID, touch.ask[0] if touch.ask else NO_ASK


def _sizes(touch: Touch, book: Sides) -> bool:
    bid, ask = touch.bid, touch.ask
    return (bid is None or book.bids[bid[0]] == bid[1]) and (ask is None or book.asks[ask[0]] == ask[1])
