"""Prices by five significant figures, levels by groups: against slow and obvious decimals."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.units import Px, Qty, px, qty
from pmtui.sim.engine import BUY, SELL
from pmtui.sim.hyperliquid.rules import decimal, grouped, ratio, tick_rule

prices = st.integers(1, 10**16).map(Px)
decimals = st.integers(0, 8)
Levels = list[tuple[Px, Qty, int]]


def is_allowed(price: Decimal, most: int) -> bool:
    """The venue's own words: an integer, or at most five figures and so many decimals."""
    if price == price.to_integral_value():
        return True
    _, digits, exponent = price.normalize().as_tuple()
    return len(digits) <= 5 and isinstance(exponent, int) and -exponent <= most


@given(prices, decimals)
def test_the_grid_holds_exactly_the_prices_that_the_venue_allows(price: Px, most: int) -> None:
    on_grid = price % tick_rule(most)(price) == 0
    assert on_grid == is_allowed(Decimal(price) / 10**9, most)


@pytest.mark.parametrize(
    ("price", "most", "tick"),
    [
        ("108246", 1, "1"),
        ("98450", 1, "1"),
        ("9999.9", 1, "0.1"),
        ("2538.7", 2, "0.1"),
        ("99.999", 4, "0.001"),
        ("100", 4, "0.01"),
        ("0.10247", 6, "0.00001"),
        ("0.001234", 6, "0.000001"),
        ("0.00012345", 8, "0.00000001"),
    ],
)
def test_the_tick_moves_with_the_price(price: str, most: int, tick: str) -> None:
    assert tick_rule(most)(px(price)) == px(tick)


@st.composite
def sides(draw: st.DrawFn) -> tuple[str, Levels]:
    side = draw(st.sampled_from((BUY, SELL)))
    found = draw(st.lists(st.integers(10**5, 10**15), min_size=1, max_size=40, unique=True))
    ordered = sorted(found, reverse=side == BUY)
    return side, [(Px(price), Qty(draw(st.integers(1, 10**12))), draw(st.integers(1, 9))) for price in ordered]


groupings = st.one_of(
    st.tuples(st.sampled_from((2, 3, 4, 5)), st.none()), st.tuples(st.just(5), st.sampled_from((1, 2, 5)))
)


def totals(levels: Sequence[tuple[Px, Qty, int]]) -> tuple[int, int]:
    return sum(size for _, size, _ in levels), sum(orders for _, _, orders in levels)


@given(sides(), groupings)
def test_grouping_keeps_every_share_and_every_order(side: tuple[str, Levels], grouping: tuple[int, int | None]) -> None:
    kind, levels = side
    figures, mantissa = grouping
    made = grouped(levels, kind, figures=figures, mantissa=mantissa)
    assert totals(made) == totals(levels)


@given(sides(), groupings)
def test_groups_are_sorted_and_rounded_away_from_the_middle(
    side: tuple[str, Levels], grouping: tuple[int, int | None]
) -> None:
    kind, levels = side
    figures, mantissa = grouping
    edges = [price for price, _, _ in grouped(levels, kind, figures=figures, mantissa=mantissa)]
    assert edges == sorted(set(edges), reverse=kind == BUY)
    rounding = ROUND_FLOOR if kind == BUY else ROUND_CEILING
    for price, _, _ in levels:
        unit = Decimal(10) ** (len(str(price)) - figures) * (mantissa or 1)
        unit = max(unit, Decimal(mantissa or 1))
        assert int((price / unit).to_integral_value(rounding) * unit) in edges


def test_without_a_grouping_levels_stay_as_they_are() -> None:
    levels = [(px("99.999"), qty("1"), 2), (px("99.9"), qty("3"), 1)]
    assert grouped(levels, BUY, figures=None, mantissa=None) == levels


@given(st.integers(-(10**18), 10**18))
def test_numbers_always_have_a_dot_and_no_idle_zeros(value: int) -> None:
    text = decimal(value)
    assert Decimal(text) * 10**9 == value
    whole, _, part = text.partition(".")
    assert whole
    assert part == "0" or not part.endswith("0")


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**12), st.integers(1, 10))
def test_a_ratio_is_cut_towards_nothing(part: int, whole: int, places: int) -> None:
    unit = Decimal(1).scaleb(-places)
    exact = Decimal(part) / Decimal(whole)
    assert abs(Decimal(ratio(part, whole, places))) <= abs(exact) + Decimal("1e-20")
    assert abs(exact - Decimal(ratio(part, whole, places))) < unit + Decimal("1e-20")
