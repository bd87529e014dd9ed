"""How the venue spells what it says most: read in one pass, straight into exact values.

What is spelt in any other way (an older schema, a key more or less, a token that nobody asked for, a number that
cannot be) fits none of these and is read with care.
"""

from __future__ import annotations

from collections.abc import Mapping

from pmtui.core.scan import Decimal, Each, Known, Levels, Pair, Scan, Step, Text, Whole, scanner
from pmtui.core.units import ONE, Reader
from pmtui.venues.polymarket.numbers import BID_SIDE, EARLIEST, LATEST, TAKERS, TOPS

_PRICE = Decimal(1, ONE - 1, shared=True)
_SENT = Whole(quoted=True, least=EARLIEST + 1, most=LATEST - 1)
_MARKET = Known(Reader(str))
"""One and the same text each time, so that comparing it costs nothing."""
_LEVELS = Levels(('{"price":', _PRICE, ',"size":', Decimal(1), "}"))


def price_change(tokens: Mapping[str, object]) -> Scan:
    """Market, entries and time; an entry is token, price, size, whether it is a bid, hash and told top."""
    entry: tuple[Step, ...] = (
        *('{"asset_id":', Known(tokens), ',"price":', _PRICE, ',"size":', Decimal(), ',"side":', Known(BID_SIDE)),
        *(',"hash":', Text(), ',"best_bid":', Pair(TOPS, ',"best_ask":'), "}"),
    )
    return scanner(
        *('{"market":', _MARKET, ',"price_changes":', Each(entry), ',"timestamp":', _SENT),
        ',"event_type":"price_change"}',
    )


def books(tokens: Mapping[str, object]) -> tuple[Scan, Scan]:
    """Market, token, bids, asks, hash and time of a book that is told while the conversation goes on.

    Since 2026 hash and time come last; before, and in the second answer, market, token, time, hash, bids and asks.
    """
    begin: tuple[Step, ...] = ('{"market":', _MARKET, ',"asset_id":', Known(tokens))
    sides: tuple[Step, ...] = (',"bids":', _LEVELS, ',"asks":', _LEVELS)
    end = ',"event_type":"book"}'
    return (
        scanner(*begin, *sides, ',"hash":', Text(), ',"timestamp":', _SENT, end),
        scanner(*begin, ',"timestamp":', _SENT, ',"hash":', Text(), *sides, end),
    )


def trade(tokens: Mapping[str, object]) -> Scan:
    """Market, token, price, size, taker, time and reference of a print."""
    return scanner(
        *('{"market":', _MARKET, ',"asset_id":', Known(tokens), ',"price":', _PRICE, ',"size":', Decimal(1)),
        *(',"fee_rate_bps":', Text(kept=False), ',"side":', Known(TAKERS), ',"timestamp":', _SENT),
        *(',"transaction_hash":', Text(), ',"event_type":"last_trade_price"}'),
    )
