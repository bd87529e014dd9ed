"""Questions about an account and their answers: dex by dex, page by page, and whose address it is."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import pytest

from pmtui.core.access import Unread
from pmtui.core.events import OrderState
from pmtui.core.ports import Login, Request, VenueError
from pmtui.core.units import Millis, px, qty
from pmtui.venues.hyperliquid import account as reads
from pmtui.venues.hyperliquid.account import MOST_DEXES, HyperliquidAccount
from pmtui.venues.hyperliquid.addresses import Addresses
from pmtui.venues.hyperliquid.names import symbol_of
from pmtui.venues.hyperliquid.venue import Hyperliquid

from .frames import NOON, NOW, id_of, spelt
from .own_frames import ADDRESS, PAIRS, balance, fill, listed, position, state

DEXES = [None, {"name": "xyz", "fullName": "a builder"}, {"name": "<b>"}, {"name": "flx"}]


def account() -> HyperliquidAccount:
    return HyperliquidAccount(Addresses(), ADDRESS)


def asked(request: Request | None) -> dict[str, Any]:
    assert request is not None
    assert request.url == "https://api.hyperliquid.xyz/info"
    found: dict[str, Any] = json.loads(request.body)
    return found


def introduced() -> HyperliquidAccount:
    """One that is known to be an account, on the dexes above."""
    made = account()
    made.told_orders(200, b'{"role":"user"}', NOW)
    made.told_orders(200, spelt(DEXES), NOW, "dexes")
    return made


def test_whoever_names_an_address_has_an_account_here() -> None:
    venue = Hyperliquid()
    assert venue.account(Login()) is None
    assert venue.account(Login(addresses={"elsewhere": ADDRESS})) is None
    found = venue.account(Login(addresses={"hyperliquid": ADDRESS}))
    assert found is not None
    assert found.stream.url == "wss://api.hyperliquid.xyz/ws"
    assert found.headers(found.key(), 0) == {}
    assert not found.trouble


def test_without_a_place_to_ask_nothing_is_asked() -> None:
    assert HyperliquidAccount(Addresses(api=""), ADDRESS).trouble


# Whose address it is


def test_who_it_is_is_asked_once() -> None:
    made = account()
    assert asked(made.orders()) == {"type": "userRole", "user": ADDRESS}
    assert made.told_orders(200, b'{"role":"vault"}', NOW).cursor == "dexes"
    assert asked(made.orders("dexes")) == asked(made.orders()) == {"type": "perpDexs"}


def test_an_api_wallets_address_is_refused() -> None:
    answer = spelt({"role": "agent", "data": {"user": "0x" + "11" * 20}})
    for read in (lambda: account().told_orders(200, answer, NOW), lambda: account().told_key(200, answer)):
        with pytest.raises(Unread, match="API wallet's") as caught:
            read()
        assert caught.value.refused


def test_an_address_that_nobody_used_is_said_to_be_one() -> None:
    with pytest.raises(Unread, match="knows no account"):
        account().told_key(200, b'{"role":"missing"}')
    assert account().told_orders(200, b'{"role":"missing"}', NOW).cursor  # it may be used tomorrow
    assert account().told_key(200, b'{"role":"subAccount"}') == "it is a sub-account"


# Orders


def test_every_dex_is_asked_for_its_orders() -> None:
    made, cursors = introduced(), ["on "]
    while following := made.told_orders(200, b"[]", NOW, cursors[-1]).cursor:
        cursors.append(following)
    assert [asked(made.orders(each)).get("dex", "") for each in cursors] == ["", "xyz", "flx"]
    assert {asked(made.orders(each))["type"] for each in cursors} == {"frontendOpenOrders"}


def test_more_dexes_than_one_can_ask_about_are_not_asked_about() -> None:
    made = account()
    made.told_orders(200, b'{"role":"user"}', NOW)
    made.told_orders(200, spelt([None, *({"name": f"d{n}"} for n in range(99))]), NOW, "dexes")
    cursor, asks = "on ", 0
    while cursor:
        cursor, asks = made.told_orders(200, b"[]", NOW, cursor).cursor, asks + 1
    assert asks == 1 + MOST_DEXES


def test_dexes_where_the_account_was_seen_are_asked_about_first() -> None:
    made = account()
    made.told_orders(200, b'{"role":"user"}', NOW)
    made.stream.dexes |= {"d98"}
    found = spelt([None, *({"name": f"d{n}"} for n in range(99))])
    page = made.told_orders(200, found, NOW, "dexes")
    assert not page.part
    assert made.told_orders(200, b"[]", NOW, "on ").cursor == "on d98"
    made.stream.dexes |= {f"d{n}" for n in range(50, 99)}
    assert made.told_orders(200, found, NOW, "dexes").part


def test_no_list_of_orders_is_not_an_empty_one() -> None:
    with pytest.raises(VenueError, match="no list"):
        introduced().told_orders(200, b"null", NOW, "on ")


def test_a_row_of_the_open_orders() -> None:
    page = introduced().told_orders(
        200, spelt([listed(), listed(78, tif="Alo", sz="0.1"), {"coin": "BTC"}]), NOW, "on "
    )
    first, second = page.rows
    assert (first.order, first.kind, first.state, first.waits) == ("77", "GTC", OrderState.WORKING, False)
    assert (first.created, first.sent, first.price) == (NOON, NOON, px("98450"))
    assert (second.kind, second.matched) == ("ALO", qty("0.4"))
    assert len(page.rejected) == 1


@pytest.mark.parametrize("depth", [300, 1_000])
def test_a_bad_row_spoils_no_other_however_deep_it_is_nested(depth: int) -> None:
    deep = b'{"x":%b%b}' % (b"[" * depth, b"]" * depth)
    body = spelt([listed(), "deep", listed(78)]).replace(b'"deep"', deep)
    page = introduced().told_orders(200, body, NOW, "on ")
    assert (len(page.rows), len(page.rejected)) == (2, 1)


def test_an_order_that_waits_for_a_price_says_so() -> None:
    row = listed(isTrigger=True, triggerPx="91000.0", orderType="Take Profit Market", tif=None, origSz="0.0", sz="0.0")
    (waiting,) = introduced().told_orders(200, spelt([row]), NOW, "on ").rows
    assert (waiting.waits, waiting.kind, waiting.price) == (True, "TP", px("91000"))
    row |= {"orderType": "Stop Market"}
    (waiting,) = introduced().told_orders(200, spelt([row]), NOW, "on ").rows
    assert waiting.kind == "STOP"


# Fills


def test_the_last_fills_are_asked_for_first_and_then_those_since() -> None:
    made = account()
    assert asked(made.trades(0)) == {"type": "userFills", "user": ADDRESS}
    assert asked(made.trades(1_700)) == {"type": "userFillsByTime", "user": ADDRESS, "startTime": 1_700_000}
    assert asked(made.trades(1_700, "1700500"))["startTime"] == 1_700_500


def test_a_full_answer_goes_on_where_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "FULL", 3)
    rows = [fill(n, time=NOON + n) for n in range(3)]
    page = account().told_trades(200, spelt(rows), NOW)
    assert page.cursor == str(NOON + 2)
    assert [each.heard for each in page.rows] == [False] * 3
    assert account().told_trades(200, spelt(rows[:2]), NOW).cursor == ""
    # More fills of one moment than fit into an answer cannot be had, but those after it can.
    assert account().told_trades(200, spelt([fill(n, time=NOON) for n in range(3)]), NOW).cursor == str(NOON + 1)


def test_a_fill_without_a_time_hides_none_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "FULL", 3)
    made = account()
    made.trades(0)
    page = made.told_trades(200, spelt([fill(n, time=NOON + n if n > 1 else "soon") for n in (3, 2, 1)]), NOW)
    assert [each.sent for each in page.rows] == [NOON + 3, NOON + 2, 0]
    assert page.cursor == f"past 0 {NOON + 2}"


class Told:
    """A venue that holds so many fills, some at the same moment, and tells the last ones."""

    def __init__(self, count: int, *, together: int = 1) -> None:
        self.rows = [fill(n, time=NOON + n // together) for n in range(count)]
        self.asked = 0

    def answer(self, request: Request) -> bytes:
        self.asked += 1
        body = asked(request)
        if body["type"] == "userFills":
            return spelt(self.rows[: -reads.FULL - 1 : -1])
        told = [row for row in self.rows[-reads.REACHABLE :] if body["startTime"] <= row["time"] <= body["endTime"]]
        return spelt(told[: reads.FULL])

    def read(self, made: HyperliquidAccount) -> tuple[set[str], list[str]]:
        """All fills, as the feed asks for them at the beginning, and what is said of them."""
        cursor, found, words = "", set[str](), list[str]()
        while True:
            page = made.told_trades(200, self.answer(made.trades(0, cursor)), NOW, cursor)
            found |= {each.trade for each in page.rows}
            words += [each.reason for each in page.rejected]
            if not (cursor := page.cursor):
                return found, words

    def all(self) -> set[str]:
        return {str(row["tid"]) for row in self.rows[-reads.REACHABLE :]}


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A venue whose answers are short."""
    monkeypatch.setattr(reads, "FULL", 10)
    monkeypatch.setattr(reads, "REACHABLE", 50)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("together", [1, 3, 9])
@pytest.mark.parametrize("count", [0, 9, 10, 11, 20, 29, 30, 49])
def test_older_fills_are_read_until_all_are_here(count: int, together: int) -> None:
    venue, made = Told(count, together=together), account()
    for _ in range(2):
        assert venue.read(made) == (venue.all(), [])
        assert len(venue.all()) == count


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("count", [50, 51, 500])
def test_fills_that_the_venue_does_not_tell_any_more_are_said_to_be_missing(count: int) -> None:
    venue, made = Told(count), account()
    for asked_before in (0, 6):
        assert venue.asked == asked_before
        assert venue.read(made) == (venue.all(), ["the venue tells the last 10,000 fills"])


@pytest.mark.usefixtures("short")
def test_more_fills_of_one_moment_than_an_answer_holds_end_the_reading_all_the_same() -> None:
    found, _ = Told(45, together=12).read(account())
    assert len(found) >= 30


def test_a_page_of_the_past_names_its_end() -> None:
    made = introduced()
    made.trades(0)
    rows = [fill(n, time=NOON + n) for n in range(reads.FULL)]
    cursor = made.told_trades(200, spelt(rows[::-1]), NOW).cursor
    assert asked(made.trades(0, cursor)) == {
        "type": "userFillsByTime", "user": ADDRESS, "startTime": 0, "endTime": NOON,
    }  # fmt: skip


# Holdings


def test_balances_first_with_the_names_of_their_tokens_then_every_dex() -> None:
    made = introduced()
    assert asked(made.holdings()) == {"type": "spotClearinghouseState", "user": ADDRESS}
    balances = {"balances": [balance("USDC", 0, "12.5"), balance("HYPE", 150, "2.0", paid="84.0")]}
    page = made.told_holdings(200, spelt(balances), NOW)
    assert (page.rows, asked(made.holdings(page.cursor))) == ((), {"type": "spotMeta"})
    page = made.told_holdings(200, spelt(PAIRS), Millis(NOW + 1), page.cursor)
    (spot,) = page.rows
    assert (spot.at, spot.cash, spot.holdings[0].instrument) == (NOW, qty("12.5"), id_of("@107"))
    assert asked(made.holdings(page.cursor)) == {"type": "clearinghouseState", "user": ADDRESS}
    page = made.told_holdings(200, spelt(state(position())), NOW, page.cursor)
    assert page.rows[0].holdings[0].net == -qty("0.25")
    assert asked(made.holdings(page.cursor))["dex"] == "xyz"
    assert made.told_holdings(200, spelt(balances), NOW).rows  # names are asked for once


def held(made: HyperliquidAccount, at: int, *tokens: int, listed: Collection[int] = ()) -> tuple[list[str], bool]:
    """What is held of these tokens according to a check, and whether the catalogue was asked for it."""
    balances = {"balances": [balance(f"T{token}", token, "3.0") for token in tokens]}
    page = made.told_holdings(200, spelt(balances), Millis(at))
    if looked_up := asked(made.holdings(page.cursor)) == {"type": "spotMeta"}:
        pairs = {"universe": [{"name": f"@{token}", "tokens": [token, 0], "index": token} for token in listed]}
        page = made.told_holdings(200, spelt(pairs), Millis(at + 1), page.cursor)
    (spot,) = page.rows
    assert not spot.unclear
    return [symbol_of(each.instrument) for each in spot.holdings], looked_up


def test_a_token_that_was_listed_since_the_catalogue_was_asked_has_it_asked_again() -> None:
    made = introduced()
    assert held(made, NOW, 1, listed=[1]) == (["@1"], True)
    assert held(made, NOW + 60_000, 1, 2, listed=[1, 2]) == (["@1", "@2"], True)
    assert held(made, NOW + 120_000, 1, 2) == (["@1", "@2"], False)


def test_a_token_without_a_pair_costs_a_question_an_hour() -> None:
    made = introduced()
    assert held(made, NOW, 1, 9, listed=[1]) == (["@1"], True)
    assert held(made, NOW + 60_000, 1, 9) == (["@1"], False)
    assert held(made, NOW + 120_000, 1, 9, 8, listed=[1]) == (["@1"], True)
    assert held(made, NOW + 180_000, 1, 9, 8) == (["@1"], False)
    assert held(made, NOW + 3_800_000, 1, 9, 8, listed=[1, 9]) == (["@1", "@9"], True)
    assert held(made, NOW + 3_860_000, 1, 9, 8) == (["@1", "@9"], False)


def test_no_cash_is_asked_for_apart() -> None:
    assert account().cash() is None
    with pytest.raises(VenueError):
        account().told_cash(200, b"{}")


# Answers that are none


@pytest.mark.parametrize(
    ("status", "refused", "waits"), [(422, True, 0), (429, False, 60), (500, False, 0), (418, False, 0)]
)
def test_an_answer_that_is_none_says_why(status: int, refused: bool, waits: float) -> None:
    for read in (account().told_key, account().told_time):
        with pytest.raises(Unread) as caught:
            read(status, b"<html>")
        assert (caught.value.refused, caught.value.retry_in) == (refused, waits)
        assert str(status) in caught.value.reason


@pytest.mark.parametrize("body", [b"", b"7", b"{}", b'"x"', b"[7]", b"null"])
def test_an_answer_that_makes_no_sense_is_the_venues_fault(body: bytes) -> None:
    made = introduced()
    for read in (made.told_key, made.told_time):
        with pytest.raises(VenueError):
            read(200, body)
    for cursor in ("", "on ", "pairs"):
        with pytest.raises(VenueError):
            made.told_holdings(200, body, NOW, cursor)
    if body != b"null":
        with pytest.raises(VenueError):
            made.told_trades(200, body, NOW)


def test_the_venues_clock() -> None:
    assert asked(account().clock()) == {"type": "exchangeStatus"}
    assert account().told_time(200, spelt({"time": NOON + 1_999})) == NOON // 1_000 + 1
