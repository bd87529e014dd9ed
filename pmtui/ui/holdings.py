"""The positions of the account: the market on the screen first, then those in which most money is, then closed ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pmtui.core.instrument import InstrumentId
from pmtui.desk import Desk
from pmtui.ui import working
from pmtui.ui.kept import Kept, Widest
from pmtui.ui.line import Line
from pmtui.ui.markets import Facts
from pmtui.ui.teller import Teller

if TYPE_CHECKING:
    from pmtui.core.account import Account
    from pmtui.core.position import Held

_HEADS_FROM = 12
_TALL = 24
_PART, _TALL_PART, _ALONE_PART = 6, 4, 2
"""What part of the lines they may have at most: of a low panel, of a tall one, of one that has the whole screen."""


class Holdings:
    """Remembers which positions there are until a fill or another market on the screen changes it."""

    def __init__(self, about: Callable[[InstrumentId], Facts]) -> None:
        self._about = about
        self._of: tuple[object, ...] = ()
        self._held: list[InstrumentId] = []
        self._positions: dict[InstrumentId, Held] = {}
        self._lines = Kept(working.position)
        self._names = Widest()

    def rows(
        self,
        desk: Desk,
        account: Account,
        teller: Teller,
        size: tuple[int, int],
        *,
        shown_only: bool,
        alone: bool = False,
    ) -> Iterator[Line]:
        """As many of them as become a panel of this size; all that it needs to, where it has the screen alone."""
        width, height = size
        self._look(desk, account, shown_only=shown_only)
        room = _room(len(self._held), height, alone=alone)
        rows = [self._row(desk, each) for each in self._held[:room]]
        name = self._names.of([each.facts for each in rows], account, width)
        columns = working.position_columns(width, tuple((each.held, each.facts) for each in rows), name)
        if rows and height >= _HEADS_FROM:
            yield working.names(columns, title="POSITIONS")
        yield from self._lines.lines(zip(self._held, rows, strict=False), working.Style(columns, teller))
        if len(self._held) > room:
            yield ((f" and {len(self._held) - room:,} more", "sheet--dim"),)

    def _row(self, desk: Desk, instrument: InstrumentId) -> working.PositionRow:
        board = desk.store.boards.get(instrument)
        mid = board.book.mid if board else None
        sure = board is not None and board.credible(desk.now())
        return working.PositionRow(self._positions[instrument], mid, self._about(instrument), sure)

    def _look(self, desk: Desk, account: Account, *, shown_only: bool) -> None:
        shown, other = desk.shown, desk.other(desk.shown)
        of = (account, account.fills.version, account.holdings.version, shown, other, shown_only)
        if self._of != of:
            near = [each for each in ((shown,) if shown_only else (shown, other)) if each]
            self._positions = held = account.positions()
            far = [] if shown_only else [each for each, position in held.items() if position.net]
            far.sort(key=lambda each: -abs(held[each].cost or 0))
            first = [each for each in near if each in held]
            known = [*first, *(each for each in far if each not in near)]
            self._held = sorted(known, key=lambda each: not held[each].net)  # what is closed comes last
            self._of = of


def _room(count: int, height: int, *, alone: bool) -> int:
    """How many of so many positions are told; never all but one, whose place the words that say so would take."""
    room = max(1, height // (_ALONE_PART if alone else _TALL_PART if height >= _TALL else _PART))
    return count if count <= room + 1 else room
