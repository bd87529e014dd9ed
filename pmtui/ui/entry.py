"""What is typed or pasted, made harmless before anything can show it: it may have been copied from anywhere."""

from __future__ import annotations

from textual import events

from pmtui.ui.text import Marks, drawable, harmless, is_mark

LONGEST = 1_000
"""Letters of a paste; the longest link is far shorter."""


class Entry:
    """The door through which every key and every paste comes in."""

    def __init__(self) -> None:
        self._marks = Marks()

    def admits(self, event: events.Event) -> bool:
        """Whether anybody may see it, with nothing left in it that a terminal obeys or that cannot be seen."""
        if isinstance(event, events.Paste):
            event.text = pasted(event.text)
            return bool(event.text)
        if not isinstance(event, events.Key) or event.character is None or not event.is_printable:
            return True  # it writes nothing
        # One letter, as a rule; a terminal that tells what a key writes may tell several.
        sign = "".join([drawable(letter) for letter in event.character if self._marks.allow(letter)])
        if sign != event.character:
            event.character = sign
        return bool(sign)


def pasted(text: str) -> str:
    """Pasted text as one line, each letter of a link or an id as it is."""
    line = text[:LONGEST]
    if line.isascii() and line.isprintable():
        return line
    line = harmless(" ".join(line.splitlines()))
    while line and is_mark(line[0]):
        line = line[1:]  # it would be drawn into what stands before the paste
    return line
