"""What tables and messages say of a market: its place, its outcome, its name, and how its prices are written."""

from __future__ import annotations

import re

from pmtui.core.board import Board
from pmtui.core.events import NO_ASK
from pmtui.core.instrument import InstrumentId, short
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import ONE
from pmtui.desk import Desk
from pmtui.ui import numbers
from pmtui.ui.text import clean, named, shorten, telling

_FINEST = ONE // 10_000
_FIGURES = 6
_OUTCOME, _TITLE = 6, 12


def middle(board: Board) -> str:
    """What a market costs about: the middle between the touches, or the one that there is, which is said to be one."""
    if board.book.empty:
        return "–"
    book, tick = board.book, board.tick or 1
    cents = bool(board.instrument.ceiling)
    if (mid := book.mid) is not None:
        # With the decimal that the header has: between two ticks there is a half.
        return numbers.price(mid, tick // 10 or 1, cents=cents)
    if book.ask == NO_ASK:
        return f"bid {numbers.price(book.bid, tick, cents=cents)}"
    return f"ask {numbers.price(book.ask, tick, cents=cents)}"


class Facts(NamedTuple):
    """A market in words."""

    name: str
    """The whole of it: its number in the line of markets, its outcome, its title."""
    brief: str
    """The part that tells markets apart."""
    tick: int
    cents: bool
    number: str = ""
    """Its place in the line of markets, if it has one."""
    before: int = 0
    """How many letters of the name stand before the title."""

    @classmethod
    def of(cls, desk: Desk, instrument: InstrumentId) -> Facts:
        """What is known of it by now."""
        known, market = desk.instrument(instrument), desk.market_of(instrument)
        place = str(desk.markets.index(market) + 1) if market in desk.markets else ""
        number = f"{place} " if place else ""
        if known is None:
            symbol = clean(short(instrument.partition(":")[2]))
            return cls(number + symbol, number + symbol, 0, cents=True, number=place)
        outcome = shorten(clean(known.outcome).upper(), _OUTCOME)
        title = named(known.title, known.symbol) if known.title else clean(short(known.symbol))
        board = desk.store.boards.get(instrument)
        tick = board.tick if board else known.tick
        before = f"{number}{outcome} " if outcome else number
        # Without a number an outcome alone would say nothing.
        brief = number + outcome if number and outcome else f"{outcome} {shorten(title, _TITLE)}".strip()
        brief = brief if outcome else number + shorten(title, _TITLE)
        return cls(before + title, brief, tick, cents=bool(known.ceiling), number=place, before=len(before))

    @property
    def cited(self) -> str:
        """The brief name in a sentence, where a bare number would be taken for an amount."""
        return f"[{self.number}]{self.brief.removeprefix(self.number)}" if self.number else self.brief

    def named(self, width: int) -> str:
        """As much of the name as says something there."""
        if width >= len(self.brief) + 8:
            title = self.name[self.before :]
            told = telling(title, width - self.before)
            if told == title or not re.search(rf"{re.escape(told[:-1])}\w", title):  # half a word says nothing
                return self.name[: self.before] + told
        return shorten(self.brief, width)

    def price(self, value: int) -> str:
        """With the decimals of the tick; a price that does not lie on it with its own, of a share with at most two."""
        if self.tick and value % self.tick == 0:
            return numbers.price(value, self.tick, cents=self.cents)
        return numbers.price(value, _FINEST if self.cents else value or ONE, cents=self.cents)

    def average(self, value: int) -> str:
        """A decimal finer than the tick, or as many figures as say enough."""
        figures = 10 ** max(0, len(str(abs(value))) - _FIGURES)
        return numbers.average(value, max(self.tick // 10, _FINEST if self.cents else figures), cents=self.cents)

    def quoted(self, value: int) -> str:
        """A price with its unit, for a sentence."""
        return self.price(value) + "¢" * self.cents
