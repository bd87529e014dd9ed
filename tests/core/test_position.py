"""Positions beside sums of fractions."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.position import FLAT, Position, after, without
from pmtui.core.units import ONE, px, qty

TRADES = st.lists(
    st.tuples(
        st.integers(-500, 500).filter(bool).map(lambda n: n * ONE // 10),
        st.integers(1, 999).map(lambda n: n * ONE // 1000),
    ),
    max_size=30,
)


def held(*trades: tuple[int, int]) -> Position:
    position = FLAT
    for signed, price in trades:
        position = after(position, signed, price)
    return position


def naive(trades: list[tuple[int, int]]) -> tuple[int, Fraction, Fraction]:
    """Net, average and realised gain, with the average as the fraction that it is."""
    net, average, realised = 0, Fraction(0), Fraction(0)
    for signed, price in trades:
        if net * signed >= 0:
            average = (average * net + Fraction(price) * signed) / (net + signed)
        else:
            closed = min(abs(net), abs(signed)) * (1 if net > 0 else -1)
            realised += closed * (price - average)
            if abs(signed) > abs(net):
                average = Fraction(price)
        net += signed
    return net, average, realised


@given(TRADES)
def test_a_position_is_the_sum_of_its_fills(trades: list[tuple[int, int]]) -> None:
    position = held(*trades)
    net, average, realised = naive(trades)
    assert position.net == net == position.bought - position.sold
    assert position.fills == len(trades)
    assert abs(position.realised - realised) <= len(trades)  # each closing cuts less than one 1e-18
    if net:
        assert position.average is not None
        assert abs(position.average - average) <= Fraction(1, 2) + Fraction(len(trades), abs(net))
    else:
        assert position.average is None
        assert position.cost == 0


@given(TRADES, st.integers(0, ONE))
def test_what_is_gained_is_never_rounded_away(trades: list[tuple[int, int]], mid: int) -> None:
    position = held(*trades)
    paid = sum(signed * price for signed, price in trades)
    assert position.realised + position.unrealised(mid) == position.net * mid - paid


@given(TRADES, st.integers(1, 500), st.integers(1, ONE - 1))
def test_a_fill_that_is_undone_leaves_net_and_cash_as_they_were(
    trades: list[tuple[int, int]], size: int, price: int
) -> None:
    before = held(*trades)
    undone = without(after(before, size, price), size, price)
    assert (undone.net, undone.cash, undone.bought, undone.sold, undone.fills) == (
        before.net,
        before.cash,
        before.bought,
        before.sold,
        before.fills,
    )


def test_the_average_and_the_gain_of_a_day() -> None:
    position = held((qty("100"), px("0.3")), (qty("100"), px("0.4")), (-qty("50"), px("0.5")))
    assert position.net == qty("150")
    assert position.average == px("0.35")
    assert position.realised == qty("7.5") * ONE
    assert position.unrealised(px("0.45")) == qty("15") * ONE


def test_more_sold_than_was_had_is_a_short_at_its_own_price() -> None:
    position = held((qty("10"), px("0.4")), (-qty("30"), px("0.6")))
    assert (position.net, position.average) == (-qty("20"), px("0.6"))
    assert position.realised == qty("2") * ONE
