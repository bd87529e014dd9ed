"""Where facts come from: conversations, fetched books, and the repair of what is in doubt.

Everything here runs in one event loop of its own, apart from the screen. The lock is held while facts
are applied, never while waiting, and never while a venue reads or makes something.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from dataclasses import dataclass
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
from pmtui.feed.backoff import Backoff, Pacer
from pmtui.feed.chronicle import Chronicle
from pmtui.feed.clock import Clock, steady, wall
from pmtui.feed.intake import Intake
from pmtui.feed.link import Conversation, Quotas, Sleep, Take
from pmtui.feed.names import Names
from pmtui.feed.questions import Questions
from pmtui.feed.search import search
from pmtui.feed.settled import Settling
from pmtui.feed.shares import shares
from pmtui.feed.way import RightOfWay

if TYPE_CHECKING:
    from pmtui.feed.account import Keeper

log = logging.getLogger(__name__)

TICK = 0.05
TICK_IDLE = 0.2
SHELTERS = 3
"""So many links of a venue begin for one instrument in trouble each; the next in trouble join those that are well."""
MOVED_LATELY = 600_000
"""An instrument that moves again within that has not been helped by company: it gets a link of its own."""


@dataclass(slots=True)
class _Kept:
    """A conversation and the task that runs it."""

    conversation: Conversation
    venue: Venue | None
    """Whose instruments it may carry; None for an account's."""
    task: asyncio.Task[None]
    shelter: bool = False
    """Begun for an instrument that had to leave another one."""


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
            store, lock, self._asker, way or RightOfWay(), nudge=nudge, clock=clock, awake=self._awake
        )
        self._chronicle = Chronicle(store, lock)
        self._nudge = nudge
        self._clock = clock
        self._wall = wall_clock
        self._random = random or Random()
        self._sleep = sleep
        self._pacer = Pacer()
        self._settling = Settling(settle, clock())
        self._quotas = Quotas()
        self._kept: dict[str, _Kept] = {}
        self._numbers: dict[str, int] = {}
        self._moved: dict[InstrumentId, Millis] = {}
        """When an instrument last left its conversation."""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._searching: asyncio.Task[None] | None = None
        self._keepers: dict[str, Keeper] = {}
        self._signed: list[SignedFetcher] = []
        self._attended: frozenset[InstrumentId] = frozenset()
        self._questions = Questions(
            store,
            lock,
            self._venues,
            self._asker,
            self._carrier,
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
            self._subscribe(self._venues[venue], ids)
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
                self._moved.pop(each, None)
        for each in instruments:
            self._venues[each.partition(":")[0]].forget(each)
        for kept in list(self._kept.values()):
            mine = [each for each in kept.conversation.stream.instruments if each in instruments]
            if mine:
                self._leave(kept, mine)

    def widen(self, instrument: InstrumentId, step: int) -> None:
        """Somebody looks at this one on rows of such a height: a venue may tell it deeper so."""
        for kept in list(self._kept.values()):
            if instrument in kept.conversation.stream.instruments:
                self._say(kept, kept.conversation.stream.widen(instrument, step))

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
        keeper.watch_over(self._begin(access.stream, None, [], take, transport))

    def _subscribe(self, venue: Venue, ids: list[InstrumentId]) -> None:
        """Put instruments on conversations that have room, and begin new ones for the rest."""
        talks = {name: kept for name, kept in self._kept.items() if kept.venue is venue and not kept.task.done()}
        others = {each: self.store.boards[each].instrument.complement for each in ids}
        carried = {each: name for name, kept in talks.items() for each in kept.conversation.stream.instruments}
        rooms = {name: kept.conversation.stream.room() for name, kept in talks.items()}
        taken, begun = shares(ids, others, carried, rooms, venue.capacity())
        for name, mine in taken.items():
            self._join(talks[name], mine)
        for mine in begun:
            self._converse(venue, mine)

    def _join(self, kept: _Kept, ids: list[InstrumentId]) -> None:
        conversation = kept.conversation
        frames = conversation.stream.change(ids, ())
        _count(conversation.stream, f"{len(ids)} more")
        with self.lock:
            self.store.attach(ids, conversation.stream.name, self._clock())
        if frames is None:
            conversation.cut("the subscription changed")
        else:
            self._say(kept, frames)

    def _converse(self, venue: Venue, ids: list[InstrumentId]) -> _Kept:
        number = self._numbers[venue.name] = self._numbers.get(venue.name, 0) + 1
        stream = venue.stream(number, ids)
        _count(stream, "begins")
        self._begin(stream, venue, ids, self._intake.take, self._transport)
        return self._kept[stream.name]

    def _begin(
        self, stream: Stream, venue: Venue | None, ids: list[InstrumentId], take: Take, transport: Transport
    ) -> Conversation:
        conversation = Conversation(
            stream,
            transport,
            take=take,
            tell=self._tell,
            clock=self._clock,
            pacer=self._pacer,
            quotas=self._quotas,
            random=self._random,
            sleep=self._sleep,
            settle=self._settled,
        )
        with self.lock:
            self.store.attach(ids, stream.name, self._clock())
        task = self._spawn(self._guard(conversation))
        self._kept[stream.name] = _Kept(conversation, venue, task)
        return conversation

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
                with self.lock:
                    self.store.fail(conversation.stream.name, now, backoff.failures, turn)
                self._nudge()
                turn = await conversation.wait(turn)
            else:
                return

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
        for kept in list(self._kept.values()):
            if mine := [each for each in wrong if each in kept.conversation.stream.instruments]:
                self._leave(kept, mine)
                assert kept.venue is not None
                self._subscribe(kept.venue, mine)
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
            for kept in self._kept.values():
                kept.conversation.cut("quit")
            # Whoever asks leaves by itself: a loop that ends would leave what it had just begun behind, half made.
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._fetcher.close()
            for signed in self._signed:
                await signed.close()
            self._chronicle.end()

    def _tick(self) -> None:
        now = self._intake.tick()
        with self.lock:
            self.store.delays.offset = self._wall() - now
            for name, kept in self._kept.items():
                link = self.store.links[name]
                link.pinged_at, link.busy = kept.conversation.pinged_at, kept.conversation.busy
                link.look(kept.conversation.coming, now)
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
        if shown != self._attended:
            self._attend(shown)
        for board in pictured:
            if (question := self._questions.recall(board, now)) is not None:
                self._spawn(question)
        self._resubscribe([wish.instrument for wish in wishes if isinstance(wish, Resubscribe)])
        for wish in wishes:
            self._grant(wish)
        if wishes:
            self._nudge()

    def _awake(self) -> None:
        for kept in self._kept.values():
            kept.conversation.stood_still()

    def _attend(self, shown: frozenset[InstrumentId]) -> None:
        """Let the venues tell more of what is on the screen."""
        self._attended = shown
        for kept in list(self._kept.values()):
            if frames := kept.conversation.stream.attend(shown):
                self._say(kept, frames)

    def _grant(self, wish: Wish) -> None:
        match wish:
            case Fetch(instrument):
                self._spawn(self._questions.witness(instrument))
            case Describe(instrument):
                self._spawn(self._questions.describe(instrument))
            case Move(instrument):
                self._move(instrument)
            case Relink(link, why):
                self.store.counts.relinked += 1
                self._kept[link].conversation.cut(why)

    def _resubscribe(self, instruments: list[InstrumentId]) -> None:
        """Ask for fresh books, in as few frames as each conversation needs."""
        self.store.counts.resubscribed += len(instruments)
        for kept in self._kept.values() if instruments else ():
            mine = set(kept.conversation.stream.instruments).intersection(instruments)
            # A link that cannot send yet is asked once more, not a second time.
            if mine and not kept.conversation.busy:
                log.debug("%s: %d asked for again", kept.conversation.stream.name, len(mine))
                self._say(kept, kept.conversation.stream.again(sorted(mine)))

    def _move(self, instrument: InstrumentId) -> None:
        """Another link for one instrument; a link that carries nothing else is simply made anew."""
        kept = next(each for each in self._kept.values() if instrument in each.conversation.stream.instruments)
        stream = kept.conversation.stream
        if len(stream.instruments) == 1:
            self.store.counts.relinked += 1
            kept.conversation.cut("its only book cannot be proven")
            return
        self.store.counts.moved += 1
        assert kept.venue is not None
        shelter = self._shelter(kept, instrument)
        self._moved[instrument] = self._clock()
        self._leave(kept, [instrument])
        if shelter is None:
            self._converse(kept.venue, [instrument]).shelter = True
        else:
            self._join(shelter, [instrument])

    def _shelter(self, left: _Kept, instrument: InstrumentId) -> _Kept | None:
        """The emptiest of the links begun by moves where nobody else is in trouble; none while there are few of them.

        Else links would grow with all that ever was in trouble. One that never carried any is left in peace.
        """
        shelters = [each for each in self._kept.values() if each.shelter and each.venue is left.venue]
        moved_at = self._moved.get(instrument)
        if len(shelters) < SHELTERS or (moved_at is not None and self._clock() - moved_at < MOVED_LATELY):
            return None
        fit = [each for each in shelters if each is not left and self._has_peace(each, instrument)]
        return min(fit, key=lambda each: len(each.conversation.stream.instruments), default=None)

    def _has_peace(self, kept: _Kept, instrument: InstrumentId) -> bool:
        """Whether a link is up, has room, and all on it is well but the other outcome of the one that comes."""
        conversation, other = kept.conversation, self.store.boards[instrument].instrument.complement
        if not conversation.up or not conversation.stream.room():
            return False
        carried = [self.store.boards[each] for each in conversation.stream.instruments if each != other]
        return all(board.resolved is not None or board.gone or (board.synced and not board.doubt) for board in carried)

    def _leave(self, kept: _Kept, instruments: list[InstrumentId]) -> None:
        """Take instruments off a conversation; one that is left with none has ended."""
        stream = kept.conversation.stream
        frames = stream.change((), instruments)
        _count(stream, f"{len(instruments)} fewer")
        if stream.instruments:
            self._say(kept, frames or [])
            return
        kept.task.cancel()
        del self._kept[stream.name]
        with self.lock:
            self.store.links.pop(stream.name, None)

    def _say(self, kept: _Kept, frames: list[bytes]) -> None:
        if frames:
            self._spawn(kept.conversation.tell(frames))

    def _carrier(self, venue: Venue) -> Conversation | None:
        """A connection of the venue's that is open."""
        mine = (kept.conversation for kept in self._kept.values() if kept.venue is venue)
        return next((each for each in mine if each.up), None)

    async def _ask_over(self, link: str, request: Request) -> tuple[int, bytes]:
        """Over one conversation where that can be, else by REST."""
        kept = self._kept.get(link)
        try:
            return await self._asker.fetch(request, kept.conversation if kept else None)
        except Unanswered:
            return await self._fetcher.fetch(request)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _count(stream: Stream, what: str) -> None:
    log.debug("%s: %s, %d followed", stream.name, what, len(stream.instruments))
