"""The REST answers: the CLOB's forms, Gamma's habits, and the exchange's own paths."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from pmtui.core.units import ONE, px
from pmtui.sim.http import Asked, Conversation
from pmtui.sim.polymarket.exchange import Exchange
from pmtui.sim.polymarket.rest import Rest
from pmtui.sim.polymarket.server import SimServer
from pmtui.sim.polymarket.world import World
from tests.sim.polymarket.worlds import demo_world

from .readers import naive_hash


class Desk:
    """Somebody who asks and remembers the status."""

    def __init__(self, world: World | None = None) -> None:
        self.exchange = Exchange(world or demo_world())
        self.rest = Rest(self.exchange, self.exchange.ask)
        self.listing = self.exchange.world.markets[0].listing
        self.yes, self.no = self.listing.tokens
        self.status = 0

    def get(self, path: str, **query: str) -> Any:
        return self._ask(Asked("GET", path, {name: [value] for name, value in query.items()}, b""))

    def post(self, path: str, body: bytes) -> Any:
        return self._ask(Asked("POST", path, {}, body))

    def _ask(self, asked: Asked) -> Any:
        answer = self.rest.answer(asked)
        self.status = answer.status
        return json.loads(answer.body) if answer.kind == "application/json" else answer.body


def lived(seconds: int, **options: Any) -> World:
    world = demo_world(**options)
    for _ in world.step(seconds * 1_000):
        pass
    return world


def test_a_book_has_all_ten_keys_and_a_true_hash() -> None:
    desk = Desk(lived(5))
    book = desk.get("/book", token_id=desk.yes)
    assert list(book) == [
        "market",
        "asset_id",
        "timestamp",
        "hash",
        "bids",
        "asks",
        "min_order_size",
        "tick_size",
        "neg_risk",
        "last_trade_price",
    ]
    assert book["hash"] == naive_hash(book)
    assert px(book["bids"][-1]["price"]) < px(book["asks"][-1]["price"])


def test_several_books_come_without_the_unknown_ones() -> None:
    desk = Desk()
    asked = [{"token_id": desk.yes}, {"token_id": "1"}, {"token_id": desk.no}]
    assert [book["asset_id"] for book in desk.post("/books", json.dumps(asked).encode())] == [desk.yes, desk.no]
    desk.post("/books", b"nonsense")
    assert desk.status == 400


@pytest.mark.parametrize("path", ["/book", "/midpoint", "/price", "/spread", "/last-trade-price", "/tick-size"])
def test_unknown_tokens_are_404_and_malformed_ones_400(path: str) -> None:
    unknown, malformed = {"token_id": "12345"}, {"token_id": "abc"}
    desk = Desk()
    assert "No orderbook exists" in desk.get(path, **unknown)["error"]
    assert desk.status == 404
    assert desk.get(path, **malformed)["error"] == "Invalid token id"
    assert desk.status == 400
    desk.get(path)
    assert desk.status == 400


def test_a_resolved_market_has_no_book_and_is_found_among_the_closed() -> None:
    world = lived(125)
    desk = Desk(world)
    ended = next(market for market in world.markets if market.closed)
    desk.get("/book", token_id=ended.listing.tokens[0])
    assert desk.status == 404
    assert desk.get("/markets", condition_ids=ended.listing.condition_id) == []
    [found] = desk.get("/markets", condition_ids=ended.listing.condition_id, closed="true")
    assert found["umaResolutionStatus"] == "resolved"
    assert sorted(json.loads(found["outcomePrices"])) == ["0", "1"]
    tokens = desk.get(f"/markets/{ended.listing.condition_id}")["tokens"]
    assert sum(token["winner"] for token in tokens) == 1
    assert all(token["price"] == token["winner"] for token in tokens)


def test_the_small_answers_agree_with_the_book() -> None:
    desk = Desk(lived(5))
    book = desk.get("/book", token_id=desk.no)
    bid, ask = book["bids"][-1]["price"], book["asks"][-1]["price"]
    assert desk.get("/price", token_id=desk.no, side="BUY") == {"price": ask}
    assert desk.get("/price", token_id=desk.no, side="SELL") == {"price": bid}
    assert px(desk.get("/spread", token_id=desk.no)["spread"]) == px(ask) - px(bid)
    assert px(desk.get("/midpoint", token_id=desk.no)["mid"]) == (px(ask) + px(bid)) // 2
    assert desk.get("/tick-size", token_id=desk.no) == {"minimum_tick_size": 0.01}
    assert desk.get(f"/tick-size/{desk.no}") == {"minimum_tick_size": 0.01}
    assert desk.get("/neg-risk", token_id=desk.no) == {"neg_risk": False}
    assert desk.get("/fee-rate", token_id=desk.no) == {"base_fee": 0}


def test_what_is_asked_about_many_tokens_is_what_each_of_them_is_told() -> None:
    world = lived(5)
    desk = Desk(world)
    tokens = [token for market in world.markets for token in market.listing.tokens if desk.exchange.is_open(token)]
    asked = json.dumps([{"token_id": token} for token in (*tokens, "1", "abc")]).encode()
    mids = {token: desk.get("/midpoint", token_id=token).get("mid") for token in tokens}
    assert desk.post("/midpoints", asked) == {token: mid for token, mid in mids.items() if mid}
    assert desk.post("/spreads", asked) == {token: desk.get("/spread", token_id=token)["spread"] for token in tokens}
    lasts = [{"token_id": token} | desk.get("/last-trade-price", token_id=token) for token in tokens]
    assert desk.post("/last-trades-prices", asked) == lasts
    sides = json.dumps([{"token_id": token, "side": side} for token in (*tokens, "1") for side in ("BUY", "SELL")])
    assert desk.post("/prices", sides.encode()) == {
        token: {side: desk.get("/price", token_id=token, side=side)["price"] for side in ("BUY", "SELL")}
        for token in tokens
    }
    [one] = desk.post("/prices", json.dumps([{"token_id": desk.yes, "side": "BUY"}]).encode()).values()
    assert list(one) == ["BUY"]


@pytest.mark.parametrize("path", ["/books", "/midpoints", "/prices", "/spreads", "/last-trades-prices"])
@pytest.mark.parametrize("body", [b"nonsense", b"7", b"[7]", b"[{}]", b'{"token_id":"1"}'])
def test_a_list_of_tokens_that_is_none_is_refused(path: str, body: bytes) -> None:
    desk = Desk()
    desk.post(path, body)
    assert desk.status == 400


def test_a_price_without_a_side_is_refused() -> None:
    desk = Desk()
    assert desk.post("/prices", json.dumps([{"token_id": desk.yes}]).encode()) == {"error": "Invalid side"}
    assert desk.status == 400


def test_clients_that_ask_whether_all_is_well_are_told() -> None:
    desk = Desk()
    assert [desk.get(path) for path in ("/", "/ok")] == ["OK", "OK"]


def test_a_market_that_never_traded_says_a_half() -> None:
    desk = Desk()
    assert desk.get("/last-trade-price", token_id=desk.yes) == {"price": "0.5", "side": ""}


def test_a_bare_token_leads_to_its_market() -> None:
    desk = Desk()
    found = desk.get(f"/markets-by-token/{desk.no}")
    assert found == {
        "condition_id": desk.listing.condition_id,
        "primary_token_id": desk.yes,
        "secondary_token_id": desk.no,
    }
    desk.get("/markets-by-token/1")
    assert desk.status == 404


def test_both_forms_of_a_market_name_its_tokens() -> None:
    desk = Desk()
    short = desk.get(f"/clob-markets/{desk.listing.condition_id}")
    assert [token["t"] for token in short["t"]] == [desk.yes, desk.no]
    long = desk.get(f"/markets/{desk.listing.condition_id}")
    assert [token["token_id"] for token in long["tokens"]] == [desk.yes, desk.no]
    assert long["market_slug"] == desk.listing.slug


def test_a_days_volume_is_money_and_more_than_was_traded_since_the_opening() -> None:
    desk = Desk()
    world, path = desk.exchange.world, f"/markets/slug/{desk.listing.slug}"
    engine, before = world.markets[0].engine, desk.get(path)["volume24hr"]
    shares = engine.volume
    for _ in world.step(20_000):
        pass
    traded = (engine.volume - shares) / ONE
    assert 0 < desk.get(path)["volume24hr"] - before < traded < before / 10


def test_gamma_hides_lists_in_strings() -> None:
    desk = Desk()
    told = desk.get(f"/markets/slug/{desk.listing.slug}")
    assert json.loads(told["clobTokenIds"]) == [desk.yes, desk.no]
    assert told["clobTokenIds"].startswith('["')
    assert '", "' in told["clobTokenIds"]
    assert json.loads(told["outcomes"]) == ["Yes", "No"]
    assert sum(px(price) for price in json.loads(told["outcomePrices"])) == ONE
    assert isinstance(told["volume"], str)
    assert isinstance(told["volumeNum"], float)
    assert told["events"][0]["slug"] == desk.listing.event_slug
    assert desk.get(f"/markets/{desk.listing.id}")["slug"] == desk.listing.slug


def test_an_event_holds_all_of_its_markets() -> None:
    desk = Desk()
    event = desk.get("/events/slug/lantern-regatta-winner")
    assert len(event["markets"]) == 4
    assert {market["negRisk"] for market in event["markets"]} == {True}
    assert desk.get(f"/events/{event['id']}")["slug"] == event["slug"]
    desk.get("/events/slug/nothing")
    assert desk.status == 404


def test_markets_are_found_by_token_by_condition_and_by_words() -> None:
    desk = Desk()
    assert [market["slug"] for market in desk.get("/markets", clob_token_ids=desk.no)] == [desk.listing.slug]
    assert len(desk.get("/markets", limit="3", offset="1")) == 3
    found = desk.get("/public-search", q="AURORA july")
    assert [event["slug"] for event in found["events"]] == [desk.listing.event_slug]
    assert found["pagination"] == {"hasMore": False, "totalResults": 1}
    assert desk.get("/public-search", q="zebra")["events"] == []


LISTS = ("/markets", "/events")


def test_a_list_holds_just_what_is_asked_for() -> None:
    desk = Desk(lived(125))
    markets = desk.get("/markets", limit="500") + desk.get("/markets", closed="true")
    events = desk.get("/events")
    assert len(markets) == len(desk.exchange.world.markets)
    assert sum(len(event["markets"]) for event in events) == len(markets)
    for market in markets:
        closed = {"closed": "true"} if market["closed"] else {}
        for name, field in (("slug", "slug"), ("condition_ids", "conditionId"), ("id", "id")):
            assert [each["id"] for each in desk.get("/markets", **{name: market[field]}, **closed)] == [market["id"]]
    for event in events:
        assert desk.get("/events", slug=event["slug"]) == [event] == desk.get("/events", id=event["id"])
    for path, rows in zip(LISTS, ([each for each in markets if not each["closed"]], events), strict=True):
        assert desk.get(path, slug="nothing-is-called-so") == []
        assert desk.get(path, active="false") == []
        assert desk.get(path, limit="2", offset="1") == rows[1:3]
        volumes = [each["volume24hr"] for each in desk.get(path, order="volume24hr", ascending="false")]
        assert volumes == sorted((each["volume24hr"] for each in rows), reverse=True)
        assert len({each["closed"] for each in desk.get(path, closed="true")}) <= 1


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("name", "value"), [("slugs", "x"), ("tag_id", "2"), ("closed", "maybe"), ("limit", "-1"), ("order", "nothing")]
)
def test_a_list_that_cannot_be_given_as_asked_for_is_refused(path: str, name: str, value: str) -> None:
    desk = Desk()
    assert name in desk.get(path, **{name: value})["error"] or value in desk.get(path, **{name: value})["error"]
    assert desk.status == 422


@pytest.mark.parametrize(("path", "name"), [("/markets", "markets"), ("/events", "events")])
def test_pages_make_up_the_list(path: str, name: str) -> None:
    desk = Desk()
    asked = {"closed": "false", "order": "volume24hr", "ascending": "false"}
    rows, answer = [], {"next_cursor": ""}
    while "next_cursor" in answer:
        answer = desk.get(f"{path}/keyset", limit="2", after_cursor=answer["next_cursor"], **asked)
        assert 0 < len(answer[name]) <= 2
        rows += answer[name]
    assert rows == desk.get(path, **asked)
    assert desk.get(f"{path}/keyset", limit="5000", **asked) == {name: rows}, "clamped, not refused"
    for wrong in ({"offset": "1"}, {"after_cursor": "eA=="}, {"after_cursor": "ä"}, {"limit": "0x1"}):
        assert next(iter(wrong)) in desk.get(f"{path}/keyset", **wrong)["error"]
        assert desk.status == 422


def test_pages_of_events_leave_their_markets_out_on_request() -> None:
    desk = Desk()
    told = desk.get("/events/keyset", include_markets="false")["events"]
    assert told
    assert not any("markets" in event for event in told)


def test_a_search_for_what_is_active_leaves_settled_events_out() -> None:
    world = lived(125)
    desk = Desk(world)
    ended = next(market.listing for market in world.markets if market.closed)
    [found] = desk.get("/public-search", q=ended.event_title)["events"]
    assert found["slug"] == ended.event_slug
    assert desk.get("/public-search", q=ended.event_title, events_status="active")["events"] == []
    assert desk.get("/public-search", q=desk.listing.question, events_status="active")["events"]


def test_a_search_tells_how_much_more_there_is() -> None:
    found = Desk().get("/public-search", q="the", limit_per_type="1")
    assert len(found["events"]) == 1
    assert found["pagination"]["hasMore"]
    assert found["pagination"]["totalResults"] > 1


def test_the_price_history_is_the_engines_own() -> None:
    desk = Desk(lived(125))
    whole = desk.get("/prices-history", market=desk.yes, interval="max")["history"]
    assert len(whole) >= 13
    assert all(set(point) == {"t", "p"} for point in whole)
    coarse = desk.get("/prices-history", market=desk.yes, interval="1h", fidelity="1")["history"]
    assert 2 <= len(coarse) <= 4
    mirrored = desk.get("/prices-history", market=desk.no)["history"]
    assert all(one["p"] + other["p"] == pytest.approx(1) for one, other in zip(whole, mirrored, strict=True))
    desk.get("/prices-history", market=desk.yes, startTs="soon")
    assert desk.status == 400


def test_the_truth_is_the_engines_book_with_its_sequence() -> None:
    desk = Desk(lived(5))
    truth, book = desk.get("/truth", token_id=desk.yes), desk.get("/book", token_id=desk.yes)
    assert truth["bids"] == [[level["price"], level["size"]] for level in book["bids"]]
    assert truth["hash"] == book["hash"]
    assert truth["sequence"] > 0


def test_faults_are_asked_for_and_listed() -> None:
    desk = Desk()
    assert desk.post("/faults", b"freeze 30; at 60 drop 1") == {"understood": ["freeze 30", "at 60 drop 1"]}
    report = desk.get("/faults")
    assert [each["fault"] for each in report["active"]] == ["freeze 30"]
    assert "mute TOKEN SECONDS" in report["vocabulary"]
    assert "not a fault" in desk.post("/faults", b"explode")["error"]
    assert desk.status == 400


def test_rest_can_be_down_while_faults_and_truth_still_answer() -> None:
    desk = Desk()
    desk.post("/faults", b"rest 502 30")
    desk.get("/ok")
    assert desk.status == 502
    desk.get("/truth", token_id=desk.yes)
    assert desk.status == 200
    desk.post("/faults", b"clear")
    list(desk.exchange.step(1, ()))
    assert desk.get("/ok") == "OK"


def test_the_answers_travel_over_http() -> None:
    async def scene() -> None:
        async with SimServer(manual=True) as sim:
            token = sim.world.markets[0].listing.tokens[0]
            got = await asyncio.to_thread(_fetched(f"{sim.rest_url}/book?token_id={token}"))
            assert (got[0], json.loads(got[1])["asset_id"]) == (200, token)
            asked = await asyncio.to_thread(_fetched(f"{sim.rest_url}/faults", b"freeze 3"))
            assert asked == (200, b'{"understood":["freeze 3"]}')
            assert sim.exchange.faults.find("freeze")
            assert (await asyncio.to_thread(_fetched(f"{sim.rest_url}/nowhere")))[0] == 404

    asyncio.run(scene())


def test_one_connection_carries_many_requests_and_nonsense_ends_it() -> None:
    async def scene() -> None:
        async with SimServer(manual=True) as sim, asyncio.timeout(30):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(sim.rest_url.rpartition(":")[2]))
            writer.write(b"GET /ok HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
            answered = b""
            while answered.count(b'"OK"') < 2:
                answered += await reader.read(4_096)
            writer.write(b"\x00 nonsense\r\n\r\n")
            assert b" 400 " in await reader.read()
            writer.close()

    asyncio.run(scene())


def test_who_asks_whether_a_body_is_welcome_is_told_to_go_on() -> None:
    async def scene() -> None:
        async with SimServer(manual=True) as sim, asyncio.timeout(30):
            body = json.dumps([{"token_id": sim.world.markets[0].listing.tokens[0]}]).encode()
            reader, writer = await asyncio.open_connection("127.0.0.1", int(sim.rest_url.rpartition(":")[2]))
            writer.write(b"POST /books HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n")
            writer.write(b"Content-Length: %d\r\n\r\n" % len(body))
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
            writer.write(body)
            assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
            writer.close()

    asyncio.run(scene())


@pytest.mark.parametrize("size", [2**20 + 1, 3 * 2**20])
def test_a_body_that_is_too_long_is_refused_and_the_connection_goes_on(size: int) -> None:
    async def scene() -> None:
        async with SimServer(manual=True) as sim, asyncio.timeout(30):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(sim.rest_url.rpartition(":")[2]))
            writer.write(b"POST /books HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size + b" " * size)
            writer.write(b"GET /ok HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            refused, _, answered = (await reader.read()).partition(b'{"error":"Payload exceeds the limit"}')
            assert refused.startswith(b"HTTP/1.1 400 ")
            assert answered.endswith(b'"OK"')
            writer.close()

    asyncio.run(scene())


class Wire(asyncio.Transport):
    """What was written, and whether anything more is read."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.reads = b"", True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True


def test_a_client_that_does_not_take_its_answers_is_not_given_more() -> None:
    async def scene() -> None:
        talk, wire = Conversation(Desk().rest), Wire()
        talk.connection_made(wire)
        talk.pause_writing()
        talk.data_received(b"GET /ok HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        assert (wire.written, wire.reads) == (b"", False)
        talk.resume_writing()
        assert (wire.written.count(b'"OK"'), wire.reads) == (3, True)
        talk.connection_lost(None)

    asyncio.run(scene())


def _fetched(url: str, body: bytes | None = None) -> Callable[[], tuple[int, bytes]]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def fetch() -> tuple[int, bytes]:
        try:
            with opener.open(url, data=body, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    return fetch
