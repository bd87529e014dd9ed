"""The alarm of the screen's loop: it rings in time, and takes nothing from anybody else."""

from __future__ import annotations

import asyncio
import contextvars
import selectors
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.ui import alarm as module
from pmtui.ui.alarm import Alarm, ScreenLoop, alarm_in
from tests.examples import more

_SECONDS = st.integers(0, 40).map(lambda each: each / 8)
_MUCH = 10_000


@dataclass
class World:
    """Time that goes on only while somebody waits for something."""

    pokes: list[float] = field(default_factory=list)
    """When something can be read from the one socket that is listened to, from the last to the first."""
    now: float = 1_000.0
    waits: int = 0

    def __post_init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()

    def select(self, selector: selectors.BaseSelector, timeout: float | None) -> list[tuple[Any, int]]:
        self.waits += 1
        assert self.waits < _MUCH, "it goes round and round"
        until = self.now + (0.0 if timeout is None else max(0.0, timeout))
        poke = self.pokes[-1] if self.pokes else None
        if poke is not None and (timeout is None or poke <= until):
            self.now = max(self.now, poke)
            self.pokes.pop()
            return [(key, selectors.EVENT_READ) for key in selector.get_map().values() if key.fd == self.ours.fileno()]
        assert timeout is not None, "it waits for ever"
        self.now = until
        return []


@contextmanager
def made_up(world: World) -> Iterator[ScreenLoop]:
    with pytest.MonkeyPatch.context() as patch:
        base = module._Waiting.__mro__[1]
        patch.setattr(base, "select", lambda selector, timeout=None: world.select(selector, timeout))
        patch.setattr(module, "monotonic", lambda: world.now)
        patch.setattr(ScreenLoop, "time", lambda _: world.now)
        loop = ScreenLoop()
        try:
            yield loop
        finally:
            loop.close()
            world.ours.close()
            world.theirs.close()


def lent(loop: ScreenLoop, ring: Callable[[], None]) -> Alarm:
    alarm = alarm_in(loop, ring, contextvars.copy_context())
    assert isinstance(alarm, module._Waiting)
    return alarm


@given(
    rings=st.lists(_SECONDS, min_size=1, max_size=12),
    timers=st.lists(_SECONDS, max_size=12),
    pokes=st.lists(_SECONDS, max_size=12),
    leaves=st.sets(st.integers(0, 12)),
)
@more(2)
def test_timers_sockets_and_the_alarm_come_when_they_are_due(
    rings: list[float], timers: list[float], pokes: list[float], leaves: set[int]
) -> None:
    """Nothing in this world takes time, so that everything comes at its very moment."""
    world = World()
    began = world.now
    world.pokes = sorted((began + each for each in pokes), reverse=True)
    heard: list[tuple[str, float]] = []

    def told(what: str) -> None:
        heard.append((what, world.now - began))

    with made_up(world) as loop:
        loop.add_reader(world.ours, told, "read")
        wanted = [("read", each) for each in pokes] + [("timer", each) for each in timers]
        at = 0.0
        for n, each in enumerate(rings):
            at += each
            wanted += [("ring", at), *([("left", at)] if n in leaves else [])]
        to_come = iter(rings[1:])

        def ring() -> None:
            told("ring")
            assert not (alarm.alone and world.pokes and world.pokes[-1] <= world.now)
            if sum(what == "ring" for what, _ in heard) - 1 in leaves:
                loop.call_soon(told, "left")
            if (wait := next(to_come, None)) is not None:
                alarm.set(wait)

        alarm = lent(loop, ring)
        alarm.set(rings[0])
        for each in timers:
            loop.call_later(each, told, "timer")
        loop.call_later(max([at, *timers, *pokes]) + 1, loop.stop)
        loop.run_forever()
        assert sorted(heard) == sorted(wanted)
        assert [at for _, at in heard] == sorted(at for _, at in heard)


def test_what_has_come_goes_before_a_ring_but_only_once() -> None:
    """A key shall be read before the frame that is due; a flood of them must not keep frames away."""
    world = World()
    heard: list[str] = []
    with made_up(world) as loop:
        loop.add_reader(world.ours, heard.append, "read")
        alarm = lent(loop, lambda: (heard.append("ring"), loop.stop() if heard.count("ring") == 2 else alarm.set(0.0)))  # type: ignore[arg-type, func-returns-value]
        world.pokes = [world.now] * 50
        alarm.set(0.0)
        loop.run_forever()
        assert heard == ["read", "ring", "read", "read", "ring", "read"]


def test_a_ring_knows_whether_anything_else_has_come() -> None:
    world = World()
    alone: list[bool] = []
    with made_up(world) as loop:
        loop.add_reader(world.ours, lambda: None)
        alarm = lent(loop, lambda: (alone.append(alarm.alone), alarm.set(1.0) if len(alone) < 3 else loop.stop()))  # type: ignore[arg-type, func-returns-value]
        world.pokes = [world.now + 2] * 2  # the first goes before the ring, which comes with the second
        alarm.set(1.0)
        loop.run_forever()
    assert alone == [True, False, True]


def test_a_loop_that_always_has_something_to_do_still_hears_the_alarm() -> None:
    world = World()
    turns = 0
    with made_up(world) as loop:

        def again() -> None:
            nonlocal turns
            turns += 1
            world.now += 0.001
            loop.call_soon(again)

        alarm = lent(loop, loop.stop)
        alarm.set(0.02)
        loop.call_soon(again)
        loop.run_forever()
        assert 20 <= turns <= 23


def test_what_a_ring_leaves_to_do_is_done_at_once() -> None:
    world = World()
    done: list[float] = []
    with made_up(world) as loop:
        alarm = lent(loop, lambda: (alarm.set(9.0), loop.call_soon(lambda: (done.append(world.now), loop.stop()))))  # type: ignore[arg-type, func-returns-value]
        alarm.set(2.0)
        loop.call_later(60, loop.stop)
        loop.run_forever()
        assert done == [1_002.0]


def test_a_ring_may_plan_what_comes_before_all_other_timers() -> None:
    world = World()
    done: list[float] = []
    with made_up(world) as loop:
        alarm = lent(loop, lambda: loop.call_later(1.0, lambda: (done.append(world.now), loop.stop())))  # type: ignore[arg-type, func-returns-value]
        alarm.set(2.0)
        loop.call_later(60, loop.stop)
        loop.run_forever()
        assert done == [1_003.0]


def test_an_error_in_a_ring_ends_neither_the_loop_nor_the_alarm() -> None:
    world = World()
    errors: list[object] = []
    rings: list[float] = []

    def ring() -> None:
        rings.append(world.now)
        if len(rings) == 2:
            loop.stop()
        alarm.set(1.0)
        raise RuntimeError("a panel's mistake")

    with made_up(world) as loop:
        loop.set_exception_handler(lambda _, context: errors.append(context["exception"]))
        alarm = lent(loop, ring)
        alarm.set(1.0)
        loop.run_forever()
    assert rings == [1_001.0, 1_002.0]
    assert [str(each) for each in errors] == ["a panel's mistake"] * 2


def test_a_ring_runs_in_the_context_it_was_asked_for_in() -> None:
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="nobody")
    seen: list[str] = []
    world = World()
    with made_up(world) as loop:
        context = contextvars.copy_context()
        context.run(name.set, "the app")
        alarm = alarm_in(loop, lambda: (seen.append(name.get()), loop.stop()), context)  # type: ignore[arg-type, func-returns-value]
        alarm.set(1.0)
        loop.run_forever()
    assert seen == ["the app"]


def test_an_alarm_that_is_put_off_or_cancelled_does_not_ring_before() -> None:
    world = World()
    rings: list[float] = []
    with made_up(world) as loop:
        alarm = lent(loop, lambda: rings.append(world.now))
        alarm.set(1.0)
        loop.call_later(0.5, alarm.set, 5.0)
        loop.call_later(9.0, alarm.set, 1.0)
        loop.call_later(9.5, alarm.cancel)
        loop.call_later(20.0, loop.stop)
        loop.run_forever()
        assert alarm.when is None
    assert rings == [1_005.5]


@pytest.mark.parametrize("why", ["the second who asks", "a name is missing"])
def test_without_the_loops_own_the_alarm_is_a_timer(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    rings: list[float] = []
    with made_up(world) as loop:
        if why == "a name is missing":
            monkeypatch.setattr(module, "_NAMES", ("_ready", "_something_else"))
        else:
            lent(loop, lambda: None)
        alarm = alarm_in(loop, lambda: rings.append(world.now), contextvars.copy_context())
        assert isinstance(alarm, module._Timer)
        alarm.set(3.0)
        alarm.set(2.0)
        assert alarm.when == 1_002.0
        loop.call_later(2.5, alarm.set, 1.0)
        loop.call_later(3.0, alarm.cancel)
        loop.call_later(9.0, loop.stop)
        loop.run_forever()
        assert alarm.when is None
    assert rings == [1_002.0]


def test_real_time_and_real_sockets() -> None:
    """The same with nothing made up."""
    heard: list[str] = []

    async def play() -> None:
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        ours, theirs = socket.socketpair()

        def read() -> None:
            heard.append("read")
            done.set_result(None)

        loop.add_reader(ours, read)

        def ring() -> None:
            heard.append("ring")
            if len(heard) < 3:
                alarm.set(0.001)
            else:
                theirs.send(b"x")

        alarm = lent(loop, ring)  # type: ignore[arg-type]
        alarm.set(0.0)
        async with asyncio.timeout(30):
            await done
        loop.remove_reader(ours)
        ours.close()
        theirs.close()

    with asyncio.Runner(loop_factory=ScreenLoop) as runner:
        runner.run(play())
    assert heard == ["ring"] * 3 + ["read"]
