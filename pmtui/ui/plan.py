"""Where on the screen each panel is: it follows from the screen's size and from who is seen, and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Region, Size

from pmtui.core.tuples import NamedTuple

WIDE = 160
"""From this many columns there is room for a third column of panels."""
NARROW = 100
"""With fewer columns, what stands beside the ladder has no more of them than it needs."""
PLACES = ("top", "main", "side", "far", "bottom")
"""In the order in which the keys go from one to the next."""
FRAME = ("top", "bottom")
"""What frames the panels stays, whatever is zoomed or hidden."""
_LEAST_SIDE, _LEAST_FAR = 33, 46
_GAP = 1
_FAR_ABOVE = 64
"""Hundredths of the lines for the third column's panels where they stand above the second's."""


class Ask(NamedTuple):
    """What a panel that is seen asks for."""

    place: str
    """`top`, `main`, `side`, `far`, or `bottom`."""
    lines: int = 0
    """So many lines; 0 for a share of those that are left."""
    share: int = 1
    most: int = 10_000
    """No share has more lines than this, where another can have them."""


def plan(size: Size, asks: Sequence[Ask], *, alone: bool = False) -> list[Region]:
    """A place for each, in the same order: no two overlap, and all are on the screen.

    `alone` gives each within the frame all that is there; no more than one should be seen then.
    """
    top, bottom = (sum([each.lines for each in asks if each.place == place]) for place in FRAME)
    middle = Region(0, top, size.width, max(0, size.height - top - bottom))
    columns = {"top": Region(0, 0, size.width, top), "bottom": Region(0, middle.bottom, size.width, bottom)}
    columns |= dict.fromkeys(("main", "side", "far"), middle) if alone else _columns(middle, asks)
    regions: dict[int, Region] = {}
    for place, column in columns.items():
        inside = {n: each for n, each in enumerate(asks) if each.place == place}
        if alone and place not in FRAME:
            regions |= dict.fromkeys(inside, column)
            continue
        y = column.y
        for n, lines in zip(inside, _lines(column.height, list(inside.values())), strict=True):
            regions[n] = Region(column.x, y, column.width, lines)
            y += lines
    return [regions[n] for n in range(len(asks))]


def _columns(middle: Region, asks: Sequence[Ask]) -> dict[str, Region]:
    """The ladder's column and those beside it, one above the other where there is no room for a third."""
    x, y, width, height = middle
    seen = {ask.place for ask in asks}
    both = {"side", "far"} <= seen
    if "main" in seen and seen & {"side", "far"}:
        least = _LEAST_FAR if "far" in seen else _LEAST_SIDE
        share = width - _GAP - (width - _GAP) * 3 // (7 if both and width >= WIDE else 5)
        right = least if width < NARROW else max(least, share)
        main = Region(x, y, width - _GAP - right, height)
    else:
        right, main = width, middle
    x += width - right
    beside = Region(x, y, right, height)
    if not both:
        return {"main": main, "side": beside, "far": beside}
    if width >= WIDE:
        far = max(_LEAST_FAR, (right - _GAP + 1) // 2)
        side = right - _GAP - far
        return {"main": main, "side": Region(x, y, side, height), "far": Region(x + side + _GAP, y, far, height)}
    above, below = far_above(height, asks), [ask.lines for ask in asks if ask.place == "side"]
    if all(below):  # nobody there could do anything with more
        above = max(above, height - sum(below))
    return {"main": main, "far": Region(x, y, right, above), "side": Region(x, y + above, right, height - above)}


def far_above(height: int, asks: Sequence[Ask]) -> int:
    """How many lines the third column's panels have where they stand above the second's: no more than they ask for."""
    wanted = sum([ask.lines or ask.most for ask in asks if ask.place == "far"])
    return min(height * _FAR_ABOVE // 100, wanted)


def _lines(height: int, asks: Sequence[Ask]) -> list[int]:
    """How many lines each in a column has: first what it asks for, then its share of what is left.

    What nobody may have goes to the last that shares: rather too much for it than for nobody.
    """
    lines = [0] * len(asks)
    left = height
    for n, each in enumerate(asks):
        lines[n] = min(each.lines, left)
        left -= lines[n]
    sharing = [n for n, each in enumerate(asks) if not each.lines]
    while sharing:
        total = sum([asks[n].share for n in sharing])
        over = [n for n in sharing if left * asks[n].share > asks[n].most * total]
        if not over:
            break
        lines[over[0]] = asks[over[0]].most  # what it leaves may be too much for another, too
        left -= lines[over[0]]
        sharing.remove(over[0])
        if not sharing:
            lines[max(n for n, each in enumerate(asks) if not each.lines)] += left
    before = 0
    for n in sharing:
        after = before + asks[n].share
        lines[n] = left * after // total - left * before // total
        before = after
    return lines
