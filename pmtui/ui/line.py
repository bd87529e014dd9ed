"""One line made of whole pieces: what does not fit is dropped by priority, never cut in the middle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap

from rich.cells import chop_cells

from pmtui.core.tuples import NamedTuple
from pmtui.ui.cells import cell_len

Span = tuple[str, str]
Line = tuple[Span, ...]
"""A row that is ready to draw: pieces of text and the names of their looks."""


class Piece(NamedTuple):
    """Spans that stand or fall together; the lowest rank is the last to be dropped."""

    spans: Sequence[Span]
    rank: int

    @property
    def width(self) -> int:
        return width(self.spans)


def width(spans: Iterable[Span]) -> int:
    """How many cells they take."""
    total = 0
    for text, _ in spans:
        total += len(text) if text.isascii() else cell_len(text)
    return total


def piece(rank: int, text: str, look: str = "") -> Piece:
    return Piece(((text, look),), rank)


def fit(pieces: Iterable[Piece], room: int, *, gap: Span = ("  ", ""), pairs: bool = False) -> Line:
    """The pieces that fit into so many cells, in order, with gaps between them; `pairs` go together or not at all."""
    between = len(gap[0])
    kept: list[tuple[Piece, int]] = []
    used = -between
    for each in pieces:
        if cells := width(each.spans):
            kept.append((each, cells))
            used += cells + between
    while kept and used > room:
        last = max(kept, key=_rank)
        kept.remove(last)
        used -= last[1] + between
        if pairs:
            for other in [each for each in kept if each[0].rank == last[0].rank]:
                kept.remove(other)
                used -= other[1] + between
    spans: list[Span] = []
    for each, _ in kept:
        if spans:
            spans.append(gap)
        spans += each.spans
    return tuple(spans)


def _rank(kept: tuple[Piece, int]) -> int:
    return kept[0].rank


def ends(left: Line, right: Line, room: int) -> Line:
    """One line at the left edge, the other at the right."""
    between = room - width(left) - width(right)
    return (*left, (" " * between, ""), *right) if between > 0 else (*left, *right)


def sentence(words: str, room: int, look: str) -> list[Line]:
    """Words over as many lines as they need; a word that is longer than a line goes on in the next."""
    width = max(8, room - 2)
    told = wrap(words, width) if words.isascii() else _wrapped(words, width)
    return [((f" {line}", look),) for line in told]


def _wrapped(words: str, width: int) -> list[str]:
    """The same by cells, where letters may take two of them."""
    told: list[str] = []
    for word in words.split():
        if told and cell_len(told[-1]) + 1 + cell_len(word) <= width:
            told[-1] += f" {word}"
        else:
            told += chop_cells(word, width)
    return told
