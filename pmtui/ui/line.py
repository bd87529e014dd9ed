"""One line made of whole pieces: what does not fit is dropped by priority, never cut in the middle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len

from pmtui.core.tuples import NamedTuple

Span = tuple[str, str]
Line = tuple[Span, ...]
"""A row that is ready to draw: pieces of text and the names of their looks."""


class Piece(NamedTuple):
    """Spans that stand or fall together; the lowest rank is the last to be dropped."""

    spans: Sequence[Span]
    rank: int

    @property
    def width(self) -> int:
        return sum([len(text) if text.isascii() else cell_len(text) for text, _ in self.spans])


def piece(rank: int, text: str, look: str = "") -> Piece:
    return Piece(((text, look),), rank)


def fit(pieces: Iterable[Piece], width: int, *, gap: Span = ("  ", "")) -> Line:
    """The pieces that fit, in order, with gaps between them."""
    kept = [each for each in pieces if each.width]
    room = cell_len(gap[0])
    used = sum([each.width + room for each in kept]) - room
    while kept and used > width:
        last = max(kept, key=lambda each: each.rank)
        kept.remove(last)
        used -= last.width + room
    spans: list[Span] = []
    for n, each in enumerate(kept):
        if n:
            spans.append(gap)
        spans.extend(each.spans)
    return tuple(spans)


def ends(left: Line, right: Line, width: int) -> Line:
    """One line at the left edge, the other at the right."""
    used = Piece((*left, *right), 0).width
    return (*left, (" " * max(0, width - used), ""), *right)
