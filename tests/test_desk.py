"""The hallway: a feed in a thread of its own, and the wishes of a screen."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from pmtui.core.board import Label
from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.desk import Desk, open_venue
from pmtui.feed.feed import Feed
from pmtui.sim.server import SimServer, wall_clock
from pmtui.sim.world import demo_world

ROOT = __file__.rpartition("/tests/")[0]


class Exchange:
    """The simulated exchange in a thread, so that its load is not ours."""

    def __init__(self, rate: float) -> None:
        self.world = demo_world(seed=7, rate=rate, epoch=wall_clock())
        self.server: SimServer
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._over: asyncio.Event
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        async with SimServer(self.world) as self.server:
            self._ready.set()
            await self._over.wait()

    def __enter__(self) -> Exchange:
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(5)

    def targets(self, markets: int = 3) -> list[Instrument]:
        venue = open_venue("polymarket", {})
        found = [venue.instrument(market.listing.tokens[0]) for market in self.world.markets[:markets]]
        return [each for each in found if each is not None]

    def fault(self, text: str) -> None:
        self._loop.call_soon_threadsafe(self.server.fault, text)

    @property
    def addresses(self) -> dict[str, dict[str, str]]:
        rest = self.server.rest_url
        return {"polymarket": {"socket": self.server.ws_url, "clob": rest, "gamma": rest}}


@contextmanager
def open_desk(rate: float = 50, markets: int = 3) -> Iterator[tuple[Desk, Exchange]]:
    with Exchange(rate) as exchange:
        desk = Desk(exchange.targets(markets), exchange.addresses)
        desk.start(lambda: None)
        try:
            eventually(lambda: desk.label(desk.shown).sure)
            yield desk, exchange
        finally:
            desk.stop()


def eventually(condition: Callable[[], bool], within: float = 8) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


def feed_threads() -> int:
    return sum(thread.name == "feed" for thread in threading.enumerate())


def test_all_markets_are_warm_and_switching_takes_no_network() -> None:
    with open_desk() as (desk, _):
        eventually(lambda: all(desk.label(each).sure for each in desk.markets))
        first = desk.shown
        began = time.perf_counter()
        desk.step(1)
        assert time.perf_counter() - began < 0.05
        assert desk.shown == desk.markets[1]
        assert desk.label(desk.shown).sure
        desk.step(-1)
        assert desk.shown == first
        desk.step(-1)
        assert desk.shown == desk.markets[-1]


def test_what_is_shown_is_proven_first_together_with_its_other_outcome() -> None:
    with open_desk() as (desk, _):

        def complement() -> object:
            board = desk.board()
            return board and board.instrument.complement

        eventually(lambda: complement() is not None)
        desk.refresh()
        assert desk.store.shown == {desk.shown, complement()}
        desk.show(desk.markets[2])
        assert desk.markets[2] in desk.store.shown
        assert desk.markets[0] not in desk.store.shown


def test_the_time_of_day_of_a_steady_moment() -> None:
    with open_desk() as (desk, _):
        eventually(lambda: desk.store.delays.offset != 0)
        assert abs(desk.wall(desk.now()) - time.time() * 1_000) < 1_000


def test_stopping_under_full_feed_takes_less_than_half_a_second() -> None:
    with open_desk(rate=5_000) as (desk, _):
        time.sleep(0.5)
        began = time.perf_counter()
        desk.stop()
        assert time.perf_counter() - began < 0.5
        eventually(lambda: feed_threads() == 0, within=1)


def test_stopping_while_the_exchange_stalls_takes_less_than_half_a_second() -> None:
    with Exchange(50) as exchange:
        exchange.fault("stall 60")
        desk = Desk(exchange.targets(), exchange.addresses)
        desk.start(lambda: None)
        time.sleep(0.5)
        began = time.perf_counter()
        desk.stop()
        assert time.perf_counter() - began < 0.5
        eventually(lambda: feed_threads() == 0, within=1)


def test_stopping_twice_or_before_the_start_is_no_error() -> None:
    with Exchange(50) as exchange:
        desk = Desk(exchange.targets(), exchange.addresses)
        desk.stop()
    with open_desk() as (desk, _):
        desk.stop()
        desk.stop()


def test_stopping_at_once_after_the_start_ends_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, stopped = threading.Event(), threading.Event()

    def slow(name: str, addresses: object) -> object:
        inside.set()
        stopped.wait(5)
        return open_venue(name, {"polymarket": dict.fromkeys(("socket", "clob", "gamma"), "ws://127.0.0.1:1")})

    monkeypatch.setattr("pmtui.desk.open_venue", slow)
    desk = Desk([Instrument(open_id(), "polymarket", "7" * 77)])
    desk.start(lambda: None)
    assert inside.wait(5)
    desk.stop()
    stopped.set()
    eventually(lambda: feed_threads() == 0, within=1)


def test_a_failing_feed_says_so_and_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tick = Feed._tick
    failures: list[Feed] = []

    def broken(feed: Feed) -> None:
        if not failures:
            failures.append(feed)
            raise ZeroDivisionError
        tick(feed)

    with open_desk() as (desk, _):
        logging.getLogger("pmtui.desk").setLevel(logging.CRITICAL)
        try:
            monkeypatch.setattr(Feed, "_tick", broken)
            eventually(lambda: bool(failures))
            eventually(lambda: desk.label(desk.shown).sure)
            with desk.lock:
                assert desk.store.ledger.balanced
        finally:
            logging.getLogger("pmtui.desk").setLevel(logging.NOTSET)


def test_a_feed_that_fails_after_several_reconnects_begins_again_too(monkeypatch: pytest.MonkeyPatch) -> None:
    tick = Feed._tick
    failures: list[Feed] = []

    def broken(feed: Feed) -> None:
        if not failures:
            failures.append(feed)
            raise ZeroDivisionError
        tick(feed)

    with open_desk() as (desk, _):
        logging.getLogger("pmtui.desk").setLevel(logging.CRITICAL)
        try:
            with desk.lock:
                for link in desk.store.links.values():
                    # As if the link had been lost and made anew many times before.
                    link.generation = 40
            monkeypatch.setattr(Feed, "_tick", broken)
            eventually(lambda: bool(failures))
            eventually(lambda: desk.label(desk.shown).sure, within=4)
        finally:
            logging.getLogger("pmtui.desk").setLevel(logging.NOTSET)


def test_a_feed_that_fails_each_time_does_not_spin(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[float] = []

    async def broken(desk: Desk, nudge: object) -> None:
        begun.append(time.monotonic())
        raise ZeroDivisionError

    monkeypatch.setattr(Desk, "_follow", broken)
    logging.getLogger("pmtui.desk").setLevel(logging.CRITICAL + 1)
    try:
        desk = Desk([Instrument(open_id(), "polymarket", "7" * 77)])
        desk.start(lambda: None)
        time.sleep(0.4)
        desk.stop()
    finally:
        logging.getLogger("pmtui.desk").setLevel(logging.NOTSET)
    assert 1 <= len(begun) <= 5


def open_id() -> InstrumentId:
    found = open_venue("polymarket", {}).instrument("7" * 77)
    assert found is not None
    return found.id


def test_before_the_feed_begins_there_is_no_board_and_the_label_says_connecting() -> None:
    venue = open_venue("polymarket", {})
    target = venue.instrument("7" * 77)
    assert target is not None
    desk = Desk([target])
    assert desk.board() is None
    assert desk.label(target.id) is Label.CONNECTING


def test_the_screen_may_hold_the_lock_without_stopping_the_feed_for_good() -> None:
    with open_desk(rate=500) as (desk, _):
        with desk.lock:
            time.sleep(0.3)
        before = desk.store.ledger.frames
        eventually(lambda: desk.store.ledger.frames > before + 20)
        assert desk.label(desk.shown).sure


def test_a_name_lookup_that_hangs_does_not_hold_up_the_exit() -> None:
    script = """
        import socket, time
        from pmtui.core.instrument import Instrument, InstrumentId
        from pmtui.desk import Desk, open_venue

        def hang(*_, **__):
            time.sleep(3)
            raise socket.gaierror(-3, "Temporary failure in name resolution")

        socket.getaddrinfo = hang
        where = {"polymarket": dict.fromkeys(("socket", "clob", "gamma"), "")}
        where["polymarket"] |= {"socket": "wss://venue.invalid", "clob": "https://venue.invalid"}
        where["polymarket"] |= {"gamma": "https://venue.invalid"}
        desk = Desk([open_venue("polymarket", {}).instrument("7" * 77)], where)
        desk.start(lambda: None)
        time.sleep(0.7)
        print("leaving", flush=True)
        desk.stop()
    """
    with subprocess.Popen(  # noqa: S603 our own interpreter and script
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "leaving\n"
        began = time.perf_counter()
        process.wait(20)
        assert time.perf_counter() - began <= 1.0
