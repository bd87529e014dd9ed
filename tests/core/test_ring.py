"""A bounded row that counts all that ever passed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.ring import Ring


@given(keep=st.integers(1, 8), steps=st.lists(st.integers(0, 12), max_size=12))
def test_a_reader_with_a_cursor_reads_each_entry_once_or_not_at_all(keep: int, steps: list[int]) -> None:
    ring: Ring[int] = Ring(keep)
    all_there_were: list[int] = []
    cursor = 0
    for count in steps:
        for _ in range(count):
            ring.push(len(all_there_were))
            all_there_were.append(len(all_there_were))
        read, after = ring.since(cursor)

        assert read == all_there_were[cursor:][-keep:]
        assert after == ring.total == len(all_there_were)
        assert ring.oldest == ring.total - len(ring.ring)
        cursor = after


def test_a_cursor_ahead_of_all_entries_reads_nothing() -> None:
    ring: Ring[int] = Ring(4)
    ring.push(1)

    assert ring.since(99) == ([], 1)
