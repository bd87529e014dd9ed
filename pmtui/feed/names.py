"""The names of instruments that nobody watches: an account trades wherever it likes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Coroutine, Mapping
from threading import Lock
from typing import Any

from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.core.ports import Fetcher, Venue, VenueError
from pmtui.core.store import Store
from pmtui.feed.clock import Clock
from pmtui.feed.search import details

log = logging.getLogger(__name__)

MOST = 500
"""An account that knows more markets than anybody can look at is shown their ids."""
AGAIN, LONGEST = 60_000, 3_600_000
"""ms after which a name that was not to be had is asked for again: so soon at first, then ever more seldom."""


class Names:
    """Looks each name up until it is known; one at a time, for nobody waits for them."""

    def __init__(
        self,
        venues: Mapping[str, Venue],
        fetcher: Fetcher,
        store: Store,
        lock: Lock,
        *,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        nudge: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._venues = venues
        self._fetcher = fetcher
        self._store = store
        self._lock = lock
        self._spawn = spawn
        self._nudge = nudge
        self._clock = clock
        self._met: set[InstrumentId] = set()
        self._bare: set[InstrumentId] = set()
        """Those of which only is known what their ids say."""
        self._waits: dict[InstrumentId, tuple[int, int]] = {}
        """When a name that was not to be had may be asked for again, and how long after the last time that is."""

    def meet(self, instruments: Collection[InstrumentId]) -> None:
        """Learn the names of those that are new, or have been unknown for long enough."""
        now = self._clock()
        with self._lock:
            new = {each for each in instruments if each not in self._store.boards} - self._met
            new = {each for each in new if each not in self._waits or now >= self._waits[each][0]}
        self._recognise(new)
        strangers = sorted(new)[: MOST - len(self._met)]
        self._met.update(strangers)
        if strangers:
            self._spawn(self._look_up(strangers))

    def _recognise(self, instruments: Collection[InstrumentId]) -> None:
        """What an id says by itself: whether prices are shares of one, and what sizes count."""
        named: list[Instrument] = []
        for each in instruments:
            venue, _, symbol = each.partition(":")
            known = None if each in self._store.named else self._venues[venue].instrument(symbol)
            if known is not None:
                named.append(known)
        with self._lock:
            self._store.name(named)
        self._bare.update(each.id for each in named)

    async def _look_up(self, instruments: Collection[InstrumentId]) -> None:
        for instrument in instruments:
            if instrument in self._store.named and instrument not in self._bare:
                continue  # the other outcome brought it along
            try:
                named = await self._name(instrument)
            except (OSError, VenueError) as error:
                log.info("no name for %s: %s", instrument, error)
                named = False
            except Exception:  # the others are not to stay without names for it
                log.exception("no name for %s", instrument)
                named = False
            if not named:
                _, waited = self._waits.get(instrument, (0, AGAIN // 2))
                wait = min(LONGEST, 2 * waited)
                self._waits[instrument] = self._clock() + wait, wait
                self._met.discard(instrument)
        self._nudge()

    async def _name(self, instrument: InstrumentId) -> bool:
        """Whether the venue knew one."""
        named: set[InstrumentId] = set()
        async for found in details(self._venues[instrument.partition(":")[0]], instrument, self._fetcher.fetch):
            with self._lock:
                self._store.name(found)
            named.update(each.id for each in found)
            self._bare -= named
        return instrument in named
