"""From a book's rows to rows that can be painted: the amounts shown, and what happened at each price."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from pmtui.core import depth, ladder
from pmtui.core.board import Board
from pmtui.core.book import Book
from pmtui.core.events import NO_ASK, NO_BID, Fresh
from pmtui.core.tuples import NamedTuple
from pmtui.ui import numbers
from pmtui.ui.ours import NOTHING_OURS, Own, taken_on
from pmtui.ui.rungs import SIZE, Rung, View

_FRESH, _RECENT = 1_000, 5_000


class Amounts(NamedTuple):
    """What the size columns say."""

    money: bool
    cumulated: bool

    @property
    def names(self) -> tuple[str, str]:
        unit = " $" if self.money else "" if self.cumulated else " size"
        sign = "Σ " if self.cumulated else ""
        return f"{sign}bid{unit}", f"{sign}ask{unit}"

    def of(self, book: Book, step: int) -> tuple[Mapping[int, int], Mapping[int, int]]:
        """The amounts of both sides by row."""
        bids, asks = self.sides(book, step)
        if self.cumulated:
            return depth.cumulated(bids, down=True), depth.cumulated(asks, down=False)
        return bids, asks

    def sides(self, book: Book, step: int) -> tuple[Mapping[int, int], Mapping[int, int]]:
        """The same of each row by itself."""
        return self.rows(book.bids, book.asks, step) if self.money else ladder.sides(book, step)

    def rows(
        self, bids: Mapping[int, int], asks: Mapping[int, int], step: int
    ) -> tuple[Mapping[int, int], Mapping[int, int]]:
        """Sizes at any prices of both sides, or what they are worth, by row."""
        if self.money:
            bids, asks = depth.money(bids), depth.money(asks)
        return depth.grouped(bids, step, up=False), depth.grouped(asks, step, up=True)

    def spell(self, amount: int, *, coins: bool, cut: bool = True) -> str:
        """What rests can be taken, so it is cut, and sums of it too; what printed is rounded."""
        if self.money:
            return numbers.money(amount, cut=cut)
        return numbers.resting(amount, coins=coins) if cut else numbers.size(amount, coins=coins)


class Maker(NamedTuple):
    """Everything that turns a row of the axis into a row to paint."""

    view: View
    bids: Mapping[int, int]
    asks: Mapping[int, int]
    spell: Callable[[int], str]
    large: int
    bid_note: Callable[[int], str]
    ask_note: Callable[[int], str]
    traded: Callable[[int], str]
    last: int
    fresh: str
    cursor: int
    own: Own
    reach: Fresh | None = None
    """How far the book is as new as its newest part."""
    told_to: tuple[int, int] = (NO_BID, NO_ASK)
    """The worst bid and ask up to which the book is told; the rows in which they are may hold more."""
    follows: bool = False
    """Whether bars follow what stands beside them where that is not each level's own size."""

    @classmethod
    def of(
        cls,
        board: Board,
        other: Board | None,
        book: Book,
        view: View,
        amounts: Amounts,
        cursor: int | None,
        now: int,
        own: Own = NOTHING_OURS,
        told_to: tuple[int, int] = (NO_BID, NO_ASK),
    ) -> Maker:
        step = view.step
        bids, asks = amounts.of(book, step)
        coins = not view.cents
        spell = partial(amounts.spell, coins=coins)
        large = depth.large(size for side in ladder.sides(book, step) for size in side.values())
        if other is None:
            bid_note, ask_note = _moved(board, amounts, step, now, spell)
        else:
            bid_note, ask_note = _shares(board, other, amounts, step, spell)
        last, fresh = last_print(board, step, now)
        traded = _told(board.flow.traded(step, money=amounts.money), partial(spell, cut=False))
        here = -1 if cursor is None else ladder.row_at(book, cursor, step)
        notes = bid_note, ask_note
        return cls(view, bids, asks, spell, large, *notes, traded, last, fresh, here, own, board.fresh, told_to)

    def following(self, rows: Iterable[ladder.Row]) -> Maker:
        """The same with bars for sums, or for money; `rows` are those in sight."""
        shown: list[ladder.Row] = [
            row._replace(bid=bid, ask=ask)
            for row in rows
            if isinstance(row, ladder.Rung)
            for bid, ask in (self._amounts(row),)
        ]
        return self._replace(follows=True, view=self.view._replace(full=ladder.full_bar(shown)))

    def _amounts(self, row: ladder.Rung) -> tuple[int, int]:
        """What the size columns say there."""
        return self.bids[row.price] if row.bid else 0, self.asks[row.price] if row.ask else 0

    def rung(self, row: ladder.Rung) -> Rung:
        price, bid, ask, large, own = row.price, row.bid, row.ask, self.large, self.own
        bar, bar2 = (bid, ask) if not self.follows else self._amounts(row)
        bid_text = self.spell(self.bids[price]) if bid else ""
        ask_text = self.spell(self.asks[price]) if ask else ""
        if bid and price < self.told_to[0]:
            bid_text = numbers.or_more(bid_text)
        if ask and price > self.told_to[1]:
            ask_text = numbers.or_more(ask_text)
        parts = (
            price,
            row.touch,
            bar,
            bar2,
            bid_text,
            ask_text,
            self.view if self.reach is None else self._view(row, self.reach),
            "◆" if bid >= large > 0 and len(bid_text) <= SIZE else "",
            "◆" if ask >= large > 0 and len(ask_text.removeprefix("≥")) <= SIZE else "",  # its ≥ has a cell of its own
            self.bid_note(price),
            self.ask_note(price),
            self.traded(price),
            own.fills.get(price) or (self.fresh if price == self.last else ""),
            price == self.cursor,
            own.bids.get(price, ""),
            own.asks.get(price, ""),
        )
        return Rung._make(parts)

    def _view(self, row: ladder.Rung, reach: Fresh) -> View:
        """Levels of an older part look it, and so do the prices among them where nothing rests."""
        step = self.view.step
        below, above = row.price + step <= reach.bid, row.price - step >= reach.ask
        is_old = (below and (row.bid or not row.ask)) or (above and (row.ask or not row.bid))
        return self.view._replace(sure=False) if is_old else self.view

    def fold(self, fold: ladder.Fold) -> str:
        wide = numbers.tick(fold.high - fold.low, cents=self.view.cents)
        return f"⋯ spread {wide} · {fold.ticks} ticks ⋯"


def row_steps(board: Board) -> tuple[int, ...]:
    """The row heights that the viewer may choose here."""
    tick = board.tick or numbers.UNKNOWN_TICK
    return depth.steps(tick, board.instrument.ceiling // 10 or tick * 1_000)


def tells(board: Board, own: Own, row: int, step: int, now: int) -> bool:
    """Whether a row says something though nothing rests on it."""
    flow = board.flow
    if flow.traded_on(row, step) or any(row in each for each in (own.bids, own.asks, own.fills)):
        return True
    moved = flow.level(True, range(row, row + step), now), flow.level(False, range(row - step + 1, row + 1), now)
    return any(map(any, moved))


def empty_side(book: Book) -> str:
    """Which side has nobody, in words."""
    if book.bid == NO_BID and book.ask == NO_ASK:
        return "empty: no bids and no asks"
    if book.bid == NO_BID:
        return "no bids"
    return "no asks" if book.ask == NO_ASK else ""


def merged_words(board: Board, other: Board | None) -> str:
    """What the merged view adds up, said plainly."""
    if other is None:
        return "not both outcomes live"
    if board.instrument.shared:
        return "same orders, counted once"
    return "both books added up"


Spell = Callable[[int], str]
Notes = tuple[Callable[[int], str], Callable[[int], str]]
"""What is noted at a price of either side; only rows that are seen are put into words."""


def _told(sizes: Mapping[int, int], spell: Spell) -> Callable[[int], str]:
    return lambda price: spell(sizes[price]) if price in sizes else ""


def _moved(board: Board, amounts: Amounts, step: int, now: int, spell: Spell) -> Notes:
    """Added less pulled in the last seconds, by row."""
    bids: Mapping[int, int]
    asks: Mapping[int, int]
    bids, asks = board.flow.levels(now)
    if amounts.money or step != board.tick or not ladder.on_grid(step, bids, asks):
        bids, asks = amounts.rows(bids, asks, step)
    return partial(_signed, spell, bids), partial(_signed, spell, asks)


def _signed(spell: Spell, nets: Mapping[int, int], price: int) -> str:
    net = nets.get(price)
    return f"{'+' if net > 0 else '-'}{spell(abs(net))}" if net else ""


def _shares(board: Board, other: Board, amounts: Amounts, step: int, spell: Spell) -> Notes:
    """The part of each level that the other outcome's book brings, or of each sum where sizes are summed; `=` where it
    lists the very same orders.
    """
    whole, shared = board.instrument.ceiling, board.instrument.shared
    bids, asks = amounts.rows(_seen_from(other.book.asks, whole), _seen_from(other.book.bids, whole), step)
    own_bids, own_asks = amounts.sides(board.book, step)
    if amounts.cumulated:
        bids, own_bids = _summed(bids, own_bids, down=True)
        asks, own_asks = _summed(asks, own_asks, down=False)

    def share(theirs: Mapping[int, int], mine: Mapping[int, int], price: int) -> str:
        size = theirs.get(price)
        return "=" * (shared and mine.get(price) == size) + spell(size) if size else ""

    return partial(share, bids, own_bids), partial(share, asks, own_asks)


def _summed(
    one: Mapping[int, int], other: Mapping[int, int], *, down: bool
) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """Two books' levels from the touch outwards, at the prices of both: a sum stands where no level joins it, too."""
    prices = one.keys() | other.keys()
    first, second = ({price: each.get(price, 0) for price in prices} for each in (one, other))
    return depth.cumulated(first, down=down), depth.cumulated(second, down=down)


def _seen_from(levels: Mapping[int, int], whole: int) -> dict[int, int]:
    """The other outcome's levels at this one's prices."""
    return {whole - price: size for price, size in levels.items()}


def last_print(board: Board, step: int, now: int) -> tuple[int, str]:
    """The row of the last print, the side that took, and how fresh it is."""
    last = board.flow.last
    if last is None:
        return -1, ""
    age = now - last.at
    row = taken_on(last.price, step, bought=last.is_buy)
    return row, ("▲" if last.is_buy else "▼") + ("2" if age < _FRESH else "01"[age < _RECENT])
