"""The market channel: one conversation about up to 200 outcome tokens.

There are no acknowledgements, sequence numbers or replays on this channel: the first book of a token is
the only sign that a subscription worked, and a new one is the only way to be sure again.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import msgspec
import orjson

from pmtui.core.careful import BLANKS, Bare, careful, obj, objects, optional, quoted, sample, text, value
from pmtui.core.events import (
    NO_ASK,
    NO_BID,
    UNTOLD,
    UNTOLD_TOP,
    Appeared,
    BookDelta,
    BookSnapshot,
    Event,
    Ignored,
    Move,
    Notice,
    Rejected,
    Resolved,
    TickChanged,
    TopTold,
    Trade,
)
from pmtui.core.instrument import InstrumentId, identify
from pmtui.core.ports import Heartbeat, Request, VenueError
from pmtui.core.units import Contradiction, Millis, NotANumber, Px, Qty
from pmtui.venues.polymarket import lists, shapes, wire
from pmtui.venues.polymarket.ids import is_id
from pmtui.venues.polymarket.numbers import BID_SIDE, SIZES, TAKERS, TOPS, grid, sent_at, side, tick_size
from pmtui.venues.polymarket.wire import AbsurdId, asset, typed

NAME = "polymarket"
PATH = "/ws/market"
CAPACITY = 200
CHUNK = 100
_OUTCOMES = 2
_NO_PRINTS = {"price_change", "book", "tick_size_change", "best_bid_ask", "market_resolved", "new_market"}
"""What these tell is no trade, even where it cannot be read."""
_ENDS = {b'"event_type":"book"}': "book", b'"event_type":"last_trade_price"}': "last_trade_price"}
"""How the venue's own serializer ends what it says most."""

# Control words and notices come as plain text; whatever else is not JSON is damage.
_WORDS = re.compile(r"[A-Za-z][A-Za-z0-9 ,.:;'!?()/_-]{0,400}")
_SCALARS = frozenset({"null", "true", "false", "NaN", "Infinity"})

_ORDERS = operator.itemgetter(0, 1, 2, 3, 4, 5, 6, 7, 8), operator.itemgetter(0, 1, 4, 5, 6, 7, 3, 2, 8)
"""How the second of the two shapes of a book becomes as the first."""
_FOREIGN = Ignored("not wanted")
_PONG = Ignored("pong", data=False)
_NEW_MARKET = Ignored("new_market", data=False)
_NOTHING = Ignored("no change")
_EMPTY = Ignored("changes of nothing", data=False)
_made: Any = tuple.__new__  # half of what a tuple with names costs is its own constructor


class _Token(msgspec.Struct, eq=False, gc=False):
    """What the conversation must remember of one token."""

    instrument: InstrumentId
    market: str = ""
    complement: str = ""
    tick: int = 1
    """Every price is a multiple of this."""
    unanswered: int = 1
    """How many of our subscriptions the venue has not answered with a book yet."""


class _Market(dict[str, InstrumentId]):
    """The wanted tokens that are known to be of one market, by their names."""

    __slots__ = ("tick",)

    tick: int
    """Every price of all these tokens is a multiple of this; while they differ, of nothing that a price could be."""


class MarketStream:
    """One market socket's conversation."""

    heartbeat = Heartbeat(b"PING", b"PONG", 10.0)
    per_minute = 0

    def __init__(self, name: str, host: str, instruments: Iterable[InstrumentId]) -> None:
        self.name = name
        self.url = host + PATH
        self._tokens = {symbol(each): _Token(each) for each in instruments}
        self._know()
        self.messages = 0
        self._readers: dict[str, Callable[[bytes, Millis], Sequence[Event]]] = {
            "price_change": self._price_change,
            "book": self._book,
            "last_trade_price": self._last_trade,
            "tick_size_change": self._tick_size,
            "best_bid_ask": self._best,
            "market_resolved": self._market_resolved,
            "new_market": self._new_market,
        }

    def _know(self) -> None:
        """Read frames that name these tokens at once."""
        self._markets: dict[str, _Market] = {}
        for token in self._tokens.values():
            self._learn(token)
        self._changes = shapes.price_change(self._markets)
        self._books = shapes.books(self._tokens)
        self._trades = shapes.trade(self._tokens)

    def _learn(self, token: _Token, market: str = "", tick: int = 0) -> None:
        """What a message says of a token for all that follow."""
        token.market = token.market or market
        token.tick = tick or token.tick
        if token.market:
            known = self._markets.setdefault(token.market, _Market())
            known[symbol(token.instrument)] = token.instrument
            ticks = {self._tokens[name].tick for name in known}
            known.tick = token.tick if len(ticks) == 1 else NO_ASK

    @property
    def instruments(self) -> tuple[InstrumentId, ...]:
        return tuple(token.instrument for token in self._tokens.values())

    # What to say

    def open(self) -> list[bytes]:
        """What to say on a fresh connection. Forgets everything about the last one."""
        self._tokens = {name: _Token(token.instrument) for name, token in self._tokens.items()}
        self._know()
        first, *rest = list(_chunks(list(self._tokens))) or [[]]
        # A second opening frame on one connection is refused: further chunks are operations.
        opening = {"assets_ids": first, "type": "market", "custom_feature_enabled": True}
        return [orjson.dumps(opening), *(_operation("subscribe", chunk) for chunk in rest)]

    def change(self, add: Collection[InstrumentId], drop: Collection[InstrumentId]) -> list[bytes] | None:
        """What to say to follow more or fewer tokens."""
        gone = [symbol(each) for each in drop if symbol(each) in self._tokens]
        for name in gone:
            del self._tokens[name]
        new = [symbol(each) for each in add if symbol(each) not in self._tokens]
        self._tokens.update({name: _Token(identify(NAME, name)) for name in new})
        self._know()
        frames = [_operation("unsubscribe", chunk) for chunk in _chunks(gone)]
        return frames + [_operation("subscribe", chunk) for chunk in _chunks(new)]

    def again(self, instruments: Collection[InstrumentId]) -> list[bytes]:
        """What to say to be sent fresh books of these."""
        # An id that is still active would be refused as a duplicate, without a book.
        names = [symbol(each) for each in instruments if symbol(each) in self._tokens]
        for name in names:
            self._tokens[name].unanswered += 1
        return [_operation(what, chunk) for chunk in _chunks(names) for what in ("unsubscribe", "subscribe")]

    def room(self) -> int:
        return CAPACITY - len(self._tokens)

    def attend(self, shown: Collection[InstrumentId]) -> list[bytes]:
        """Every token is told in full, shown or not."""
        return []

    def widen(self, instrument: InstrumentId, step: int) -> list[bytes]:
        """Every book is told to its end."""
        return []

    def ask(self, request: Request, number: int) -> bytes | None:
        """This channel answers no questions."""
        return None

    def settled(self, code: int, reason: str) -> Collection[InstrumentId] | None:
        """Those that the venue followed for us when it closed because all of these were settled.

        A token that is being asked for was perhaps not among them yet, or not at that moment.
        """
        if code != 1000 or "resolved" not in reason:
            return None
        return [token.instrument for token in self._tokens.values() if not token.unanswered]

    # What was said

    def receive(self, frame: bytes, at: Millis) -> Sequence[Event]:
        """The facts in one frame; raises `VenueError` and nothing else."""
        self.messages += 1
        # The hottest path of the codec: a price change in its usual shape.
        if (found := self._changes(frame)) is not None:
            market, moves, sent, common = found
            # What is off the grid is for the careful reader to tell, and so is everything while the grids differ.
            if not common % market.tick:
                return (_made(BookDelta, (at, sent, moves)),)
        if not frame.isascii():
            _check_utf8(frame)
        frame = frame.lstrip(BLANKS)
        if frame[:1] == b"{":
            return self._message(frame, at)
        if frame[:1] == b"[":
            return self._array(frame, at)
        return (self._words(frame, at),)

    def _array(self, frame: bytes, at: Millis) -> list[Event]:
        try:
            events, count = lists.each(
                frame, lambda item: self._message(item, at), lambda error: error.fact(at, self.instruments), sample
            )
        except (msgspec.MsgspecError, RecursionError) as error:
            raise VenueError("not JSON", sample=sample(frame), prints=True) from error
        if not count:
            return [Notice(at, "an empty list: the venue knows none of these ids, or all are closed")]
        self.messages += count - 1
        return events

    def _message(self, raw: bytes, at: Millis) -> Sequence[Event]:
        kind = ""
        try:
            kind = _kind(raw)
            reader = self._readers.get(kind)
            return reader(raw, at) if reader else self._unknown(raw, at)
        except AbsurdId as error:
            named = self._named(raw)
            raise VenueError(
                str(error), sample=sample(raw), instruments=named, resync=bool(named), prints=kind not in _NO_PRINTS
            ) from error
        except (msgspec.MsgspecError, NotANumber, KeyError) as error:
            # A message that could be read as an object changes the books it names; if it names none, any.
            ids, read = self._named(raw), isinstance(error, Contradiction)
            raise VenueError(
                _reason(error), sample=sample(raw), instruments=ids or None, read=read, prints=kind not in _NO_PRINTS
            ) from error
        except VenueError as error:
            error.prints = error.resync and kind not in _NO_PRINTS
            raise

    def _price_change(self, raw: bytes, at: Millis) -> Sequence[Event]:
        """What is not in the usual shape: one in a list, a foreign token, a field too many or too few, an older
        schema."""
        message = wire.price_change(raw)
        if message is None:
            fields = obj(careful(raw))
            if "price_changes" not in fields:
                return (self._old_price_change(fields, at),)
            message = wire.careful_price_change(fields)
        moves: list[Move] = []
        strangers: set[str] = set()
        for entry in message.price_changes:
            token = self._tokens.get(entry.asset_id)
            if token is None:
                strangers.add(asset({"asset_id": entry.asset_id}))
                continue
            _belongs(token, message.market)
            moves.append(_move(token, entry))
        if not moves:
            return (_FOREIGN if message.price_changes else _EMPTY,)
        return (*self._other(moves, strangers, at), BookDelta(at, sent_at(message.timestamp), moves))

    def _other(self, moves: list[Move], strangers: set[str], at: Millis) -> list[Event]:
        """A token that was not asked for is, as a rule, the other outcome of the one beside it."""
        instrument = moves[0][0]
        token = self._tokens[symbol(instrument)]
        if len(strangers) != 1 or token.complement or any(move[0] != instrument for move in moves):
            return []
        (token.complement,) = strangers
        return [Appeared(instrument, at, identify(NAME, token.complement))]

    def _old_price_change(self, fields: dict[str, object], at: Millis) -> Event:
        token = self._tokens.get(asset(fields))
        if token is None:
            return _FOREIGN
        _belongs(token, optional(fields, "market"))
        digest = text(optional(fields, "hash"))
        moves: list[Move] = [
            (
                token.instrument,
                BID_SIDE[value(each, "side")],
                grid(token.tick)[value(each, "price")],
                SIZES[value(each, "size")],
                UNTOLD_TOP,
                digest,
            )
            for each in (objects(fields["changes"]) if "changes" in fields else [fields])
        ]
        return BookDelta(at, sent_at(optional(fields, "timestamp")), moves) if moves else _EMPTY

    def _book(self, raw: bytes, at: Millis) -> Sequence[Event]:
        for scan, told in zip(self._books, _ORDERS, strict=True):
            if (found := scan(raw)) is not None:
                return (self._known_book(told(found), at),)
        message = typed(_BOOK, raw, wire.careful_book, wire.book_keys)
        token = self._tokens.get(message.asset_id)
        if token is None:
            return self._stranger(message.asset_id)
        _belongs(token, message.market)
        tick = tick_size(message.tick_size) if message.tick_size else Px(0)
        prices = grid(tick or token.tick)
        bids, asks = side(message.bids, prices), side(message.asks, prices)
        self._learn(token, text(message.market), tick)
        if tick:  # only a book that answers a subscription tells it
            token.unanswered = max(0, token.unanswered - 1)
        last = message.last_trade_price
        return (
            BookSnapshot(
                token.instrument,
                at,
                sent_at(message.timestamp),
                bids,
                asks,
                text(message.hash),
                token.market,
                tick,
                last if isinstance(last, str) else None,
                initial=bool(tick),
                best=(Px(max(bids, default=NO_BID)), Px(min(asks, default=NO_ASK))),
            ),
        )

    def _known_book(self, told: tuple[Any, ...], at: Millis) -> Event:
        market, token, bids, bid, asks, ask, digest, sent, common = told
        _belongs(token, market)
        if common % token.tick:
            raise NotANumber("a price is not on the tick grid")
        if not token.market:
            self._learn(token, market)
        return BookSnapshot(token.instrument, at, sent, bids, asks, digest, token.market, best=(bid, ask))

    def _stranger(self, name: str) -> Sequence[Event]:
        """A message about a token that nobody asked for."""
        asset({"asset_id": name})
        return (_FOREIGN,)

    def _last_trade(self, raw: bytes, at: Millis) -> Sequence[Event]:
        if (found := self._trades(raw)) is not None:
            market, known, price, size, taker, sent, reference = found
            _belongs(known, market)
            return (Trade(known.instrument, at, sent, price, size, taker, reference),)
        message = typed(_TRADE, raw, wire.careful_trade, wire.trade_keys)
        token = self._tokens.get(message.asset_id)
        if token is None:
            return self._stranger(message.asset_id)
        _belongs(token, message.market)
        # A match over several levels is told at their average: only the range counts, not the grid.
        price, size, taker = grid(1)[message.price], SIZES[message.size], TAKERS[message.side]
        if not size:
            raise VenueError("a trade of nothing", sample=sample(raw), resync=False)
        reference = text(message.transaction_hash)
        return (Trade(token.instrument, at, sent_at(message.timestamp), Px(price), Qty(size), taker, reference),)

    def _tick_size(self, raw: bytes, at: Millis) -> Sequence[Event]:
        message = typed(_TICK, raw, wire.careful_tick, wire.plain_keys)
        token = self._tokens.get(message.asset_id)
        if token is None:
            return self._stranger(message.asset_id)
        _belongs(token, message.market)
        new = tick_size(message.new_tick_size)
        old = tick_size(message.old_tick_size) if message.old_tick_size else Px(0)
        self._learn(token, tick=new)
        return (TickChanged(token.instrument, at, sent_at(message.timestamp), old, new),)

    def _best(self, raw: bytes, at: Millis) -> Sequence[Event]:
        message = typed(_BEST, raw, wire.careful_best, wire.plain_keys)
        token = self._tokens.get(message.asset_id)
        if token is None:
            return self._stranger(message.asset_id)
        _belongs(token, message.market)
        told = TOPS[wire.told(message.best_bid, message.best_ask)]
        if UNTOLD in told:
            return (_NOTHING,)
        return (TopTold(token.instrument, at, sent_at(message.timestamp), told),)

    def _market_resolved(self, raw: bytes, at: Millis) -> Sequence[Event]:
        fields = obj(careful(raw))
        winner = value(fields, "winning_asset_id")
        named = fields.get("assets_ids")
        ids = {winner, *(each for each in (named if isinstance(named, list) else []) if isinstance(each, str))} - {""}
        # It can speak of an earlier market of the series: go by what it names.
        market = optional(fields, "market")
        ours = {name for name, token in self._tokens.items() if name in ids or (market and token.market == market)}
        if not ours:
            return (_FOREIGN,)
        found = tuple(self._tokens[name].instrument for name in sorted(ours))
        ids |= ours | {self._tokens[name].complement for name in ours} - {""}
        markets = {market, *(self._tokens[name].market for name in ours)} - {None, ""}
        if len(ids) > _OUTCOMES or len(markets) > 1 or not all(map(is_id, ids)):
            raise VenueError("a settlement of tokens that are not of one market", sample=sample(raw), instruments=found)
        outcome, sent = text(optional(fields, "winning_outcome")), sent_at(optional(fields, "timestamp"))
        return (Resolved(found, at, sent, identify(NAME, winner), outcome),)

    def _new_market(self, raw: bytes, at: Millis) -> Sequence[Event]:
        """Every new market of the venue is announced to everybody: not ours, as long as it is nothing else besides."""
        obj(careful(raw))
        return (_NEW_MARKET,)

    def _unknown(self, raw: bytes, at: Millis) -> Sequence[Event]:
        """A kind that we do not know: ignored, as long as it is an object of the venue's at all."""
        kind = obj(careful(raw)).get("event_type")
        if not isinstance(kind, str) or isinstance(kind, Bare):
            raise NotANumber("no kind of event is named")
        reader = self._readers.get(kind)
        return reader(raw, at) if reader else (Ignored(f"unknown kind {kind[:40]}", unknown=True, at=at),)

    def _named(self, raw: bytes) -> tuple[InstrumentId, ...]:
        """The wanted tokens whose ids stand in a message that could not be read."""
        found = quoted(raw, self._tokens)
        return tuple(token.instrument for name, token in self._tokens.items() if name in found)

    def _words(self, frame: bytes, at: Millis) -> Event:
        if frame == b"PONG":
            return _PONG
        words = frame.decode().strip()
        if not words:
            return Rejected(at, "an empty message", "")
        if words in _SCALARS or words[0] in '"-0123456789':
            return Rejected(at, "neither an object nor a list", sample(frame))
        if _WORDS.fullmatch(words):
            return Notice(at, f"the venue says: {words}", slow="slow" in words.lower())
        raise VenueError("not JSON", sample=sample(frame), prints=True)


class _Kind(msgspec.Struct, gc=False):
    event_type: str


_KIND = msgspec.json.Decoder(_Kind)
_BOOK = msgspec.json.Decoder(wire.Book).decode
_TRADE = msgspec.json.Decoder(wire.LastTrade).decode
_TICK = msgspec.json.Decoder(wire.TickSize).decode
_BEST = msgspec.json.Decoder(wire.BestBidAsk).decode


def symbol(instrument: InstrumentId) -> str:
    """The venue's own token id."""
    return instrument.partition(":")[2]


def _kind(raw: bytes) -> str:
    """The kind of event that the message as a whole names; empty for what must be read with care."""
    for end, kind in _ENDS.items():
        if raw.endswith(end):
            return kind
    try:
        return _KIND.decode(raw).event_type
    except (msgspec.MsgspecError, RecursionError):
        return ""


def _move(token: _Token, entry: wire.Change) -> Move:
    told = TOPS[entry.best_bid, entry.best_ask]
    price = grid(token.tick)[entry.price]
    return token.instrument, BID_SIDE[entry.side], price, SIZES[entry.size], told, entry.hash


def _belongs(token: _Token, market: object) -> None:
    if token.market and market and market != token.market:
        raise NotANumber("the market is not this token's")


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{str(error.args[0])[:40]!r} is missing or not a known word"
    return str(error)[:120]


def _check_utf8(frame: bytes) -> None:
    try:
        frame.decode()
    except UnicodeDecodeError as error:
        raise VenueError("not UTF-8", sample=sample(frame), cut=True) from error


def _chunks(names: list[str]) -> Iterable[list[str]]:
    return (names[start : start + CHUNK] for start in range(0, len(names), CHUNK))


def _operation(what: str, names: list[str]) -> bytes:
    frame: dict[str, object] = {"operation": what, "assets_ids": names}
    if what == "subscribe":
        frame["custom_feature_enabled"] = True
    return orjson.dumps(frame)
