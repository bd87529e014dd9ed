"""Reading an account: the questions, the pages, and answers that are none."""

from __future__ import annotations

import gc
import logging
from types import FunctionType, ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.access import Access, Page, Unread
from pmtui.core.account import Account
from pmtui.core.credentials import Credentials, Secret
from pmtui.core.events import AccountChecked, Filled, FillState, OrderChanged, OrderState
from pmtui.core.ports import Request, VenueError
from pmtui.core.units import Millis, qty
from pmtui.venues.polymarket.account import PolymarketAccount
from pmtui.venues.polymarket.addresses import Addresses
from pmtui.venues.polymarket.user import UserStream

from .frames import SENT, YES, Fields, compact, ident
from .own_frames import (
    KEY,
    ORDER,
    PASSPHRASE,
    SECONDS,
    SECRET,
    credentials,
    made,
    order_event,
    part,
    taken,
    theirs,
)
from .test_user import leaks

AT = Millis(50)
HERE = Addresses("ws://127.0.0.1:1", "http://127.0.0.1:2", "")
SOCKET_ONLY = {"event_type", "type", "order_owner", "timestamp", "trade_owner"}


def reads(trio: Credentials | None = None, addresses: Addresses = HERE, **facts: Any) -> PolymarketAccount:
    return PolymarketAccount(addresses, trio or credentials(), **facts)


def row(message: Fields, **facts: Any) -> Fields:
    """A message as a row of an answer."""
    return {name: value for name, value in message.items() if name not in SOCKET_ONLY} | facts


def order_row(**facts: Any) -> Fields:
    return row(order_event(), created_at=SECONDS, associate_trades=[]) | facts


def envelope(*rows: object, cursor: object = "LTE=") -> bytes:
    return compact({"limit": 100, "count": len(rows), "next_cursor": cursor, "data": list(rows)})


# Questions


def test_the_questions_are_those_of_the_venue() -> None:
    account: Access = reads()
    host = "http://127.0.0.1:2"
    assert account.clock() == Request(f"{host}/time", "time")
    assert account.key() == Request(f"{host}/auth/api-keys", "key")
    assert account.orders() == Request(f"{host}/data/orders", "orders")
    assert account.orders("MTAw+/==").url == f"{host}/data/orders?next_cursor=MTAw%2B%2F%3D%3D"
    assert account.trades(0).url == f"{host}/data/trades"
    assert account.trades(5, "Mg==").url == f"{host}/data/trades?after=5&next_cursor=Mg%3D%3D"
    cash = account.cash()
    assert cash is not None
    assert cash.url == f"{host}/balance-allowance?asset_type=COLLATERAL&signature_type=0"
    assert reads(signature_type=2).cash().url.endswith("signature_type=2")
    assert account.trouble == ""


def test_a_request_carries_no_credential_until_it_is_sent() -> None:
    account = reads()
    asked = [account.clock(), account.key(), account.orders("a"), account.trades(1), account.cash()]
    assert not leaks(repr(asked) + repr(account) + repr(vars(account)))
    proof = account.headers(asked[2], SECONDS)
    assert proof["POLY_TIMESTAMP"] == str(SECONDS)
    assert proof != account.headers(asked[2], SECONDS + 1)
    assert proof == account.headers(account.orders("another"), SECONDS)


def test_without_an_address_the_socket_works_and_the_reads_say_why_they_do_not() -> None:
    account = reads(credentials(""))
    assert "address is missing" in account.trouble
    assert len(account.stream.open()) == 1
    with pytest.raises(VenueError):
        account.headers(account.key(), SECONDS)
    assert reads(addresses=Addresses("ws://127.0.0.1:1", "", "")).trouble == "there is no address to ask"


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/data/orders", "http://clob.polymarket.com/time", "https://127.0.0.1@x.example/"]
)
def test_headers_are_made_for_no_other_address(url: str) -> None:
    with pytest.raises(Unread):
        reads(addresses=Addresses()).headers(Request(url, "orders"), SECONDS)


def test_another_host_takes_the_users_own_word() -> None:
    other = Addresses("wss://sockets.example", "https://clob.example", "")
    with pytest.raises(Unread, match="not the venue's own") as caught:
        reads(addresses=other)
    assert caught.value.refused
    account = reads(addresses=other, elsewhere=True)
    assert account.headers(account.key(), SECONDS)
    assert reads(addresses=Addresses()).stream.url == "wss://ws-subscriptions-clob.polymarket.com/ws/user"
    with pytest.raises(Unread):
        reads(addresses=Addresses("ws://sockets.example", "https://clob.example", ""), elsewhere=True)


# Pages


def test_nothing_is_read_behind_the_twenty_first_bad_row_of_a_page() -> None:
    page = reads().told_orders(200, envelope(order_row(), *[7] * 30, order_row()), AT)
    assert (len(page.rows), len(page.rejected)) == (1, 22)


@pytest.mark.parametrize("depth", [300, 1_000])
def test_a_bad_row_spoils_no_other_however_deep_it_is_nested(depth: int) -> None:
    deep = b'{"x":%b%b}' % (b"[" * depth, b"]" * depth)
    body = envelope(order_row(), "deep", order_row(id="0x2")).replace(b'"deep"', deep)
    page = reads().told_orders(200, body, AT)
    assert (len(page.rows), len(page.rejected)) == (2, 1)


def test_a_page_of_orders_is_read_like_the_socket_reads_them() -> None:
    page = reads().told_orders(200, envelope(order_row(size_matched="25.0000"), cursor="MTAw"), AT)
    (order,) = page.rows
    (told,) = UserStream("u", "ws://127.0.0.1:1", credentials()).receive(
        compact(order_event(type="UPDATE", size_matched="25")), AT
    )
    assert isinstance(told, OrderChanged)
    assert order == told._replace(sent=Millis(0), created=Millis(SECONDS * 1000))
    assert page.cursor == "MTAw"


@pytest.mark.parametrize("status", ["LIVE", "ORDER_STATUS_LIVE"])
def test_the_long_names_of_states_mean_the_same(status: str) -> None:
    (order,) = reads().told_orders(200, envelope(order_row(status=status)), AT).rows
    assert order.state is OrderState.WORKING
    (fill,) = reads().told_trades(200, envelope(row(taken(status="TRADE_STATUS_FAILED"))), AT).rows
    assert fill.state is FillState.FAILED


def test_a_page_of_trades_tells_each_order_that_was_filled() -> None:
    body = envelope(row(taken()), row(made(theirs(), part(), part(order_id="0x3"))))
    page = reads().told_trades(200, body, AT)
    assert [(each.order, each.maker) for each in page.rows] == [(ORDER, False), (ORDER, True), ("0x3", True)]
    assert page.rows[0].updated == (SECONDS + 1) * 1000
    exact = reads().told_trades(200, envelope(row(taken(match_time_nano=f"{SECONDS}987654321"))), AT)
    assert exact.rows[0].sent == SECONDS * 1000 + 987


@pytest.mark.parametrize("cursor", ["LTE=", "", None])
def test_pages_end_with_either_mark(cursor: object) -> None:
    assert reads().told_orders(200, envelope(cursor=cursor), AT) == Page(())


def test_a_bare_list_is_all_there_is() -> None:
    page = reads().told_orders(200, compact([order_row()]), AT)
    assert (len(page.rows), page.cursor) == (1, "")


def test_an_answer_without_rows_is_an_empty_account() -> None:
    assert reads().told_orders(200, compact({"data": None, "next_cursor": "LTE="}), AT).rows == ()


def test_a_row_that_cannot_be_read_is_told_apart_and_the_others_count() -> None:
    page = reads().told_orders(200, envelope(order_row(), order_row(side=KEY, owner=SECRET), 7), AT)
    assert [each.order for each in page.rows] == [ORDER]
    assert [each.reason for each in page.rejected] == ["side is neither BUY nor SELL", "a row is not an object"]
    assert not leaks(str(page.rejected))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>please log in</html>", "the answer is not JSON"),
        (b"", "the answer is not JSON"),
        (b"[" * 10_000, "the answer is not JSON"),
        (compact({"error": KEY}), "the answer holds no list"),
        (compact({"data": {}}), "the answer holds no list"),
        (b"null", "the answer holds no list"),
        (envelope(cursor=5), "the next page has no proper name"),
        (envelope(cursor="a b\n"), "the next page has no proper name"),
        (envelope(cursor="x" * 401), "the next page has no proper name"),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(body: bytes, reason: str) -> None:
    for read in (reads().told_orders, reads().told_trades):
        with pytest.raises(VenueError) as caught:
            read(200, body, AT, "Mg==")
        assert (caught.value.reason, caught.value.resync, caught.value.__cause__) == (reason, False, None)
        assert not leaks(caught.value.sample)


@pytest.mark.parametrize(
    ("status", "words", "refused"),
    [
        (401, "credentials not accepted (401)", True),
        (403, "is barred (403)", True),
        (404, "(404)", False),
        (429, "asked too often (429)", False),
        (425, "restarts (425)", False),
        (500, "trouble of its own (500)", False),
        (503, "closed for a while (503)", False),
        (302, "answered 302, and redirects are not followed", False),
    ],
)
def test_what_went_wrong_is_said_in_plain_words(status: int, words: str, refused: bool) -> None:
    account = reads()
    body = compact({"error": f"Unauthorized/Invalid api key {KEY}"})
    for read in (account.told_key, account.told_cash, account.told_time):
        with pytest.raises(Unread) as caught:
            read(status, body)
        assert words in caught.value.reason
        assert caught.value.refused is refused
        assert not leaks(caught.value.reason)


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (b"", 60),
        (b"error code: 1015", 60),
        (b'{"retry_after_seconds":0}', 60),
        (b'{"retry_after_seconds":90}', 90),
        (b'{"retry_after_seconds":"120"}', 120),
        (b'{"retry_after_seconds":1e9}', 3600),
        (b'{"retry_after_seconds":null}', 60),
        (b"[]", 60),
    ],
)
def test_a_venue_that_was_asked_too_often_is_left_alone_for_a_minute_at_least(body: bytes, seconds: float) -> None:
    with pytest.raises(Unread) as caught:
        reads().told_orders(429, body, AT)
    assert caught.value.retry_in == seconds


# Small answers


def held(kept: object) -> str:
    """Every word that can be reached from an object."""
    seen, words, ahead = {id(kept)}, "", [kept]
    while ahead:
        each = ahead.pop()
        words += f"{each!s}\n" if isinstance(each, str | bytes) else ""
        known = (more for more in gc.get_referents(each) if not isinstance(more, type | ModuleType | FunctionType))
        fresh = [more for more in known if id(more) not in seen]
        seen.update(map(id, fresh))
        ahead += fresh
    return words


def test_a_key_that_is_accepted_leaves_no_trace_of_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    account, another = reads(), "5d2c7b1f-13fe-4f6c-8e0a-2b9d7c4a6e31"
    assert account.told_key(200, compact({"apiKeys": [KEY, another]})) == "accepted"
    words = held(account)
    assert KEY in words  # the account's own: whatever else it kept would be found too
    assert another not in words
    assert not caplog.records


@pytest.mark.parametrize("body", [b"{}", b"null", b"[]", b'"x"', b'{"apiKeys":null}', b'{"error":"Invalid api key"}'])
def test_an_answer_without_a_list_of_keys_accepts_nobody(body: bytes) -> None:
    with pytest.raises(VenueError, match="no list of keys"):
        reads().told_key(200, body)


@pytest.mark.parametrize("keys", [[], ["5d2c7b1f-13fe-4f6c-8e0a-2b9d7c4a6e31"], [{"apiKey": KEY}], [KEY[:-1]], [7]])
def test_a_list_of_others_keys_refuses_ours(keys: list[object]) -> None:
    with pytest.raises(Unread, match="not among those") as caught:
        reads().told_key(200, compact({"apiKeys": keys}))
    assert caught.value.refused
    assert not leaks(caught.value.reason)


def test_a_key_is_the_same_in_capitals() -> None:
    assert reads().told_key(200, compact({"apiKeys": [KEY.upper()]})) == "accepted"


@pytest.mark.parametrize(
    ("balance", "cash"),
    [("1000000000", "1000"), ("1", "0.000001"), ("0", "0"), ("250.500000", "250.5"), (7, "0.000007")],
)
def test_cash_is_counted_in_millionths(balance: object, cash: str) -> None:
    assert reads().told_cash(200, compact({"balance": balance, "allowances": {}})) == qty(cash)


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"balance":"-1"}', b'{"balance":"1e9"}', b'{"balance":true}'])
def test_cash_that_is_no_number_is_refused(body: bytes) -> None:
    with pytest.raises(VenueError, match="balance"):
        reads().told_cash(200, body)


def test_the_venues_clock_is_in_seconds() -> None:
    assert reads().told_time(200, str(SECONDS).encode()) == SECONDS
    for body in (b"0", b'"OK"', b"{}", b"-5", b"1e300"):
        with pytest.raises(VenueError):
            reads().told_time(200, body)


# Socket and answers together


def test_what_the_socket_and_the_answers_say_is_one_account() -> None:
    account, found = reads(), Account(opened=SENT)
    messages = [order_event(), taken(id="t1"), made(id="t2"), taken(id="t3", size="2")]
    for message in messages[:3]:
        for event in account.stream.receive(compact(message), AT):
            found.take(event)
    orders = account.told_orders(200, envelope(order_row(size_matched="37.5")), AT)
    trades = account.told_trades(200, envelope(*(row(each, status="CONFIRMED") for each in messages[1:])), AT)
    for _ in range(2):
        found.take(AccountChecked(AT, AT, orders.rows, trades.rows))
    assert found.fills.total == 3
    assert found.position(ident(YES)).net == qty("37.5")
    assert [(each.trade, each.late) for each in found.fills.newest(3)] == [("t2", False), ("t1", False), ("t3", True)]
    (order,) = found.orders.working()
    assert order.left == qty("62.5")


@given(
    st.lists(st.sampled_from([order_row(), row(taken()), row(made())]), max_size=3),
    st.dictionaries(
        st.sampled_from([*order_event(), *taken()]), st.one_of(st.none(), st.text(), st.integers()), max_size=4
    ),
)
def test_no_row_gets_anything_but_facts_or_a_rejection(rows: list[Fields], facts: Fields) -> None:
    body = envelope(*(each | facts for each in rows))
    for page, kind in (
        (reads().told_orders(200, body, AT), OrderChanged),
        (reads().told_trades(200, body, AT), Filled),
    ):
        assert all(isinstance(each, kind) for each in page.rows)
        assert not leaks(str(page.rejected))


def test_no_secret_is_in_what_a_refusal_holds() -> None:
    trio = Credentials(Secret(KEY), Secret("not base64 !"), Secret(PASSPHRASE), "0x1")
    with pytest.raises(VenueError) as caught:
        reads(trio).headers(reads(trio).key(), SECONDS)
    assert "not base64 !" not in caught.value.reason
