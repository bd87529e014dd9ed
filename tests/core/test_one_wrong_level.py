"""One level of a busy book is wrong, and all else that comes is right: for how long it is LIVE."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pmtui.core.events import BookDelta, BookSnapshot
from pmtui.core.ports import Witnessed
from pmtui.core.repair import Fetch, Resubscribe
from pmtui.core.units import Millis

from .boards import LINK, A, ask, bid, board_of, delta, sealed, snapshot, top, watched

BUSY = 100
"""ms between two changes of other levels than the wrong one."""
BEGIN, END = 5_000, 15_000
PATIENCE = 2_000
"""ms for which a wrong level may be LIVE: a digest is looked at each second, and five have to be wrong."""
BIDS = {"0.48": 10, "0.47": 5, "0.44": 7}
ASKS = {"0.52": 10, "0.53": 5}
DEEP = "0.44"


class Case(NamedTuple):
    """What happens to the second of two changes of one level."""

    fault: str
    gap: int
    """ms between the two."""
    phase: int
    latency: int
    """ms that a fetched book takes."""


LATER = {"swapped": 0, "told again": 2_000}
"""So many ms after the second change the first one is told, or told again."""


class Venue:
    """A book that is true, and a store that is told of its changes."""

    def __init__(self) -> None:
        self.bids, self.asks = dict(BIDS), dict(ASKS)
        self.store = watched(shown=[A])
        self.tell(self.whole(0))

    def whole(self, at: int) -> BookSnapshot:
        bids, asks = _text(self.bids), _text(self.asks)
        return snapshot(bids, asks, at=at, sent=at, digest=sealed(bids, asks))

    def change(self, price: str, size: int, at: int) -> BookDelta:
        side, move = (self.bids, bid) if price in self.bids else (self.asks, ask)
        side[price] = size
        digest = sealed(_text(self.bids), _text(self.asks))
        return delta(move(price, str(size), top("0.48", "0.52"), digest), at=at, sent=at)

    def tell(self, event: BookDelta | BookSnapshot) -> None:
        self.store.take([event])
        self.store.links[LINK].data_at = event.at

    def is_shown(self, at: int) -> bool:
        """Whether what is shown is the venue's book, or does not claim to be."""
        board, true = board_of(self.store), self.whole(at)
        return (board.book.bids, board.book.asks) == (true.bids, true.asks) or not board.label(at).sure


def _text(levels: dict[str, int]) -> str:
    return " ".join(f"{price}x{size}" for price, size in levels.items())


def _wrong(case: Case) -> list[int]:
    """When a book was shown as sure that was not the venue's."""
    venue, wrong = Venue(), []
    begun = BEGIN + case.phase
    first: BookDelta | None = None
    coming: list[tuple[int, Witnessed]] = []
    for at in range(10, END, 10):
        if at % BUSY == 0:
            venue.tell(venue.change("0.47" if at // BUSY % 2 else "0.53", at, at))
        if at == begun:
            first = venue.change(DEEP, 111, at)
            if case.fault != "swapped":
                venue.tell(first)
        elif at == begun + case.gap:
            second = venue.change(DEEP, 500, at)
            if case.fault != "lost":
                venue.tell(second)
        if first is not None and at == begun + case.gap + LATER.get(case.fault, END):
            venue.tell(first._replace(at=Millis(at)))
        while coming and coming[0][0] <= at:
            venue.store.testify(A, coming.pop(0)[1], Millis(at))
        for wish in venue.store.check(Millis(at)):
            if isinstance(wish, Fetch):
                coming.append((at + case.latency, Witnessed(venue.whole(at), Millis(at))))
            elif isinstance(wish, Resubscribe):
                venue.tell(venue.whole(at))
        if not venue.is_shown(at):
            wrong.append(at)
    return wrong


@given(
    st.builds(
        Case,
        st.sampled_from(["lost", "swapped", "told again"]),
        st.integers(1, 200).map(lambda tens: 10 * tens),
        st.integers(0, 99).map(lambda tens: 10 * tens),
        st.sampled_from([50, 250, 1_000, 3_000]),
    )
)
@example(Case("lost", 300, 400, 250))
@example(Case("swapped", 300, 0, 250))
@example(Case("told again", 300, 0, 250))
@example(Case("lost", 300, 0, 3_000))
def test_i1_one_wrong_level_among_many_changes_is_not_live_for_long(case: Case) -> None:
    """A fetched book that is older than the last changes says nothing of levels that changed meanwhile."""
    wrong = _wrong(case)
    assert wrong, "the fault must be one"
    seldom = case.gap if case.fault == "swapped" else 0  # until the first is told, nobody can know of it
    assert len(wrong) * 10 <= PATIENCE + seldom


@pytest.mark.parametrize("latency", [10, 1_000])
@pytest.mark.parametrize("busy", [50, 200, 1_000])
def test_d22_digests_of_changes_that_say_nothing_from_a_moment_on_cost_one_short_doubt(busy: int, latency: int) -> None:
    """Those of whole books stay right; the book is right all the time, and the fetched one is always a little older."""
    venue, unsure, fetches = Venue(), [], 0
    coming: list[tuple[int, Witnessed]] = []
    for at in range(10, 130_000, 10):
        if at % busy == 0:
            change = venue.change("0.47" if at // busy % 2 else "0.53", at, at)
            if at > BEGIN:
                change.moves[0] = (*change.moves[0][:5], "says nothing")
            venue.tell(change)
        while coming and coming[0][0] <= at:
            venue.store.testify(A, coming.pop(0)[1], Millis(at))
        for wish in venue.store.check(Millis(at)):
            if isinstance(wish, Fetch):
                fetches += 1
                coming.append((at + latency, Witnessed(venue.whole(at), Millis(at))))
            elif isinstance(wish, Resubscribe):
                venue.tell(venue.whole(at))
        if not board_of(venue.store).label(at).sure:
            unsure.append(at)
    assert len(unsure) * 10 <= 1_500
    assert fetches <= 6
