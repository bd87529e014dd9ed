"""Where facts come from: conversations, fetched books, and the repair of what is in doubt.

Everything here runs in one event loop of its own, apart from the screen. The lock is held while facts
are applied, never while waiting, and never while a venue reads or makes something.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from functools import partial
from random import Random
from threading import Lock
from typing import TYPE_CHECKING, Any

from pmtui.core.access import Access
from pmtui.core.alerts import Kind
from pmtui.core.events import LinkChanged, Phase, Resolved
from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.core.ports import Fetcher, Found, Request, SignedFetcher, Stream, Transport, Venue
from pmtui.core.repair import Describe, Fetch, Move, Relink, Resubscribe, Wish
from pmtui.core.store import Store
from pmtui.core.units import Millis
from pmtui.feed.asker import Asker, Unanswered
from pmtui.feed.carriers import Carriers
from pmtui.feed.chronicle import Chronicle
from pmtui.feed.clock import Clock, steady, wall
from pmtui.feed.intake import Intake
from pmtui.feed.link import Sleep
from pmtui.feed.names import Names
from pmtui.feed.questions import Questions
from pmtui.feed.search import search
from pmtui.feed.settled import Settling
from pmtui.feed.way import RightOfWay

if TYPE_CHECKING:
    from pmtui.feed.account import Keeper

log = logging.getLogger(__name__)

TICK = 0.05
TICK_IDLE = 0.2


class Feed:
    """Follows instruments, keeps their books in the store, and mends what the store doubts."""

    def __init__(
        self,
        store: Store,
        lock: Lock,
        venues: Mapping[str, Venue],
        transport: Transport,
        fetcher: Fetcher,
        *,
        nudge: Callable[[], None] = lambda: None,
        clock: Clock = steady,
        wall_clock: Clock = wall,
        random: Random | None = None,
        sleep: Sleep = asyncio.sleep,
        way: RightOfWay | None = None,
        settle: Callable[[], None] = lambda: None,
    ) -> None:
        self.store = store
        self.lock = lock
        self._venues = venues
        self._transport = transport
        self._fetcher = fetcher
        self._asker = Asker(fetcher)
        self._intake = Intake(
            store,
            lock,
            self._asker,
            way or RightOfWay(),
            nudge=nudge,
            clock=clock,
            awake=self._awake,
        )
        self._chronicle = Chronicle(store, lock)
        self._nudge = nudge
        self._clock = clock
        self._wall = wall_clock
        self._random = random or Random()
        self._sleep = sleep
        self._settling = Settling(settle, clock())
        self._carriers = Carriers(
            store,
            lock,
            transport,
            take=self._intake.take,
            tell=self._tell,
            settle=self._settled,
            spawn=self._spawn,
            nudge=nudge,
            clock=clock,
            random=self._random,
            sleep=sleep,
        )
        self._tasks: set[asyncio.Task[Any]] = set()
        self._searching: asyncio.Task[None] | None = None
        self._keepers: dict[str, Keeper] = {}
        self._signed: list[SignedFetcher] = []
        self._questions = Questions(
            store,
            lock,
            self._venues,
            self._asker,
            self._carriers.open_to,
            follow=self.follow,
            reopen=self._reopen,
            nudge=nudge,
            clock=clock,
            sleep=sleep,
        )

    # Wishes

    def follow(self, instruments: Iterable[Instrument]) -> None:
        """Keep the books of these from now on, and of their other outcomes where those are known."""
        coming = [each for each in self._whole(instruments) if each.id not in self.store.boards]
        # A venue that is met for the first time is loaded: the screen does not wait for that.
        sealed = [(each, self._venues[each.venue].seal(each.id)) for each in coming]
        new: dict[str, list[InstrumentId]] = {}
        with self.lock:
            for each, seal in sealed:
                self.store.add(each, seal)
                new.setdefault(each.venue, []).append(each.id)
        self._settling.came(len(coming))
        for venue, ids in new.items():
            self._carriers.carry(self._venues[venue], ids)
            self._spawn(self._questions.introduce(ids))

    def _whole(self, instruments: Iterable[Instrument]) -> list[Instrument]:
        """Whole markets: nobody need wait for the catalogue where the complement is told."""
        wanted = {each.id: each for each in instruments}
        for each in list(wanted.values()):
            if each.complement and not each.closed and each.complement not in wanted:
                wanted[each.complement] = self._other(each, each.complement)
        return list(wanted.values())

    def _other(self, known: Instrument, complement: InstrumentId) -> Instrument:
        """The other outcome, under the name of its market until it has been described."""
        other = self._venues[known.venue].other(known.id, complement)
        return other.told(title=known.title, event=known.event, market=known.market, ends=known.ends)

    def keep(self, markets: Collection[InstrumentId]) -> None:
        """Stop following all but these and their other outcomes."""
        with self.lock:
            boards = self.store.boards
            others = {boards[each].instrument.complement for each in markets if each in boards}
            gone = [
                each
                for each, board in boards.items()
                if each not in markets and each not in others and board.instrument.complement not in markets
            ]
        self.drop(gone)

    def drop(self, instruments: Collection[InstrumentId]) -> None:
        """Stop following these."""
        with self.lock:
            for each in instruments:
                self.store.remove(each)
                self._questions.forget(each)
        for each in instruments:
            self._venues[each.partition(":")[0]].forget(each)
        self._carriers.drop(instruments)

    def widen(self, instrument: InstrumentId, step: int) -> None:
        """Somebody looks at this one on rows of such a height: a venue may tell it deeper so."""
        self._carriers.widen(instrument, step)

    def search(self, text: str, done: Callable[[Found], None]) -> None:
        """Look a text up; a later search takes the place of this one, whose answer nobody waits for any more."""
        if self._searching is not None:
            self._searching.cancel()
        self._searching = self._spawn(self._search(text, done))

    async def _search(self, text: str, done: Callable[[Found], None]) -> None:
        try:
            # Whoever asked knows the answer by what was typed, with the venue before it.
            found = (await search(*self._where(text), self._fetcher))._replace(text=text)
        except Exception:
            log.exception("a search failed")  # what was typed may be a secret at the wrong place
            found = Found(text, trouble="our own error, see the log")
        done(found)
        self._nudge()

    def _where(self, text: str) -> tuple[str, list[Venue]]:
        """What to look for, and at which venues: the one that is named, else those where something is watched."""
        prefix, colon, rest = text.strip().partition(":")
        if colon and (named := [each for each in self._venues.values() if prefix.lower() in each.prefixes]):
            return rest, named
        watched = {each.partition(":")[0] for each in self.store.boards}
        return text, [self._venues[name] for name in self._venues if name in watched or not watched]

    def log_in(self, venue: str, access: Access, fetcher: SignedFetcher, *, cash: bool = False) -> None:
        """Follow an account beside the markets, by a link of its own; `cash` when what it has can be asked for."""
        # Most watch without an account: what keeps one is loaded when there is one.
        from pmtui.feed.account import Keeper, Reads

        with self.lock:
            account = self.store.log_in(venue, self._wall(), access.stream.name)
        self._signed.append(fetcher)
        names = Names(
            self._venues,
            self._fetcher,
            self.store,
            self.lock,
            spawn=self._spawn,
            nudge=self._nudge,
            clock=self._clock,
        )
        self._keepers[venue] = keeper = Keeper(
            Reads(access, fetcher, self._wall, partial(self._ask_over, access.stream.name)),
            account,
            self.store,
            self.lock,
            meet=names.meet,
            spawn=self._spawn,
            nudge=self._nudge,
            clock=self._clock,
            wall=self._wall,
            random=self._random,
            cash=cash,
        )
        take, transport = keeper.hearing(self._intake.take), keeper.guarding(self._transport)
        keeper.watch_over(self._carriers.begin(access.stream, None, [], take, transport).conversation)

    def _settled(self, stream: Stream, settled: Collection[InstrumentId]) -> bool:
        """The venue says that these are settled; how, is for it to tell elsewhere. Whether nothing else is left.

        A market that it had not read of yet is asked for over another connection; whether that is worth it, the
        catalogue tells.
        """
        with self.lock:
            self.store.settle(Resolved(tuple(settled), self._clock(), Millis(0), InstrumentId(""), ""))
        boards = self.store.boards
        left = {each for each in stream.instruments if each in boards and boards[each].resolved is None}
        for each in stream.instruments:
            self._spawn(self._questions.describe(each) if each in left else self._questions.outcome(each))
        self._nudge()
        return not left

    def _reopen(self, instruments: Collection[InstrumentId]) -> None:
        """These were called settled and are not: they are followed again, from the first book on."""
        with self.lock:
            now, wrong = self._clock(), []
            for each in instruments:
                board = self.store.boards.get(each)
                if board is not None and board.resolved is not None and not board.resolved.outcome:
                    board.resolved = None
                    wrong.append(each)
                    self.store.alerts.add(now, Kind.NOTICE, "called settled, but it is open", each)
        self._carriers.again(wrong)
        self._nudge()

    # Facts

    def _tell(self, event: LinkChanged) -> None:
        with self.lock:
            before = self.store.alerts.total
            self.store.take([event])
            told = self.store.alerts.total > before
        if told:
            self._chronicle.write(event.at)
        else:
            log.info("%s: %s", event.link, f"{event.phase.value} {event.reason}".rstrip())
        if event.phase is not Phase.UP:
            self._asker.lost(event.link)
        self._nudge()

    # The passing of time

    async def run(self) -> None:
        """Watch over everything until cancelled."""
        try:
            while True:
                self._tick()
                await self._sleep(TICK if self.store.stirred else TICK_IDLE)
        finally:
            for task in self._tasks:
                task.cancel()
            self._carriers.quit()
            # Whoever asks leaves by itself: a loop that ends would leave what it had just begun behind, half made.
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._fetcher.close()
            for signed in self._signed:
                await signed.close()
            self._chronicle.end()

    def _tick(self) -> None:
        now = self._intake.tick()
        with self.lock:
            self.store.clocks.offset = self._wall() - now
            self._carriers.look(now)
            wishes = self.store.check(now)
            appeared = self.store.take_appeared()
            # A market may have been dropped since its messages told of the other outcome.
            known = [board.instrument for each in appeared if (board := self.store.boards.get(each.instrument))]
            shown = self.store.shown
            pictured = [board for each in sorted(shown) if (board := self.store.boards.get(each)) is not None]
        if known:
            self.follow(known)
        for keeper in self._keepers.values():
            keeper.tick(now)
        self._chronicle.write(now)
        self._settling.tick(now)
        self._carriers.attend(shown)
        for board in pictured:
            if (question := self._questions.recall(board, now)) is not None:
                self._spawn(question)
        self._carriers.resubscribe([wish.instrument for wish in wishes if isinstance(wish, Resubscribe)])
        for wish in wishes:
            self._grant(wish)
        if wishes:
            self._nudge()

    def _awake(self) -> None:
        self._carriers.stood_still()

    def _grant(self, wish: Wish) -> None:
        match wish:
            case Fetch(instrument):
                self._spawn(self._questions.witness(instrument))
            case Describe(instrument):
                self._spawn(self._questions.describe(instrument))
            case Move(instrument):
                self._carriers.move(instrument)
            case Relink(link, why):
                self._carriers.relink(link, why)

    async def _ask_over(self, link: str, request: Request) -> tuple[int, bytes]:
        """Over one conversation where that can be, else by REST."""
        carrier = self._carriers.all.get(link)
        try:
            return await self._asker.fetch(request, carrier.conversation if carrier else None)
        except Unanswered:
            return await self._fetcher.fetch(request)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
