"""How the venue spells what it says most: read in one pass, straight into exact values.

What is spelt in any other way fits none of these and is read with care.
"""

from __future__ import annotations

from pmtui.core.scan import Common, Decimal, Each, Flag, Highest, Known, Levels, Lowest, Step, Text, Whole, scanner
from pmtui.core.units import Reader
from pmtui.venues.hyperliquid.numbers import EARLIEST, LATEST, TAKERS

_COIN = Known(Reader(str))
_SENT = Whole(least=EARLIEST + 1, most=LATEST - 1)
_SOME = Decimal(1)
_LEVEL: tuple[Step, ...] = ('{"px":', Decimal(1, counted=True), ',"sz":', _SOME, ',"n":', Whole(kept=False), "}")

book = scanner(
    *('{"channel":"l2Book","data":{"coin":', _COIN, ',"time":', _SENT),
    *(',"levels":[', Levels(_LEVEL), Highest(0), ",", Levels(_LEVEL), Lowest(0), "]"),
    *(Flag(',"fast":true'), "}}", Common()),
)
"""Coin, time, bids and the best, asks and the lowest, whether it is of the fast feed, what divides all prices; grouped
books are spelt otherwise."""

top = scanner(*('{"channel":"bbo","data":{"coin":', _COIN, ',"time":', _SENT, ',"bbo":[', *_LEVEL, ",", *_LEVEL, "]}}"))
"""Coin, time, best bid and its size, best ask and its size."""

trades = scanner(
    '{"channel":"trades","data":',
    Each(
        (
            *('{"coin":', _COIN, ',"side":', Known(TAKERS), ',"px":', _SOME, ',"sz":', _SOME, ',"time":', _SENT),
            *(',"hash":', Text(), ',"tid":', Whole(), ',"users":[', Text(kept=False), ",", Text(kept=False), "]}"),
        )
    ),
    "}",
)
"""A list of trades: coin, taker, price, size, time, hash and number of each."""
