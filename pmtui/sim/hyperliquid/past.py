"""What a price did before anybody looked: a seed decides each day, the day its hours, and so on down to the minutes.

A wide piece is made first, and the narrow ones divide its extremes, its trades and its volume among themselves. So
they never contradict it, and a hundred years of days cost no minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache, reduce
from itertools import accumulate, pairwise
from math import isqrt
from random import Random
from typing import NamedTuple
from zlib import crc32

MINUTE = 60_000
DAY = 1_440 * MINUTE
WIDTHS = (DAY, 240 * MINUTE, 60 * MINUTE, 15 * MINUTE, MINUTE)
"""Each is made of whole ones of the next."""

SCALE = 10**9
"""Heights are told in billionths of the price around which they swing."""

_WAVES = ((1, 9_000_000), (8, 16_000_000), (49, 40_000_000))
"""Lengths in days and heights of the swings that lead from midnight to midnight."""
_REACH = 8_000_000  # how far a day goes at most beyond both of its ends
_LEAST, _MOST = 4, 14
"""Trades a minute, over a day; with four of them a price can begin, turn twice and end."""
_GRAINS = 600_000  # a day, more or less, for a coin whose usual order is one grain
_FULL = 2**20


class Piece(NamedTuple):
    """What a stretch of time brought: heights, and how much was traded in grains for each grain of a usual order."""

    open: int
    high: int
    low: int
    close: int
    trades: int
    grains: int


def stretch(seed: str, lot: int, begins: int, ends: int) -> Piece:
    """All that happened from the beginning of a minute on, until just before `ends`."""
    return reduce(_joined, _pieces(seed, lot, begins, ends))


def height(seed: str, lot: int, at: int) -> int:
    """How high the price stood at a moment."""
    minute = _piece(seed, lot, len(WIDTHS) - 1, at // MINUTE)
    return minute.open + (minute.close - minute.open) * (at % MINUTE) // MINUTE


def _pieces(seed: str, lot: int, begins: int, ends: int) -> Iterator[Piece]:
    """The widest pieces that make up a time, the last one cut where it ends."""
    while begins < ends:
        for level, width in enumerate(WIDTHS):
            if begins % width == 0 and begins + width <= ends:
                yield _piece(seed, lot, level, begins // width)
                begins += width
                break
        else:
            yield _cut(_piece(seed, lot, len(WIDTHS) - 1, begins // MINUTE), height(seed, lot, ends), ends - begins)
            return


def _cut(minute: Piece, close: int, length: int) -> Piece:
    """The first part of a minute, in which the price goes straight."""
    trades = max(minute.trades * length // MINUTE, 2)
    grains = max(minute.grains * length // MINUTE, trades)
    return Piece(minute.open, max(minute.open, close), min(minute.open, close), close, trades, grains)


def _joined(first: Piece, then: Piece) -> Piece:
    return Piece(
        first.open,
        max(first.high, then.high),
        min(first.low, then.low),
        then.close,
        first.trades + then.trades,
        first.grains + then.grains,
    )


def _piece(seed: str, lot: int, level: int, number: int) -> Piece:
    """A piece by its width and its place since the epoch."""
    if level == 0:
        return _day(seed, lot, number)
    above, place = divmod(number, WIDTHS[level - 1] // WIDTHS[level])
    return _parts(seed, lot, level - 1, above)[place]


def _day(seed: str, lot: int, number: int) -> Piece:
    ends = _midnight(seed, number), _midnight(seed, number + 1)
    up, down, trades, grains = (_chance(seed, about, number) for about in ("up", "down", "trades", "grains"))
    minutes = DAY // MINUTE
    return Piece(
        ends[0],
        max(ends) + _REACH * up // _FULL,
        min(ends) - _REACH * down // _FULL,
        ends[1],
        minutes * _LEAST + minutes * (_MOST - _LEAST) * trades // _FULL,
        _GRAINS * lot * (_FULL // 2 + grains) // _FULL,
    )


@lru_cache(maxsize=1_024)
def _parts(seed: str, lot: int, level: int, number: int) -> tuple[Piece, ...]:
    """The narrower pieces of a piece; one of them is as high as the whole, and one as low."""
    whole, minutes = _piece(seed, lot, level, number), WIDTHS[level + 1] // MINUTE
    count = WIDTHS[level] // WIDTHS[level + 1]
    random = Random(f"{seed}/{level}/{number}")
    ends = list(pairwise(_walk(whole, count, random)))
    little = _usual(whole, count) // 2
    highs = [min(max(pair) + little * random.getrandbits(20) // _FULL, whole.high) for pair in ends]
    lows = [max(min(pair) - little * random.getrandbits(20) // _FULL, whole.low) for pair in ends]
    highs[highs.index(max(highs))], lows[lows.index(min(lows))] = whole.high, whole.low
    weights = [_FULL // 2 + random.getrandbits(20) for _ in ends]
    # No minute goes by without its trades, and no trade without a grain.
    least = minutes * _LEAST
    trades = [least + more for more in divided(whole.trades - least * count, weights)]
    more_grains = divided(whole.grains - whole.trades, weights)
    return tuple(
        Piece(first, high, low, last, traded, traded + more)
        for (first, last), high, low, traded, more in zip(ends, highs, lows, trades, more_grains, strict=True)
    )


def _walk(whole: Piece, count: int, random: Random) -> list[int]:
    """Where the parts of a piece begin and end: from its beginning to its end, never leaving it."""
    steps = [0, *accumulate(random.getrandbits(20) - _FULL // 2 for _ in range(count))]
    rise, widest = whole.close - whole.open, 2 * _usual(whole, count)
    walked = [
        whole.open + rise * place // count + (step - steps[-1] * place // count) * widest // _FULL
        for place, step in enumerate(steps)
    ]
    return [min(max(each, whole.low), whole.high) for each in walked]


def _usual(whole: Piece, count: int) -> int:
    """How far a part of a piece goes; a price that wanders needs four times as long to get twice as far."""
    return (whole.high - whole.low) * 1_000 // isqrt(count * 1_000_000)


def divided(amount: int, weights: Sequence[int]) -> list[int]:
    """An amount in parts that make it up to the last unit."""
    weighed = [0, *accumulate(weights)]
    return [after - before for before, after in pairwise([amount * each // weighed[-1] for each in weighed])]


@lru_cache(maxsize=4_096)
def _midnight(seed: str, day: int) -> int:
    """The height at which a day begins."""
    return sum(_wave(seed, length, tall, day) for length, tall in _WAVES)


def _wave(seed: str, length: int, tall: int, day: int) -> int:
    """A swing along straight lines between random heights."""
    knot, behind = divmod(day, length)
    before, after = (2 * _chance(seed, f"wave {length}", each) - _FULL for each in (knot, knot + 1))
    return (before * (length - behind) + after * behind) * tall // (length * _FULL)


def _chance(seed: str, about: str, number: int) -> int:
    """From 0 to 2^20, always the same for the same thing."""
    return crc32(f"{seed}/{about}/{number}".encode()) % (_FULL + 1)
