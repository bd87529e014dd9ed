"""Why one book is not believed, since when, and how long repairs of it have lasted."""

from __future__ import annotations

from pmtui.core.units import NEVER, Millis

HASH_MISSED = "not have the venue's hash"
TICK = "the tick size changed"
"""The one doubt that is nobody's fault, so that its end says nothing of how long a repair lasts."""
RELAPSE = 20_000
"""A doubt that comes so soon after the end of the last one shows that the repair did not last."""
TRIAL = 4_000
"""How long the next repair must hold before it is believed; that is longer than it takes to see a muted book."""


class Doubt:
    """False while there is none. What is known of the last one stays: the next may be its relapse."""

    __slots__ = ("announced", "at", "ended_at", "moves", "relapsed", "relapses", "since", "sound_at", "why")

    def __init__(self) -> None:
        self.why = ""
        """In the words that the screen shows; empty without a doubt."""
        self.since = NEVER
        self.at = NEVER
        """The last reason for it: only what was learned after it is evidence."""
        self.ended_at = NEVER
        self.sound_at = NEVER
        """Since when nothing speaks against a book that is on trial so."""
        self.relapsed = False
        """Whether repairs of this doubt, or of one that came soon before, did not last: then one has to hold for a
        while."""
        self.relapses = 0
        """How many doubts in a row came soon after the one before, since the book began or moved to another link."""
        self.moves = 0
        """How often in a row it moved without an end of that."""
        self.announced = ""
        """The doubt that the log has told of."""

    def __bool__(self) -> bool:
        return bool(self.why)

    @property
    def unhashed(self) -> bool:
        """Whether nothing but its digest speaks against the book."""
        return self.why.endswith(HASH_MISSED)

    def cast(self, why: str, at: Millis) -> bool:
        """Learn of a reason; whether it is the first one."""
        self.at = at
        if self.why:
            return False
        self.why, self.since = why, at
        self.relapsed = why != TICK and at - self.ended_at < RELAPSE
        if self.relapsed:
            self.relapses += 1
        else:
            self.relapses = self.moves = 0
        return True

    def ease(self, at: Millis) -> None:
        """Nothing speaks against the book as of this moment: that is the end, unless repairs did not last before."""
        if not self.relapsed:
            self.end(at)
        elif self.sound_at <= self.at:
            self.sound_at = at

    def tried(self, at: Millis) -> bool:
        """Whether nothing has come up in a trial for long enough."""
        return self.relapsed and self.sound_at > self.at and at - self.sound_at >= TRIAL

    def end(self, at: Millis) -> None:
        if self.why not in ("", TICK):
            self.ended_at = at
        self.why = ""

    def move(self) -> None:
        """The book goes to another link, which is to have its chance."""
        self.relapses = 0
        self.moves += bool(self.why)

    def begin_anew(self, at: Millis) -> None:
        """The book is told from its beginning by a new connection, often because of this very doubt: so it stays."""
        if self.why == TICK:
            self.why = ""
        self.at = at if self.why else NEVER
        self.sound_at = NEVER
