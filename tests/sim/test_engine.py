"""The matching engine: price before time, nothing lost, nothing crossed, two mirrored books."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.units import ONE, Millis, Px, Qty, px, qty
from pmtui.sim.engine import BUY, NO, OTHER, SELL, YES, Engine, Level, Made, Refused, Resolved, TickChanged, Trade

TICK = px("0.01")
NOW = Millis(1_000)


class Step(NamedTuple):
    """An order, or the cancelling of the `cancel`-th one that was placed."""

    side: str
    outcome: int
    cents: int
    shares: int
    rests: bool
    cancel: int


steps = st.lists(
    st.builds(
        Step,
        side=st.sampled_from((BUY, SELL)),
        outcome=st.sampled_from((YES, NO)),
        cents=st.integers(1, 99),
        shares=st.integers(1, 20),
        rests=st.booleans(),
        cancel=st.integers(-40, 10),
    ),
    max_size=60,
)


def played(taken: list[Step]) -> tuple[Engine, int]:
    """An engine after some steps, and how many shares never found a place: refused remainders and cancelled ones."""
    engine, gone = Engine(TICK, NOW), 0
    for number, step in enumerate(taken):
        if step.cancel > 0:
            if order := engine.orders.get(step.cancel):
                gone += order.size
            engine.cancel(Millis(NOW + number), step.cancel)
            continue
        before = engine.volume
        price, size = Px(step.cents * TICK), Qty(step.shares * ONE)
        order_id = engine.place(Millis(NOW + number), step.side, price, size, outcome=step.outcome, rests=step.rests)
        if order_id not in engine.orders:
            gone += size - (engine.volume - before)
    return engine, gone


@given(steps)
def test_no_sequence_of_orders_leaves_a_crossed_book(taken: list[Step]) -> None:
    engine, _ = played(taken)
    bid, ask = engine.bids.best, engine.asks.best
    assert bid is None or ask is None or bid < ask


@given(steps)
def test_the_two_tokens_books_are_exact_mirrors(taken: list[Step]) -> None:
    engine, _ = played(taken)
    yes_bids, yes_asks = engine.levels(YES)
    no_bids, no_asks = engine.levels(NO)
    assert no_asks == [(ONE - price, size) for price, size in yes_bids]
    assert no_bids == [(ONE - price, size) for price, size in yes_asks]


@given(steps)
def test_books_are_sorted_from_worst_to_best_with_sizes_above_zero(taken: list[Step]) -> None:
    engine, _ = played(taken)
    for outcome in (YES, NO):
        bids, asks = engine.levels(outcome)
        assert bids == sorted(bids)
        assert asks == sorted(asks, reverse=True)
        assert all(size > 0 for _, size in bids + asks)


@given(steps)
def test_every_share_placed_is_resting_traded_or_gone(taken: list[Step]) -> None:
    engine, gone = played(taken)
    placed = sum(step.shares * ONE for step in taken if step.cancel <= 0)
    resting = sum(order.size for order in engine.orders.values())
    assert placed == resting + 2 * engine.volume + gone
    assert resting == sum(size for side in (engine.bids, engine.asks) for _, size in side)


@given(steps)
def test_the_facts_alone_rebuild_the_book(taken: list[Step]) -> None:
    engine, _ = played(taken)
    rebuilt: dict[str, dict[Px, Qty]] = {BUY: {}, SELL: {}}
    for fact in engine.drain():
        if isinstance(fact, Level):
            rebuilt[fact.side].pop(fact.price, None)
            if fact.size:
                rebuilt[fact.side][fact.price] = fact.size
    assert rebuilt == {BUY: dict(engine.bids), SELL: dict(engine.asks)}


@given(steps)
def test_an_order_on_one_token_is_its_mirror_on_the_other(taken: list[Step]) -> None:
    mirrored = [
        step._replace(outcome=1 - step.outcome, side=OTHER[step.side], cents=100 - step.cents) for step in taken
    ]
    assert played(taken)[0].levels(YES) == played(mirrored)[0].levels(YES)


def test_the_older_of_two_orders_at_one_price_trades_first() -> None:
    engine = Engine(TICK, NOW)
    older = engine.place(NOW, SELL, px("0.5"), qty("10"))
    younger = engine.place(NOW, SELL, px("0.5"), qty("10"))
    engine.place(NOW, BUY, px("0.5"), qty("12"))
    assert older not in engine.orders
    assert engine.orders[younger].size == qty("8")


def test_a_better_price_trades_before_an_older_order() -> None:
    engine = Engine(TICK, NOW)
    older = engine.place(NOW, SELL, px("0.51"), qty("10"))
    better = engine.place(NOW, SELL, px("0.5"), qty("10"))
    engine.place(NOW, BUY, px("0.51"), qty("10"))
    assert older in engine.orders
    assert better not in engine.orders


def test_a_trade_is_told_in_the_takers_terms() -> None:
    engine = Engine(TICK, NOW)
    maker = engine.place(NOW, BUY, px("0.6"), qty("10"))
    taker = engine.place(NOW, BUY, px("0.4"), qty("4"), outcome=NO)
    trades = [fact for fact in engine.drain() if isinstance(fact, Trade)]
    assert trades == [Trade(NO, BUY, px("0.4"), qty("4"), taker, (Made(maker, qty("4")),))]
    assert engine.bids.total(px("0.6")) == qty("6")


def test_what_is_left_of_a_limit_order_rests() -> None:
    engine = Engine(TICK, NOW)
    engine.place(NOW, SELL, px("0.5"), qty("3"))
    order = engine.place(NOW, BUY, px("0.52"), qty("10"))
    assert engine.orders[order].size == qty("7")
    assert engine.bids.best == px("0.52")


def test_a_market_order_takes_what_there_is_and_leaves_nothing() -> None:
    engine = Engine(TICK, NOW)
    engine.place(NOW, SELL, px("0.5"), qty("3"))
    engine.place(NOW, SELL, px("0.9"), qty("3"))
    engine.place(NOW, BUY, None, qty("10"), rests=False)
    assert not engine.orders
    assert engine.volume == qty("6")


def test_a_finer_tick_keeps_every_order() -> None:
    engine = Engine(TICK, NOW)
    engine.place(NOW, BUY, px("0.97"), qty("3"))
    engine.drain()
    engine.retick(NOW, px("0.001"))
    assert engine.drain() == [TickChanged(TICK, px("0.001"))]
    assert engine.bids.best == px("0.97")


def test_a_coarser_tick_takes_the_levels_that_do_not_fit_it() -> None:
    engine = Engine(px("0.001"), NOW)
    engine.place(NOW, BUY, px("0.97"), qty("3"))
    engine.place(NOW, BUY, px("0.971"), qty("4"))
    engine.drain()
    engine.retick(NOW, TICK)
    assert engine.drain() == [Level(BUY, px("0.971"), Qty(0)), TickChanged(px("0.001"), TICK)]
    assert list(engine.bids) == [(px("0.97"), qty("3"))]


def test_a_resolved_market_takes_no_orders() -> None:
    engine = Engine(TICK, NOW)
    engine.place(NOW, BUY, px("0.5"), qty("3"))
    with pytest.raises(Refused):
        engine.resolve(NOW, YES)
    engine.clear(NOW)
    engine.resolve(NOW, YES)
    assert engine.drain()[-1] == Resolved(YES)
    with pytest.raises(Refused):
        engine.place(NOW, BUY, px("0.5"), qty("3"))


@pytest.mark.parametrize("price", ["0.535", "0", "1"])
def test_a_price_off_the_grid_is_refused(price: str) -> None:
    with pytest.raises(Refused, match="grid"):
        Engine(TICK, NOW).place(NOW, BUY, px(price), qty("3"))


def test_cancelling_twice_is_harmless() -> None:
    engine = Engine(TICK, NOW)
    order = engine.place(NOW, BUY, px("0.5"), qty("3"))
    assert engine.cancel(NOW, order)
    assert not engine.cancel(NOW, order)


def test_a_plain_market_has_no_other_outcome_and_no_ceiling() -> None:
    engine = Engine(px("1"), NOW, is_paired=False)
    engine.place(NOW, SELL, px("97421"), qty("3"))
    with pytest.raises(Refused, match="one outcome"):
        engine.place(NOW, BUY, px("97421"), qty("1"), outcome=NO)
    engine.place(NOW, BUY, px("97422"), qty("1"))
    assert engine.asks.total(px("97421")) == qty("2")
    assert engine.asks.count(px("97421")) == 1


def test_where_the_tick_follows_the_price_both_grids_stand_in_one_book() -> None:
    engine = Engine(TICK, NOW, grid=lambda price: px("0.001") if price < px("100") else px("0.01"), is_paired=False)
    engine.place(NOW, BUY, px("99.999"), qty("3"))
    engine.place(NOW, SELL, px("100.01"), qty("3"))
    assert (engine.tick_at(px("99.999")), engine.tick_at(px("100"))) == (px("0.001"), px("0.01"))
    assert engine.allows(px("99.991"))
    with pytest.raises(Refused, match="grid"):
        engine.place(NOW, SELL, px("100.011"), qty("3"))
