"""Names, catalogues, fetched books and past prices."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pmtui.core.events import Candles
from pmtui.core.instrument import Instrument
from pmtui.core.ports import VenueError
from pmtui.core.units import ONE, px
from pmtui.venues.hyperliquid import names
from pmtui.venues.hyperliquid.catalog import expiry
from pmtui.venues.hyperliquid.offer import OFFER
from pmtui.venues.hyperliquid.subscriptions import fast, meant, slow, trades
from pmtui.venues.hyperliquid.venue import Hyperliquid

from .frames import NOON, NOW, candle, id_of, levels, side, spelt

META = {
    "universe": [
        {"name": "BTC", "szDecimals": 5, "maxLeverage": 40},
        {"name": "kPEPE", "szDecimals": 0, "maxLeverage": 10},
        {"name": "MATIC", "szDecimals": 1, "maxLeverage": 50, "isDelisted": True},
        {"name": "<b>", "szDecimals": 1},
        {"name": "EVIL", "szDecimals": 99},
        {"name": "ETH"},
        7,
    ],
    "marginTables": [],
}
SPOT = {
    "tokens": [
        {"name": "USDC", "szDecimals": 8, "index": 0},
        {"name": "PURR", "szDecimals": 0, "index": 1},
        {"name": "HYPE ", "szDecimals": 2, "index": 150},
    ],
    "universe": [
        {"name": "PURR/USDC", "tokens": [1, 0], "index": 0},
        {"name": "@107", "tokens": [150, 0], "index": 107},
        {"name": "@108", "tokens": [999, 0], "index": 108},
    ],
}
DAILY = "class:priceBinary|underlying:BTC|expiry:20260526-0600|targetPrice:77363|period:1d"
OUTCOMES: dict[str, Any] = {
    "outcomes": [
        {"outcome": 1, "name": "Recurring", "description": DAILY, "sideSpecs": [{"name": "Up"}, {"name": "Down"}]},
        {"outcome": 2, "name": "Night Ferry", "description": "first home", "sideSpecs": []},
    ],
    "questions": [
        {"question": 9, "name": "Who is first?", "description": "", "namedOutcomes": [2], "fallbackOutcome": 3}
    ],
}


def found(answer: object, venue: Hyperliquid | None = None) -> dict[str, Instrument]:
    return {each.symbol: each for each in (venue or Hyperliquid()).found(200, spelt(answer))}


# Names


@pytest.mark.parametrize("text", ["BTC", "kPEPE", "xyz:TSLA", "PURR/USDC", "@107", "#10", "#11", "kBONK", "2Z"])
def test_a_coins_name_is_recognised_as_it_is(text: str) -> None:
    venue = Hyperliquid()
    assert venue.recognise(text) is None
    known = venue.instrument(text)
    assert known is not None
    assert (known.id, known.symbol) == (id_of(text), text)


@pytest.mark.parametrize(
    "text", ["", "@", "#", "@x", "#1x", "#12", "a b", "BTC\n", "é", ":", "x:", "XYZ:TSLA", "@01", "A" * 40]
)
def test_what_is_no_coins_name_says_why(text: str) -> None:
    assert Hyperliquid().recognise(text)
    assert Hyperliquid().instrument(text) is None


def test_the_sides_of_an_outcome_market_know_each_other_by_their_numbers() -> None:
    yes, no = names.instrument("#10"), names.instrument("#11")
    assert (yes.complement, no.complement) == (no.id, yes.id)
    assert (yes.ceiling, yes.shared) == (no.ceiling, no.shared) == (ONE, True)
    assert names.coin("#11") == names.coin("#10") == "#10"
    assert not names.instrument("BTC").ceiling


# Catalogues


def test_perps_and_how_fine_their_prices_are() -> None:
    venue = Hyperliquid()
    listed = found(META, venue)
    assert listed.keys() == {"BTC", "kPEPE", "MATIC"}
    assert listed["BTC"].title == "BTC perp"
    assert (listed["MATIC"].closed, listed["MATIC"].winner) == (True, "delisted")
    made = venue.stream(1, [id_of("kPEPE")])
    (told,) = made.receive(
        spelt({"channel": "l2Book", "data": {"coin": "kPEPE", "time": NOON, "levels": [side("0.001234x1"), []]}}), NOW
    )
    assert told.tick == px("0.000001")  # type: ignore[union-attr]


def test_spot_pairs_are_named_by_their_tokens() -> None:
    listed = found(SPOT)
    assert {each.symbol: each.title for each in listed.values()} == {"PURR/USDC": "PURR/USDC", "@107": "HYPE/USDC"}


def test_x23_half_a_character_in_a_name_costs_nothing_but_itself() -> None:
    body = spelt(OUTCOMES).replace(b"Night Ferry", rb"Night \udc00Ferry")
    listed = {each.symbol: each for each in Hyperliquid().found(200, body)}
    assert listed["#20"].title == "Night �Ferry"


def test_sizes_are_counted_in_the_coin_or_in_shares() -> None:
    listed = {**found(META), **found(SPOT), **found(OUTCOMES)}
    assert [listed[name].unit for name in ("BTC", "kPEPE", "PURR/USDC", "@107", "#10", "#21")] == [
        "BTC", "kPEPE", "PURR", "HYPE", "sh", "sh",
    ]  # fmt: skip
    assert found({"universe": [{"name": "xyz:TSLA", "szDecimals": 3}]})["xyz:TSLA"].unit == "TSLA"


def test_outcomes_are_named_by_what_is_asked() -> None:
    listed = found(OUTCOMES)
    assert listed.keys() == {"#10", "#11", "#20", "#21"}
    assert listed["#10"].title == "BTC above 77363 on 26 May 06:00 UTC"
    assert (listed["#10"].outcome, listed["#11"].outcome) == ("Up", "Down")
    assert (listed["#20"].title, listed["#20"].event, listed["#20"].outcome) == ("Night Ferry", "Who is first?", "Yes")
    assert listed["#10"].ends == expiry("20260526-0600") > 0
    assert listed["#20"].ends == 0


@pytest.mark.parametrize(("fraction", "winner"), [("1.0", "Up"), ("0.0", "Down"), ("0.5", "price:76876.9")])
def test_a_settled_outcome_says_who_was_paid(fraction: str, winner: str) -> None:
    answer = {"spec": OUTCOMES["outcomes"][0], "settleFraction": fraction, "details": "price:76876.9"}
    listed = found(answer)
    assert {each.winner for each in listed.values()} == {winner}
    assert all(each.closed for each in listed.values())


def test_a_settlement_that_makes_no_sense_is_the_venues_fault() -> None:
    with pytest.raises(VenueError):
        found({"spec": OUTCOMES["outcomes"][0], "settleFraction": "maybe"})


@pytest.mark.parametrize(
    "answer", [None, [], 7, {}, {"universe": None}, {"outcomes": [{}]}, {"tokens": [], "universe": [{}]}]
)
def test_an_answer_that_lists_nothing_finds_nothing(answer: object) -> None:
    assert found(answer) == {}


def test_where_a_coin_is_described() -> None:
    asked = [
        [json.loads(each.body) for each in Hyperliquid().details(id_of(name))]
        for name in ("BTC", "xyz:TSLA", "@107", "#21")
    ]
    assert asked == [
        [{"type": "meta"}],
        [{"type": "meta", "dex": "xyz"}],
        [{"type": "spotMeta"}],
        [{"type": "outcomeMeta"}, {"type": "settledOutcome", "outcome": 2}],
    ]


def test_a_search_is_for_names_in_every_list_and_the_very_name_comes_first() -> None:
    venue = Hyperliquid()
    assert [json.loads(each.body)["type"] for each in venue.search("btc")] == ["meta", "spotMeta", "outcomeMeta"]
    assert [json.loads(each.body)["type"] for each in venue.search("hype/usdc")] == ["spotMeta"]
    universe = {"universe": [{"name": name, "szDecimals": 1} for name in ("kBTC", "BTC", "ETH")]}
    assert [hit.instrument.symbol for hit in venue.hits("btc", 200, spelt(universe))] == ["BTC", "kBTC"]
    assert [hit.instrument.symbol for hit in venue.hits("first", 200, spelt(OUTCOMES))] == ["#20"]
    assert venue.hits("matic", 200, spelt(META)) == ()


# Fetched books and past prices


def fetched(coin: str = "BTC", bids: str = "99x2", asks: str = "101x3") -> bytes:
    return spelt({"coin": coin, "time": NOON, "levels": [side(bids), side(asks)]})


def test_a_fetched_book_is_a_witness() -> None:
    book = Hyperliquid().witness(id_of("BTC"), 200, fetched(), NOW).book
    assert book is not None
    assert (book.bids, book.asks, book.sent) == (levels("99x2"), levels("101x3"), NOON)


def test_a_fetched_book_is_turned_over_for_the_other_side() -> None:
    venue = Hyperliquid()
    assert b'"#10"' in venue.snapshot(id_of("#11")).body
    book = venue.witness(id_of("#11"), 200, fetched("#10", "0.4x2", "0.45x3"), NOW).book
    assert book is not None
    assert (book.bids, book.asks) == (levels("0.55x3"), levels("0.6x2"))


def test_a_coin_that_is_not_known_has_no_book() -> None:
    assert Hyperliquid().witness(id_of("NOPE"), 200, b"null", NOW).book is None


@pytest.mark.parametrize("body", [fetched("ETH"), fetched(bids="99x1 99x2"), fetched(bids="102x1"), b"{}", b"[]"])
def test_a_fetched_book_that_cannot_be_one_is_the_venues_fault(body: bytes) -> None:
    with pytest.raises(VenueError):
        Hyperliquid().witness(id_of("BTC"), 200, body, NOW)


def test_the_past_is_asked_for_in_minutes() -> None:
    request = Hyperliquid().history(id_of("#11"), NOW)
    assert request is not None
    assert json.loads(request.body)["req"] == {
        "coin": "#10",
        "interval": "1m",
        "startTime": NOW - 21_600_000,
        "endTime": NOW,
    }
    told = Hyperliquid().remembered(id_of("BTC"), 200, spelt([candle(), candle(60_000)]), NOW)
    assert isinstance(told, Candles)
    assert [each.begins - NOON for each in told.rows] == [0, 60_000]
    for nothing in (b"null", b"[]"):
        assert Hyperliquid().remembered(id_of("BTC"), 200, nothing, NOW).rows == ()


def test_of_the_past_each_minute_is_judged_by_itself() -> None:
    others = [candle(coin="ETH"), candle(i="1h"), candle(T=NOON), candle(prices="105 104 99 103"), 7]
    body = spelt([others[0], candle(), *others[1:], candle(60_000)])
    told = Hyperliquid().remembered(id_of("BTC"), 200, body, NOW)
    assert [each.begins - NOON for each in told.rows] == [0, 60_000]


def test_the_past_of_the_other_outcome_is_upside_down() -> None:
    told = Hyperliquid().remembered(id_of("#11"), 200, spelt([candle(coin="#10", prices="0.4 0.5 0.3 0.45")]), NOW)
    assert [each[1:5] for each in told.rows] == [(px("0.6"), px("0.7"), px("0.5"), px("0.55"))]


@pytest.mark.parametrize(
    "rows", [{}, [candle(coin="ETH")], [candle(i="1h")], [candle(T=NOON), candle(coin="ETH")], [None]]
)
def test_an_answer_without_any_minute_of_ours_is_no_past(rows: Any) -> None:
    with pytest.raises(VenueError) as found:
        Hyperliquid().remembered(id_of("BTC"), 200, spelt(rows), NOW)
    assert not found.value.resync


# Echoes and words


def test_an_echo_belongs_to_what_it_says_all_of() -> None:
    bodies = [slow("BTC"), fast("BTC"), trades("BTC")]
    defaults = {"nSigFigs": None, "mantissa": None}
    assert meant({**slow("BTC"), **defaults}, bodies) == slow("BTC")
    assert meant({**slow("BTC"), **defaults, "fast": False}, bodies) == slow("BTC")
    assert meant({**fast("BTC"), **defaults}, bodies) == fast("BTC")
    assert meant({"coin": "ETH", "type": "trades"}, bodies) is None


def test_what_is_offered_is_what_there_is() -> None:
    venue = Hyperliquid()
    assert (OFFER.name, OFFER.prefixes) == (venue.name, venue.prefixes)
    assert {place.key: place.own for place in OFFER.places} == {
        "socket": venue.addresses.socket,
        "api": venue.addresses.api,
    }
    for place in OFFER.places:
        assert "testnet" in place.testnet
