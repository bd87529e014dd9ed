"""A line over time drawn with dots: eight to a cell in braille, three to a cell in ASCII. Pure.

The picture is as wide as its columns need. Low values are at the bottom, and a value never lies outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest

from pmtui.core.tuples import NamedTuple


class Point(NamedTuple):
    """One column of dots: how far the line reached, where it ended, and perhaps a dot of its own."""

    low: int | None = None
    high: int | None = None
    close: int | None = None
    dot: int | None = None


class Run(NamedTuple):
    """Cells of one kind: `line`, blanks among them, or `dot` where there are single dots and no line."""

    text: str
    kind: str


Drawn = tuple[Run, ...]


class Dots(NamedTuple):
    """How many dots a cell has across and down, and its sign by their bits: the left column first, each from below."""

    across: int
    down: int
    signs: str
    dot: str = ""
    """What stands for a cell with single dots; empty when they are drawn as they are."""


def _braille(bits: int) -> str:
    """Unicode counts the dots of a cell from the top, and those of the lowest row last."""
    order = (0x40, 0x04, 0x02, 0x01, 0x80, 0x20, 0x10, 0x08)
    return chr(0x2800 + sum(dot for n, dot in enumerate(order) if bits >> n & 1)) if bits else " "


BRAILLE = Dots(2, 4, "".join(map(_braille, range(256))))
ASCII = Dots(1, 3, " .-:'|:|", dot="o")


def level(value: int, low: int, high: int, heights: int) -> int:
    """How high a value lies, 0 at the bottom; half way up when there is nothing to compare it with."""
    if high <= low:
        return (heights - 1) // 2
    return ((min(max(value, low), high) - low) * (heights - 1) + (high - low) // 2) // (high - low)


def draw(points: Sequence[Point], rows: int, low: int, high: int, dots: Dots = BRAILLE) -> list[Drawn]:
    """The picture of these points, a line of cells for each row."""
    heights = rows * dots.down
    levels = _Levels(low, high, heights)
    line = list(_strokes(points, levels))
    single = [1 << levels[point.dot] if point.dot is not None and low <= point.dot <= high else 0 for point in points]
    heard = 0
    for each in single:
        heard |= each
    full = (1 << dots.down) - 1
    return [
        _row(_cells(line, shift, dots), _cells(single, shift, dots) if heard >> shift & full else (), dots)
        for shift in range(heights - dots.down, -1, -dots.down)
    ]


class _Levels(dict[int, int]):
    """Levels by value: prices come again and again."""

    def __init__(self, low: int, high: int, heights: int) -> None:
        super().__init__()
        self._scale = (low, high, heights)

    def __missing__(self, value: int) -> int:
        found = self[value] = level(value, *self._scale)
        return found


def _strokes(points: Sequence[Point], levels: _Levels) -> Iterator[int]:
    """The heights that the line covers in each column, as bits, joined to where it was before."""
    before: int | None = None
    for low, high, close, _ in points:
        if low is None or high is None:
            before = None
            yield 0
            continue
        bottom, top = levels[low], levels[high]
        if before is not None:
            bottom, top = min(bottom, before + 1), max(top, before - 1)
        yield (2 << top) - (1 << bottom)
        before = None if close is None else levels[close]


def _cells(columns: Sequence[int], shift: int, dots: Dots) -> list[int]:
    """The bits of a row of cells."""
    full = (1 << dots.down) - 1
    if dots.across == 1:
        return [column >> shift & full for column in columns]
    pairs = zip_longest(columns[::2], columns[1::2], fillvalue=0)
    return [left >> shift & full | (right >> shift & full) << dots.down for left, right in pairs]


def _row(line: Sequence[int], single: Sequence[int], dots: Dots) -> Drawn:
    if not single:
        return (Run("".join([dots.signs[bits] for bits in line]), "line"),)
    # A dot in a cell of the line would look like a part of it.
    cells = [
        (dots.dot or dots.signs[dotted], "dot") if dotted and not drawn else (dots.signs[drawn], "line")
        for drawn, dotted in zip(line, single, strict=True)
    ]
    return tuple(Run("".join(sign for sign, _ in run), kind) for kind, run in groupby(cells, key=lambda each: each[1]))
