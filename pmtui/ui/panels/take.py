"""What it would cost to take so much now, from both sides."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size

from pmtui.core.board import Board
from pmtui.core.instrument import InstrumentId
from pmtui.core.take import MOST_DIGITS, UNITS, fair_size, typed_size
from pmtui.core.units import ONE, plain
from pmtui.ui import numbers
from pmtui.ui.line import Line, Piece, fit, piece
from pmtui.ui.plan import Ask
from pmtui.ui.sheet import Sheet
from pmtui.ui.taking import Figures, Words

_FULL_FROM, _FULL_ON = 42, 104
"""From so many columns on each side is told in a row of its own, and the screen on which the box has so many."""
_BEGIN = "give the keys to the take box, where a size is typed, such as 250, 2.5k or 1m"
_FIRST_SIZE = 1_000 * ONE
_FIRST_WORTH = 10_000 * ONE
"""What the size to begin with is worth where prices have no bound: a thousand may be very much or nothing."""


class Take(Sheet):
    """Average and worst price, cost and levels for a typed size; depth near the touch; the largest levels."""

    called = "take box"
    place = "side"
    rank = 30
    every = 100
    digit = "3"
    can_focus = True
    topics = ("take", "cost", "average", "slippage", "depth", "largest")
    help = (
        "What taking so much at once would cost now: the average price, rounded against you, the worst price, the\n"
        "money, and how many levels (lv) it takes; what the book is too thin for is missing, what lies deeper\n"
        "than the book is told is untold, and prices and money are bounds then. Fees are not in it.\n"
        "±1¢ and ±5¢ (±0.1% and ±1% where prices have no bound): the money that rests so near to the best price\n"
        "of its own side. Largest: the largest level of each side, and for how long it has been about so\n"
        "large: since it appeared, or last doubled; ≥ where it was there when we first looked. With the keys here,\n"
        "type a size: 250, 2.5k or 1m, then enter."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "type('1')", "size", key_display="0-9", tooltip="type a size, such as 250, 2.5k or 1m"),
        *(Binding(sign, f"type({sign!r})", f"type {sign}", show=False) for sign in "023456789"),
        Binding("full_stop", "type('.')", "point", show=False, key_display=".", tooltip="parts of one"),
        Binding("k,K", "type('k')", "thousand", show=False, tooltip="thousands"),
        Binding("m,M", "type('m')", "million", show=False, tooltip="millions"),
        Binding("backspace", "erase", "erase", show=False, tooltip="take back the last digit"),
        Binding("enter", "commit", "set", tooltip="the typed size is the one to reckon with"),
        Binding("escape", "restore", "keep", show=False, tooltip="forget what was typed"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.shares: int = _FIRST_SIZE
        self._unbounded: dict[InstrumentId, int] = {}
        """Sizes for what is not counted in shares of an outcome: each has its own."""
        self.typed = ""
        """What was typed and not yet set."""
        self._figures: Figures | None = None
        self._of_book: tuple[Board, int, int] | None = None

    def ask(self, screen: Size) -> Ask:
        return Ask(self.place, lines=5 if screen.width < _FULL_ON else 7)

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that mean nothing here go on to the others."""
        if action in ("erase", "commit", "restore"):
            return bool(self.typed)
        if action == "type" and parameters[0] in UNITS:
            return bool(self.typed)
        return True

    def on_key(self, event: events.Key) -> None:
        """What nobody answers is told, too, while a size is typed: without it the size could be another one."""
        if self.typed and event.is_printable and event.key not in self.screen.active_bindings:
            self._refuse("a size is digits, one point and k or m at its end")
            event.stop()

    @property
    def commands(self) -> list[Binding]:
        """A size is typed, not asked for sign by sign."""
        size = next(each for each in self.keys if each.key == "1")
        return [
            replace(size, action="begin", tooltip=_BEGIN),
            *(each for each in super().commands if "type(" not in each.action),
        ]

    def action_begin(self) -> None:
        self.host.dashboard.set_focus(self)

    def action_type(self, sign: str) -> None:
        if self.typed[-1:] in UNITS:
            self._refuse(f"nothing follows the {self.typed[-1]} of a size")
        elif sign == "." and "." in self.typed:
            self._refuse("a size has one point")
        elif sign.isdigit() and sum(each.isdigit() for each in self.typed) >= MOST_DIGITS:
            self._refuse(f"a size has at most {MOST_DIGITS} digits")
        else:
            self.typed += sign

    def _refuse(self, why: str) -> None:
        self.notify(f"{why}: {self.typed} stays", timeout=3)

    def action_erase(self) -> None:
        self.typed = self.typed[:-1]

    def action_commit(self) -> None:
        """Reckon with the typed size; what is no size changes nothing."""
        if (size := typed_size(self.typed)) is not None:
            board = self.desk.board()
            if board is None or board.instrument.in_cents:
                self.shares = size
            else:
                self._unbounded[board.instrument.id] = size
        elif self.typed:
            last, _ = self._known(self.desk.board())
            self.notify(f"{self.typed} is no size: {last or 'the last one'} stays", timeout=3)
        self.typed = ""

    def action_restore(self) -> None:
        self.typed = ""

    def on_blur(self) -> None:
        self.action_restore()

    # What to show

    def mine(self) -> Hashable:
        # What is above the book tells its best prices at once: another one here, for a moment, would deny it.
        board = self.desk.board()
        return self.shares, self.typed, len(self._unbounded), board and (board.book.bid, board.book.ask)

    def _asked(self, board: Board) -> int:
        """How much would be taken of this."""
        facts = board.instrument
        if facts.in_cents:
            return self.shares
        if facts.id not in self._unbounded and board.book.mid is not None:
            self._unbounded[facts.id] = fair_size(board.book.mid, _FIRST_WORTH)
        return self._unbounded.get(facts.id, ONE)

    def compose_rows(self) -> Sequence[Line | None]:
        board = self.desk.board()
        if board is None or (board.book.empty and not board.synced):
            return [self._head(*self._known(board), ""), ((" no book yet", "sheet--dim"),)][: self.lines]
        now = self.desk.now()
        sure = board.credible(now)
        words = Words(board, now, self.columns, sure=sure)
        figures = self._reckoned(board)
        size, unit = plain(self._asked(board)), numbers.unit(board.instrument.unit)
        if self.columns < _FULL_FROM:
            rows = self._compact(words, figures, size, unit)
        else:
            rows = [
                self._head(size, unit, "" if sure else board.label(now).value),
                words.side(figures.buy),
                words.side(figures.sell),
            ]
        rows += words.depths(figures)
        rows += words.largest(figures, rows=self.lines - len(rows))
        return rows[: self.lines]

    def _reckoned(self, board: Board) -> Figures:
        """The figures of this moment, or the last ones while the book is in the middle of a batch."""
        wanted = (board, board.book.version, self._asked(board))
        held = board.calm(self.desk.now()) and self._of_book is not None and self._of_book[::2] == wanted[::2]
        if self._figures is None or (self._of_book != wanted and not held):
            self._figures, self._of_book = (
                Figures.of(board.book, self._asked(board), bounded=board.instrument.in_cents),
                wanted,
            )
        return self._figures

    def _known(self, board: Board | None) -> tuple[str, str]:
        """The size to reckon with and its unit, as far as there are any before there is a book."""
        if board is None:
            return "", ""
        facts = board.instrument
        size = self.shares if facts.in_cents else self._unbounded.get(facts.id)
        return ("", "") if size is None else (plain(size), numbers.unit(facts.unit))

    def _compact(self, words: Words, figures: Figures, size: str, unit: str) -> list[Line]:
        if self.typed:
            typed = piece(0, f" size {self.typed}_{unit}", self.title_look)
            return [fit([typed, _hint("enter sets it")], self.columns)]
        look = self.title_look if self.has_focus else "sheet--accent"
        return list(words.pair(f" {size}{unit}: ", look, figures))

    def _head(self, size: str, unit: str, label: str) -> Line:
        pieces = [piece(0, " TAKE", self.title_look)]
        if self.typed:
            hint = f"enter sets, escape keeps {size}" if size else "enter sets"
            pieces += [piece(0, f"{self.typed}_{unit}", self.title_look), _hint(hint)]
        elif size:
            pieces.append(piece(0, f"{size}{unit}", self.title_look if self.has_focus else "sheet--accent"))
            if self.has_focus:
                pieces.append(_hint("type a size, enter"))
        if label:
            pieces.append(piece(1, label, "sheet--warn"))
        return fit(pieces, self.columns)


def _hint(text: str) -> Piece:
    return piece(2, text, "sheet--dim")


PANEL = Take
