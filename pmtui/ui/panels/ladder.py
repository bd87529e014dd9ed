"""The book as a ladder on a price axis that holds still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from functools import partial
from typing import ClassVar, TypeVar

from textual import events
from textual.binding import Binding, BindingType

from pmtui.core import depth, ladder
from pmtui.core.board import Board
from pmtui.core.book import Book
from pmtui.core.events import NO_ASK, NO_BID, Wide
from pmtui.core.instrument import InstrumentId
from pmtui.core.ladder import Axis, Mode
from pmtui.core.tuples import NamedTuple
from pmtui.ui import apart, numbers, rungs, summaries
from pmtui.ui.key import Key
from pmtui.ui.line import Line, sentence
from pmtui.ui.ours import Ours, Own
from pmtui.ui.panel import Spans
from pmtui.ui.rows import Amounts, Maker, empty_side, last_print, merged_words, row_steps, tells
from pmtui.ui.rungs import Rung, Scale, View
from pmtui.ui.sheet import Pane
from pmtui.ui.teller import Teller
from pmtui.ui.text import clean

_TITLE_FROM, _FOOT_FROM = 24, 28
_WHEEL = 3
_COUNTED = 10
"""Over so many seconds it is told what was added and pulled at each price."""

Choice = TypeVar("Choice", bound=Enum)


class Words(NamedTuple):
    """A row that is only words: the heads of the columns, or why there is nothing to show."""

    text: str
    look: str = "ladder--head"


Row = Rung | Words | Line


class Ladder(Pane[Row]):
    """Bids left, asks right of one price column; every tick is a row."""

    called = "ladder"
    place = "main"
    rank = 10
    can_focus = True
    topics = ("ladder", "depth", "book", "price", "size", "cursor", "group", "merged")
    help = (
        "Bids grow to the left and asks to the right of the price; ▸ marks the best ask, ◂ the best bid, · what\n"
        "lies between, [ ] the cursor, ◆ a size that stands out. Δ10s: added less pulled in the last ten\n"
        "seconds. Traded: what printed at that price since the start, ▲ or ▼ at the last print. A price between\n"
        "two rows stands with the side that was taken: a buy with the asks, on the row above it, a sell with\n"
        "the bids, on the row below. The axis stands still until a touch leaves the middle third, or two that\n"
        "are farther apart have gone as far; then it centres again; m centres it at once. A spread wider than\n"
        "the screen is folded into one row. The cursor stays with its price. Dim numbers are not proven to be\n"
        "live; a row with ≥ before its size may hold more, beyond what is told of the book. On the line of the\n"
        "cursor +630 -595: so much was added and pulled at its price in the last ten seconds; 4t below: four\n"
        "ticks under the best bid, however high the rows are; for 22s: so long ago the level appeared, or last\n"
        "doubled, ≥ where it was there when we first looked; sq, log, fo, lv, Y+N and Σ: how the ladder is set.\n"
        "mine@Q, where you have orders: your size and how much rests before it, ~ estimated, ≤ at the most; ●\n"
        "at its price where there is little room. ◉ where an order of yours was just filled."
    )
    KEYS: ClassVar[list[Binding]] = [
        Key(
            "plus,equals_sign",
            "group(1)",
            "group",
            key_display="+ -",
            tooltip="wider rows; - for narrower ones",
            name="wider rows",
            does="rows of more ticks",
        ),
        Binding("minus", "group(-1)", "narrower rows", show=False, tooltip="rows of fewer ticks, down to one"),
        Binding("m", "centre", "mid", tooltip="put the touches back in the middle of the ladder"),
        Binding("c", "cumulate", "sum", tooltip="sizes summed from the touch outwards, or each level's own"),
        Binding("dollar_sign", "money", "unit", key_display="$", tooltip="sizes in money, or in shares or coins"),
        Key(
            "s",
            "scale",
            "bars",
            tooltip="bars in linear, square-root or log scale",
            does="the next scale of the bars: linear, square-root, log, and linear again",
        ),
        Key(
            "x",
            "axis",
            "axis",
            tooltip="axis: static, following the touch, or only prices with orders",
            does="the next axis: static, following the touch, only prices with orders, and static again",
        ),
        Key(
            "y",
            "merge",
            "merged",
            tooltip="both outcomes' books in one: which part comes from the other",
            does="both outcomes' books in one, or the one of the outcome alone",
        ),
        Binding(
            "d",
            "reset",
            "reset Δ",
            tooltip="count what is added and pulled at each price from now on; the sums of the flow panel go on",
        ),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Key(
            "up,k",
            "cursor(1)",
            "level",
            key_display="↑ ↓",
            tooltip="move the cursor to the next price; k and j do it too",
            name="cursor up",
            does="move the cursor one price up; where there is none, to the best ask",
        ),
        Binding(
            "down,j",
            "cursor(-1)",
            "cursor down",
            show=False,
            tooltip="move the cursor one price down; where there is none, to the best bid",
        ),
        Binding("pageup", "cursor(10)", "ten up", show=False, tooltip="move the cursor ten prices up"),
        Binding("pagedown", "cursor(-10)", "ten down", show=False, tooltip="move the cursor ten prices down"),
        Binding("escape", "let_go", "no cursor", show=False, tooltip="take the cursor away"),
    ]
    LOOKS: ClassVar[dict[str, str]] = {
        "panel--failure": "bold $bad",
        "ladder--head": "$dim",
        "ladder--price": "$ink",
        "ladder--inside": "$dim",
        "ladder--bid": "$bid",
        "ladder--ask": "$ask",
        "ladder--bid-touch": "bold $bid",
        "ladder--ask-touch": "bold $ask",
        "ladder--bid-bar": "$bid-bar",
        "ladder--bid-edge": "reverse $bid-bar",
        "ladder--ask-bar": "$ask-bar",
        "ladder--old": "$dim",
        "ladder--old-bar": "$old-bar",
        "ladder--old-edge": "reverse $old-bar",
        "ladder--added": "$bid",
        "ladder--pulled": "$ask",
        "ladder--traded": "$dim",
        "ladder--large": "bold $large",
        "ladder--here": "on $cursor",
        "ladder--cursor": "bold $ink on $cursor",
        "ladder--hot": "on $hot",
        "ladder--mine": "bold $accent",
    }

    def __init__(self) -> None:
        super().__init__()
        self._axes: dict[InstrumentId, Axis] = {}
        self._cursors: dict[InstrumentId, int] = {}
        self._before: InstrumentId | None = None
        self._looked_at: tuple[Board, int, int] | None = None
        """What the venue was told of the rows, so that it may tell more."""
        self._widened = False
        self._times = 1
        """How many ticks a row is to hold; where the tick makes that impossible, fewer."""
        self.mode = Mode.STATIC
        self.scale = Scale.LINEAR
        self._money = self._cumulated = self._merged = False
        self._ours = Ours()
        self._counted_from: dict[InstrumentId, int] = {}
        """When the user began to count anew what is added and pulled."""
        self._moved = False
        """Whether a key has moved the cursor since the last look."""
        self._picture: object = None
        """All that the last picture was made of, but for the book and the cursor; None for words in its place."""
        self._told: object = None
        """What was known when it was made; None when that must be looked at anew."""

    def on_mount(self) -> None:
        super().on_mount()
        host = self.host
        self.mode, self.scale = Mode(host.axis), Scale(host.scale)
        self._times = host.memory.get("group", 1)
        self._cumulated, self._money = host.memory.get("sums", False), host.memory.get("money", False)

    # Keys

    def action_centre(self) -> None:
        self._axes.pop(self.desk.shown, None)

    def action_group(self, by: int) -> None:
        board = self.desk.board()
        if board is not None:
            with self.desk.lock:  # another tick would make other steps between two looks
                steps = row_steps(board)
                wanted = steps.index(self._step(board)) + by
                self._times = steps[max(0, min(wanted, len(steps) - 1))] // steps[0]
                self._off_the_ends(board)
            self.host.keep("group", self._times)

    def _off_the_ends(self, board: Board) -> None:
        """A cursor on what wide rows group at 0 or at the ceiling goes to the nearest price when they are narrower."""
        here, step, ceiling = self._cursors.get(self.desk.shown), self._step(board), board.instrument.ceiling
        if here is not None and not self._has_row(board, self._book(board), here, step):
            self._cursors[self.desk.shown] = step if here <= 0 else ceiling - step

    def action_cumulate(self) -> None:
        self._cumulated = not self._cumulated
        self.host.keep("sums", self._cumulated)

    def action_money(self) -> None:
        self._money = not self._money
        self.host.keep("money", self._money)

    def action_scale(self) -> None:
        self.scale = _next(self.scale)
        self.host.keep("scale", self.scale.value)

    def action_axis(self) -> None:
        self.mode = _next(self.mode)
        self.host.keep("axis", self.mode.value)

    def action_merge(self) -> None:
        if words := self.desk.single():
            self.notify(words, timeout=4, markup=False)
        else:
            self._merged = not self._merged

    def action_reset(self) -> None:
        board = self.desk.board()
        if board is not None:
            other = self.desk.store.boards.get(board.instrument.complement or board.instrument.id)
            with self.desk.lock:
                now = self.desk.now()  # nothing later has been counted
                for each in {board, other or board}:
                    each.move(now).reset(now)
                    self._counted_from[each.instrument.id] = now
            self.notify("added and pulled: counted from now", timeout=3)

    def action_let_go(self) -> None:
        self._cursors.pop(self.desk.shown, None)

    def action_cursor(self, by: int) -> None:
        """Move the cursor by prices; the axis follows as far as both touches stay in sight."""
        board = self.desk.board()
        if board is None:
            return
        self._moved = True
        direction = 1 if by > 0 else -1
        with self.desk.lock:
            for _ in range(abs(by)):
                if not self._move(board, direction):
                    break

    def _move(self, board: Board, direction: int) -> bool:
        book, step = self._book(board), self._step(board)
        here = self._cursors.get(self.desk.shown)
        if here is None:
            here = book.bid if direction < 0 else book.ask
            here = here if here not in (NO_BID, NO_ASK) else (book.ask if here == NO_BID else book.bid)
            if here in (NO_BID, NO_ASK):
                return False
            self._cursors[self.desk.shown] = ladder.row_at(book, here, step)
            return True
        wanted = self._next_price(board, book, here, direction)
        if wanted == here:
            return False
        self._cursors[self.desk.shown] = wanted
        return True

    def _next_price(self, board: Board, book: Book, here: int, direction: int) -> int:
        """Where the cursor goes from here: never out of sight; where it is that already, the axis goes to it."""
        step = self._step(board)
        here = ladder.row_at(book, here, step)
        if self.mode is Mode.LEVELS:
            seen = [row.price for row in self.rows if isinstance(row, Rung)]
            known = seen if here in seen else [price for side in ladder.sides(book, step) for price in side]
            return _beyond(known, here, direction)
        wanted, axis = here + direction * step, self._axes.get(self.desk.shown)
        if not self._has_row(board, book, wanted, step):
            return here
        if axis is None or wanted in axis.prices():
            return wanted
        in_sight = here in axis.prices()
        if in_sight and axis.fold >= 0:
            return _beyond([row.price for row in self.rows if isinstance(row, Rung)], here, direction)
        if self.mode is Mode.STATIC:
            self._axes[self.desk.shown] = axis = ladder.scrolled(axis, book, _rows_to(axis, wanted))
        # Both touches stay in sight: of a price too far from them the head alone tells, and the cursor moves there.
        return here if in_sight and wanted not in axis.prices() else wanted

    def _has_row(self, board: Board, book: Book, price: int, step: int) -> bool:
        ceiling, now = board.instrument.ceiling, self.desk.now()
        if ladder.has_row(book, price, step, ceiling):
            return True
        return price in (0, ceiling) and tells(board, self._own(board, step, now), price, step, now)

    # The mouse

    def on_click(self, event: events.Click) -> None:
        row = self.rows[event.y] if event.y < len(self.rows) else None
        if isinstance(row, Rung):
            if self._cursors.get(self.desk.shown) == row.price:
                self.action_let_go()
            else:
                self._cursors[self.desk.shown] = row.price
            self.host.frames.answer()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._scroll(_WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._scroll(-_WHEEL)

    def _scroll(self, rows: int) -> None:
        board, axis = self.desk.board(), self._axes.get(self.desk.shown)
        if board is not None and axis is not None:
            with self.desk.lock:
                self._axes[self.desk.shown] = ladder.scrolled(axis, self._book(board), rows)
            self.host.frames.answer()

    # What to show

    def look(self) -> Sequence[Row | None]:
        board, now = self.desk.board(), self.desk.now()
        height = self.lines - 1 - (self.lines >= _TITLE_FROM) - (self.lines >= _FOOT_FROM)
        if board is None or height < 1:
            return [Words(" connecting …")]
        self._carry_cursor(board)
        moved, self._moved = self._moved, False
        known = self._picture if self.last_look else None  # after an error there is nothing to keep
        if moved and not self._merges(board) and known == self._made_of(board):
            self._told = None
            return self._with_cursor(board, now)
        if self.holds(board.calm(now)):
            return self.last_look
        label = board.label(now)
        if board.book.empty and not board.synced:
            self._picture = None
            why = sentence(f"{label.value}: {clean(board.why(now))}", self.columns, "ladder--head")
            return [Words(""), None, *why][: self.lines]
        step = self._step(board)
        self._widen(board, step)
        own = self._own(board, step, now)
        told = self._told_of(board, step, now, own, sure=label.sure)
        if self._told == told and known == self._made_of(board):
            # Most frames bring news of something else than this book.
            return self._with_cursor(board, now) if self.desk.shown in self._cursors else self.last_look
        book = self._book(board)
        rows = self._rungs(board, book, step, height, now, own, sure=label.sure)
        heads = self._heads(board, book, step, now, own, sure=_cursor_is_sure(rows, label.sure))
        picture = [*heads, *rows, *self._foot(board, book, label.sure)]
        self._told, self._picture = told, self._made_of(board)
        return picture

    def _told_of(self, board: Board, step: int, now: int, own: Own, *, sure: bool) -> object:
        """All that rows follow from beside what the user set: as long as it is the same, so are they."""
        flow, other = board.flow, self._other(board)
        theirs = None if other is None else (other.instrument, other.book.version, other.book.tick)
        moved = flow, flow.prints, flow.reset_at, now // 1000, self._counted(board, now), last_print(board, step, now)
        points = self.desk.shown in self._cursors
        return board.instrument, board.book.version, board.wide, board.fresh, sure, theirs, moved, own, points

    def _counted(self, board: Board, now: int) -> int:
        """Over how many seconds it is told what was added and pulled."""
        began = self._counted_from.get(board.instrument.id)
        return _COUNTED if began is None else min(_COUNTED, (now - began) // 1000)

    def _made_of(self, board: Board) -> object:
        set_by_keys = self._times, self.mode, self.scale, self._money, self._cumulated, self._merged, self.host.veiled
        seen = self.lines, self.columns, self.title_look
        return board, board.tick, self._axes.get(self.desk.shown), set_by_keys, seen

    def _with_cursor(self, board: Board, now: int) -> Sequence[Row | None]:
        """The last picture with the cursor at its new price: a key need not wait for the rest, which comes next."""
        book, step = self._book(board), self._step(board)
        cursor = self._cursors.get(self.desk.shown)
        here = -1 if cursor is None else ladder.row_at(book, cursor, step)
        rows: list[Row | None] = [
            row._replace(here=row.price == here) if isinstance(row, Rung) and row.here != (row.price == here) else row
            for row in self.last_look
        ]
        sure = _cursor_is_sure(rows, board.label(now).sure)
        rows[0] = self._heads(board, book, step, now, self._own(board, step, now), sure=sure)[0]
        return rows if rows != self.last_look else self.last_look

    def _widen(self, board: Board, step: int) -> None:
        """Tell the venue when other rows are looked at: it may know more of wider ones."""
        if (looked_at := (board, step, board.generation)) != self._looked_at:
            wanted = step if step != board.tick else 0
            # Until rows are wide for once, the feed's thread would be woken by each switch to hear of nothing.
            self._widened = self._widened or wanted > 0
            if self._widened:
                self.desk.widen(wanted)
            self._looked_at = looked_at

    def _carry_cursor(self, board: Board) -> None:
        """A flip to the other outcome takes the cursor to the complementary price."""
        shown, before, self._before = self.desk.shown, self._before, self.desk.shown
        if before != shown:
            self._forget_removed()
        if before != shown and before is not None and before == board.instrument.complement:
            if before in self._cursors:
                self._cursors[shown] = board.instrument.ceiling - self._cursors[before]
            else:
                self._cursors.pop(shown, None)

    def _forget_removed(self) -> None:
        """A market that was removed and comes again begins as any other."""
        for gone in [each for each in {*self._cursors, *self._axes} if self.desk.market_of(each) is None]:
            self._cursors.pop(gone, None)
            self._axes.pop(gone, None)

    def _step(self, board: Board) -> int:
        steps = row_steps(board)
        return max(step for step in steps if step <= steps[0] * self._times)

    def _book(self, board: Board) -> Book:
        """The board's own book, or both outcomes' together."""
        other = self._other(board)
        if other is None:
            wide = self._wide(board)
            return board.book if wide is None else depth.deeper(board.book, wide.bids, wide.asks, self._step(board))
        found = depth.merged(board.book, other.book, board.instrument.ceiling)
        return depth.as_book(found, board.book.tick, shared=board.instrument.shared)

    def _wide(self, board: Board) -> Wide | None:
        """What is told of it on wider rows, where that is looked at."""
        return None if self._other(board) is not None or self._step(board) == board.tick else board.wide

    def _told_to(self, board: Board) -> tuple[int, int]:
        """The worst bid and the worst ask up to which it is told."""
        wide, step, book = self._wide(board), self._step(board), board.book
        bids, asks = ({}, {}) if wide is None else (wide.bids, wide.asks)
        return (
            NO_BID if board.whole(is_bid=True) else depth.told_to(book.bids, bids, step, up=False),
            NO_ASK if board.whole(is_bid=False) else depth.told_to(book.asks, asks, step, up=True),
        )

    def _other(self, board: Board) -> Board | None:
        return self.desk.beside(board, self.desk.now()) if self._merges(board) else None

    def _merges(self, board: Board) -> bool:
        """Whether both outcomes are wanted in one; where there is no other, that waits for a market that has one."""
        return self._merged and board.instrument.complement is not None

    def _own(self, board: Board, step: int, now: int) -> Own:
        teller = Teller(self.host.veiled)
        wall = self.desk.wall(now)
        return self._ours.at(self.desk.account, board, self._other(board), step, teller, now, wall)

    def _rungs(
        self, board: Board, book: Book, step: int, height: int, now: int, own: Own, *, sure: bool
    ) -> Sequence[Row | None]:
        if self.mode is Mode.LEVELS:
            rows = ladder.levels_only(book, step, height)
        else:
            axis = ladder.settle(self._axes.get(self.desk.shown), book, step, height, self.mode)
            self._axes[self.desk.shown] = axis
            ceiling, shown = board.instrument.ceiling, axis.prices()
            # No order can be there; prices of a finer grid, or of wider rows, were between them and the next row.
            ends = [row for row in (0, ceiling) if row in shown and tells(board, own, row, step, now)]
            rows = ladder.project(book, axis, ceiling=ceiling, also=ends)
        cents = board.instrument.in_cents
        other = self._other(board)
        view = View(step, cents, ladder.full_bar(rows), self.scale, sure, own.look, other is not None)
        amounts = Amounts(money=self._money, cumulated=self._cumulated)
        cursor, told_to = self._cursors.get(self.desk.shown), self._told_to(board)
        make = Maker.of(board, other, book, view, amounts, cursor, now, own, told_to)
        make = make.following(rows) if self._cumulated or self._money else make
        return [
            make.rung(row) if isinstance(row, ladder.Rung) else row and Words(make.fold(row), "ladder--inside")
            for row in [*rows, *[None] * (height - len(rows))]
        ]

    def _heads(self, board: Board, book: Book, step: int, now: int, own: Own, *, sure: bool) -> list[Row]:
        other = self._other(board)
        view = View(step, board.instrument.in_cents, 1, self.scale, True, own.look, other is not None)
        cursor, width = self._cursors.get(self.desk.shown), self.columns
        names = Amounts(money=self._money, cumulated=self._cumulated).names
        sigma = "sum" if self.host.ascii_only else "Σ"
        bids, asks = names
        names = bids.replace("Σ", sigma), asks.replace("Σ", sigma)
        part = sigma if self._cumulated else "of"
        counted = f"Δ{self._counted(board, now)}s"
        notes = (
            f"{counted:>4}" if other is None else f"{part} {apart.outcome(self.desk, other.instrument, 8) or 'OTHER'}"
        )
        unit = numbers.unit(board.instrument.unit) if self._money else ""
        crowded = self.lines < _TITLE_FROM and cursor is None
        columns = partial(rungs.heads, width, view, notes=notes, unit=unit, crowded=crowded)
        if cursor is not None:
            sums = [sigma * self._cumulated]
            words = summaries.short([*self._unusual(board, step), *sums])
            told_to = self._told_to(board)

            def read(room: int) -> Line:
                return summaries.readout(board, book, cursor, step, now, room, own, sure=sure, told_to=told_to)

            if self.lines < _TITLE_FROM:
                return [summaries.under(words, read, width)]
            name = apart.outcome(self.desk, board.instrument, 8)
            return [
                summaries.head_over(name, [empty_side(book), *words], read, width, self.title_look),
                Words(columns(names)),
            ]
        if self.lines >= _TITLE_FROM:
            name = apart.outcome(self.desk, board.instrument, 8)
            words = [empty_side(book), *self._words(board, step)]
            return [summaries.head(name, words, width, self.title_look), Words(columns(names))]
        words = [empty_side(book), *self._unusual(board, step)]
        return [
            summaries.over(
                words, map(columns, _ever_shorter(names)), self.title_look if self.has_focus else "ladder--head"
            )
        ]

    def _words(self, board: Board, step: int) -> list[str]:
        """How the ladder is set."""
        cents = board.instrument.in_cents
        height = f"×{step // (board.tick or numbers.UNKNOWN_TICK)} {numbers.tick(step, cents=cents)}"
        how = [self.scale.value, self.mode.value]
        if self._merges(board):
            return [height, "merged", *how, merged_words(board, self._other(board))]
        return [height, *how]

    def _unusual(self, board: Board, step: int) -> list[str]:
        """How the ladder is set, as far as it is not as always: all that a low window has room for."""
        times = step // (board.tick or numbers.UNKNOWN_TICK)
        scale, mode = self.scale.value, self.mode.value
        words = [f"×{times}" * (times > 1), scale * (scale != "linear"), mode * (mode != "static")]
        return [*words, "merged" * self._merges(board)]

    def _foot(self, board: Board, book: Book, sure: bool) -> list[Row]:
        if self.lines < _FOOT_FROM:
            return []
        sums, coins, plain = depth.totals(book), not board.instrument.in_cents, self.host.ascii_only
        least = None if board.fresh is None else (not board.whole(is_bid=True), not board.whole(is_bid=False))
        return [summaries.foot(sums, self.columns, sure=sure, coins=coins, plain=plain, least=least)]

    def paint(self, row: Row, width: int) -> Spans:
        if isinstance(row, Rung):
            return rungs.paint(row, width)
        if isinstance(row, Words):
            return [(row.text.center(width) if row.look == "ladder--inside" else row.text, row.look)]
        return row


def _beyond(prices: Iterable[int], here: int, direction: int) -> int:
    """The next of these prices in that direction, or here where there is none."""
    if direction > 0:
        return min((price for price in prices if price > here), default=here)
    return max((price for price in prices if price < here), default=here)


def _rows_to(axis: Axis, price: int) -> int:
    """By how many rows the axis has to go up for a price to be on it; below zero where it has to go down."""
    upper = axis.upper
    lowest = upper - axis.step * (axis.height - 1)
    return -((lowest - price) // axis.step) if price < lowest else max(0, -((upper - price) // axis.step))


def _cursor_is_sure(rows: Iterable[Row | None], otherwise: bool) -> bool:
    """Whether the level under the cursor is as sure as others are; `otherwise` where it is not in sight."""
    return next((row.view.sure for row in rows if isinstance(row, Rung) and row.here), otherwise)


def _ever_shorter(names: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """The names of the columns with size, then with the side left out: its place tells it as well."""
    yield names
    for left_out in ({"size"}, {"size", "bid", "ask"}):
        bids, asks = (" ".join(word for word in name.split() if word not in left_out) for name in names)
        yield bids, asks


def _next(chosen: Choice) -> Choice:
    choices = list(type(chosen))
    return choices[(choices.index(chosen) + 1) % len(choices)]


PANEL = Ladder
