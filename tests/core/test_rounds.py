"""Everybody is looked after in a while, what is on the screen each time, and never too many at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.instrument import InstrumentId
from pmtui.core.rounds import FEW, ROUND, Rounds
from pmtui.core.units import Millis


def names(count: int) -> dict[InstrumentId, None]:
    return {InstrumentId(f"venue:{number:04}"): None for number in range(count)}


def test_a_few_are_looked_after_each_time() -> None:
    turns, few = Rounds(), names(FEW)
    assert all(turns.take(few, frozenset(), Millis(at)) == list(few) for at in range(0, 500, 50))


@given(st.integers(FEW + 1, 1_200), st.integers(1, ROUND), st.sets(st.integers(0, FEW), max_size=3))
def test_many_take_turns(count: int, step: int, watched: set[int]) -> None:
    turns, many = Rounds(), names(count)
    shown = frozenset(list(many)[each] for each in watched)
    assert set(turns.take(many, shown, Millis(0))) == set(many)
    seen: set[InstrumentId] = set()
    for at in range(step, ROUND + 2 * step, step):
        taken = turns.take(many, shown, Millis(at))
        assert len(set(taken)) == len(taken) <= max(FEW, -(-count * step // ROUND)) + len(shown)
        assert shown <= set(taken)
        seen |= set(taken)
    assert seen == set(many)


@given(st.lists(st.sets(st.integers(0, 199)), min_size=2, max_size=9))
def test_who_is_gone_has_no_turn_and_who_came_gets_one(scenes: list[set[int]]) -> None:
    turns, all_names = Rounds(), list(names(200))
    for place, scene in enumerate(scenes):
        there = {all_names[each]: None for each in scene}
        taken: set[InstrumentId] = set()
        for at in range(place * 2 * ROUND, (place + 1) * 2 * ROUND, 50):
            taken |= set(turns.take(there, frozenset(all_names[:2]), Millis(at)))
        assert taken == set(there)
