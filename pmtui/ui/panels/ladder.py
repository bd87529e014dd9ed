"""The book as a ladder on a price axis that holds still."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from pmtui.core import ladder
from pmtui.core.events import NO_ASK, NO_BID
from pmtui.core.ladder import Axis, Fold, Rung
from pmtui.core.units import ONE
from pmtui.ui import numbers
from pmtui.ui.panel import Spans
from pmtui.ui.sheet import Pane

_SIZE = 6
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_UNKNOWN_TICK = ONE // 100
_TOUCH_LOOKS = {"b": "ladder--bid-touch", "a": "ladder--ask-touch", "i": "ladder--inside"}


class Line(NamedTuple):
    """One row of the ladder with all that it takes to paint it."""

    rung: Rung | Fold | None
    step: int
    full: int
    sure: bool


class Words(NamedTuple):
    """A row that is only words: the head, or why there is nothing to show."""

    text: str
    look: str


class Ladder(Pane[Line | Words]):
    """Bids left, asks right of one price column; every tick is a row."""

    place = "main"
    rank = 10
    topics = ("ladder", "depth", "book", "price", "size")
    help = (
        "Bids grow to the left and asks to the right of the price; ▸ marks the best ask, ◂ the best bid, · what lies\n"
        "between. The axis stands still until a touch leaves the middle third, then it centres again; m centres it\n"
        "at once. A spread wider than the screen is folded into one row. Dim numbers are not proven to be live."
    )
    LOOKS: ClassVar[dict[str, str]] = {
        "panel--failure": "bold $bad",
        "ladder--head": "$dim",
        "ladder--price": "$ink",
        "ladder--inside": "$faint",
        "ladder--bid": "$bid",
        "ladder--ask": "$ask",
        "ladder--bid-touch": "bold $bid",
        "ladder--ask-touch": "bold $ask",
        "ladder--bid-bar": "$bid-bar",
        "ladder--bid-edge": "reverse $bid-bar",
        "ladder--ask-bar": "$ask-bar",
        "ladder--old": "$dim",
        "ladder--old-bar": "$faint",
        "ladder--old-edge": "reverse $faint",
    }
    DEFAULT_CSS = "Ladder { width: 3fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._axes: dict[str, Axis] = {}

    def centre(self) -> None:
        """Put the touches back in the middle."""
        self._axes.pop(self.desk.shown, None)

    def look(self) -> Sequence[Line | Words | None]:
        board, now = self.desk.board(), self.desk.now()
        height = self.lines - 1
        if board is None or height < 1:
            return [Words("connecting …", "ladder--head")]
        if self.holds(board.calm(now)):
            return list(self.rows)
        book = board.book
        label = board.label(now)
        if book.empty and not board.synced:
            return [Words("", ""), None, Words(f"{label.value}: {board.why(now)}", "ladder--head")]
        step = board.tick or _UNKNOWN_TICK
        axis = ladder.settle(self._axes.get(self.desk.shown), book, step, height)
        self._axes[self.desk.shown] = axis
        rungs = ladder.project(book, axis, ceiling=board.instrument.ceiling)
        full = ladder.full_bar(rungs)
        sure = label.sure
        head = Words(_empty_side(book.bid, book.ask), "ladder--head")
        return [head, *(Line(rung, step, full, sure) for rung in rungs)]

    def paint(self, row: Line | Words, width: int) -> Spans:
        if isinstance(row, Words):
            return _head(row, width) if row.look == "ladder--head" and not row.text else _words(row, width)
        rung = row.rung
        if rung is None:
            return [(" " * width, "")]
        if isinstance(rung, Fold):
            return _fold(rung, row.step, width)
        return _rung(rung, row, width)


def _empty_side(bid: int, ask: int) -> str:
    if bid == NO_BID and ask == NO_ASK:
        return "empty: no bids and no asks"
    if bid == NO_BID:
        return "no bids"
    return "no asks" if ask == NO_ASK else ""


def _columns(width: int, step: int) -> tuple[int, int]:
    """Cells for the price and for each bar."""
    price = max(4, len(numbers.price(ONE - step, step)))
    return price, max(0, (width - price - 2 - 2 * (_SIZE + 2)) // 2)


def _head(row: Words, width: int) -> Spans:
    price, bar = _columns(width, _UNKNOWN_TICK)
    text = f"{'':{bar}}{'bid size':>{_SIZE + 1}} {'price':^{price + 2}} {'ask size'}"
    return [(text.ljust(width)[:width], row.look)]


def _words(row: Words, width: int) -> Spans:
    return [(row.text.center(width), row.look)]


def _fold(fold: Fold, step: int, width: int) -> Spans:
    text = f"⋯ spread {numbers.price(fold.high - fold.low, step)}¢ · {fold.steps} ticks ⋯"
    return [(text.center(width), "ladder--inside")]


def _rung(rung: Rung, row: Line, width: int) -> Spans:
    price_width, bar_width = _columns(width, row.step)
    before, after = {"b": ("", "◂"), "a": ("▸", " "), "i": ("·", "·")}.get(rung.touch, ("", " "))
    mark = f"{before + numbers.price(rung.price, row.step):>{price_width + 1}}{after}"
    if row.sure:
        price_look = {"b": "ladder--bid-touch", "a": "ladder--ask-touch", "i": "ladder--inside"}.get(
            rung.touch, "ladder--price"
        )
        bid_look, ask_look, bar_look, edge_look, ask_bar = (
            "ladder--bid", "ladder--ask", "ladder--bid-bar", "ladder--bid-edge", "ladder--ask-bar",
        )  # fmt: skip
    else:
        price_look = bid_look = ask_look = "ladder--old"
        bar_look, edge_look, ask_bar = "ladder--old-bar", "ladder--old-edge", "ladder--old-bar"
    spans: list[tuple[str, str]] = []
    if rung.bid:
        edge, bar = _left_bar(rung.bid, row.full, bar_width)
        spans += [(" " * (bar_width - len(edge) - len(bar)), ""), (edge, edge_look), (bar, bar_look)]
        spans.append((f" {numbers.size(rung.bid):>{_SIZE}} ", bid_look))
    else:
        spans.append((" " * (bar_width + _SIZE + 2), ""))
    spans.append((mark, price_look))
    if rung.ask:
        bar = _right_bar(rung.ask, row.full, bar_width)
        spans.append((f" {numbers.size(rung.ask):<{_SIZE}} ", ask_look))
        spans.append((bar, ask_bar))
        used = bar_width + 2 * (_SIZE + 2) + price_width + 2 + len(bar)
    else:
        used = bar_width + _SIZE + 2 + price_width + 2
    spans.append((" " * (width - used), ""))
    return [span for span in spans if span[0]]


def _eighths(size: int, full: int, width: int) -> int:
    return min(width * 8, max(1, size * width * 8 // full)) if width else 0


def _right_bar(size: int, full: int, width: int) -> str:
    whole, rest = divmod(_eighths(size, full, width), 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")


def _left_bar(size: int, full: int, width: int) -> tuple[str, str]:
    """A bar that grows to the left: its first cell is drawn by what it leaves out, in reversed colours."""
    whole, rest = divmod(_eighths(size, full, width), 8)
    return (_EIGHTHS[8 - rest] if rest else ""), "█" * whole


PANEL = Ladder
