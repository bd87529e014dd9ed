"""One account kept true: its conversation tells what happens, and checks ask what is.

Nothing is replayed on an account's link, and one that rests sounds like one that lost its tongue. So after each
connect, and each minute, the venue is asked for the open orders and for the fills since the last answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Coroutine, Iterable
from random import Random
from threading import Lock
from typing import Any, TypeVar

from pmtui.core.access import Access, Page, Unread
from pmtui.core.account import Account
from pmtui.core.alerts import Kind
from pmtui.core.events import AccountChecked, CheckFailed, Filled, LinkChanged, OrderChanged, OrderState, Phase
from pmtui.core.instrument import InstrumentId
from pmtui.core.orders import MOST_WORKING, SLOW
from pmtui.core.ports import Closed, Frame, Opened, Request, SignedFetcher, Stream, Transport, VenueError
from pmtui.core.repair import UNANSWERED
from pmtui.core.store import Store
from pmtui.core.units import Millis
from pmtui.feed.backoff import Backoff
from pmtui.feed.clock import Clock
from pmtui.feed.link import Conversation, Sleep, Take

log = logging.getLogger(__name__)

EVERY = 60_000
REFUSED_EVERY = 30_000
"""A key may be accepted again, or not yet; who asks more often is taken for somebody who guesses."""
_APART = 5_000
"""What cannot be read brings the next check forward, at first to so long after the last one."""
MOST_PAGES = 2_000
_PATIENT = 3_000
"""The link may take so long to come up before a check is made without it."""
_YOUNG = 5_000
"""A link that dies earlier, without a word, may have died of what it was told: who we are."""
_UNTOLD = 5_000
"""What a link has not told after so long it does not tell any more."""
_CLOCK_OFF = 2
"""Seconds that two clocks may differ by and still agree."""
_MOST_ODD = 20
_MOST_WAITS = 3
"""How often a check waits until it may ask for the rest of an answer."""
_AT_ONCE = 500
"""Fills of an answer that are taken in before the screen may look."""

_HUNG_UP = "the venue hangs up as soon as it hears who we are: rejected, check the account"

Row = TypeVar("Row")
Spawn = Callable[[Coroutine[Any, Any, None]], object]


Ask = Callable[[Request], Awaitable[tuple[int, bytes]]]


class Reads:
    """An account's questions, each signed at the moment that it is sent."""

    def __init__(
        self,
        access: Access,
        fetcher: SignedFetcher,
        wall: Clock,
        ask: Ask | None = None,
        *,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`ask` has questions answered that need no signature, perhaps over the account's own conversation."""
        self.access = access
        self.clock_off = 0
        """Seconds by which the venue's clock is ahead of ours, as far as that matters."""
        self.odd: list[str] = []
        """Rows that could not be read, in words, since somebody took them from here."""
        self._fetcher = fetcher
        self._ask = ask or fetcher.fetch
        self._wall = wall
        self._sleep = sleep
        self._waits = 0

    async def key(self) -> str:
        """In words how we are accepted; raises `VenueError` or `OSError` unless we are."""
        self._check_trouble()
        return self.access.told_key(*await self._read(self.access.key()))

    async def everything(self, since: int, began: Millis, clock: Clock, *, cash: bool) -> AccountChecked:
        """The open orders, and the fills from a Unix second on; raises as `key` does."""
        self._check_trouble()
        self._waits = 0
        access, asked_at = self.access, self._wall()
        orders, odd = await self._pages(access.orders, access.told_orders, began)
        newest_first, unread = await self._pages(lambda cursor: access.trades(since, cursor), access.told_trades, began)
        # Tables grow at their end: in this order a long history is taken in many times faster.
        fills = tuple(sorted(newest_first, key=lambda fill: fill.sent))
        asked = access.cash() if cash else None
        money = access.told_cash(*await self._read(asked)) if asked else None
        held, _ = await self._pages(access.holdings, access.told_holdings, began)
        return AccountChecked(
            clock(),
            began,
            orders,
            fills,
            Millis(since * 1_000),
            whole=not odd,
            cash=money,
            holdings=held,
            asked=Millis(asked_at + 1_000 * self.clock_off),  # which a refused signature may have measured just now
            # Where positions are told they do not hang on what is known of the fills.
            unread=() if held else unread,
        )

    def _check_trouble(self) -> None:
        if self.access.trouble:
            raise Unread(self.access.trouble)

    async def _pages(
        self, ask: Callable[[str], Request | None], told: Callable[[int, bytes, Millis, str], Page[Row]], began: Millis
    ) -> tuple[tuple[Row, ...], tuple[str, ...]]:
        """All rows of an answer, and why others could not be read."""
        rows: list[Row] = []
        odd: list[str] = []
        cursor, asked = "", {""}
        for _ in range(MOST_PAGES):
            if (request := ask(cursor)) is None:
                return (), ()
            page = await self._page(request, told, began, cursor)
            rows += page.rows
            odd += [each.reason for each in page.rejected] + ["there is more than was asked for"] * page.part
            self.odd += [f"{each.reason}: {each.sample}" for each in page.rejected]
            cursor = page.cursor
            if not cursor:
                return tuple(rows), tuple(odd)
            if cursor in asked:
                raise VenueError("the pages go round in a circle", resync=False)
            asked.add(cursor)
        raise VenueError(f"the answer has more than {MOST_PAGES} pages", resync=False)

    async def _page(
        self, request: Request, told: Callable[[int, bytes, Millis, str], Page[Row]], began: Millis, cursor: str
    ) -> Page[Row]:
        """One page; in the middle of a long answer a venue that was asked too often is given its time."""
        while True:
            try:
                return told(*await self._read(request), began, cursor)
            except Unread as error:
                if not (cursor and error.retry_in) or self._waits >= _MOST_WAITS:
                    raise
                log.info("the rest of an answer is asked for in %.0fs: %s", error.retry_in, error.reason)
                self._waits += 1
                await self._sleep(error.retry_in)

    async def _read(self, request: Request) -> tuple[int, bytes]:
        status, body = await self._signed(request)
        if status == 401:
            # Some of these go away when asked again, and a clock that is off looks the same.
            await self._compare_clocks()
            status, body = await self._signed(request)
        return status, body

    async def _signed(self, request: Request) -> tuple[int, bytes]:
        seconds = self._wall() // 1_000 + self.clock_off
        headers = self.access.headers(request, seconds)
        return await (self._fetcher.fetch(request, headers) if headers else self._ask(request))

    async def _compare_clocks(self) -> None:
        try:
            told = self.access.told_time(*await self._fetcher.fetch(self.access.clock()))
        except (OSError, VenueError) as error:
            log.info("the venue's clock cannot be read: %s", error)
            return
        off = told - self._wall() // 1_000
        self.clock_off = off if abs(off) > _CLOCK_OFF else 0

    @property
    def clock_words(self) -> str:
        """How far our clock is off, measured when a signature was refused; empty when it is not."""
        off = self.clock_off
        return f"your clock is {abs(off)}s {'behind' if off > 0 else 'ahead'}" if off else ""

    def why(self, error: Exception) -> str:
        """What kept a read from being answered, in plain words."""
        if isinstance(error, VenueError):
            refused = isinstance(error, Unread) and error.refused
            return "; ".join(filter(None, (error.reason, self.clock_words if refused else "")))
        return str(error) or "no answer"


class Keeper:
    """Has an account checked, and judges its link by what the checks find."""

    def __init__(
        self,
        reads: Reads,
        account: Account,
        store: Store,
        lock: Lock,
        *,
        meet: Callable[[Collection[InstrumentId]], None],
        spawn: Spawn,
        nudge: Callable[[], None],
        clock: Clock,
        wall: Clock,
        random: Random,
        cash: bool,
    ) -> None:
        self.account = account
        self._reads = reads
        self._store = store
        self._lock = lock
        self._meet = meet
        self._spawn = spawn
        self._nudge = nudge
        self._clock = clock
        self._wall = wall
        self._backoff = Backoff(random)
        self._cash = cash
        self._conversation: Conversation | None = None
        self._due: int = clock() + _PATIENT
        self._not_before: int = clock()
        """The venue wants to be left alone until then, whatever happens."""
        self._asked_at: int = clock() - EVERY
        self._soonest: int = clock()
        """What failed is not asked for again before."""
        self._hurry = _APART
        self._odd_at: int = clock() - EVERY
        """When the link last brought what could not be read."""
        self._checking = False
        self._asked_for = 0
        """The generation of the link that the last check was made for."""
        self._listed: tuple[int, set[str]] = (-1, set())
        """The orders of the last list, and which link was up then."""
        self._accepted_at = -EVERY
        self._young = 0
        self._clock_told = 0
        self._many_told = False
        self._version = 0
        self._met: set[InstrumentId] = set()
        self._met_at: int = clock()
        """When we last began to introduce all anew."""

    def hearing(self, take: Take) -> Take:
        """`take`, for a link on which silence is normal."""

        def hear(conversation: Conversation, frame: Frame) -> bool:
            rejected = self._store.ledger.rejected
            goes_on = take(conversation, frame)
            odd = self._store.ledger.rejected != rejected
            if not odd:
                # Every sign of life is good service here, and resets the delays after a loss.
                conversation.data_at = frame.at
            self._introduce()
            holdings = self.account.holdings
            if odd or holdings.torn or holdings.unclear:
                self._odd_at = frame.at
                self._hasten()
            return goes_on

        return hear

    def _hasten(self) -> None:
        """Have what could not be read asked for soon."""
        self._due = min(self._due, max(self._odd_at + 1_000, self._asked_at + self._hurry, self._soonest))

    def watch_over(self, conversation: Conversation) -> None:
        """This is the link from now on."""
        self._conversation = conversation

    def tick(self, now: int) -> None:
        """Make the check that is due, and give a link up that answers no pings."""
        link = self.account.link
        fresh = link.phase is Phase.UP and link.generation != self._asked_for
        if (fresh or now >= self._due) and now >= self._not_before and not self._checking:
            self._checking = True
            # What stays odd is asked for ever more seldom.
            self._hurry = min(EVERY, 2 * self._hurry) if self._odd_at > self._asked_at else _APART
            self._asked_at = now
            self._asked_for = link.generation if fresh else self._asked_for
            self._spawn(self._check())
        self._introduce()
        conversation = self._conversation
        if conversation is not None and conversation.pinged_at:
            heard = self._store.links[conversation.stream.name].heard_at
            if now - max(conversation.pinged_at, heard) > UNANSWERED:
                conversation.cut("no answer to our pings")

    def _introduce(self) -> None:
        """Have the names of new instruments looked up, and each minute those that could not be."""
        now = self._clock()
        if now - self._met_at >= EVERY:
            self._met, self._met_at = set(), now
        elif self.account.version == self._version:
            return
        with self._lock:
            self._version, known = self.account.version, self.account.instruments()
        if new := known - self._met:
            self._met = known
            self._meet(new)

    # Checks

    async def _check(self) -> None:
        began = self._clock()
        with self._lock:
            since = self.account.resume_from()
        try:
            checked = await self._reads.everything(since, began, self._clock, cash=self._cash)
        except (OSError, VenueError) as error:
            self._failed(error)
        except Exception:
            log.exception("the check of the account failed")
            self._failed(VenueError("our own error, see the log"))
        else:
            await self._merge(checked)
        finally:
            self._checking = False
        self._tell_what_was_odd()
        self._nudge()

    async def _merge(self, checked: AccountChecked) -> None:
        self._accepted_at = self._clock()
        self._backoff.failures = 0
        self._due = self._accepted_at + EVERY
        if self._odd_at >= checked.began:
            self._hasten()
        known = self.account.news.total
        fills = checked.fills
        # A long history would keep the screen from looking for a third of a second.
        while len(fills) > _AT_ONCE:
            with self._lock:
                self.account.learn(fills[:_AT_ONCE])
            fills = fills[_AT_ONCE:]
            await asyncio.sleep(0)
        with self._lock:
            newest = checked.newest
            self.account.take(checked._replace(fills=fills if newest is None else (*fills, newest)))
            if self.account.orders.doubted:
                self._due = min(self._due, checked.began + SLOW + 1_000)
            news, _ = self.account.news.since(known)
            untold = [each for each in checked.orders if _rests(each) and self.account.orders.is_untold(each.order)]
            link = self.account.link
        untold = [each for each in untold if self._is_new(each, link)]
        self._listed = link.generation, {each.order for each in checked.orders}
        late = [each.fact for each in news if isinstance(each.fact, Filled) and each.was is None and each.fact.late]
        if self._conversation is None:
            return
        if self._could_tell(link, checked.began, [fill.sent for fill in late]):
            self._conversation.cut("it did not tell of a fill")
        elif self._could_tell(link, checked.began, [order.created for order in untold]):
            self._conversation.cut("it did not tell of an order")

    def _is_new(self, order: OrderChanged, link: LinkChanged) -> bool:
        """Whether an order is in a list for the first time, and not in the first one of its link."""
        generation, known = self._listed
        return generation == link.generation and order.order not in known

    def _could_tell(self, link: LinkChanged, began: Millis, times: Iterable[Millis]) -> bool:
        """Whether the link was up at one of these times of the venue, and had long enough to tell of it."""
        ahead = self._wall() - self._clock() + 1_000 * self._reads.clock_off
        heard_from = link.at + _UNTOLD if link.phase is Phase.UP else began
        return any(heard_from < time - ahead < began - _UNTOLD for time in times)

    def _failed(self, error: Exception) -> None:
        now, wait = self._clock(), self._backoff.next(0)
        refused = isinstance(error, Unread) and error.refused
        if isinstance(error, Unread):
            wait = max(wait, REFUSED_EVERY if refused else 0, int(error.retry_in * 1_000))
        self._due = self._soonest = now + (EVERY if self._reads.access.trouble else wait)
        if isinstance(error, Unread) and (error.refused or error.retry_in):
            self._not_before = self._due
        reason = self._reads.why(error)
        with self._lock:
            is_news = refused and not self.account.refused
            if is_news:
                self._store.alerts.add(now, Kind.NOTICE, f"account refused: {reason}")
            self.account.take(CheckFailed(now, reason, refused=refused))
        if not is_news:
            log.info("the account was not checked: %s", reason)

    def _tell_what_was_odd(self) -> None:
        now, reads = self._clock(), self._reads
        lines, reads.odd = reads.odd[:_MOST_ODD], []
        with self._lock:
            for line in lines:
                self._store.alerts.add(now, Kind.REJECT, f"account: {line}")
            if reads.clock_off != self._clock_told and reads.clock_words:
                self._store.alerts.add(now, Kind.NOTICE, f"{reads.clock_words}: signatures go by the venue's")
            if self.account.orders.refused and not self._many_told:
                self._many_told = True
                more = f"more than {MOST_WORKING:,} working orders: the others are not here"
                self._store.alerts.add(now, Kind.NOTICE, f"account: {more}")
        self._clock_told = reads.clock_off

    # The link

    def guarding(self, transport: Transport) -> Transport:
        """`transport`, for somebody who is not to knock again and again at a door that does not open."""
        return _Guarded(transport, self._judge, self._clock)

    def _judge(self, closed: Closed, silent_for: int | None) -> Closed:
        """What the end of a connection means that was open for so many ms without a word; None for any other."""
        if self.account.refused:
            return closed._replace(reason=self.account.refused, halt=True, retry_after=REFUSED_EVERY / 1_000)
        accepted = self._clock() - self._accepted_at < 2 * EVERY
        dies_young = silent_for is not None and silent_for < _YOUNG and not accepted
        self._young = self._young + 1 if dies_young else 0
        if self._young > 1:
            return closed._replace(reason=_HUNG_UP, halt=True, retry_after=REFUSED_EVERY / 1_000)
        return closed


def _rests(order: OrderChanged) -> bool:
    """Whether it is an order that every link tells of; what waits for a price may be told to nobody."""
    return order.state is OrderState.WORKING and not order.waits


class _Guarded:
    """A transport that has the end of each connection judged."""

    def __init__(self, transport: Transport, judge: Callable[[Closed, int | None], Closed], clock: Clock) -> None:
        self._transport = transport
        self._judge = judge
        self._clock = clock

    async def packets(self, stream: Stream) -> AsyncGenerator[Opened | Frame | Closed, None]:
        silent_since: Millis | None = None
        packets = self._transport.packets(stream)
        try:
            async for packet in packets:
                if isinstance(packet, Closed):
                    yield self._judge(packet, None if silent_since is None else self._clock() - silent_since)
                else:
                    silent_since = packet.at if isinstance(packet, Opened) else None
                    yield packet
        finally:
            await packets.aclose()
