"""The venue's hash proves the right book, and no other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.book import Book
from pmtui.core.events import BookSnapshot, LinkChanged, Phase, Side, TickChanged, Trade
from pmtui.core.units import ONE, Millis, Qty, px, qty
from pmtui.venues.polymarket.seal import UNQUOTED, Ingredients, PolymarketSeal, levels_text, spellings
from pmtui.venues.polymarket.venue import Polymarket
from tests.examples import more

from .frames import ASKS, BIDS, MARKET, NO, SENT, YES, Levels, Talk, book, compact, digest, ident, last_trade, spaced

NOW = Millis(100_000)


def as_book(bids: Levels = BIDS, asks: Levels = ASKS) -> Book:
    book = Book(px("0.01"))
    book.replace({px(p): qty(s) for p, s in bids}, {px(p): qty(s) for p, s in asks})
    return book


def told(tick: str = "0.01", last: str | None = "0.500", token: str = YES, market: str = MARKET) -> BookSnapshot:
    """A first book as far as a seal looks at it."""
    return BookSnapshot(
        ident(token), NOW, Millis(SENT), {}, {}, "", market, px(tick) if tick else px("0"), last, initial=bool(tick)
    )


def traded(price: str, at: int = NOW) -> Trade:
    return Trade(ident(YES), Millis(at), Millis(SENT), px(price), Qty(ONE), Side.BUY)


def sealed(**facts: Any) -> PolymarketSeal:
    """A seal that has met its market."""
    seal = PolymarketSeal(YES, {})
    seal.note(told(**facts))
    return seal


def just_searched() -> PolymarketSeal:
    """A seal that has just tried every last price in vain, and rests."""
    seal = sealed()
    matches(seal, "x", at=NOW - 1)
    return seal


def matches(seal: PolymarketSeal, proof: str, book: Book | None = None, at: int = NOW) -> bool:
    return seal.matches(book or as_book(), SENT, proof, Millis(at))


def test_the_published_vector_holds() -> None:
    token = str(100)
    seal = PolymarketSeal(token, {})
    seal.note(told(last="0.5", market="0xaabbcc"))
    seal.teach("100", negative=False)
    book = as_book((("0.3", "100"), ("0.4", "100")), (("0.7", "100"), ("0.6", "100")))

    assert levels_text("0xaabbcc", token, 123456789, book).startswith('{"market":"0xaabbcc","asset_id":"100"')
    # The vector lists its asks upwards; the venue's books list them downwards.
    upwards = digest(
        (("0.3", "100"), ("0.4", "100")),
        (("0.6", "100"), ("0.7", "100")),
        token=token, sent=123456789, market="0xaabbcc", least="100", last="0.5",
    )  # fmt: skip
    downwards = digest(
        (("0.3", "100"), ("0.4", "100")),
        (("0.7", "100"), ("0.6", "100")),
        token=token, sent=123456789, market="0xaabbcc", least="100", last="0.5",
    )  # fmt: skip
    assert upwards == "0458ea5755c9f73d64a14636fa5c36ed460ec394"
    assert seal.matches(book, 123456789, downwards, NOW)


def test_a_first_book_can_be_held_against_its_digest_when_all_that_it_depends_on_is_known() -> None:
    seal = sealed()
    assert not seal.sure(told())
    fetched, fitted = sealed(), sealed()
    fetched.teach("5", negative=False)
    assert matches(fitted, digest())

    for each in (fetched, fitted):
        assert each.sure(told())
        assert not each.sure(told(tick=""))
        assert not each.sure(told(last=None))


@pytest.mark.parametrize("keys", [10, 9, 6])
def test_a_hash_of_every_era_is_proven(keys: int) -> None:
    seal = sealed()

    assert matches(seal, digest(keys=keys))
    assert seal.own.schema == keys
    assert matches(seal, digest(keys=keys))


def test_the_era_may_move_on() -> None:
    seal = sealed()

    assert all(matches(seal, digest(keys=keys)) for keys in (6, 9, 10))
    assert seal.own.schema == 10


@pytest.mark.parametrize("least", ["5", "1", "15"])
@pytest.mark.parametrize("negative", [False, True])
def test_minimum_and_risk_are_found_without_being_told(least: str, negative: bool) -> None:
    seal = sealed()

    assert matches(seal, digest(least=least, negative=negative))
    assert (seal.own.least, seal.own.negative) == (least, negative)


def test_an_odd_minimum_has_to_be_taught() -> None:
    seal = sealed()
    assert not matches(seal, digest(least="37", negative=True))

    seal.teach("37", negative=True)

    assert matches(seal, digest(least="37", negative=True))


def test_what_was_taught_is_not_guessed_about() -> None:
    seal = sealed()

    seal.teach("5", negative=False)

    assert not matches(seal, digest(negative=True))


def test_the_tick_is_learned_from_its_change() -> None:
    seal = sealed()

    seal.note(TickChanged(ident(YES), NOW, Millis(SENT), px("0.01"), px("0.001")))

    assert matches(seal, digest(tick="0.001"))
    assert not matches(seal, digest(tick="0.01"))


@pytest.mark.parametrize("tick", ["0.1", "0.005", "0.0025", "0.001", "0.0001"])
def test_a_tick_that_changed_while_nobody_listened_is_found_and_named(tick: str) -> None:
    seal = sealed()
    assert matches(seal, digest())
    assert seal.tick == px("0.01")

    seal.forget()
    seal.note(told(tick=""))
    assert seal.tick == 0

    assert matches(seal, digest(tick=tick))
    assert seal.tick == px(tick)
    assert not matches(seal, digest(tick="0.01")), "now it is known"
    assert seal.tick == 0


def test_both_outcomes_find_a_new_tick() -> None:
    markets: dict[str, Ingredients] = {}
    yes, no = PolymarketSeal(YES, markets), PolymarketSeal(NO, markets)
    for seal, token in ((yes, YES), (no, NO)):
        seal.note(told(token=token))
        seal.forget()
    assert matches(yes, digest(tick="0.001"))
    assert matches(no, digest(tick="0.001", token=NO))
    assert yes.tick == no.tick == px("0.001")


def test_a_digest_that_says_nothing_of_the_tick_proves_none() -> None:
    seal = sealed()
    seal.forget()
    assert matches(seal, digest(keys=6))
    assert seal.tick == 0


@pytest.mark.parametrize("tick", ["0.1", "0.01", "0.005", "0.0025", "0.001", "0.0001"])
def test_every_tick_is_written_as_the_venue_writes_it(tick: str) -> None:
    assert matches(sealed(tick=tick), digest(tick=tick))


@pytest.mark.parametrize("last", ["0.500", "0.5", "0.50", "0.490", "0.140", "0.95", "0.008", "", "0.5000"])
def test_the_last_price_as_it_was_told_fits(last: str) -> None:
    assert matches(sealed(last=last), digest(last=last))


@pytest.mark.parametrize(
    ("known", "hashed"),
    [
        ("0.5", "0.5"),
        ("0.5", "0.50"),
        ("0.5", "0.500"),
        ("0.50", "0.5"),
        ("0.50", "0.500"),
        ("0.500", "0.5"),
        ("0.5", "0.5000"),
        ("0.500", "0.50"),
        ("0.950", "0.95"),
    ],
)
def test_another_spelling_of_the_last_price_is_found(known: str, hashed: str) -> None:
    seal = sealed(last=known)

    assert matches(seal, digest(last=hashed))
    assert seal.own.last == hashed


@pytest.mark.parametrize("last", ["0.001", "0.123", "0.999", "1.000", "0.000"])
def test_an_unknown_last_price_is_searched_on_a_fine_grid(last: str) -> None:
    seal = sealed(last=None)

    assert matches(seal, digest(last=last))
    assert seal.own.last == last


def test_the_search_rests_between_two_tries() -> None:
    seal = sealed()
    assert not matches(seal, "0" * 39 + "1", at=NOW)

    assert not matches(seal, digest(last="0.123"), at=NOW + 4_999)
    assert matches(seal, digest(last="0.123"), at=NOW + 5_000)


def test_a_market_that_never_traded_has_an_empty_last_price() -> None:
    assert matches(sealed(last=""), digest(last=""))
    assert matches(sealed(last="0.500"), digest(last=""))


@pytest.mark.parametrize("price", ["0.357", "0.0005", "0.9995"])
def test_a_trade_announced_after_the_book_proves_that_book(price: str) -> None:
    seal = just_searched()
    assert not matches(seal, digest(last=price), at=NOW)

    assert seal.note(traded(price, at=NOW + 50)) == NOW
    assert seal.note(traded(price, at=NOW + 60)) is None


@pytest.mark.parametrize("last", ["0.313", "0.314"])
def test_a_trade_at_an_average_price_is_hashed_with_three_decimals_rounded_or_cut(last: str) -> None:
    late = just_searched()
    assert not matches(late, digest(last=last), at=NOW)
    assert late.note(traded("0.313556", at=NOW + 50)) == NOW

    early = just_searched()
    assert early.note(traded("0.313556", at=NOW)) is None
    assert matches(early, digest(last=last), at=NOW + 50)


@pytest.mark.parametrize("last", ["0.475", "0.490", "0.530"])
def test_a_last_price_near_the_best_prices_is_found_at_every_miss(last: str) -> None:
    seal = just_searched()

    assert matches(seal, digest(last=last), at=NOW)


def test_a_trade_of_the_other_outcome_proves_the_book_too() -> None:
    seal = just_searched()
    assert not matches(seal, digest(last="0.357"), at=NOW)

    assert seal.note(traded("0.643", at=NOW + 5)) == NOW


def test_a_trade_long_after_the_book_proves_nothing() -> None:
    seal = just_searched()
    assert not matches(seal, digest(last="0.357"), at=NOW)

    assert seal.note(traded("0.357", at=NOW + 2_001)) is None


def test_a_trade_that_does_not_explain_the_book_proves_nothing() -> None:
    seal = just_searched()
    assert not matches(seal, digest(last="0.357"), at=NOW)

    assert seal.note(traded("0.300", at=NOW + 5)) is None
    assert seal.note(traded("0.357", at=NOW + 6)) == NOW


def test_a_trade_is_the_last_price_of_the_next_book() -> None:
    seal = sealed()

    assert seal.note(traded("0.46")) is None

    assert matches(seal, digest(last="0.460"))
    assert matches(seal, digest(last="0.46"))


def test_both_outcomes_learn_from_one_another() -> None:
    markets: dict[str, Ingredients] = {}
    yes, no = PolymarketSeal(YES, markets), PolymarketSeal(NO, markets)
    yes.note(told())
    no.note(told(token=NO))

    yes.teach("37", negative=True)

    assert no.matches(as_book(), SENT, digest(token=NO, least="37", negative=True), NOW)


@pytest.mark.parametrize("keys", [10, 9, 6])
def test_a_fetched_book_is_held_against_its_own_hash(keys: int) -> None:
    seal = sealed(last="0.700", tick="0.001")
    sides = as_book()
    fetched = told(last="0.510")._replace(bids=sides.bids, asks=sides.asks, digest=digest(last="0.510", keys=keys))

    assert seal.fits(fetched)
    assert not seal.fits(fetched._replace(bids={}))
    assert (seal.own.last, seal.own.tick) == ("0.700", "0.001")
    assert not seal.fits(told()._replace(bids=sides.bids, digest=UNQUOTED))
    assert seal.fits(told()._replace(digest=UNQUOTED))


def test_a_never_quoted_book_proves_itself_by_being_empty() -> None:
    seal = sealed()

    assert matches(seal, UNQUOTED, as_book((), ()))
    assert not matches(seal, UNQUOTED)


@pytest.mark.parametrize(("bids", "asks"), [((), ()), (BIDS, ()), ((), ASKS)])
def test_an_empty_side_has_a_hash_too(bids: Levels, asks: Levels) -> None:
    assert matches(sealed(), digest(bids, asks), as_book(bids, asks))


@pytest.mark.parametrize("size", ["182.92", "60", "0.000001", "219.217767", "1234567.89"])
def test_sizes_are_written_as_on_the_wire(size: str) -> None:
    bids = (("0.48", size),)

    assert matches(sealed(), digest(bids), as_book(bids))


prices = st.integers(1, 49)


@more(2)
@given(
    st.dictionaries(prices, st.integers(1, 10**6), max_size=8), st.dictionaries(prices, st.integers(1, 9), max_size=8)
)
def test_any_book_is_proven_by_its_own_hash(bids: dict[int, int], asks: dict[int, int]) -> None:
    low = tuple((f"0.{n:02d}".rstrip("0"), str(size)) for n, size in sorted(bids.items()))
    high = tuple((f"0.{n + 50:02d}".rstrip("0"), str(size)) for n, size in sorted(asks.items(), reverse=True))

    assert matches(sealed(), digest(low, high), as_book(low, high))


@more(2)
@given(st.booleans(), st.integers(1, 99).map(lambda n: n * ONE // 100), st.integers(0, 3))
def test_a_book_with_one_wrong_level_is_never_proven(is_bid: bool, price: int, size: int) -> None:
    book, true = as_book(), as_book()
    book.set(is_bid, price, size * ONE)
    seal = sealed()

    if (book.bids, book.asks) != (true.bids, true.asks):
        assert not matches(seal, digest(), book)
        for trade in ("0.5", "0.48", "0.52"):
            assert seal.note(traded(trade, at=NOW + 1)) is None


@pytest.mark.parametrize(
    "facts",
    [{"token": NO}, {"sent": SENT + 1}, {"market": "0x" + "cd" * 32}, {"bids": BIDS[1:]}, {"asks": ASKS[:-1]}],
    ids=lambda facts: next(iter(facts)),
)
def test_the_hash_of_anything_else_is_no_proof(facts: dict[str, Any]) -> None:
    assert not matches(sealed(), digest(**{"bids": BIDS, "asks": ASKS} | facts))


@pytest.mark.parametrize("proof", ["", "x", "A" * 40, digest().upper(), "é" * 40])
def test_nonsense_is_no_proof(proof: str) -> None:
    assert not matches(sealed(), proof)


def test_every_likely_spelling_of_a_price_is_exact_and_named_once() -> None:
    assert spellings(px("0.456"))[0] == "0.456"
    assert set(spellings(px("0.5"))) >= {"0.500", "0.5", "0.50"}
    assert {"0.0005", "0.001", "0.000"} <= set(spellings(px("0.0005")))
    assert {"0.513", "0.514", "0.513556"} <= set(spellings(px("0.513556")))
    assert len(set(spellings(px("0.25")))) == len(spellings(px("0.25")))


def test_i2_a_book_of_the_old_connection_proves_nothing_on_the_new_one() -> None:
    talk = Talk(first=False)
    board, name = talk.board(), talk.stream.name
    board.seal = Polymarket().seal(ident(YES))
    talk.take(compact([book(hash=digest(last="0.4567"))]))
    assert board.proof_kind == ""

    talk.store.take([LinkChanged(name, Millis(2), 1, Phase.DOWN), LinkChanged(name, Millis(3), 2, Phase.UP)])
    talk.stream.open()
    talk.take(spaced(last_trade(price="0.4567")))

    assert board.proof_kind == ""
