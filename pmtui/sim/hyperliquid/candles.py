"""What a coin's price did in each stretch of time: before the opening by a formula, afterwards by its trades.

The past follows from the seed alone, so that it costs nothing until somebody asks for it and is the same each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from pmtui.core.units import ONE, Millis, Px, Qty, floor_to
from pmtui.sim.hyperliquid import past
from pmtui.sim.hyperliquid.coins import Coin
from pmtui.sim.hyperliquid.past import DAY, MINUTE

_MONTH = "1M"
INTERVALS = {
    **{f"{minutes}m": minutes * MINUTE for minutes in (1, 3, 5, 15, 30)},
    **{f"{hours}h": hours * 60 * MINUTE for hours in (1, 2, 4, 8, 12)},
    "1d": DAY,
    "3d": 3 * DAY,
    "1w": 7 * DAY,
    _MONTH: 30 * DAY,
}
"""The widths in milliseconds; months follow the calendar."""
MOST = 5_000
"""The venue keeps no more candles of one width."""


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
        self._level = self._height(opened)
        """Where the past ends, which is at the usual price."""
        self._before: tuple[int, int] = (opened, 0)
        """The grains that were traded from a minute on until the opening."""
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
        return self._at_height(self._height(at))

    def traded_before(self, since: int) -> Qty:
        """What was traded before the opening, from the minute of a moment on."""
        minute, (known, grains) = floor_to(since, MINUTE), self._before
        if minute != known:
            # It is asked for again and again: all is added up once, and then the minutes that went by are taken off.
            passed = self._grains(known, minute)
            grains = grains - passed if known < minute else self._grains(minute, self.opened)
            self._before = minute, grains
        return Qty(grains * self.grain)

    @property
    def grain(self) -> Qty:
        """What every size is a multiple of."""
        return self._coin.character.grain

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
        piece = self._stretch(begins, ends + 1)
        opened, high, low, closed = (self._at_height(each) for each in piece[:4])
        size = Qty(piece.grains * self.grain)
        return Candle(begins, ends, opened, high, low, closed, size, piece.trades)

    def _grains(self, begins: int, ends: int) -> int:
        ends = min(ends, self.opened)
        return self._stretch(begins, ends).grains if begins < ends else 0

    def _stretch(self, begins: int, ends: int) -> past.Piece:
        return past.stretch(self._seed, self._coin.character.lot, begins, ends)

    def _height(self, at: int) -> int:
        return past.height(self._seed, self._coin.character.lot, at)

    def _at_height(self, height: int) -> Px:
        """A price; what is higher never costs less, so that the highest of many is at the greatest height."""
        swing = (height - self._level) * (4 if self._coin.kind == "outcome" else 1)
        price = self._coin.character.fair * (past.SCALE + swing) // past.SCALE
        if self._coin.kind == "outcome":
            price = min(max(price, ONE // 50), ONE * 49 // 50)
        return self.rounded(price)

    def rounded(self, price: int) -> Px:
        """A price on the grid, not above this one."""
        tick = self._tick_at(Px(price))
        return Px(max(floor_to(price, tick), tick))


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
