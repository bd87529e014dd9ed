"""What is asked apart from the stream: a second look at a book, names and outcomes, prices of the past."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from pmtui.core.board import Board
from pmtui.core.events import Resolved
from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.core.ports import Request, Venue, VenueError, Witnessed
from pmtui.core.store import Store
from pmtui.core.units import NEVER, Millis
from pmtui.feed.asker import Asker
from pmtui.feed.clock import Clock
from pmtui.feed.link import Conversation, Sleep
from pmtui.feed.search import details

log = logging.getLogger(__name__)

_AT_ONCE = 4
_TOO_MANY = 429
_REST = 60_000
"""How long a venue that was asked too often is asked for nothing: it counts all questions of a client as one."""
_SELDOM = 300.0
_OPEN_FOR = 60_000
"""A catalogue may be late to close a question: so long has it to go on calling one open that was called settled."""
_HISTORY_EVERY = 60_000
"""How often the past is asked for again when no answer came."""


@dataclass(slots=True, eq=False)
class _Asking:
    """A task that asks for names until it has them all."""

    task: asyncio.Task[Any] | None
    left: dict[InstrumentId, None]
    """Those it asks for yet, in the order in which they came."""


class Questions:
    """Asks the venues, a few questions at a time, and lets the store weigh what they answer."""

    def __init__(
        self,
        store: Store,
        lock: Lock,
        venues: Mapping[str, Venue],
        asker: Asker,
        carrier: Callable[[Venue], Conversation | None],
        *,
        follow: Callable[[Iterable[Instrument]], None],
        reopen: Callable[[Collection[InstrumentId]], None],
        nudge: Callable[[], None],
        clock: Clock,
        sleep: Sleep,
    ) -> None:
        """`carrier` tells which open connection may carry a venue's questions.

        `reopen` hears that instruments which were called settled are not.
        """
        self._store = store
        self._lock = lock
        self._venues = venues
        self._asker = asker
        self._carrier = carrier
        self._follow = follow
        self._reopen = reopen
        self._nudge = nudge
        self._clock = clock
        self._sleep = sleep
        self._fetching = {name: asyncio.Semaphore(_AT_ONCE) for name in venues}
        """Each venue's own: one that does not answer takes nothing from the others."""
        self._witnessed: set[InstrumentId] = set()
        """Those whose book is being asked for, or waits for it."""
        self._rests: dict[str, Millis] = {}
        """Until when a venue is asked for nothing."""
        self._open_at: dict[InstrumentId, Millis] = {}
        """When the catalogue last said of one that its question is open, where somebody waits for its end."""
        self._named: set[InstrumentId] = set()
        """Instruments that have been described."""
        self._introducing: dict[InstrumentId, _Asking] = {}
        """Who asks for a name: one and no more, however often a market is opened and closed meanwhile."""
        self._ending: dict[InstrumentId, asyncio.Task[Any] | None] = {}
        """Who asks how a question ended; one for each, too."""
        self._recalled: dict[InstrumentId, tuple[int, Millis]] = {}
        """For which generation of its board and when the past of an instrument was asked for."""

    def forget(self, instrument: InstrumentId) -> None:
        """Nobody watches this one any more."""
        self._named.discard(instrument)
        self._recalled.pop(instrument, None)
        self._open_at.pop(instrument, None)
        if (asking := self._introducing.pop(instrument, None)) is not None:
            del asking.left[instrument]
            if not asking.left and asking.task is not None:
                asking.task.cancel()  # it may be waiting for minutes
        if (ending := self._ending.pop(instrument, None)) is not None:
            ending.cancel()

    def _venue(self, instrument: InstrumentId) -> Venue:
        return self._venues[instrument.partition(":")[0]]

    async def _fetch(self, venue: Venue, request: Request) -> tuple[int, bytes]:
        """Over a connection of the venue's that is open, where that can be, else by REST; not at all while it rests."""
        if self._clock() < self._rests.get(venue.name, NEVER):
            raise OSError("it was asked too often, and is left alone for a minute")
        status, body = await self._asker.fetch(request, self._carrier(venue))
        if status == _TOO_MANY:
            self._rests[venue.name] = Millis(self._clock() + _REST)
        return status, body

    async def witness(self, instrument: InstrumentId) -> None:
        """Fetch the book apart from the stream and let the store weigh it; once is enough at a time."""
        if instrument in self._witnessed:
            return
        self._witnessed.add(instrument)
        try:
            witness = await self._witness(instrument)
        finally:
            self._witnessed.discard(instrument)
        self._nudge()
        if witness is not None and witness.book is None:
            await self.describe(instrument)

    async def _witness(self, instrument: InstrumentId) -> Witnessed | None:
        venue = self._venue(instrument)
        async with self._fetching[venue.name]:
            asked_at = self._clock()
            if asked_at < self._rests.get(venue.name, NEVER):
                self._witnesses(instrument, found=False)
                return None
            try:
                status, body = await self._fetch(venue, venue.snapshot(instrument))
                # What seals learn from it is this loop's own: the screen never looks into them.
                witness = venue.witness(instrument, status, body, asked_at)
                with self._lock:
                    self._store.testify(instrument, witness, self._clock())
            except Exception as error:
                self._store.counts.fetches_failed += 1
                _unanswered(f"no second witness for {instrument}", error)
                self._witnesses(instrument, found=False)
                return None
        self._witnesses(instrument, found=True)
        return witness

    def _witnesses(self, instrument: InstrumentId, *, found: bool) -> None:
        """Remember whether there are any: where there are none, a link is asked for books itself."""
        board = self._store.boards.get(instrument)
        if board is not None and board.link is not None:
            board.link.unwitnessed = not found

    def recall(self, board: Board, now: Millis) -> Coroutine[Any, Any, None] | None:
        """The question for the past of a book, once for each connection: it also tells what a gap held."""
        instrument = board.instrument.id
        generation, asked_at = self._recalled.get(instrument, (0, NEVER))
        if not board.synced or generation == board.generation or now - asked_at < _HISTORY_EVERY:
            return None
        self._recalled[instrument] = generation, now
        return self._remember(instrument, board.generation)

    async def _remember(self, instrument: InstrumentId, generation: int) -> None:
        """Learn the prices of the last hours; nothing depends on them."""
        venue = self._venue(instrument)
        until = self._store.clocks.of(venue.name).venue_time(self._clock())
        if (request := venue.history(instrument, until)) is None:
            self._recalled[instrument] = generation, self._clock()
            return
        try:
            async with self._fetching[venue.name]:
                status, body = await self._fetch(venue, request)
            told = venue.remembered(instrument, status, body, self._clock())
        except Exception as error:
            _unanswered(f"no past prices of {instrument}", error)
            return
        if instrument in self._recalled:  # or it was removed meanwhile, and is asked for anew when it comes again
            self._recalled[instrument] = generation, self._clock()
        with self._lock:
            self._store.recall(told)
        self._nudge()

    async def introduce(self, instruments: Sequence[InstrumentId]) -> None:
        """Learn the names of those that are new, ever more seldom, until the venue has answered or they are forgotten.

        What is being asked for already is left to whoever asks.
        """
        new = [each for each in self._nameless(instruments) if each not in self._introducing]
        asking, wait = _Asking(asyncio.current_task(), dict.fromkeys(new)), 0.0
        self._introducing.update(dict.fromkeys(new, asking))
        while asking.left:
            await self._sleep(wait)
            wait = min(_SELDOM, 2 * wait + 2)
            left = await self._introduce(self._nameless(asking.left))
            for each in set(asking.left).difference(left):
                del asking.left[each], self._introducing[each]

    def _nameless(self, instruments: Iterable[InstrumentId]) -> list[InstrumentId]:
        return [each for each in instruments if each in self._store.boards and each not in self._named]

    async def _introduce(self, new: list[InstrumentId]) -> list[InstrumentId]:
        """Ask once, for many at a time where that can be: a venue counts questions. Those of which it said nothing."""
        venue = self._venue(new[0]) if new else None
        if venue is not None and len(new) > 1:
            for request in venue.overviews(new):
                if not await self._look_over(venue, request):
                    return new  # it would not answer for each alone either
        told = await asyncio.gather(*(self.describe(each, again=False) for each in new))
        return [each for each, answered in zip(new, told, strict=True) if not answered]

    async def _look_over(self, venue: Venue, request: Request) -> bool:
        try:
            async with self._fetching[venue.name]:
                found = venue.found(*await self._fetch(venue, request))
        except Exception as error:
            _unanswered("no details of many", error)
            return False
        self._described(found)
        return True

    async def describe(self, instrument: InstrumentId, *, again: bool = True) -> bool:
        """Ask for the name of an instrument, its other outcome, and whether it is settled; whether anything was told.

        One answer may describe many: unless it is wanted `again`, nobody need ask for what is known by then.
        """
        venue, told = self._venue(instrument), False

        def is_known() -> bool:
            return instrument not in self._store.boards or (not again and instrument in self._named)

        async def ask(request: Request) -> tuple[int, bytes] | None:
            async with self._fetching[venue.name]:
                return None if is_known() else await self._fetch(venue, request)

        try:
            async for found in details(venue, instrument, ask):
                self._described(found)
                told = told or bool(found)
        except Exception as error:
            _unanswered(f"no details of {instrument}", error)
            return False
        # If anything was told, it is not among what the venue names, and will not be in a minute.
        return told or is_known()

    async def outcome(self, instrument: InstrumentId) -> None:
        """Ask how a question ended that the venue calls settled, ever more seldom, until it is known.

        Or until it is known not to have ended: for a minute the catalogue called it open, and its book was to be had.
        """
        wait, open_since = 0.0, None
        if instrument in self._ending:
            return
        self._ending[instrument] = asyncio.current_task()
        while (board := self._store.boards.get(instrument)) is not None:
            if board.resolved is None or board.resolved.outcome:
                break
            await self._sleep(wait)
            asked_at = self._clock()
            await self.describe(instrument)
            if not await self._goes_on(instrument, asked_at):
                open_since = None
            elif open_since is None:
                open_since = asked_at
            elif asked_at - open_since >= _OPEN_FOR:
                other = board.instrument.complement
                self._reopen([each for each in (instrument, other) if each is not None])
            wait = min(_SELDOM, 2 * wait + 1)
        del self._ending[instrument]

    async def _goes_on(self, instrument: InstrumentId, asked_at: Millis) -> bool:
        """Whether the catalogue has called it open since, and the venue hands out a book with orders in it."""
        if self._open_at.get(instrument, NEVER) < asked_at:
            return False
        venue = self._venue(instrument)
        try:
            async with self._fetching[venue.name]:
                status, body = await self._fetch(venue, venue.snapshot(instrument))
            book = venue.witness(instrument, status, body, asked_at).book
        except Exception as error:
            _unanswered(f"no book of {instrument}, which was called settled", error)
            return False
        return book is not None and bool(book.bids or book.asks)

    def _described(self, found: tuple[Instrument, ...]) -> None:
        now = self._clock()
        with self._lock:
            known = [each for each in found if each.id in self._store.boards]
            self._named.update(each.id for each in known)
            for each in known:
                if each.id in self._ending and not each.closed:
                    self._open_at[each.id] = now
                self._store.describe(each)
                if each.closed:
                    self._store.settle(_settled(each, found, now))
        others = {each.complement for each in known if not each.closed}
        joining = [each for each in found if each.id in others]
        self._follow(joining)
        # What joins them was described by the same answer.
        self._named.update(each.id for each in joining if each.id in self._store.boards)
        self._nudge()


def _settled(instrument: Instrument, found: tuple[Instrument, ...], at: Millis) -> Resolved:
    winner = next((each.id for each in found if each.outcome == instrument.winner), InstrumentId(""))
    return Resolved((instrument.id,), at, Millis(0), winner, instrument.winner)


def _unanswered(what: str, error: Exception) -> None:
    """Our own error, too, is one question without an answer: whoever asks until there is one goes on asking."""
    ours = not isinstance(error, (OSError, VenueError))
    log.log(logging.ERROR if ours else logging.INFO, "%s: %s", what, error, exc_info=ours)
