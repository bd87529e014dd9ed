"""Numbers as a trader reads them: cents, thousands, ages."""

from __future__ import annotations

from datetime import UTC, datetime

from pmtui.core.units import ONE, places, show
from pmtui.ui.text import clean, shorten

_CENT = 100
_LONGEST_UNIT = 8
_LEAST = ONE // 10_000
"""What is less than this is only said to be so."""


def price(value: int, step: int, *, cents: bool = True) -> str:
    """A price with the decimals of its step; prices of outcomes read as cents."""
    return show(value * _CENT, places(step * _CENT)) if cents else show(value, places(step))


def tick(value: int, *, cents: bool = True) -> str:
    return f"{price(value, value, cents=cents)}¢" if cents else price(value, value, cents=False)


def size(value: int) -> str:
    """At most five characters: `898`, `2.5K`, `18.0K`, `1.3M`, `0.061`, `.0048`, `<.001`."""
    if not value:
        return ""
    if value < ONE:
        return _small(value)
    if value < 10 * ONE:
        return show(value, 2).rstrip("0").rstrip(".")
    whole = value // ONE
    if whole < 1_000:
        return str(whole)
    for unit, name in ((1_000, "K"), (1_000_000, "M"), (1_000_000_000, "B")):
        if whole < unit * 1_000:
            tenths = whole * 10 // unit
            return f"{tenths // 10}.{tenths % 10}{name}" if tenths < 10_000 // 10 else f"{tenths // 10}{name}"
    return ">999B"


def unit(name: str) -> str:
    """What stands behind a size to say what it counts: ` sh`, ` BTC`, nothing where nobody has said."""
    return f" {shorten(clean(name), _LONGEST_UNIT)}" if name else ""


def _small(value: int) -> str:
    """Parts of a coin may be worth very much."""
    if value < _LEAST:
        return "<.001"
    if value < ONE // 100:
        return show(value, 4).removeprefix("0")
    return show(value, 3).rstrip("0")


def money(value: int) -> str:
    """Price times size, both in billionths: `$51`, `$1.2M`."""
    dollars = value // ONE
    if dollars < 10 * ONE:
        return f"${show(dollars, 2)}"
    return f"${size(dollars)}"


def age(ms: int) -> str:
    """How long ago: `0.4s`, `12s`, `3m`, `2h`, `4d`; empty for never."""
    if ms > 10**11:
        return "–"
    if ms < 9_950:
        return f"{max(0, ms) / 1000:.1f}s"
    seconds = ms // 1000
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= unit * (2 if name == "m" else 1):
            return f"{seconds // unit}{name}"
    return f"{seconds}s"


def clock(ms: int) -> str:
    """The time of day in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%H:%M:%S")


def day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%b %d").replace(" 0", " ")


def octets(count: int) -> str:
    for name, unit in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if count >= unit:
            return f"{count / unit:.1f}{name}"
    return f"{count}B"
