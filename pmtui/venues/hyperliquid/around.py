"""What is told around a book: marks and funding, candles. Read with care, for it comes seldom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pmtui.core.careful import Bare, judged, obj, optional, sample, value
from pmtui.core.events import Candle, Candles, Context, Event, Rejected
from pmtui.core.instrument import InstrumentId
from pmtui.core.units import ONE, Millis, NotANumber, Px, Qty, billionths, shown
from pmtui.venues.hyperliquid import subscriptions, wire
from pmtui.venues.hyperliquid.coin import Coin
from pmtui.venues.hyperliquid.envelope import reason
from pmtui.venues.hyperliquid.numbers import EARLIEST, LATEST
from pmtui.venues.hyperliquid.prints import FOREIGN

MINUTE = Millis(60_000)
HOUR = Millis(3_600_000)
"""Funding is paid at each full hour."""


def context(instrument: InstrumentId, ctx: dict[str, Any], at: Millis) -> Context:
    """What is said of a perp or a spot pair; each number may be missing."""
    funding = _number(ctx, "funding", least=-1)
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


def _number(fields: dict[str, Any], name: str, *, least: int = 0) -> float | None:
    found = fields.get(name)
    if found is None:
        return None
    if not isinstance(found, str):
        raise NotANumber(f"{name} is not a number in text")
    if (number := shown(found)) < least:
        raise NotANumber(f"{name} is less than {least}")
    return number


def candles(rows: Iterable[object], raw: bytes, coins: Mapping[str, Coin], at: Millis) -> list[Event]:
    """What each candle in `raw` tells: one that cannot be right spoils no other; of another coin or width none is ours.

    First of all come those that are good.
    """
    good: dict[Coin, list[Candle]] = {}

    def read(row: object) -> Sequence[Event]:
        fields = obj(row)
        coin = coins.get(wire.coin(fields, "s"))
        if coin is None or _interval(fields) != subscriptions.CANDLE:
            return (FOREIGN,)
        candle = _candle(fields, coin.ceiling)
        good.setdefault(coin, []).append(candle)
        return ()

    events = judged(rows, read, lambda error, _: Rejected(at, reason(error), sample(raw)), (NotANumber, KeyError))
    told = [
        Candles(instrument, at, MINUTE, tuple(map(_turned, found) if mirrored else found))
        for coin, found in good.items()
        for instrument, mirrored in coin.books.items()
    ]
    return [*told, *events]


def _candle(row: dict[str, Any], ceiling: int) -> Candle:
    begins, ends = wire.whole(row, "t"), wire.whole(row, "T")
    if not EARLIEST < begins < LATEST or begins % MINUTE:
        raise NotANumber("a candle does not begin at a full minute")
    if ends != begins + MINUTE - 1:
        raise NotANumber("a candle does not end with its minute")
    first, high, low, last = (billionths(value(row, name)) for name in "ohlc")
    if not 0 < low <= min(first, last) <= max(first, last) <= high:
        raise NotANumber("a candle's prices are not between its low and its high")
    if high >= ceiling:
        raise NotANumber("a candle's price is not between 0 and 1")
    size = billionths(value(row, "v"))
    return Candle(Millis(begins), Px(first), Px(high), Px(low), Px(last), Qty(size))


def _turned(told: Candle) -> Candle:
    """The candle of the other side of an outcome market: high is low there."""
    begins, first, high, low, last, size = told
    return Candle(begins, Px(ONE - first), Px(ONE - low), Px(ONE - high), Px(ONE - last), size)


def _interval(row: dict[str, Any]) -> str:
    found = optional(row, "i")
    return "" if found is None or isinstance(found, Bare) else found
