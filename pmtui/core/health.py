"""What is counted: the ledger of messages, what the layers of truth found, and how many come a second."""

from __future__ import annotations

from collections import deque

from pmtui.core.units import Millis

_BEGINNING = Millis(0)
_SECOND = 1_000


class Tally:
    """Numbers by name that only grow; each begins at nothing."""

    # No struct: to assign to one costs twice as much, and these are assigned to several times for each message.
    def __init__(self, **begun: int) -> None:
        for name in type(self).__annotations__:
            setattr(self, name, begun.pop(name, 0))
        assert not begun

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={count}" for name, count in self.rows())
        return f"{type(self).__name__}({told})"

    def rows(self) -> list[tuple[str, int]]:
        return [(name, getattr(self, name)) for name in type(self).__annotations__]


class Ledger(Tally):
    """received = applied + rejected + ignored. One message is what a frame says of one instrument."""

    received: int
    applied: int
    rejected: int
    ignored: int
    frames: int
    octets: int

    @property
    def balanced(self) -> bool:
        return self.received == self.applied + self.rejected + self.ignored


class Rate:
    """How many there were a second, of what is only counted: over the last five seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[Millis, int]] = deque(maxlen=6)
        self.told: float | None = None
        """None until a second has been seen whole."""

    def look(self, now: Millis, count: int) -> None:
        """See how many there are by now. Every second counts, however often this is called."""
        if self._seen and now - self._seen[-1][0] < _SECOND:
            return
        self._seen.append((now, count))
        first_at, first = self._seen[0]
        if now > first_at:
            self.told = (count - first) * _SECOND / (now - first_at)


class Counts(Tally):
    """What the four layers of truth found since the start."""

    tops_agreed: int
    tops_repaired: int
    ghosts: int
    tops_wrong: int
    proofs: int
    proofs_late: int
    misses: int
    mirrors: int
    mirrors_off: int
    witnesses: int
    witnesses_old: int
    witnesses_off: int
    fetches_failed: int
    doubts: int
    crosses: int
    resubscribed: int
    moved: int
    relinked: int
    unknown_times: int

    def __init__(self, **begun: int) -> None:
        super().__init__(**begun)
        self.fitted_at = _BEGINNING
        """When a change came last that had its digest."""
        self.booked_at = _BEGINNING
        """When a whole book came last that had its own."""
        self.vain = 0
        """How many books in a row that we had asked for were ours though their digests were not."""
        self.vain_at = _BEGINNING
        """When the last of several such came."""
