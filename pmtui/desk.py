"""The hallway: owns the store, the feed's thread and the venues, and grants the wishes of a screen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from pmtui.core.alerts import Kind
from pmtui.core.board import Board, Label
from pmtui.core.instrument import Instrument, InstrumentId
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
        self.shown: InstrumentId = self.markets[0]
        self._targets = list(targets)
        self._addresses = addresses or {}
        self._compress = compress
        self._loop: asyncio.AbstractEventLoop | None = None
        self._feed: Feed | None = None
        self._run: asyncio.Task[None] | None = None
        self._thread: Thread | None = None
        self._leaving = Event()

    # What a screen may see

    def now(self) -> Millis:
        return self.clock()

    def board(self) -> Board | None:
        """The board on the screen, None before the feed has begun."""
        return self.store.boards.get(self.shown)

    def label(self, instrument: InstrumentId) -> Label:
        return self.store.label(instrument, self.now())

    def wall(self, at: int) -> int:
        """Steady time as time of day."""
        return at + self.store.delays.offset

    def concerns(self, instrument: InstrumentId | None) -> bool:
        """Whether news of this is news here; the other outcome of a market is only its mirror image."""
        return instrument is None or instrument in self.markets

    # What a screen may ask for

    def show(self, instrument: InstrumentId) -> None:
        """Put a market on the screen; its book is warm already."""
        self.shown = instrument
        with self.lock:
            self._show()

    def step(self, by: int) -> None:
        """The next or previous market."""
        self.show(self.markets[(self.markets.index(self.shown) + by) % len(self.markets)])

    def refresh(self) -> None:
        """Say again which books are on the screen: the other outcome may have become known."""
        with self.lock:
            self._show()

    def _show(self) -> None:
        board = self.store.boards.get(self.shown)
        pair = (self.shown, board.instrument.complement if board else None)
        self.store.show([each for each in pair if each], self.now())

    # The feed's thread

    def start(self, nudge: Callable[[], None]) -> None:
        """Begin to follow the targets, in a thread with an event loop of its own."""
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
        venues = [open_venue(name, self._addresses) for name in sorted({each.venue for each in self._targets})]
        transport = LiveTransport(self.clock, compress=self._compress)
        self._feed = Feed(self.store, self.lock, venues, transport, HttpFetcher(), nudge=nudge, clock=self.clock)
        self._feed.follow(self._targets)
        self.refresh()
        self._run = self._loop.create_task(self._feed.run())
        if self._leaving.is_set():  # the wish to leave came before there was anything to cancel
            self._run.cancel()
        try:
            await self._run
        except asyncio.CancelledError:
            log.info("the feed has ended")

    def _fail(self) -> None:
        """Forget what the failed feed kept: the next one begins with links and books of its own."""
        with self.lock:
            self.store.alerts.add(self.now(), Kind.LINK, "the feed failed and begins again: our own error, see the log")
            self.store.links.clear()
            self.store.boards.clear()


def open_venue(name: str, addresses: Addresses) -> Venue:
    """The venue in the folder of that name."""
    venue: Venue = import_module(f"pmtui.venues.{name}.venue").VENUE.at(addresses.get(name, {}))
    return venue
