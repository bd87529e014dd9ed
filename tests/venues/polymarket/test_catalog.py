"""From what a user types to instruments."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmtui.core.instrument import Instrument
from pmtui.core.ports import Hit, VenueError
from pmtui.core.units import px, qty
from pmtui.ui.text import named
from pmtui.venues.polymarket.addresses import Addresses
from pmtui.venues.polymarket.catalog import found, hits, is_token, lookups, overviews, recognise, search
from tests.examples import more

from .frames import MARKET, NO, YES, ident

HOME = Addresses(gamma="https://catalog.invalid")
SITE = "https://polymarket.com"

WELCOME = [
    YES,
    "1" * 41,
    "1" * 78,
    str(2**256 - 1),
    MARKET,
    "0x" + "a" * 62,
    "0x" + "AB" * 32,
    "will-it-rain",
    "btc-updown-5m-1776094500",
    "abc",
    f"{SITE}/event/will-it-rain",
    f"{SITE}/event/will-it-rain/will-it-rain-on-monday",
    f"{SITE}/market/will-it-rain",
    f"{SITE}/event/will-it-rain?tid=1776#comments",
    f"{SITE}/event/will-it-rain/",
    "http://www.polymarket.com/event/will-it-rain",
    "HTTPS://Polymarket.com/event/will-it-rain",
    "HTTPS://POLYMARKET.COM/EVENT/Will-It-RAIN",
    "https://polymarket.com/es/event/will-it-rain",
    "https://polymarket.com/pt-BR/event/will-it-rain",
    "https://m.polymarket.com/event/will-it-rain",
    "polymarket.com/event/will-it-rain",
    "www.polymarket.com/event/will-it-rain",
    f"{SITE}/sports/nfl/nfl-buf-mia-2026-09-18",
    f"{SITE}/sports/nfl/games/week/3/nfl-buf-mia-2026-09-18",
    f"{SITE}/esports/cs2/cs2-navi-faze-2026-09-18?tid=1776",
    "0X" + "AB" * 32,
]
REFUSED = {
    "12x": "token id",
    "12": "has 41 to 78 digits",
    "1" * 40: "has 41 to 78 digits",
    "1" * 79: "has 41 to 78 digits, this has 79",
    "9" * 89: "has 41 to 78 digits, this has 89",
    "9" * 78: "is less than 2^256",
    str(2**256): "is less than 2^256",
    "0x": "condition id",
    "0x12": "condition id",
    "0x" + "g" * 64: "condition id",
    "0x" + "a" * 65: "condition id",
    "": "slug",
    "ab": "3 to 200",
    "x": "3 to 200",
    "x-": "3 to 200",
    "0X12": "condition id",
    "ftp://polymarket.com/event/will-it-rain": "link",
    "polymarket.com/profile/somebody": "link",
    "es.polymarket.com.evil.invalid/event/will-it-rain": "slug",
    "evil.polymarket.com/event/will-it-rain": "link",
    "Will it rain?": "slug",
    "WILL-IT-RAIN": "slug",
    "-will": "slug",
    "a" * 201: "slug",
    "--help": "slug",
    "../../etc/passwd": "slug",
    "will\x1b[2J": "slug",
    "١٢٣٤": "slug",
    f"{SITE}/": "link",
    f"{SITE}/profile/somebody": "link",
    f"{SITE}/event/": "link",
    f"{SITE}/sports/live": "link",
    f"{SITE}/sports/world-cup/games": "link",
    f"{SITE}/sports/nfl/games/week/3": "link",
    "https://polymarket.com.evil.invalid/event/will-it-rain": "link",
    "https://evil.invalid/event/will-it-rain": "link",
    "https://polymarket.com@evil.invalid/event/will-it-rain": "link",
}


@pytest.mark.parametrize("text", WELCOME)
def test_what_may_name_a_market_is_welcome(text: str) -> None:
    assert recognise(text) is None


@pytest.mark.parametrize(("text", "why"), REFUSED.items())
def test_what_cannot_name_a_market_is_refused_with_the_reason(text: str, why: str) -> None:
    reason = recognise(text)

    assert reason is not None
    assert why in reason
    assert "\n" not in reason


@pytest.mark.parametrize("path", ["event/fed/fed-up", "market/fed-up", "es/event/fed/fed-up"])
def test_capitals_in_a_link_are_read_as_small_letters(path: str) -> None:
    for link in (f"{SITE}/{path}", f"{SITE}/{path}".upper(), f"{SITE}/{path.title()}"):
        for asked in (lookups(HOME, link), search(HOME, link)):
            assert [urlsplit(each.url).path for each in asked] == ["/markets/slug/fed-up", "/events/slug/fed-up"]


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("sports/nfl/buf-mia-2026-09-18", "buf-mia-2026-09-18"),
        ("sports/world-cup/games/week/3/nld-jpn-2026-06-14", "nld-jpn-2026-06-14"),
        ("es/sports/nfl/buf-mia-2026-09-18/buf-mia-2026-09-18-total", "buf-mia-2026-09-18-total"),
    ],
)
def test_a_link_to_a_game_names_the_game_and_not_its_league(path: str, slug: str) -> None:
    asked = lookups(HOME, f"{SITE}/{path}")
    assert [urlsplit(each.url).path for each in asked] == [f"/markets/slug/{slug}", f"/events/slug/{slug}"]


BROKEN = ["https://[", "https://[x]/event/a-b-c", "https://polymarket.com℀/event/abc"]


@pytest.mark.parametrize("link", BROKEN)
def test_a_broken_link_is_refused_and_not_a_crash(link: str) -> None:
    assert recognise(link) is not None


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_welcome_or_refused(text: str) -> None:
    reason = recognise(text)

    assert reason is None or reason
    if reason is None:
        assert lookups(HOME, text)


def test_only_long_rows_of_digits_are_tokens() -> None:
    assert is_token(YES)
    assert not is_token(MARKET)
    assert is_token(str(2**256 - 1))
    assert not is_token(str(2**256))
    assert not is_token("1" * 40)
    assert not is_token("١" * 50)


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (YES, [f"/markets?clob_token_ids={YES}"]),
        (MARKET, [f"/markets?condition_ids={MARKET}"]),
        ("will-it-rain", ["/markets/slug/will-it-rain", "/events/slug/will-it-rain"]),
        (
            f"{SITE}/event/rain/rain-on-monday",
            [
                "/markets/slug/rain-on-monday",
                "/events/slug/rain-on-monday",
            ],
        ),
        (MARKET.upper(), [f"/markets?condition_ids={MARKET}"]),
        ("polymarket.com/es/event/rain", ["/markets/slug/rain", "/events/slug/rain"]),
    ],
)
def test_look_ups_are_for_the_most_particular_that_is_named(text: str, paths: list[str]) -> None:
    asked = [request.url.removeprefix(HOME.gamma) for request in lookups(HOME, text)]

    assert [url for url in asked if "closed=true" not in url] == paths


def test_many_tokens_are_looked_up_twenty_at_a_time() -> None:
    asked = [request.url for request in overviews(HOME, [str(10**50 + n) for n in range(45)])]
    assert [url.count("clob_token_ids=") for url in asked] == [20, 20, 5]
    assert [url.rpartition("limit=")[2] for url in asked] == ["20", "20", "5"]
    assert max(map(len, asked)) < 2_000


@pytest.mark.parametrize("text", [YES, MARKET])
def test_d15_a_settled_market_is_looked_for_too(text: str) -> None:
    assert any("closed=true" in request.url for request in lookups(HOME, text))


# Answers


def row(**facts: Any) -> dict[str, Any]:
    """A market as the catalogue writes it, with its lists as text."""
    return {
        "id": "7",
        "question": "Will it rain?",
        "conditionId": MARKET,
        "slug": "will-it-rain",
        "clobTokenIds": json.dumps([YES, NO]),
        "outcomes": '["Yes", "No"]',
        "outcomePrices": '["0.35", "0.65"]',
        "orderPriceMinTickSize": 0.001,
        "orderMinSize": 5,
        "volume24hr": 1234.5,
        "liquidityNum": 99.5,
        "endDate": "2027-01-15T08:00:00Z",
        "closed": False,
        "enableOrderBook": True,
        "acceptingOrders": True,
        "events": [{"title": "Weather"}],
    } | facts


def read(answer: object, status: int = 200) -> tuple[Instrument, ...]:
    return found(status, json.dumps(answer).encode())


def test_a_market_is_two_instruments_that_know_each_other() -> None:
    yes, no = read(row())

    assert (yes.id, yes.symbol, yes.outcome, yes.complement) == (ident(YES), YES, "Yes", ident(NO))
    assert (no.id, no.symbol, no.outcome, no.complement) == (ident(NO), NO, "No", ident(YES))
    assert (yes.title, yes.event, yes.market) == ("Will it rain?", "Weather", MARKET)
    assert (yes.tick, yes.least, yes.unit) == (px("0.001"), qty("5"), "sh")
    assert yes.ends == 1_800_000_000
    assert (yes.volume, yes.liquidity) == (1234.5, 99.5)
    assert (yes.closed, yes.winner) == (False, "")


def test_a_market_whose_question_is_empty_has_been_named_all_the_same() -> None:
    yes, _ = read(row(question=""))
    assert yes.title
    assert named(yes.title, yes.symbol) == f"(no name) {YES[:4]}…{YES[-4:]}"


def test_x23_half_a_character_in_a_title_costs_nothing_but_itself() -> None:
    listed = json.dumps([r"Yes \ud83d"])[1:-1].encode()
    body = (
        json.dumps([row(question="Rain?")]).encode().replace(b"Rain?", rb"Rain \ud83d?").replace(b"Yes", listed[1:-1])
    )
    yes, _ = found(200, body)
    assert yes.title == "Rain �?"
    assert yes.outcome.startswith("Yes")


def test_an_event_brings_all_its_markets_under_its_title() -> None:
    tokens = [json.dumps([f"{n}1", f"{n}2"]) for n in range(3)]
    event = {"title": "Weather", "markets": [row(clobTokenIds=each, events=None) for each in tokens]}

    instruments = read(event)

    assert len(instruments) == 6
    assert {each.event for each in instruments} == {"Weather"}
    assert [each.symbol for each in instruments] == ["01", "02", "11", "12", "21", "22"]


def test_of_very_many_markets_the_first_are_read() -> None:
    many = [row(clobTokenIds=[str(n), str(n + 1)]) for n in range(0, 14_000, 2)]
    found_ = read(many)
    assert len(found_) == 10_000
    assert found_[:2] == read(many[0])


def test_a_list_of_markets_is_read_like_one() -> None:
    assert read([row()]) == read(row())
    assert read([]) == ()


@pytest.mark.parametrize(
    "tokens",
    [
        *(None, "", "[]", '["1"]', '["1", ""]', '["1", "2", "3"]', "not json", 7, '{"a": 1}', "[1, 2]"),
        *('["1", "junk"]', '["-1", "2"]', json.dumps(["1", "9" * 90]), json.dumps(["ab" * 31, "2"])),
    ],
)
def test_a_market_without_two_tokens_is_left_out(tokens: object) -> None:
    assert read(row(clobTokenIds=tokens)) == ()


def test_a_list_that_is_a_true_list_is_read_too() -> None:
    assert read(row(clobTokenIds=[YES, NO], outcomes=["Up", "Down"]))[1].outcome == "Down"


def test_outcomes_that_are_missing_get_their_usual_names() -> None:
    assert [each.outcome for each in read(row(outcomes=None))] == ["Yes", "No"]


def test_position_ids_are_not_token_ids() -> None:
    instruments = read(row(positionIds='["111", "222"]'))

    assert [each.symbol for each in instruments] == [YES, NO]


@pytest.mark.parametrize(
    ("prices", "winner"), [('["1", "0"]', "Yes"), ('["0", "1"]', "No"), ('["0.5", "0.5"]', ""), (None, "")]
)
def test_a_closed_market_names_its_winner(prices: str | None, winner: str) -> None:
    yes, no = read(row(closed=True, outcomePrices=prices))

    assert yes.closed
    assert yes.winner == no.winner == winner


def test_an_open_market_has_no_winner_yet() -> None:
    assert read(row(outcomePrices='["1", "0"]'))[0].winner == ""


@pytest.mark.parametrize(
    ("tick", "value"),
    [(0.01, "0.01"), ("0.01", "0.01"), (0.0001, "0.0001"), (1e-3, "0.001"), (None, "0"), ("x", "0"), (-0.01, "0")],
)
def test_a_tick_is_read_from_a_number_or_a_text(tick: object, value: str) -> None:
    assert read(row(orderPriceMinTickSize=tick))[0].tick == px(value)


@pytest.mark.parametrize("date", [None, "", "soon", 7, "2027-13-45", "0001-01-01T00:00:00+14:00"])
def test_an_end_that_makes_no_sense_is_unknown_or_at_least_no_crash(date: object) -> None:
    assert read(row(endDate=date))[0].ends <= 0


def test_an_end_without_a_zone_is_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert read(row(endDate="2027-01-15T08:00:00"))[0].ends == 1_800_000_000
    finally:
        monkeypatch.undo()
        time.tzset()


def test_liquidity_may_be_a_text() -> None:
    message = row(liquidity="12.5")
    del message["liquidityNum"]

    assert read(message)[0].liquidity == 12.5


def test_nothing_found_is_no_error() -> None:
    assert found(404, b'{"error":"not found"}') == ()


@pytest.mark.parametrize("status", [200, 500, 429, 403, 302])
def test_an_answer_that_makes_no_sense_is_the_venues_fault(status: int) -> None:
    with pytest.raises(VenueError) as refusal:
        found(status, b"<html>please log in</html>")

    assert not refusal.value.resync


words = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12)
)
json_values = st.one_of(words, st.lists(words, max_size=3), st.dictionaries(st.text(max_size=6), words, max_size=3))


@more(4)
@given(st.sampled_from(sorted(row())), json_values, st.booleans())
def test_any_odd_word_in_an_answer_is_left_out_or_the_venues_fault(key: str, value: object, nested: bool) -> None:
    message = row(**{key: value})
    try:
        instruments = read({"title": value, "markets": [message, value]} if nested else message)
    except VenueError:
        return
    assert len(instruments) in (0, 2)


@more(4)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_the_venues_fault(body: bytes) -> None:
    try:
        found(200, body)
    except VenueError:
        return


# Searching


def paths(text: str) -> list[str]:
    return [request.url.removeprefix(HOME.gamma).partition("&")[0] for request in search(HOME, text)]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("fed rate cut", ["/public-search?q=fed%20rate%20cut"]),
        ("  Fed  CUT ", ["/public-search?q=Fed%20CUT"]),
        ("2028", ["/public-search?q=2028"]),
        ("rain", ["/public-search?q=rain"]),
        ("a&b=c/../", ["/public-search?q=a%26b%3Dc/../"]),
        (
            "will-it-rain",
            ["/markets/slug/will-it-rain", "/events/slug/will-it-rain", "/public-search?q=will-it-rain"],
        ),
        (f"{SITE}/event/rain", ["/markets/slug/rain", "/events/slug/rain"]),
        (f"{SITE}/profile/somebody", []),
        ("https://evil.invalid/event/rain", []),
        ("0x12", []),
        ("", []),
    ],
)
def test_names_are_looked_up_and_words_are_searched_for(text: str, asked: list[str]) -> None:
    assert paths(text) == asked


def test_only_what_is_active_is_searched_for() -> None:
    (request,) = search(HOME, "rain")
    assert "events_status=active" in request.url
    assert "search_profiles=false" in request.url


def test_what_is_typed_at_length_is_cut() -> None:
    assert all(len(request.url) < 1_000 for request in search(HOME, "rain " * 10_000))


@given(st.text(max_size=40))
def test_any_text_makes_a_url_of_plain_letters(text: str) -> None:
    for request in search(HOME, text):
        assert request.url.isascii()
        assert not set(request.url) & set(' \r\n"<>')


def answered(answer: object) -> tuple[Hit, ...]:
    return hits(200, json.dumps(answer).encode())


def event(*numbers: int, **facts: Any) -> dict[str, Any]:
    tokens = [json.dumps([f"{n}1", f"{n}2"]) for n in numbers]
    return {"title": "Weather", "markets": [row(clobTokenIds=each, events=None, **facts) for each in tokens]}


def test_a_search_brings_the_first_outcome_of_each_market_with_its_price() -> None:
    found = answered({"events": [event(1, 2), event(3)], "tags": None, "profiles": None, "pagination": {}})

    assert [hit.instrument.symbol for hit in found] == ["11", "21", "31"]
    assert {hit.price for hit in found} == {px("0.35")}
    assert found[0].instrument.complement == ident("12")
    assert found[0].instrument.event == "Weather"


def test_a_look_up_is_read_as_hits_too() -> None:
    assert [hit.instrument.symbol for hit in answered([row()])] == [YES]
    assert [hit.instrument.symbol for hit in answered(row())] == [YES]
    assert [hit.instrument.symbol for hit in answered(event(4, 5))] == ["41", "51"]


def test_a_market_that_comes_twice_is_one_hit() -> None:
    assert len(answered({"events": [event(1), event(1)]})) == 1


def test_closed_markets_are_hits_only_where_nothing_is_open() -> None:
    opened, closed = event(1), event(2, closed=True)

    assert [hit.instrument.symbol for hit in answered({"events": [closed, opened]})] == ["11"]
    assert [hit.instrument.symbol for hit in answered({"events": [closed]})] == ["21"]


@pytest.mark.parametrize("prices", [None, "", "[]", '["0.5"]', '["x", "y"]', '["7", "0"]', '["-1", "2"]', "[0.5, 0.5]"])
def test_a_price_that_is_none_is_not_told(prices: str | None) -> None:
    assert answered([row(outcomePrices=prices)])[0].price is None


def test_an_empty_search_has_no_hits() -> None:
    assert answered({"events": [], "pagination": {"hasMore": False, "totalResults": 0}}) == ()
    assert answered({"events": None}) == ()


@more(4)
@given(st.sampled_from(sorted(row())), json_values)
def test_any_odd_word_in_a_search_is_left_out_or_the_venues_fault(key: str, value: object) -> None:
    message = {"events": [{"title": value, "markets": [row(**{key: value}), value]}, value]}
    try:
        assert len(answered(message)) in (0, 1)
    except VenueError:
        return
