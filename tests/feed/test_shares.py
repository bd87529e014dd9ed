"""Who carries what: all of it once, nobody beyond its room, both outcomes of a market together where that can be."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.instrument import InstrumentId
from pmtui.feed.shares import shares

numbers = st.integers(0, 39)


def name(number: int) -> InstrumentId:
    return InstrumentId(f"venue:{number}")


def other(number: int) -> InstrumentId | None:
    """Of ten markets one has a single outcome."""
    return None if number % 20 in (0, 1) else name(number ^ 1)


@given(
    st.lists(numbers, unique=True),
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 9)),
    st.integers(2, 12),
    st.randoms(use_true_random=False),
)
def test_all_are_carried_once_and_outcomes_together(
    ids: list[int], rooms: dict[str, int], capacity: int, random: Random
) -> None:
    there = [number for number in range(40) if number not in ids and rooms and random.random() < 0.5]
    carried = {name(number): random.choice(sorted(rooms)) for number in there}
    others = {name(number): other(number) for number in ids}
    taken, begun = shares(map(name, ids), others, carried, rooms, capacity)
    placed = [each for mine in [*taken.values(), *begun] for each in mine]
    assert sorted(placed) == sorted(map(name, ids))
    assert all(0 < len(mine) <= rooms[at] for at, mine in taken.items())
    assert all(0 < len(mine) <= capacity for mine in begun)
    new = {str(place): mine for place, mine in enumerate(begun)}
    homes = {each: at for at, mine in [*taken.items(), *new.items()] for each in mine}
    for each, the_other in others.items():
        if the_other is None:
            continue
        if the_other in homes:
            assert homes[the_other] == homes[each]
        elif (home := carried.get(the_other)) is not None and homes[each] != home:
            # Only because there is no room any more.
            assert len(taken.get(home, [])) == rooms[home]


def test_a_late_outcome_joins_the_market_that_is_there() -> None:
    others = {name(3): name(2)}
    assert shares([name(3)], others, {name(2): "second"}, {"first": 5, "second": 1}, 9) == ({"second": [name(3)]}, [])
