"""The second witness: a book fetched apart from the stream."""

from __future__ import annotations

from typing import Any

import pytest

from pmtui.core.book import Book
from pmtui.core.ports import VenueError, Witnessed
from pmtui.core.units import Millis, px, qty
from pmtui.venues.polymarket.addresses import Addresses
from pmtui.venues.polymarket.venue import Polymarket

from .frames import ASKS, BIDS, ELSEWHERE, MARKET, NO, SENT, YES, compact, digest, ident, rows

AT = Millis(9)


def answer(**facts: Any) -> dict[str, Any]:
    """A fetched book: it has the ingredients of the hash that the socket leaves out."""
    return {
        "market": MARKET,
        "asset_id": YES,
        "timestamp": str(SENT),
        "hash": digest(least="37", negative=True, last="0.490"),
        "bids": rows(BIDS),
        "asks": rows(ASKS),
        "min_order_size": "37",
        "tick_size": "0.01",
        "neg_risk": True,
        "last_trade_price": "0.490",
    } | facts


def witness(body: bytes, status: int = 200, venue: Polymarket | None = None) -> Witnessed:
    return (venue or Polymarket()).witness(ident(YES), status, body, AT)


def test_a_fetched_book_is_read_whole() -> None:
    fetched = witness(compact(answer()))

    assert fetched.asked_at == AT
    assert fetched.book is not None
    assert fetched.book.bids == {px(price): qty(size) for price, size in BIDS}
    assert fetched.book.asks == {px(price): qty(size) for price, size in ASKS}
    assert (fetched.book.sent, fetched.book.tick, fetched.book.last) == (SENT, px("0.01"), "0.490")


def test_a_fetched_book_teaches_the_seal_what_the_socket_never_tells() -> None:
    venue, book = Polymarket(), Book()
    seal = venue.seal(ident(YES))
    fetched = witness(compact(answer()), venue=venue).book
    assert fetched is not None

    seal.note(fetched)
    book.replace(fetched.bids, fetched.asks)

    assert seal.matches(book, SENT, fetched.digest, AT)


@pytest.mark.parametrize(("bids", "asks"), [([], []), (rows(BIDS), []), ([], rows(ASKS))])
def test_an_empty_side_is_no_error(bids: list[Any], asks: list[Any]) -> None:
    assert witness(compact(answer(bids=bids, asks=asks))).book is not None


def test_no_book_at_the_venue_is_an_answer() -> None:
    assert witness(b'{"error":"No orderbook exists for the requested token id"}', 404).book is None


@pytest.mark.parametrize("status", [400, 401, 403, 425, 429, 500, 503])
def test_a_refusal_is_not_an_answer(status: int) -> None:
    with pytest.raises(VenueError, match=str(status)) as refusal:
        witness(compact(answer()), status)

    assert not refusal.value.resync


@pytest.mark.parametrize(
    "facts",
    [
        {"bids": None},
        {"bids": [{"price": "0.485", "size": "1"}]},
        {"bids": [{"price": "0.48", "size": "-1"}]},
        {"asks": [{"price": "0.52"}]},
        {"tick_size": "0.3"},
        {"tick_size": None},
        {"asset_id": NO},
        {"asset_id": ""},
    ],
    ids=repr,
)
def test_a_fetched_book_that_cannot_be_right_is_the_venues_fault_and_doubts_nothing(facts: dict[str, Any]) -> None:
    with pytest.raises(VenueError) as refusal:
        witness(compact(answer(**facts)))

    assert not refusal.value.resync


@pytest.mark.parametrize("body", [b"", b"<html>", compact(answer())[:-1], compact(answer(bids=float("nan")))])
def test_a_damaged_answer_doubts_no_book_of_the_link(body: bytes) -> None:
    with pytest.raises(VenueError) as refusal:
        witness(body)

    assert not refusal.value.resync


def test_the_requests_go_to_the_addresses_of_the_settings() -> None:
    venue = Polymarket(Addresses("wss://socket.invalid", "https://clob.invalid", "https://gamma.invalid"))

    assert venue.snapshot(ident(YES)).url == f"https://clob.invalid/book?token_id={YES}"
    assert all(each.url.startswith("https://gamma.invalid/markets?") for each in venue.details(ident(YES)))
    assert venue.stream(1, [ident(YES)]).url == "wss://socket.invalid/ws/market"


def test_a_fetched_book_of_another_market_is_refused() -> None:
    venue = Polymarket()
    venue.seal(ident(YES)).note(witness(compact(answer())).book)  # type: ignore[arg-type]

    with pytest.raises(VenueError):
        witness(compact(answer(market=ELSEWHERE)), venue=venue)


def test_forgetting_both_outcomes_leaves_nothing_of_their_market() -> None:
    venue = Polymarket()
    fetched = witness(compact(answer())).book
    assert fetched is not None
    yes, no = venue.seal(ident(YES)), venue.seal(ident(NO))
    before = vars(venue)["_markets"]
    for seal in (yes, no):
        seal.note(fetched)
    assert list(before) == [MARKET]

    venue.forget(ident(YES))
    assert list(before) == [MARKET]
    venue.forget(ident(NO))

    assert not before
    assert not vars(venue)["_seals"]
