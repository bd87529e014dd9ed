"""What a conversation remembers of one coin: whom it tells of, the parts of its book, its last trades."""

from __future__ import annotations

from pmtui.core.instrument import InstrumentId
from pmtui.core.units import Millis, Px
from pmtui.venues.hyperliquid.accord import Accord
from pmtui.venues.hyperliquid.fuse import EVERYTHING, Reach, Sides, Touch
from pmtui.venues.hyperliquid.numbers import ceiling_of

DEEP_FOR = 10_000
"""ms for which what lies below the fast feed's levels is shown where a fresh book was asked for; it comes each five."""
FAST_FOR, SLOW_FOR = 2_000, 12_000
"""ms after which a book of the fast feed is old, and one of the slow feed alone."""


class Coin:
    """What the conversation remembers of one coin."""

    __slots__ = (
        "accord",
        "ahead",
        "answers",
        "back",
        "began",
        "below",
        "books",
        "ceiling",
        "deep_at",
        "fast",
        "finer",
        "has_fast",
        "heard",
        "let_go",
        "low",
        "most",
        "name",
        "only",
        "part_at",
        "prints",
        "reach",
        "sent",
        "slow",
        "tick",
        "touch",
        "whole",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.books: dict[InstrumentId, bool] = {}
        """The instruments that are told by this coin, and whether each is seen from the other side."""
        self.ceiling = ceiling_of(name)
        """No price reaches this."""
        self.prints: dict[tuple[int, int], None] = {}
        """The last trades, by time and number: after a reconnect the venue tells them again."""
        self.only: InstrumentId | None = None
        """The one instrument whose book this is as it stands, which is so for all but outcomes."""
        self.tick = Px(0)
        self.low = 0
        self.most = -1
        """What the tick was told by: the lower touch, and how many decimals a price may have."""
        self.finer = -1
        """How many decimals its prices had that had more than they may."""
        self.forget()

    def forget(self) -> None:
        """A new connection: all parts of the book are unknown."""
        self.accord = Accord()
        """Whether the feeds tell the same best prices."""
        self.doubt()
        self.has_fast = False
        self.heard = False
        """Whether trades were told on this connection: the first time, they are of the past."""
        self.began = 0
        """The venue's time of the first book of this connection."""
        self.answers: set[str] = set()
        """Feeds that were asked for and have told nothing since: their next push says what is, and not that they flow.
        """

    def doubt(self) -> None:
        """A message could not be read: nothing that was told before it is used any more."""
        self.accord.begin_again()
        self.slow: Sides | None = None
        self.fast: Sides | None = None
        self.let_go = 0
        """The time of a slow push that was too old to go on lying below: none that is as old takes its place."""
        self.below: Sides | None = None
        """What the two make together; None when one of them has changed since."""
        self.whole = False, False
        """Whether that is all bids, and all asks."""
        self.touch: Touch | None = None
        self.ahead: Touch | None = None
        """Best prices that are too new for the book that they would stand on."""
        self.back: dict[str, Millis] = {}
        """Since when a feed tells nothing but what is far older than what it told before."""
        self.reach: Reach = EVERYTHING
        self.deep_at = self.part_at = Millis(0)
        """When the slow feed told the book, and when either of the two did."""
        self.sent = 0
        """The venue's time of the newer of the two."""

    def ask(self) -> None:
        """Fresh books were asked for. What was told stays, and an answer that is older is nothing; but deeper levels
        that the slow feed has not told for long are not shown any more if it does not tell them now."""
        self.accord.begin_again()
        if self.slow is not None and self.fast is not None and self.fast.sent - self.slow.sent > DEEP_FOR:
            self.let_go, self.slow, self.below = self.slow.sent, None, None

    @property
    def lasts(self) -> int:
        """ms without news after which the book is old."""
        return FAST_FOR if self.has_fast else SLOW_FOR

    def tell(self, instrument: InstrumentId, *, mirrored: bool) -> None:
        """This instrument, too, is told by the coin."""
        self.books[instrument] = mirrored
        self._look()

    def leave(self, instrument: InstrumentId) -> None:
        del self.books[instrument]
        self._look()

    def _look(self) -> None:
        plain = [each for each, mirrored in self.books.items() if not mirrored]
        self.only = plain[0] if len(self.books) == 1 and plain else None
