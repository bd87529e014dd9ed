"""The hallway: owns the store, the feed's thread and the venues, and grants the wishes of a screen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from pmtui.core.alerts import Kind
from pmtui.core.board import Board, Label
from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.core.ports import Found
from pmtui.core.store import Store
from pmtui.core.units import Millis
from pmtui.feed.clock import Clock, steady

if TYPE_CHECKING:
    from pmtui.core.ports import Venue
    from pmtui.feed.feed import Feed

log = logging.getLogger(__name__)

Addresses = Mapping[str, Mapping[str, str]]
"""By venue: where it is, when not at its own address."""

_LEAVE_WITHIN = 0.3
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 30.0


class Desk:
    """What a screen may see and ask for. Nothing here waits for the feed, and the feed waits for nothing here."""

    def __init__(
        self,
        targets: Sequence[Instrument],
        addresses: Addresses | None = None,
        *,
        compress: bool = False,
        clock: Clock = steady,
    ) -> None:
        self.store = Store()
        self.lock = Lock()
        self.clock = clock
        self.markets: list[InstrumentId] = [each.id for each in targets]
        self.market: InstrumentId = self.markets[0]
        """The one of `markets` that is on the screen, by whichever of its outcomes."""
        self.shown: InstrumentId = self.market
        """The very outcome on the screen; it need not be one of `markets`."""
        self._targets = {each.id: each for each in targets}
        self._addresses = addresses or {}
        self._compress = compress
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
        return board.instrument if board else self._targets.get(instrument)

    def other(self, instrument: InstrumentId) -> InstrumentId | None:
        """The other outcome of the same market, once it is known."""
        known = self.instrument(instrument)
        return known.complement if known else None

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

    def label(self, instrument: InstrumentId) -> Label:
        return self.store.label(instrument, self.now())

    def wall(self, at: int) -> int:
        """Steady time as time of day."""
        return at + self.store.delays.offset

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

    def flip(self) -> bool:
        """The other outcome of the same market; False while nobody knows it."""
        known = self.instrument(self.shown)
        if known is None or known.complement is None:
            self._say("the other outcome is not known yet")
            return False
        if known.complement not in self.store.boards:
            if known.closed or not self._follow_now(known):
                self._say("the other outcome has no book")
                return False
            self._say("the other outcome's book is on its way")
        self.show(known.complement)
        return True

    def add(self, instrument: Instrument) -> InstrumentId:
        """Follow one more market from now on; the name it goes by, an old one if it was followed already."""
        if (market := self.market_of(instrument.id) or self.market_of(instrument.complement)) is not None:
            return market
        self._targets[instrument.id] = instrument
        self.markets.append(instrument.id)
        self._follow_now(instrument)
        return instrument.id

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
        self._thread = Thread(target=self._work, args=(nudge,), name="feed", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Hang up at once; a look-up that hangs is left behind."""
        self._leaving.set()
        loop, run = self._loop, self._run
        if loop is not None and run is not None and not loop.is_closed():
            loop.call_soon_threadsafe(run.cancel)
        if self._thread is not None:
            self._thread.join(_LEAVE_WITHIN)

    def _work(self, nudge: Callable[[], None]) -> None:
        from pmtui.feed.loop import LeavableLoop

        wait = _FIRST_WAIT
        while not self._leaving.is_set():
            try:
                with asyncio.Runner(loop_factory=LeavableLoop) as runner:
                    runner.run(self._follow(nudge))
            except Exception:
                log.exception("the feed failed and begins again in %ss", wait)
                self._fail()
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

        self._loop = asyncio.get_running_loop()
        targets = list(self._targets.values())
        venues = [open_venue(name, self._addresses) for name in sorted({each.venue for each in targets})]
        transport = LiveTransport(self.clock, compress=self._compress)
        self._feed = Feed(self.store, self.lock, venues, transport, HttpFetcher(), nudge=nudge, clock=self.clock)
        self._feed.follow(targets)
        self._prove_shown()
        self._run = self._loop.create_task(self._feed.run())
        if self._leaving.is_set():  # the wish to leave came before there was anything to cancel
            self._run.cancel()
        try:
            await self._run
        except asyncio.CancelledError:
            log.info("the feed has ended")

    def _fail(self) -> None:
        """Forget what the failed feed kept: the next one begins with links and books of its own."""
        self._answer = Found(self._sought, trouble="the feed failed and begins again")
        with self.lock:
            self.store.alerts.add(self.now(), Kind.LINK, "the feed failed and begins again: our own error, see the log")
            self.store.links.clear()
            self.store.boards.clear()


def open_venue(name: str, addresses: Addresses) -> Venue:
    """The venue in the folder of that name."""
    venue: Venue = import_module(f"pmtui.venues.{name}.venue").VENUE.at(addresses.get(name, {}))
    return venue
