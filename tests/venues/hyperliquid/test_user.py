"""What an account's conversation says: orders, fills and holdings, each fact once and exact."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.account import Account
from pmtui.core.events import (
    Answered,
    Event,
    Filled,
    FillState,
    HoldingsTold,
    Ignored,
    Notice,
    OrderChanged,
    OrderState,
    Recalled,
    Rejected,
    Side,
)
from pmtui.core.ports import Request, VenueError
from pmtui.core.units import ONE, Qty, px, qty
from pmtui.venues.hyperliquid.own import Tokens, order_state
from pmtui.venues.hyperliquid.user import FEEDS, UserStream

from .frames import NOON, NOW, ODD_WORDS, ack, error, id_of, places_in, spelt
from .own_frames import (
    ADDRESS,
    AGENT,
    PAIRS,
    balance,
    conversation,
    fill,
    fills,
    position,
    state,
    update,
    updates,
)


def told(frame: bytes, made: UserStream | None = None) -> list[Event]:
    """The facts of a message, which are as many as it is counted for."""
    made = made or conversation()
    before = made.messages
    events = list(made.receive(frame, NOW))
    assert made.messages - before == len(events)
    return events


def told_fill(**more: object) -> Filled:
    (event,) = told(fills(fill(**more)))  # type: ignore[arg-type]
    assert isinstance(event, Filled)
    return event


def told_order(status: str = "open", **more: object) -> OrderChanged:
    (event,) = told(updates(update(status, **more)))  # type: ignore[arg-type]
    assert isinstance(event, OrderChanged)
    return event


# What is said


def test_it_asks_for_what_there_is_to_know_of_one_address() -> None:
    said = [json.loads(each) for each in conversation().open()]
    assert [each["subscription"]["type"] for each in said] == list(FEEDS)
    assert {each["subscription"]["user"] for each in said} == {ADDRESS}
    assert conversation().open() == conversation().open()


def test_it_carries_questions_to_the_information_service_and_no_others() -> None:
    body = spelt({"type": "openOrders", "user": ADDRESS})
    asked = conversation().ask(Request("https://made.up/info", "orders", body), 9)
    assert asked is not None
    assert json.loads(asked)["request"]["payload"] == json.loads(body)
    assert conversation().ask(Request("https://made.up/info", "orders"), 9) is None
    assert conversation().ask(Request("https://made.up/exchange", "orders", body), 9) is None
    answer = {"id": 9, "response": {"type": "info", "payload": {"type": "openOrders", "data": []}}}
    assert told(spelt({"channel": "post", "data": answer})) == [Answered(NOW, 9, 200, b"[]")]


# Orders


def test_an_order_that_appears() -> None:
    assert told_order() == OrderChanged(
        "77",
        id_of("BTC"),
        NOW,
        NOON,  # type: ignore[arg-type]
        Side.BUY,
        px("98450"),
        qty("0.5"),
        qty("0"),
        OrderState.WORKING,
        created=NOON,  # type: ignore[arg-type]
        placed=True,
        dust=Qty(1),
    )


def test_a_small_rest_of_a_coin_is_no_dust() -> None:
    account = Account()
    account.take(told_order(left="0.009"))
    account.take(told_order(after=900, left="0.008"))
    assert [(each.state, each.left) for each in account.orders.working()] == [(OrderState.WORKING, qty("0.008"))]


def test_what_is_left_is_told_and_what_is_matched_follows() -> None:
    changed = told_order(after=900, left="0.125")
    assert (changed.matched, changed.left, changed.placed) == (qty("0.375"), qty("0.125"), False)


@pytest.mark.parametrize(
    ("status", "ends", "reason"),
    [
        ("open", OrderState.WORKING, ""),
        ("triggered", OrderState.WORKING, ""),
        ("filled", OrderState.FILLED, ""),
        ("canceled", OrderState.CANCELLED, ""),
        ("marginCanceled", OrderState.CANCELLED, "margin canceled"),
        ("scheduledCancel", OrderState.CANCELLED, "scheduled cancel"),
        ("outcomeSettledCanceled", OrderState.CANCELLED, "outcome settled canceled"),
        ("rejected", OrderState.REJECTED, ""),
        ("iocCancelRejected", OrderState.REJECTED, "ioc cancel rejected"),
        ("badAloPxRejected", OrderState.REJECTED, "bad alo px rejected"),
        ("somethingNew", OrderState.WORKING, "something new"),
    ],
)
def test_a_status_ends_an_order_by_what_its_word_contains(status: str, ends: OrderState, reason: str) -> None:
    assert order_state(status) == (ends, reason)
    changed = told_order(status, after=5)
    assert (changed.state, changed.reason) == (ends, reason)


def test_several_updates_in_one_message_are_judged_one_by_one() -> None:
    events = told(updates(update(number=1), update(number=2, limitPx="much"), update("canceled", number=3)))
    assert [type(each) for each in events] == [OrderChanged, Rejected, OrderChanged]
    assert "limitPx is not a plain decimal number" in str(events[1])


def test_nothing_is_read_behind_the_twenty_first_bad_row_of_a_message() -> None:
    made = conversation()
    events = made.receive(updates(update(number=1), *[update(limitPx="much")] * 30, update(number=2)), NOW)
    assert [type(each) for each in events] == [OrderChanged, *[Rejected] * 22]
    assert made.messages == len(events)


# Fills


def test_a_fill_is_settled_and_tells_its_fee() -> None:
    told = told_fill()
    assert told.key == ("11", "77", 0)
    assert (told.side, told.price, told.size, told.maker) == (Side.SELL, px("98450"), qty("0.2"), False)
    assert (told.state, told.sent, told.fee, told.heard) == (FillState.CONFIRMED, NOON + 5, qty("0.009501"), True)
    assert told_fill(crossed=False, fee="-0.003").fee == -qty("0.003")
    assert told_fill(crossed=False).maker
    assert told_fill(feeToken="HYPE").fee is None


@pytest.mark.parametrize(
    ("liquidation", "forced"),
    [
        (None, False),
        ({"liquidatedUser": ADDRESS, "markPx": "98450", "method": "market"}, True),
        ({"liquidatedUser": ADDRESS.upper().replace("0X", "0x"), "markPx": "98450", "method": "backstop"}, True),
        ({"markPx": "98450", "method": "market"}, True),
        ({"liquidatedUser": "0x" + "ab" * 20, "markPx": "98450", "method": "market"}, False),
        ("market", False),
    ],
)
def test_a_liquidation_of_ours_is_no_trade_like_others(liquidation: object, forced: bool) -> None:
    assert told_fill(liquidation=liquidation).forced is forced
    account = Account(opened=NOON)
    for event in told(fills(fill(liquidation=liquidation), fill())):
        account.take(event)
    assert [each.forced for each in account.fills.newest(9)] == [forced]


@pytest.mark.parametrize("coin", ["@107", "PURR/USDC", "xyz:TSLA", "kPEPE"])
def test_a_fill_is_of_the_coin_that_it_names(coin: str) -> None:
    assert told_fill(coin=coin).instrument == id_of(coin)


def test_both_sides_of_an_outcome_market_have_fills_of_their_own() -> None:
    assert told_fill(coin="#11", px="0.25").instrument == id_of("#11")
    (rejected,) = told(fills(fill(coin="#11", px="1.25")))
    assert isinstance(rejected, Rejected)


def test_one_trade_with_two_of_our_orders_is_two_fills_and_a_repeated_one_is_none() -> None:
    account = Account(opened=NOON)
    for event in told(fills(fill(), fill(oid=78), fill())):
        account.take(event)
    assert account.fills.total == 2
    assert [each.late for each in account.fills.newest(9)] == [False, False]


def test_the_last_fills_told_at_the_beginning_are_history_late_or_known() -> None:
    account = Account(opened=NOON)
    (recalled,) = told(fills(fill(1, time=NOON - 60_000), fill(2), isSnapshot=True))
    assert isinstance(recalled, Recalled)
    account.take(recalled)
    for event in told(fills(fill(3), isSnapshot=False)):
        account.take(event)
    (again,) = told(fills(fill(3), fill(2), fill(1, time=NOON - 60_000), isSnapshot=True))
    account.take(again)
    late = {each.trade: each.late for each in account.fills.newest(9)}
    assert late == {"1": False, "2": True, "3": False}
    assert {each.fact.trade for each in account.news.ring if isinstance(each.fact, Filled)} == {"2", "3"}


def test_what_is_somebody_elses_is_not_ours() -> None:
    assert told(fills(fill(), user=AGENT)) == [Ignored("not ours")]
    assert told(fills(fill(), user=ADDRESS.upper().replace("X", "x")))[0] != Ignored("not ours")


# Holdings


def states(*pairs: tuple[str, object]) -> bytes:
    data = {"user": ADDRESS, "clearinghouseStates": [list(pair) for pair in pairs]}
    return spelt({"channel": "allDexsClearinghouseState", "data": data})


def test_positions_of_every_dex_with_what_the_venue_says_of_them() -> None:
    main, other = told(states(("", state(position())), ("xyz", state(position("xyz:TSLA", "3"), free="5.0"))))
    assert isinstance(main, HoldingsTold)
    assert isinstance(other, HoldingsTold)
    (short,) = main.holdings
    assert (short.instrument, short.net, short.entry) == (id_of("BTC"), -qty("0.25"), px("98000.5"))
    assert short.gain == -qty("112.375") * ONE
    assert short.liquidation == px("131313.131313131")
    assert (main.cash, other.cash) == (qty("1000.25"), qty("5"))
    assert other.holdings[0].instrument == id_of("xyz:TSLA")


def test_a_position_without_a_price_of_entry_or_of_liquidation() -> None:
    (told_state,) = told(states(("", state(position(entryPx=None, liquidationPx=None), position("ETH", "0.0")))))
    assert isinstance(told_state, HoldingsTold)
    (only,) = told_state.holdings
    assert (only.entry, only.liquidation) == (None, None)


def spot(*balances: dict[str, object]) -> bytes:
    return spelt({"channel": "spotState", "data": {"user": ADDRESS, "spotState": {"balances": list(balances)}}})


def test_tokens_are_held_as_the_coin_that_they_are_traded_as() -> None:
    tokens = Tokens()
    frame = spot(
        balance("USDC", 0, "500.5", "100.0"),
        balance("HYPE", 150, "10.0", paid="420.0"),
        balance("PURR", 1, "0.0"),
        balance("+10", 100_000_010, "25.0", paid="10.0"),
    )
    assert told(frame, conversation(tokens)) == [Ignored("balances of tokens without a name yet")]
    tokens.learn(PAIRS, NOW)
    (told_spot,) = told(frame, conversation(tokens))
    assert isinstance(told_spot, HoldingsTold)
    assert told_spot.cash == qty("400.5")
    assert [(each.instrument, each.net, each.entry) for each in told_spot.holdings] == [
        (id_of("@107"), qty("10"), px("42")),
        (id_of("#10"), qty("25"), px("0.4")),
    ]


def test_a_token_that_was_listed_since_the_catalogue_was_asked_is_held_and_unclear_beside_the_others() -> None:
    tokens = Tokens()
    tokens.learn(PAIRS, NOW)
    frame = spot(balance("USDC", 0, "1.0"), balance("HYPE", 150, "10.0"), balance("NEW", 999, "7.0"))
    (found,) = told(frame, conversation(tokens))
    assert isinstance(found, HoldingsTold)
    assert (found.cash, [each.instrument for each in found.holdings]) == (qty("1"), [id_of("@107")])
    (unclear,) = found.unclear
    assert unclear.instrument not in (id_of("NEW"), id_of("@107"))  # a perpetual of its name is another thing


# All else


def test_what_is_no_fact_is_counted_and_proves_nothing() -> None:
    for frame in (
        b'{"channel":"pong"}',
        b"Websocket connection established.",
        ack(type="userFills", user=ADDRESS),
        error(f'Already subscribed: {{"type":"userFills","user":"{ADDRESS}"}}'),
    ):
        (event,) = told(frame)
        assert isinstance(event, Ignored)
        assert not event.data
    assert told(updates()) == told(fills()) == [Ignored("no change")]


def test_a_refusal_is_told_in_the_venues_words() -> None:
    (event,) = told(error("Cannot track more than 10 total users."))
    assert isinstance(event, Notice)
    assert "Cannot track more than 10 total users." in event.text
    (event,) = told(error("too many pending post requests id=4"))
    assert (event.number, event.status) == (4, 429)  # type: ignore[union-attr]
    (event,) = told(spelt({"channel": "news", "data": {}}))
    assert isinstance(event, Ignored)
    assert event.unknown


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"channel":7}',
        b'{"channel":"userFills","data":{"user":"0x","user":"0x"}}',
        b"[" * 5_000,
        spelt({"channel": "orderUpdates", "data": {}}),
        spelt({"channel": "userFills", "data": []}),
        spelt({"channel": "spotState", "data": {"user": ADDRESS, "spotState": None}}),
    ],
    ids=repr,
)
def test_what_makes_no_sense_is_refused_and_doubts_no_book(frame: bytes) -> None:
    made = conversation()
    with pytest.raises(VenueError) as caught:
        made.receive(frame, NOW)
    assert not caught.value.resync
    assert made.messages == 1


def test_one_row_that_cannot_be_read_spoils_no_other() -> None:
    recalled, odd = told(fills(fill(), fill(crossed="yes", tid=12), isSnapshot=True))
    assert isinstance(recalled, Recalled)
    assert [each.trade for each in recalled.fills] == ["11"]
    assert isinstance(odd, Rejected)

    states = [["", {"assetPositions": [], "withdrawable": "5.0", "time": NOON}], ["xyz"]]
    held, odd = told(
        spelt({"channel": "allDexsClearinghouseState", "data": {"user": ADDRESS, "clearinghouseStates": states}})
    )
    assert isinstance(held, HoldingsTold)
    assert isinstance(odd, Rejected)


def test_a_position_that_cannot_be_read_is_named_and_the_others_are_told() -> None:
    rows = [
        {"position": {"coin": coin, "szi": size, "entryPx": "100.0", "unrealizedPnl": "0.0", "liquidationPx": None}}
        for coin, size in (("BTC", "5.0"), ("ETH", "1e3"))
    ]
    states = [["", {"assetPositions": rows, "withdrawable": "5.0", "time": NOON}]]
    held, odd = told(
        spelt({"channel": "allDexsClearinghouseState", "data": {"user": ADDRESS, "clearinghouseStates": states}})
    )
    assert isinstance(held, HoldingsTold)
    assert [each.net for each in held.holdings] == [qty("5")]
    assert [each.instrument for each in held.unclear] == [id_of("ETH")]
    assert isinstance(odd, Rejected)


def test_positions_that_cannot_be_read_are_told_of_once() -> None:
    rows = [{"position": {"coin": f"C{n}", "szi": "1e3"}} for n in range(30)]
    made = conversation()

    def push(rows: list[dict[str, Any]]) -> list[type]:
        states = [["", {"assetPositions": rows, "withdrawable": "5.0", "time": NOON}]]
        data = {"user": ADDRESS, "clearinghouseStates": states}
        return [type(each) for each in made.receive(spelt({"channel": "allDexsClearinghouseState", "data": data}), NOW)]

    assert push(rows) == [HoldingsTold, Rejected]
    assert push(rows) == [HoldingsTold]
    assert push(rows[:-1]) == [HoldingsTold, Rejected]
    assert push([]) == [HoldingsTold]


_FIELDS = ["coin", "px", "sz", "side", "time", "oid", "tid", "crossed", "fee"]
_WRONG = st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=30), st.just([]), st.just({}))


@given(st.sampled_from(_FIELDS), _WRONG)
def test_a_wrong_field_is_a_fact_or_a_reject_and_nothing_worse(name: str, wrong: object) -> None:
    frame = json.dumps({"channel": "userFills", "data": {"user": ADDRESS, "fills": [fill() | {name: wrong}]}}).encode()
    try:
        (event,) = told(frame)
    except VenueError:
        return  # a number that is none, such as NaN, spoils the whole message
    assert isinstance(event, Filled | Rejected)


@given(st.binary(max_size=120))
def test_bytes_of_any_kind_raise_nothing_but_a_venue_error(frame: bytes) -> None:
    made = conversation()
    try:
        events = made.receive(frame, NOW)
    except VenueError:
        return
    assert len(events) == made.messages


EVERY_KIND = [
    ack(type="userFills", user=ADDRESS),
    error("Cannot track more than 10 total users."),
    error("too many pending post requests id=7"),
    fills(fill()),
    updates(update()),
    spelt({"channel": "pong"}),
]
"""One of each kind."""


@pytest.mark.parametrize("frame", EVERY_KIND)
def test_an_odd_word_anywhere_in_a_message_raises_nothing_but_a_venue_error(frame: bytes) -> None:
    for odd, place, instead in product(ODD_WORDS, places_in(frame), (0, 1)):
        made = conversation()
        with suppress(VenueError):
            assert len(made.receive(frame[:place] + odd + frame[place + instead :], NOW)) == made.messages
