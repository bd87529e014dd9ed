"""Feeds of one market agree in whatever order they arrive; those that do not are found out."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.board import Label
from pmtui.core.events import BookSnapshot, Event, LinkChanged, Phase
from pmtui.core.instrument import Instrument
from pmtui.core.store import Store
from pmtui.core.units import Millis
from pmtui.venues.hyperliquid import accord
from pmtui.venues.hyperliquid.accord import KEPT, Accord
from pmtui.venues.hyperliquid.fuse import Sides, Touch
from pmtui.venues.hyperliquid.market import MarketStream

from .frames import NOW, bbo, book, id_of, stream

BLOCK = 100
Pair = tuple[int | None, int | None]


def book_of(pair: Pair, sent: int) -> Sides:
    bid, ask = pair
    bids, asks = {} if bid is None else {bid: 1, bid - 1: 1}, {} if ask is None else {ask: 1, ask + 1: 1}
    return Sides(sent, bids, asks, (bid, ask) if bid is not None and ask is not None else None)


def touch_of(pair: Pair, sent: int) -> Touch:
    bid, ask = pair
    return Touch(sent, None if bid is None else (bid, 1), None if ask is None else (ask, 1))


_pairs = st.tuples(st.sampled_from([50, 51, 52, None]), st.sampled_from([60, 61, 62, None]))
_late = st.integers(0, 40)


@given(
    st.lists(st.tuples(_pairs, st.booleans(), _late, _late), min_size=1, max_size=80),
    st.booleans(),
)
def test_honest_feeds_never_contradict_each_other_however_late_either_is(
    blocks: list[tuple[Pair, bool, int, int]], books_first: bool
) -> None:
    """A change of the best prices is told in its block, a book now and then; each feed keeps its own order."""
    told: list[tuple[int, int, int, Touch | Sides]] = []
    last: Pair | None = None
    latest = [0, 0]
    for number, (pair, has_book, late_touch, late_book) in enumerate(blocks, 1):
        sent = number * BLOCK
        if pair != last and last is not None:  # the first best prices were told before anybody listened
            latest[0] = max(latest[0], number + late_touch)
            told.append((latest[0], int(books_first), number, touch_of(pair, sent)))
        if has_book:
            latest[1] = max(latest[1], number + late_book)
            told.append((latest[1], int(not books_first), number, book_of(pair, sent)))
        last = pair
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(accord, "PATIENCE", 0)
        made = Accord()
        for *_, each in sorted(told, key=lambda each: each[:3]):
            if isinstance(each, Touch):
                made.take_touch(each)
            else:
                made.take_book(each)
            assert not made.broken


def test_what_is_remembered_has_an_end() -> None:
    made = Accord()
    for number in range(10 * KEPT):
        made.take_touch(touch_of((50 + number % 2, 60), number))
    assert len(made.told) == KEPT


RIGHT, WRONG = "108245x1", "108240x1"
BOOK = f"{RIGHT} 108244x2 108241x3 108240x1 108239x5"
LACKING = "108240x1 108239x5 108238x5 108237x5 108236x5"
ASKS = "108247x2 108248x1 108249x1 108250x1 108251x1"


def contradicted(books: str, touch: str, *, apart: int, seconds: int = 3) -> list[tuple[int, bool]]:
    """When each fact was told that says whether the feeds contradict each other; a touch comes so long after a book."""
    made, found = stream(), []
    for half in range(2 * seconds):
        sent = half * 500
        frames = [(sent, book(books, ASKS, sent=sent, fast=True))]
        if half % 10 == 0:
            frames.append((sent, book(books, ASKS, sent=sent)))
        frames.append((sent + apart, bbo(touch, "108247x2", sent=sent + apart)))
        for at, frame in frames:
            found += [(at, apart) for apart in aparts(made.receive(frame, Millis(NOW + at)))]
    return found


def aparts(events: Iterable[Event]) -> list[bool]:
    """What each book among these says of its feeds."""
    return [each.fresh.apart for each in events if isinstance(each, BookSnapshot) and each.fresh is not None]


@pytest.mark.parametrize("apart", [0, 3, 250])
@pytest.mark.parametrize(("books", "touch"), [(BOOK, WRONG), (BOOK, ""), (LACKING, RIGHT), ("", RIGHT)])
def test_feeds_that_tell_different_best_prices_of_the_same_moments_are_apart_within_two_seconds(
    books: str, touch: str, apart: int
) -> None:
    found = contradicted(books, touch, apart=apart)
    assert not any(wrong for at, wrong in found if at < 1_000)
    assert all(wrong for at, wrong in found if at >= 2_000)


@pytest.mark.parametrize("apart", [0, 3, 250])
def test_feeds_that_tell_the_same_are_never_apart(apart: int) -> None:
    assert not any(wrong for _, wrong in contradicted(BOOK, RIGHT, apart=apart, seconds=30))


def test_one_agreement_ends_it_and_a_new_connection_knows_nothing_of_it() -> None:
    made = stream()
    assert apart_after(made, WRONG, 0)
    assert not apart_after(made, RIGHT, 10_000)
    assert apart_after(made, WRONG, 20_000)
    made.open()
    assert not apart_after(made, WRONG, 30_000, halves=2)


def test_books_that_were_asked_for_anew_do_not_make_it_forgotten() -> None:
    made = stream()
    assert apart_after(made, WRONG, 0)
    made.again([id_of("BTC")])
    assert apart_after(made, WRONG, 5_000, halves=1)
    made.again([id_of("BTC")])
    assert not apart_after(made, RIGHT, 10_000, halves=1)


def apart_after(made: MarketStream, touch: str, begin: int, halves: int = 6) -> bool:
    apart = False
    for sent in range(begin, begin + halves * 500, 500):
        for frame in (book(BOOK, ASKS, sent=sent, fast=True), bbo(touch, "108247x2", sent=sent)):
            apart = (aparts(made.receive(frame, NOW)) or [apart])[-1]
    return apart


def test_the_best_prices_that_come_behind_their_book_prove_it_too() -> None:
    made = stream()
    made.receive(bbo("108241x3", "108247x2", sent=1), NOW)
    for half, (touch, later, told) in enumerate(
        [(RIGHT, 0, "bbo"), ("108245x7", 0, ""), (RIGHT, 100, ""), (WRONG, 0, ""), (RIGHT, 0, "bbo")] * 2
    ):
        sent = 1_000 * half + 1_000
        made.receive(bbo("108241x3" if half < 5 else "108245x9", "108247x2", sent=sent - 500), NOW)
        made.receive(book(BOOK, ASKS, sent=sent), NOW)
        (event,) = made.receive(bbo(touch, "108247x2", sent=sent + later), NOW)
        assert proof(event) == told, half


def proof(event: object) -> str:
    assert isinstance(event, BookSnapshot)
    assert event.fresh is not None
    return event.fresh.proof


# What becomes of the label


def followed() -> tuple[Store, MarketStream]:
    store, made = Store(), stream("BTC")
    store.add(Instrument(id_of("BTC"), "hyperliquid", "BTC"))
    store.attach([id_of("BTC")], made.name, Millis(0))
    store.take([LinkChanged(made.name, Millis(0), 1, Phase.UP, "", 0, Millis(0))])
    return store, made


def test_a_book_whose_feeds_contradict_each_other_is_in_doubt_until_they_agree() -> None:
    store, made = followed()
    labels: list[tuple[int, Label]] = []
    for at in range(0, 40_000, 250):
        touch = WRONG if at < 20_000 else RIGHT
        frames = [book(BOOK, ASKS, sent=at, fast=True)] if at % 500 == 0 else []
        for frame in [*frames, bbo(touch, "108247x2", sent=at)]:
            store.take(made.receive(frame, Millis(at)))
            labels.append((at, store.label(id_of("BTC"), Millis(at))))
        store.check(Millis(at))
    assert {label for at, label in labels if at < 1_000} == {Label.LIVE}
    assert {label for at, label in labels if 2_000 <= at < 20_000} == {Label.RESYNC}
    assert {label for at, label in labels if at >= 25_000} == {Label.LIVE}
    assert store.counts.tops_wrong > 0
