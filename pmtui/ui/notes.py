"""Toasts of one line: what just happened, told for some seconds in a line that is always there.

Textual's own are boxes that lie over the book, the markets and the keys, and each that comes or goes has the
whole screen laid out and drawn anew, which a key has to wait for. A note takes the banner's line instead: nothing is
covered, nothing moves, and it costs one line of one frame. A page dims that line and leaves it free: above one it is
Textual's own box, made to look like the line.
"""

from __future__ import annotations

from collections.abc import Iterator

from pmtui.core.tuples import NamedTuple
from pmtui.ui.line import Line, Piece, fit, piece
from pmtui.ui.text import shorten

_MOST = 100
_LEAST_REST = 12
_WEIGHTS = {"error": 2, "warning": 1}


class Note(NamedTuple):
    """A few words and for how long they are told."""

    title: str
    text: str
    """What has to be told, and after a line break what may be left out where there is no room."""
    severity: str
    at: int
    until: int
    """On the steady clock, in milliseconds, as `at`."""


class Notes:
    """The notes that still hold."""

    def __init__(self) -> None:
        self._notes: list[Note] = []

    def __iter__(self) -> Iterator[Note]:
        return iter(self._notes)

    def say(self, note: Note) -> None:
        """Tell this from now on."""
        held = [each for each in self._notes if each.until > note.at]
        self._notes = [*held[1 - _MOST :], note]

    def clear(self) -> None:
        """Nothing of it may be seen any more."""
        self._notes.clear()

    def current(self, now: int) -> tuple[Note, int] | None:
        """The note to show: the newest of the gravest; and how many others there are besides."""
        held = [each for each in self._notes if each.until > now]
        if not held:
            return None
        return max(held, key=lambda each: (_WEIGHTS.get(each.severity, 0), each.at)), len(held) - 1


def told(note: Note, others: int, width: int) -> Line:
    """A note in one line: what has to be told, how many others there are, and the rest where there is room."""
    first, _, rest = note.text.partition("\n")
    head = f" {note.title} {first}" if note.title else f" {first}"
    more = f"(+{others} note{'s' * (others > 1)})" if others else ""
    pieces = [piece(0, shorten(head, width - 1))]
    room = width - len(head) - len(more) - 6
    if rest and room >= _LEAST_REST:
        pieces.append(piece(2, shorten(rest, room)))
    return fit([*pieces, Piece(((more, ""),), 1)], width, gap=(" · ", ""))
