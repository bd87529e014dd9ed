"""The user channel: what it says, what it reads, and what it keeps to itself."""

from __future__ import annotations

import base64
import json
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.access import Unread
from pmtui.core.account import Account
from pmtui.core.credentials import Credentials, Secret
from pmtui.core.events import Event, Filled, FillState, Ignored, Notice, OrderChanged, OrderState, Rejected, Side
from pmtui.core.ports import Stream, VenueError
from pmtui.core.units import Millis, px, qty
from pmtui.venues.polymarket.user import UserStream

from .frames import NO, SENT, YES, Fields, compact, ident, spaced
from .own_frames import (
    ADDRESS,
    ELSEWHERE,
    KEY,
    ORDER,
    OTHER,
    PASSPHRASE,
    SECONDS,
    SECRET,
    STRANGER,
    TRADE,
    WALLET,
    credentials,
    made,
    order_event,
    part,
    taken,
    theirs,
)

AT = Millis(7)


def stream(address: str = ADDRESS) -> UserStream:
    return UserStream("polymarket account link", "ws://127.0.0.1:1", credentials(address))


def hear(*messages: Fields, from_: UserStream | None = None) -> list[Event]:
    conversation = from_ or stream()
    return [event for each in messages for event in conversation.receive(spaced(each), AT)]


def one_order(**facts: Any) -> OrderChanged:
    (event,) = hear(order_event(**facts))
    assert isinstance(event, OrderChanged)
    return event


def filled(message: Fields) -> list[Filled]:
    return [event for event in hear(message) if isinstance(event, Filled)]


def refused(message: Fields | bytes) -> VenueError:
    with pytest.raises(VenueError) as caught:
        stream().receive(message if isinstance(message, bytes) else spaced(message), AT)
    return caught.value


# What is said


def test_the_opening_frame_has_the_trio_and_no_markets() -> None:
    (frame,) = stream().open()
    assert json.loads(frame) == {
        "auth": {"apiKey": KEY, "secret": SECRET, "passphrase": PASSPHRASE},
        "type": "user",
    }


def test_it_pings_like_the_market_channel_and_follows_everything_by_itself() -> None:
    conversation: Stream = stream()
    assert conversation.heartbeat == (b"PING", b"PONG", 10.0)
    assert conversation.url == "ws://127.0.0.1:1/ws/user"
    assert conversation.instruments == ()
    assert conversation.change([ident(YES)], []) == []
    assert conversation.again([ident(YES)]) == []
    assert conversation.room() == 0
    assert conversation.settled(1000, "all subscribed assets resolved") is None


@pytest.mark.parametrize("host", ["ws://sockets.example", "wss://me@sockets.example", "ws://localhost.evil.example"])
def test_it_does_not_even_begin_where_credentials_must_not_go(host: str) -> None:
    with pytest.raises(Unread) as caught:
        UserStream("polymarket account link", host, credentials())
    assert caught.value.refused


# Orders


def test_blanks_around_a_message_mean_nothing() -> None:
    frame = spaced(order_event())
    assert stream().receive(b" \r\n\t" + frame + b"\n", AT) == stream().receive(frame, AT)


def test_a_placement_is_read_whole() -> None:
    assert one_order(price="0.4850", original_size="182.92", expiration=str(SECONDS + 600), order_type="GTD") == (
        OrderChanged(
            ORDER,
            ident(YES),
            AT,
            Millis(SENT),
            Side.BUY,
            px("0.485"),
            qty("182.92"),
            qty("0"),
            OrderState.WORKING,
            "GTD",
            Millis(SECONDS * 1000),
            Millis(SECONDS * 1000 + 600_000),
            "",
            placed=True,
        )
    )


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({"type": "UPDATE", "size_matched": "25"}, OrderState.WORKING),
        ({"type": "UPDATE", "status": "MATCHED", "size_matched": "100"}, OrderState.FILLED),
        ({"type": "UPDATE", "status": "MATCHED", "size_matched": "99.995"}, OrderState.FILLED),
        ({"type": "UPDATE", "status": "MATCHED", "size_matched": "25"}, OrderState.WORKING),
        ({"type": "UPDATE", "status": "MATCHED", "size_matched": "25", "order_type": "FAK"}, OrderState.CANCELLED),
        ({"type": "UPDATE", "status": "UNMATCHED"}, OrderState.WORKING),
        ({"type": "UPDATE", "status": "DELAYED"}, OrderState.WORKING),
        ({"type": "UPDATE", "status": "ORDER_STATUS_LIVE"}, OrderState.WORKING),
        ({"type": "UPDATE", "status": "SOMETHING_NEW"}, OrderState.WORKING),
        ({"type": "CANCELLATION", "status": "CANCELED"}, OrderState.CANCELLED),
        ({"type": "CANCELLATION", "status": "LIVE"}, OrderState.CANCELLED),
        ({"type": "CANCELLATION", "status": ""}, OrderState.CANCELLED),
        ({"type": "UPDATE", "status": "CANCELED_MARKET_RESOLVED"}, OrderState.CANCELLED),
        ({"type": "CANCELLATION", "status": "INVALID"}, OrderState.REJECTED),
        ({"type": "CANCELLATION", "status": "canceled - by user"}, OrderState.CANCELLED),
        ({"type": "CANCELLATION", "status": "CANCELED", "expiration": str(SECONDS + 30)}, OrderState.CANCELLED),
        (
            {"type": "CANCELLATION", "status": "CANCELED", "expiration": str(SECONDS + 30), "order_type": "GTD"},
            OrderState.EXPIRED,
        ),
        (
            {"type": "CANCELLATION", "status": "CANCELED", "expiration": str(SECONDS + 900), "order_type": "GTD"},
            OrderState.CANCELLED,
        ),
    ],
)
def test_the_first_word_of_a_status_says_where_an_order_stands(facts: Fields, state: OrderState) -> None:
    assert one_order(**facts).state is state


def test_the_free_text_after_a_status_is_the_reason() -> None:
    text = "CANCELED_order couldn't be fully filled. FOK orders are fully filled or killed."
    killed = one_order(type="CANCELLATION", status=text, size_matched="", order_type="FOK", created_at="", outcome="")
    assert killed.reason == "order couldn't be fully filled. FOK orders are fully filled or killed."
    assert (killed.matched, killed.created) == (0, 0)
    assert one_order(status="CANCELED_MARKET_RESOLVED").reason == "market resolved"
    assert one_order(status=f"INVALID key {KEY} is not {ORDER}").reason == "key … is not …"


def test_numbers_may_come_without_quotes_and_times_in_either_unit() -> None:
    event = one_order(created_at=SECONDS, expiration=None, timestamp=SENT, original_size=100, price=0.48)
    assert (event.created, event.expires, event.sent) == (SECONDS * 1000, 0, SENT)
    assert (event.size, event.price) == (qty("100"), px("0.48"))
    assert one_order(created_at=str(SENT)).created == SENT


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("id", "", "id is not an id"),
        ("id", 7, "id is not an id"),
        ("id", "0x\x1b[2J", "id is not an id"),
        ("id", "a" * 201, "id is not an id"),
        ("asset_id", None, "asset_id is not an id"),
        ("asset_id", "junk", "asset_id is not a token's"),
        ("asset_id", "9" * 90, "asset_id is not a token's"),
        ("side", "HOLD", "side is neither BUY nor SELL"),
        ("price", "1", "price is not a number between 0 and 1"),
        ("price", "5e-1", "price is not a number between 0 and 1"),
        ("price", KEY, "price is not a number between 0 and 1"),
        ("original_size", "-5", "original_size is not a plain decimal number"),
        ("original_size", "0", "original_size is nothing"),
        ("original_size", True, "original_size is not a plain decimal number"),
        ("size_matched", KEY, "size_matched is not a plain decimal number"),
        ("event_type", 5, "the kind of event is not a text"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_by_the_name_of_its_field(name: str, value: Any, reason: str) -> None:
    error = refused(order_event(**{name: value}))
    assert (error.reason, error.resync) == (reason, False)


# Trades


def test_a_trade_that_we_took_has_the_outer_numbers() -> None:
    assert filled(taken()) == [
        Filled(
            TRADE,
            ORDER,
            0,
            ident(YES),
            AT,
            Millis(SENT),
            Side.BUY,
            px("0.52"),
            qty("10.5"),
            False,
            FillState.MATCHED,
            Millis(SENT),
            qty("0"),
        )
    ]


def test_a_trade_that_we_made_has_the_numbers_of_our_part_and_not_the_outer_ones() -> None:
    (fill,) = filled(made(theirs(), part(), bucket_index=3))
    assert (fill.order, fill.instrument, fill.side) == (ORDER, ident(YES), Side.BUY)
    assert (fill.price, fill.size, fill.bucket, fill.maker) == (px("0.48"), qty("25"), 3, True)


def test_a_trade_may_fill_several_orders_of_ours_and_counts_as_so_many_messages() -> None:
    conversation = stream()
    message = made(part(), theirs(), part(order_id="0x3", price="0.47", matched_amount="5"))
    found = hear(message, from_=conversation)
    assert [(each.order, each.size) for each in found if isinstance(each, Filled)] == [
        (ORDER, qty("25")),
        ("0x3", qty("5")),
    ]
    assert conversation.messages == 2


def test_an_order_that_is_in_one_trade_twice_is_one_fill_of_both_sizes() -> None:
    (fill, other) = filled(made(part(matched_amount="5"), part(order_id="0x3"), part(matched_amount="7.5")))
    assert (fill.order, fill.size, other.order) == (ORDER, qty("12.5"), "0x3")
    for odd in ({"price": "0.47"}, {"side": "SELL"}, {"asset_id": NO}):
        reason = refused(made(part(matched_amount="5"), part(matched_amount="7.5", **odd))).reason
        assert reason == "an order of ours is in maker_orders twice, and not at one price"


def test_our_part_is_known_by_our_key_our_address_or_the_wallet_of_our_orders() -> None:
    by_wallet = made(part(owner=STRANGER), theirs())
    assert refused(by_wallet).reason == "a trade that we made names no order of ours"
    by_address = made(part(owner=STRANGER, maker_address=ADDRESS.lower()), theirs())
    assert [each.order for each in filled(by_address)] == [ORDER]
    conversation = stream()
    hear(order_event(), from_=conversation)
    assert [each.order for each in hear(by_wallet, from_=conversation) if isinstance(each, Filled)] == [ORDER]


def test_the_wallet_of_a_strangers_order_is_not_ours() -> None:
    conversation = stream()
    hear(order_event(owner=STRANGER, maker_address=ELSEWHERE), taken(maker_address=ELSEWHERE), from_=conversation)
    (fill,) = hear(made(part(), theirs()), from_=conversation)
    assert isinstance(fill, Filled)
    assert fill.order == ORDER


def test_the_only_part_of_a_trade_that_we_made_is_ours() -> None:
    assert [each.order for each in filled(made(theirs()))] == [OTHER]


def test_a_side_that_is_left_out_follows_from_the_takers() -> None:
    old = {name: value for name, value in part().items() if name != "side"}
    assert filled(made(old, side="BUY", asset_id=YES))[0].side is Side.SELL
    assert filled(made(old, side="SELL", asset_id=YES))[0].side is Side.BUY
    assert filled(made(old, side="BUY", asset_id=NO))[0].side is Side.BUY


def test_a_role_that_is_left_out_follows_from_the_names() -> None:
    assert [each.maker for each in filled(taken(trader_side=None))] == [False]
    assert [each.maker for each in filled(made(part(), trader_side=None))] == [True]
    assert hear(made(theirs(), trader_side=None)) == [Ignored("not ours")]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("MATCHED", FillState.MATCHED),
        ("MINED", FillState.MINED),
        ("CONFIRMED", FillState.CONFIRMED),
        ("RETRYING", FillState.RETRYING),
        ("FAILED", FillState.FAILED),
        ("CONFIRMED - included in block 1234", FillState.CONFIRMED),
        ("FAILED: reverted", FillState.FAILED),
        ("RETRYING_after a reorg", FillState.RETRYING),
        ("TRADE_STATUS_MINED", FillState.MINED),
        ("TRADE_STATUS_MATCHED_NOT_BROADCASTED", FillState.MATCHED),
        ("confirmed", FillState.CONFIRMED),
        ("BROADCASTED", FillState.MATCHED),
    ],
)
def test_the_first_word_of_a_status_says_how_far_a_fill_is_settled(status: str, state: FillState) -> None:
    assert filled(taken(status=status))[0].state is state


def test_when_it_was_matched_stays_and_when_it_was_said_moves() -> None:
    later = filled(taken(status="MINED", timestamp=str(SENT + 9_000)))[0]
    assert (later.sent, later.updated) == (SECONDS * 1000, SENT + 9_000)
    found = Account()
    for fact in (later, *filled(taken())):
        found.take(fact)
    (known,) = found.fills.newest(9)
    assert (known.sent, known.updated) == (SENT, SENT + 9_000)
    assert filled(taken(match_time=None, matchtime=str(SECONDS), status="MINED"))[0].sent == SECONDS * 1000
    assert filled(taken(match_time=None))[0].sent == SENT
    assert filled(taken(match_time="2026-11-20T07:00:00Z", timestamp=None, last_update=None))[0].updated == 0
    assert filled(taken(match_time="2026-11-20T07:00:00Z"))[0].sent == 1_795_158_000_000
    assert filled(taken(match_time="-5", timestamp="12", last_update="9" * 19))[0].sent == 0
    for absurd in (
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+14:00",
        "2200-01-01T00:00:00Z",
        "1969-01-01T00:00",
    ):
        assert filled(taken(match_time=absurd, timestamp=None, last_update=None))[0].sent == 0


NANOS = SECONDS * 10**9


@pytest.mark.parametrize(
    ("facts", "ms"),
    [
        ({"timestamp": str(SECONDS * 1000 + 321)}, 321),
        ({"timestamp": str(SECONDS * 1000 + 1_250)}, 999),
        ({"timestamp": str(SECONDS * 1000 + 2_000)}, 0),
        ({"timestamp": str(SECONDS * 1000 - 1)}, 0),
        ({"timestamp": str(SECONDS * 1000 + 321), "status": "CONFIRMED"}, 0),
        ({"match_time_nano": str(NANOS + 123_456_789), "status": "CONFIRMED"}, 123),
        ({"match_time_nano": str(NANOS + 123_456_789), "match_time": None}, 123),
        ({"match_time_nano": str(NANOS + 10**9), "status": "MINED"}, 0),
        ({"match_time_nano": "9" * 25, "status": "MINED"}, 0),
        ({"match_time_nano": None, "status": "MINED"}, 0),
    ],
)
def test_a_match_has_its_milliseconds_where_they_are_told(facts: Fields, ms: int) -> None:
    assert filled(taken(**facts))[0].sent == SECONDS * 1000 + ms


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (taken(status=None), "status is missing"),
        (taken(status=" "), "status is missing"),
        (taken(size="0"), "size is nothing"),
        (taken(taker_order_id=None), "taker_order_id is not an id"),
        (taken(bucket_index=-1), "bucket_index is not a small number"),
        (taken(bucket_index="many"), "bucket_index is not a small number"),
        (taken(maker_orders={}), "maker_orders is not a list"),
        (made(part(matched_amount="1_000")), "matched_amount is not a plain decimal number"),
        (made(theirs(), theirs()), "a trade that we made names no order of ours"),
    ],
)
def test_a_trade_that_makes_no_sense_is_refused(message: Fields, reason: str) -> None:
    assert refused(message).reason == reason


def test_a_match_at_an_average_price_is_exact_though_off_the_grid() -> None:
    assert filled(taken(price="0.012857"))[0].price == px("0.012857")


@pytest.mark.parametrize(
    ("told", "price"),
    [
        ("0.5714285714285714", "0.571428571"),
        ("0.5714285715", "0.571428572"),
        ("0.5714285725", "0.571428572"),
        ("0.57142857250000000001", "0.571428573"),
        (".1234567891", "0.123456789"),
        (0.30000000000000004, "0.3"),
    ],
)
def test_an_average_that_is_finer_than_a_billionth_is_rounded(told: object, price: str) -> None:
    assert filled(taken(price=told))[0].price == px(price)


@pytest.mark.parametrize(
    "told",
    ["0." + "1" * 40, "0.9999999999", "0.0000000001", "5.714285714285714e-1", "-0.5714285714285", "0.57142857142x"],
)
def test_an_average_that_makes_no_sense_is_refused(told: str) -> None:
    assert refused(taken(price=told)).reason == "price is not a number between 0 and 1"


def test_duplicates_and_states_in_any_order_make_one_fill() -> None:
    found = Account()
    states = ("MINED", "MATCHED", "CONFIRMED - done", "MATCHED", "MINED")
    for event in hear(*(taken(status=status) for status in states)):
        found.take(event)
    assert found.position(ident(YES)).net == qty("10.5")
    assert [each.state for each in found.fills.newest(9)] == [FillState.CONFIRMED]


# Everything else


def test_pongs_and_words_are_no_data() -> None:
    assert stream().receive(b"PONG", AT) == (Ignored("pong", data=False),)
    assert stream().receive(b"you were too slow", AT) == (Notice(AT, "the venue says: you were too slow", slow=True),)
    assert stream().receive(b" ", AT) == (Rejected(AT, "an empty message", ""),)


def test_kinds_that_are_new_are_ignored_and_complaints_are_told() -> None:
    assert hear({"event_type": "reward", "id": 1}) == [Ignored("unknown kind reward", unknown=True, at=AT)]
    assert hear({"error": "invalid credentials"}) == [Notice(AT, "the venue says: invalid credentials")]
    assert refused({"price": "0.5"}).reason == "no kind of event is named"


def test_older_messages_name_no_kind_but_a_type() -> None:
    message = {name: value for name, value in order_event().items() if name != "event_type"}
    assert isinstance(hear(message)[0], OrderChanged)


def test_a_list_is_taken_item_by_item() -> None:
    conversation = stream()
    events = conversation.receive(compact([order_event(), order_event(side=""), taken()]), AT)
    assert [type(each) for each in events] == [OrderChanged, Rejected, Filled]
    assert conversation.messages == 3
    assert conversation.receive(b"[]", AT) == []


@pytest.mark.parametrize(
    "frame",
    [
        b"{",
        b"[{",
        b'{"event_type":"order","event_type":"trade"}',
        b"null",
        b'"x"',
        b"7",
        b"\xff\xfe",
        b"[1]" * 2,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"{'event_type':'order'}",
        b'{"event_type":"order","price":NaN}',
        b"[[]]",
    ],
)
def test_damage_is_refused_or_rejected_and_nothing_else_escapes(frame: bytes) -> None:
    try:
        events = stream().receive(frame, AT)
    except VenueError as error:
        assert not error.resync  # noqa: PT017  # either way is right
    else:
        assert all(isinstance(each, Rejected) and not each.doubted for each in events)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.sampled_from([KEY, "0.5"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from([order_event(), taken(), made()]),
    st.dictionaries(st.sampled_from([*order_event(), *taken()]), JSON, max_size=4),
)
def test_no_value_of_any_field_gets_anything_but_facts_or_a_refusal(message: Fields, facts: Fields) -> None:
    conversation = stream()
    try:
        events = conversation.receive(compact(message | facts), AT)
    except VenueError as error:
        told = f"{error.reason}{error.sample}"
    else:
        assert len(events) == conversation.messages
        told = "".join(str(each) for each in events if isinstance(each, Notice | Rejected | Ignored))
    assert not leaks(told)


# Nothing leaks


def leaks(text: str) -> bool:
    """Whether a part of a credential, in some spelling, stands in a text."""
    for secret in (KEY, SECRET, PASSPHRASE):
        spellings = [secret, secret.encode().hex(), base64.b64encode(secret.encode()).decode(), secret[::-1]]
        if any(each[n : n + 8].lower() in text.lower() for each in spellings for n in range(len(each) - 7)):
            return True
    return False


@pytest.mark.parametrize(
    "secret",
    [
        KEY,
        KEY.upper(),
        KEY.replace("-", ""),
        SECRET.strip("="),
        PASSPHRASE,
        f"0x{PASSPHRASE}",
        PASSPHRASE[7:30],
        f"a-{KEY}",
    ],
)
@pytest.mark.parametrize(
    ("message", "name"),
    [(order_event(), "id"), (order_event(), "asset_id"), (taken(), "id"), (taken(), "taker_order_id")],
)
def test_a_part_of_our_credentials_is_no_id(message: Fields, name: str, secret: str) -> None:
    error = refused(message | {name: secret})
    assert error.reason == f"{name} is no id but a part of our credentials"
    assert not leaks(error.sample)


def test_short_credentials_refuse_no_ids_that_are_somebody_elses() -> None:
    account = UserStream("u", "ws://127.0.0.1:1", Credentials(Secret("made-00-up"), Secret("1a"), Secret("")))
    assert len(account.receive(compact(order_event()), AT)) == 1
    with pytest.raises(VenueError):
        account.receive(compact(order_event(id="0xMade00up")), AT)


def spelt_out(text: str) -> bytes:
    """As JSON may write it."""
    return "".join(f"\\u{ord(each):04x}" for each in text).encode()


@pytest.mark.parametrize("cut", [60, 90, 120, 155, 180, 200, 220, 400])
@pytest.mark.parametrize("message", [order_event(), taken(), made(), {"auth": {"apiKey": KEY, "secret": SECRET}}])
def test_a_refusal_quotes_no_credential_wherever_the_message_is_cut(message: Fields, cut: int) -> None:
    frame = spaced(message)[:cut]
    for each in (frame, b"[" + frame, frame.replace(KEY.encode(), spelt_out(KEY)), b"\xff" + frame):
        error = refused(each)
        told = "".join(traceback.format_exception(error))
        assert not leaks(f"{error.reason}{error.sample}{told}")
        assert error.__cause__ is None


@pytest.mark.parametrize("words", [f"bad key {KEY}", KEY, f"secret={SECRET}", f"{PASSPHRASE[:20]} {PASSPHRASE[20:]}"])
def test_words_of_the_venue_are_told_without_what_may_be_ours(words: str) -> None:
    facts = hear({"error": words}, {"event_type": words})
    for frame in (words.encode(), b"x" + words.encode()):
        try:
            facts += stream().receive(frame, AT)
        except VenueError as error:
            assert not leaks(f"{error.reason}{error.sample}")  # noqa: PT017  # either way is right
    assert not leaks(str(facts))


def test_a_conversation_shows_nothing_of_itself() -> None:
    conversation = stream()
    assert not leaks(repr(conversation) + repr(vars(conversation)))


def test_a_sample_still_says_what_kind_of_message_it_was() -> None:
    sample = refused(order_event(side="HOLD", owner=KEY, maker_address=WALLET)).sample
    assert sample.startswith('{"event_type":"order", "type":"PLACEMENT", "id":"…", "owner":"…", "order_owner":"…"')


def test_nothing_is_read_behind_the_twenty_first_bad_item_of_a_list() -> None:
    conversation = stream()

    events = conversation.receive(spaced([order_event(), *[7] * 30, order_event()]), AT)

    assert [type(each) for each in events] == [OrderChanged, *[Rejected] * 22]
    assert conversation.messages == len(events)


def test_a_list_that_is_much_too_long_cuts_the_link_and_quotes_nothing() -> None:
    with pytest.raises(VenueError) as found:
        stream().receive(spaced([KEY] * 20_000), AT)
    assert found.value.cut
    assert KEY not in found.value.sample
