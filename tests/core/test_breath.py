"""Pauses in long work: never a turn much longer than asked for, never a pause that nothing asked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.breath import PAUSE, TURN, Breath
from tests.day import Day


@given(st.lists(st.floats(0.00001, 0.0009), max_size=60))
def test_no_turn_lasts_longer_than_one_turn_and_one_piece_of_work(pieces: list[float]) -> None:
    day = Day()
    breath = Breath(day.clock, day.rest)
    worked = 0.0
    for piece in pieces:
        day.now += piece
        worked += piece
        before = len(day.rests)
        breath.take()
        assert worked <= TURN + max(pieces) + 1e-9
        if len(day.rests) > before:
            assert worked >= TURN - 1e-9, "it paused although it had hardly worked"
            worked = 0.0
    assert set(day.rests) <= {PAUSE}


def test_whoever_comes_from_a_rest_begins_anew() -> None:
    day = Day()
    breath = Breath(day.clock, day.rest)
    day.now += 5.0
    breath.begin()
    breath.take()
    assert not day.rests
