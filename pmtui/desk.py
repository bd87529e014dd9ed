"""The hallway: owns the store, the feed's thread and the venues, and grants the wishes of a screen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from pmtui.core.alerts import Kind
from pmtui.core.board import Board, Label
from pmtui.core.events import CheckFailed, LinkChanged, Phase
from pmtui.core.exhausted import exhausted
from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.core.ports import Found, Login, VenueError
from pmtui.core.store import Store
from pmtui.core.units import NEVER, Millis, seconds_until
from pmtui.feed.clock import Clock, steady, wall
from pmtui.feed.way import RightOfWay
from pmtui.venues import offers

if TYPE_CHECKING:
    from pmtui.core.account import Account
    from pmtui.core.offer import Offer
    from pmtui.core.ports import Venue
    from pmtui.feed.feed import Feed

log = logging.getLogger(__name__)

Addresses = Mapping[str, Mapping[str, str]]
"""By venue: where it is, when not at its own address."""

FindLogin = Callable[[], Login]
"""Finds out who the user is; may take its time."""

_LEAVE_WITHIN = 0.3
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 30.0
_GOOD_AFTER = 60_000
"""ms that a feed must have run to be tried again as soon as one that never failed."""


class Desk:
    """What a screen may see and ask for. Nothing here waits for the feed, and the feed waits for nothing here."""

    def __init__(
        self,
        targets: Sequence[Instrument],
        addresses: Addresses | None = None,
        *,
        compress: bool = False,
        login: FindLogin | None = None,
        clock: Clock = steady,
    ) -> None:
        """Without `login` nothing but public data is looked at."""
        self.store = Store()
        self.lock = Lock()
        self.way = RightOfWay()
        """For the screen to take while it answers a key."""
        self.clock = clock
        if clock is steady:
            self.store.clocks.offset = wall() - clock()
        self.markets: list[InstrumentId] = [each.id for each in targets]
        self.market: InstrumentId = self.markets[0]
        """The one of `markets` that is on the screen, by whichever of its outcomes."""
        self.shown: InstrumentId = self.market
        """The very outcome on the screen; it need not be one of `markets`."""
        self._targets = {each.id: each for each in targets}
        self._addresses = addresses or {}
        self._compress = compress
        self._find_login = login
        self._login: Login | None = None
        self._logged_in = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._feed: Feed | None = None
        self._run: asyncio.Task[None] | None = None
        self._thread: Thread | None = None
        self._leaving = Event()
        self._nudge: Callable[[], None] = lambda: None
        self._sought = ""
        self._answer = Found("")

    # What a screen may see

    def now(self) -> Millis:
        return self.clock()

    def board(self) -> Board | None:
        """The board on the screen, None before the feed has begun."""
        return self.store.boards.get(self.shown)

    def instrument(self, instrument: InstrumentId) -> Instrument | None:
        """What is known of an instrument, from the moment that it is asked for."""
        board = self.store.boards.get(instrument)
        return board.instrument if board else self._targets.get(instrument) or self.store.named.get(instrument)

    def other(self, instrument: InstrumentId) -> InstrumentId | None:
        """The other outcome of the same market, once it is known."""
        known = self.instrument(instrument)
        return known.complement if known else None

    def beside(self, board: Board, now: int) -> Board | None:
        """The other outcome's board, where both are of one moment: they may come by different links.

        One in doubt for a moment keeps its neighbour, or a merged ladder would flicker; what stopped with it, too.
        """
        other = self.store.boards.get(board.instrument.complement or board.instrument.id)
        if other is None or other is board or not other.synced:
            return None
        if other.credible(now):
            return other if board.credible(now) or board.label(now) is Label.RESYNC else None
        return other if other.link is board.link and not board.credible(now) else None

    def market_of(self, instrument: InstrumentId | None) -> InstrumentId | None:
        """The one of `markets` that this is an outcome of."""
        if instrument is None or instrument in self.markets:
            return instrument
        if (other := self.other(instrument)) in self.markets:
            return other
        return next((each for each in self.markets if self.other(each) == instrument), None)

    @property
    def found(self) -> Found:
        """What came of the last search, so far."""
        answer = self._answer
        return answer if answer.text == self._sought else Found(self._sought, pending=True)

    @property
    def venue(self) -> Offer | None:
        """What the venue of the shown market says about itself."""
        return next((each for each in offers() if each.name == _venue_of(self.shown)), None)

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What each venue that there is says about itself."""
        return offers()

    @property
    def account(self) -> Account | None:
        """The account at the venue of the shown market, None where there is none."""
        return self.store.accounts.get(_venue_of(self.shown))

    def account_words(self, now: int) -> tuple[str, str]:
        """How that account is in one word, and what more there is to say about it."""
        account, login = self.account, self._login
        if account is not None:
            return _words_of(account, now)
        if self._find_login is not None and not self._logged_in:
            return "connecting", "" if login else "looking for the account"
        # What is wrong with credentials is nothing to a venue that takes none.
        takes_none = self.venue is not None and bool(self.venue.entry.setting)
        return "public", "" if login is None or takes_none else login.trouble

    def label(self, instrument: InstrumentId) -> Label:
        return self.store.label(instrument, self.now())

    def wall(self, at: int) -> int:
        """Steady time as time of day."""
        return at + self.store.clocks.offset

    def concerns(self, instrument: InstrumentId | None) -> bool:
        """Whether news of this is news here; the other outcome of a market is only its mirror image."""
        if instrument == self.market:
            return self.shown == self.market
        return instrument is None or instrument == self.shown or instrument in self.markets

    # What a screen may ask for

    def show(self, instrument: InstrumentId) -> None:
        """Put a market on the screen, by this outcome; its book is warm already."""
        self.market = self.market_of(instrument) or self.market
        self.shown = instrument
        self._prove_shown()

    def step(self, by: int) -> None:
        """The next or previous market."""
        self.show(self.markets[(self.markets.index(self.market) + by) % len(self.markets)])

    def single(self) -> str:
        """Why the market on the screen has no other outcome to show; empty where it has one."""
        known = self.instrument(self.shown)
        if known is not None and known.complement is not None:
            return ""
        if known is not None and not known.in_cents:
            return f"{known.name} has no other outcome"
        return "the other outcome is not known yet"

    def flip(self) -> str:
        """The other outcome of the same market; what there is to say where it is not simply there."""
        known = self.instrument(self.shown)
        if known is None or known.complement is None:
            return self.single()
        words = ""
        if known.complement not in self.store.boards:
            if known.closed:
                return "the other outcome has no book"
            if not self._follow_now(known):
                return "the feed is not running: try again in a moment"
            words = "the other outcome's book is on its way"
        self.show(known.complement)
        return words

    def add(self, instrument: Instrument) -> InstrumentId:
        """Follow one more market from now on; the name it goes by, an old one if it was followed already."""
        if (market := self.market_of(instrument.id) or self.market_of(instrument.complement)) is not None:
            return market
        self._targets[instrument.id] = instrument
        self.markets.append(instrument.id)
        self._follow_now(instrument)
        return instrument.id

    def visit(self, instrument: InstrumentId) -> str:
        """Put any instrument on the screen, one that only the account knows for example, and follow it from now on.

        What keeps it from there, if anything does.
        """
        if self.market_of(instrument) is None:
            venue, _, symbol = instrument.partition(":")
            known = self.instrument(instrument) or open_venue(venue, self._addresses).instrument(symbol)
            if known is None:
                return "this market cannot be shown"
            self.add(known)
        self.show(instrument)
        return ""

    def remove(self, market: InstrumentId) -> bool:
        """Stop following a market; False for the last one, which stays."""
        if market not in self.markets or len(self.markets) == 1:
            return False
        place = self.markets.index(market)
        self._strike(market)
        if market == self.market:
            self.show(self.markets[min(place, len(self.markets) - 1)])
        wanted = frozenset(self.markets)
        self._wish(lambda feed: feed.keep(wanted))
        return True

    def widen(self, step: int) -> None:
        """What is shown is looked at on rows of such a height; 0 for its own tick."""
        shown = self.shown
        self._wish(lambda feed: feed.widen(shown, step))

    def search(self, text: str) -> None:
        """Look for markets at the venues; `found` tells what comes of it, and a later search replaces this one."""
        self._sought, self._answer = text, Found("")
        if text and not self._wish(lambda feed: feed.search(text, self._take_answer)):
            self._answer = Found(text, trouble="the feed is not running, so nothing can be looked up")

    def refresh(self) -> None:
        """See what became known meanwhile: the other outcome of what is shown, two outcomes that are one market."""
        first: set[InstrumentId | None] = set()
        for each in list(self.markets):
            if (other := self.other(each)) is not None and other in first:
                self._strike(each)
                self.market = other if self.market == each else self.market
            first.add(each)
        self._prove_shown()

    def _strike(self, market: InstrumentId) -> None:
        self.markets.remove(market)
        self._targets = {name: each for name, each in self._targets.items() if name != market}

    def _say(self, words: str) -> None:
        with self.lock:
            self.store.alerts.add(self.now(), Kind.NOTICE, words, self.shown)
        self._nudge()

    def _prove_shown(self) -> None:
        """Have the books on the screen proven first: both outcomes, for the ladder may turn at any moment."""
        with self.lock:  # both threads come here: what is shown is read inside, so that the last one is right
            pair = (self.shown, self.other(self.shown))
            self.store.show([each for each in pair if each], self.now())

    # Wishes to the feed

    def _wish(self, act: Callable[[Feed], None]) -> bool:
        """Have something done in the feed's thread; False when there is no feed."""
        loop = self._loop
        if loop is None:
            return False

        def work() -> None:
            if self._feed is not None:
                act(self._feed)

        with suppress(RuntimeError):  # the loop is closed: the next feed begins with what is wanted then
            loop.call_soon_threadsafe(work)
            return True
        return False

    def _follow_now(self, instrument: Instrument) -> bool:
        def follow(feed: Feed) -> None:
            feed.follow([instrument])
            self._prove_shown()
            self._nudge()

        return self._wish(follow)

    def _take_answer(self, found: Found) -> None:
        self._answer = found

    # The feed's thread

    def start(self, nudge: Callable[[], None]) -> None:
        """Begin to follow the targets, in a thread with an event loop of its own."""
        self._nudge = nudge
        thread = Thread(target=self._work, args=(nudge,), name="feed", daemon=True)
        thread.start()  # where there is no room for one, nothing has begun that had to be stopped
        self._thread = thread

    def stop(self) -> None:
        """Hang up at once; a look-up that hangs is left behind."""
        self._leaving.set()
        loop, run = self._loop, self._run
        if loop is not None and run is not None and not loop.is_closed():
            loop.call_soon_threadsafe(run.cancel)
        if self._thread is not None:
            self._thread.join(_LEAVE_WITHIN)

    def _work(self, nudge: Callable[[], None]) -> None:
        wait = _FIRST_WAIT
        while not self._leaving.is_set():
            began = self.clock()
            try:
                from pmtui.feed.loop import FeedLoop

                with asyncio.Runner(loop_factory=FeedLoop) as runner:
                    runner.run(self._follow(nudge))
            except Exception as error:
                wait = _FIRST_WAIT if self.clock() - began >= _GOOD_AFTER else wait
                log.exception("the feed failed and begins again in %ss", wait)
                self._fail(exhausted(error) or "our own error, see the log")
                nudge()
                self._leaving.wait(wait)
                wait = min(2 * wait, _LONGEST_WAIT)
            else:
                return

    async def _follow(self, nudge: Callable[[], None]) -> None:
        # Sockets and TLS are loaded here, after the first frame is on the screen.
        from pmtui.feed.feed import Feed
        from pmtui.feed.http import HttpFetcher
        from pmtui.feed.live import LiveTransport
        from pmtui.feed.settled import settle

        self._loop = asyncio.get_running_loop()
        targets = list(self._targets.values())
        venues = _Venues(self._addresses)
        transport = LiveTransport(self.clock, compress=self._compress)
        self._feed = Feed(
            self.store,
            self.lock,
            venues,
            transport,
            HttpFetcher(self.clock, heard=self.store.clocks.compare),
            nudge=nudge,
            clock=self.clock,
            way=self.way,
            settle=settle,
        )
        self._feed.follow(targets)
        self._prove_shown()
        if self._find_login is not None:
            Thread(target=self._log_in, args=(self._loop, venues), name="login", daemon=True).start()
        self._run = self._loop.create_task(self._feed.run())
        if self._leaving.is_set():  # the wish to leave came before there was anything to cancel
            await asyncio.sleep(0)  # only what has begun hangs up at its end
            self._run.cancel()
        try:
            await self._run
        except asyncio.CancelledError:
            log.info("the feed has ended")

    def _log_in(self, loop: asyncio.AbstractEventLoop, venues: Mapping[str, Venue]) -> None:
        """Find out who the user is, where nobody waits: a keyring may take its time."""
        assert self._find_login is not None
        try:
            self._login = self._login or self._find_login()
        except Exception as error:
            log.exception("the account could not be looked for")
            why = exhausted(error) or "our own error, see the log"
            self._login = Login(trouble=f"it could not be looked for: {why}")
        with suppress(RuntimeError):  # the loop is closed: the next feed logs in by itself
            loop.call_soon_threadsafe(self._use_login, self._login, venues)

    def _use_login(self, login: Login, venues: Mapping[str, Venue]) -> None:
        from pmtui.feed.http import HttpFetcher

        if login.trouble:
            self._say(f"no account: {login.trouble}")
        for venue in () if login.empty else venues.values():
            try:
                access = venue.account(login)
                if access is not None and self._feed is not None:
                    # Connections of its own: those of the markets may be older than the credentials.
                    self._feed.log_in(venue.name, access, HttpFetcher(), cash=bool(login.wallet))
            except VenueError as error:
                self._refuse(venue, error.reason)
            except Exception as error:
                log.exception("the account at %s could not be opened", venue.name)
                self._refuse(venue, exhausted(error) or "our own error, see the log")
        self._logged_in = True
        self._nudge()

    def _refuse(self, venue: Venue, why: str) -> None:
        """Have an account at a venue that is not asked for anything."""
        with self.lock:
            self.store.log_in(venue.name, wall()).take(CheckFailed(self.now(), why, refused=True))
        self._say(f"account refused: {why}")

    def _fail(self, why: str) -> None:
        """Forget what the failed feed kept: the next one begins with links and books of its own."""
        self._answer = Found(self._sought, trouble="the feed failed and begins again")
        with self.lock:
            self.store.alerts.add(self.now(), Kind.LINK, f"the feed failed and begins again: {why}")
            self.store.links.clear()
            self.store.boards.clear()
            for account in self.store.accounts.values():
                account.link = LinkChanged("", NEVER, 0, Phase.CONNECTING)


def _venue_of(instrument: InstrumentId) -> str:
    return instrument.partition(":")[0]


class _Venues(Mapping[str, "Venue"]):
    """The venues there are, each loaded when it is first meant."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._open: dict[str, Venue] = {}

    def __getitem__(self, name: str) -> Venue:
        if name not in self._open:
            self._open[name] = open_venue(name, self._addresses)
        return self._open[name]

    def __iter__(self) -> Iterator[str]:
        return (offer.name for offer in offers())

    def __len__(self) -> int:
        return len(offers())


def open_venue(name: str, addresses: Addresses) -> Venue:
    """The venue in the folder of that name."""
    venue: Venue = import_module(f"pmtui.venues.{name}.venue").VENUE.at(addresses.get(name, {}))
    return venue


_WORDS = {
    Label.CONNECTING: "connecting",
    Label.SYNCING: "connecting",
    Label.DOWN: "down",
    Label.HALTED: "refused",
    Label.STALE: "stale",
}


def _words_of(account: Account, now: int) -> tuple[str, str]:
    label, reason, link = account.label(now), account.reason(now), account.link
    if label not in _WORDS:
        return label.value.lower(), f"checked {max(0, now - account.checked_at) // 1000}s ago"
    if label in (Label.DOWN, Label.HALTED) and link.retry_at > now:
        reason = ", ".join(filter(None, (reason, f"next try in {seconds_until(link.retry_at, now)}s")))
    return _WORDS[label], reason
