"""The hallway: a feed in a thread of its own, and the wishes of a screen."""

from __future__ import annotations

import asyncio
import errno
import logging
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from unittest.mock import Mock

import pytest

from pmtui import desk as desk_module
from pmtui.core.board import Label
from pmtui.core.credentials import Credentials, Secret
from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.core.ports import Found, Login
from pmtui.core.units import Millis, px
from pmtui.desk import Desk, open_venue
from pmtui.feed.feed import Feed
from pmtui.feed.http import HttpFetcher
from pmtui.sim.polymarket.server import SimServer, wall_clock
from pmtui.sim.polymarket.world import demo_world
from pmtui.venues.polymarket.venue import Polymarket

from .secrets import CANARIES, assert_clean

ROOT = __file__.rpartition("/tests/")[0]


@pytest.fixture(autouse=True)
def _dialled_one_after_the_other_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second link need not wait a second for the first: how far apart they begin is another test's matter."""
    monkeypatch.setattr("pmtui.feed.backoff.APART", 50)


@pytest.fixture
def begins_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a failed feed waits is the matter of the one that fails each time."""
    monkeypatch.setattr("pmtui.desk._FIRST_WAIT", 0.1)


class Exchange:
    """The simulated exchange in a thread, so that its load is not ours."""

    def __init__(self, rate: float, pace: float = 0) -> None:
        self._pace = pace
        self.world = demo_world(seed=7, rate=rate, epoch=wall_clock())
        self.server: SimServer
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._over: asyncio.Event
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        async with SimServer(self.world, pace=self._pace) as self.server:
            self._ready.set()
            await self._over.wait()

    def __enter__(self) -> Exchange:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(30)

    def targets(self, markets: int = 3) -> list[Instrument]:
        venue = open_venue("polymarket", {})
        found = [venue.instrument(market.listing.tokens[0]) for market in self.world.markets[:markets]]
        return [each for each in found if each is not None]

    def login(self, **parts: str) -> Login:
        account = self.server.account
        told = {name: getattr(account, name) for name in ("key", "secret", "passphrase", "address")} | parts
        trio = (Secret(told["key"]), Secret(told["secret"]), Secret(told["passphrase"]))
        return Login(Credentials(*trio, told["address"]), wallet="eoa")

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


def eventually(condition: Callable[[], bool]) -> None:
    """The time is only there so that what hangs fails."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


def feed_threads() -> int:
    return sum(thread.name == "feed" for thread in threading.enumerate())


@contextmanager
def holding(desk: Desk) -> Iterator[list[bool]]:
    """The feed stands still meanwhile; what it is told to let go after a long time, it was waited for."""
    held, over = threading.Event(), threading.Event()
    let_go: list[bool] = []

    def stand_still() -> None:
        held.set()
        over.wait(9)
        let_go.append(True)

    assert desk._loop is not None
    desk._loop.call_soon_threadsafe(stand_still)
    assert held.wait(30)
    try:
        yield let_go
    finally:
        over.set()


def test_all_markets_are_warm_and_switching_takes_no_network() -> None:
    with open_desk() as (desk, _):
        eventually(lambda: all(desk.label(each).sure for each in desk.markets))
        first = desk.shown
        with holding(desk) as let_go:
            desk.step(1)
            assert desk.shown == desk.markets[1]
            assert desk.label(desk.shown).sure
            desk.step(-1)
            assert desk.shown == first
            desk.step(-1)
            assert desk.shown == desk.markets[-1]
            assert not let_go


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


def instrument(exchange: Exchange, market: int) -> Instrument:
    """A market of the exchange by its first outcome, as a search would bring it."""
    first, second = exchange.world.markets[market].listing.tokens
    found = open_venue("polymarket", {}).instrument(first)
    assert found is not None
    return found.told(title="told by a search", complement=InstrumentId(f"polymarket:{second}"))


def both_warm(desk: Desk, market: InstrumentId) -> bool:
    other = desk.other(market)
    return other is not None and desk.label(market).sure and desk.label(other).sure


def carried(desk: Desk) -> set[InstrumentId]:
    """What the open conversations ask the exchange for."""
    assert desk._feed is not None
    with desk.lock:
        return {each for kept in desk._feed._carriers.all.values() for each in kept.stream.instruments}


def tasks(desk: Desk) -> int:
    assert desk._feed is not None
    return len(desk._feed._tasks)


def test_a_flip_shows_the_other_outcome_and_both_books_stay_warm() -> None:
    with open_desk() as (desk, _):
        eventually(lambda: both_warm(desk, desk.market))
        desk.refresh()
        yes, no = desk.shown, desk.other(desk.shown)
        assert desk.flip() == ""
        assert (desk.shown, desk.market) == (no, yes)
        assert desk.store.shown == {yes, no}
        assert desk.label(desk.shown).sure
        assert desk.flip() == ""
        assert (desk.shown, desk.market) == (yes, yes)


def test_stepping_from_a_flipped_market_goes_to_its_neighbours() -> None:
    with open_desk() as (desk, _):
        eventually(lambda: both_warm(desk, desk.market))
        desk.flip()
        desk.step(1)
        assert (desk.shown, desk.market) == (desk.markets[1], desk.markets[1])
        desk.step(-1)
        assert desk.shown == desk.markets[0]


def test_news_of_the_outcome_on_the_screen_is_news_and_of_its_mirror_image_is_not() -> None:
    with open_desk() as (desk, _):
        eventually(lambda: both_warm(desk, desk.markets[0]) and both_warm(desk, desk.markets[1]))
        yes, other = desk.shown, desk.markets[1]
        no = desk.other(yes)
        assert [desk.concerns(each) for each in (None, yes, no, other, desk.other(other))] == [
            True, True, False, True, False,
        ]  # fmt: skip
        desk.flip()
        assert [desk.concerns(each) for each in (None, yes, no, other, desk.other(other))] == [
            True, False, True, True, False,
        ]  # fmt: skip


def test_a_flip_that_is_not_possible_says_so() -> None:
    bare = Instrument(open_id(), "polymarket", "7" * 77, ceiling=px("1"))
    told = bare.told(complement=InstrumentId("polymarket:" + "8" * 77))
    for each, words in (
        (bare, "the other outcome is not known yet"),
        (told, "the feed is not running: try again in a moment"),
        (told.told(closed=True), "the other outcome has no book"),
        (bare.told(ceiling=px("0"), title="BTC perp"), "BTC perp has no other outcome"),
    ):
        desk = Desk([each])
        assert desk.flip() == words
        assert desk.single() == ("" if each.complement else words)
        assert desk.shown == desk.market == open_id()


def test_a_market_that_cannot_be_shown_says_so() -> None:
    desk = Desk([Instrument(open_id(), "polymarket", "7" * 77)])
    assert desk.visit(InstrumentId("polymarket:no token")) == "this market cannot be shown"
    assert desk.shown == open_id()


def test_a_flip_to_a_book_that_is_missing_follows_it_and_says_so() -> None:
    with open_desk(markets=1) as (desk, _):
        eventually(lambda: both_warm(desk, desk.market))
        # While it is being described, the market would be made whole again by itself.
        eventually(lambda: tasks(desk) == 1)
        no = desk.other(desk.market)
        assert no is not None
        assert desk._wish(lambda feed: feed.drop([no]))
        eventually(lambda: no not in desk.store.boards)
        assert desk.flip() == "the other outcome's book is on its way"
        assert desk.shown == no
        eventually(lambda: desk.label(no).sure)
        assert desk.store.shown == {desk.market, no}


def test_a_market_added_while_running_becomes_warm_on_the_link_that_is_there() -> None:
    with open_desk(markets=2) as (desk, exchange):
        eventually(lambda: all(both_warm(desk, each) for each in desk.markets))
        shown, links = desk.shown, list(desk.store.links)
        ups = [link.ups for link in desk.store.links.values()]
        added = desk.add(instrument(exchange, 3))
        assert desk.markets[-1] == added
        assert desk.shown == shown
        known = desk.instrument(added)
        assert known is not None
        assert known.title
        eventually(lambda: both_warm(desk, added))
        assert list(desk.store.links) == links
        assert [link.ups for link in desk.store.links.values()] == ups
        assert all(both_warm(desk, each) for each in desk.markets)
        assert desk.store.ledger.balanced


def test_a_market_that_is_open_already_is_not_added_again_by_either_outcome() -> None:
    with open_desk(markets=2) as (desk, exchange):
        eventually(lambda: both_warm(desk, desk.markets[1]))
        first = instrument(exchange, 1)
        assert first.complement is not None
        other = desk.instrument(first.complement)
        assert other is not None
        assert desk.add(first) == desk.add(other) == desk.markets[1]
        assert len(desk.markets) == 2


def test_an_added_market_shown_at_once_is_among_those_that_are_proven_first() -> None:
    with open_desk(markets=1) as (desk, exchange):
        desk.show(desk.add(instrument(exchange, 2)))
        eventually(lambda: both_warm(desk, desk.shown))
        assert desk.store.shown == {desk.shown, desk.other(desk.shown)}
        assert {desk.store.boards[each].pace for each in desk.store.shown} == {1_000}


def test_a_removed_market_is_gone_with_both_outcomes_and_its_neighbour_is_shown() -> None:
    with open_desk() as (desk, _):
        eventually(lambda: all(both_warm(desk, each) for each in desk.markets))
        first, second, third = desk.markets
        desk.show(second)
        desk.flip()
        assert desk.remove(second)
        assert (desk.markets, desk.market, desk.shown) == ([first, third], third, third)
        assert desk.remove(third)
        assert desk.shown == first
        eventually(lambda: set(desk.store.boards) == {first, desk.other(first)})
        assert carried(desk) == set(desk.store.boards)
        assert not desk.remove(first)
        assert not desk.remove(second)
        assert (desk.markets, desk.shown) == ([first], first)
        assert desk.label(first).sure


def test_two_hundred_markets_added_and_removed_leave_what_was_there() -> None:
    with open_desk(markets=1) as (desk, exchange):
        eventually(lambda: both_warm(desk, desk.market))
        boards, links = set(desk.store.boards), list(desk.store.links)
        for number in range(200):
            added = desk.add(instrument(exchange, 1 + number % 5))
            if number % 20 == 0:
                eventually(lambda added=added: both_warm(desk, added))  # type: ignore[misc]
            assert desk.remove(added)
        # Wishes are granted one after the other: between two of them all may look as if there were no more.
        eventually(lambda: tasks(desk) <= 3 and set(desk.store.boards) == boards == carried(desk))
        assert list(desk.store.links) == links
        assert desk.label(desk.market).sure
        with desk.lock:
            assert desk.store.ledger.balanced


def test_after_a_reconnect_the_added_are_there_and_the_removed_are_not() -> None:
    with open_desk(markets=2) as (desk, exchange):
        eventually(lambda: all(both_warm(desk, each) for each in desk.markets))
        added = desk.add(instrument(exchange, 3))
        desk.remove(desk.markets[0])
        eventually(lambda: both_warm(desk, added))
        link = desk.store.boards[added].link
        assert link is not None
        ups = link.ups
        exchange.fault("cut")
        eventually(lambda: link.ups > ups and all(both_warm(desk, each) for each in desk.markets))
        assert len(desk.store.boards) == 4


@pytest.mark.usefixtures("begins_again_soon")
def test_a_feed_that_begins_again_follows_the_added_and_not_the_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    tick = Feed._tick
    failures: list[Feed] = []

    def broken(feed: Feed) -> None:
        if not failures:
            failures.append(feed)
            raise ZeroDivisionError
        tick(feed)

    with open_desk(markets=2) as (desk, exchange):
        logging.getLogger("pmtui.desk").setLevel(logging.CRITICAL)
        try:
            added = desk.add(instrument(exchange, 3))
            desk.remove(desk.markets[0])
            eventually(lambda: both_warm(desk, added))
            monkeypatch.setattr(Feed, "_tick", broken)
            eventually(lambda: bool(failures))
            eventually(lambda: all(both_warm(desk, each) for each in desk.markets))
            assert len(desk.store.boards) == 4
        finally:
            logging.getLogger("pmtui.desk").setLevel(logging.NOTSET)


def test_two_outcomes_given_as_two_markets_become_one() -> None:
    with Exchange(50) as exchange:
        venue = open_venue("polymarket", {})
        pair = [venue.instrument(token) for token in exchange.world.markets[0].listing.tokens]
        desk = Desk([*exchange.targets(3)[1:], *(each for each in pair if each)], exchange.addresses)
        yes, no = desk.markets[2:]
        desk.show(no)
        desk.start(lambda: None)
        try:
            eventually(lambda: desk.other(no) == yes)
            desk.refresh()
            assert desk.markets[2:] == [yes]
            assert (desk.shown, desk.market) == (no, yes)
            desk.step(1)
            assert desk.shown == desk.markets[0]
        finally:
            desk.stop()


def test_markets_are_found_by_words_and_by_id_in_the_feeds_thread() -> None:
    with open_desk(markets=1) as (desk, exchange):
        listing = exchange.world.markets[2].listing
        assert desk.found == Found("")
        desk.search(listing.question)
        assert desk.found.text == listing.question
        eventually(lambda: not desk.found.pending)
        assert listing.tokens[0] in [hit.instrument.symbol for hit in desk.found.hits]
        desk.search(listing.tokens[1])
        eventually(lambda: not desk.found.pending)
        assert [hit.instrument.symbol for hit in desk.found.hits] == [listing.tokens[0]]
        assert desk.found.trouble == ""
        desk.search("")
        assert desk.found == Found("")


def test_of_many_searches_only_the_last_is_told() -> None:
    with open_desk(markets=1) as (desk, _):
        for text in ("zebra", "the", "lantern"):
            desk.search(text)
            assert desk.found.text == text
        eventually(lambda: not desk.found.pending)
        assert desk.found.text == "lantern"
        assert len(desk.found.hits) > 1


def test_a_search_before_the_feed_begins_says_so() -> None:
    desk = Desk([Instrument(open_id(), "polymarket", "7" * 77)])
    desk.search("rain")
    assert desk.found.trouble == "the feed is not running, so nothing can be looked up"


def test_a_wish_after_the_end_is_no_error() -> None:
    with open_desk(markets=2) as (desk, exchange):
        desk.stop()
        eventually(lambda: feed_threads() == 0)
        desk.add(instrument(exchange, 3))
        assert desk.remove(desk.markets[0])
        desk.search("rain")
        assert desk.found.trouble


def test_the_time_of_day_of_a_steady_moment() -> None:
    with open_desk() as (desk, _):
        eventually(lambda: desk.store.clocks.offset != 0)
        before = time.time() * 1_000
        told = desk.wall(desk.now())
        assert before - 1_000 < told < time.time() * 1_000 + 1_000


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who leaves waits until the feed has ended, however long that takes on a busy machine; and no longer."""
    assert desk_module._LEAVE_WITHIN <= 0.3
    monkeypatch.setattr(desk_module, "_LEAVE_WITHIN", 30)


@pytest.mark.usefixtures("patient")
def test_stopping_ends_a_full_feed_by_itself() -> None:
    with open_desk(rate=5_000) as (desk, _):
        heard = desk.store.ledger.frames
        eventually(lambda: desk.store.ledger.frames > heard + 1_000)
        desk.stop()
        assert feed_threads() == 0


@pytest.mark.usefixtures("patient")
def test_stopping_does_not_wait_for_an_exchange_that_stalls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pmtui.feed.live.HANDSHAKE", 3_600)
    monkeypatch.setattr("pmtui.feed.http.TIMEOUT", 3_600)
    with Exchange(50) as exchange:
        exchange.fault("stall 60")
        desk = Desk(exchange.targets(), exchange.addresses)
        desk.start(lambda: None)
        eventually(lambda: bool(exchange.server.links))
        desk.stop()
        assert feed_threads() == 0


def test_stopping_does_not_wait_for_a_feed_that_stands_still() -> None:
    with open_desk() as (desk, _), holding(desk) as let_go:
        desk.stop()
        assert not let_go


def test_a_start_for_which_there_is_no_thread_hides_its_reason_behind_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    desk = Desk([Instrument(open_id(), "polymarket", "7" * 77)])
    monkeypatch.setattr("threading._start_new_thread", none)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        desk.start(lambda: None)
    desk.stop()


def test_stopping_twice_or_before_the_start_is_no_error() -> None:
    with Exchange(50) as exchange:
        desk = Desk(exchange.targets(), exchange.addresses)
        desk.stop()
    with open_desk() as (desk, _):
        desk.stop()
        desk.stop()


def test_stopping_at_once_after_the_start_hangs_up_and_ends_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, stopped = threading.Event(), threading.Event()
    closed: list[int] = []
    close = HttpFetcher.close

    async def hang_up(fetcher: HttpFetcher) -> None:
        closed.append(len(asyncio.all_tasks()))
        await close(fetcher)

    monkeypatch.setattr(HttpFetcher, "close", hang_up)

    def slow(name: str, addresses: object) -> object:
        inside.set()
        stopped.wait(30)
        return open_venue(name, {"polymarket": dict.fromkeys(("socket", "clob", "gamma"), "ws://127.0.0.1:1")})

    monkeypatch.setattr("pmtui.desk.open_venue", slow)
    desk = Desk([Instrument(open_id(), "polymarket", "7" * 77)])
    desk.start(lambda: None)
    assert inside.wait(30)
    desk.stop()
    stopped.set()
    eventually(lambda: feed_threads() == 0)
    assert closed == [2]  # the feed, and whoever waits for it


@pytest.mark.usefixtures("begins_again_soon")
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


@pytest.mark.usefixtures("begins_again_soon")
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
            eventually(lambda: desk.label(desk.shown).sure)
        finally:
            logging.getLogger("pmtui.desk").setLevel(logging.NOTSET)


class Leaving(threading.Event):
    """Notes for how long it was waited for instead of letting anybody wait, and is set after so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._left = times
        self.waits: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        if len(self.waits) == self._left:
            self.set()
        return self.is_set()


def test_a_feed_that_fails_each_time_does_not_spin(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(desk: Desk, nudge: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Desk, "_follow", broken)
    logging.getLogger("pmtui.desk").setLevel(logging.CRITICAL + 1)
    leaving = Leaving(7)
    try:
        desk = Desk([Instrument(open_id(), "polymarket", "7" * 77)])
        desk._leaving = leaving
        desk.start(lambda: None)
        eventually(lambda: feed_threads() == 0)
    finally:
        leaving.set()
        logging.getLogger("pmtui.desk").setLevel(logging.NOTSET)
    assert leaving.waits == [1, 2, 4, 8, 16, 30, 30]


def test_a_feed_that_ran_well_for_a_minute_begins_again_as_soon_as_one_that_never_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, lasted = Millis(0), iter((0, 59_999, 60_000, 0, 3_600_000, 10, 10))

    async def broken(desk: Desk, nudge: object) -> None:
        nonlocal now
        now = Millis(now + next(lasted))
        raise ZeroDivisionError

    monkeypatch.setattr(Desk, "_follow", broken)
    logging.getLogger("pmtui.desk").setLevel(logging.CRITICAL + 1)
    leaving = Leaving(7)
    try:
        desk = Desk([Instrument(open_id(), "polymarket", "7" * 77)], clock=lambda: now)
        desk._leaving = leaving
        desk.start(lambda: None)
        eventually(lambda: feed_threads() == 0)
    finally:
        leaving.set()
        logging.getLogger("pmtui.desk").setLevel(logging.NOTSET)
    assert leaving.waits == [1, 2, 1, 2, 1, 2, 4]


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
        import socket, threading, time
        from pmtui.core.instrument import Instrument, InstrumentId
        from pmtui.desk import Desk, open_venue

        def hang(*_, **__):
            asked.set()
            time.sleep(60)
            raise socket.gaierror(-3, "Temporary failure in name resolution")

        asked = threading.Event()
        socket.getaddrinfo = hang
        where = {"polymarket": dict.fromkeys(("socket", "clob", "gamma"), "")}
        where["polymarket"] |= {"socket": "wss://venue.invalid", "clob": "https://venue.invalid"}
        where["polymarket"] |= {"gamma": "https://venue.invalid"}
        desk = Desk([open_venue("polymarket", {}).instrument("7" * 77)], where)
        desk.start(lambda: None)
        assert asked.wait(30)
        print("leaving", flush=True)
        desk.stop()
    """
    with subprocess.Popen(  # noqa: S603 our own interpreter and script
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "leaving\n"
        try:
            assert process.wait(30) == 0  # half of what the look-up takes
        finally:
            process.kill()


# The account


@contextmanager
def open_account(
    pace: float = 600, login: Callable[[Exchange], Login] = Exchange.login
) -> Iterator[tuple[Desk, Exchange]]:
    with Exchange(50, pace) as exchange:
        desk = Desk(exchange.targets(1), exchange.addresses, login=lambda: login(exchange))
        assert desk.account_words(desk.now()) == ("connecting", "looking for the account")
        desk.start(lambda: None)
        try:
            eventually(lambda: desk.label(desk.shown).sure)
            yield desk, exchange
        finally:
            desk.stop()


def word(desk: Desk) -> str:
    return desk.account_words(desk.now())[0]


def test_without_a_login_everything_is_public() -> None:
    with open_desk(markets=1) as (desk, _):
        assert desk.account is None
        assert desk.account_words(desk.now()) == ("public", "")
        assert set(desk.store.links) == {"polymarket link 1"}


def test_an_account_is_followed_beside_the_markets() -> None:
    with open_account() as (desk, exchange):
        eventually(lambda: word(desk) == "live")
        assert desk.account_words(desk.now())[1] == "checked 0s ago"
        account = desk.account
        assert account is not None
        eventually(lambda: account.fills.total > 2 and account.orders.count() > 2)
        assert account.cash is not None
        with desk.lock:
            ours = {each.key for each in account.fills.newest(1_000)}
            assert desk.store.ledger.balanced
        assert ours <= {(fill.trade, fill.order, fill.bucket) for fill in exchange.server.ledger.fills}


def test_a_cut_account_is_down_and_the_market_is_not() -> None:
    with open_account() as (desk, exchange):
        eventually(lambda: word(desk) == "live")
        exchange.fault("user-down 1")
        eventually(lambda: (words := desk.account_words(desk.now()))[0] == "down" and "try in" in words[1])
        assert desk.label(desk.shown).sure
        eventually(lambda: word(desk) == "live")


def test_wrong_credentials_are_refused_with_the_reason_and_the_market_goes_on() -> None:
    with open_account(login=lambda exchange: exchange.login(passphrase="e" * 64)) as (desk, _):
        # The socket and the first check both find out, in either order; only the check is told the reason.
        eventually(lambda: "credentials not accepted (401)" in desk.account_words(desk.now())[1])
        assert word(desk) == "refused"
        eventually(lambda: desk.store.links["polymarket account link"].retry_at > 0)
        assert desk.account_words(desk.now())[1].endswith("s")
        assert desk.label(desk.shown).sure


def test_credentials_that_were_meant_and_are_wrong_leave_public_data_and_a_line() -> None:
    why = "POLY_SECRET is missing"
    with open_account(login=lambda _: Login(trouble=why)) as (desk, _):
        eventually(lambda: word(desk) == "public")
        assert desk.account_words(desk.now()) == ("public", why)
        eventually(lambda: any(why in each.text for each in desk.store.alerts.ring))
        assert desk.account is None


def test_addresses_of_somebody_else_get_no_credentials() -> None:
    with Exchange(50) as exchange:
        here = exchange.addresses["polymarket"]
        desk = Desk(exchange.targets(1), {"polymarket": {**here, "clob": "https://evil.invalid"}}, login=exchange.login)
        desk.start(lambda: None)
        try:
            eventually(lambda: word(desk) == "refused")
            assert "not the venue's own" in desk.account_words(desk.now())[1]
            eventually(lambda: desk.label(desk.shown) is not Label.CONNECTING)
            assert "polymarket account link" not in desk.store.links
        finally:
            desk.stop()


def test_a_keyring_that_takes_its_time_holds_nothing_up() -> None:
    found = threading.Event()

    def slow(exchange: Exchange) -> Login:
        found.wait(60)
        return exchange.login()

    with open_account(login=slow) as (desk, _):
        assert desk.label(desk.shown).sure
        assert word(desk) == "connecting"
        found.set()
        eventually(lambda: word(desk) == "live")


def test_a_search_for_the_account_that_fails_is_told_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def failing(_: Exchange) -> Login:
        raise ZeroDivisionError

    with open_account(login=failing) as (desk, _):
        eventually(lambda: word(desk) == "public")
        assert "see the log" in desk.account_words(desk.now())[1]
        assert desk.label(desk.shown).sure
    assert "the account could not be looked for" in caplog.text


def test_an_account_that_an_error_of_ours_keeps_closed_is_told_and_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Polymarket, "account", Mock(side_effect=ZeroDivisionError))
    with open_account() as (desk, _):
        eventually(lambda: word(desk) == "refused")
        assert "see the log" in desk.account_words(desk.now())[1]
        assert desk.label(desk.shown).sure
    assert "the account at polymarket could not be opened" in caplog.text


def test_a_feed_without_descriptors_says_so_and_begins_when_there_are_some(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object) -> None:
        monkeypatch.undo()
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("pmtui.feed.loop.FeedLoop", exhausted)
    with open_account() as (desk, _):
        alerts = [each.text for each in desk.store.alerts.ring]
        assert "the feed failed and begins again: no more files may be open here (ulimit -n)" in alerts
        assert desk.label(desk.shown).sure


@pytest.mark.usefixtures("patient")
def test_stopping_does_not_wait_until_the_account_is_found() -> None:
    found, looked = threading.Event(), threading.Event()

    def endless(_: Exchange) -> Login:
        found.wait(60)
        looked.set()
        return Login()

    with open_account(login=endless) as (desk, _):
        desk.stop()
        assert feed_threads() == 0
        assert not looked.is_set()
        found.set()


@pytest.mark.usefixtures("begins_again_soon")
def test_a_feed_that_begins_again_checks_the_account_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    tick = Feed._tick
    failures: list[Feed] = []

    def broken(feed: Feed) -> None:
        if not failures:
            failures.append(feed)
            raise ZeroDivisionError
        tick(feed)

    with open_account() as (desk, _):
        logging.getLogger("pmtui.desk").setLevel(logging.CRITICAL)
        try:
            eventually(lambda: word(desk) == "live")
            account = desk.account
            assert account is not None
            checks = account.checks
            monkeypatch.setattr(Feed, "_tick", broken)
            eventually(lambda: bool(failures))
            eventually(lambda: account.checks > checks and word(desk) == "live")
            assert desk.account is account
            before = account.fills.total
            eventually(lambda: account.fills.total > before)
        finally:
            logging.getLogger("pmtui.desk").setLevel(logging.NOTSET)


def test_the_market_of_an_order_can_be_visited() -> None:
    with open_account() as (desk, _):
        eventually(lambda: word(desk) == "live")
        account = desk.account
        assert account is not None

        def strangers() -> list[InstrumentId]:
            return [each for each in account.fills.instruments() if desk.market_of(each) is None]

        eventually(lambda: bool(strangers()))
        stranger = strangers()[0]
        assert desk.visit(stranger) == ""
        assert desk.shown == stranger
        eventually(lambda: desk.label(stranger).sure)
        assert len(desk.markets) == 2
        desk.visit(stranger)
        assert len(desk.markets) == 2


def test_no_log_holds_a_credential_however_much_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "websockets.server")  # the far end's own
    caplog.set_level(logging.DEBUG)
    with open_account(login=lambda exchange: exchange.login(**CANARIES)) as (desk, exchange):
        eventually(lambda: word(desk) == "refused")
        for fault in ("user-rest 500 1", "user-cut"):
            exchange.fault(fault)
        eventually(lambda: desk.store.links["polymarket account link"].retry_at > 0)
        said = [*desk.account_words(desk.now()), *(each.text for each in desk.store.alerts.ring)]
        assert_clean(repr(vars(desk)) + repr(desk.store.links) + " ".join(said))
    assert "polymarket account link: up" in caplog.text
    assert_clean(caplog.text)
