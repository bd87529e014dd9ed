"""Numbers as a trader reads them: cents, thousands, ages."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from pmtui.core.units import DECIMALS, ONE, ceil_to, floor_to, places, plain, show
from pmtui.ui.text import clean, shorten

UNKNOWN_TICK = ONE // 100
"""What prices are told by until a tick is known."""
_CENT = 100
_CENTS = ONE // 100
"""A cent of money."""
_LONGEST_UNIT = 8
_LEAST = ONE // 10_000
"""What is less than this is only said to be so."""


@lru_cache(maxsize=4_096)  # a screen has some two hundred numbers, and few of them are new in the next frame
def price(value: int, step: int, *, cents: bool = True) -> str:
    """A price with the decimals of its step; prices of outcomes read as cents."""
    return show(value * _CENT, places(step * _CENT)) if cents else show(value, places(step))


def tick(value: int, *, cents: bool = True) -> str:
    return f"{price(value, value, cents=cents)}¢" if cents else price(value, value, cents=False)


def average(value: int, step: int, *, cents: bool = True) -> str:
    """A price that nobody quoted, rounded to the decimals of a step, but never to nothing or to all."""
    decimals = places(step * _CENT) + 2 if cents else places(step)
    grain = ONE // 10**decimals or 1
    rounded = _rounded(value, grain)
    if cents and 0 < value < ONE:
        rounded = min(max(rounded, grain), ONE - grain)
    return price(rounded, step, cents=cents)


def paid(value: int, step: int, *, cents: bool = True) -> str:
    """A price that printed: one that lies between two of the grid has a decimal more, of a cent one at least."""
    finest = min(step // 10, _CENTS // 10) if cents else step // 10
    while value % step and step > finest and step % 10 == 0:
        step //= 10
    return average(value, step, cents=cents)


def middle(value: int, step: int, *, cents: bool = True) -> str:
    """A price between a bid and an ask, or how far one went: to its last decimal, as the grid may have been finer."""
    half = step // 2 or 1
    return price(value, half if value % 10 ** (DECIMALS - places(half)) == 0 else value, cents=cents)


def size(value: int, *, coins: bool = False) -> str:
    """At most five characters, rounded: `898`, `2.5K`, `18.0K`, `1.3M`, `0.062`, `.0048`, `<0.01`; coins with more
    figures, `10.98`, `<.001`.
    """
    return resting(_rounded(value, _grain(value, coins=coins)) if value >= _LEAST else value, coins=coins)


@lru_cache(maxsize=4_096)
def resting(value: int, *, coins: bool = False) -> str:
    """The same, cut: of what is there to be taken never more is told than there is."""
    if not value:
        return ""
    if value < ONE:
        return _small(value, coins=coins)
    whole = value // ONE
    if coins and whole < 1_000:
        # All their decimals: coins of one column stand with their points below each other.
        return show(value, 3 if whole < 10 else 2 if whole < 100 else 1)
    if whole < 10:
        return _short(value, 2)
    if whole < 1_000:
        return str(whole)
    for unit, name in ((1_000, "K"), (1_000_000, "M"), (1_000_000_000, "B")):
        if whole < unit * 1_000:
            tenths = whole * 10 // unit
            return f"{tenths // 10}.{tenths % 10}{name}" if tenths < 10_000 // 10 else f"{tenths // 10}{name}"
    return ">999B"


def bound(value: int) -> str:
    """The same, rounded up: of what may be so much never less is told than it may be."""
    return resting(ceil_to(value, _grain(value)))


def exact(value: int, room: int = 6) -> str:
    """A size of our own: to its last decimal, or as far as there is room; in thousands only where there is none."""
    if len(text := plain(value)) <= room or value < _LEAST:
        return text if len(text) <= room else size(value, coins=True)
    decimals = max(0, room - len(str(value // ONE)) - 1)
    rounded = _rounded(value, ONE // 10**decimals)
    text = _short(rounded, decimals)
    return text if rounded and len(text) <= room else size(value)


def unit(name: str) -> str:
    """What stands behind a size to say what it counts: ` sh`, ` BTC`, nothing where nobody has said."""
    return f" {shorten(clean(name), _LONGEST_UNIT)}" if name else ""


def _small(value: int, *, coins: bool) -> str:
    """Parts of a coin may be worth very much; a hundredth of a share is dust."""
    if value < _LEAST:
        return "<.001" if coins else "<0.01"
    if value < ONE // 100:
        return show(value, 4).removeprefix("0")
    return show(value, 3) if coins else show(value, 3).rstrip("0")


@lru_cache(maxsize=2_048)
def money(value: int, *, cut: bool = False) -> str:
    """Price times size, both in billionths: `$51`, `$1.2M`; `cut` for what must not look more than it is."""
    dollars = value // ONE
    if not cut and dollars:
        dollars = _rounded(dollars, _CENTS if dollars < 10 * ONE else _grain(dollars))
    if value and dollars < _CENTS:
        return "<$.01"
    if dollars < 10 * ONE:
        return f"${show(dollars, 2)}"
    figures = resting(dollars)
    return f">${figures[1:]}" if figures[0] == ">" else f"${figures}"


def at_least(value: int) -> str:
    """Money of which there may be more than is known: cut, and never below a sign that says the opposite."""
    return or_more(money(value, cut=True))


def no_less(value: int, *, coins: bool = False) -> str:
    """The same of a size."""
    return or_more(resting(value, coins=coins) or "0")


def or_more(told: str) -> str:
    """What is told, and that there may be more; never beside a sign that says the opposite."""
    if told[0] == "<":
        return "≥$0" if "$" in told else "≥0"
    return told if told[0] == ">" else f"≥{told}"


def percent(part: int, whole: int, decimals: int = 0) -> str:
    """A share, rounded; none and all are said only of none and all."""
    most = 100 * 10**decimals
    rounded = (2 * most * part + whole) // (2 * whole)
    told = min(max(rounded, 1), most - 1) if 0 < part < whole else rounded
    return f"{told / 10**decimals:.{decimals}f}%"


def to_cents(value: int) -> int:
    """Money in billionths, rounded."""
    return _rounded(value, _CENTS)


def _short(value: int, decimals: int) -> str:
    text = show(value, decimals)
    return text.rstrip("0").rstrip(".") if decimals > 0 else text


def _grain(value: int, *, coins: bool = False) -> int:
    """What the last figure of a size counts."""
    if value < ONE:
        return _LEAST if value < ONE // 100 else ONE // 1_000
    if value < 10 * ONE:
        return ONE // 1_000 if coins else ONE // 100
    if value < 1_000 * ONE:
        return (ONE // 100 if value < 100 * ONE else ONE // 10) if coins else ONE
    unit = 1_000 * ONE
    while value >= unit * 1_000:
        unit *= 1_000
    return unit // 10 if value < 100 * unit else unit


def _rounded(value: int, grain: int) -> int:
    """The nearest multiple, half of one upwards."""
    return floor_to(value + grain // 2, grain)


def age(ms: int) -> str:
    """How long ago: `0.4s`, `12s`, `3m`, `2h`, `4d`; `–` for never."""
    if ms > 10**11:
        return "–"
    if ms < 9_950:
        return f"{max(0, ms) / 1000:.1f}s"
    seconds = ms // 1000
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= unit * (2 if name == "m" else 1):
            return f"{seconds // unit}{name}"
    return f"{seconds}s"


def about(ms: int) -> str:
    """A length of time, as `age` tells it, to the nearest second where it tells no parts of one."""
    return age(ms if ms < 9_950 else ms + 500)


def clock(ms: int) -> str:
    """The time of day in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%H:%M:%S")


@lru_cache(maxsize=64)
def day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%b %d").replace(" 0", " ")


def date(seconds: int, now: int) -> str:
    """A day, with its year where that is not the one of now."""
    year = datetime.fromtimestamp(seconds, UTC).year
    return day(seconds) if year == datetime.fromtimestamp(now, UTC).year else f"{day(seconds)} {year}"


def octets(count: int) -> str:
    for name, unit in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if count >= unit:
            return f"{count / unit:.1f}{name}"
    return f"{count}B"
