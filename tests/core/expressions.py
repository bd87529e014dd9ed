"""Shapes of frames as regular expressions: slow, plain, and what the compiled scanner has to equal."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pmtui.core.scan import Decimal, Each, Flag, Known, Levels, Pair, Step, Text, Whole, pieces
from pmtui.core.units import NotANumber, billionths

BLANKS = "[ \\n\\r\\t]*"
TEXT = "[ !#-\\[\\]-~]{0,200}"
DECIMAL = "[0-9]{1,9}(?:\\.[0-9]{1,9})?"
QUOTED, WHOLE = "[0-9]{1,18}", "(?:0|[1-9][0-9]{0,17})(?![0-9])"


class Expressions:
    """A shape as one expression, and what makes values of its groups."""

    def __init__(self, *steps: Step) -> None:
        self._whole = re.compile("".join(map(_pattern, steps)) + BLANKS, re.ASCII).fullmatch
        self._readers = tuple(_reader(step) for step in steps if _is_kept(step))

    def scan(self, frame: bytes) -> tuple[Any, ...] | None:
        try:
            found = self._whole(frame.decode("ascii"))
            return found and tuple(read(text) for read, text in zip(self._readers, found.groups(), strict=True))
        except (KeyError, ValueError):
            return None


def _is_kept(step: Step) -> bool:
    return not isinstance(step, str) and getattr(step, "kept", True)


def _pattern(step: Step, *, inside: bool = False) -> str:
    """What a step matches; inside a list nothing is caught at first."""
    opening = "(" if _is_kept(step) and not inside else "(?:"
    match step:
        case str():
            return "".join(BLANKS + re.escape(piece.decode()) for piece in pieces(step))
        case Flag(text):
            return f"{opening}{_pattern(text)})?"
        case Known() | Text():
            return f'{BLANKS}"{opening}{TEXT})"'
        case Pair(_, between):
            return f'{BLANKS}{opening}"{TEXT}"{_pattern(between)}{BLANKS}"{TEXT}")'
        case Decimal():
            return f'{BLANKS}"{opening}{DECIMAL})"'
        case Whole(quoted):
            return f'{BLANKS}"{opening}{QUOTED})"' if quoted else f"{BLANKS}{opening}{WHOLE})"
        case Each(steps) | Levels(steps):
            member = "".join(_pattern(each, inside=True) for each in steps)
            members = f"{member}(?:{BLANKS},{member})*"
            some = members if isinstance(step, Each) else f"(?:{members})?"
            return f"{BLANKS}\\[{opening}{some}){BLANKS}\\]"


def _reader(step: Step) -> Callable[[str], Any]:
    match step:
        case Known(table):
            return table.__getitem__
        case Pair(pairs, between):
            apart = re.compile(f'"({TEXT})"{_pattern(between)}{BLANKS}"({TEXT})"').fullmatch
            return lambda text: pairs[_two(apart(text))]
        case Decimal(least, most, _):
            return lambda text: _between(billionths(text), least, most)
        case Whole(_, _, least, most):
            return lambda text: _between(int(text), least, most)
        case Flag():
            return lambda text: text is not None
        case Each(steps):
            return _members(steps)
        case Levels(steps):
            levels = _members(steps)
            return lambda text: _each_once(levels(text))
    return str


def _members(steps: tuple[Step, ...]) -> Callable[[str], list[tuple[Any, ...]]]:
    """What makes values of a list that is known to fit."""
    found = re.compile("".join(map(_pattern, steps)), re.ASCII).finditer
    readers = tuple(_reader(step) for step in steps if _is_kept(step))
    return lambda text: [
        tuple(read(caught) for read, caught in zip(readers, member.groups(), strict=True)) for member in found(text)
    ]


def _two(found: re.Match[str] | None) -> tuple[str, str]:
    assert found is not None
    return found[1], found[2]


def _between(value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise NotANumber("out of range")
    return value


def _each_once(levels: list[tuple[int, int]]) -> dict[int, int]:
    found = dict(levels)
    if len(found) != len(levels):
        raise NotANumber("a price stands twice")
    return found
