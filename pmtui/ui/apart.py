"""Names in few cells: of those that begin alike the words are told in which they differ.

A word tells a title from another that does not have it. The fewest words that tell it from all that begin alike are
its core; a cut keeps them, and as much beside them as there is room for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from weakref import WeakKeyDictionary

from pmtui.core.instrument import Instrument, InstrumentId, short
from pmtui.core.store import Store
from pmtui.core.tuples import NamedTuple
from pmtui.desk import Desk
from pmtui.ui.cells import cell_len
from pmtui.ui.text import clean, least, named, opened, shorten, whole_words

_ENDS = " ,.;:-"
_LEAST_HEAD = 4
"""A beginning of fewer cells says nothing beside the words that tell names apart."""
_LONGEST_PART = 24
"""Longer words of the venue's are another title."""


class Title(NamedTuple):
    """What a market is called, and what of it tells it from others."""

    text: str
    core: tuple[int, ...] = ()
    """The places of the words that no cut may leave out, the one that tells most first."""
    part: str = ""
    """Words of the venue's own that are not in it, and tell it from the others of its event."""

    @property
    def least(self) -> str:
        """The fewest words that tell it from others."""
        start = opened(self.text)
        told = least(start)
        if _has_core(self, start, told):
            return told
        return _told(self.text.split(), self.core) if self.core else f"…{self.part}"

    def cut(self, width: int) -> str:
        """As much of it as says most in so many cells."""
        return _cut(self, width)

    def words(self, width: int) -> str:
        """The same in whole words; empty where those have no room that tell it from others."""
        if cell_len(self.text) <= width:
            return self.text
        start = opened(self.text)
        plain = whole_words(start, width)
        if _has_core(self, start, plain):
            return plain
        return _cut(self, width) if cell_len(self.least) <= width else ""


def _has_core(title: Title, start: str, told: str) -> bool:
    """Whether what is told of its beginning has all words that tell it from others."""
    if told == start:
        return True
    if not title.core:
        return not title.part
    words = title.text.split()
    dropped = len(words) - len(start.split())
    whole = told.rstrip("…").split()
    # The last word may be cut, and a sign that ends it left out.
    last = dropped + len(whole) - 1
    is_whole = bool(whole) and whole[-1] == words[last].rstrip(_ENDS)
    return bool(whole) and max(title.core) < last + is_whole


@lru_cache(maxsize=2_048)
def _cut(title: Title, width: int) -> str:
    if cell_len(title.text) <= width:
        return title.text
    start = opened(title.text)
    told = shorten(start, width)
    if _has_core(title, start, told):
        return told
    if not title.core:
        beside = whole_words(start, width - cell_len(title.part) - 1)
        return f"{beside} {title.part}" if cell_len(beside) >= _LEAST_HEAD else f"…{shorten(title.part, width - 1)}"
    words = title.text.split()
    dropped = len(words) - len(start.split())

    def has_room(places: Iterable[int]) -> bool:
        return cell_len(_told(words, places, dropped)) <= width

    kept: set[int] = set()
    for place in title.core:
        if has_room({*kept, place}):
            kept.add(place)
    if not kept:
        return f"…{shorten(words[title.core[0]], width - 1)}"
    # One word of the beginning, then what follows on the core, then more of the beginning.
    first = whole_words(start, cell_len(least(start)))
    head = set(range(dropped, dropped + len(first.split())))
    if cell_len(first) > _LEAST_HEAD and has_room(kept | head):
        kept |= head
    for more in (range(min(title.core) + 1, len(words)), range(dropped, len(words))):
        for place in more:
            if not has_room({*kept, place}):
                break
            kept.add(place)
    return _told(words, kept, dropped)


def _told(words: Sequence[str], places: Iterable[int], begin: int = 0) -> str:
    """The words at these places, with a sign where others are left out; those before the beginning are not missed."""
    told, last = "", begin - 1
    for place in sorted(places):
        if place > last + 1:
            told = told.rstrip(_ENDS) + "…"
        told += " " * (told not in ("", "…")) + words[place]
        last = place
    return told if last == len(words) - 1 else told.rstrip(_ENDS) + "…"


class _Alike:
    """Titles that begin with the same word."""

    __slots__ = ("often", "words")

    def __init__(self) -> None:
        self.words: dict[str, frozenset[str]] = {}
        self.often = Counter[str]()
        """How many of them have a word."""


class Titles:
    """All titles that are known somewhere, by how they begin."""

    def __init__(self) -> None:
        self._learned = 0
        self._alike: dict[str, _Alike] = {}
        self._cores: dict[tuple[str, str], tuple[int, ...]] = {}

    def learn(self, titles: dict[str, None]) -> None:
        """Take in those that are new; they come one behind the other, and none goes."""
        if len(titles) == self._learned:
            return
        told = list(titles)
        for title in told[self._learned :]:
            text = clean(title)
            alike = self._alike.setdefault(_begins(text), _Alike())
            if text not in alike.words:
                alike.words[text] = words = frozenset(text.split())
                alike.often.update(words)
        self._learned = len(told)
        self._cores.clear()

    def title(self, known: Instrument) -> Title:
        """What a market is called among these."""
        if not known.title:
            return Title(clean(short(known.symbol)))
        text, part = named(known.title, known.symbol), clean(known.part)
        key = text, part
        if (core := self._cores.get(key)) is None:
            core = self._cores[key] = self._core(text, part)
        if core or not part or cell_len(part) > _LONGEST_PART or part in text:
            return Title(text, core)
        return Title(text, part=part)

    def _core(self, text: str, part: str) -> tuple[int, ...]:
        """The fewest words that tell it from all others; the venue's own first, where they are among its words."""
        words, known = text.split(), self._alike.get(_begins(text), _Alike())
        core = _places(words, part.split()) if cell_len(part) <= _LONGEST_PART else []
        tells = [len(known.words) - known.often[word] for word in words]
        if not core and any(tells):
            core.append(_most(words, tells))
        alike = [
            has for other, has in known.words.items() if other != text and all(words[place] in has for place in core)
        ]
        while alike:
            tells = [sum(word not in has for has in alike) for word in words]
            if not any(tells):
                break  # the same words in another order
            core.append(_most(words, tells))
            alike = [has for has in alike if words[core[-1]] in has]
        return tuple(core)


def _most(words: Sequence[str], tells: Sequence[int]) -> int:
    """Which of them tells it from most others; of equals a number says more than a word beside it."""
    return max(range(len(words)), key=lambda n: (tells[n], any(map(str.isdigit, words[n])), -n))


def _places(words: Sequence[str], part: Sequence[str]) -> list[int]:
    """Where a part stands among the words, looked for from the end; nowhere at the beginning, where nothing cuts it."""
    bare = [word.rstrip("?" + _ENDS) for word in words]
    for begin in range(len(words) - len(part), 0, -1):
        if part and bare[begin : begin + len(part)] == [word.rstrip("?" + _ENDS) for word in part]:
            return list(range(begin, begin + len(part)))
    return []


def _begins(text: str) -> str:
    return opened(text).partition(" ")[0].casefold()


_KNOWN: WeakKeyDictionary[Store, Titles] = WeakKeyDictionary()


def title(desk: Desk, instrument: InstrumentId) -> Title:
    """What a market is called, among all that were ever named here."""
    known = desk.instrument(instrument)
    if known is None:
        return Title(clean(short(instrument.partition(":")[2])))
    titles = _KNOWN.setdefault(desk.store, Titles())
    titles.learn(desk.store.titles)
    return titles.title(known)


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
    rest = name[_begun_alike(name, other) :].lstrip() or name
    return f"…{rest}" if cell_len(rest) < width else shorten(rest, width)


def _begun_alike(one: str, other: str) -> int:
    """How many letters both begin with, in whole words where they have one in common."""
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one.rfind(" ", 0, at) + 1 or at
