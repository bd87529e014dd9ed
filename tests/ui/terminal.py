"""A terminal for tests: a program in a real pseudo-terminal, with an emulator that knows what the user would see."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyte  # type: ignore[import-untyped, unused-ignore]

from benchmarks.pty import Session

ROOT = Path(__file__).parents[2]

# The emulator prints the tails of these; a real terminal does not.
_UNKNOWN = re.compile(rb"\x1b\[[<>=][\d;]*[a-zA-Z]|\x1b\[\?\d+\$p|\x18")


class Cell(NamedTuple):
    """What one cell looks like."""

    text: str
    colour: str
    paper: str
    bold: bool
    italic: bool
    underline: bool
    reverse: bool


class Terminal(Session):
    """A program and what its terminal shows."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        lines: int = 24,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            command, columns=columns, lines=lines, environment={"PYTHONPATH": str(ROOT), **(environment or {})}
        )
        self.received = b""
        """Everything the program wrote."""

    def wipe(self) -> None:
        """Forget what is shown, so that only what is drawn from now on can be seen."""
        self._show(self._screen.columns, self._screen.lines)

    def resize(self, columns: int, lines: int) -> None:
        super().resize(columns, lines)
        if columns > 0 and lines > 0:
            self._show(columns, lines)

    def settle(self, quiet: float = 0.1, deadline: float = 30.0) -> None:
        """Read until nothing came for `quiet` seconds."""
        end = time.monotonic() + deadline
        while self.read_more(quiet) and time.monotonic() < end:
            pass

    def read_more(self, wait: float) -> bool:
        """Read what there is within `wait` seconds; tell whether there was anything."""
        data = self.read(wait)
        self.received += data
        self._stream.feed(_UNKNOWN.sub(b"", data))
        return bool(data)

    def wait_for(self, what: str | Callable[[], object], deadline: float = 30.0) -> None:
        """Read until the screen shows a text, or something is true."""
        end = time.monotonic() + deadline
        while not (what in self.text if isinstance(what, str) else what()):
            if time.monotonic() > end:
                raise AssertionError(f"not seen in {deadline} s: {what}\n{self.text}")
            self.read_more(0.02)

    def _show(self, columns: int, lines: int) -> None:
        self._screen: Any = pyte.Screen(columns, lines)
        self._stream: Any = pyte.ByteStream(self._screen)

    @property
    def title(self) -> str:
        """The title of the window."""
        return str(self._screen.title)

    @property
    def text(self) -> str:
        """The text on the screen."""
        screen = self._screen
        return "\n".join(
            "".join([screen.buffer[y][x].data for x in range(screen.columns)]) for y in range(screen.lines)
        )

    def cells(self) -> list[list[Cell]]:
        """Every cell of the screen."""
        return [
            [
                Cell(char.data, char.fg, char.bg, char.bold, char.italics, char.underscore, char.reverse)
                for char in (self._screen.buffer[y][x] for x in range(self._screen.columns))
            ]
            for y in range(self._screen.lines)
        ]


def differing_cells(one: list[list[Cell]], other: list[list[Cell]]) -> list[tuple[int, int, Cell, Cell]]:
    """Where two screens differ, as (line, column, cell, other cell)."""
    return [
        (y, x, a, b)
        for y, (row, other_row) in enumerate(zip(one, other, strict=True))
        for x, (a, b) in enumerate(zip(row, other_row, strict=True))
        if a != b
    ]
