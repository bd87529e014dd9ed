"""Which way a price went lately, by the series that the board keeps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.board import Board
from pmtui.core.drift import EVERY, KNOWN_AFTER, OVER, Drift
from pmtui.core.instrument import Instrument, identify
from pmtui.core.units import Millis, Px, Qty

START = 1_790_000_000_000
SECOND = 1_000
moments = st.lists(st.tuples(st.integers(1, 9_000), st.integers(2, 900)), min_size=1, max_size=80)  # no bid at zero


def sign(number: int) -> int:
    return (number > 0) - (number < 0)


def begun(mid: int) -> Board:
    board = Board(Instrument(identify("made-up", "1"), "made-up", "1"))
    board.forget(Millis(START))
    board.synced = True
    quote(board, mid, START)
    return board


def quote(board: Board, mid: int, at: int) -> None:
    board.book.replace({Px(mid - 1): Qty(1)}, {Px(mid + 1): Qty(1)})
    board.quote(Millis(at))


def test_a_book_that_has_just_come_went_nowhere_yet() -> None:
    board = begun(500)
    assert Drift().weigh(board, 500, START + KNOWN_AFTER - 1) is None
    assert Drift().weigh(board, 500, START + KNOWN_AFTER) == 0
    board.move(START)
    assert Drift().weigh(board, 500, START + KNOWN_AFTER - 1) is None
    assert Drift().weigh(board, 500, START + KNOWN_AFTER) == 0


def test_a_book_that_stood_still_until_now_is_known_since_it_came() -> None:
    board = begun(500)
    board.move(START + 30_000)
    quote(board, 510, START + 30_000)
    assert Drift().weigh(board, 510, START + 31_000) == 1


def test_nobody_has_to_have_looked_before() -> None:
    board = begun(500)
    board.move(START)
    quote(board, 400, START + 10_000)
    assert Drift().weigh(board, 400, START + 18_000) == -1
    assert Drift().weigh(board, 400, START + 10_000 + OVER + SECOND) == 0


@given(moments)
def test_it_equals_a_comparison_with_the_mid_of_a_minute_ago(told: list[tuple[int, int]]) -> None:
    board, now = begun(500), START
    board.move(START)
    quoted = [(START, 500)]
    for wait, mid in told:
        now += wait
        quote(board, mid, now)
        quoted.append((now, mid))
        then = (now - OVER) // SECOND * SECOND
        before = next((each for at, each in reversed(quoted) if at < then), 500)
        known = now - START >= KNOWN_AFTER
        assert Drift().weigh(board, mid, now) == (sign(mid - before) if known else None)


@given(moments)
def test_the_direction_changes_at_most_once_a_second(told: list[tuple[int, int]]) -> None:
    board, drift, now, turned = begun(500), Drift(), START, 0
    board.move(START)
    before = None
    for wait, mid in told:
        now += wait
        quote(board, mid, now)
        if drift.weigh(board, mid, now) != before:
            assert now - turned >= EVERY
            before, turned = drift.direction, now
