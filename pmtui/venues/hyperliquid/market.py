"""One conversation about all coins: books in three feeds, trades, and what is told around them.

There are no sequence numbers and no digests: every push is whole in itself and bears the time of its block, so an older
one is told from a newer one, and what is missing is only late.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import islice
from math import gcd
from typing import Any

import msgspec
import orjson

from pmtui.core.careful import BLANKS, Bare, careful, obj, objects, sample
from pmtui.core.events import (
    NO_ASK,
    NO_BID,
    BookSnapshot,
    Declined,
    Event,
    Fresh,
    Ignored,
    Notice,
    Rejected,
    Resolved,
    Top,
    TopTold,
    Wide,
)
from pmtui.core.instrument import InstrumentId
from pmtui.core.ports import Heartbeat, Request, VenueError
from pmtui.core.units import DECIMALS, ONE, Contradiction, Millis, NotANumber, Px, places
from pmtui.venues.hyperliquid import around, fuse, names, posts, subscriptions, wire
from pmtui.venues.hyperliquid.books import agree, by_height, check_order, seen, sides, touch_of
from pmtui.venues.hyperliquid.coin import FAST_FOR, Coin
from pmtui.venues.hyperliquid.envelope import channel_of, check_utf8, is_aside, reason, unknown
from pmtui.venues.hyperliquid.fuse import EVERYTHING, Sides, Touch
from pmtui.venues.hyperliquid.names import symbol_of
from pmtui.venues.hyperliquid.numbers import (
    Group,
    finest,
    group_of,
    next_tick,
    outcome_tick,
    tick_of,
)
from pmtui.venues.hyperliquid.prints import FOREIGN, books_of, named, prints
from pmtui.venues.hyperliquid.subscriptions import Body, Budget

PATH = "/ws"
CAPACITY = 1_000
PER_MINUTE = 2_000
APART, OUT_OF_ORDER = 2_000, 5_000
"""ms that a push may be older than what another feed told, of the fast feed and of the others: beyond that a time is
wrong."""
BACK_FOR = 400
"""ms for which a feed tells nothing but what is so much older than what it told before, until that is not taken for
late copies any more: then it was told too early. The fast feed tells a book every half second."""
_UNITS = [10 ** (DECIMALS - decimals) for decimals in range(DECIMALS + 1)]
_WORDS = re.compile(r"[A-Za-z][A-Za-z0-9 ,.:;'!?()/_-]{0,400}")
_SCALARS = frozenset({"null", "true", "false", "NaN", "Infinity"})
_BOOK = b'{"channel":"l2Book",'
_TRADES = b'{"channel":"trades"'

_made: Any = tuple.__new__  # half of what a fact with names costs is its own constructor

_PONG = Ignored("pong", data=False)
_GREETING = Ignored("greeting", data=False)
_ACK = Ignored("subscriptionResponse", data=False)
_REFUSED = Ignored("refused", data=False)
_AGAIN = Ignored("already so", data=False)
_OLDER = Ignored("older than what is known")
_NOTHING = Ignored("no change")
_EMPTY = Ignored("an empty list", data=False)


class MarketStream:
    """One market socket's conversation."""

    heartbeat = Heartbeat(b'{"method":"ping"}', b'{"channel":"pong"}', 15.0)
    per_minute = PER_MINUTE

    def __init__(
        self,
        name: str,
        host: str,
        instruments: Iterable[InstrumentId],
        decimals: Mapping[str, int] | None = None,
        budget: Budget | None = None,
    ) -> None:
        """`decimals` tells how many a coin's prices may have, as far as that is known; the budget is for all streams
        of one venue."""
        self.name = name
        self.url = host + PATH
        self.messages = 0
        self._decimals = {} if decimals is None else decimals
        self._budget = Budget() if budget is None else budget
        self._share = 0
        self._coins: dict[str, Coin] = {}
        self._ids: dict[InstrumentId, None] = {}
        self._shown: frozenset[str] = frozenset()
        self._asked: dict[bytes, Body] = {}
        self._groups: dict[str, Group] = {}
        self._is_grouped = False
        """Whether the venue has said that it groups so: until then a push may be grouped as was asked for before."""
        self._add(instruments)
        self._asked = self._wanted()
        self._readers: dict[str, Callable[[bytes, Millis], Sequence[Event]]] = {
            "l2Book": self._book,
            "bbo": self._top,
            "trades": self._trades,
            "candle": self._candle,
            "activeAssetCtx": self._context,
            "activeSpotAssetCtx": self._context,
            "outcomeMetaUpdates": self._settled,
            "subscriptionResponse": self._ack,
            "error": self._error,
            "post": self._post,
            "pong": lambda raw, at: (_PONG,),
        }

    # What to say

    @property
    def instruments(self) -> tuple[InstrumentId, ...]:
        return tuple(self._ids)

    def open(self) -> list[bytes]:
        """What to say on a fresh connection. Forgets everything about the last one."""
        for coin in self._coins.values():
            coin.forget()
        self._is_grouped = False
        return [self._ask(body) for body in self._asked.values()]

    def change(self, add: Collection[InstrumentId], drop: Collection[InstrumentId]) -> list[bytes] | None:
        """What to say to follow more or fewer instruments."""
        for each in drop:
            if self._ids.pop(each, "") is None:
                coin = self._coins[names.coin(symbol_of(each))]
                coin.leave(each)
                if not coin.books:
                    del self._coins[coin.name]
        self._add(add)
        return self._ask_anew()

    def _add(self, instruments: Iterable[InstrumentId]) -> None:
        for each in instruments:
            symbol = symbol_of(each)
            name = names.coin(symbol)
            if name not in self._coins:
                self._coins[name] = Coin(name)
            self._coins[name].tell(each, mirrored=names.is_mirrored(symbol))
            self._ids[each] = None

    def _wanted(self) -> dict[bytes, Body]:
        bodies = subscriptions.wanted(self._coins, self._shown, self._groups)
        self._budget.want(self, len(bodies))
        self._share = self._budget.share(self)
        return dict(islice(bodies.items(), self._share))

    def _ask_anew(self) -> list[bytes]:
        """The difference between what is asked for and what is wanted now."""
        before, self._asked = self._asked, self._wanted()
        frames = [subscriptions.unsubscribe(body) for key, body in before.items() if key not in self._asked]
        return frames + [self._ask(body) for key, body in self._asked.items() if key not in before]

    def _ask(self, body: Body) -> bytes:
        if coin := self._coins.get(str(body.get("coin"))):
            coin.answers.add(subscriptions.feed(body))
        return subscriptions.subscribe(body)

    def attend(self, shown: Collection[InstrumentId]) -> list[bytes]:
        """What to say now that these are on the screen: where not all can be had, they are told in full."""
        here = frozenset(names.coin(symbol_of(each)) for each in shown if each in self._ids)
        if here == self._shown and self._share == self._budget.share(self):
            return []
        self._shown = here
        return self._ask_anew()

    def again(self, instruments: Collection[InstrumentId]) -> list[bytes]:
        """What to say to be sent fresh books of these."""
        coins = dict.fromkeys(names.coin(symbol_of(each)) for each in instruments if each in self._ids)
        frames = []
        for coin in coins:
            self._coins[coin].ask()
            for body in (subscriptions.slow(coin), subscriptions.fast(coin)):
                # What is still subscribed would be refused as a duplicate, without a book.
                if orjson.dumps(body) in self._asked:
                    frames += [subscriptions.unsubscribe(body), self._ask(body)]
        return frames

    def widen(self, instrument: InstrumentId, step: int) -> list[bytes]:
        """What to say now that somebody looks at this one on rows of such a height: the venue groups a book, too."""
        coin = self._coins.get(names.coin(symbol_of(instrument)))
        group = group_of(coin.low, step) if coin is not None and step else None
        groups = {coin.name: group} if coin is not None and group is not None else {}
        if groups == self._groups:
            return []
        self._groups, self._is_grouped = groups, False
        return self._ask_anew()

    def ask(self, request: Request, number: int) -> bytes | None:
        """Requests to the venue's own information service travel here as well."""
        return posts.wrap(request.body, number) if request.body and request.url.endswith(posts.PATH) else None

    def room(self) -> int:
        return CAPACITY - len(self._ids)

    def settled(self, code: int, reason: str) -> Collection[InstrumentId] | None:
        return None

    # What was said

    def receive(self, frame: bytes, at: Millis) -> Sequence[Event]:
        """The facts in one frame; raises `VenueError` and nothing else."""
        self.messages += 1
        if not frame.isascii():
            check_utf8(frame)
        if frame[:1] != b"{" and (frame := frame.lstrip(BLANKS))[:1] != b"{":
            return (self._words(frame, at),)
        try:
            if frame.startswith(_BOOK):  # most of what comes
                return self._book(frame, at)
            channel = channel_of(frame)
            reader = self._readers.get(channel)
            return reader(frame, at) if reader else unknown(frame, channel, at)
        except (msgspec.MsgspecError, NotANumber, KeyError, RecursionError) as error:
            raise self._refusal(reason(error), frame, read=isinstance(error, Contradiction)) from error
        except VenueError as error:  # the careful reader found no JSON at all
            raise self._refusal(error.reason, frame) from error

    def _refusal(self, reason: str, frame: bytes, *, read: bool = False) -> VenueError:
        """The books that a message may have told are in doubt: those it names, or all. Others than books tell none."""
        meant = named(frame, self._coins)
        ids = books_of(meant)
        if is_aside(frame):
            told = frame.startswith(_TRADES)
            return VenueError(reason, sample=sample(frame), instruments=ids or None, resync=False, prints=told)
        for coin in meant or self._coins.values():
            coin.doubt()
        read = read and bool(ids)
        return VenueError(reason, sample=sample(frame), instruments=ids or None, read=read, prints=not ids)

    def _words(self, frame: bytes, at: Millis) -> Event:
        words = frame.decode().strip()
        if words.startswith("Websocket connection established"):
            return _GREETING
        if not words:
            return Rejected(at, "an empty message", "")
        if words == "[]":
            return _EMPTY
        if words in _SCALARS or words[0] in '"-0123456789':
            return Rejected(at, "no object", sample(frame))
        if _WORDS.fullmatch(words):
            return Notice(at, f"the venue says: {words}")
        raise self._refusal("not JSON", frame)

    # Books

    def _book(self, raw: bytes, at: Millis) -> Sequence[Event]:
        push = wire.book(raw)
        coin = self._coins.get(push[0])
        if coin is None:
            return (FOREIGN,)
        told, sent, feed = sides(push), push[1], push[2]
        if feed is wire.WIDE:
            return self._wide_book(coin, told, at)
        fast, asked = feed is wire.FAST, feed in coin.answers
        if asked:
            coin.answers.discard(feed)
        before = coin.fast if fast else coin.slow
        known = before.sent if before is not None else 0 if fast else coin.let_go
        if sent <= known:
            return _older(coin, feed, sent, known, at)
        if coin.back:
            coin.back.pop(feed, None)
        touch = coin.touch
        newest = coin.sent if touch is None or touch.sent < coin.sent else touch.sent
        if sent < newest:
            # What the slow feed tells late lies below what is newer; a late push of the fast one is nothing.
            check_order(sent, newest, APART if fast else OUT_OF_ORDER)
        coin.part_at = at
        if coin.ahead is not None:
            # The push that belongs to it shows which of both it was.
            if coin.ahead.sent - sent <= APART:
                coin.touch = coin.ahead
                coin.accord.begin_again()  # others may have come before it that stood on nothing
                coin.accord.take_touch(coin.touch)
            coin.ahead = None
        if fast:
            coin.has_fast = True
            coin.fast, coin.reach = told, fuse.reach(told)
        else:
            coin.slow, coin.deep_at = told, at
            if (last := coin.fast or before) is not None and sent - last.sent > FAST_FOR:
                # The fast feed has stopped: nothing is newer than this, and only the next slow push is promised. Where
                # both were asked for, its own answer follows.
                coin.reach, coin.has_fast = EVERYTHING, coin.has_fast and asked
        coin.below = None
        coin.began = coin.began or sent
        if sent > coin.sent:
            coin.sent = sent
        agrees = coin.touch is not None and agree(told, coin.touch)
        if agrees:
            coin.accord.agree()
        else:
            coin.accord.take_book(told)
        return self._fused(coin, at, told, agrees=agrees, asked=asked)

    def _wide_book(self, coin: Coin, told: Sides, at: Millis) -> Sequence[Event]:
        group = self._groups.get(coin.name)
        if group is None or not coin.low:
            return (FOREIGN,)
        if not self._is_grouped:
            return (_OLDER,)
        step = group.step(coin.low)
        self.messages += len(coin.books) - 1
        return [
            Wide(instrument, at, Millis(told.sent), step, *by_height(told, group.step, mirrored=mirrored))
            for instrument, mirrored in coin.books.items()
        ]

    def _top(self, raw: bytes, at: Millis) -> Sequence[Event]:
        told = wire.top(raw)
        coin = self._coins.get(told[0])
        if coin is None:
            return (FOREIGN,)
        touch, asked = touch_of(told, coin.ceiling), wire.TOUCH in coin.answers
        if asked:
            coin.answers.discard(wire.TOUCH)
        if coin.touch is not None and touch.sent <= coin.touch.sent:
            return _older(coin, wire.TOUCH, touch.sent, coin.touch.sent, at)
        if coin.back:
            coin.back.pop(wire.TOUCH, None)
        if coin.touch is not None:
            check_order(touch.sent, coin.sent, OUT_OF_ORDER)
        if coin.sent and touch.sent - coin.sent > coin.lasts:
            # What lies below is too old to stand under this, or the time is wrong.
            if coin.ahead is None or touch.sent > coin.ahead.sent:
                coin.ahead = touch
            return self._announced(coin, touch, at)
        coin.touch = touch
        accord = coin.accord
        accord.told.append(touch)  # `take_touch`, written out: nearly all that comes is this
        agrees = accord.book is not None and accord.weigh(touch, accord.book)
        if touch.sent < coin.sent or (coin.slow is None and coin.fast is None):
            return (_NOTHING,)  # the book that it belongs to was faster, or is on its way
        return self._fused(coin, at, None, agrees=agrees, asked=asked)

    def _announced(self, coin: Coin, touch: Touch, at: Millis) -> Sequence[Event]:
        """Best prices ahead of the book that has to follow."""
        self.messages += len(coin.books) - 1
        bid, ask = (level[0] if level else None for level in (touch.bid, touch.ask))
        straight: Top = Px(NO_BID if bid is None else bid), Px(NO_ASK if ask is None else ask)
        across: Top = Px(NO_BID if ask is None else ONE - ask), Px(NO_ASK if bid is None else ONE - bid)
        return [
            TopTold(each, at, Millis(touch.sent), across if mirrored else straight)
            for each, mirrored in coin.books.items()
        ]

    def _fused(self, coin: Coin, at: Millis, told: Sides | None, *, agrees: bool, asked: bool) -> Sequence[Event]:
        """The book out of its parts, for each instrument that it tells of; `told` is the part that came just now."""
        if (below := coin.below) is None:
            below = coin.below = fuse.layered(coin.slow, coin.fast)
            coin.whole = fuse.whole(coin.slow, coin.fast)
        bids, asks = fuse.fused(below, coin.touch)
        # Older parts may have lost levels since: whose book they became keeps them as his own.
        top = told.top if told is not None and bids is told.bids and asks is told.asks else None
        if top is None and bids and asks:
            top = max(bids), min(asks)
        low = top[0] if top is not None else max(bids) if bids else min(asks) if asks else 0
        most, note = self._decimals.get(coin.name, -1), ""
        if low != coin.low or most != coin.most or most < 0:
            # What the catalogue says is held against all prices once; after that the best ones tell soon enough.
            known = most >= 0 and (told is None or most == coin.most)
            prices = top if known and top is not None else (*bids, *asks)
            note = _set_tick(coin, prices, low, most)
        bid, ask = coin.reach
        mixed = coin.touch is not None and coin.touch.sent > coin.sent
        sent = Millis(coin.touch.sent if coin.touch is not None and mixed else coin.sent)
        if not coin.deep_at:
            coin.deep_at = at  # not told yet, and late from now on
        proof = "bbo" if agrees else ""
        broken, whole = coin.accord.broken, coin.whole
        fresh = _made(Fresh, (bid, ask, coin.deep_at, coin.lasts, proof, coin.part_at, mixed, broken, whole))
        if coin.only is not None and not note:
            fact = (coin.only, at, sent, bids, asks, "", "", coin.tick, None, asked, fresh, top)
            return (_made(BookSnapshot, fact),)
        notes = [Notice(at, note)] if note else []
        self.messages += len(coin.books) + len(notes) - 1
        books = [
            seen(instrument, bids, asks, coin.tick, fresh, at, sent, mirrored=mirrored, asked=asked)
            for instrument, mirrored in coin.books.items()
        ]
        return [*notes, *books]

    # Trades, and what is told around a book

    def _trades(self, raw: bytes, at: Millis) -> Sequence[Event]:
        events = prints(raw, self._coins, at)
        self.messages += max(1, len(events)) - 1
        return events or (_EMPTY,)

    def _context(self, raw: bytes, at: Millis) -> Sequence[Event]:
        data = obj(obj(careful(raw))["data"])
        coin = self._coins.get(wire.coin(data))
        if coin is None:
            return (FOREIGN,)
        if coin.only is None:
            return (_NOTHING,)  # nothing is known of one around outcomes
        instrument = coin.only
        return (around.context(instrument, obj(data["ctx"]), at),)

    def _candle(self, raw: bytes, at: Millis) -> Sequence[Event]:
        data = obj(careful(raw))["data"]
        events = around.candles(data if isinstance(data, list) else [obj(data)], raw, self._coins, at)
        self.messages += max(1, len(events)) - 1
        return events or (_EMPTY,)

    def _settled(self, raw: bytes, at: Millis) -> Sequence[Event]:
        """Which of our outcome markets are settled; who was paid takes a question."""
        told = obj(careful(raw))["data"]
        updates = objects(told["updates"] if isinstance(told, dict) else told)
        gone = [f"#{10 * wire.whole(each, 'outcomeSettled')}" for each in updates if "outcomeSettled" in each]
        ids = tuple(each for name in gone if name in self._coins for each in self._coins[name].books)
        return (Resolved(ids, at, Millis(0), InstrumentId("")) if ids else FOREIGN,)

    # Answers

    def _ack(self, raw: bytes, at: Millis) -> Sequence[Event]:
        try:
            told = orjson.loads(raw)
        except orjson.JSONDecodeError:
            told = careful(raw)  # which tells half a character from what is no JSON
        echo = obj(obj(told).get("data"))
        meant = subscriptions.meant(obj(echo.get("subscription")), self._asked.values())
        if meant and echo.get("method") == "subscribe":
            if meant.get("fast"):
                self._coins[str(meant["coin"])].has_fast = True
            self._is_grouped = self._is_grouped or "nSigFigs" in meant
        return (_ACK,)

    def _error(self, raw: bytes, at: Millis) -> Sequence[Event]:
        words = obj(careful(raw))["data"]
        if not isinstance(words, str) or isinstance(words, Bare):
            raise NotANumber("an error without words")
        if words.startswith("Already "):
            return (_AGAIN,)
        if words.startswith("too many pending post"):
            return (posts.too_many(words, at),)
        body = _spoken_of(words, self._asked.values())
        words = sample(words)  # it may repeat what somebody typed, and more
        if body is None:
            return (Notice(at, f"the venue says: {words}"),)
        if body["type"] != "l2Book" or len(body) > len(subscriptions.slow("")):
            return (_REFUSED,)  # whoever is told no book at all is told why; the rest is missed where it is shown
        coin = self._coins[str(body["coin"])]
        self.messages += len(coin.books) - 1
        reason = f"{words.partition('{')[0].strip() or 'refused'}: {coin.name} is unknown, or has no book"
        if coin.name.isalpha() and coin.name.islower():
            reason += f"; is it {coin.name.upper()}?"
        return [Declined(instrument, at, reason) for instrument in coin.books]

    def _post(self, raw: bytes, at: Millis) -> Sequence[Event]:
        return (posts.unwrap(raw, at),)


def _older(coin: Coin, feed: str, sent: int, newest: int, at: Millis) -> Sequence[Event]:
    """A push that is older than what its own feed told is nothing, unless the feed stays there."""
    if newest - sent > OUT_OF_ORDER and at - coin.back.setdefault(feed, at) >= BACK_FOR:
        check_order(sent, newest, OUT_OF_ORDER)
    return (_OLDER,)


def _set_tick(coin: Coin, prices: Sequence[int], low: int, most: int) -> str:
    """The tick follows the lower touch, as far as it is known how many decimals a price may have.

    Prices say how fine they are, whatever the catalogue says: where they contradict it, words about that come back.
    """
    if not low:
        return ""
    known, coin.low, coin.most = coin.most, low, most
    if names.is_outcome(coin.name):
        coin.tick = outcome_tick(coin.tick, prices)
    elif most < 0:
        # Until the coin has been described: its own prices say how fine they may be, at the least.
        coin.tick = Px(max(tick_of(low, DECIMALS), min(ONE, finest(prices))))
    else:
        told_before, finest_known = most == known and coin.finer > most, max(most, coin.finer)
        if gcd(*prices) % _UNITS[finest_known]:
            finest_known = coin.finer = places(finest(prices))
        coin.tick = next_tick(coin.tick, low, finest_known)
        if finest_known > most and not told_before:
            return f"{coin.name}: prices of {coin.finer} decimals, though the catalogue allows {most}"
    return ""


def _spoken_of(words: str, bodies: Iterable[Body]) -> Body | None:
    """Which of our subscriptions an error repeats."""
    brace = words.find("{")
    if brace < 0:
        return None
    try:
        found: Any = orjson.loads(words[brace:])
    except orjson.JSONDecodeError:
        return None
    if isinstance(found, dict) and isinstance(found.get("subscription"), dict):
        found = found["subscription"]
    return subscriptions.meant(found, bodies) if isinstance(found, dict) else None
