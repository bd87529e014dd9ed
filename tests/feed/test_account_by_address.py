"""An account that anybody may look at, kept true over a link that breaks and by answers that do not come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from random import Random
from typing import Any

import orjson
import pytest

from pmtui.core.board import Label
from pmtui.core.events import Filled
from pmtui.core.ports import Closed, Frame, Login, Opened, Stream
from pmtui.core.units import ONE, Millis
from pmtui.feed.trial import Verdict, trial
from pmtui.sim.hyperliquid.session import Session
from pmtui.venues.hyperliquid.venue import Hyperliquid
from tests.torture.loop import run

from .own import clock, shown
from .public import LINK, VENUE, PublicExchange, PublicLine, Scene, following

STRANGER = "0x" + "ab" * 20


def play(scene: Callable[[Scene], Awaitable[None]], exchange: PublicExchange, **how: Any) -> None:
    async def work() -> None:
        async with following(exchange, **how) as found:
            await scene(found)
        await asyncio.sleep(1)
        assert len(asyncio.all_tasks()) == 1, asyncio.all_tasks()

    run(work())


def held(scene: Scene) -> dict[str, int]:
    return {name: each.net for name, each in scene.account.positions().items()}


# Cuts


async def endure(scene: Scene, *, seed: int, cuts: int, fills: int) -> None:
    """Cut the link that many times, each time while it is up, and go on until that many fills have happened."""
    exchange, random = scene.exchange, Random(seed)
    await scene.connected()
    done = 0
    while done < cuts or len(exchange.fills()) < fills:
        await asyncio.sleep(random.expovariate(1 / 8))
        if done < cuts and exchange.lines:
            exchange.cut()
            done += 1
            if random.randrange(10) == 0:
                exchange.fault(f"refuse {random.randrange(5, 40)}")
            if random.randrange(10) == 0:
                exchange.fault(f"hold {random.randrange(5, 30)}")
    exchange.stop_trading()
    exchange.fault("clear")
    await asyncio.sleep(180)


@pytest.mark.parametrize(
    ("cuts", "fills"), [(20, 300), pytest.param(200, 5_000, marks=pytest.mark.torture)], ids=["20 cuts", "200 cuts"]
)
def test_no_fill_is_lost_or_doubled_over_many_cuts_and_each_that_came_late_says_so(cuts: int, fills: int) -> None:
    exchange = PublicExchange(pace=240)

    async def scene(found: Scene) -> None:
        await endure(found, seed=cuts, cuts=cuts, fills=fills)
        told, truth = shown(found.account), exchange.fills()
        assert len(truth) >= fills
        assert len(exchange.attempts) > cuts
        assert told.fills == truth
        assert found.account.fills.total == len(truth)
        assert told.late == set(truth) - exchange.told
        assert told.late
        assert told.orders == exchange.orders()
        assert held(found) == exchange.positions()
        assert found.label in (Label.LIVE, Label.QUIET)
        news = [each.fact for each in found.account.news.ring if isinstance(each.fact, Filled)]
        assert len(news) == len({each.key for each in news}) <= len(truth)

    play(scene, exchange)


def test_faults_of_the_feeds_are_mended_by_the_next_check() -> None:
    exchange = PublicExchange(pace=600)

    async def scene(found: Scene) -> None:
        await found.connected()
        for fault in (
            "user-drop 5",
            "user-duplicate 5",
            "user-late 8",
            "freeze 8",
            "refuse 20",
            "hold 15",
            "fail 500 9",
        ):
            exchange.fault(fault)
            await asyncio.sleep(30)
        exchange.stop_trading()
        await asyncio.sleep(130)
        told = shown(found.account)
        assert told.fills == exchange.fills()
        assert told.orders == exchange.orders()
        assert held(found) == exchange.positions()

    play(scene, exchange)


# What is known


def test_positions_and_cash_are_the_venues_own_and_follow_each_fill() -> None:
    exchange = PublicExchange(pace=600)

    async def scene(found: Scene) -> None:
        await found.connected()
        await asyncio.sleep(120)
        exchange.stop_trading()
        exchange.cancel_all()
        await asyncio.sleep(1)
        positions = found.account.positions()
        assert {name: each.net for name, each in positions.items()} == exchange.positions()
        perps = {name: each for name, each in positions.items() if each.gain is not None}
        assert perps
        assert len(perps) < len(positions)  # tokens are held as well
        for name, entry in exchange.entries().items():
            average = positions[name].average
            assert average is not None
            assert abs(average - entry) <= 10_000  # the venue cuts what it tells
        assert any(each.liquidation for each in perps.values())
        assert found.account.cash is not None
        assert abs(found.account.cash - exchange.free()) < 200 * ONE  # marks move between two words of the venue

    play(scene, exchange)


def test_a_token_of_which_it_is_not_known_what_it_trades_as_has_the_account_checked_within_seconds() -> None:
    exchange = PublicExchange(pace=600)

    async def scene(found: Scene) -> None:
        await found.connected()
        exchange.stop_trading()
        await asyncio.sleep(30)
        (line,) = exchange.lines
        (me,) = {post["subscription"]["user"] for post in line.said if post["method"] == "subscribe"}
        new = {"coin": "NEW", "token": 4_242, "total": "7.0", "hold": "0.0", "entryNtl": "5.0"}
        data = {"user": me, "spotState": {"balances": [new]}}
        line.send(orjson.dumps({"channel": "spotState", "data": data}))
        await found.until(lambda: found.label is Label.STALE, within=1)
        await found.until(lambda: found.label is not Label.STALE, within=8)
        assert held(found) == exchange.positions()

    play(scene, exchange)


@pytest.mark.parametrize(("count", "known"), [(5_000, 5_000), (10_500, 10_000)])
def test_what_was_filled_long_ago_is_read_until_the_venue_tells_no_more(count: int, known: int) -> None:
    exchange = PublicExchange(pace=600)
    while not exchange.ledger.fills:
        exchange.step(1_000)
    exchange.stop_trading()
    for order in exchange.ledger.open_orders:
        exchange.ledger.cancel(exchange.world.now, order.id)
    [made, *_] = exchange.ledger.fills
    long_ago = [made._replace(id=n, at=Millis(made.at - 10**9 + 1_000 * n)) for n in range(count)]
    exchange.ledger.fills[:] = long_ago

    async def scene(found: Scene) -> None:
        await found.connected()
        assert found.account.fills.total >= 2_000  # the last ones are there at once
        await found.until(lambda: found.account.fills.total >= known, within=200)
        await asyncio.sleep(180)
        told = shown(found.account)
        assert told.fills.keys() == set(list(exchange.fills())[-known:])
        assert told.late == set()
        missing = [words for words in found.news() if "tells the last 10,000 fills" in words]
        assert len(missing) == (known < count)

    play(scene, exchange)


def test_a_long_history_is_read_on_after_the_venue_was_asked_too_often() -> None:
    exchange = PublicExchange(pace=600)
    while not exchange.ledger.fills:
        exchange.step(1_000)
    exchange.stop_trading()
    for order in exchange.ledger.open_orders:
        exchange.ledger.cancel(exchange.world.now, order.id)
    [made, *_] = exchange.ledger.fills
    exchange.ledger.fills[:] = [made._replace(id=n, at=Millis(made.at - 10**9 + 1_000 * n)) for n in range(9_000)]
    exchange.visitor.requests.add(exchange.world.now, 800)  # somebody else at this address asks, too

    async def scene(found: Scene) -> None:
        await found.until(lambda: found.account.checks > 0, within=100)
        assert found.account.fills.total == 9_000
        assert found.account.checks == 1
        assert not found.account.failed
        exchange.cut()
        await asyncio.sleep(1)
        assert exchange.posted["userFills"] == 1
        assert exchange.posted["userFillsByTime"] > 4  # one of them was refused at first

    play(scene, exchange)


def test_orders_on_every_dex_are_found_with_their_kind() -> None:
    exchange = PublicExchange(pace=600)

    async def scene(found: Scene) -> None:
        await asyncio.sleep(90)
        exchange.stop_trading()
        await asyncio.sleep(70)
        working = {each.order: each for each in found.account.orders.working()}
        assert working.keys() == exchange.orders().keys()
        for each in exchange.ledger.open_orders:
            assert working[str(each.id)].kind == each.tif.upper()
            assert working[str(each.id)].created == each.created

    play(scene, exchange)


# Rhythm


def test_it_is_checked_over_its_own_link_after_each_connect_and_each_minute() -> None:
    exchange = PublicExchange(pace=0)

    async def scene(found: Scene) -> None:
        await found.connected()
        assert not exchange.asked
        await asyncio.sleep(59 * 5)
        exchange.cut()
        await asyncio.sleep(5)
        assert exchange.posted["userRole"] == 1  # who it is does not change
        assert exchange.posted["perpDexs"] == 5
        assert exchange.posted["frontendOpenOrders"] == 2 * exchange.posted["perpDexs"]
        exchange.cut()
        await found.until(lambda: exchange.posted["perpDexs"] == 6)
        assert not exchange.asked

    play(scene, exchange)


def test_answers_that_do_not_come_over_the_link_are_asked_for_by_rest() -> None:
    exchange = PublicExchange(pace=0)
    exchange.fault("hold 600")

    async def scene(found: Scene) -> None:
        await found.until(lambda: found.label in (Label.LIVE, Label.QUIET), within=150)
        assert exchange.asked["frontendOpenOrders"] == 2

    play(scene, exchange)


def test_while_the_link_is_down_the_account_is_down_and_is_checked_all_the_same() -> None:
    exchange = PublicExchange(pace=600)

    async def scene(found: Scene) -> None:
        await found.connected()
        checks = found.account.checks
        exchange.fault("refuse 100")
        exchange.cut()
        await asyncio.sleep(90)
        assert found.label is Label.DOWN
        assert found.account.checks > checks
        assert exchange.asked["frontendOpenOrders"] > 0
        await found.until(lambda: found.label is Label.LIVE, within=90)

    play(scene, exchange)


def test_a_far_end_that_answers_no_pings_is_given_up() -> None:
    exchange = PublicExchange(pace=0)

    async def scene(found: Scene) -> None:
        await found.connected()
        exchange.lines[0].deaf = True
        exchange.fault("freeze 40")
        await found.until(lambda: found.store.links[LINK].drops > 0)
        await found.until(lambda: len(exchange.attempts) > 1 and found.label in (Label.LIVE, Label.QUIET), within=120)

    play(scene, exchange)


def test_an_account_that_nobody_opened_is_empty_and_no_error() -> None:
    exchange = PublicExchange(pace=600)

    async def scene(found: Scene) -> None:
        await found.connected()
        await asyncio.sleep(30)
        assert (found.account.fills.total, found.account.orders.count(), held(found)) == (0, 0, {})
        assert found.account.cash == 0

    play(scene, exchange, address=STRANGER)


def test_an_api_wallets_address_is_refused_instead_of_shown_empty() -> None:
    exchange = PublicExchange(pace=600)

    async def scene(found: Scene) -> None:
        await found.until(lambda: found.label is Label.HALTED)
        assert "API wallet's" in found.reason
        await asyncio.sleep(120)
        assert exchange.posted["userRole"] + len(exchange.lines) < 10

    play(scene, exchange, address=exchange.ledger.agent)


# Trials


def tried(address: str = "", *faults: str) -> dict[str, tuple[Verdict, str]]:
    async def work() -> dict[str, tuple[Verdict, str]]:
        exchange = PublicExchange(pace=0)
        for fault in faults:
            exchange.fault(fault)
        exchange.step(100)
        venue = Hyperliquid.at({"socket": "ws://127.0.0.1:1", "api": "http://127.0.0.1:2"})
        access = venue.account(Login(addresses={VENUE: address or exchange.ledger.address}))
        assert access is not None
        return {each.what: (each.verdict, each.words) for each in await trial(access, exchange, exchange, wall=clock)}

    return run(work())


def test_a_trial_says_whose_address_it_is() -> None:
    assert tried() == {
        "read": (Verdict.WORKS, "it is an account"),
        "user socket": (Verdict.WORKS, "accepted, it stays open"),
    }
    assert tried(PublicExchange(pace=0).ledger.agent)["read"][0] is Verdict.REFUSED
    verdict, words = tried(STRANGER)["read"]
    assert verdict is Verdict.REFUSED
    assert "knows no account" in words


def test_a_trial_at_a_venue_that_is_down_blames_the_venue() -> None:
    found = tried("", "rest 503 60", "refuse 60")
    assert found["read"] == (Verdict.NOT_REACHED, "the venue has trouble of its own (503)")
    assert found["user socket"] == (Verdict.NOT_REACHED, "refused with status 503")


class HangsUp(PublicExchange):
    """A venue that drops whoever says which account he follows."""

    async def packets(self, stream: Stream) -> AsyncGenerator[Opened | Frame | Closed, None]:
        self.attempts.append(asyncio.get_running_loop().time())
        yield Opened(clock(), PublicLine(Session(self.exchange, lambda topic: None, lambda topic: None), 0.0))
        yield Closed("the connection was lost")


def test_a_venue_that_hangs_up_is_not_said_to_have_refused_credentials_that_nobody_has() -> None:
    exchange = HangsUp()
    exchange.fault("rest 503 600")

    async def scene(found: Scene) -> None:
        await asyncio.sleep(300)
        assert found.label is Label.HALTED
        assert found.reason.startswith("the venue hangs up as soon as it hears who we are")
        assert "credential" not in found.reason
        assert len(exchange.attempts) <= 12

    play(scene, exchange)
