"""The book beside a naive model in decimals."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pmtui.core.book import Book
from pmtui.core.events import NO_ASK, NO_BID, UNTOLD, BookDelta
from pmtui.core.store import Store
from pmtui.core.units import ONE, px
from tests.examples import more

from .boards import A, ask, bid, board_of, delta, levels, snapshot, top, watched

TICK = ONE // 100
prices = st.integers(1, 99).map(lambda n: n * TICK)
sizes = st.integers(0, 5).map(lambda n: n * ONE)
sides = st.dictionaries(prices, sizes.filter(bool), max_size=12)


def exact(value: int) -> Decimal:
    return Decimal(value) / ONE


class Naive:
    """Two dicts of decimals and nothing kept at hand."""

    def __init__(self) -> None:
        self.bids: dict[Decimal, Decimal] = {}
        self.asks: dict[Decimal, Decimal] = {}

    def set(self, is_bid: bool, price: Decimal, size: Decimal) -> None:
        side = self.bids if is_bid else self.asks
        side.pop(price, None)
        if size:
            side[price] = size

    def agrees(self, book: Book) -> None:
        assert {exact(price): exact(size) for price, size in book.bids.items()} == self.bids
        assert {exact(price): exact(size) for price, size in book.asks.items()} == self.asks
        assert book.bid == (max(book.bids) if self.bids else NO_BID)
        assert book.ask == (min(book.asks) if self.asks else NO_ASK)


class BookMachine(RuleBasedStateMachine):
    """Any mix of what a feed can do to a book."""

    @initialize(tick=st.sampled_from([0, TICK]))
    def begin(self, tick: int) -> None:
        self.book, self.naive = Book(tick), Naive()

    @rule(is_bid=st.booleans(), price=prices, size=sizes)
    def set(self, is_bid: bool, price: int, size: int) -> None:
        before = self.book.version
        self.book.set(is_bid, price, size)
        self.naive.set(is_bid, exact(price), exact(size))
        assert self.book.version > before

    @rule(is_bid=st.booleans(), price=prices)
    def remove(self, is_bid: bool, price: int) -> None:
        self.book.remove(is_bid, price)
        self.book.version += 1
        self.naive.set(is_bid, exact(price), Decimal(0))

    @rule(is_bid=st.booleans())
    def remove_the_best(self, is_bid: bool) -> None:
        best = self.book.bid if is_bid else self.book.ask
        self.book.set(is_bid, best, 0)
        self.naive.set(is_bid, exact(best), Decimal(0))

    @rule(bids=sides, asks=sides)
    def replace(self, bids: dict[int, int], asks: dict[int, int]) -> None:
        self.book.replace(dict(bids), dict(asks))  # the book keeps the very dicts
        self.naive.bids = {exact(price): exact(size) for price, size in bids.items()}
        self.naive.asks = {exact(price): exact(size) for price, size in asks.items()}

    @rule(
        told_bid=st.one_of(prices, st.just(NO_BID)), told_ask=st.one_of(prices, st.just(NO_ASK)), most=st.integers(0, 9)
    )
    def prune(self, told_bid: int, told_ask: int, most: int) -> None:
        bids = {p: s for p, s in self.naive.bids.items() if p <= exact(told_bid)}
        asks = {p: s for p, s in self.naive.asks.items() if p >= exact(told_ask) or told_ask == UNTOLD}
        beyond = len(self.naive.bids) + len(self.naive.asks) - len(bids) - len(asks)
        if beyond <= most:
            self.naive.bids, self.naive.asks = bids, asks
        assert self.book.prune(told_bid, told_ask, most) == beyond

    @rule(times=st.sampled_from([1, 2, 5]))
    def keep_grid(self, times: int) -> None:
        step = times * TICK
        self.book.keep_grid(step)
        self.naive.bids = {p: s for p, s in self.naive.bids.items() if p % exact(step) == 0}
        self.naive.asks = {p: s for p, s in self.naive.asks.items() if p % exact(step) == 0}

    @invariant()
    def equals_the_naive_book(self) -> None:
        self.naive.agrees(self.book)

    @invariant()
    def sizes_are_above_zero(self) -> None:
        assert all(size > 0 for side in (self.book.bids, self.book.asks) for size in side.values())

    @invariant()
    def sorted_prices_are_the_levels_best_first(self) -> None:
        bids, asks = self.book.prices()
        assert list(bids) == sorted(self.book.bids, reverse=True)
        assert list(asks) == sorted(self.book.asks)


TestBookMachine = BookMachine.TestCase
TestBookMachine.settings = more(2, stateful_step_count=30)


def test_the_top_is_right_even_when_levels_are_finer_than_the_known_tick() -> None:
    book = Book(px("0.01"))
    book.replace(levels("0.50x1 0.493x1 0.48x1"), levels("0.51x1 0.517x1 0.52x1"))

    book.set(True, px("0.50"), 0)
    book.set(False, px("0.51"), 0)

    assert (book.bid, book.ask) == (px("0.493"), px("0.517"))


def test_a_removed_level_that_is_not_there_is_no_matter() -> None:
    book = Book(TICK)
    book.replace(levels("0.48x10"), levels("0.52x10"))

    book.set(True, px("0.47"), 0)
    book.set(False, px("0.48"), 0)

    assert (book.bids, book.asks) == (levels("0.48x10"), levels("0.52x10"))
    assert (book.bid, book.ask) == (px("0.48"), px("0.52"))


def test_an_untold_side_is_not_pruned() -> None:
    book = Book(TICK)
    book.replace(levels("0.48x10"), levels("0.52x10"))

    assert book.prune(UNTOLD, px("0.52"), 9) == 0
    assert book.prune(px("0.48"), UNTOLD, 9) == 0
    assert (book.bids, book.asks) == (levels("0.48x10"), levels("0.52x10"))


@pytest.mark.parametrize(("bids", "asks"), [("", ""), ("0.4x1", ""), ("", "0.6x1")])
def test_an_empty_or_one_sided_book_has_no_middle(bids: str, asks: str) -> None:
    book = Book()
    book.replace(levels(bids), levels(asks))

    assert book.mid is None
    assert not book.crossed
    assert book.empty == (not bids and not asks)


def test_the_middle_lies_half_way_between_the_touches() -> None:
    book = Book()
    book.replace(levels("0.48x1 0.40x9"), levels("0.53x1 0.60x9"))

    assert book.mid == px("0.505")


@pytest.mark.parametrize(("best_bid", "crossed"), [("0.51", False), ("0.52", True), ("0.53", True)])
def test_a_book_is_crossed_when_the_bid_meets_or_passes_the_ask(best_bid: str, crossed: bool) -> None:
    book = Book()
    book.replace(levels(f"{best_bid}x1"), levels("0.52x1"))

    assert book.crossed is crossed


@given(sides, sides)
def test_a_book_mirrors_its_own_mirror_image(bids: dict[int, int], asks: dict[int, int]) -> None:
    book, image = Book(), Book()
    book.replace(bids, asks)
    image.replace({ONE - p: s for p, s in asks.items()}, {ONE - p: s for p, s in bids.items()})

    assert book.mirrors(image, ONE)
    assert image.mirrors(book, ONE)


@given(sides.filter(bool), sides, st.data())
def test_one_odd_level_breaks_the_mirror(bids: dict[int, int], asks: dict[int, int], data: st.DataObject) -> None:
    book, image = Book(), Book()
    book.replace(bids, asks)
    image.replace({ONE - p: s for p, s in asks.items()}, {ONE - p: s for p, s in bids.items()})
    price = data.draw(st.sampled_from(sorted(bids)))

    image.set(False, ONE - price, data.draw(st.sampled_from([0, bids[price] + 1])))

    assert not book.mirrors(image, ONE)
    assert not image.mirrors(book, ONE)


def stream(seed: int, count: int) -> list[tuple[int, int, bool, int, int]]:
    """Frame number, venue time, side, price and size of single changes, several to a frame and a batch."""
    random = Random(seed)
    changes, frame, sent = [], 0, 0
    for _ in range(count):
        if random.random() < 0.5:
            frame += 1
            sent += random.random() < 0.6
        is_bid = random.random() < 0.5
        price = random.randint(1, 49) if is_bid else random.randint(51, 99)
        changes.append((frame, sent, is_bid, price * TICK, random.choice((0, 1, 2, 3)) * ONE))
    return changes


def frames(changes: list[tuple[int, int, bool, int, int]], cut: Random | None = None) -> list[BookDelta]:
    """The changes as facts: one for each frame, or cut anywhere."""
    facts: list[BookDelta] = []
    last: tuple[int, int] | None = None
    naive = Naive()
    for number, sent, is_bid, price, size in changes:
        naive.set(is_bid, exact(price), exact(size))
        move = (ask, bid)[is_bid](str(exact(price)), str(exact(size)), top(*best(naive)))
        if last != (number, sent) or (cut and cut.random() < 0.5):
            facts.append(delta(at=sent * 10, sent=1 + sent))
        facts[-1].moves.append(move)
        last = number, sent
    return facts


def best(naive: Naive) -> tuple[str, str]:
    return str(max(naive.bids, default="")), str(min(naive.asks, default=""))


def fed(facts: list[BookDelta]) -> Store:
    store = watched()
    store.take([snapshot("", "")])
    for fact in facts:
        store.take([fact])
    return store


@pytest.mark.parametrize("seed", range(8))
def test_any_chunking_of_a_stream_gives_the_same_book(seed: int) -> None:
    changes = stream(seed, 400)
    naive = Naive()
    for _, _, is_bid, price, size in changes:
        naive.set(is_bid, exact(price), exact(size))

    whole, cut = fed(frames(changes)), fed(frames(changes, Random(seed)))

    for store in (whole, cut):
        naive.agrees(board_of(store).book)
        assert board_of(store, A).doubt.why == ""
        assert store.counts.ghosts == store.counts.tops_wrong == 0
