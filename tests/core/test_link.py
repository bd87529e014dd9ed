"""What counts as life of a connection."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.link import GROWS, Link
from pmtui.core.units import Millis


@pytest.mark.parametrize(
    ("data_at", "since", "silent"), [(0, 0, True), (5_000, 0, False), (0, 5_000, False), (999, 0, True)]
)
def test_a_link_is_silent_for_as_long_as_it_brought_nothing(data_at: int, since: int, silent: bool) -> None:
    link = Link("l", data_at=Millis(data_at), since=Millis(since))

    assert link.silent(10_000, 9_000) is silent


@given(st.lists(st.tuples(st.integers(0, 400), st.booleans()), max_size=60))
def test_a_link_lives_only_on_messages_that_grow(steps: list[tuple[int, bool]]) -> None:
    link, now, coming = Link("l"), 0, 0
    for more, whole in steps:
        now += 1_000
        coming = more if whole else coming + more
        if whole:
            link.heard_at = Millis(now)
        link.look(coming, Millis(now))
        grown = link.grown_at == now
        assert not (grown and whole)
        assert not grown or coming >= GROWS
        assert link.silent(now, now - 1)


def test_what_waits_in_many_messages_is_no_growth_of_one() -> None:
    link = Link("l")
    for now in range(1_000, 60_000, 50):
        link.heard_at = Millis(now - 10)
        link.look(now * 7 % 50_000, Millis(now))

    assert link.grown_at == 0
