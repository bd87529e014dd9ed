"""Shapes of frames as regular expressions: slow, plain, and what the compiled scanner has to equal."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import gcd
from typing import Any

from pmtui.core.scan import (
    Common,
    Decimal,
    Each,
    Flag,
    Highest,
    Known,
    Levels,
    Lowest,
    Pair,
    Step,
    Text,
    There,
    Whole,
    pieces,
)
from pmtui.core.units import NotANumber, billionths

BLANKS = "[ \\n\\r\\t]*"
TEXT = "[ !#-\\[\\]-~]{0,200}"
DECIMAL = "[0-9]{1,9}(?:\\.[0-9]{1,9})?"
QUOTED, WHOLE = "[0-9]{1,18}", "(?:0|[1-9][0-9]{0,17})(?![0-9])"


class Said:
    """What was read of a frame so far."""

    def __init__(self) -> None:
        self.there: Mapping[str, object] | None = None
        self.common = 0
        self.prices: list[int] = []

    def known(self, value: Any) -> Any:
        self.there = value if self.there is None else self.there
        return value

    def counted(self, number: int) -> int:
        self.common = gcd(self.common, number)
        return number

    def levels(self, members: list[tuple[int, int]]) -> dict[int, int]:
        found = dict(members)
        if len(found) != len(members):
            raise NotANumber("a price stands twice")
        self.prices = list(found)
        return found


Read = Callable[[str, Said], Any]


class Expressions:
    """A shape as one expression, and what makes values of its groups."""

    def __init__(self, *steps: Step) -> None:
        self._whole = re.compile("".join(map(_pattern, steps)) + BLANKS, re.ASCII).fullmatch
        self._readers = tuple(_reader(step) for step in steps if _is_kept(step))

    def scan(self, frame: bytes) -> tuple[Any, ...] | None:
        said = Said()
        try:
            found = self._whole(frame.decode("ascii"))
            return found and tuple(read(text, said) for read, text in zip(self._readers, found.groups(), strict=True))
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
        case Known() | There() | Text():
            return f'{BLANKS}"{opening}{TEXT})"'
        case Pair(_, between):
            return f'{BLANKS}{opening}"{TEXT}"{_pattern(between)}{BLANKS}"{TEXT}")'
        case Decimal():
            return f'{BLANKS}"{opening}{DECIMAL})"'
        case Whole(quoted):
            return f'{BLANKS}"{opening}{QUOTED})"' if quoted else f"{BLANKS}{opening}{WHOLE})"
        case Common() | Highest() | Lowest():
            return f"{opening})"
        case Each(steps) | Levels(steps):
            member = "".join(_pattern(each, inside=True) for each in steps)
            members = f"{member}(?:{BLANKS},{member})*"
            some = members if isinstance(step, Each) else f"(?:{members})?"
            return f"{BLANKS}\\[{opening}{some}){BLANKS}\\]"


def _reader(step: Step) -> Read:
    match step:
        case Known(table):
            return lambda text, said: said.known(table[text])
        case There():
            return lambda text, said: (said.there or {})[text]
        case Pair(pairs, between):
            apart = re.compile(f'"({TEXT})"{_pattern(between)}{BLANKS}"({TEXT})"').fullmatch
            return lambda text, _: pairs[_two(apart(text))]
        case Decimal(least, most, _, counted):
            read: Read = lambda text, _: _between(billionths(text), least, most)  # noqa: E731
            return (lambda text, said: said.counted(read(text, said))) if counted else read
        case Common():
            return lambda _, said: said.common
        case Highest(of_none):
            return lambda _, said: max(said.prices, default=of_none)
        case Lowest(of_none):
            return lambda _, said: min(said.prices, default=of_none)
        case Whole(_, _, least, most):
            return lambda text, _: _between(int(text), least, most)
        case Flag():
            return lambda text, _: text is not None
        case Each(steps, order):
            return _members(steps, order)
        case Levels(steps):
            levels = _members(steps)
            return lambda text, said: said.levels(levels(text, said))
    return lambda text, _: text


def _members(steps: tuple[Step, ...], order: tuple[int, ...] = ()) -> Read:
    """What makes values of a list that is known to fit."""
    found = re.compile("".join(map(_pattern, steps)), re.ASCII).finditer
    readers = tuple(_reader(step) for step in steps if _is_kept(step))
    places = order or range(len(readers))

    def read(text: str, said: Said) -> list[tuple[Any, ...]]:
        members = []
        for member in found(text):
            values = [read(caught, said) for read, caught in zip(readers, member.groups(), strict=True)]
            placed = dict(zip(places, values, strict=True))
            members.append(tuple(placed[place] for place in sorted(placed)))
        return members

    return read


def _two(found: re.Match[str] | None) -> tuple[str, str]:
    assert found is not None
    return found[1], found[2]


def _between(value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise NotANumber("out of range")
    return value
