"""Exact prices and sizes: ints that count billionths, read from a venue's own text.

No float comes near a book. `Px` and `Qty` are plain ints at run time, so books stay dicts of ints;
this module is the only one that knows the scale.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NewType, TypeVar

Px = NewType("Px", int)
Qty = NewType("Qty", int)
Millis = NewType("Millis", int)

NEVER = Millis(-(10**12))
"""Longer ago than anything that is asked about."""

DECIMALS = 9
ONE: int = 10**DECIMALS
"""The price of certainty, and the size of one share."""

_TOO_LARGE = 10**12 * ONE  # a trillion shares: far beyond any venue
_LONGEST = 24
_LONGEST_AVERAGE = 40
_SHOWN = re.compile(r"-?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?")
_LEAST_SHOWN, _MOST_SHOWN = 1e-15, 10**15
_LAST_DAY = 10**11
_POWERS: tuple[int, ...] = tuple(10 ** (DECIMALS - used) for used in range(DECIMALS + 1))


class NotANumber(ValueError):
    """The text is not a plain decimal that fits a billionth."""


class Contradiction(NotANumber):
    """The numbers could be read, and cannot all be right."""


def seconds_until(at: int, now: int) -> int:
    """Whole seconds until a moment, the one that has begun among them; 0 for one that is past."""
    return max(0, -(-(at - now) // 1_000))


def billionths(text: object) -> int:
    """The exact value of `text`, counted in billionths; raises `NotANumber` for all but plain decimals.

    Accepted are ASCII digits with at most one dot and a digit after it: no sign, exponent,
    underscore, blank or word.
    """
    if isinstance(text, str) and len(text) <= _LONGEST:
        whole, dot, part = text.partition(".")
        digits = whole + part
        # `isdecimal` alone would let other scripts' digits pass.
        if digits.isdecimal() and digits.isascii() and len(part) <= DECIMALS and (part or not dot):
            value: int = int(digits) * _POWERS[len(part)]
            if value < _TOO_LARGE:
                return value
    raise NotANumber(_why_not(text))


def rounded(text: object) -> int:
    """The billionths nearest to a text that may be finer, an average for example; a half goes to the even one.

    Raises `NotANumber` for all but plain decimals, as `billionths` does.
    """
    whole, dot, part = text.partition(".") if isinstance(text, str) else ("", "", "")
    finer = part[DECIMALS:]
    if not finer or len(whole + dot + part) > _LONGEST_AVERAGE:
        return billionths(text)
    below = billionths(whole + dot + part[:DECIMALS])
    if not (finer.isdecimal() and finer.isascii()):
        raise NotANumber(_why_not(text))
    twice, unit = 2 * int(finer), 10 ** len(finer)
    return below + (twice > unit or (twice == unit and below % 2 == 1))


def shown(told: object) -> float:
    """A number that is never reckoned with, only shown: in plain text, or what JSON has for it.

    Raises `NotANumber` for all else, and for what no market can have so much or so little of.
    """
    number = told
    if isinstance(told, str) and len(told) <= _LONGEST_AVERAGE and _SHOWN.fullmatch(told):
        number = float(told)
        if not number and told.lower().partition("e")[0].strip("-0."):
            raise NotANumber(f"{told!r} is too small to be shown")
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise NotANumber(_why_not(told))
    if number and not _LEAST_SHOWN <= abs(number) < _MOST_SHOWN:
        raise NotANumber("a number too large or too small to be shown")
    return float(number or 0)


def day_of(seconds: float) -> int:
    """Unix seconds on a day that can be shown; 0, for unknown, where there is none."""
    return int(seconds) if 0 < seconds < _LAST_DAY else 0


def _why_not(text: object) -> str:
    if not isinstance(text, str):
        return f"a number in text was expected, not {type(text).__name__}"
    if len(text) > _LONGEST:
        return f"{text[:_LONGEST]!r}… is longer than any price or size"
    if text.replace(".", "", 1).isdecimal() and text.isascii() and not text.endswith("."):
        return f"{text!r} is finer than 1e-{DECIMALS} or too large"
    return f"{text!r} is not a plain decimal number"


def px(text: str) -> Px:
    """An exact price from its text: `px("0.52")`."""
    return Px(billionths(text))


def qty(text: str) -> Qty:
    """An exact size from its text: `qty("1250.5")`."""
    return Qty(billionths(text))


def show(value: int, decimals: int) -> str:
    """`value` with just so many decimals, cut (never rounded up to a price nobody quoted)."""
    sign, value = ("-", -value) if value < 0 else ("", value)
    whole, part = divmod(value, ONE)
    if decimals <= 0:
        return f"{sign}{whole}"
    return f"{sign}{whole}.{part // 10 ** (DECIMALS - decimals):0{decimals}d}"


@lru_cache(maxsize=256)  # asked for every price that is written
def places(step: int) -> int:
    """How many decimals it takes to write every multiple of `step`."""
    decimals = DECIMALS
    while decimals and step % 10 == 0:
        step //= 10
        decimals -= 1
    return decimals


def plain(value: int) -> str:
    """The shortest exact text: `0.5`, `60`, `182.92`."""
    whole, part = divmod(value, ONE)
    return f"{whole}.{part:09d}".rstrip("0") if part else str(whole)


def floor_to(value: int, step: int) -> int:
    """The multiple of `step` at or below `value`."""
    return value - value % step


def ceil_to(value: int, step: int) -> int:
    """The multiple of `step` at or above `value`."""
    return -(-value // step) * step


Value = TypeVar("Value")


class Reader(dict[str, Value]):
    """A bounded cache from a venue's text to its value, validated on each miss.

    `reader[text]` costs one dict look-up for a text seen before; `read` raises `NotANumber`
    for what must not enter a book.
    """

    def __init__(self, read: Callable[[object], Value], limit: int = 1 << 16) -> None:
        super().__init__()
        self._read = read
        self._limit = limit

    def __missing__(self, text: str) -> Value:
        value = self._read(text)
        if len(self) >= self._limit:
            self.clear()
        self[text] = value
        return value
