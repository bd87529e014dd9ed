"""The made-up coins: repeatable, lively, healthy, each with its own character."""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise

import pytest

from pmtui.core.units import ONE, Px, px
from pmtui.sim.engine import BUY, NO, SELL, YES
from pmtui.sim.hyperliquid.exchange import history
from pmtui.sim.hyperliquid.topics import Topic
from pmtui.sim.hyperliquid.trader import open_account
from pmtui.sim.hyperliquid.world import Block, Market, World, demo_world, load_world
from tests.sim.hyperliquid import worlds

UNLIKELY_TO_TRADE = ("quiet", "settles", "opens later")


def everything(world: World) -> list[Topic]:
    types = ("l2Book", "bbo", "trades", "activeAssetCtx")
    return [Topic(type_, coin=coin) for coin in world.by_name for type_ in types]


def digest(world: World, seconds: int) -> str:
    """One number for everything that the wire says in some seconds."""
    text = sha256()
    ledger = open_account(world, pace=60)
    for at, frame in history(world, ledger, everything(world), seconds):
        text.update(str(at).encode() + frame)
    return text.hexdigest()


def lived(world: World, *steps: int) -> list[Block]:
    return [block for ms in steps for block in world.step(ms)]


def of(world: World, character: str) -> Market:
    return next(market for market in world.markets if market.coin.character.name == character)


def test_a_seed_decides_the_whole_history() -> None:
    assert digest(demo_world(seed=3), 10) == digest(demo_world(seed=3), 10)


def test_another_seed_is_another_history() -> None:
    assert digest(demo_world(seed=3), 3) != digest(demo_world(seed=4), 3)


def test_a_copy_of_a_world_has_the_same_history() -> None:
    for _ in range(2):
        assert digest(worlds.demo_world(seed=3), 3) == digest(demo_world(seed=3), 3)


def test_the_history_does_not_depend_on_how_time_is_cut() -> None:
    whole, parts = demo_world(rate=300), demo_world(rate=300)

    def told(blocks: list[Block]) -> list[object]:
        return [(block.at, name, done.prints) for block in blocks for name, done in block.doings.items()]

    assert told(lived(whole, 3_000)) == told(lived(parts, 1, 9, 490, 1_000, 7, 1_493))


@pytest.mark.parametrize("seed", range(6))
def test_a_coin_crosses_a_figure_border_and_comes_back_within_a_minute(seed: int) -> None:
    world = demo_world(seed=seed)
    market = of(world, "crosses a figure border")
    ticks = [market.engine.tick_at(market.crowd.fair)]
    touches = [market.tops]
    for _ in range(60):
        lived(world, 1_000)
        ticks.append(market.engine.tick_at(market.crowd.fair))
        touches.append(market.tops)
    changes = [(old, new) for old, new in pairwise(ticks) if old != new]
    assert (px("0.001"), px("0.01")) in changes
    assert (px("0.01"), px("0.001")) in changes
    bids = [bid.price for bid, _ in touches if bid]
    assert min(bids) < px("99.999") < px("100") < max(bids)


@pytest.mark.parametrize(
    ("seed", "minutes"), [(7, 5), *(pytest.param(seed, 60, marks=pytest.mark.torture) for seed in (8, 9, 10))]
)
def test_books_stay_healthy_and_on_their_grids(seed: int, minutes: int) -> None:
    world = demo_world(seed=seed)
    watched = [market for market in world.markets if market.coin.character.name not in UNLIKELY_TO_TRADE]
    for _ in range(minutes):
        lived(world, 60_000)
        for market in watched:
            bids, asks = list(market.levels(BUY)), list(market.levels(SELL))
            assert min(len(bids), len(asks)) >= 5
            assert 0 < asks[0].price - bids[0].price <= 12 * market.engine.tick_at(bids[0].price)
            assert len(market.engine.orders) < 1_500
            for top in (*bids, *asks):
                assert top.size > 0
                assert top.orders > 0
                assert top.size % market.coin.character.grain == 0
                assert market.engine.allows(top.price)


def test_the_two_sides_of_an_outcome_mirror_each_other() -> None:
    world = demo_world(rate=200)
    lived(world, 20_000)
    for market in (market for market in world.markets if market.coin.kind == "outcome"):
        for side, other in ((BUY, SELL), (SELL, BUY)):
            mirrored = [top._replace(price=Px(ONE - top.price)) for top in market.levels(other, NO)]
            assert list(market.levels(side, YES)) == mirrored
        bid, ask = market.touches(YES)
        no_bid, no_ask = market.touches(NO)
        if bid and ask and no_bid and no_ask:
            assert (no_bid.price, no_ask.price) == (ONE - ask.price, ONE - bid.price)


def test_the_quiet_coin_says_nothing_for_minutes_and_is_not_dead() -> None:
    world = demo_world()
    quiet = of(world, "quiet").coin.name
    assert not any(quiet in block.doings for block in lived(world, 180_000))
    assert any(quiet in block.doings for block in lived(world, 180_000))


def test_an_outcome_is_emptied_then_settled_and_another_one_opens() -> None:
    world = demo_world()
    market, successor = of(world, "settles"), of(world, "opens later")
    lived(world, 117_000)
    assert len(market.engine.bids) > 0
    assert not world.is_listed(successor)
    lived(world, 2_000)
    assert not market.engine.orders
    assert world.is_listed(market)
    blocks = lived(world, 1_500)
    assert not world.is_listed(market)
    assert world.is_listed(successor)
    assert [coin for block in blocks for coin in block.settled] == [market.coin]
    assert [coin for block in blocks for coin in block.listed] == [successor.coin]


def test_an_expiry_is_a_moment_of_this_world() -> None:
    world = demo_world()
    assert "expiry:20260101-0002|" in of(world, "settles").coin.description
    assert "expiry:20260101-0004|" in of(world, "opens later").coin.description


@pytest.mark.parametrize("rate", [25, 300])
def test_the_rate_is_one_of_touches_and_trades(rate: int) -> None:
    world = load_world(40, rate=rate)
    lived(world, 30_000)  # it learns what an action is on the wire
    told = sum(done.messages for block in lived(world, 30_000) for done in block.doings.values())
    assert told / 30 == pytest.approx(rate, rel=0.15)


def test_skipped_time_is_told_but_not_lived() -> None:
    world = demo_world()
    before = world.now
    world.skip(5_000)
    assert world.now == before + 5_000
    assert world.elapsed == 0
