"""The usual changes of a frame, applied to their books in C.

It is the hottest loop of the program, and `Store._change` holds all of it: a batch that ends is settled, a change that
comes late is set in its place, a second that is over is put away. moves.c does only what happens in nearly every frame
and stops at the first change that is not so; the loop in Python goes on from there. Where no compiler was at hand, it
does all.
"""

from __future__ import annotations

from collections.abc import Callable

from pmtui.core.board import UNMOVED, Board
from pmtui.core.book import Book
from pmtui.core.events import BookDelta
from pmtui.core.flow import Flow
from pmtui.core.instrument import InstrumentId
from pmtui.core.units import NEVER

EDITION = 3
"""Which build of moves.c belongs to this module."""

Usual = Callable[[BookDelta, dict[InstrumentId, Board], list[Board]], tuple[int, int, int]]
"""Applies the first moves of a delta, as far as they are usual, to these boards, and adds those that it touched. Says
how many moves are left, whether any was for a book, and how many batches ended with the best prices that were told."""


def _find() -> Usual | None:
    try:
        import _pmtui_moves  # type: ignore[import-not-found]  # there is nothing to look at in a compiled module
    except ImportError:
        return None
    if _pmtui_moves.EDITION != EDITION:
        return None
    _pmtui_moves.learn(Board, Book, Flow, UNMOVED, NEVER)
    found: Usual = _pmtui_moves.usual
    return found


usual = _find()
