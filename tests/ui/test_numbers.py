"""Numbers as a trader reads them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.ahead import Resting
from pmtui.core.units import ONE, px, qty
from pmtui.ui import numbers, ours


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
    ("size", "text", "cut"),
    [
        ("0", "", ""), ("0.0000001", "<0.01", "<0.01"), ("0.0048", ".0048", ".0048"), ("0.0616", "0.062", "0.061"),
        ("0.00999", "0.01", ".0099"), ("0.9996", "1", "0.999"), ("0.28", "0.28", "0.28"), ("5", "5", "5"),
        ("9.5", "9.5", "9.5"), ("9.996", "10", "9.99"), ("64.5", "65", "64"), ("898", "898", "898"),
        ("999.99", "1.0K", "999"), ("1000", "1.0K", "1.0K"), ("2540", "2.5K", "2.5K"), ("2550", "2.6K", "2.5K"),
        ("18000", "18.0K", "18.0K"), ("99950", "100K", "99.9K"), ("999949", "1.0M", "999K"),
        ("1300000", "1.3M", "1.3M"), ("999999999", "1.0B", "999M"), ("2000000000", "2.0B", "2.0B"),
    ],
)  # fmt: skip
def test_sizes_are_short_and_rounded_or_cut(size: str, text: str, cut: str) -> None:
    assert (numbers.size(qty(size)), numbers.resting(qty(size))) == (text, cut)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        ("0", ""), ("0.0000001", ".0001"), ("0.00481", ".0049"), ("0.0611", "0.062"), ("0.9991", "1"), ("64.1", "65"),
        ("999.1", "1.0K"), ("1249", "1.3K"), ("1200", "1.2K"), ("10440", "10.5K"), ("184900", "185K"),
        ("999100", "1.0M"),
    ],
)  # fmt: skip
def test_bounds_are_rounded_up(size: str, text: str) -> None:
    assert numbers.bound(qty(size)) == text


@given(st.integers(1, 999 * 10**18))
def test_a_bound_is_never_told_smaller_than_it_is(size: int) -> None:
    text = numbers.bound(size)
    figures, unit = (text[:-1], text[-1]) if text[-1] in "KMB" else (text, "")
    told = Fraction(figures) * 1_000 ** " KMB".index(unit or " ")
    assert size <= told * ONE <= size * Fraction(11, 10) + ONE // 10_000
    assert len(text) <= 5


@given(st.integers(1, 10**31))
def test_a_sign_before_money_and_sizes_says_only_what_is_so(value: int) -> None:
    least = numbers.at_least(value)
    assert sum(least.count(sign) for sign in "≥<>") == 1
    assert least == (told := numbers.money(value, cut=True)) or f"≥{told}" == least or (told[0], least) == ("<", "≥$0")
    for coins in (False, True):
        size, told = numbers.no_less(value, coins=coins), numbers.resting(value, coins=coins)
        assert sum(size.count(sign) for sign in "≥<>") == 1
        assert size == told or f"≥{told}" == size or (told[0], size) == ("<", "≥0")
    most = ours.ahead(Resting(ONE, None, value))
    assert most == "?" or (most[0] == "≤" and not {*most[1:]} & {*"<>≥"})


@pytest.mark.parametrize(
    ("value", "text"), [("0.001", "≥$0"), ("5", "≥$5.00"), ("12345", "≥$12.3K"), ("1500000000", "≥$1.5B")]
)
def test_what_there_is_at_least_is_told_with_one_sign(value: str, text: str) -> None:
    assert numbers.at_least(qty(value) * ONE) == text
    assert numbers.at_least(1_000_000_000_000 * ONE * ONE) == ">$999B"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        ("0.00001", "<.001"), ("0.5", "0.500"), ("2.3456", "2.346"), ("10.98", "10.98"), ("10.5", "10.50"),
        ("123.46", "123.5"), ("2540", "2.5K"),
    ],
)  # fmt: skip
def test_coins_have_as_many_figures_as_five_characters_hold(size: str, text: str) -> None:
    assert numbers.size(qty(size), coins=True) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        ("90", "90"), ("90.25", "90.25"), ("1234", "1234"), ("1234.5", "1234.5"), ("1234.56", "1234.6"),
        ("12345.67", "12346"), ("123456", "123456"), ("1234567", "1.2M"), ("0.00001", "<.001"), ("52.00000001", "52"),
    ],
)  # fmt: skip
def test_sizes_of_our_own_are_exact_as_far_as_there_is_room(size: str, text: str) -> None:
    assert numbers.exact(qty(size)) == text


@given(st.integers(0, 10**21 - 1), st.integers(5, 10), st.booleans())
def test_no_size_is_ever_told_as_nothing(size: int, room: int, coins: bool) -> None:
    for text in (numbers.size(size, coins=coins), numbers.resting(size, coins=coins), numbers.exact(size, room)):
        assert any(digit in text for digit in "123456789") == bool(size)
        assert len(text) <= 6 or text == numbers.exact(size, room)
    assert len(numbers.exact(size, room)) <= max(5, room)


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


@given(st.integers(0, 10**30), st.integers(0, 10**30), st.sampled_from([0, 2]))
def test_none_and_all_are_said_only_of_none_and_all(part: int, rest: int, decimals: int) -> None:
    if part + rest:
        text = numbers.percent(part, part + rest, decimals)
        assert (float(text[:-1]) == 0) == (not part)
        assert (float(text[:-1]) == 100) == (not rest)
        assert abs(float(text[:-1]) - 100 * part / (part + rest)) < 1.01 / 10**decimals


def test_an_average_is_rounded_where_a_price_is_cut() -> None:
    assert numbers.average(px("0.51482"), px("0.001")) == "51.5"
    assert numbers.price(px("0.51482"), px("0.001")) == "51.4"
    assert numbers.average(px("0.50125"), px("0.0025")) == "50.13"


def test_an_average_between_nothing_and_all_is_told_as_neither() -> None:
    assert numbers.average(px("0.999999"), px("0.001")) == "99.9"
    assert numbers.average(px("0.000001"), px("0.01")) == "1"
    assert numbers.average(px("1"), px("0.01")) == "100"
    assert numbers.average(px("1.999999"), px("0.001"), cents=False) == "2.000"


@pytest.mark.parametrize(
    ("tick", "price", "text"),
    [
        ("0.1", "0.0008", "0.1"),
        ("0.1", "0.9993", "99.9"),
        ("0.1", "0.993", "99.3"),
        ("0.1", "0.17", "17"),
        ("0.1", "0.3", "30"),
        ("0.01", "0.993", "99.3"),
        ("0.001", "0.33786", "33.79"),
    ],
)
def test_a_price_that_printed_between_ticks_of_whole_cents_is_told_to_a_tenth_of_one(
    tick: str, price: str, text: str
) -> None:
    assert numbers.paid(px(price), px(tick)) == text


def test_money_is_price_times_size() -> None:
    assert numbers.money(px("0.337") * qty("150")) == "$51"
    assert numbers.money(px("0.323") * qty("65")) == "$21"
    assert numbers.money(px("0.337") * qty("150"), cut=True) == "$50"
    assert numbers.money(px("0.001") * qty("0.1")) == "<$.01"
    assert numbers.money(0) == "$0.00"
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


def test_a_date_of_another_year_tells_its_year() -> None:
    assert numbers.date(1_800_000_000, 1_799_900_000) == "Jan 15"
    assert numbers.date(1_800_000_000, 1_790_000_000) == "Jan 15 2027"
