"""A line over time drawn with dots: eight to a cell in braille, three to a cell in ASCII. Pure.

The picture is as wide as its columns need. Low values are at the bottom, and a value never lies outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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


def _braille() -> str:
    """Unicode counts the dots of a cell from the top, and those of the lowest row last."""
    signs = [0x2800]
    for dot in (0x40, 0x04, 0x02, 0x01, 0x80, 0x20, 0x10, 0x08):
        signs += [sign | dot for sign in signs]
    return " " + "".join(map(chr, signs[1:]))


BRAILLE = Dots(2, 4, _braille())
ASCII = Dots(1, 3, " .-:'|:|", dot="o")


def level(value: int, low: int, high: int, heights: int) -> int:
    """How high a value lies, 0 at the bottom; half way up when there is nothing to compare it with."""
    if high <= low:
        return (heights - 1) // 2
    return ((min(max(value, low), high) - low) * (heights - 1) + (high - low) // 2) // (high - low)


def draw(points: Sequence[Point], rows: int, low: int, high: int, dots: Dots = BRAILLE) -> list[Drawn]:
    """The picture of these points, a line of cells for each row."""
    levels = _Levels(low, high, rows * dots.down)
    line = _cells(list(_strokes(points, levels)), rows, dots)
    single = [1 << levels[point.dot] if point.dot is not None and low <= point.dot <= high else 0 for point in points]
    if not any(single):
        return [(Run(_signs(each, dots), "line"),) for each in line]
    return [_row(*each, dots) for each in zip(line, _cells(single, rows, dots), strict=True)]


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
            if before + 1 < bottom:
                bottom = before + 1
            elif before - 1 > top:
                top = before - 1
        yield (2 << top) - (1 << bottom)
        before = None if close is None else levels[close]


def _cells(columns: Sequence[int], rows: int, dots: Dots) -> list[bytes]:
    """The bits of each cell, a row of them from the top after the other."""
    # Written out to the base of a cell's height, a column has one digit for each row: no loop goes over the cells.
    digit = {3: "o", 4: "x"}[dots.down]
    digits = f"%0{rows}{digit}" * len(columns) % tuple(reversed(columns))
    if dots.across == 1:
        return [bytes(map(int, digits[y::rows]))[::-1] for y in range(rows)]
    odd = "0" * (rows * (len(columns) % 2))
    return [bytes.fromhex((odd + digits)[y::rows])[::-1] for y in range(rows)]


def _signs(cells: bytes, dots: Dots) -> str:
    return "".join([dots.signs[bits] for bits in cells])


def _row(line: bytes, single: bytes, dots: Dots) -> Drawn:
    """The line, with single dots in cells of their own: in a cell of the line they would look like a part of it."""
    text = _signs(line, dots)
    runs: list[Run] = []
    end = 0
    for x in [x for x, dotted in enumerate(single) if dotted and not line[x]]:
        sign = dots.dot or dots.signs[single[x]]
        if x == end and runs:
            runs[-1] = Run(runs[-1].text + sign, "dot")
        else:
            runs += [Run(text[end:x], "line")] * (x > end)
            runs.append(Run(sign, "dot"))
        end = x + 1
    return tuple([*runs, Run(text[end:], "line")] if end < len(text) or not runs else runs)
