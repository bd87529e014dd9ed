"""Numbers as a trader reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.units import px, qty
from pmtui.ui import numbers


@pytest.mark.parametrize(
    ("price", "tick", "text"),
    [
        ("0.52", "0.01", "52"),
        ("0.335", "0.001", "33.5"),
        ("0.5225", "0.0025", "52.25"),
        ("0.515", "0.005", "51.5"),
        ("0.5203", "0.0001", "52.03"),
        ("0.3", "0.1", "30"),
        ("0.999", "0.001", "99.9"),
        ("0.001", "0.001", "0.1"),
    ],
)
def test_prices_read_as_cents_with_the_decimals_of_their_tick(price: str, tick: str, text: str) -> None:
    assert numbers.price(px(price), px(tick)) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        ("0", ""), ("0.0000001", "<.001"), ("0.0048", ".0048"), ("0.0616", "0.061"),
        ("0.28", "0.28"), ("5", "5"), ("9.5", "9.5"), ("898", "898"),
        ("999.99", "999"), ("1000", "1.0K"), ("2540", "2.5K"), ("18000", "18.0K"), ("999949", "999K"),
        ("1300000", "1.3M"), ("999999999", "999M"), ("2000000000", "2.0B"),
    ],
)  # fmt: skip
def test_sizes_are_short(size: str, text: str) -> None:
    assert numbers.size(qty(size)) == text


@given(st.integers(0, 10**21 - 1))
def test_a_size_never_takes_more_than_its_column(size: int) -> None:
    assert len(numbers.size(size)) <= 6


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0.0s"), (-5, "0.0s"), (400, "0.4s"), (9_940, "9.9s"), (9_960, "9s"), (12_000, "12s"), (119_000, "119s"),
        (120_000, "2m"), (3_600_000, "1h"), (90_000_000, "1d"), (10**12, "–"),
    ],
)  # fmt: skip
def test_ages_are_short(ms: int, text: str) -> None:
    assert numbers.age(ms) == text


def test_money_is_price_times_size() -> None:
    assert numbers.money(px("0.337") * qty("150")) == "$50"
    assert numbers.money(px("0.5") * qty("0.28")) == "$0.14"
    assert numbers.money(px("0.4") * qty("3000000")) == "$1.2M"


@pytest.mark.parametrize(
    ("name", "text"),
    [("sh", " sh"), ("BTC", " BTC"), ("", ""), ("kPEPE", " kPEPE"), ("FARTCOIN", " FARTCOIN"), ("A" * 20, " AAAAAAA…")],
)
def test_a_unit_stands_behind_its_size_and_is_never_long(name: str, text: str) -> None:
    assert numbers.unit(name) == text


def test_a_unit_from_outside_is_made_harmless() -> None:
    assert numbers.unit("\x1b[2JX") == " [2JX"
