"""Names of instruments that nobody watches: what an id says is known at once, the rest is looked up."""

from __future__ import annotations

import asyncio
from threading import Lock
from typing import Any, cast

from pmtui.core.instrument import Instrument, InstrumentId, identify
from pmtui.core.ports import Request, Venue
from pmtui.core.store import Store
from pmtui.feed.names import Names
from tests.torture.loop import run

COIN = identify("north", "SOL")


class Far:
    """A venue that knows by a name what it is, and by asking how it is called."""

    def instrument(self, text: str) -> Instrument:
        return Instrument(identify("north", text), "north", text, title=text, unit=text)

    def details(self, instrument: InstrumentId) -> tuple[Request, ...]:
        return (Request(instrument, "names"),)

    def found(self, status: int, body: bytes) -> tuple[Instrument, ...]:
        return (Instrument(COIN, "north", "SOL", title=body.decode(), unit="SOL"),)


class Answers:
    """What comes of a question, after a while."""

    def __init__(self) -> None:
        self.asked = 0

    async def fetch(self, request: Request) -> tuple[int, bytes]:
        self.asked += 1
        await asyncio.sleep(1)
        if self.asked == 1:
            raise OSError("no answer")
        return 200, b"SOL perp"


def test_a_coin_is_known_for_what_it_is_before_anybody_was_asked() -> None:
    async def work() -> None:
        store, answers, tasks = Store(), Answers(), []
        names = Names(
            cast("dict[str, Venue]", {"north": Far()}),
            cast("Any", answers),
            store,
            Lock(),
            spawn=lambda work: tasks.append(asyncio.create_task(work)),
            nudge=lambda: None,
        )
        names.meet([COIN])
        assert (store.named[COIN].title, store.named[COIN].unit, store.named[COIN].ceiling) == ("SOL", "SOL", 0)
        await tasks[0]
        assert store.named[COIN].title == "SOL"
        names.meet([COIN])  # what could not be looked up is looked up again
        await tasks[1]
        assert store.named[COIN].title == "SOL perp"
        names.meet([COIN])
        assert len(tasks) == answers.asked == 2

    run(work())
