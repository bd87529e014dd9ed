"""The price over the last minutes or hours, as a line."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Size

from pmtui.core.board import Board
from pmtui.core.events import NO_ASK, NO_BID
from pmtui.core.series import Column, Mark, View
from pmtui.core.units import ONE, ceil_to, floor_to
from pmtui.ui import numbers
from pmtui.ui.braille import ASCII, BRAILLE, Dots, Point, draw
from pmtui.ui.line import Line, Piece, ends, fit, piece, sentence
from pmtui.ui.plan import Ask
from pmtui.ui.sheet import Sheet

WINDOWS = (("1m", 60), ("5m", 300), ("15m", 900), ("1h", 3_600), ("6h", 21_600))
"""What the key steps through: a name and so many seconds."""
_MARKS = {
    Mark.TICK: ("◆", "tick", "sheet--warn"),
    Mark.GAP: ("×", "gap", "sheet--bad"),
    Mark.FILL: ("◉", "fill", "sheet--accent"),
}
_KINDS = {"line": "plot--line", "dot": "plot--print"}
_ROWS_A_LABEL = 4
_ROOM_FOR_AXIS = 6
_EXTREMES = len(_MARKS) + 1
"""How far the line reached can be read from its scale, too; what a sign below it means is said nowhere else."""
_TALL = 52
"""From so many lines of the screen on, the picture may be taller."""


class Plot(Sheet):
    """A line of mids; single dots beside it are trades, which stand alone where there were no mids."""

    called = "price line"
    place = "side"
    rank = 10
    every = 250
    by_batch = True
    digit = "1"
    needs = (100, 34)
    topics = ("chart", "price", "line", "vwap")
    help = (
        "The line is the middle between the touches, single dots are the average price of trades. ◆ the tick size\n"
        "changed, × the link was lost: the line is broken there, ◉ an order of yours was filled. VWAP is the average\n"
        "price of what traded in this window, mid hi and lo are how far the line reached. Where a side of the book\n"
        "was empty all the time there are only trades, and hi and lo are the highest and the lowest of them."
    )
    can_focus = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "widen", "window", tooltip="the next longer window: 1m, 5m, 15m, 1h, 6h, and 1m again"),
    ]
    LOOKS: ClassVar[dict[str, str]] = Sheet.LOOKS | {
        "plot--line": "$accent",
        "plot--print": "$dim",
        "plot--old": "$dim",
    }

    def __init__(self) -> None:
        super().__init__()
        self.window = 1
        """Which of the windows is shown."""
        self._drawn_of: tuple[object, ...] = ()
        self._drawn: list[Line | None] = []
        self._view: View | None = None
        """What the picture was drawn of, for as long as there is one."""
        self._told: tuple[object, ...] = ()
        """The price in its head, and whether it is sure."""

    def ask(self, screen: Size) -> Ask:
        return Ask(self.place, lines=15 if screen.height >= _TALL else 11)

    def action_widen(self) -> None:
        self.window = (self.window + 1) % len(WINDOWS)

    def mine(self) -> Hashable:
        return self.window

    def look(self) -> Sequence[Line | None]:
        """The picture goes by its own time, the price in its head by that of the header above it: they are one."""
        rows = super().look()
        board, now = self.desk.board(), self.desk.now()
        if board is None or rows is not self._drawn or board.calm(now):
            return rows
        return self._with_price(board, now)

    def compose_rows(self) -> Sequence[Line | None]:
        board, now = self.desk.board(), self.desk.now()
        if board is None:
            return self._empty("connecting …")
        if self.holds(board.calm(now)):
            return self.last_look
        tick = board.tick or numbers.UNKNOWN_TICK
        dots = ASCII if self.host.ascii_only else BRAILLE
        seconds = WINDOWS[self.window][1]
        cents = board.instrument.in_cents
        widest = ONE - tick if cents else max(board.book.bid, board.book.ask if board.book.ask != NO_ASK else tick)
        gutter = len(numbers.price(widest, tick, cents=cents)) + 1
        cells = self.columns - gutter - 1
        if cells < 1:
            return self._empty("too narrow")
        view = board.flow.series.view(seconds, cells * dots.across, now)
        if view.low is None and view.bottom is None:
            return self._empty(_why_empty(board, now))
        sure = board.credible(now)
        # The series hands out the same view until something differs.
        of = (board, view, self.lines, self.columns, tick, dots, sure, self.title_look, self.window, gutter)
        if self._drawn_of != of:
            self._drawn = [None, *self._draw(view, tick, dots, gutter, sure=sure, cents=cents)]
            self._drawn_of, self._view, self._told = of, view, ()
        return self._with_price(board, now)

    def _with_price(self, board: Board, now: int) -> Sequence[Line | None]:
        """The last picture below a head that tells the price of this moment."""
        told = mid, sure = board.book.mid, board.label(now).sure
        if self._view is not None and told != self._told:
            self._drawn = [self._head_of(board, self._view, mid, sure=sure), *self._drawn[1:]]
            self._told = told
        return self._drawn

    def _head_of(self, board: Board, view: View, mid: int | None, *, sure: bool) -> Line:
        if view.low is None:
            return self._head(piece(1, _none(board), "sheet--warn"), of="trades")
        tick, cents = board.tick or numbers.UNKNOWN_TICK, board.instrument.in_cents
        return self._head(*_drift(view, mid, tick, sure=sure, cents=cents))

    def _empty(self, why: str) -> list[Line | None]:
        words = sentence(why, self.columns, "sheet--dim")
        return [self._head(), None, *words][: self.lines] if self.lines > 2 else [words[0]]

    def _head(self, *more: Piece, of: str = "mids") -> Line:
        title = Piece(((f" PRICE LINE  {WINDOWS[self.window][0]}", self.title_look),), 0)
        return fit([title, piece(2, of, "sheet--dim"), *more], self.columns)

    def _draw(self, view: View, tick: int, dots: Dots, gutter: int, *, sure: bool, cents: bool) -> Iterator[Line]:
        """What stands below the head."""
        axis = self.lines >= _ROOM_FOR_AXIS
        rows = max(1, self.lines - 2 - axis)
        points = _points(view.columns)
        low, high = scale(*_reach(view, points), tick)
        picture = draw(points, rows, low, high, dots)
        labels = grid(low, high, rows, tick)
        for y, runs in enumerate(picture):
            line = tuple((text, _KINDS[kind] if sure or kind != "line" else "plot--old") for text, kind in runs)
            label = numbers.price(labels[y], tick, cents=cents) if y in labels and (rows > 1 or low == high) else ""
            yield ends(((" ", ""), *line), ((f"{label:>{gutter}}", "sheet--dim"),), self.columns)
        if axis:
            line = _axis(view, dots)
            yield ends(((" ", ""), *line), ((f"{'now':>{gutter}}", "sheet--dim"),), self.columns)
        if self.lines > 1 + rows + axis:
            yield self._foot(view, tick, sure=sure, cents=cents)

    def _foot(self, view: View, tick: int, *, sure: bool, cents: bool) -> Line:
        ink = "" if sure else "sheet--dim"
        average = numbers.average(view.vwap, tick // 10 or 1, cents=cents) if view.vwap is not None else "none"
        alone = view.low is None
        reached = (view.top, view.bottom) if alone else (view.high, view.low)
        high, low = (numbers.middle(each or 0, tick, cents=cents) for each in reached)
        signs = [_MARKS[kind] for kind in dict.fromkeys(kind for _, kind in view.marks)]
        for of_what in ("trade hi " if alone else "mid hi ", "hi "):  # the head says of what, too
            facts = (("VWAP ", average, 0), (of_what, high, _EXTREMES), ("lo ", low, _EXTREMES))
            pieces = [Piece(((name, "sheet--dim"), (fact, ink)), rank) for name, fact, rank in facts]
            for n, (sign, name, look) in enumerate(signs, start=1):
                pieces.append(Piece(((f"{sign} ", look), (name, "sheet--dim")), n))
            line = fit(pieces, self.columns - 1, gap=(" · ", "sheet--faint"), pairs=True)
            if (low, ink) in line:
                break
        return ((" ", ""), *line)


def scale(low: int, high: int, tick: int) -> tuple[int, int]:
    """The bottom and the top of the picture: on the grid, and so is the middle between them."""
    bottom, top = floor_to(low, tick), ceil_to(high, tick)
    top = max(top, bottom + tick)
    return bottom, top + (top - bottom) // tick % 2 * tick


def grid(low: int, high: int, rows: int, tick: int) -> dict[int, int]:
    """The prices beside the picture, by row: from the bottom to the top in equal steps of whole ticks."""
    most = max(2, rows // _ROWS_A_LABEL) if rows > 2 else 1
    parts = max(parts for parts in range(1, most + 1) if (high - low) // tick % parts == 0)
    return {rows - 1 - n * (rows - 1) // parts: low + n * (high - low) // parts for n in range(parts + 1)}


def _points(columns: Sequence[Column]) -> list[Point]:
    point, none = Point._make, Point()
    return [
        point((low, high, close, money * ONE // size if size and money else None)) if not broken else none
        for low, high, close, size, money, broken in columns
    ]


def _reach(view: View, points: Sequence[Point]) -> tuple[int, int]:
    """How far the line reached, and the trades of the time in which there was none."""
    dots = [each.dot for each in points if each.dot is not None and each.low is None]
    known = [each for each in (view.low, view.high, view.bottom, view.top) if each is not None]
    return min(known + dots), max(known + dots)


def _drift(view: View, mid: int | None, tick: int, *, sure: bool, cents: bool) -> list[Piece]:
    """Where the price is, and how far it went since the window began."""
    known = [each.close for each in view.columns if each.close is not None]
    if not known or mid is None or view.columns[-1].close is None:
        return [piece(1, "no price now", "sheet--warn")]
    # The line knows a mid when its batch has ended; the header, and so this, as soon as it is there.
    moved = mid - (known[0] if view.first is None else view.first)
    sign, look = ("▲", "sheet--bid") if moved > 0 else ("▼", "sheet--ask") if moved < 0 else ("", "sheet--dim")
    words = f"{sign} {numbers.middle(abs(moved), tick, cents=cents)}" if moved else "unchanged"
    price = numbers.middle(mid, tick, cents=cents) + "¢" * cents
    return [piece(1, price, "" if sure else "sheet--dim"), piece(3, words, look if sure else "sheet--dim")]


def _axis(view: View, dots: Dots) -> Line:
    """Time, with a sign where something happened."""
    width = -(-len(view.columns) // dots.across)
    signs = {column // dots.across: _MARKS[kind] for column, kind in view.marks}
    line: list[tuple[str, str]] = []
    drawn = 0
    for x in sorted(signs):
        sign, _, look = signs[x]
        line += [("─" * (x - drawn), "sheet--faint"), (sign, look)]
        drawn = x + 1
    return (*line, ("─" * (width - drawn), "sheet--faint"))


def _why_empty(board: Board, now: int) -> str:
    why = board.why(now) or (_none(board) if board.synced and board.book.mid is None else "")
    return f"no price yet: {why}" if why else "no price yet"


def _none(board: Board) -> str:
    """What it is that there is none of."""
    book = board.book
    sides = [word for word, none in (("bids", book.bid == NO_BID), ("asks", book.ask == NO_ASK)) if none]
    return f"no {' and no '.join(sides)}" if board.synced and sides else "no mid"


PANEL = Plot
