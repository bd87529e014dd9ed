"""What a coin's price did in each stretch of time: before the opening by a formula, afterwards by its trades.

The past follows from the seed alone, so that it costs nothing until somebody asks for it and is the same each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from pmtui.core.units import ONE, Millis, Px, Qty, floor_to
from pmtui.sim.hyperliquid.coins import Coin

MINUTE = 60_000
_DAY = 1_440 * MINUTE
_MONTH = "1M"
INTERVALS = {
    **{f"{minutes}m": minutes * MINUTE for minutes in (1, 3, 5, 15, 30)},
    **{f"{hours}h": hours * 60 * MINUTE for hours in (1, 2, 4, 8, 12)},
    "1d": _DAY,
    "3d": 3 * _DAY,
    "1w": 7 * _DAY,
    _MONTH: 30 * _DAY,
}
"""The widths in milliseconds; months follow the calendar."""
MOST = 5_000
"""The venue keeps no more candles of one width."""

_WAVES = ((3, 900), (11, 1_500), (47, 2_600), (263, 5_000), (1_801, 9_000), (11_003, 16_000), (70_001, 40_000))
"""Lengths in minutes and heights in millionths of the price, of the swings that make up the past."""
_MILLION = 1_000_000


class Candle(NamedTuple):
    """What one stretch of time brought, in terms of the first side."""

    begins: int
    ends: int
    """Its last millisecond."""
    open: Px
    high: Px
    low: Px
    close: Px
    size: Qty
    trades: int

    def seen(self, outcome: int) -> Candle:
        """The candle in terms of one of the sides: high is low on the other."""
        if not outcome:
            return self
        return self._replace(
            open=Px(ONE - self.open), high=Px(ONE - self.low), low=Px(ONE - self.high), close=Px(ONE - self.close)
        )


class Candles:
    """One coin's price through time."""

    def __init__(self, coin: Coin, tick_at: Callable[[Px], Px], *, seed: int, opened: Millis) -> None:
        self.opened = opened
        self._coin, self._tick_at = coin, tick_at
        self._seed = f"{seed}/{coin.name}"
        self._lived: dict[int, Candle] = {}  # by the minute; only those in which something traded

    def add(self, at: Millis, price: Px, size: Qty) -> None:
        """Take in a trade."""
        minute = floor_to(at, MINUTE)
        if (now := self._lived.get(minute)) is None:
            now = Candle(minute, minute + MINUTE - 1, price, price, price, price, Qty(0), 0)
        self._lived[minute] = _joined(now, Candle(minute, now.ends, price, price, price, price, size, 1))

    def current(self, interval: str, at: Millis) -> Candle:
        """The candle of a moment, as far as it has come."""
        begins = _begins(interval, at)
        [candle] = self._told([begins], interval, at)
        return candle

    def between(self, interval: str, start: int, end: int, now: Millis) -> list[Candle]:
        """The candles that overlap a time, oldest first, with flat ones where nothing traded."""
        start = max(start, now - MOST * INTERVALS[interval], 0)
        return list(self._told(_beginnings(interval, start, min(end, now)), interval, now))

    def price(self, at: int) -> Px:
        """The price at a moment before the opening."""
        swing = sum(self._wave(length * MINUTE, height, at) for length, height in _WAVES)
        character = self._coin.character
        price = character.fair * (_MILLION + swing * (4 if self._coin.kind == "outcome" else 1)) // _MILLION
        if self._coin.kind == "outcome":
            price = min(max(price, ONE // 50), ONE * 49 // 50)
        return self._rounded(price)

    def size(self, grains: int) -> Qty:
        """A made-up size."""
        character = self._coin.character
        return Qty(character.grain * (1 + grains * character.lot // 4))

    def _told(self, beginnings: list[int], interval: str, now: Millis) -> Iterator[Candle]:
        last = self.price(self.opened)
        if beginnings and beginnings[0] > self.opened:
            last = self._last_before(beginnings[0], last)
        for begins in beginnings:
            ends = _begins(interval, begins, after=1) - 1
            candle = self._past(begins, min(ends, self.opened - 1)) if begins < self.opened else None
            for minute in range(max(begins, floor_to(self.opened, MINUTE)), min(ends, now) + 1, MINUTE):
                if (lived := self._lived.get(minute)) is not None:
                    candle = lived if candle is None else _joined(candle, lived)
            if candle is None:
                candle = Candle(begins, ends, last, last, last, last, Qty(0), 0)
            last = candle.close
            yield candle._replace(begins=begins, ends=ends)

    def _last_before(self, at: int, otherwise: Px) -> Px:
        known = [minute for minute in self._lived if minute < at]
        return self._lived[max(known)].close if known else otherwise

    def _past(self, begins: int, ends: int) -> Candle:
        opened, closed = self.price(begins), self.price(ends + 1)
        minutes = (ends + 1 - begins) // MINUTE
        reach = opened * self._chance(0, begins) * min(minutes, 2_000) // (_MILLION * 2_000)
        high = self._rounded(max(opened, closed) + reach)
        low = self._rounded(max(min(opened, closed) - reach, 1))
        trades = 1 + self._chance(1, begins) % (7 * minutes + 1)
        size = self.size(trades * 60)
        return Candle(begins, ends, opened, max(high, opened, closed), min(low, opened, closed), closed, size, trades)

    def _rounded(self, price: int) -> Px:
        tick = self._tick_at(Px(price))
        return Px(max(floor_to(price, tick), tick))

    def _wave(self, length: int, height: int, at: int) -> int:
        """A swing between random heights, which is nothing at the opening."""
        return (self._between(length, at) - self._between(length, self.opened)) * height // _MILLION

    def _between(self, length: int, at: int) -> int:
        """From -1,000,000 to 1,000,000, along straight lines."""
        knot, behind = divmod(at, length)
        before = 2 * self._chance(length, knot) - _MILLION
        after = 2 * self._chance(length, knot + 1) - _MILLION
        return before + (after - before) * behind // length

    def _chance(self, about: int, number: int) -> int:
        return _chance(self._seed, about, number)


@lru_cache(maxsize=4_096)  # the ends of long swings are asked for again and again
def _chance(seed: str, about: int, number: int) -> int:
    """From 0 to 1,000,000, always the same for the same thing."""
    return crc32(f"{seed}/{about}/{number}".encode()) % (_MILLION + 1)


def _joined(first: Candle, then: Candle) -> Candle:
    return first._replace(
        high=max(first.high, then.high),
        low=min(first.low, then.low),
        close=then.close,
        size=Qty(first.size + then.size),
        trades=first.trades + then.trades,
    )


def _begins(interval: str, at: int, *, after: int = 0) -> int:
    """When the candle of a moment begins, or the one so many after it."""
    if interval != _MONTH:
        width = INTERVALS[interval]
        return floor_to(at, width) + after * width
    day = datetime.fromtimestamp(at / 1_000, UTC)
    months = day.year * 12 + day.month - 1 + after
    return int(datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC).timestamp()) * 1_000


def _beginnings(interval: str, start: int, end: int) -> list[int]:
    """When each candle begins that overlaps a time."""
    found: list[int] = []
    begins = _begins(interval, start)
    while begins <= end and len(found) < MOST:
        found.append(begins)
        begins = _begins(interval, begins, after=1)
    return found
