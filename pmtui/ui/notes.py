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
_AT_ONCE = 4_000
"""ms for which the answer to a key is shown before all that happened earlier, however grave that is."""
_WEIGHTS = {"error": 2, "warning": 1}


class Note(NamedTuple):
    """A few words and for how long they are told."""

    title: str
    """What kind of happening it is; empty for the answer to a key."""
    text: str
    """What has to be told, and after a line break what may be left out where there is no room."""
    severity: str
    at: int
    until: int
    """On the steady clock, in milliseconds, as `at`."""
    about: str = ""
    """What the key was about: a newer answer about the same takes its place. Empty where the words say that, too."""

    @property
    def replies(self) -> bool:
        """Whether it is the answer to a key."""
        return not self.title


class Notes:
    """The notes that still hold."""

    def __init__(self) -> None:
        self._notes: list[Note] = []

    def __iter__(self) -> Iterator[Note]:
        return iter(self._notes)

    def say(self, note: Note) -> None:
        """Tell this from now on."""
        held = [each for each in self._notes if each.until > note.at and not (note.replies and _same(each, note))]
        self._notes = [*held[1 - _MOST :], note]

    def clear(self) -> None:
        """Nothing of it may be seen any more."""
        self._notes.clear()

    def current(self, now: int) -> tuple[Note, int] | None:
        """The note to show, and how many happenings there are besides.

        It is the newest of the gravest, but the answer to a key comes at once: whoever pressed it waits for that.
        """
        held = [each for each in self._notes if each.until > now]
        if not held:
            return None
        shown = max(held, key=lambda each: (_WEIGHTS.get(each.severity, 0), each.at))
        newest = held[-1]
        if newest.replies and now - newest.at < _AT_ONCE:
            shown = newest
        return shown, sum(not each.replies for each in held if each is not shown)


def _same(one: Note, other: Note) -> bool:
    return one.replies and (one.about or one.text) == (other.about or other.text)


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
