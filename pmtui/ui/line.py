"""One line made of whole pieces: what does not fit is dropped by priority, never cut in the middle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len

Span = tuple[str, str]
Line = tuple[Span, ...]
"""A row that is ready to draw: pieces of text and the names of their looks."""


class Piece(NamedTuple):
    """Spans that stand or fall together; the lowest rank is the last to be dropped."""

    spans: Sequence[Span]
    rank: int

    @property
    def width(self) -> int:
        return sum(cell_len(text) for text, _ in self.spans)


def piece(rank: int, text: str, look: str = "") -> Piece:
    return Piece(((text, look),), rank)


def fit(pieces: Iterable[Piece], width: int, *, gap: Span = ("  ", "")) -> Line:
    """The pieces that fit, in order, with gaps between them."""
    kept = [each for each in pieces if each.width]
    room = cell_len(gap[0])
    while kept and sum(each.width for each in kept) + room * (len(kept) - 1) > width:
        kept.remove(max(kept, key=lambda each: each.rank))
    spans: list[Span] = []
    for n, each in enumerate(kept):
        if n:
            spans.append(gap)
        spans.extend(each.spans)
    return tuple(spans)


def ends(left: Line, right: Line, width: int) -> Line:
    """One line at the left edge, the other at the right."""
    used = sum(cell_len(text) for text, _ in (*left, *right))
    return (*left, (" " * max(0, width - used), ""), *right)
