"""The feed's loop: a quiet link is heard at once, a busy one in gulps, and nobody waits for it long."""

from __future__ import annotations

import asyncio
import selectors
import socket
import threading
from collections.abc import Iterator

import pytest

from pmtui.core.breath import PAUSE, TURN
from pmtui.core.ports import Closed, Request
from pmtui.feed import live, loop
from pmtui.feed.http import HttpFetcher
from pmtui.feed.loop import GULP, FeedLoop, Gulps
from pmtui.venues.hyperliquid.venue import Hyperliquid
from tests.day import Day


class Waiting(Gulps):
    """Waits for as long as it is told, instead of for sockets."""

    def __init__(self, day: Day) -> None:
        super().__init__(day.clock, day.rest)
        self.day = day
        self.news_in: float = 0.0
        """How long until the next news, from when the waiting begins."""
        self.waited: list[float | None] = []

    def wait(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        self.waited.append(timeout)
        self.day.now += self.news_in if timeout is None else min(self.news_in, timeout)
        return []


@pytest.fixture
def day() -> Day:
    return Day()


@pytest.fixture
def gulps(day: Day, monkeypatch: pytest.MonkeyPatch) -> Iterator[Waiting]:
    made = Waiting(day)
    monkeypatch.setattr(selectors.DefaultSelector, "select", lambda self, timeout=None: self.wait(timeout))
    yield made
    made.close()


def test_a_quiet_link_is_heard_at_once(gulps: Waiting, day: Day) -> None:
    gulps.news_in = 0.05
    for _ in range(20):
        gulps.select(None)
    assert not day.rests


def test_a_busy_link_is_read_in_gulps_at_the_same_moments_as_all_others(gulps: Waiting, day: Day) -> None:
    gulps.news_in = 0.0003
    woke = []
    for _ in range(50):
        gulps.select(None)
        woke.append(day.now - gulps.news_in)
    assert len(day.rests) == 49, "only the first news came unexpected"
    assert all(0 < rest <= GULP for rest in day.rests)
    for moment in woke[1:]:
        assert moment % GULP == pytest.approx(0, abs=1e-6) or moment % GULP == pytest.approx(GULP, abs=1e-6)


def test_when_it_becomes_quiet_the_next_news_is_heard_at_once_again(gulps: Waiting, day: Day) -> None:
    gulps.news_in = 0.0003
    for _ in range(5):
        gulps.select(None)
    gulps.news_in = 0.5
    gulps.select(None)
    rests = len(day.rests)
    gulps.select(None)
    assert len(day.rests) == rests


def test_a_timer_is_never_late_for_a_gulp(gulps: Waiting, day: Day) -> None:
    for timer in (0.0001, 0.003, GULP, 0.02):
        gulps.news_in = 0.0003
        gulps.select(None)  # busy
        gulps.news_in = 1.0
        began = day.now
        gulps.select(timer)
        assert day.now - began == pytest.approx(timer)


def test_long_work_pauses_between_its_pieces(gulps: Waiting, day: Day) -> None:
    gulps.select(None)
    day.rests.clear()
    for _ in range(10):
        day.now += 0.6 * TURN
        gulps.select(0)
    assert day.rests == [PAUSE] * 5
    assert gulps.waited[-10:] == [0] * 10


def test_messages_come_through_real_sockets_in_order_whatever_their_pace() -> None:
    """A real loop: bursts and lulls, two sockets, and a timer beside them."""

    def read(near: socket.socket, lines: list[bytes]) -> None:
        lines.append(near.recv(65536))

    async def scenario() -> tuple[list[bytes], list[bytes], int]:
        loop = asyncio.get_running_loop()
        heard: tuple[list[bytes], list[bytes]] = ([], [])
        ticks = 0
        pairs = [socket.socketpair() for _ in heard]
        for (near, far), lines in zip(pairs, heard, strict=True):
            near.setblocking(False)
            far.setblocking(False)
            loop.add_reader(near, read, near, lines)
        for n in range(300):
            for _, far in pairs:
                far.send(b"%d;" % n)
            if n % 100 == 50:
                await asyncio.sleep(0.03)
                ticks += 1
            elif n % 3:
                await asyncio.sleep(0)
        for _ in range(3_000):
            if all(b"".join(lines).count(b";") == 300 for lines in heard):
                break
            await asyncio.sleep(0.01)
        for near, far in pairs:
            loop.remove_reader(near)
            near.close()
            far.close()
        return *heard, ticks

    with asyncio.Runner(loop_factory=FeedLoop) as runner:
        one, two, ticks = runner.run(scenario())
    expected = b"".join(b"%d;" % n for n in range(300))
    assert b"".join(one) == b"".join(two) == expected
    assert ticks == 3


def test_a_lookup_that_hangs_is_a_lookup_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: ended.wait(60))
    assert loop.LOOK_UP_WITHIN < live.HANDSHAKE
    monkeypatch.setattr(loop, "LOOK_UP_WITHIN", 0.05)

    async def ask() -> None:
        await asyncio.get_running_loop().getaddrinfo("venue.invalid", 443)

    with asyncio.Runner(loop_factory=FeedLoop) as runner, pytest.raises(socket.gaierror):
        runner.run(ask())
    ended.set()


def test_a_lookup_for_which_there_is_no_thread_is_one_that_failed_and_says_of_what_there_is_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "name lookup":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)

    async def scenario() -> tuple[str, str]:
        fetcher = HttpFetcher()
        stream = Hyperliquid().at({"socket": "wss://venue.invalid/ws"}).stream(1, [])
        async for packet in live.LiveTransport().packets(stream):
            assert isinstance(packet, Closed)
            said = packet.reason
        with pytest.raises(OSError, match="no answer") as refused:
            await fetcher.fetch(Request("https://venue.invalid/", "book"))
        await fetcher.close()
        return said, str(refused.value)

    with asyncio.Runner(loop_factory=FeedLoop) as runner:
        socket_said, rest_said = runner.run(scenario())
    assert socket_said == "no more threads may be started here (ulimit -u)"
    assert rest_said == f"no answer: {socket_said}"
