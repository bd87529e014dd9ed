"""The usual changes of a frame, applied to their books in C.

It is the hottest loop of the program, and `Store.take` holds all of it: a batch that ends is settled, a change that
comes late is set in its place, a second that is over is put away. moves.c does only what happens in nearly every frame
and stops at the first change that is not so; the loop in Python goes on from there. Where no compiler was at hand, it
does all.
"""

from __future__ import annotations

from collections.abc import Callable

from pmtui.core.board import NEVER, UNMOVED, Board
from pmtui.core.book import Book
from pmtui.core.events import Move
from pmtui.core.flow import Flow
from pmtui.core.instrument import InstrumentId
from pmtui.core.units import Millis

EDITION = 1
"""Which build of moves.c belongs to this module."""

Usual = Callable[[list[Move], Millis, Millis, dict[InstrumentId, Board], list[Board]], tuple[int, int, int]]
"""Applies the first of these moves, as far as they are usual: when they were received and sent, the boards, and those
that have been touched. Says how many are done with, whether any of them was applied, and how many batches ended with
the best prices that were told."""


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
