"""A window on a long list whose rows come and go: the row that was chosen stays chosen, and stays where it is."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

Row = TypeVar("Row")
Read = Callable[[int, int], Sequence[Row]]
"""So many rows from a place on."""

_NEAR = 200
"""A chosen row that moved is looked for so near first: most moves are by a row or two."""


class Scroll(Generic[Row]):
    """Chooses by name, never by place; with nothing chosen it shows the beginning."""

    def __init__(self, name: Callable[[Row], Hashable]) -> None:
        self._name = name
        self._wish = 0
        self._skip = 0
        self._at = 0
        """Where the chosen row stood last, or the row that began the window."""
        self._held = False
        """The chosen row ended: the window stays where it is until the user says otherwise."""
        self.chosen: Hashable | None = None
        self.row: Row | None = None
        """The chosen row itself, as last seen."""

    def move(self, by: int) -> None:
        """Choose a row further down, or up; done at the next window."""
        self._wish += by

    def choose(self, name: Hashable) -> None:
        """Choose this one of the rows in the window, or let it go."""
        self.chosen = None if name == self.chosen else name
        self.row, self._held, self._at = None, True, -1

    def let_go(self) -> None:
        """Choose none, and go back to the beginning."""
        self.chosen = self.row = None
        self._wish = self._skip = self._at = 0
        self._held = False

    def window(self, read: Read[Row], count: int, height: int) -> Sequence[Row]:
        """The rows to show now."""
        at = self._place(read, count)
        if at is not None:
            self._skip += at - self._at if self._at >= 0 else 0
            self._at = at
        elif self.chosen is not None:
            # The choice does not jump to another row.
            self.chosen, self._held = None, True
        if self._wish and count:
            self._step(read, count, chosen=at is not None)
        self._wish = 0
        return self._rows(read, count, max(0, height))

    def _step(self, read: Read[Row], count: int, *, chosen: bool) -> None:
        """Grant the wish; where none was chosen, the first step down chooses the row that is next."""
        wish = self._wish if chosen else self._wish - (self._wish > 0)
        self._at = max(0, min(count - 1, max(self._at, self._skip) + wish))
        self._held = True
        row = read(self._at, 1)
        if row:
            self.row, self.chosen = row[0], self._name(row[0])

    def _rows(self, read: Read[Row], count: int, height: int) -> Sequence[Row]:
        if self.chosen is not None and self._at >= 0:
            self._skip = max(self._at - height + 1, min(self._skip, self._at))
        elif not self._held:
            self._skip = self._at = 0
        self._skip = max(0, min(self._skip, count - height))
        rows = read(self._skip, height)
        if self.chosen is not None:
            self.row = next((row for row in rows if self._name(row) == self.chosen), self.row)
        return rows

    def _place(self, read: Read[Row], count: int) -> int | None:
        """Where the chosen row stands now."""
        if self.chosen is None:
            return None
        last = self._at if self._at >= 0 else self._skip
        for first, top in ((last, 1), (max(0, last - _NEAR), 2 * _NEAR), (0, count)):
            for n, row in enumerate(read(first, top)):
                if self._name(row) == self.chosen:
                    return first + n
        return None
