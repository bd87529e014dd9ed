"""Numbers are exact or refused."""

from __future__ import annotations

from contextlib import suppress
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.units import (
    DECIMALS,
    ONE,
    NotANumber,
    Reader,
    billionths,
    ceil_to,
    floor_to,
    places,
    plain,
    px,
    qty,
    rounded,
    seconds_until,
    show,
)
from tests.effort import effort

BIGGEST = 10**12 * ONE - 1
values = st.integers(0, BIGGEST)
steps = st.sampled_from([px(text) for text in ("0.1", "0.05", "0.01", "0.005", "0.0025", "0.001", "0.0001", "1")])

REFUSED: list[object] = [
    # N1-5: words and exponents
    "NaN", "nan", "sNaN", "Infinity", "-Infinity", "inf", "1e309", "5e-1", "1E5", "1e9999999", "1_000",
    # N6-10: blanks, other scripts, signs, other notations, half a number
    " 0.5", "0.5 ", "0.5\n", "\t0.5", "0. 5", "٠.٥", "०.५", "０.５", "0．5", "²", "+0.5", "0x1", "1/2", "0,53",
    "", ".", "5.", "..5", "0.5.1", "1.2.3",
    # N13-14: signs again
    "-0.01", "-0", "−1",
    # N18, N22-30: too fine, too long, too large
    "0." + "1" * 40, "0.0000000001", "0.12345678912", "12345678901234567890", "1" * 25, "1000000000000",
    # N20-21: not text at all
    0.53, 1, True, None, [], {}, b"0.5",
    # text that only looks like a number
    "0.5\0", "\ufeff0.5", "0.5\u200b", "½", "$0.5", "0.5%",
]  # fmt: skip

ACCEPTED = {
    ".48": 480_000_000,
    "0.480": 480_000_000,
    "0.48": 480_000_000,
    "0": 0,
    "0.0": 0,
    "1": ONE,
    "1.0": ONE,
    "007": 7 * ONE,
    "0.0000001": 100,
    "0.000000001": 1,
    "182.92": 182_920_000_000,
    "219.217767": 219_217_767_000,
    "999999999999.999999999": BIGGEST,
}


@pytest.mark.parametrize("text", REFUSED, ids=repr)
def test_what_is_not_a_plain_decimal_is_refused(text: object) -> None:
    with pytest.raises(NotANumber):
        billionths(text)


@pytest.mark.parametrize(("text", "value"), ACCEPTED.items())
def test_a_plain_decimal_is_read_exactly(text: str, value: int) -> None:
    assert [billionths(text), px(text), qty(text)] == [value] * 3


def refuse_often(text: str) -> None:
    for _ in range(100):
        with suppress(NotANumber):
            billionths(text)


@pytest.mark.parametrize("text", ["9" * 1_000_000, "0." + "9" * 1_000_000, "x" * 1_000_000])
def test_a_megabyte_of_digits_is_refused_without_a_look_at_all_of_them(text: str) -> None:
    with pytest.raises(NotANumber):
        billionths(text)
    most = 20 * effort(lambda: refuse_often(text[:100]))
    assert effort(lambda: refuse_often(text), below=most) < most


def test_a_refusal_names_the_value_but_not_all_of_it() -> None:
    with pytest.raises(NotANumber, match=r"5e-1.*plain decimal"):
        billionths("5e-1")
    with pytest.raises(NotANumber) as refusal:
        billionths("9" * 1_000_000)
    assert len(str(refusal.value)) < 100


@given(st.from_regex(r"[0-9]{0,3}\.[0-9]{1,30}", fullmatch=True) | st.integers(0, 10**9).map(str))
def test_a_value_that_is_finer_than_a_billionth_is_rounded_half_to_even(text: str) -> None:
    exact = (Decimal("0" + text) * ONE).quantize(Decimal(1), ROUND_HALF_EVEN)
    assert rounded(text) == exact


@pytest.mark.parametrize("text", [None, 7, "", "1e5", "-0.1", "0.1234567891x", "0.12345678910٣", "0." + "1" * 39])
def test_what_is_not_a_plain_decimal_is_not_rounded_either(text: object) -> None:
    with pytest.raises(NotANumber):
        rounded(text)


@given(values)
def test_the_shortest_text_of_a_value_reads_back_as_the_value(value: int) -> None:
    assert billionths(plain(value)) == value


@given(values)
def test_all_decimals_of_a_value_read_back_as_the_value(value: int) -> None:
    assert billionths(show(value, DECIMALS)) == value


@given(values)
def test_the_shortest_text_has_no_needless_zero(value: int) -> None:
    text = plain(value)

    assert "." not in text or not text.endswith(("0", "."))
    assert Decimal(text) == Decimal(value) / ONE


@given(st.text(max_size=30))
def test_any_text_is_either_refused_or_what_decimal_says(text: str) -> None:
    try:
        value = billionths(text)
    except NotANumber:
        return
    assert Decimal(value) / ONE == Decimal(text)
    assert 0 <= value <= BIGGEST


@given(st.from_regex(r"[0-9]{0,8}(\.[0-9]{1,9})?", fullmatch=True).filter(bool))
def test_every_plain_decimal_that_fits_is_accepted(text: str) -> None:
    assert Decimal(billionths(text)) == Decimal(text) * ONE


@given(values, st.integers(0, DECIMALS))
def test_showing_cuts_and_never_rounds_up(value: int, decimals: int) -> None:
    shown = billionths(show(value, decimals))

    assert 0 <= value - shown < 10 ** (DECIMALS - decimals)
    assert len(show(value, decimals).partition(".")[2]) == decimals


@given(values, st.integers(0, DECIMALS))
def test_a_negative_value_shows_as_its_opposite_with_a_sign(value: int, decimals: int) -> None:
    if value:
        assert show(-value, decimals) == "-" + show(value, decimals)


@given(st.integers(0, 10_000), steps)
def test_the_places_of_a_step_are_enough_for_every_multiple_and_not_too_many(times: int, step: int) -> None:
    decimals = places(step)

    assert billionths(show(times * step, decimals)) == times * step
    assert decimals == 0 or step % 10 ** (DECIMALS - decimals + 1)


@pytest.mark.parametrize(("step", "decimals"), [("1", 0), ("0.1", 1), ("0.005", 3), ("0.0025", 4), ("0.000000001", 9)])
def test_places_of_the_usual_ticks(step: str, decimals: int) -> None:
    assert places(px(step)) == decimals


@given(values, steps)
def test_flooring_and_ceiling_hold_the_value_between_them(value: int, step: int) -> None:
    below, above = floor_to(value, step), ceil_to(value, step)

    assert below <= value <= above
    assert below % step == above % step == 0
    assert above - below == (0 if value % step == 0 else step)


@given(values, steps)
def test_a_value_on_the_step_stays_where_it_is(times: int, step: int) -> None:
    value = times % 1_000 * step
    assert floor_to(value, step) == ceil_to(value, step) == value


def test_a_reader_reads_a_text_once() -> None:
    asked: list[object] = []

    def read(text: object) -> int:
        asked.append(text)
        return billionths(text)

    reader = Reader(read)

    assert [reader["0.5"], reader["0.5"], reader[".5"]] == [500_000_000] * 3
    assert asked == ["0.5", ".5"]


def test_a_reader_forgets_rather_than_grows() -> None:
    reader = Reader(billionths, limit=8)

    for n in range(1_000):
        assert reader[f"{n}.5"] == n * ONE + ONE // 2
        assert len(reader) <= 8


def test_a_reader_does_not_keep_what_it_refused() -> None:
    reader = Reader(billionths)

    for _ in range(2):
        with pytest.raises(NotANumber):
            reader["1e5"]
    assert not reader


@given(st.integers(0, 10**12), st.integers(-(10**6), 10**6))
def test_seconds_until_a_moment_are_those_that_must_pass_at_least(now: int, wait: int) -> None:
    seconds = seconds_until(now + wait, now)
    assert seconds == 0 if wait <= 0 else wait <= 1_000 * seconds < wait + 1_000
