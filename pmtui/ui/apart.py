"""Names in few cells: of those that begin alike the part is told in which they differ."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise

from rich.cells import cell_len

from pmtui.core.instrument import Instrument, InstrumentId, short
from pmtui.core.tuples import NamedTuple
from pmtui.desk import Desk
from pmtui.ui.text import clean, least, named, opened, shorten, whole_words

Alike = Mapping[str, tuple[int, int]]
"""Of titles how many of their letters others begin with, too, and with how many those end."""

_LEAST_HEAD = 4
"""A beginning of fewer cells says nothing beside the part that tells names apart."""
_LONGEST_PART = 24
"""Longer words of the venue's are another title."""


class Title(NamedTuple):
    """What a market is called, and what of it tells it from others."""

    text: str
    shared: int = 0
    """How many of its letters are words with which another begins, too, so that they tell nothing."""
    ends: int = 0
    """How many are words with which those others end as well."""
    part: str = ""
    """Words of the venue's own that are not in it, and tell it from the others of its event."""

    @property
    def differs(self) -> str:
        """From where it is no other's."""
        return self.text[self.shared :].lstrip() if self.shared else self.part

    @property
    def core(self) -> str:
        """The least of that which has to be told whole."""
        differs = self.differs
        return differs[: len(differs) - self.ends].rstrip() or differs.partition(" ")[0]

    @property
    def least(self) -> str:
        """The fewest words that tell it from others."""
        start = opened(self.text)
        told = least(start)
        return told if self.says(start, told) else f"…{least(self.differs)}"

    def cut(self, width: int) -> str:
        """As much of it as says most in so many cells."""
        return _cut(self, width)

    def words(self, width: int) -> str:
        """As many whole words as there is room for, none where the first does not fit."""
        if cell_len(self.text) <= width:
            return self.text
        start = opened(self.text)
        told = whole_words(start, width)
        if self.says(start, told):
            return told
        part = whole_words(self.differs, width - 1)
        return f"…{part}" if part else ""

    def says(self, start: str, told: str) -> bool:
        """Whether what is told of its beginning is no other's."""
        if told == start or not self.differs:
            return True
        reached = len(self.text) - len(start) + len(told) - 1
        return bool(self.shared) and reached > self.shared + len(self.differs.partition(" ")[0])


@lru_cache(maxsize=2_048)
def _cut(title: Title, width: int) -> str:
    if cell_len(title.text) <= width:
        return title.text
    start = opened(title.text)
    told = shorten(start, width)
    if title.says(start, told):
        return told
    # All that differs, behind as much of the beginning as there is room for.
    differs = title.differs
    if cell_len(head := whole_words(start, width - cell_len(differs) - 1)) >= _LEAST_HEAD:
        return f"{head} {differs}"
    # What has to be told of it behind one word.
    head = least(start)
    part = shorten(differs, width - cell_len(head) - 1)
    if head != start and part.startswith(title.core):
        return f"{head} {part}"
    return f"…{shorten(differs, width - 1)}"


class _Crowd:
    """All titles, as they were when there were so many."""

    __slots__ = ("_count", "_titles")

    def __init__(self, titles: set[str]) -> None:
        self._titles, self._count = titles, len(titles)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Crowd) and (self._titles is other._titles and self._count == other._count)

    def __hash__(self) -> int:
        return id(self._titles) + self._count

    def alike(self) -> Alike:
        return among(tuple(sorted(self._titles.copy())))  # another thread adds to them


@lru_cache(maxsize=4)
def _here(crowd: _Crowd) -> Alike:
    return crowd.alike()


@lru_cache(maxsize=4)
def among(titles: tuple[str, ...]) -> Alike:
    """What each of some titles, in their order, has in common with those that begin most alike."""
    alike: dict[str, tuple[int, int]] = {}
    # Whoever begins most alike stands beside it.
    for one, other in pairwise(titles):
        both = begun_alike(one, other)
        ends = ended_alike(one[both:], other[both:])
        # Of two that begin equally alike the one that ends less alike leaves more to tell.
        alike[one] = max(alike.get(one, (0, 0)), (both, -ends))
        alike[other] = both, -ends
    return {title: (shared, -ends) for title, (shared, ends) in alike.items() if shared}


def begun_alike(one: str, other: str) -> int:
    """How many letters the words take that both begin with."""
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if one[at : at + 1].strip() or other[at : at + 1].strip():
        at = one.rfind(" ", 0, at) + 1  # not in the middle of a word
    return len(one[:at].rstrip())


def ended_alike(one: str, other: str) -> int:
    """How many letters the words take that both end with."""
    return begun_alike(one[::-1], other[::-1])


def title(desk: Desk, instrument: InstrumentId) -> Title:
    """What a market is called, among all that have a name here."""
    known = desk.instrument(instrument)
    if known is None:
        return Title(clean(short(instrument.partition(":")[2])))
    return titled(known, _here(_Crowd(desk.store.titles)))


def titled(known: Instrument, alike: Alike) -> Title:
    """What a market is called, where others are called so much alike."""
    if not known.title:
        return Title(clean(short(known.symbol)))
    text, part = named(known.title, known.symbol), clean(known.part)
    shared, ends = alike.get(known.title, (0, 0)) if text == known.title else (0, 0)
    if shared or not part or cell_len(part) > _LONGEST_PART or opened(text).startswith(part):
        return Title(text, shared, ends)
    at = text.find(part)
    return Title(text, at, len(text) - at - len(part)) if at > 0 else Title(text, part=part)


def outcome(desk: Desk, known: Instrument, width: int, *, capitals: bool = True) -> str:
    """The side of a market; of two that begin alike the part in which they differ. Empty without one."""
    other = desk.instrument(known.complement) if known.complement else None
    names = [clean(each.outcome) if each is not None else "" for each in (known, other)]
    one, two = (each.upper() for each in names) if capitals else names
    return side(one, two, width)


@lru_cache(maxsize=1_024)
def side(name: str, other: str, width: int) -> str:
    """A name in so many cells that is not the other's."""
    if cell_len(name) <= width:
        return name
    told = shorten(name, width)
    if not other or told != shorten(other, width):
        return told
    letters = (n for n, (one, two) in enumerate(zip(name, other, strict=False)) if one != two)
    rest = name[begun_alike(name, other) or next(letters, len(other)) :].lstrip() or name
    return f"…{rest}" if cell_len(rest) < width else shorten(rest, width)
