"""What becomes of a frame: it is read, goes into the store and is counted, whatever it holds.

The lock is held while facts are applied, never while a frame is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock
from time import perf_counter_ns

from pmtui.core.careful import MOST_BAD
from pmtui.core.events import Answered, BookDelta, BookSnapshot, Event, Notice, Rejected, Trade, is_data
from pmtui.core.ports import Frame, VenueError
from pmtui.core.store import Store
from pmtui.core.units import Millis
from pmtui.feed.asker import Asker
from pmtui.feed.clock import Clock
from pmtui.feed.link import Conversation
from pmtui.feed.way import RightOfWay

ASLEEP = 2_000
"""A pause of the whole program this long means that the computer slept, or the program was stopped."""
_A_SILENCE = 2_000
_NEWS = frozenset({BookDelta, BookSnapshot, Trade})
"""What comes by the thousand: neither an answer nor a reject."""
_WITHIN = 10_000


class Intake:
    """Takes frames in, and notices when the whole program stood still before one."""

    def __init__(
        self,
        store: Store,
        lock: Lock,
        asker: Asker,
        way: RightOfWay,
        *,
        nudge: Callable[[], None],
        clock: Clock,
        awake: Callable[[], None] = lambda: None,
    ) -> None:
        """`awake` hears that the program stood still."""
        self._store = store
        self._lock = lock
        self._asker = asker
        self._way = way
        self._nudge = nudge
        self._clock = clock
        self._heed_sleep = awake
        self._ticked = clock()

    def tick(self) -> Millis:
        """Time went by, and it is now; without this for long, somebody stopped the program."""
        if self._way.taken:
            self._way.wait()
        now = self._clock()
        if now - self._ticked > ASLEEP:
            self._awake(now)
        self._ticked = now
        return now

    def take(self, conversation: Conversation, frame: Frame) -> bool:
        """One frame into the store; False asks for a new connection."""
        if self._way.taken:
            self._way.wait()
        at, stream = frame.at, conversation.stream
        store, began = self._store, perf_counter_ns()
        if at - self._ticked > ASLEEP:
            self._awake(at)
        before = stream.messages
        try:
            events = stream.receive(frame.data, at) if frame.text else _binary(frame)
        except VenueError as error:
            return self._refuse(conversation, error, at, max(1, stream.messages - before))
        heartbeat = stream.heartbeat
        pong = heartbeat is not None and frame.data == heartbeat.hear
        with self._lock:
            store.take(events)
            ledger = store.ledger
            ledger.received += stream.messages - before
            ledger.frames += 1
            ledger.octets += len(frame.data)
            link = store.links[stream.name]
            data = any(map(is_data, events))
            for event in events[:1]:
                # What lay in the pipes while we slept tells how long we slept, not how far the venue is behind.
                if (sent := _happened(event)) and not link.suspect:
                    link.lag.last = at - sent
                    link.delays.ring.append(at - sent)
                if type(event) is Notice and event.slow:
                    store.doubt_link(stream.name, "the venue says that we read too slowly", at)
            if data or not all(map(_is_garbage, events)):
                link.heard_at = at
            if data:
                if at - link.data_at > _A_SILENCE:
                    store.resumed(link, at)
                link.data_at = at
            elif pong and conversation.pinged_at:
                link.pong = (at - conversation.pinged_at) / 1000
                conversation.pinged_at = Millis(0)
            store.clocks.taken.append((perf_counter_ns() - began) // 1000)
        if data:
            conversation.data_at = at
        self._nudge()
        if len(events) == 1 and type(events[0]) in _NEWS:
            return True
        for event in events:
            if type(event) is Answered:
                self._asker.answer(event)
        return not any(map(_is_garbage, events)) or _is_patient(conversation, events, at)

    def _refuse(self, conversation: Conversation, error: VenueError, at: Millis, messages: int) -> bool:
        stream = conversation.stream
        fact = error.fact(at, stream.instruments)
        with self._lock:
            self._store.take([fact])
            self._store.ledger.received += messages
            self._store.ledger.frames += 1
            if fact.read:
                self._store.links[stream.name].heard_at = at
        self._nudge()
        return not error.cut and _is_patient(conversation, [fact], at)

    def _awake(self, now: Millis) -> None:
        slept = (now - self._ticked) / 1000
        self._ticked = now
        with self._lock:
            self._store.suspect(f"the program stood still for {slept:.0f}s", now)
        self._heed_sleep()
        self._nudge()


def _is_garbage(event: Event) -> bool:
    """Whether it speaks against the link: what could be read and cannot be right speaks against its market only."""
    return type(event) is Rejected and not event.read


def _is_patient(conversation: Conversation, events: Iterable[Event], at: Millis) -> bool:
    """Whether the rejects of the last ten seconds are still few enough to go on."""
    rejects = conversation.rejects
    rejects.extend(at for _ in filter(_is_garbage, events))
    while rejects and rejects[0] <= at - _WITHIN:
        rejects.popleft()
    if len(rejects) > MOST_BAD:
        rejects.clear()
        return False
    return True


def _happened(event: object) -> int:
    """When something happened, in the venue's time; 0 where a fact does not say.

    A book that is always told as a whole carries the time of its last change, which can be days ago.
    """
    kind = type(event)
    if kind is BookDelta or (kind is Trade and not event.past) or (kind is BookSnapshot and event.fresh is not None):  # type: ignore[attr-defined]
        return event.sent  # type: ignore[attr-defined,no-any-return]
    return 0


def _binary(frame: Frame) -> list[Event]:
    raise VenueError("a binary frame", sample=repr(frame.data[:60]))
