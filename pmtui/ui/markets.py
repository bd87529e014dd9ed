"""What tables and messages say of a market: its place, its outcome, its name, and how its prices are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise

from rich.cells import cell_len

from pmtui.core.board import Board
from pmtui.core.events import NO_ASK
from pmtui.core.instrument import Instrument, InstrumentId, short
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import ONE
from pmtui.desk import Desk
from pmtui.ui import numbers
from pmtui.ui.text import clean, least, named, opened, shorten, whole_words

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
    cents = bool(board.instrument.ceiling)
    if (mid := book.mid) is not None:
        # With the decimal that the header has: between two ticks there is a half.
        return numbers.price(mid, tick // 10 or 1, cents=cents)
    if book.ask == NO_ASK:
        return f"bid {numbers.price(book.bid, tick, cents=cents)}"
    return f"ask {numbers.price(book.ask, tick, cents=cents)}"


class _Crowd:
    """Markets by what they are called."""

    __slots__ = ("_named",)

    def __init__(self, named: Mapping[InstrumentId, Instrument]) -> None:
        self._named = named

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Crowd) and self._named is other._named

    def __hash__(self) -> int:
        return id(self._named)

    def titles(self) -> list[str]:
        return sorted({named(each.title, each.symbol) for each in list(self._named.values()) if each.title})


@lru_cache(maxsize=4)
def _shared(crowd: _Crowd) -> dict[str, int]:
    """Of each title how many of its letters are words with which another begins, too."""
    shared: dict[str, int] = {}
    for one, other in pairwise(crowd.titles()):
        both = begun_alike(one, other)
        shared[one], shared[other] = max(both, shared.get(one, 0)), both
    return shared


def begun_alike(one: str, other: str) -> int:
    """How many letters the words take that both begin with."""
    alike = 0
    for word in _WORD.finditer(one):
        if other[: word.end()] != word.string[: word.end()] or other[word.end() : word.end() + 1].strip():
            break
        alike = word.end()
    return alike


def _part(title: str, width: int, shared: int) -> str:
    """As many words of a title as there is room for; from where it differs, where they would be another's as well."""
    if cell_len(title) <= width:
        return title
    start = opened(title)
    told = whole_words(start, width)
    rest = title[shared:].lstrip()
    if told != start and rest and len(title) - len(start) + len(told) - 1 <= shared:
        part = whole_words(rest, width - 1)
        return f"…{part}" if part else ""
    return told


def _least(title: str, shared: int) -> str:
    """The fewest words of a title that tell it from others."""
    start, rest = opened(title), title[shared:].lstrip()
    told = least(start)
    return f"…{least(rest)}" if rest and told != start and len(title) - len(start) + len(told) - 1 <= shared else told


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
    shared: int = 0
    """How many letters of the title another begins with, too, so that they tell nothing."""

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
        # A number says which market it is; without one an outcome alone would say nothing, but for one that is named.
        shared = 0 if place else _shared(_Crowd(desk.store.named)).get(title, 0)
        brief = number + outcome if number and outcome else before + _least(title, shared)
        if not place and len(outcome) > _SIDE and clean(known.outcome).casefold() in title.casefold().split():
            brief = outcome
        brief = brief if outcome else number + shorten(title, _TITLE)
        return cls(before + title, brief, tick, bool(known.ceiling), place, len(before), shared)

    @property
    def cited(self) -> str:
        """The brief name in a sentence, where a bare number would be taken for an amount."""
        return f"[{self.number}]{self.brief.removeprefix(self.number)}" if self.number else self.brief

    @property
    def last(self) -> str:
        """What is told of it where there is no room for more: its number, or what it is about."""
        return f"[{self.number}]" if self.number else _least(self.name[self.before :], self.shared)

    def named(self, width: int) -> str:
        """As much of the name as says something there: whole words, as long as there is room for one."""
        before, title = self.name[: self.before], self.name[self.before :]
        told = _part(title, width - cell_len(before), self.shared)
        says_something = told == title or cell_len(told) >= cell_len(_least(title, self.shared))
        if says_something and cell_len(before + told) <= width:
            return before + told
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
        coin = self.name[self.before :].partition(" ")[0]
        return (*told, f"{self.number} {coin}") if self.number and self.brief == self.name else tuple(told)

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
