"""The keys that fit, whole, the most useful first."""

from __future__ import annotations

from collections.abc import Sequence

from pmtui.ui.line import Line, Piece, fit
from pmtui.ui.screens.help import keys_of
from pmtui.ui.sheet import Pane, Sheet


class Keys(Sheet):
    """The footer, made from the bindings: those of the panel that has the focus, then those that always work."""

    place = "bottom"
    rank = 90
    DEFAULT_CSS = "Keys { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._for: tuple[int, object] = (-1, None)
        self._made: Line = ()

    def compose_rows(self) -> Sequence[Line]:
        focused = self.host.dashboard.focused
        if self._for != (self.columns, focused):
            self._for = (self.columns, focused)
            own = keys_of(focused) if isinstance(focused, Pane) else []
            always = self.host.own_bindings()
            # How to get help and how to leave come first, whatever else there is room for.
            keys = [*always[:2], *(each for each in own if each.show), *always[2:]]
            pieces = [
                Piece(
                    ((f" {each.key_display or each.key}", "sheet--accent"), (f" {each.description}", "sheet--dim")),
                    rank,
                )
                for rank, each in enumerate(keys)
            ]
            self._made = fit(pieces, self.columns)
        return [self._made]


PANEL = Keys
