"""How the program itself is doing: links, the ledger of messages, the truth counters, delays."""

from __future__ import annotations

from collections import deque

from pmtui.core.events import Phase
from pmtui.core.lag import Lag
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import Millis

_BEGINNING = Millis(0)
_CLOCKS_AGREE = 2_000
"""ms; a message from further in the future has another clock's time …"""
_NO_DELAY = 60_000
"""… and so has one from further in the past, where nobody told the time: no link is so far behind and alive."""
_TIMELY = 300_000
"""ms; a time that was told longer ago says nothing of the clocks now."""
GROWS = 1_000
"""So many bytes more of one message are life, as those of pings and of a message that only drips in are not."""
GROWS_FOR = 5_000
ENDLESS = 1_800_000
"""ms after which a message that is not whole yet is life no more: the largest one takes so long over a line that
brings ten thousand bytes a second."""
_KEPT = 16
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


class Link:
    """One connection through all its generations."""

    def __init__(
        self,
        name: str,
        phase: Phase = Phase.CONNECTING,
        *,
        ups: int = 0,
        since: Millis = _BEGINNING,
        data_at: Millis = _BEGINNING,
        suspect: str = "",
    ) -> None:
        self.name = name
        self.phase = phase
        self.generation = 0
        self.reason = ""
        self.through = ""
        """The proxy on its way, if any."""
        self.attempt = 0
        self.retry_at = _BEGINNING
        self.since = since
        self.data_at = data_at
        """Receive time of the last market data; never moved by a pong or by garbage."""
        self.pong: float | None = None
        """Seconds the last ping took."""
        self.pinged_at = _BEGINNING
        """When the oldest ping without an answer was sent, 0 for none."""
        self.heard_at = _BEGINNING
        """Receive time of the last frame that could be read, pongs too: life, and no proof of anything."""
        self.coming = 0
        """How many bytes were here of a message that is not whole yet, when somebody looked last."""
        self.grown_at = _BEGINNING
        """When it was seen to have grown: life, and no proof of anything."""
        self.booked_at = _BEGINNING
        """When the first book of an instrument came last: others may wait behind it, on a thin line."""
        self._coming_since = self._grown_since = _BEGINNING
        self._looked_at = _BEGINNING
        self._counted = 0
        self.busy = False
        """Whether we are still saying what we have to say: a venue takes so much a minute and no more."""
        self.suspect = suspect
        """Why nothing of this link can be believed until it is made anew."""
        self.lag = Lag()
        """Whether its news fall behind."""
        self.excused_at = _BEGINNING
        """When a fetched book last showed that the venue, too, had nothing new."""
        self.unwitnessed = False
        """Whether the last book that was to be fetched apart from it could not be had."""
        self.relinked_at = Millis(-1_000_000)
        self.ups = ups
        self.down_at: Millis | None = None
        self.drops = 0

    def weigh_lag(self, now: Millis) -> None:
        """A feed that falls behind is given up; before that its books are not live."""
        self.lag.weigh(now)
        if self.lag.hopeless(now, self.since) and not self.suspect:
            self.suspect = f"the feed has fallen {self.lag.behind // 1000}s behind what happens"

    def look(self, coming: int, now: Millis) -> None:
        """See how much is here of a message that is not whole yet."""
        if coming < self._counted or self.heard_at >= self._looked_at:
            self._counted, self._coming_since = coming, now  # it is another one
        elif coming - self._counted >= GROWS:
            self._counted, self.grown_at, self._grown_since = coming, now, self._coming_since
        self.coming, self._looked_at = coming, now

    def growing(self, now: int) -> bool:
        """Whether a message is coming in right now, which takes its time: what is asked for would come behind it."""
        grew_at = self.grew_at
        return grew_at > max(self.heard_at, self.since) and now - grew_at <= GROWS_FOR

    def took(self, now: int) -> int:
        """ms that the message took to come in that is whole now and not counted as heard yet."""
        return now - self._grown_since if self.growing(now) else 0

    @property
    def grew_at(self) -> int:
        """When a message that was not whole yet grew last, as far as that is life."""
        return min(self.grown_at, max(self.data_at, self.since) + ENDLESS)

    def silent(self, now: int, after: int) -> bool:
        return now - max(self.data_at, self.since) > after

    def lifeless(self, now: int, after: int) -> bool:
        """Whether not even a part of a message came for so long."""
        return self.silent(now, after) and now - self.grew_at > after


class _Told(NamedTuple):
    """The venue's clock minus our steady one, at least and at most, and when an answer said so."""

    least: int
    most: int
    at: int


class Delays:
    """How far the feed runs behind the venue: the last few hundred differences between two clocks."""

    def __init__(self, *, offset: int = 0) -> None:
        self.ring: deque[int] = deque(maxlen=512)
        self.offset = offset
        """Wall clock minus steady clock; moves when the wall clock is set."""
        self.taken: deque[int] = deque(maxlen=512)
        """How long the last frames took from their receipt to the book, in microseconds."""
        self._told: tuple[_Told, ...] = ()
        """The latest answers that agree; replaced and never changed, for the screen reads it at any time."""
        self._alone: tuple[_Told, ...] = ()
        """The last answer, if no other one agrees with it yet."""

    def quantiles(self) -> tuple[int, int] | None:
        """Median and 99th percentile in ms."""
        found = _quantiles(self.ring)
        return found and (found[0] + self.offset, found[1] + self.offset)

    def compare(self, told: int, asked_at: int, answered_at: int) -> None:
        """A venue told its time in whole seconds, given here in ms, some time between our question and its answer.

        It is believed when two answers in a row agree: one alone may be from anywhere on the way.
        """
        new = _Told(told - answered_at, told + 1_000 - asked_at, answered_at)
        for known in (self._told, self._alone):
            agreed = (*_fresh(known, answered_at), new)[-_KEPT:]
            least, most = _between(agreed)
            if len(agreed) > 1 and least <= most:
                self._told, self._alone = agreed, ()
                return
        self._alone = (new,)

    def apart(self, now: int) -> int:
        """By how many ms our clock is ahead of the venue's, as far as that is beyond doubt; 0 while they may agree.

        A message that is old may have been on its way for long. Only an answer, which came between two moments of our
        own clock, tells one from the other.
        """
        median = (self.quantiles() or (0, 0))[0]
        told = _fresh(self._told, now)
        if not told:
            return median if not -_CLOCKS_AGREE <= median <= _NO_DELAY else 0
        least, most = (self.offset - each for each in reversed(_between(told)))
        if least > _CLOCKS_AGREE or most < -_CLOCKS_AGREE:
            return (least + most) // 2
        return median if median < -_CLOCKS_AGREE else 0

    def venue_time(self, now: int) -> Millis:
        """What the venue's clock shows, by ours and what is known of the difference."""
        return Millis(now + self.offset - self.apart(now))

    def late(self, sent: int, at: int, now: int) -> int:
        """By how many ms news of that time came late, as far as our clock being ahead does not explain it."""
        late = at - sent + self.offset
        if told := _fresh(self._told, now):
            return max(0, late - (self.offset - _between(told)[0]))
        return late if 0 < late <= _NO_DELAY else 0

    def taking(self) -> tuple[int, int] | None:
        """Median and 99th percentile of the way into the book, in microseconds."""
        return _quantiles(self.taken)


def _fresh(told: tuple[_Told, ...], now: int) -> tuple[_Told, ...]:
    return tuple(each for each in told if now - each.at <= _TIMELY)


def _between(told: tuple[_Told, ...]) -> tuple[int, int]:
    """What all of them allow: at least and at most."""
    return max(each.least for each in told), min(each.most for each in told)


def _quantiles(ring: deque[int]) -> tuple[int, int] | None:
    ordered = sorted(ring)
    last = len(ordered) - 1
    return (ordered[last // 2], ordered[last * 99 // 100]) if ordered else None
