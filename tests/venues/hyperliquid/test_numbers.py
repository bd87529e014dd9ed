"""The tick that follows from a price, and texts that are no numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.units import ONE, NotANumber, px
from pmtui.venues.hyperliquid.numbers import (
    PRICES,
    SHARES,
    decimals,
    finest,
    next_tick,
    outcome_tick,
    sent_at,
    tick_of,
)


@pytest.mark.parametrize(
    ("price", "symbol", "size_decimals", "tick"),
    [
        ("108246", "BTC", 5, "1"),
        ("98450", "BTC", 5, "1"),
        ("2538.7", "ETH", 4, "0.1"),
        ("0.001234", "kPEPE", 0, "0.000001"),
        ("0.10247", "DOGE", 0, "0.00001"),
        ("9.9999", "AVAX", 2, "0.0001"),
        ("10", "AVAX", 2, "0.001"),
        ("0.00012345", "@230", 0, "0.00000001"),
        ("0.00000123", "@230", 0, "0.00000001"),
        ("41.873", "@107", 2, "0.001"),
        ("1.5", "BTC", 5, "0.1"),
    ],
)
def test_the_tick_has_five_figures_and_no_more_decimals_than_the_coin(
    price: str, symbol: str, size_decimals: int, tick: str
) -> None:
    assert tick_of(px(price), decimals(symbol, size_decimals)) == px(tick)


@given(st.integers(1, 10**7 * ONE), st.integers(0, 8))
def test_the_tick_is_the_documents_formula(price: int, most: int) -> None:
    figures = Decimal(price).scaleb(-9)
    formula = min(Decimal(1), max(Decimal(10) ** (figures.adjusted() - 4), Decimal(10) ** -most))

    assert Decimal(tick_of(price, most)).scaleb(-9) == max(formula, Decimal("1e-9"))


@given(st.integers(1, 10**7 * ONE), st.integers(1, 10**7 * ONE), st.integers(0, 8))
def test_a_higher_price_has_no_finer_tick(one: int, other: int, most: int) -> None:
    assert tick_of(min(one, other), most) <= tick_of(max(one, other), most)


def test_the_grid_becomes_finer_at_once_and_coarser_only_beyond_the_border() -> None:
    coarse, fine = px("0.001"), px("0.0001")

    assert next_tick(coarse, px("9.9999"), 4) == fine
    assert next_tick(fine, px("10"), 4) == fine
    assert next_tick(fine, px("10.0019"), 4) == fine
    assert next_tick(fine, px("10.002"), 4) == coarse
    assert next_tick(0, px("10"), 4) == coarse


@given(st.lists(st.integers(px("9.9"), px("10.1")), min_size=1))
def test_every_price_is_on_the_grid_and_it_turns_only_when_the_price_went_a_way(prices: list[int]) -> None:
    tick = next_tick(0, prices[0], 4)
    for price in prices:
        before, tick = tick, next_tick(tick, price, 4)
        assert tick <= tick_of(price, 4)
        assert tick <= before or price >= px("10.002")


def test_an_outcome_trades_in_thousandths_until_a_finer_price_is_seen() -> None:
    assert outcome_tick(0, [px("0.5"), px("0.41")]) == px("0.001")
    assert outcome_tick(px("0.001"), [px("0.4125")]) == px("0.0001")
    assert outcome_tick(px("0.0001"), [px("0.5")]) == px("0.0001")


@given(st.lists(st.integers(1, 10**6), min_size=1), st.integers(0, 9))
def test_the_finest_power_divides_every_price(prices: list[int], power: int) -> None:
    scaled = [each * 10**power for each in prices]
    step = finest(scaled)

    assert all(each % step == 0 for each in scaled)
    assert step >= 10**power
    assert any(each % (step * 10) for each in scaled)


@pytest.mark.parametrize("text", ["0", "-1", "1e5", "NaN", "Infinity", "", " 1", "1_0", "0x1", "٣", "0.0000000001"])
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(NotANumber):
        PRICES[text]


def test_an_outcomes_price_is_between_nothing_and_one() -> None:
    assert SHARES["0.5"] == px("0.5")
    for text in ("1", "1.0", "0", "1.01"):
        with pytest.raises(NotANumber):
            SHARES[text]


@pytest.mark.parametrize("sent", [0, -1, 1_800_000_000, 10**18, "soon", "", None, True, 1.5])
def test_a_time_that_makes_no_sense_is_none(sent: object) -> None:
    assert sent_at(sent) == 0


def test_a_time_is_a_number_or_its_text() -> None:
    assert sent_at(1_800_000_000_000) == sent_at("1800000000000") == 1_800_000_000_000
