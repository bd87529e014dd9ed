"""Who goes first when a key comes while the feed is busy.

Both threads share one interpreter, which hands over between them a few thousand times a second: while a key is
answered, every frame that the feed handles makes the user wait. So the screen asks for the right of way, and the feed
rests before its next frame. Nothing is lost meanwhile, the socket keeps it; and no key can hold the feed up for longer
than a screen would notice, whatever the screen does.
"""

from __future__ import annotations

from threading import Event
from time import monotonic

LONGEST = 0.01
"""Seconds that the feed rests at most, however long the screen takes."""


class RightOfWay:
    """The screen takes it and gives it back; the feed waits for that before each frame, but not for long."""

    __slots__ = ("_free", "_until", "taken")

    def __init__(self) -> None:
        self.taken = False
        """Whether the feed has to look further; read for every frame, so it is a plain flag."""
        self._free = Event()
        self._until = 0.0

    def take(self) -> None:
        """The screen has a key to answer."""
        self._until = monotonic() + LONGEST
        self._free.clear()
        self.taken = True

    def give(self) -> None:
        """The key is answered."""
        self.taken = False
        self._free.set()

    def wait(self) -> None:
        """Rest until the key is answered, or for as long as a key may take."""
        if (left := self._until - monotonic()) > 0:
            self._free.wait(left)
        self.taken = False
