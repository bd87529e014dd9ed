"""One connection: what was heard of it, what is coming in, and whether that is life."""

from __future__ import annotations

from pmtui.core.delays import Delays
from pmtui.core.events import Phase
from pmtui.core.lag import Lag
from pmtui.core.units import Millis

GROWS = 1_000
"""So many bytes more of one message are life, as those of pings and of a message that only drips in are not."""
GROWS_FOR = 5_000
ENDLESS = 1_800_000
"""ms after which a message that is not whole yet is life no more: the largest one takes so long over a line that
brings ten thousand bytes a second."""
_BEGINNING = Millis(0)


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
        self.delays = Delays()
        """Those of the venue whose books it carries."""
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
