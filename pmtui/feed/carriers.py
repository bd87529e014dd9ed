"""Who carries what: the conversations, and the instruments on each of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from random import Random
from threading import Lock
from typing import Any

from pmtui.core.instrument import InstrumentId
from pmtui.core.ports import Stream, Transport, Venue
from pmtui.core.store import Store
from pmtui.core.units import Millis
from pmtui.feed.backoff import Backoff, Pacer
from pmtui.feed.clock import Clock
from pmtui.feed.link import Conversation, Quotas, Settle, Sleep, Take, Tell
from pmtui.feed.shares import shares

log = logging.getLogger(__name__)

SHELTERS = 3
"""So many links of a venue begin for one instrument in trouble each; the next in trouble join those that are well."""
MOVED_LATELY = 600_000
"""An instrument that moves again within that has not been helped by company: it gets a link of its own."""


@dataclass(slots=True)
class Carrier:
    """A conversation and the task that runs it."""

    conversation: Conversation
    venue: Venue | None
    """Whose instruments it may carry; None for an account's."""
    task: asyncio.Task[None]
    shelter: bool = False
    """Begun for an instrument that had to leave another one."""

    @property
    def stream(self) -> Stream:
        return self.conversation.stream


class Carriers:
    """Puts instruments on conversations, moves them, and takes them off; runs the conversations meanwhile."""

    def __init__(
        self,
        store: Store,
        lock: Lock,
        transport: Transport,
        *,
        take: Take,
        tell: Tell,
        settle: Settle,
        spawn: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]],
        nudge: Callable[[], None],
        clock: Clock,
        random: Random,
        sleep: Sleep,
    ) -> None:
        self._store = store
        self._lock = lock
        self._transport = transport
        self._take, self._tell, self._settle = take, tell, settle
        self._spawn = spawn
        self._nudge = nudge
        self._clock = clock
        self._random = random
        self._sleep = sleep
        self._pacer = Pacer()
        self._quotas = Quotas()
        self._numbers: dict[str, int] = {}
        self._moved: dict[InstrumentId, Millis] = {}
        """When an instrument last left its conversation."""
        self.all: dict[str, Carrier] = {}
        """By the names of their streams."""

    # Who carries what

    def carry(self, venue: Venue, ids: list[InstrumentId]) -> None:
        """Put instruments on conversations that have room, and begin new ones for the rest."""
        talks = {name: each for name, each in self.all.items() if each.venue is venue and not each.task.done()}
        others = {each: self._store.boards[each].instrument.complement for each in ids}
        carried = {each: name for name, carrier in talks.items() for each in carrier.stream.instruments}
        rooms = {name: each.stream.room() for name, each in talks.items()}
        taken, begun = shares(ids, others, carried, rooms, venue.capacity())
        for name, mine in taken.items():
            self._join(talks[name], mine)
        for mine in begun:
            self._converse(venue, mine)

    def drop(self, instruments: Collection[InstrumentId]) -> None:
        """Nobody follows these any more."""
        for each in instruments:
            self._moved.pop(each, None)
        self._take_off(instruments)

    def again(self, instruments: Collection[InstrumentId]) -> None:
        """Take these off what carries them, and begin with them anew."""
        for venue, mine in self._take_off(instruments):
            assert venue is not None
            self.carry(venue, mine)

    def _take_off(self, instruments: Collection[InstrumentId]) -> list[tuple[Venue | None, list[InstrumentId]]]:
        """Whose they were."""
        off = []
        for carrier in list(self.all.values()):
            if mine := [each for each in carrier.stream.instruments if each in instruments]:
                self._leave(carrier, mine)
                off.append((carrier.venue, mine))
        return off

    def open_to(self, venue: Venue) -> Conversation | None:
        """A connection of the venue's that is up."""
        mine = (each.conversation for each in self.all.values() if each.venue is venue)
        return next((each for each in mine if each.up), None)

    def _join(self, carrier: Carrier, ids: list[InstrumentId]) -> None:
        frames = carrier.stream.change(ids, ())
        _count(carrier.stream, f"{len(ids)} more")
        with self._lock:
            self._store.attach(ids, carrier.stream.name, self._clock())
        if frames is None:
            carrier.conversation.cut("the subscription changed")
        else:
            self._say(carrier, frames)

    def _leave(self, carrier: Carrier, instruments: list[InstrumentId]) -> None:
        """Take instruments off a conversation; one that is left with none has ended."""
        stream = carrier.stream
        frames = stream.change((), instruments)
        _count(stream, f"{len(instruments)} fewer")
        if stream.instruments:
            self._say(carrier, frames or [])
            return
        carrier.task.cancel()
        del self.all[stream.name]
        with self._lock:
            self._store.links.pop(stream.name, None)

    # Beginning

    def _converse(self, venue: Venue, ids: list[InstrumentId]) -> Carrier:
        number = self._numbers[venue.name] = self._numbers.get(venue.name, 0) + 1
        stream = venue.stream(number, ids)
        _count(stream, "begins")
        return self.begin(stream, venue, ids)

    def begin(
        self,
        stream: Stream,
        venue: Venue | None,
        ids: list[InstrumentId],
        take: Take | None = None,
        transport: Transport | None = None,
    ) -> Carrier:
        """Another conversation; an account's hears in its own way."""
        conversation = Conversation(
            stream,
            transport or self._transport,
            take=take or self._take,
            tell=self._tell,
            clock=self._clock,
            pacer=self._pacer,
            quotas=self._quotas,
            random=self._random,
            sleep=self._sleep,
            settle=self._settle,
        )
        with self._lock:
            self._store.attach(ids, stream.name, self._clock())
        carrier = self.all[stream.name] = Carrier(conversation, venue, self._spawn(self._guard(conversation)))
        return carrier

    async def _guard(self, conversation: Conversation) -> None:
        """A conversation that ends because of our own error says so and begins again."""
        backoff, turn = Backoff(self._random), None
        while True:
            began = self._clock()
            try:
                await conversation.run(turn)
            except Exception:
                log.exception("the conversation %s failed", conversation.stream.name)
                now = self._clock()
                turn = self._pacer.book(now, backoff.next(now - began))
                with self._lock:
                    self._store.fail(conversation.stream.name, now, backoff.failures, turn)
                self._nudge()
                turn = await conversation.wait(turn)
            else:
                return

    # What is said to the venues

    def widen(self, instrument: InstrumentId, step: int) -> None:
        """Somebody looks at this one on rows of such a height: a venue may tell it deeper so."""
        for carrier in list(self.all.values()):
            if instrument in carrier.stream.instruments:
                self._say(carrier, carrier.stream.widen(instrument, step))

    def attend(self, shown: frozenset[InstrumentId]) -> None:
        """Let the venues tell more of what is on the screen."""
        for carrier in list(self.all.values()):
            if frames := carrier.stream.attend(shown):
                self._say(carrier, frames)

    def resubscribe(self, instruments: list[InstrumentId]) -> None:
        """Ask for fresh books, in as few frames as each conversation needs."""
        self._store.counts.resubscribed += len(instruments)
        for carrier in self.all.values() if instruments else ():
            mine = set(carrier.stream.instruments).intersection(instruments)
            # A link that cannot send yet is asked once more, not a second time.
            if mine and not carrier.conversation.busy:
                log.debug("%s: %d asked for again", carrier.stream.name, len(mine))
                self._say(carrier, carrier.stream.again(sorted(mine)))

    def relink(self, link: str, why: str) -> None:
        """Another connection for all that a link carries."""
        self._store.counts.relinked += 1
        self.all[link].conversation.cut(why)

    def _say(self, carrier: Carrier, frames: list[bytes]) -> None:
        if frames:
            self._spawn(carrier.conversation.tell(frames))

    # Moving

    def move(self, instrument: InstrumentId) -> None:
        """Another link for one instrument; a link that carries nothing else is simply made anew."""
        carrier = next(each for each in self.all.values() if instrument in each.stream.instruments)
        if len(carrier.stream.instruments) == 1:
            self.relink(carrier.stream.name, "its only book cannot be proven")
            return
        self._store.counts.moved += 1
        assert carrier.venue is not None
        shelter = self._shelter(carrier, instrument)
        self._moved[instrument] = self._clock()
        self._leave(carrier, [instrument])
        if shelter is None:
            self._converse(carrier.venue, [instrument]).shelter = True
        else:
            self._join(shelter, [instrument])

    def _shelter(self, left: Carrier, instrument: InstrumentId) -> Carrier | None:
        """The emptiest of the links begun by moves where nobody else is in trouble; none while there are few of them.

        Else links would grow with all that ever was in trouble. One that never carried any is left in peace.
        """
        shelters = [each for each in self.all.values() if each.shelter and each.venue is left.venue]
        moved_at = self._moved.get(instrument)
        if len(shelters) < SHELTERS or (moved_at is not None and self._clock() - moved_at < MOVED_LATELY):
            return None
        fit = [each for each in shelters if each is not left and self._has_peace(each, instrument)]
        return min(fit, key=lambda each: len(each.stream.instruments), default=None)

    def _has_peace(self, carrier: Carrier, instrument: InstrumentId) -> bool:
        """Whether a link is up, has room, and all on it is well but the other outcome of the one that comes."""
        other = self._store.boards[instrument].instrument.complement
        if not carrier.conversation.up or not carrier.stream.room():
            return False
        carried = [self._store.boards[each] for each in carrier.stream.instruments if each != other]
        return all(board.resolved is not None or board.gone or (board.synced and not board.doubt) for board in carried)

    # The passing of time

    def look(self, now: Millis) -> None:
        """Tell the store how the links are; whoever calls holds the lock."""
        for name, carrier in self.all.items():
            link, conversation = self._store.links[name], carrier.conversation
            link.pinged_at, link.busy = conversation.pinged_at, conversation.busy
            link.look(conversation.coming, now)

    def stood_still(self) -> None:
        """The program did not run for a while."""
        for carrier in self.all.values():
            carrier.conversation.stood_still()

    def quit(self) -> None:
        """Leave all of them."""
        for carrier in self.all.values():
            carrier.conversation.cut("quit")


def _count(stream: Stream, what: str) -> None:
    log.debug("%s: %s, %d followed", stream.name, what, len(stream.instruments))
