"""The keys that fit, whole, the most useful first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from textual import events
from textual.binding import Binding

from pmtui.ui.cells import cell_len
from pmtui.ui.key import pressed
from pmtui.ui.line import Line, Piece, fit, width
from pmtui.ui.sheet import Pane, Sheet

_FOR_TWO = frozenset({"flip", "at('Ladder', 'merge')"})
"""What there is to do only where a question has outcomes."""
_GAP = 2
_RUN = re.compile(r"\d-\d")
"""How keys are written of which each does something else."""


class Keys(Sheet):
    """The footer, made from the bindings: those of the panel that has the focus, then those that always work.

    A click on one presses it; one on the words beside two presses what they speak of.
    """

    called = "line of keys"
    place = "bottom"
    rank = 90
    takes = 1

    def __init__(self) -> None:
        super().__init__()
        self._for: tuple[int, object, bool] = (-1, None, False)
        self._made: Line = ()
        self._places: list[tuple[range, Binding, int]] = []
        """The cells of each sign, and which of its key's it is; -1 stands for their words."""
        self._down: tuple[Binding, int] | None = None
        """On what the button went down."""

    def compose_rows(self) -> Sequence[Line]:
        focused, board = self.host.dashboard.focused, self.desk.board()
        alone = board is not None and not board.instrument.in_cents
        wanted = (self.columns, focused, alone)
        if self._for != wanted:
            own = [each for each in focused.keys if each.show] if isinstance(focused, Pane) else []
            taken = {sign for each in own for sign in _signs(each)}
            always = [each for each in self.host.own_bindings() if not taken.issuperset(_signs(each))]
            # How to get help and how to leave come first, whatever else there is room for.
            keys = [*always[:2], *own, *always[2:]]
            keys = [each for each in keys if not (alone and each.action in _FOR_TWO)]
            pieces = [
                Piece(
                    ((f" {self.host.written(each)}", "sheet--accent"), (f" {each.description}", "sheet--dim")),
                    rank,
                )
                for rank, each in enumerate(keys)
            ]
            self._made = fit(pieces, self.columns)
            self._places = list(_places(self._made, pieces, keys))
            self._for = wanted
        return [self._made]

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._down = self._at(event.x)

    def on_click(self, event: events.Click) -> None:
        at, down, self._down = self._at(event.x), self._down, None
        if at is None or at != down:
            return  # a hand that moved on has changed its mind
        key, sign = at
        if _RUN.fullmatch(key.key_display or ""):
            self.notify(f"{key.key_display}: {key.tooltip}", timeout=4, markup=False)
            self.host.frames.answer()
        else:
            self.host.simulate_key(pressed(key, sign))

    def _at(self, x: int) -> tuple[Binding, int] | None:
        return next(((key, sign) for cells, key, sign in self._places if x in cells), None)


def _places(made: Line, pieces: Sequence[Piece], keys: Sequence[Binding]) -> Iterator[tuple[range, Binding, int]]:
    """Where each sign of a key stands, and its words: what has no room are the last of them."""
    x, end = 0, width(made)
    for each, key in zip(pieces, keys, strict=True):
        if x + each.width <= end:
            signs, begin = each.spans[0][0][1:].split(" "), x
            for n, sign in enumerate(signs):
                yield range(begin, begin + 1 + cell_len(sign)), key, n
                begin += 1 + cell_len(sign)
            yield range(begin, x + each.width), key, -1
        x += each.width + _GAP


def _signs(key: Binding) -> list[str]:
    return key.key.split(",")


PANEL = Keys
