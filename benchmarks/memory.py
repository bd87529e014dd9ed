"""What books cost: bytes a book, and how long the garbage collector looks at five thousand of them."""

from __future__ import annotations

import gc
import time
import tracemalloc

from benchmarks.report import Figure
from benchmarks.stream import TOKENS, make
from pmtui.core.board import UNMOVED
from pmtui.core.events import BookSnapshot, LinkChanged, Phase
from pmtui.core.instrument import Instrument, InstrumentId, identify
from pmtui.core.store import Store
from pmtui.core.units import ONE, Millis, Px, px
from pmtui.venues.polymarket.market import MarketStream
from pmtui.venues.polymarket.venue import Polymarket

BOOKS = 5_000
LEVELS = 100


def measure() -> list[Figure]:
    tick, venue, store = px("0.001"), Polymarket(), Store()
    prices = {n: Px(n * tick) for n in range(1, 1000)}  # shared, as the codec's table of spellings shares them
    gc.collect()
    empty = _collection()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for n in range(BOOKS):
        _add(store, n, prices, venue)
    each = (tracemalloc.get_traced_memory()[0] - before) / BOOKS
    tracemalloc.stop()
    full = _collection() - empty
    assert len(store.boards) == BOOKS
    assert all(len(board.book.bids) == len(board.book.asks) == LEVELS for board in store.boards.values())
    return [
        *derived(),
        Figure(f"a board with 2×{LEVELS} levels", each / 1000, 20.0, unit="KB"),
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
    return [Figure("derived state of a busy market, one outcome", max(held) / 1000, 200.0, unit="KB")]


def _add(store: Store, n: int, prices: dict[int, Px], venue: Polymarket) -> None:
    """Two outcomes make a market, as on the venue."""
    name = InstrumentId(f"polymarket:{n:077d}")
    store.add(Instrument(name, "polymarket", f"{n:077d}"), venue.seal(name))
    sizes = (ONE * (n % 977 + 1) + k * 10**7 for k in range(2 * LEVELS))
    bids: dict[int, int] = {prices[500 - k]: next(sizes) for k in range(LEVELS)}
    asks: dict[int, int] = {prices[501 + k]: next(sizes) for k in range(LEVELS)}
    store.take([BookSnapshot(name, Millis(0), Millis(0), bids, asks, market=f"0x{n // 2:064x}", tick=prices[1])])


def _collection() -> float:
    """Seconds of one full collection, the best of several."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        gc.collect()
        times.append(time.perf_counter() - began)
    return min(times)
