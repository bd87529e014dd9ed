"""Bytes → event → exact book → own top kept and compared at each batch's end → dirty mark, in CPU time.

Baselines in the same run, on the same frames: `orjson.loads` alone, and what is common elsewhere, `json.loads`
into a dict of floats that is sorted after each update. The final state of every case is asserted. What is derived
from the book (added and pulled, traded, the price over time) is measured apart, as what it costs on top.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import orjson

from benchmarks.report import Figure
from benchmarks.stream import TOKENS, Stream, make
from pmtui.core.book import Book
from pmtui.core.events import LinkChanged, Phase
from pmtui.core.flow import Flow
from pmtui.core.instrument import Instrument, identify
from pmtui.core.store import Store
from pmtui.core.units import Millis, px, qty
from pmtui.venues.polymarket.market import MarketStream
from pmtui.venues.polymarket.numbers import SIZES

FRAMES = 20_000
ROUNDS = 20


def measure() -> list[Figure]:
    stream = make(FRAMES)
    cases = {"orjson": _orjson, "pmtui": _plain, "derived": _derived, "common": _common}
    best = dict.fromkeys(cases, float("inf"))
    for _ in range(ROUNDS):
        for name, case in cases.items():
            best[name] = min(best[name], case(stream))
    per = {name: seconds / FRAMES * 1e6 for name, seconds in best.items()}
    plain = per["pmtui"] - _hearing(stream) / FRAMES * 1e6
    return [
        Figure("pipeline / orjson.loads", per["pmtui"] / per["orjson"], 2.0, f"{per['pmtui']:.2f} µs a frame"),
        Figure("json.loads + floats + sorted() / pipeline", per["common"] / per["pmtui"], 8.0, at_least=True),
        Figure("derived state / pipeline, on top", per["derived"] / plain - 1, 0.35, f"{plain:.2f} µs without it"),
    ]


def _timed(work: Callable[[], None]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def _orjson(stream: Stream) -> float:
    loads, frames = orjson.loads, stream.frames
    seen = None

    def work() -> None:
        nonlocal seen
        for frame in frames:
            seen = loads(frame)

    seconds = _timed(work)
    assert seen == json.loads(frames[-1])
    return seconds


class _Underived(Flow):
    """Hears of everything and keeps nothing."""

    def changed(self, is_bid: bool, price: int, old: int, new: int, at: int) -> None: ...
    def replaced(self, *books: object, whole: bool = True) -> None: ...
    def printed(self, price: int, size: int, is_buy: bool, at: int) -> None: ...
    def quoted(self, bid: int, ask: int, at: int) -> None: ...


class _Counting(_Underived):
    """Counts of how much it hears."""

    calls = 0

    def changed(self, is_bid: bool, price: int, old: int, new: int, at: int) -> None:
        _Counting.calls += 1


def _hearing(stream: Stream) -> float:
    """What it takes to call what keeps nothing: without anything derived these calls would not be made either."""
    _Counting.calls = 0
    _pmtui(stream, _Counting)
    changed, calls = _Underived().changed, range(_Counting.calls)

    def call() -> None:
        for _ in calls:
            changed(True, 1, 2, 3, 4)

    def pass_by() -> None:
        for _ in calls:
            pass

    return min(_timed(call) for _ in range(ROUNDS)) - min(_timed(pass_by) for _ in range(ROUNDS))


def _plain(stream: Stream) -> float:
    return _pmtui(stream, _Underived)


def _derived(stream: Stream) -> float:
    return _pmtui(stream, Flow)


def _pmtui(stream: Stream, flow: type[Flow]) -> float:
    SIZES.clear()
    ids = [identify("polymarket", token) for token in TOKENS]
    store = Store()
    for each in ids:
        store.add(Instrument(each, "polymarket", each))
    conversation = MarketStream("benchmark", "ws://127.0.0.1", ids)
    conversation.open()
    store.attach(ids, "benchmark", Millis(0))
    store.take([LinkChanged("benchmark", Millis(0), 1, Phase.UP)])
    for board in store.boards.values():
        board.flow = flow()
    receive, take = conversation.receive, store.take

    def work() -> None:
        for at, frame in enumerate(stream.frames):
            take(receive(frame, at))  # type: ignore[arg-type]  # a millisecond a frame

    seconds = _timed(work)
    _check(store.boards[ids[0]].book, stream)
    assert store.ledger.applied == conversation.messages
    assert store.counts.tops_wrong == 0
    assert store.counts.tops_agreed > len(stream.frames) // 2
    return seconds


def _check(book: Book, stream: Stream) -> None:
    assert book.bids == {px(price): qty(size) for price, size in stream.bids.items()}
    assert book.asks == {px(price): qty(size) for price, size in stream.asks.items()}
    assert (book.bid, book.ask) == (max(book.bids), min(book.asks))


def _common(stream: Stream) -> float:
    books: dict[str, tuple[dict[float, float], dict[float, float]]] = {token: ({}, {}) for token in TOKENS}
    tops: dict[str, tuple[float, float]] = {}

    def apply(message: dict[str, Any]) -> None:
        if message["event_type"] == "book":
            bids, asks = (
                {float(level["price"]): float(level["size"]) for level in message[side]} for side in ("bids", "asks")
            )
            books[message["asset_id"]] = (bids, asks)
        elif message["event_type"] == "price_change":
            for entry in message["price_changes"]:
                bids, asks = books[entry["asset_id"]]
                side = bids if entry["side"] == "BUY" else asks
                if float(entry["size"]) == 0:
                    side.pop(float(entry["price"]), None)
                else:
                    side[float(entry["price"])] = float(entry["size"])
                best_bids, best_asks = sorted(bids.items(), reverse=True), sorted(asks.items())
                tops[entry["asset_id"]] = (best_bids[0][0], best_asks[0][0])

    def work() -> None:
        for frame in stream.frames:
            message = json.loads(frame)
            for each in message if isinstance(message, list) else [message]:
                apply(each)

    seconds = _timed(work)
    assert books[TOKENS[0]][0] == {float(price): float(size) for price, size in stream.bids.items()}
    assert tops[TOKENS[0]][0] == max(float(price) for price in stream.bids)
    return seconds
