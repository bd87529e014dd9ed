"""How the venue spells what it says most: read in one pass, straight into exact values.

What is spelt in any other way (an older schema, a key more or less, a token that nobody asked for, a number that
cannot be) fits none of these and is read with care.
"""

from __future__ import annotations

from collections.abc import Mapping

from pmtui.core.events import NO_ASK, NO_BID
from pmtui.core.scan import (
    Common,
    Decimal,
    Each,
    Highest,
    Known,
    Levels,
    Lowest,
    Pair,
    Scan,
    Step,
    Text,
    There,
    Whole,
    scanner,
)
from pmtui.core.units import ONE, Reader
from pmtui.venues.polymarket.numbers import BID_SIDE, EARLIEST, LATEST, TAKERS, TOPS

_PRICE = Decimal(1, ONE - 1, shared=True, counted=True)
_SENT = Whole(quoted=True, least=EARLIEST + 1, most=LATEST - 1)
_MARKET = Known(Reader(str))
"""One and the same text each time, so that comparing it costs nothing."""
_LEVELS = Levels(('{"price":', _PRICE, ',"size":', Decimal(1), "}"))


def price_change(markets: Mapping[str, Mapping[str, object]]) -> Scan:
    """What is known of the market, the entries, the time, and what divides all prices.

    An entry is what the market knows of the token, whether it is a bid, price, size, told top and hash.
    """
    entry: tuple[Step, ...] = (
        *('{"asset_id":', There(), ',"price":', _PRICE, ',"size":', Decimal(), ',"side":', Known(BID_SIDE)),
        *(',"hash":', Text(), ',"best_bid":', Pair(TOPS, ',"best_ask":'), "}"),
    )
    return scanner(
        *('{"market":', Known(markets), ',"price_changes":', Each(entry, order=(0, 2, 3, 1, 5, 4))),
        *(',"timestamp":', _SENT, ',"event_type":"price_change"}', Common()),
    )


def books(tokens: Mapping[str, object]) -> tuple[Scan, Scan]:
    """Of a book that is told while we talk: market, token, bids and the best, asks and the best, hash, time and what
    divides all prices.

    Since 2026 hash and time come last; before, and in the second answer, they come after the token, the time first.
    """
    begin: tuple[Step, ...] = ('{"market":', _MARKET, ',"asset_id":', Known(tokens))
    sides: tuple[Step, ...] = (',"bids":', _LEVELS, Highest(NO_BID), ',"asks":', _LEVELS, Lowest(NO_ASK))
    end: tuple[Step, ...] = (',"event_type":"book"}', Common())
    return (
        scanner(*begin, *sides, ',"hash":', Text(), ',"timestamp":', _SENT, *end),
        scanner(*begin, ',"timestamp":', _SENT, ',"hash":', Text(), *sides, *end),
    )


def trade(tokens: Mapping[str, object]) -> Scan:
    """Market, token, price, size, taker, time and reference of a print."""
    return scanner(
        *('{"market":', _MARKET, ',"asset_id":', Known(tokens), ',"price":', _PRICE, ',"size":', Decimal(1)),
        *(',"fee_rate_bps":', Text(kept=False), ',"side":', Known(TAKERS), ',"timestamp":', _SENT),
        *(',"transaction_hash":', Text(), ',"event_type":"last_trade_price"}'),
    )
