"""Names of instruments that nobody watches: what an id says is known at once, the rest is looked up."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from threading import Lock
from typing import Any, cast
from unittest.mock import Mock

import pytest

from pmtui.core.instrument import Instrument, InstrumentId, identify
from pmtui.core.ports import Request, Venue
from pmtui.core.store import Store
from pmtui.core.units import Millis
from pmtui.feed.names import AGAIN, LONGEST, Names
from tests.torture.loop import run

COIN = identify("north", "SOL")


class Far:
    """A venue that knows by a name what it is, and by asking how it is called; it is never asked under the lock."""

    def __init__(self, lock: Lock) -> None:
        self.lock = lock

    def instrument(self, text: str) -> Instrument:
        assert not self.lock.locked()
        return Instrument(identify("north", text), "north", text, title=text, unit=text)

    def details(self, instrument: InstrumentId) -> tuple[Request, ...]:
        return (Request(instrument, "names"),)

    def found(self, status: int, body: bytes) -> tuple[Instrument, ...]:
        assert not self.lock.locked()
        return (Instrument(COIN, "north", "SOL", title=body.decode(), unit="SOL"),) if body else ()


class Answers:
    """What comes of a question, after a while."""

    def __init__(self, silent: int, ignorant: int) -> None:
        self.asked, self.silent, self.ignorant = 0, silent, ignorant

    async def fetch(self, request: Request) -> tuple[int, bytes]:
        self.asked += 1
        await asyncio.sleep(1)
        if self.asked <= self.silent:
            raise OSError("no answer")
        return 200, b"SOL perp" if self.asked > self.silent + self.ignorant else b""


class Scene:
    def __init__(self, *, silent: int, ignorant: int = 0) -> None:
        """So many questions get no answer, and so many after them one that names nobody."""
        self.store, self.answers, self.now = Store(), Answers(silent, ignorant), 0
        self.tasks: list[asyncio.Task[None]] = []
        lock = Lock()
        self.names = Names(
            cast("dict[str, Venue]", {"north": Far(lock)}),
            cast("Any", self.answers),
            self.store,
            lock,
            spawn=lambda work: self.tasks.append(asyncio.create_task(work)),
            nudge=lambda: None,
            clock=lambda: Millis(self.now),
        )


def test_a_coin_is_known_for_what_it_is_before_anybody_was_asked() -> None:
    async def work() -> None:
        scene = Scene(silent=1)
        store, answers, tasks, names = scene.store, scene.answers, scene.tasks, scene.names
        names.meet([COIN])
        assert (store.named[COIN].title, store.named[COIN].unit, store.named[COIN].ceiling) == ("SOL", "SOL", 0)
        await tasks[0]
        assert store.named[COIN].title == "SOL"
        names.meet([COIN])
        assert len(tasks) == 1
        scene.now = AGAIN
        names.meet([COIN])  # what could not be looked up is looked up again
        await tasks[1]
        assert store.named[COIN].title == "SOL perp"
        names.meet([COIN])
        assert len(tasks) == answers.asked == 2

    run(work())


@pytest.mark.parametrize(("silent", "ignorant"), [(9, 0), (0, 9)])
def test_a_name_that_is_not_to_be_had_is_asked_for_ever_more_seldom_until_it_is(silent: int, ignorant: int) -> None:
    async def work() -> None:
        scene = Scene(silent=silent, ignorant=ignorant)
        asked: list[int] = []
        while COIN not in scene.store.named or scene.store.named[COIN].title != "SOL perp":
            scene.names.meet([COIN])
            if len(scene.tasks) > len(asked):
                asked.append(scene.now)
                await scene.tasks[-1]
            scene.now += AGAIN
            assert scene.now < 10 * LONGEST
        waits = [later - earlier for earlier, later in pairwise(asked)]
        assert waits == [min(LONGEST, AGAIN << number) for number in range(9)]

    run(work())


def test_a_name_that_only_the_last_of_several_answers_tells_is_found() -> None:
    async def work() -> None:
        scene = Scene(silent=0)
        far = cast("Any", scene.names._venues["north"])
        other = Instrument(identify("north", "ETH"), "north", "ETH", title="ETH perp", unit="ETH")
        answers = [(other,), (), far.found(200, b"SOL perp"), (other._replace(title="asked for nothing"),)]
        far.details = lambda instrument: [Request(instrument, str(number)) for number in range(4)]
        far.found = lambda status, body: answers[scene.answers.asked - 1]
        scene.names.meet([COIN])
        await scene.tasks[0]
        assert [scene.store.named[each].title for each in (COIN, other.id)] == ["SOL perp", "ETH perp"]
        assert scene.answers.asked == 3

    run(work())


def test_a_name_that_an_error_of_ours_keeps_from_us_is_asked_for_again_and_costs_the_others_nothing() -> None:
    async def work() -> None:
        scene = Scene(silent=0)
        far = cast("Any", scene.names._venues["north"])
        other, found = identify("north", "ETH"), far.found
        far.found = Mock(side_effect=ZeroDivisionError())
        scene.names.meet([COIN, other])
        await scene.tasks[0]
        assert scene.answers.asked == 2
        far.found = found
        scene.now = AGAIN
        scene.names.meet([COIN, other])
        await scene.tasks[1]
        assert scene.store.named[COIN].title == "SOL perp"

    run(work())
