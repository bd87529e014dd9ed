"""What is ours in a book, put on the rows of a ladder: orders with their place in the queue, and fills a moment old."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from pmtui.core.board import Board
from pmtui.core.events import Filled, FillState, Side
from pmtui.core.instrument import InstrumentId
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import ceil_to, floor_to
from pmtui.ui import numbers
from pmtui.ui.rungs import FILLED, MINE, NOT_SURE, SURE
from pmtui.ui.teller import Teller

if TYPE_CHECKING:
    from pmtui.core.account import Account
    from pmtui.core.ahead import Resting

_FRESH, _SHOWN = 1_000, 10_000
_LEARNED_WITHIN = 60_000
_FILLS_MARKED = 8
_OWN = 6
"""The cells that a size of ours may take."""


class Own(NamedTuple):
    """What is ours in a book, by row: our orders of both sides in words, and fills that are still marked."""

    bids: Mapping[int, str] = {}
    asks: Mapping[int, str] = {}
    fills: Mapping[int, str] = {}
    look: str = ""
    """How the orders look; empty as long as there was none."""


NOTHING_OURS = Own()


class Ours:
    """Our orders and fills on the rows of a ladder, put into words again only when something of them moved."""

    def __init__(self) -> None:
        self._of: tuple[object, ...] = ()
        self._orders: tuple[dict[int, str], dict[int, str]] = {}, {}
        self._fills: list[Filled] = []
        self._known: set[InstrumentId] = set()
        """Where orders were seen: their place is kept there, so that the ladder stands still when one is filled, and in
        the other outcome, so that it does at a flip."""

    def at(
        self, account: Account | None, board: Board, other: Board | None, step: int, teller: Teller, now: int, wall: int
    ) -> Own:
        """What to mark now; with `other`, what we have in its book stands at the complementary price."""
        if account is None:
            return NOTHING_OURS
        books = board.instrument.id, other.instrument.id if other else None
        of = (account, account.version, books, step, teller)
        if self._of != of:
            self._orders = _resting(account, books, board.instrument.ceiling, step, teller)
            newest = account.fills.newest(_FILLS_MARKED, instrument=books[0])
            if books[0] not in self._known:
                outcomes = {books[0], board.instrument.complement or books[0]}
                if any(self._orders) or any(any(account.orders_at(each)) for each in outcomes):
                    self._known |= outcomes
            self._fills = [each for each in newest if _counts(each)]
            self._of = of
        look = (SURE if account.label(now).sure else NOT_SURE) if books[0] in self._known else ""
        fresh = {
            taken_on(each.price, step, bought=_was_bought(each)): FILLED + ("2" if now - each.at < _FRESH else "1")
            for each in reversed(self._fills)
            # History is learned late, and is no news however lately it was learned.
            if now - each.at < _SHOWN and wall - each.sent < _LEARNED_WITHIN
        }
        return Own(*self._orders, fresh, look)


def _counts(fill: Filled) -> bool:
    return not fill.late and fill.state is not FillState.FAILED


def _was_bought(fill: Filled) -> bool:
    """Whether it was a buyer who took: us, or whoever met our offer."""
    return (fill.side is Side.BUY) is not fill.maker


def _resting(
    account: Account, books: tuple[InstrumentId, InstrumentId | None], whole: int, step: int, teller: Teller
) -> tuple[dict[int, str], dict[int, str]]:
    bids, asks = account.orders_at(books[0])
    if books[1] is not None:
        their_bids, their_asks = account.orders_at(books[1])
        bids, asks = _joined(bids, their_asks, whole), _joined(asks, their_bids, whole)
    return _rows_of(bids, step, teller, up=False), _rows_of(asks, step, teller, up=True)


def _joined(ours: Mapping[int, Resting], theirs: Mapping[int, Resting], whole: int) -> dict[int, Resting]:
    """With what rests in the other outcome's book, seen from here."""
    joined = dict(ours)
    for price, each in theirs.items():
        known = joined.get(whole - price)
        joined[whole - price] = each if known is None else known._replace(size=known.size + each.size)
    return joined


def _rows_of(resting: Mapping[int, Resting], step: int, teller: Teller, *, up: bool) -> dict[int, str]:
    """Sizes summed by row; what is ahead is told of the one that comes first."""
    rows: dict[int, tuple[int, Resting]] = {}
    for price in sorted(resting, reverse=not up):
        row = ceil_to(price, step) if up else floor_to(price, step)
        size, first = rows.get(row, (0, resting[price]))
        rows[row] = size + resting[price].size, first
    return {row: _words(size, first, teller) for row, (size, first) in rows.items()}


@lru_cache(maxsize=2_048)  # of all rows mostly one has moved
def _words(size: int, first: Resting, teller: Teller) -> str:
    before = ahead(first)
    return f"{teller.size(size, min(_OWN, MINE - 2 - len(before)))}@{before}"


def taken_on(price: int, step: int, *, bought: bool) -> int:
    """The row of a print: what was bought was taken from the asks, what was sold from the bids."""
    return ceil_to(price, step) if bought else floor_to(price, step)


def ahead(resting: Resting | None) -> str:
    """What stands before us: `~` marks an estimate, `≤` what it can be at the most, `?` that nothing can be said."""
    if resting is None or (resting.ahead is None and resting.at_most is None):
        return "?"
    if resting.ahead is not None:
        return f"~{numbers.size(resting.ahead) or '0'}"
    most = numbers.bound(resting.at_most or 0) or "0"
    return "?" if most.startswith(">") else f"≤{most}"  # at the most more than so much is no bound
