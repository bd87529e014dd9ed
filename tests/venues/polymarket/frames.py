"""Made-up frames in the venue's shapes, and a conversation that takes them in as the feed does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from hashlib import sha1
from typing import Any

from pmtui.core.board import Board, Label
from pmtui.core.events import Event, LinkChanged, Phase
from pmtui.core.instrument import Instrument, InstrumentId, identify
from pmtui.core.ports import VenueError
from pmtui.core.store import Store
from pmtui.core.units import Millis
from pmtui.venues.polymarket.market import MarketStream

YES, NO, FOREIGN = ("1234567890" * 8)[:77], ("9876543210" * 8)[:77], "5" * 76
"""Two outcomes of one market, and the token of another."""
SYMBOLS = (YES, NO)
MARKET, ELSEWHERE = "0x" + "ab" * 32, "0x" + "cd" * 32
SENT = 1_800_000_000_123
FOUND = (
    "rain",
    {"events": [{"title": "Weather", "markets": [{"clobTokenIds": json.dumps(SYMBOLS), "question": "?"}]}]},
)
"""Words, and an answer to a search for them."""

Fields = dict[str, Any]
Levels = Sequence[tuple[str, str]]
BIDS: Levels = (("0.46", "20"), ("0.47", "5.5"), ("0.48", "172.92"))
ASKS: Levels = (("0.54", "20"), ("0.53", "5.5"), ("0.52", "182.92"))


def ident(token: str) -> InstrumentId:
    return identify("polymarket", token)


def compact(message: object) -> bytes:
    """As the venue writes the answer to a subscription."""
    return json.dumps(message, separators=(",", ":")).encode()


def spaced(message: object) -> bytes:
    """As the venue writes everything later."""
    return json.dumps(message, separators=(", ", ":")).encode()


def rows(levels: Levels) -> list[Fields]:
    return [{"price": price, "size": size} for price, size in levels]


def digest(
    bids: Levels = BIDS,
    asks: Levels = ASKS,
    *,
    token: str = YES,
    sent: object = SENT,
    market: str = MARKET,
    least: str = "5",
    tick: str = "0.01",
    negative: bool = False,
    last: str = "0.500",
    keys: int = 10,
) -> str:
    """The hash of a whole book, computed the obvious way: bids ascending, asks descending."""
    whole = {
        "market": market,
        "asset_id": token,
        "timestamp": str(sent),
        "hash": "",
        "bids": rows(bids),
        "asks": rows(asks),
        "min_order_size": least,
        "tick_size": tick,
        "neg_risk": negative,
        "last_trade_price": last,
    }
    return sha1(compact(dict(list(whole.items())[:keys]))).hexdigest()


def book(bids: Levels = BIDS, asks: Levels = ASKS, /, *, token: str = YES, **facts: Any) -> Fields:
    """The first book of a subscription; `facts` replace or add keys."""
    return {
        "market": MARKET,
        "asset_id": token,
        "timestamp": str(SENT),
        "hash": digest(bids, asks, token=token),
        "bids": rows(bids),
        "asks": rows(asks),
        "tick_size": "0.01",
        "event_type": "book",
        "last_trade_price": "0.500",
    } | facts


def later_book(bids: Levels = BIDS, asks: Levels = ASKS, /, **facts: Any) -> Fields:
    """A book after a trade: no tick, no last price."""
    whole = book(bids, asks, **facts)
    return {key: whole[key] for key in whole if key not in ("tick_size", "last_trade_price")}


def change(price: Any = "0.47", size: Any = "55", side: Any = "BUY", *, token: Any = YES, **facts: Any) -> Fields:
    """One entry of a price change."""
    return {
        "asset_id": token,
        "price": price,
        "size": size,
        "side": side,
        "hash": "b" * 40,
        "best_bid": "0.48",
        "best_ask": "0.52",
    } | facts


def price_change(*changes: Fields, **facts: Any) -> Fields:
    listed = list(changes)
    return {
        "market": MARKET,
        "price_changes": listed,
        "timestamp": str(SENT + 100),
        "event_type": "price_change",
    } | facts


def old_price_change(*changes: Fields, **facts: Any) -> Fields:
    """The schema of late 2024 to September 2025: one token a frame."""
    return {
        "asset_id": YES,
        "changes": [{key: each[key] for key in ("price", "side", "size")} for each in changes],
        "event_type": "price_change",
        "hash": "b" * 40,
        "market": MARKET,
        "timestamp": str(SENT + 100),
    } | facts


def flat_price_change(**facts: Any) -> Fields:
    """The schema before that: one level a frame."""
    return {
        "asset_id": YES,
        "event_type": "price_change",
        "hash": "b" * 40,
        "market": MARKET,
        "price": "0.47",
        "side": "BUY",
        "size": "55",
        "timestamp": str(SENT + 100),
    } | facts


def last_trade(**facts: Any) -> Fields:
    return {
        "market": MARKET,
        "asset_id": YES,
        "price": "0.456",
        "size": "219.217767",
        "fee_rate_bps": "0",
        "side": "BUY",
        "timestamp": str(SENT + 100),
        "transaction_hash": "0x" + "ee" * 32,
        "event_type": "last_trade_price",
    } | facts


def tick_size(old: Any = "0.01", new: Any = "0.001", **facts: Any) -> Fields:
    return {
        "event_type": "tick_size_change",
        "asset_id": YES,
        "market": MARKET,
        "old_tick_size": old,
        "new_tick_size": new,
        "timestamp": str(SENT + 100),
    } | facts


def best_bid_ask(bid: Any = "0.48", ask: Any = "0.52", **facts: Any) -> Fields:
    return {
        "event_type": "best_bid_ask",
        "market": MARKET,
        "asset_id": YES,
        "best_bid": bid,
        "best_ask": ask,
        "spread": "0.04",
        "timestamp": str(SENT + 100),
    } | facts


def market_resolved(**facts: Any) -> Fields:
    return {
        "event_type": "market_resolved",
        "id": "1031",
        "market": MARKET,
        "assets_ids": [YES, NO],
        "winning_asset_id": YES,
        "winning_outcome": "Yes",
        "event_message": None,
        "timestamp": str(SENT + 100),
        "tags": [],
    } | facts


def new_market(**facts: Any) -> Fields:
    return {
        "id": "7",
        "question": "Will a made-up thing happen?",
        "market": ELSEWHERE,
        "slug": "made-up-thing",
        "assets_ids": ["1" * 77, "2" * 77],
        "outcomes": ["Yes", "No"],
        "event_message": {"id": "8", "ticker": "made-up", "slug": "made-up", "title": "Made up", "description": ""},
        "timestamp": str(SENT + 100),
        "event_type": "new_market",
        "active": False,
        "fee_schedule": {"exponent": "1", "rate": "0.07", "taker_only": True, "rebate_rate": "0.2"},
    } | facts


MESSAGES: dict[str, Fields] = {
    "book": book(),
    "later book": later_book(),
    "price change": price_change(change(), change("0.53", "1.25", "SELL")),
    "old price change": old_price_change(change(), change("0.53", "0", "SELL")),
    "flat price change": flat_price_change(),
    "trade": last_trade(),
    "tick": tick_size(),
    "best": best_bid_ask(),
    "resolved": market_resolved(),
    "new market": new_market(),
}


def plain(events: Sequence[Event]) -> list[tuple[object, ...]]:
    """Facts as they compare: the kind of the hot path has no equality of its own, tuples have one too many."""
    return [(type(event), *map(partial(getattr, event), _words(event))) for event in events]


def _words(event: object) -> tuple[str, ...]:
    kind: Any = type(event)
    for names in ("_fields", "__struct_fields__", "__slots__"):
        if found := getattr(kind, names, ()):
            return tuple(found)
    raise TypeError(f"{kind.__name__} has no fields to compare")


def opened(*tokens: str) -> MarketStream:
    """A conversation on a fresh connection that has not been answered yet."""
    stream = MarketStream("polymarket link 1", "wss://example.invalid", [ident(token) for token in tokens or (YES,)])
    stream.open()
    return stream


def answered(*tokens: str) -> MarketStream:
    """A conversation that has its first books."""
    stream = opened(*tokens)
    stream.receive(compact([book(token=token) for token in tokens or (YES,)]), Millis(0))
    return stream


class Talk:
    """A stream and a store, joined as the feed joins them."""

    def __init__(self, *tokens: str, first: bool = True) -> None:
        self.tokens = tokens or (YES,)
        self.stream = opened(*self.tokens)
        self.store = Store()
        for token in self.tokens:
            self.store.add(Instrument(ident(token), "polymarket", token))
        self.store.attach([ident(token) for token in self.tokens], self.stream.name, Millis(0))
        self.store.take([LinkChanged(self.stream.name, Millis(0), 1, Phase.UP)])
        self.cut = False
        self.at = 0
        if first:
            self.take(compact([book(token=token) for token in self.tokens]))

    def take(self, frame: bytes) -> Sequence[Event]:
        """One frame, a little later than the one before."""
        self.at += 1
        at, before = Millis(self.at), self.stream.messages
        events: Sequence[Event]
        try:
            events = self.stream.receive(frame, at)
        except VenueError as error:
            self.cut |= error.cut
            events = [error.fact(at, self.stream.instruments)]
        self.store.take(events)
        self.store.ledger.received += self.stream.messages - before
        return events

    def board(self, token: str = YES) -> Board:
        return self.store.boards[ident(token)]

    def label(self, token: str = YES) -> Label:
        return self.board(token).label(self.at)

    def outcome(self, frame: bytes) -> str:
        """What became of a frame, in one word of the list of bad inputs."""
        ledger = self.store.ledger
        rejected, applied = ledger.rejected, ledger.applied
        self.take(frame)
        assert ledger.balanced
        if self.cut:
            return "CUT"
        if ledger.rejected > rejected:
            return "REJ+R" if self.board().doubt else "REJ"
        return "OK" if ledger.applied > applied else "ignored"
