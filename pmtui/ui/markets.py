"""What tables and messages say of a market: its place, its outcome, its name, and how its prices are written."""

from __future__ import annotations

import re

from pmtui.core.board import Board
from pmtui.core.events import NO_ASK
from pmtui.core.instrument import InstrumentId, short
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import ONE
from pmtui.desk import Desk
from pmtui.ui import apart, numbers
from pmtui.ui.apart import Title, outcome
from pmtui.ui.cells import cell_len
from pmtui.ui.text import clean, shorten

_FINEST = ONE // 10_000
_FIGURES = 6
_OUTCOME, _TITLE = 6, 12
_SIDE = 3
"""The letters of an outcome that is only a side: Yes, or No."""
_WORD = re.compile(r"\S+")


def middle(board: Board) -> str:
    """What a market costs about: the middle between the touches, or the one that there is, which is said to be one."""
    if board.book.empty:
        return "–"
    book, tick = board.book, board.tick or 1
    cents = board.instrument.in_cents
    if (mid := book.mid) is not None:
        # With the decimal that the header has: between two ticks there is a half.
        return numbers.price(mid, tick // 10 or 1, cents=cents)
    if book.ask == NO_ASK:
        return f"bid {numbers.price(book.bid, tick, cents=cents)}"
    return f"ask {numbers.price(book.ask, tick, cents=cents)}"


class Facts(NamedTuple):
    """A market in words."""

    brief: str
    """The part that tells markets apart."""
    tick: int
    cents: bool
    number: str = ""
    """Its place in the line of markets, if it has one."""
    before: str = ""
    """What of the name stands before the title: its number in the line of markets, and its outcome."""
    title: Title = Title("")

    @classmethod
    def of(cls, desk: Desk, instrument: InstrumentId) -> Facts:
        """What is known of it by now."""
        known, market = desk.instrument(instrument), desk.market_of(instrument)
        place = str(desk.markets.index(market) + 1) if market in desk.markets else ""
        number = f"{place} " if place else ""
        if known is None:
            symbol = clean(short(instrument.partition(":")[2]))
            return cls(number + symbol, 0, True, place, number, Title(symbol))
        side, title = outcome(desk, known, _OUTCOME), apart.title(desk, instrument)
        board = desk.store.boards.get(instrument)
        tick = board.tick if board else known.tick
        before = f"{number}{side} " if side else number
        # A number says which market it is; without one an outcome alone would say nothing, but for one that is named.
        brief = number + side if number and side else before + title.least
        if not place and len(side) > _SIDE and clean(known.outcome).casefold() in title.text.casefold().split():
            brief = side
        brief = brief if side else number + shorten(title.text, _TITLE)
        return cls(brief, tick, known.in_cents, place, before, title)

    @property
    def name(self) -> str:
        """The whole of it."""
        return self.before + self.title.text

    @property
    def cited(self) -> str:
        """The brief name in a sentence, where a bare number would be taken for an amount."""
        return f"[{self.number}]{self.brief.removeprefix(self.number)}" if self.number else self.brief

    @property
    def last(self) -> str:
        """What is told of it where there is no room for more: its number, or what it is about."""
        return f"[{self.number}]" if self.number else self.title.least

    def named(self, width: int) -> str:
        """As much of the name as says something there: whole words, as long as there is room for one."""
        told = self.title.words(width - cell_len(self.before))
        says_something = told == self.title.text or cell_len(told) >= cell_len(self.title.least)
        if says_something and cell_len(self.before + told) <= width:
            return self.before + told
        if cell_len(self.brief) > width >= cell_len(self.last) and not self.number:
            return self.last
        return shorten(self.brief, width)

    def names(self, width: int) -> tuple[str, ...]:
        """What it can be called in so many cells: each time with a word fewer, down to the brief one."""
        least = cell_len(self.brief)
        told, room = [], max(width, least)
        while room > 0:
            told.append(self.named(room))
            room = min(room, cell_len(told[-1])) - 1 if cell_len(told[-1]) > least else 0
        coin = self.title.text.partition(" ")[0]
        return (*told, f"{self.number} {coin}") if self.number and self.brief == self.name else tuple(told)

    def price(self, value: int) -> str:
        """With the decimals of the tick; one beside it with its own, of a share rounded to two, as an average is."""
        if self.tick and value % self.tick == 0:
            return numbers.price(value, self.tick, cents=self.cents)
        return numbers.average(value, _FINEST if self.cents else value or ONE, cents=self.cents)

    def average(self, value: int) -> str:
        """A decimal finer than the tick, or as many figures as say enough."""
        figures = 10 ** max(0, len(str(abs(value))) - _FIGURES)
        return numbers.average(value, max(self.tick // 10, _FINEST if self.cents else figures), cents=self.cents)

    def quoted(self, value: int) -> str:
        """A price with its unit, for a sentence."""
        return self.price(value) + "¢" * self.cents
