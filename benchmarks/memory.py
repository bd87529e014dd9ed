"""What books cost: bytes a book, and how long the garbage collector looks at five thousand of them."""

from __future__ import annotations

import gc
import time
import tracemalloc

from benchmarks.report import Figure
from benchmarks.stream import TOKENS, make
from pmtui.core.board import UNMOVED
from pmtui.core.events import LinkChanged, Phase
from pmtui.core.instrument import Instrument, identify
from pmtui.core.store import Store
from pmtui.core.units import Millis
from pmtui.feed.settled import Settling, settle
from pmtui.venues.polymarket.market import CAPACITY, MarketStream
from pmtui.venues.polymarket.venue import Polymarket

BOOKS = 5_000
LEVELS = 100


def measure() -> list[Figure]:
    frames = [_book(n) for n in range(BOOKS)]
    venue, store, settling = Polymarket(), Store(), Settling(settle)
    ids = [identify("polymarket", f"{n:077d}") for n in range(BOOKS)]
    gc.collect()
    gc.freeze()  # as the program does when its first frame stands
    empty = _collection()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    streams = [venue.stream(n, ids[n : n + CAPACITY]) for n in range(0, BOOKS, CAPACITY)]
    carriers = {each: stream for stream in streams for each in stream.instruments}
    for each in ids:
        store.add(Instrument(each, "polymarket", each), venue.seal(each))
    settling.came(BOOKS)
    for each, frame in zip(ids, frames, strict=True):
        store.take(carriers[each].receive(frame, Millis(0)))
    held = (tracemalloc.get_traced_memory()[0] - before) / BOOKS
    tracemalloc.stop()
    full = _collection() - empty
    gc.unfreeze()
    assert len(store.boards) == BOOKS
    assert all(len(board.book.bids) == len(board.book.asks) == LEVELS for board in store.boards.values())
    return [
        *derived(),
        Figure(f"a board with 2×{LEVELS} levels", held / 1000, 20.0, unit="KB"),
        Figure(f"full collection with {BOOKS:,} boards, beyond that of none", full * 1000, 3.0, unit="ms"),
    ]


def derived() -> list[Figure]:
    """What is derived of a busy market over ten minutes at fifty messages a second, freed to see what it held."""
    stream, ids = make(30_000), [identify("polymarket", token) for token in TOKENS]
    store, conversation = Store(), MarketStream("benchmark", "ws://127.0.0.1", ids)
    conversation.open()
    for each in ids:
        store.add(Instrument(each, "polymarket", each))
    store.attach(ids, "benchmark", Millis(0))
    store.take([LinkChanged("benchmark", Millis(0), 1, Phase.UP)])
    tracemalloc.start()
    for n, frame in enumerate(stream.frames):
        store.take(conversation.receive(frame, Millis(20 * n)))
    held = []
    for board in store.boards.values():
        before = tracemalloc.get_traced_memory()[0]
        board.flow.levels(600_000)
        board.flow.window(300_000, 600_000)
        board.flow = UNMOVED
        gc.collect()
        held.append(before - tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    return [Figure("derived state of a busy market, both outcomes", sum(held) / 1000, 200.0, unit="KB")]


def _book(n: int) -> bytes:
    """A book as the venue tells it later on, two to a market; without a hash, there is nothing to prove."""
    sizes = (f"{n % 977 + 1}.{k:02d}" for k in range(2 * LEVELS))
    levels = [
        ", ".join(f'{{"price":"0.{price:03d}", "size":"{next(sizes)}"}}' for price in prices)
        for prices in (range(400, 500), range(600, 500, -1))
    ]
    return (
        f'{{"market":"0x{n // 2:064x}", "asset_id":"{n:077d}", "bids":[{levels[0]}], "asks":[{levels[1]}], '
        f'"hash":"", "timestamp":"1790000000000", "event_type":"book"}}'
    ).encode()


def _collection() -> float:
    """Seconds of one full collection, the best of several."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        gc.collect()
        times.append(time.perf_counter() - began)
    return min(times)
