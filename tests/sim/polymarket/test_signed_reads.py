"""The signed reads: who is let in, what the pages hold, and what the faults do to them."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest

from pmtui.core.units import px, qty
from pmtui.sim.account import CLOCK_TOLERANCE, Account, signature
from pmtui.sim.engine import BUY
from pmtui.sim.http import Asked
from pmtui.sim.polymarket.exchange import Exchange
from pmtui.sim.polymarket.rest import Rest
from pmtui.sim.polymarket.server import SimServer
from pmtui.sim.polymarket.signed import FIRST, LAST, SignedReads
from pmtui.sim.polymarket.trader import open_account
from tests.sim.polymarket.worlds import demo_world

UNAUTHORIZED = {"error": "Unauthorized/Invalid api key"}

Headers = dict[str, str]


def signed(account: Account, path: str, now: int) -> Headers:
    stamp = str(now)
    return {
        "POLY_ADDRESS": account.address,
        "POLY_API_KEY": account.key,
        "POLY_PASSPHRASE": account.passphrase,
        "POLY_TIMESTAMP": stamp,
        "POLY_SIGNATURE": signature(account.secret, stamp, "GET", path),
    }


class Desk:
    """Somebody who asks with an account's signature and remembers the status."""

    def __init__(self, *, pace: float = 0, seconds: int = 0, page: int = 20) -> None:
        self.world = demo_world(rate=100)
        self.ledger = open_account(self.world, pace=pace)
        self.account = self.ledger.account
        self.exchange = Exchange(self.world)
        self.reads = SignedReads(self.exchange, self.ledger, Rest(self.exchange, self.exchange.ask), page=page)
        self.status = 0
        self.live(seconds)

    @property
    def now(self) -> int:
        return self.world.now // 1_000

    def live(self, seconds: int) -> None:
        for _ in self.exchange.step(seconds * 1_000, ()):
            pass

    def get(self, path: str, **query: str) -> Any:
        return self.ask(path, signed(self.account, path, self.now), **query)

    def ask(self, path: str, headers: Headers, **query: str) -> Any:
        told = {name.lower(): value for name, value in headers.items()}
        answer = self.reads.answer(Asked("GET", path, {name: [value] for name, value in query.items()}, b"", told))
        self.status = answer.status
        return json.loads(answer.body)

    def pages(self, path: str, **query: str) -> list[list[dict[str, Any]]]:
        """All pages, read as clients do."""
        pages, cursor = [], FIRST
        while cursor != LAST:
            told = self.get(path, next_cursor=cursor, **query)
            assert told["count"] == len(told["data"]) <= told["limit"]
            pages.append(told["data"])
            cursor = told["next_cursor"]
        return pages

    def rows(self, path: str, **query: str) -> list[dict[str, Any]]:
        return [row for page in self.pages(path, **query) for row in page]

    def truth(self) -> Any:
        return self.ask("/truth/account", {})


def test_pages_give_each_trade_once_and_newest_first() -> None:
    desk = Desk(pace=300, seconds=60, page=7)
    pages = desk.pages("/data/trades")
    assert len(pages) > 5
    assert all(len(page) == 7 for page in pages[:-1])
    rows = [row for page in pages for row in page]
    keys = [(row["id"], row["bucket_index"]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert set(keys) == set(desk.ledger.trades)
    times = [int(row["match_time_nano"]) for row in rows]
    assert times == sorted(times, reverse=True)


def test_pages_give_each_open_order_once() -> None:
    desk = Desk()
    market = desk.world.markets[0]
    for _ in range(11):
        desk.ledger.place(desk.world.now, market, BUY, px("0.02"), qty("5"))
    for page in (1, 3, 11, 20):
        desk.reads = SignedReads(desk.exchange, desk.ledger, Rest(desk.exchange, desk.exchange.ask), page=page)
        rows = desk.rows("/data/orders")
        assert {row["id"] for row in rows} == {order.id for order in desk.ledger.open_orders}
        assert len(rows) == 11


def test_an_account_without_anything_has_one_empty_page() -> None:
    assert Desk().pages("/data/orders") == [[]]
    assert Desk().pages("/data/trades") == [[]]


def test_an_order_row_has_the_venues_forms() -> None:
    desk = Desk()
    market = desk.world.markets[0]
    order = desk.ledger.place(desk.world.now, market, BUY, px("0.02"), qty("12.5"))
    [row] = desk.rows("/data/orders")
    assert row == {
        "id": order.id,
        "owner": desk.account.key,
        "market": market.listing.condition_id,
        "asset_id": market.listing.tokens[0],
        "side": "BUY",
        "original_size": "12.5",
        "size_matched": "0",
        "price": "0.02",
        "associate_trades": None,
        "outcome": "Yes",
        "created_at": desk.now,
        "expiration": "0",
        "order_type": "GTC",
        "status": "LIVE",
        "maker_address": desk.account.address,
    }
    assert desk.get(f"/data/order/{order.id}") == row
    desk.ledger.cancel(desk.world.now, order.id)
    desk.live(1)
    assert desk.get(f"/data/order/{order.id}") is None
    assert desk.rows("/data/orders") == []


def test_a_trade_row_has_the_longer_names_of_its_states() -> None:
    desk = Desk(pace=300, seconds=30)
    rows: list[dict[str, Any]] = []
    for _ in range(20):
        desk.live(1)
        rows += desk.rows("/data/trades")
    states = {row["status"] for row in rows}
    assert {"TRADE_STATUS_CONFIRMED", "TRADE_STATUS_MATCHED", "TRADE_STATUS_MATCHED_NOT_BROADCASTED"} <= states
    assert all(row["transaction_hash"] is None for row in rows if row["status"].endswith("_NOT_BROADCASTED"))
    assert all("builder_code" in maker for row in rows for maker in row["maker_orders"])
    assert {row["trader_side"] for row in rows} == {"TAKER", "MAKER"}


def test_filters_keep_what_they_name() -> None:
    desk = Desk(pace=300, seconds=60)
    rows = desk.rows("/data/trades")
    some = rows[len(rows) // 2]
    for name in ("id", "market"):
        assert desk.rows("/data/trades", **{name: some[name]}) == [row for row in rows if row[name] == some[name]]
    for fill in desk.truth()["fills"][:5]:
        found = {row["id"] for row in desk.rows("/data/trades", asset_id=fill["asset_id"])}
        assert found == {each["trade_id"] for each in desk.truth()["fills"] if each["asset_id"] == fill["asset_id"]}
    at = some["match_time"]
    early, late = desk.rows("/data/trades", before=at), desk.rows("/data/trades", after=at)
    assert late + early == rows
    assert desk.rows("/data/trades", maker_address=desk.account.address.upper().replace("0X", "0x")) == rows
    assert desk.rows("/data/trades", maker_address="0x0") == []
    order = desk.rows("/data/orders")[0]
    for name in ("id", "market", "asset_id"):
        assert order in desk.rows("/data/orders", **{name: order[name]})
        assert desk.rows("/data/orders", **{name: "0x0"}) == []


@pytest.mark.parametrize("cursor", ["?", "x", "LTI=", "MS4w", "\u0663", "MTIzNDU2Nzg5MDEyMw=="])
def test_a_cursor_that_nobody_gave_is_refused(cursor: str) -> None:
    desk = Desk()
    desk.get("/data/trades", next_cursor=cursor)
    assert desk.status == 400


def test_the_last_cursor_gives_nothing_more() -> None:
    desk = Desk(pace=300, seconds=20)
    assert desk.get("/data/trades", next_cursor=LAST)["data"] == []


def test_balances_are_told_in_base_units() -> None:
    desk = Desk()
    assert desk.get("/balance-allowance", asset_type="COLLATERAL", signature_type="0")["balance"] == "10000000000"
    market = desk.world.markets[0]
    ask = market.engine.asks.best
    assert ask is not None
    desk.ledger.place(desk.world.now, market, BUY, ask, qty("7"))
    desk.live(1)
    token = market.listing.tokens[0]
    told = desk.get("/balance-allowance", asset_type="CONDITIONAL", token_id=token)
    assert told["balance"] == "7000000"
    assert all(spender.startswith("0x") for spender in told["allowances"])
    left = 10_000_000_000 - 7 * ask // 1_000
    assert desk.get("/balance-allowance", asset_type="COLLATERAL")["balance"] == str(left)
    desk.get("/balance-allowance")
    assert desk.status == 400


def test_the_cheapest_test_of_a_key_names_it() -> None:
    desk = Desk()
    assert desk.get("/auth/api-keys") == {"apiKeys": [desk.account.key]}
    assert desk.get("/auth/ban-status/closed-only") == {"closed_only": False}


@pytest.mark.parametrize("name", ["ADDRESS", "API_KEY", "PASSPHRASE", "TIMESTAMP", "SIGNATURE"])
@pytest.mark.parametrize("wrong", [None, "", "0", "\u0663", "x" * 40])
def test_a_missing_or_wrong_header_is_unauthorized(name: str, wrong: str | None) -> None:
    desk = Desk()
    headers = signed(desk.account, "/data/orders", desk.now)
    desk.ask("/data/orders", headers)
    assert desk.status == 200
    del headers[f"POLY_{name}"]
    if wrong is not None:
        headers[f"POLY_{name}"] = wrong
    assert desk.ask("/data/orders", headers) == UNAUTHORIZED
    assert desk.status == 401


@pytest.mark.parametrize(
    ("off", "status"), [(0, 200), (CLOCK_TOLERANCE, 200), (-CLOCK_TOLERANCE, 200), (74, 401), (-74, 401)]
)
def test_a_clock_that_is_off_is_unauthorized(off: int, status: int) -> None:
    desk = Desk()
    desk.ask("/data/orders", signed(desk.account, "/data/orders", desk.now + off))
    assert desk.status == status


def test_a_signature_is_for_one_path_and_without_the_query() -> None:
    desk = Desk()
    desk.ask("/data/trades", signed(desk.account, "/data/orders", desk.now))
    assert desk.status == 401
    desk.ask("/data/trades", signed(desk.account, "/data/trades", desk.now), after="1")
    assert desk.status == 200


def test_an_address_may_be_written_in_any_case() -> None:
    desk = Desk()
    headers = signed(desk.account, "/data/orders", desk.now)
    desk.ask("/data/orders", headers | {"POLY_ADDRESS": "0x" + desk.account.address[2:].upper()})
    assert desk.status == 200


@pytest.mark.parametrize(
    ("fault", "status"),
    [("user-rest 401 9", 401), ("user-rest 429 9", 429), ("user-rest 500 9", 500), ("user-deny 9", 401)],
)
def test_faults_on_the_signed_reads_leave_the_public_ones_alone(fault: str, status: int) -> None:
    desk = Desk()
    desk.exchange.ask(fault)
    for path in ("/data/orders", "/data/trades", "/auth/api-keys"):
        desk.get(path)
        assert desk.status == status
    assert desk.ask("/time", {}) == desk.now
    desk.truth()
    assert desk.status == 200
    desk.live(10)
    desk.get("/data/orders")
    assert desk.status == 200


def test_when_all_of_rest_is_down_the_signed_reads_are_too() -> None:
    desk = Desk()
    desk.exchange.ask("rest 502 9")
    path = "/data/orders"
    headers = {name.lower(): value for name, value in signed(desk.account, path, desk.now).items()}
    assert desk.reads.answer(Asked("GET", path, {}, b"", headers)).status == 502


def test_the_signed_reads_travel_over_http() -> None:
    async def scene() -> None:
        async with SimServer(manual=True, pace=300, page=5) as sim, asyncio.timeout(30):
            sim.step(20_000)
            now = sim.world.now // 1_000
            headers = signed(sim.account, "/data/trades", now)
            status, body, _ = await _fetched(f"{sim.rest_url}/data/trades?after=1&next_cursor=NQ==", headers)
            assert status == 200
            assert json.loads(body)["count"] == 5
            status, body, _ = await _fetched(f"{sim.rest_url}/data/trades", {})
            assert (status, json.loads(body)) == (401, UNAUTHORIZED)
            sim.fault("user-rest 429 30")
            status, _, told = await _fetched(f"{sim.rest_url}/data/trades", headers)
            assert (status, told["retry-after"]) == (429, "1")
            status, body, _ = await _fetched(f"{sim.rest_url}/truth/account", {})
            assert json.loads(body) == sim.account_truth()

    asyncio.run(scene())


async def _fetched(url: str, headers: Headers) -> tuple[int, bytes, Any]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def fetch() -> tuple[int, bytes, Any]:
        try:
            with opener.open(urllib.request.Request(url, headers=headers), timeout=30) as answer:  # noqa: S310 - loopback
                return answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read(), error.headers

    return await asyncio.to_thread(fetch)
