"""Books that are told only so deep: what lies deeper was not added or pulled, only told or not told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.flow import Flow

START = 1_790_000_000_000

Sizes = dict[int, int]

BIDS = st.dictionaries(st.integers(1, 9), st.integers(1, 50), max_size=6)
ASKS = st.dictionaries(st.integers(11, 19), st.integers(1, 50), max_size=6)


def shared(old: Sizes, new: Sizes, *, is_bid: bool) -> tuple[Sizes, Sizes]:
    """Both as deep as both of them go; an empty side has no depth."""
    if not old or not new:
        return old, new
    worst = max(min(old), min(new)) if is_bid else min(max(old), max(new))
    old, new = (
        {price: size for price, size in side.items() if (price >= worst if is_bid else price <= worst)}
        for side in (old, new)
    )
    return old, new


@given(BIDS, ASKS, BIDS, ASKS)
def test_only_what_both_books_reach_was_added_or_pulled(
    old_bids: Sizes, old_asks: Sizes, bids: Sizes, asks: Sizes
) -> None:
    told, trimmed = Flow(), Flow()
    for flow in (told, trimmed):
        flow.changed(True, 5, 0, 1, START)  # no first book of a connection, which is where counting begins
    old_shared_bids, shared_bids = shared(old_bids, bids, is_bid=True)
    old_shared_asks, shared_asks = shared(old_asks, asks, is_bid=False)

    told.replaced(old_bids, old_asks, bids, asks, START + 1, whole=False)
    trimmed.replaced(old_shared_bids, old_shared_asks, shared_bids, shared_asks, START + 1)

    assert told.levels(START + 2) == trimmed.levels(START + 2)
    assert told.window(10_000, START + 2) == trimmed.window(10_000, START + 2)


def test_a_level_that_comes_into_reach_was_not_added() -> None:
    flow = Flow()
    flow.begin(START)
    flow.replaced({}, {}, {9: 1, 8: 1}, {11: 1}, START, whole=False)
    flow.replaced({9: 1, 8: 1}, {11: 1}, {8: 4, 7: 1}, {11: 1, 12: 1}, START + 1, whole=False)

    assert flow.levels(START + 2) == ({8: 3, 9: -1}, {})
