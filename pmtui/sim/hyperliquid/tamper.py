"""What faults do to messages on their way out, one message at a time."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping

from pmtui.sim.faults import Faults
from pmtui.sim.hyperliquid.pushes import Push
from pmtui.sim.hyperliquid.topics import Topic

_BOOKS = frozenset({"l2Book", "bbo"})
_REMEMBERED = 3  # bodies of each topic: enough to go back to one that is surely older


class Tamper:
    """The last station before the wire."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._held: Push | None = None
        self._stale: dict[Topic, object] = {}
        self._bodies: defaultdict[Topic, deque[object]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))

    def remember(self, bodies: Mapping[Topic, object]) -> None:
        """Take down the moment that a `stale` will go on telling."""
        self._stale = dict(bodies)

    def aged(self, topic: Topic, body: object) -> object:
        """The body of a book or of touches as faults date it: as it is, or an older one with its older time."""
        if self._faults.find("stale", (topic.coin,)):
            return self._stale.setdefault(topic, body)
        bodies = self._bodies[topic]
        bodies.append(body)
        if topic.type == "l2Book" and len(bodies) == _REMEMBERED and self._faults.spend("back", (topic.coin,)):
            return bodies[0]
        return body

    def pass_on(self, push: Push) -> Iterator[Push]:
        """What becomes of one message: nothing, itself or several."""
        if not self._faults.active and self._held is None:
            yield push
            return
        if self._faults.find("freeze"):
            return
        if push.topic.user:
            yield from self._to_account(push)
        elif not self._is_lost(push):
            yield from self._ordered(push)

    def _is_lost(self, push: Push) -> bool:
        coin = push.topic.coin
        if not coin:
            return False
        return coin in self._faults.muted("mute") or self._faults.spend("drop", (coin,))

    def _ordered(self, push: Push) -> Iterator[Push]:
        """A book that is held back goes out behind the next message about the same thing."""
        if self._held is None and push.topic.type in _BOOKS and self._faults.spend("swap"):
            self._held = push
            return
        yield push
        if self._faults.spend("duplicate"):
            yield push
        if self._held is not None and self._held.topic == push.topic:
            yield self._held
            self._held = None

    def _to_account(self, push: Push) -> Iterator[Push]:
        if self._faults.spend("user-drop"):
            return
        yield push
        if self._faults.spend("user-duplicate"):
            yield push
