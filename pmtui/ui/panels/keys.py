"""The keys that fit, whole, the most useful first."""

from __future__ import annotations

from collections.abc import Sequence

from pmtui.ui.line import Line, Piece, fit
from pmtui.ui.sheet import Sheet


class Keys(Sheet):
    """The footer, made from the bindings."""

    place = "bottom"
    rank = 90
    DEFAULT_CSS = "Keys { height: 1; }"

    def compose_rows(self) -> Sequence[Line]:
        pieces = [
            Piece(((f" {each.key_display or each.key}", "sheet--accent"), (f" {each.description}", "sheet--dim")), rank)
            for rank, each in enumerate(self.host.own_bindings())
        ]
        return [fit(pieces, self.columns)]


PANEL = Keys
