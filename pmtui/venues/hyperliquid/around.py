"""What is told around a book: marks and funding, candles. Read with care, for it comes seldom."""

from __future__ import annotations

import math
from typing import Any

from pmtui.core.careful import Bare, obj, optional, value
from pmtui.core.events import Candle, Candles, Context
from pmtui.core.instrument import InstrumentId
from pmtui.core.units import Millis, NotANumber, Px, Qty, billionths
from pmtui.venues.hyperliquid.numbers import EARLIEST, LATEST
from pmtui.venues.hyperliquid.wire import whole

MINUTE = Millis(60_000)
HOUR = Millis(3_600_000)
"""Funding is paid at each full hour."""
_LONGEST = 40


def context(instrument: InstrumentId, ctx: dict[str, Any], at: Millis) -> Context:
    """What is said of a perp or a spot pair; each number may be missing."""
    funding = _number(ctx, "funding")
    return Context(
        instrument,
        at,
        mark=_number(ctx, "markPx"),
        oracle=_number(ctx, "oraclePx"),
        previous=_number(ctx, "prevDayPx"),
        volume=_number(ctx, "dayNtlVlm"),
        interest=_number(ctx, "openInterest"),
        funding=funding,
        funded_every=HOUR if funding is not None else Millis(0),
    )


def _number(fields: dict[str, Any], name: str) -> float | None:
    found = fields.get(name)
    if found is None:
        return None
    if not isinstance(found, str) or len(found) > _LONGEST:
        raise NotANumber(f"{name} is not a number in text")
    try:
        number = float(found)
    except ValueError:
        raise NotANumber(f"{name} is not a number") from None
    if not math.isfinite(number) or "_" in found or not found.isascii():
        raise NotANumber(f"{name} is not a plain number")
    return number


def candles(instrument: InstrumentId, rows: list[dict[str, Any]], at: Millis, *, ceiling: int = 0) -> Candles:
    """One-minute candles; `ceiling` turns them into those of the other side of an outcome market."""
    return Candles(instrument, at, MINUTE, tuple(_candle(obj(row), ceiling) for row in rows))


def _candle(row: dict[str, Any], ceiling: int) -> Candle:
    begins = whole(row, "t")
    if not EARLIEST < begins < LATEST or begins % MINUTE:
        raise NotANumber("a candle does not begin at a full minute")
    first, high, low, last = (billionths(value(row, name)) for name in "ohlc")
    if not 0 < low <= min(first, last) <= max(first, last) <= high:
        raise NotANumber("a candle's prices are not between its low and its high")
    if ceiling:
        if high >= ceiling:
            raise NotANumber("a candle's price is not between 0 and 1")
        first, high, low, last = (ceiling - price for price in (first, low, high, last))
    size = billionths(value(row, "v"))
    return Candle(Millis(begins), Px(first), Px(high), Px(low), Px(last), Qty(size))


def interval(row: dict[str, Any]) -> str:
    found = optional(row, "i")
    return "" if found is None or isinstance(found, Bare) else found
