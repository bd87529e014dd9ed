"""The made-up markets: repeatable, lively, healthy, each with its own character."""

from __future__ import annotations

from hashlib import sha256

import pytest

from pmtui.core.units import px
from pmtui.sim.polymarket.exchange import history
from pmtui.sim.polymarket.world import Announced, Batch, Happening, Market, World, demo_world, load_world
from tests.sim.polymarket import worlds


def digest(world: World, seconds: int) -> str:
    """One number for everything that the wire says in some seconds."""
    text = sha256()
    for at, frame in history(world, tuple(world.by_token), seconds):
        text.update(str(at).encode() + frame)
    return text.hexdigest()


def lived(world: World, *steps: int) -> list[Happening]:
    return [happening for ms in steps for happening in world.step(ms)]


def of(world: World, character: str) -> Market:
    return next(market for market in world.markets if market.listing.character.name == character)


def test_a_seed_decides_the_whole_history() -> None:
    assert digest(demo_world(seed=3), 20) == digest(demo_world(seed=3), 20)


def test_another_seed_is_another_history_with_other_identifiers() -> None:
    one, other = demo_world(seed=3), demo_world(seed=4)
    assert set(one.by_token).isdisjoint(other.by_token)
    assert digest(one, 5) != digest(other, 5)


def test_a_copy_of_a_world_has_the_same_history() -> None:
    for _ in range(2):
        assert digest(worlds.demo_world(seed=3), 5) == digest(demo_world(seed=3), 5)


def test_the_history_does_not_depend_on_how_time_is_cut() -> None:
    whole, parts = demo_world(rate=300), demo_world(rate=300)

    def told(happenings: list[Happening]) -> list[object]:
        return [(each.at, each.groups if isinstance(each, Batch) else each.listing) for each in happenings]

    assert told(lived(whole, 3_000)) == told(lived(parts, 1, 9, 490, 1_000, 7, 1_493))


def test_there_are_eight_entries_one_of_them_an_event_with_several_markets() -> None:
    listings = [market.listing for market in demo_world().markets]
    events = [listing.event_slug for listing in listings]
    assert len(set(events)) == 8
    assert max(map(events.count, events)) >= 3


def test_identifiers_look_like_the_venues() -> None:
    for market in demo_world().markets:
        assert len(market.listing.condition_id) == 66
        assert market.listing.condition_id.startswith("0x")
        assert all(token.isdigit() and len(token) == 77 for token in market.listing.tokens)


@pytest.mark.parametrize("seed", range(6))
def test_the_drifter_changes_its_tick_within_the_first_minute(seed: int) -> None:
    world = demo_world(seed=seed)
    drifter = of(world, "crosses 0.96")
    assert drifter.engine.tick == px("0.01")
    lived(world, 60_000)
    assert drifter.engine.tick == px("0.001")


def test_the_quiet_market_says_nothing_for_minutes_and_is_not_dead() -> None:
    world = demo_world()
    quiet = of(world, "quiet")
    lived(world, 180_000)
    assert quiet.sequence == 0
    lived(world, 180_000)
    assert quiet.sequence > 0


def test_the_one_sided_market_never_has_an_ask() -> None:
    world = demo_world(rate=200)
    market = of(world, "one-sided")
    for _ in range(30):
        lived(world, 1_000)
        assert len(market.engine.bids) > 5
        assert len(market.engine.asks) == 0


def test_the_ending_market_is_emptied_before_it_resolves() -> None:
    world = demo_world()
    market = of(world, "resolves")
    lived(world, 117_000)
    assert len(market.engine.bids) > 0
    lived(world, 2_000)
    assert not market.engine.orders
    assert not market.closed
    lived(world, 1_500)
    assert market.closed


@pytest.mark.parametrize("rate", [25, 2_000])
def test_the_rate_is_the_rate(rate: int) -> None:
    world = demo_world(rate=rate)
    lived(world, 10_000)  # it learns what an action is on the wire
    seconds = 100 if rate < 100 else 4
    told = sum(b"new_market" not in frame for _, frame in history(world, tuple(world.by_token), seconds, custom=False))
    assert told / seconds == pytest.approx(rate, rel=0.15)


@pytest.mark.parametrize("minutes", [20, pytest.param(360, marks=pytest.mark.torture)])
def test_books_stay_healthy_for_hours(minutes: int) -> None:
    world = demo_world(rate=25)
    watched = [market for market in world.markets if market.listing.character.name not in ("one-sided", "resolves")]
    for _ in range(minutes // 5):
        lived(world, 5 * 60_000)
        for market in watched:
            bid, ask = market.engine.bids.best, market.engine.asks.best
            assert bid is not None
            assert ask is not None
            assert 0 < ask - bid <= 6 * market.engine.tick
            assert min(len(market.engine.bids), len(market.engine.asks)) >= 3
            assert len(market.engine.orders) < 1_000


def test_a_load_world_has_as_many_books_as_asked_for() -> None:
    world = load_world(200)
    assert len(world.by_token) == 400
    assert len(demo_world(books=5).markets) == len(demo_world().markets) + 5


def test_new_markets_are_announced_now_and_then() -> None:
    assert sum(isinstance(each, Announced) for each in lived(demo_world(), 100_000)) == 2


def test_skipped_time_is_told_but_not_lived() -> None:
    world = demo_world()
    before = world.now
    world.skip(5_000)
    assert world.now == before + 5_000
    assert world.elapsed == 0
