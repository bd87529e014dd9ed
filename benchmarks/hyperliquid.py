"""Whole books of twice twenty levels and trades, from bytes into the store, beside `orjson.loads` of the same frames.

The final state is asserted: what is fast must be right.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from benchmarks.report import Figure
from pmtui.core.events import LinkChanged, Phase
from pmtui.core.flow import Flow
from pmtui.core.instrument import Instrument, identify
from pmtui.core.store import Store
from pmtui.core.units import Millis, px, qty
from pmtui.venues.hyperliquid.market import MarketStream
from pmtui.venues.hyperliquid.numbers import AMOUNTS, PRICES, SIZES

FRAMES = 10_000
ROUNDS = 20
GOAL = 2.5
LEVELS = 20
COINS = ("BTC", "ETH", "SOL", "HYPE")
START = 1_790_000_000_000


@dataclass
class Told:
    """Frames of one kind, and what the last of them says of each coin."""

    frames: list[bytes]
    books: dict[str, dict[str, Any]]
    prints: dict[str, dict[str, Any]]


def measure() -> list[Figure]:
    told = mixed(FRAMES)
    ours = theirs = float("inf")
    for _ in range(ROUNDS):
        theirs = min(theirs, _orjson(told))
        ours = min(ours, _pmtui(told))
    note = f"{ours / FRAMES * 1e6:.2f} µs a frame"
    return [Figure("l2Book and trades / orjson.loads", ours / theirs, GOAL, note)]


def mixed(count: int) -> Told:
    """Three books to one push of trades."""
    pushes, prints = books(count * 3 // 4), trades(count // 4)
    frames = [frame for n in range(count // 4) for frame in (*pushes.frames[3 * n : 3 * n + 3], prints.frames[n])]
    return Told(frames, pushes.books, prints.prints)


def books(count: int, *, seed: int = 1) -> Told:
    """Four coins' books in turn: from one push to the next four of the forty levels change, and the price may move."""
    rng = random.Random(seed)
    middle = dict.fromkeys(COINS, 50_000)  # tenths: five figures, as the venue has them
    resting: dict[str, dict[int, dict[str, object]]] = {coin: {} for coin in COINS}
    frames, last = [], {}
    for n in range(count):
        coin = COINS[n % len(COINS)]
        middle[coin] += rng.choice((-1, 0, 0, 0, 1))
        prices = [[middle[coin] + sign * (level + 1) for level in range(LEVELS)] for sign in (-1, 1)]
        for side in prices:
            for price in (*(each for each in side if each not in resting[coin]), *rng.sample(side, 2)):
                resting[coin][price] = {"px": f"{price / 10:.1f}", "sz": _size(rng), "n": rng.randint(1, 9)}
        sides = [[resting[coin][price] for price in side] for side in prices]
        last[coin] = {"coin": coin, "time": START + n, "levels": sides}
        frames.append(orjson.dumps({"channel": "l2Book", "data": last[coin]}))
    return Told(frames, last, {})


def trades(count: int, *, seed: int = 1) -> Told:
    """One to four trades a push, as a busy hour brings them."""
    rng = random.Random(seed)
    frames, last = [], {}
    for n in range(count):
        coin = COINS[n % len(COINS)]
        told = [
            {
                "coin": coin,
                "side": rng.choice("AB"),
                "px": f"{5_000 + rng.randint(-50, 50) / 10:.1f}",
                "sz": _size(rng),
                "time": START + n,
                "hash": f"0x{rng.getrandbits(256):064x}",
                "tid": rng.getrandbits(50),
                "users": [f"0x{rng.getrandbits(160):040x}" for _ in range(2)],
            }
            for _ in range(rng.choice((1, 1, 2, 4)))
        ]
        last[coin] = told[-1]
        frames.append(orjson.dumps({"channel": "trades", "data": told}))
    return Told(frames, {}, last)


_used: list[str] = []


def _size(rng: random.Random) -> str:
    # Of the sizes that change, most have been seen before: makers quote round ones, and the same again.
    if _used and rng.random() < 0.67:
        return rng.choice(_used)
    _used.append(str(rng.randint(1, 99_999) / 1_000))
    return _used[-1]


def _timed(work: Callable[[], None]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def _orjson(told: Told) -> float:
    loads = orjson.loads

    def work() -> None:
        for frame in told.frames:
            loads(frame)

    return _timed(work)


class _Underived(Flow):
    """Hears of everything and keeps nothing."""

    def changed(self, is_bid: bool, price: int, old: int, new: int, at: int) -> None: ...
    def replaced(self, *books: object, whole: bool = True) -> None: ...
    def printed(self, price: int, size: int, is_buy: bool, at: int) -> None: ...
    def quoted(self, bid: int, ask: int, at: int) -> None: ...


def _pmtui(told: Told) -> float:
    PRICES.clear()
    SIZES.clear()
    AMOUNTS.clear()
    ids = [identify("hyperliquid", coin) for coin in COINS]
    store = Store()
    for each in ids:
        store.add(Instrument(each, "hyperliquid", each))
    conversation = MarketStream("benchmark", "ws://127.0.0.1", ids, dict.fromkeys(COINS, 1))
    conversation.open()
    store.attach(ids, "benchmark", Millis(0))
    store.take([LinkChanged("benchmark", Millis(0), 1, Phase.UP)])
    for board in store.boards.values():
        board.flow = _Underived()  # measured elsewhere: it is the same for all venues
    receive, take = conversation.receive, store.take

    def work() -> None:
        for at, frame in enumerate(told.frames):
            take(receive(frame, at))  # type: ignore[arg-type]  # a millisecond a frame

    seconds = _timed(work)
    assert store.ledger.applied == conversation.messages
    for each, coin in zip(ids, COINS, strict=True):
        board = store.boards[each]
        assert board.tape.price() == px(told.prints[coin]["px"])
        bids, asks = ({px(level["px"]): qty(level["sz"]) for level in side} for side in told.books[coin]["levels"])
        assert (board.book.bids, board.book.asks) == (bids, asks)
    return seconds
