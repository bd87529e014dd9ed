"""What it would cost to take so many shares now, from both sides."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from pmtui.core.board import Board
from pmtui.core.take import MOST_DIGITS, typed_size
from pmtui.core.units import ONE, plain
from pmtui.ui.line import Line, Piece, fit, piece
from pmtui.ui.sheet import Sheet
from pmtui.ui.taking import NEAR, WIDE, Figures, Words

_FULL_FROM = 42
_FIRST_SIZE = 1_000 * ONE


class Take(Sheet):
    """Average and worst price, cost and levels for a typed size; depth near the touch; the largest levels."""

    place = "side"
    rank = 30
    every = 100
    digit = "3"
    can_focus = True
    topics = ("take", "cost", "average", "slippage", "depth", "largest")
    help = (
        "What taking so many shares at once would cost now: the average price, rounded against you, the worst price,\n"
        "the money, and how many levels (lv) it takes; what the book is too thin for is missing. Fees are not in it.\n"
        "±1¢ and ±5¢: the money that rests so near to the best price of its own side. Largest: the largest level of\n"
        "each side and since when it rests. With the keys here, type a size such as 250 or 2.5k, then enter."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "type('1')", "size", key_display="0-9", tooltip="type a size, such as 250 or 2.5k"),
        *(Binding(sign, f"type({sign!r})", f"type {sign}", show=False) for sign in "023456789"),
        Binding("full_stop", "type('.')", "point", show=False, key_display=".", tooltip="parts of a share"),
        Binding("k", "type('k')", "thousand", show=False, tooltip="thousand shares"),
        Binding("backspace", "erase", "erase", show=False, tooltip="take back the last digit"),
        Binding("enter", "commit", "set", tooltip="the typed size is the one to reckon with"),
        Binding("escape", "restore", "keep", show=False, tooltip="forget what was typed"),
    ]
    DEFAULT_CSS = "Take { width: 2fr; height: 8; }"

    def __init__(self) -> None:
        super().__init__()
        self.shares: int = _FIRST_SIZE
        self.typed = ""
        """What was typed and not yet set."""
        self._figures: Figures | None = None
        self._of_book: tuple[Board, int, int] | None = None

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that mean nothing here go on to the others."""
        if action in ("erase", "commit", "restore"):
            return bool(self.typed)
        if action == "type" and parameters[0] == "k":
            return bool(self.typed) and not self.typed.endswith("k")
        return True

    def action_type(self, sign: str) -> None:
        digits = sum(each.isdigit() for each in self.typed)
        fits = digits < MOST_DIGITS if sign.isdigit() else sign == "k" or "." not in self.typed
        if fits and not self.typed.endswith("k"):
            self.typed += sign

    def action_erase(self) -> None:
        self.typed = self.typed[:-1]

    def action_commit(self) -> None:
        """Reckon with the typed size; what is no size changes nothing."""
        self.shares = typed_size(self.typed) or self.shares
        self.typed = ""

    def action_restore(self) -> None:
        self.typed = ""

    def on_blur(self) -> None:
        self.action_restore()

    # What to show

    def mine(self) -> Hashable:
        return self.shares, self.typed

    def compose_rows(self) -> Sequence[Line | None]:
        board = self.desk.board()
        if board is None or (board.book.empty and not board.synced):
            return [self._head(""), ((" no book yet", "sheet--dim"),)][: self.lines]
        now = self.desk.now()
        sure = board.credible(now)
        words = Words(board, now, self.columns, sure=sure)
        figures = self._reckoned(board)
        if self.columns < _FULL_FROM:
            rows = self._compact(words, figures)
        else:
            rows = [
                self._head("" if sure else board.label(now).value),
                words.side(figures.buy),
                words.side(figures.sell),
            ]
        rows += words.depth(NEAR, figures.near), words.depth(WIDE, figures.wide)
        rows += words.largest(figures, rows=self.lines - len(rows))
        return rows[: self.lines]

    def _reckoned(self, board: Board) -> Figures:
        """The figures of this moment, or the last ones while the book is in the middle of a batch."""
        wanted = (board, board.book.version, self.shares)
        held = board.calm(self.desk.now()) and self._of_book is not None and self._of_book[::2] == wanted[::2]
        if self._figures is None or (self._of_book != wanted and not held):
            self._figures, self._of_book = Figures.of(board.book, self.shares), wanted
        return self._figures

    def _compact(self, words: Words, figures: Figures) -> list[Line]:
        if self.typed:
            return [fit([piece(0, f" size {self.typed}_ sh", self.title_look), _hint("enter sets it")], self.columns)]
        look = self.title_look if self.has_focus else "sheet--accent"
        return list(words.pair(f" {plain(self.shares)} sh: ", look, figures))

    def _head(self, label: str) -> Line:
        size = plain(self.shares)
        pieces = [piece(0, " TAKE", self.title_look)]
        if self.typed:
            pieces += [piece(0, f"{self.typed}_ sh", self.title_look), _hint(f"enter sets, escape keeps {size}")]
        else:
            pieces.append(piece(0, f"{size} sh", self.title_look if self.has_focus else "sheet--accent"))
            if self.has_focus:
                pieces.append(_hint("type a size, enter"))
        if label:
            pieces.append(piece(1, label, "sheet--warn"))
        return fit(pieces, self.columns)


def _hint(text: str) -> Piece:
    return piece(2, text, "sheet--dim")


PANEL = Take
