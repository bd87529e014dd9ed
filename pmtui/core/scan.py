"""Reading a frame of a known shape in one pass, straight into exact values.

A venue spells its messages the same way each time. The steps of a shape say so: literal text with holes for what
varies. What `scanner` makes of them gives the values of the holes, or None for a frame that is not just so. Whatever
differs at all (a key in another place, one that stands twice, an escape, a number too large) does not fit, and is for
the careful reader.

scan.c does the work; it is built when the program is installed. Where no compiler was at hand nothing fits, and every
frame goes the other way: the same answers, in more time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pmtui.core.tuples import NamedTuple

EDITION = 3
"""Which build of scan.c belongs to this module."""
_LARGEST = 10**18 - 1

Scan = Callable[[bytes], Any]
"""The values of a frame in the order of its holes, None when it does not fit."""


class Known(NamedTuple):
    """A text that the table knows, and what the table says of it."""

    table: Mapping[str, object]


class There(NamedTuple):
    """A text that is known to the table which the frame's first `Known` told."""


class Pair(NamedTuple):
    """Two texts with something between them that the table knows together."""

    table: Mapping[tuple[str, str], object]
    between: str


class Decimal(NamedTuple):
    """A plain decimal in quotes, in billionths; others than these do not fit.

    Equal numbers that are `shared` are one and the same object: thousands of books then hold the few prices there are.
    Those that are `counted` have a `Common` divisor.
    """

    least: int = 0
    most: int = _LARGEST
    shared: bool = False
    counted: bool = False


class Common(NamedTuple):
    """Nothing is read: the greatest common divisor of all counted decimals before it, zero when there are none."""


class Text(NamedTuple):
    """A short text of printable ASCII."""

    kept: bool = True


class Whole(NamedTuple):
    """A whole number, bare or in quotes; others than these do not fit."""

    quoted: bool = False
    kept: bool = True
    least: int = 0
    most: int = _LARGEST


class Flag(NamedTuple):
    """A text that may be there or not: True or False."""

    text: str


class Each(NamedTuple):
    """A list of at least one member of the same shape: a list with a tuple for each.

    `order` names for each value, as it comes, its place in the tuple.
    """

    steps: tuple[Step, ...]
    order: tuple[int, ...] = ()


class Levels(NamedTuple):
    """A list of prices and sizes, each price once: a dict."""

    steps: tuple[Step, ...]


class Highest(NamedTuple):
    """Nothing is read: the highest price of the levels before it."""

    of_none: int
    """The answer when there is no level."""


class Lowest(NamedTuple):
    """Nothing is read: the lowest price of the levels before it."""

    of_none: int


Step = str | Known | There | Pair | Decimal | Common | Text | Whole | Flag | Each | Levels | Highest | Lowest


def scanner(*steps: Step) -> Scan:
    """What reads frames of this shape. What a table says of a text is remembered: when it would say another thing, make
    another scanner."""
    if _Scanner is None:
        return _nothing
    scan: Scan = _Scanner(program(steps)).scan
    return scan


def _nothing(frame: bytes) -> None:
    """Where nothing was compiled, no frame fits."""


def _find() -> Any:
    try:
        import _pmtui_scan  # type: ignore[import-not-found]  # there is nothing to look at in a compiled module
    except ImportError:
        return None
    return _pmtui_scan.Scanner if _pmtui_scan.EDITION == EDITION else None


_Scanner: Any = _find()


# For scan.c: numbered steps, literals in pieces.

_KINDS = (
    *("literal", "flag", "text", "known", "there", "pair", "decimal", "common"),
    *("whole", "quoted", "each", "levels", "highest", "lowest"),
)
_Numbered = tuple[int, bool, object, int, int, object]
"""Kind, whether its value is kept, what it holds, least and most, the steps within."""


def program(steps: Iterable[Step]) -> tuple[_Numbered, ...]:
    """The steps as scan.c knows them."""
    return tuple(_numbered(step) for step in steps)


def _numbered(step: Step) -> _Numbered:
    match step:
        case str():
            return _step("literal", held=tuple(pieces(step)))
        case Flag(text):
            return _step("flag", held=tuple(pieces(text)))
        case Text(kept):
            return _step("text", kept=kept)
        case Known(table):
            return _step("known", held=table)
        case Pair(pairs, between):
            return _step("pair", held=pairs, inner=program([between]))
        case There():
            return _step("there")
        case Decimal(least, most, shared, counted):
            return _step("decimal", held=(shared, counted), least=least, most=most)
        case Common():
            return _step("common")
        case Whole(quoted, kept, least, most):
            return _step("quoted" if quoted else "whole", kept=kept, least=least, most=most)
        case Each(steps, order):
            return _step("each", held=order, inner=program(steps))
        case Levels(steps):
            return _step("levels", inner=program(steps))
        case Highest(of_none):
            return _step("highest", least=of_none)
        case Lowest(of_none):
            return _step("lowest", least=of_none)


def _step(
    kind: str, *, kept: bool = True, held: object = None, least: int = 0, most: int = 0, inner: object = None
) -> _Numbered:
    return _KINDS.index(kind), kept, held, least, most, inner


def pieces(literal: str) -> Iterator[bytes]:
    """The literal in pieces between which JSON allows blanks."""
    yield from (piece.encode() for piece in re.findall(r'"[^"]*"|[{}\[\]:,]|[^"{}\[\]:,]+', literal))
