"""The market channel's codec: frames of every kind, and what is said to the venue."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.events import (
    NO_ASK,
    NO_BID,
    UNTOLD,
    UNTOLD_TOP,
    Appeared,
    BookDelta,
    BookSnapshot,
    Ignored,
    Notice,
    Rejected,
    Resolved,
    Side,
    TickChanged,
    TopTold,
    Trade,
)
from pmtui.core.ports import VenueError
from pmtui.core.units import ONE, Millis, px, qty
from pmtui.venues.polymarket.market import CAPACITY, CHUNK, MarketStream
from tests.examples import more

from .frames import (
    ASKS,
    BIDS,
    ELSEWHERE,
    FOREIGN,
    MARKET,
    MESSAGES,
    NO,
    SENT,
    YES,
    Fields,
    Talk,
    answered,
    best_bid_ask,
    book,
    change,
    compact,
    flat_price_change,
    ident,
    last_trade,
    later_book,
    market_resolved,
    new_market,
    old_price_change,
    opened,
    plain,
    price_change,
    spaced,
    tick_size,
)

pytestmark = pytest.mark.usefixtures("road")

AT = Millis(7)
CALM = (px("0.48"), px("0.52"))


def said(frames: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(frame) for frame in frames]


def many(count: int, first: int = 0) -> list[str]:
    return [f"{n:077d}" for n in range(first, first + count)]


# What is said


def test_the_opening_frame_has_the_venues_odd_spelling_and_asks_for_custom_events() -> None:
    assert said(opened(YES, NO).open()) == [
        {"assets_ids": [YES, NO], "type": "market", "custom_feature_enabled": True},
    ]


def test_many_tokens_open_with_one_opening_frame_and_go_on_with_operations() -> None:
    tokens = many(CAPACITY)
    first, second = said(opened(*tokens).open())

    assert (first["type"], second["operation"]) == ("market", "subscribe")
    assert "type" not in second
    assert second["custom_feature_enabled"] is True
    assert first["assets_ids"] + second["assets_ids"] == tokens
    assert max(len(first["assets_ids"]), len(second["assets_ids"])) <= CHUNK


def test_an_opening_without_tokens_is_still_said() -> None:
    stream = MarketStream("m", "wss://example.invalid", [])

    assert said(stream.open()) == [{"assets_ids": [], "type": "market", "custom_feature_enabled": True}]


def test_changing_the_subscription_drops_before_it_adds() -> None:
    stream = opened(YES)

    assert said(stream.change([ident(NO)], [ident(YES)]) or []) == [
        {"operation": "unsubscribe", "assets_ids": [YES]},
        {"operation": "subscribe", "assets_ids": [NO], "custom_feature_enabled": True},
    ]
    assert stream.instruments == (ident(NO),)


def test_a_large_change_is_said_in_chunks() -> None:
    stream = opened(*many(150))

    frames = said(stream.change([ident(each) for each in many(150, 500)], stream.instruments) or [])

    assert [(frame["operation"], len(frame["assets_ids"])) for frame in frames] == [
        ("unsubscribe", CHUNK),
        ("unsubscribe", 50),
        ("subscribe", CHUNK),
        ("subscribe", 50),
    ]


def test_what_is_followed_already_is_not_asked_for_again() -> None:
    assert opened(YES).change([ident(YES)], [ident(NO)]) == []


def test_a_fresh_book_takes_leaving_and_coming_back() -> None:
    assert [(frame["operation"], frame["assets_ids"]) for frame in said(opened(YES, NO).again([ident(NO)]))] == [
        ("unsubscribe", [NO]),
        ("subscribe", [NO]),
    ]


def test_fresh_books_of_strangers_are_not_asked_for() -> None:
    assert opened(YES).again([ident(FOREIGN)]) == []


def test_d17_after_any_change_the_next_opening_says_just_what_is_wanted() -> None:
    stream = opened(YES)
    stream.change([ident(NO), ident(FOREIGN)], [])
    stream.change([], [ident(YES)])

    assert said(stream.open())[0]["assets_ids"] == [NO, FOREIGN]


def test_d16_the_room_is_what_is_left_of_two_hundred() -> None:
    stream = opened(*many(199))
    assert stream.room() == 1

    stream.change([ident(YES)], [])

    assert stream.room() == 0


@pytest.mark.parametrize(
    ("code", "reason", "over"),
    [
        (1000, "all subscribed assets resolved", True),
        (1000, "", False),
        (1001, "going away", False),
        (1006, "all subscribed assets resolved", False),
        (1013, "slow consumer: send buffer full", False),
    ],
)
def test_only_a_close_because_everything_is_settled_speaks_of_settlements(code: int, reason: str, over: bool) -> None:
    assert (opened().settled(code, reason) is not None) is over


@pytest.mark.parametrize(
    ("done", "settled"),
    [
        ("", [YES, NO]),
        ("asked", [YES]),
        ("asked told", [YES, NO]),
        ("asked later", [YES]),
        ("asked asked told", [YES]),
        ("asked asked told told", [YES, NO]),
        ("joined", [YES, NO]),
        ("left", [YES]),
        ("opened", []),
    ],
)
def test_a_close_settles_only_what_the_venue_had_answered_for(done: str, settled: list[str]) -> None:
    stream = answered(YES, NO)
    does: dict[str, Callable[[], object]] = {
        "asked": lambda: stream.again([ident(NO)]),
        "told": lambda: stream.receive(compact(book(token=NO)), AT),
        "later": lambda: stream.receive(compact(later_book(token=NO)), AT),
        "joined": lambda: stream.change([ident(FOREIGN)], []),
        "left": lambda: stream.change([], [ident(NO)]),
        "opened": stream.open,
    }
    for what in done.split():
        does[what]()

    assert stream.settled(1000, "all subscribed assets resolved") == [ident(each) for each in settled]


def test_the_heartbeat_is_the_text_the_venue_answers() -> None:
    stream = opened()

    assert (stream.heartbeat.say, stream.heartbeat.every) == (b"PING", 10.0)
    assert stream.url == "wss://example.invalid/ws/market"


# Books


def first_book(message: Fields) -> BookSnapshot:
    (event,) = opened(YES).receive(compact([message]), AT)
    assert isinstance(event, BookSnapshot)
    return event


def test_a_first_book_is_read_whole() -> None:
    event = first_book(book())

    assert (event.instrument, event.at, event.sent, event.market) == (ident(YES), AT, SENT, MARKET)
    assert event.bids == {px("0.46"): qty("20"), px("0.47"): qty("5.5"), px("0.48"): qty("172.92")}
    assert event.asks == {px("0.54"): qty("20"), px("0.53"): qty("5.5"), px("0.52"): qty("182.92")}
    assert (event.tick, event.last, event.initial) == (px("0.01"), "0.500", True)
    assert event.digest == book()["hash"]


@pytest.mark.parametrize("said", ["", MARKET])
def test_a_later_book_is_of_the_market_that_is_known(said: str) -> None:
    (event,) = answered().receive(compact(later_book(market=said)), AT)

    assert isinstance(event, BookSnapshot)
    assert event.market == MARKET


def test_a_later_book_says_nothing_of_tick_and_last_price() -> None:
    (event,) = answered().receive(spaced(later_book()), AT)

    assert isinstance(event, BookSnapshot)
    assert (event.tick, event.last, event.initial) == (0, None, False)


def test_one_array_brings_a_book_for_each_token() -> None:
    stream = opened(YES, NO)

    events = stream.receive(compact([book(), book(token=NO)]), AT)

    assert [event.instrument for event in events if isinstance(event, BookSnapshot)] == [ident(YES), ident(NO)]
    assert stream.messages == 2


def test_a_listed_token_that_was_never_quoted_has_an_empty_book() -> None:
    event = first_book(book((), (), hash="0" * 40, last_trade_price=""))

    assert (event.bids, event.asks, event.last) == ({}, {}, "")


def test_s7_an_unsorted_book_is_the_same_book() -> None:
    whole = first_book(book())
    turned = first_book(book(BIDS[::-1], ASKS[::-1]))

    assert (turned.bids, turned.asks) == (whole.bids, whole.asks)


def test_levels_without_size_are_left_out_of_a_book() -> None:
    assert first_book(book((("0.47", "0"), ("0.48", "1")))).bids == {px("0.48"): qty("1")}


def test_s10_two_hundred_thousand_levels_are_read() -> None:
    message = book(tick_size="0.0001")
    message["bids"] = [{"price": f"0.{n:04d}", "size": "1"} for n in range(1, 4_000)]
    message["asks"] = [{"price": f"0.{n:04d}", "size": "1"} for n in range(4_000, 10_000)]

    event = first_book(message)

    assert len(event.bids) + len(event.asks) == 9_999


def test_an_array_may_mix_kinds() -> None:
    events = answered().receive(
        spaced([price_change(change()), last_trade(), {"event_type": "zork"}, later_book(), tick_size()]), AT
    )

    assert [type(event) for event in events] == [BookDelta, Trade, Ignored, BookSnapshot, TickChanged]


def test_an_empty_array_is_noted() -> None:
    (event,) = opened().receive(b"[]", AT)

    assert isinstance(event, Notice)


# Price changes


def moves(frame: bytes, *tokens: str) -> BookDelta:
    (event,) = answered(*tokens).receive(frame, AT)
    assert isinstance(event, BookDelta)
    return event


def test_a_price_change_tells_level_total_top_and_hash() -> None:
    event = moves(spaced(price_change(change("0.47", "55"), change("0.53", "0", "SELL"))))

    assert (event.at, event.sent) == (AT, SENT + 100)
    assert event.moves == [
        (ident(YES), True, px("0.47"), qty("55"), CALM, "b" * 40),
        (ident(YES), False, px("0.53"), 0, CALM, "b" * 40),
    ]


def test_one_price_change_moves_both_outcomes() -> None:
    frame = spaced(price_change(change(), change("0.53", "55", "SELL", token=NO)))

    assert [move[0] for move in moves(frame, YES, NO).moves] == [ident(YES), ident(NO)]


def test_the_schema_of_2025_has_one_token_and_no_top() -> None:
    event = moves(compact(old_price_change(change("0.47", "55"), change("0.53", "0", "SELL"))))

    assert event.moves == [
        (ident(YES), True, px("0.47"), qty("55"), UNTOLD_TOP, "b" * 40),
        (ident(YES), False, px("0.53"), 0, UNTOLD_TOP, "b" * 40),
    ]


def test_the_oldest_schema_has_one_level() -> None:
    event = moves(compact(flat_price_change()))

    assert event.moves == [(ident(YES), True, px("0.47"), qty("55"), UNTOLD_TOP, "b" * 40)]
    assert event.sent == SENT + 100


@pytest.mark.parametrize("token", [YES, FOREIGN])
@pytest.mark.parametrize("schema", [old_price_change, flat_price_change])
def test_the_older_schemas_of_a_stranger_are_not_wanted(schema: Any, token: str) -> None:
    (event,) = answered().receive(compact(schema(asset_id=token)), AT)

    assert isinstance(event, Ignored) == (token == FOREIGN or schema is old_price_change)


EMPTY_SIDES = [("0", NO_BID, "1", NO_ASK), ("", NO_BID, "", NO_ASK), ("0.00", NO_BID, "1.0", NO_ASK)]


@pytest.mark.parametrize(("bid", "told_bid", "ask", "told_ask"), EMPTY_SIDES)
def test_n16_every_way_to_tell_an_empty_side_is_understood(bid: str, told_bid: int, ask: str, told_ask: int) -> None:
    event = moves(spaced(price_change(change(best_bid=bid), change(best_ask=ask))))

    assert [move[4] for move in event.moves] == [(told_bid, px("0.52")), (px("0.48"), told_ask)]


def test_a_top_that_is_left_out_is_not_an_empty_side() -> None:
    entry = change()
    del entry["best_bid"]

    assert moves(spaced(price_change(entry))).moves[0][4] == (UNTOLD, px("0.52"))


def test_a_top_of_null_is_not_an_empty_side() -> None:
    talk = Talk()
    before = len(talk.board().book.bids)

    talk.take(spaced(price_change(change(best_bid=None))))
    talk.store.check(Millis(1_000))

    assert len(talk.board().book.bids) == before


@pytest.mark.parametrize("wrap", [lambda message: message, lambda message: [message]], ids=["alone", "in a list"])
def test_s15_an_empty_list_of_changes_is_no_error(wrap: Any) -> None:
    assert Talk().outcome(spaced(wrap(price_change()))) in ("OK", "ignored")


def test_a_price_change_before_the_first_book_is_understood() -> None:
    (event,) = opened().receive(spaced(price_change(change())), AT)

    assert isinstance(event, BookDelta)


@pytest.mark.parametrize("tick", ["0.1", "0.01", "0.005", "0.0025", "0.001", "0.0001"])
def test_every_tick_of_the_venue_is_read(tick: str) -> None:
    stream = opened()
    stream.receive(compact([book((("0.1", "1"),), (("0.9", "1"),), tick_size=tick)]), AT)
    price = {"0.005": "0.505", "0.0025": "0.5025"}.get(tick, "0.5" + "1" * (len(tick) - 3))

    (event,) = stream.receive(spaced(price_change(change(price))), AT)

    assert isinstance(event, BookDelta)
    assert event.moves[0][2] == px(price)


# Strangers


def test_the_other_outcome_appears_once() -> None:
    stream = answered(YES)
    frame = spaced(price_change(change(), change("0.53", "55", "SELL", token=NO)))

    first, second = stream.receive(frame, AT), stream.receive(frame, AT)

    assert [type(event) for event in first] == [Appeared, BookDelta]
    assert first[0] == Appeared(ident(YES), AT, ident(NO))
    assert [type(event) for event in second] == [BookDelta]
    assert [move[0] for move in second[0].moves] == [ident(YES)]  # type: ignore[union-attr]
    assert stream.messages == 3


def test_a_new_connection_may_name_the_other_outcome_again() -> None:
    stream = answered(YES)
    frame = spaced(price_change(change(), change("0.53", "55", "SELL", token=NO)))
    stream.receive(frame, AT)

    stream.open()

    assert isinstance(stream.receive(frame, AT)[0], Appeared)


@pytest.mark.parametrize(
    "message",
    [
        book(token=FOREIGN),
        price_change(change(token=FOREIGN), market=ELSEWHERE),
        last_trade(asset_id=FOREIGN),
        tick_size(asset_id=FOREIGN),
        best_bid_ask(asset_id=FOREIGN),
        market_resolved(assets_ids=[FOREIGN, NO], winning_asset_id=FOREIGN, market=ELSEWHERE),
        new_market(),
        {"event_type": "zork", "asset_id": YES},
    ],
    ids=lambda message: str(message["event_type"]),
)
def test_d13_what_nobody_asked_for_is_ignored(message: Fields) -> None:
    (event,) = answered(YES).receive(spaced(message), AT)

    assert isinstance(event, Ignored)


# Trades, ticks, tops, settlements


def test_a_trade_is_read_exactly() -> None:
    (event,) = answered().receive(spaced(last_trade()), AT)

    reference = "0x" + "ee" * 32
    assert event == Trade(ident(YES), AT, Millis(SENT + 100), px("0.456"), qty("219.217767"), Side.BUY, reference)


def test_a_trade_may_do_without_fee_and_transaction() -> None:
    message = last_trade(side="SELL", fee_rate_bps="")
    del message["transaction_hash"]

    (event,) = answered().receive(spaced(message), AT)

    assert isinstance(event, Trade)
    assert (event.side, event.reference) == (Side.SELL, "")


def test_a_tick_change_names_both_ticks_and_moves_the_grid() -> None:
    stream = answered()

    (event,) = stream.receive(spaced(tick_size()), AT)

    assert event == TickChanged(ident(YES), AT, Millis(SENT + 100), px("0.01"), px("0.001"))
    assert isinstance(stream.receive(spaced(price_change(change("0.475"))), AT)[0], BookDelta)


def test_a_coarser_tick_refuses_the_old_grid() -> None:
    stream = answered()
    stream.receive(spaced(tick_size("0.01", "0.1")), AT)

    with pytest.raises(VenueError):
        stream.receive(spaced(price_change(change("0.47"))), AT)


@pytest.mark.parametrize(
    ("bid", "ask", "top"),
    [
        ("0.73", "0.77", (px("0.73"), px("0.77"))),
        ("", "0.77", (NO_BID, px("0.77"))),
        ("0.73", "", (px("0.73"), NO_ASK)),
        ("0", "1", (NO_BID, NO_ASK)),
    ],
)
def test_a_best_bid_and_ask_is_a_promise(bid: str, ask: str, top: tuple[int, int]) -> None:
    (event,) = answered().receive(spaced(best_bid_ask(bid, ask)), AT)

    assert event == TopTold(ident(YES), AT, Millis(SENT + 100), top)  # type: ignore[arg-type]


def test_a_best_bid_and_ask_that_leaves_one_out_promises_nothing_about_it() -> None:
    talk = Talk()
    message = best_bid_ask()
    del message["best_bid"]

    talk.take(spaced(message))
    talk.store.check(Millis(3_000))

    assert talk.board().doubt.why == ""


def test_a_settlement_names_the_winner_and_whom_it_concerns() -> None:
    (event,) = answered(YES, NO).receive(spaced(market_resolved()), AT)

    assert isinstance(event, Resolved)
    assert set(event.instruments) == {ident(YES), ident(NO)}
    assert (event.winner, event.outcome, event.sent) == (ident(YES), "Yes", SENT + 100)


def test_a_settlement_of_an_earlier_market_of_the_series_is_not_ours() -> None:
    talk = Talk()

    talk.take(spaced(market_resolved(market=ELSEWHERE, assets_ids=["1" * 77, "2" * 77], winning_asset_id="1" * 77)))

    assert talk.board().resolved is None


HERE, THERE, STRANGERS = "6" * 77, "7" * 77, ("1" * 77, "2" * 77)
"""The tokens of two other markets that are watched, and of one that is not."""


@pytest.mark.parametrize(
    "said",
    [
        {"market": ELSEWHERE},
        {"assets_ids": STRANGERS, "winning_asset_id": STRANGERS[0]},
        {"winning_asset_id": STRANGERS[0]},
        {"assets_ids": None, "winning_asset_id": STRANGERS[0]},
        {"assets_ids": [YES, *STRANGERS]},
        {"assets_ids": [YES, STRANGERS[0]]},
        {"assets_ids": [YES, THERE]},
        {"assets_ids": [THERE], "market": ELSEWHERE},
        {"assets_ids": [THERE, HERE], "winning_asset_id": HERE},
        {"assets_ids": [THERE, HERE], "winning_asset_id": HERE, "market": ""},
        {"assets_ids": [YES, THERE], "market": None},
    ],
)
def test_s17_a_settlement_that_contradicts_what_is_known_of_market_and_tokens_is_rejected(said: Fields) -> None:
    talk = Talk(YES, NO, HERE, THERE, first=False)
    talk.take(spaced([book(), book(token=NO), book(token=HERE, market=ELSEWHERE), book(token=THERE, market="0xthird")]))

    (event,) = talk.take(spaced(market_resolved(**said)))

    assert isinstance(event, Rejected)
    assert event.doubted
    assert all(board.resolved is None for board in talk.store.boards.values())
    assert {each for each, board in talk.store.boards.items() if board.doubt} == set(event.doubted)


@pytest.mark.parametrize("tokens", [(YES, NO), (YES,), (NO,)])
@pytest.mark.parametrize("winner", [YES, NO])
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    "said",
    [{}, {"market": None}, {"market": ""}, {"assets_ids": None}, {"assets_ids": []}, {"assets_ids": [YES]}],
)
def test_a_settlement_that_leaves_something_out_counts_by_what_it_names(
    tokens: tuple[str, ...], winner: str, known: bool, said: Fields
) -> None:
    talk = Talk(*tokens, first=known)
    message = market_resolved(winning_asset_id=winner, **said)

    talk.take(spaced(message))

    by_id = {winner, *(message["assets_ids"] or ())}
    expected = {each for each in tokens if each in by_id or (known and message["market"])}
    assert {each for each in tokens if talk.board(each).resolved} == expected
    assert not any(talk.board(each).doubt for each in tokens)


def test_a_settlement_is_matched_by_its_market_too() -> None:
    talk = Talk(NO)
    message = market_resolved()
    del message["assets_ids"]

    talk.take(spaced(message))

    assert talk.board(NO).resolved is not None


# One message, many spellings


def events_of(frame: bytes, *tokens: str) -> list[tuple[object, ...]]:
    return plain(answered(*tokens).receive(frame, AT))


def reordered(message: Any, data: st.DataObject) -> Any:
    """The same message with its keys in another order and, now and then, one nobody knows."""
    if isinstance(message, list):
        return [reordered(each, data) for each in message]
    if not isinstance(message, dict):
        return message
    keys = data.draw(st.permutations(list(message)))
    extra: Fields = data.draw(st.sampled_from([{}, {"zork": 1}, {"__class__": {"a": [None, "b:c", 0.5]}}, {"z": ':"'}]))
    return {key: reordered(message[key], data) for key in keys} | extra


@more(2)
@given(st.sampled_from(sorted(MESSAGES)), st.data())
def test_spacing_key_order_and_unknown_keys_change_nothing(kind: str, data: st.DataObject) -> None:
    message = MESSAGES[kind]
    separators = data.draw(st.sampled_from([(",", ":"), (", ", ":"), (", ", ": "), (" ,\n", "\t:  ")]))
    around = data.draw(st.sampled_from(["", " ", "\r\n\t"]))
    other = f"{around}{json.dumps(reordered(message, data), separators=separators)}{around}".encode()

    assert events_of(other) == events_of(spaced(message))


@pytest.mark.parametrize("kind", sorted(MESSAGES))
def test_a_message_in_a_list_means_the_same_as_alone(kind: str) -> None:
    assert events_of(spaced([MESSAGES[kind]])) == events_of(spaced(MESSAGES[kind]))


price = st.integers(1, 99).map(lambda n: f"0.{n:02d}".rstrip("0") if n % 10 == 0 else f"0.{n:02d}")
size = st.one_of(st.just("0"), st.integers(1, 10**6).map(str), st.sampled_from(["0.5", "219.217767", "0.0000001"]))
entry = st.builds(
    change,
    price,
    size,
    st.sampled_from(["BUY", "SELL"]),
    token=st.sampled_from([YES, NO]),
    best_bid=st.sampled_from(["0.4", "0.48", "0", ""]),
    best_ask=st.sampled_from(["0.6", "0.52", "1", ""]),
    hash=st.sampled_from(["a" * 40, ""]),
)


@more(2)
@given(st.lists(st.lists(entry, min_size=1, max_size=4), min_size=1, max_size=5))
def test_the_fast_road_and_the_careful_road_read_the_same(frames: list[list[Fields]]) -> None:
    fast, careful = answered(YES, NO), answered(YES, NO)

    for entries in frames:
        message = price_change(*entries)
        told = fast.receive(spaced(message), AT)
        assert plain(told) == plain(careful.receive(compact(message | {"zork": 1}), AT))
        (event,) = told
        assert isinstance(event, BookDelta)
        assert [(move[2], move[3]) for move in event.moves] == [(px(e["price"]), qty(e["size"])) for e in entries]


@pytest.mark.parametrize(("text", "usual"), [(".48", "0.48"), ("0.480", "0.48"), ("0.5", "0.50"), ("00.48", "0.48")])
def test_n11_other_spellings_of_a_price_are_the_same_level(text: str, usual: str) -> None:
    assert moves(spaced(price_change(change(text)))).moves == moves(spaced(price_change(change(usual)))).moves


@pytest.mark.parametrize(("number", "text"), [(0.47, "0.47"), (5, "5"), (0.1, "0.1")])
def test_n20_a_bare_json_number_is_read_exactly(number: float, text: str) -> None:
    event = moves(spaced(price_change(change("0.47", number))))

    assert event.moves[0][3] == qty(text)


def test_a_timestamp_may_be_a_number() -> None:
    assert moves(spaced(price_change(change(), timestamp=SENT))).sent == SENT
    assert first_book(book(timestamp=SENT)).sent == SENT


@pytest.mark.parametrize("word", ["buy", "Buy", "BUY"])
def test_s11_the_side_may_be_written_small(word: str) -> None:
    assert moves(spaced(price_change(change(side=word)))).moves[0][1] is True


@pytest.mark.parametrize("kind", ["book", "price change", "trade", "tick", "best"])
def test_an_unknown_key_may_hold_a_kind_of_its_own(kind: str) -> None:
    message = MESSAGES[kind] | {"parent": {"event_type": "new_market"}}

    assert events_of(spaced(message)) == events_of(spaced(MESSAGES[kind]))


@pytest.mark.parametrize(
    ("plain", "other"),
    [
        (b'"event_type":', b'"event_type":' + b" " * 80),
        (b'"event_type"', b'"event\\u005ftype"'),
        (b'"book"', b'"boo\\u006b"'),
    ],
    ids=["blanks", "escaped key", "escaped kind"],
)
def test_a_known_kind_in_an_odd_spelling_is_not_lost_in_silence(plain: bytes, other: bytes) -> None:
    frame = spaced(later_book()).replace(plain, other)
    assert json.loads(frame) == later_book()

    assert Talk().outcome(frame) in ("OK", "REJ+R")


# Forgetting


def test_open_forgets_markets_grids_and_outcomes_of_the_last_connection() -> None:
    stream = answered()
    stream.receive(spaced(tick_size("0.01", "0.1")), AT)

    stream.open()

    (event,) = stream.receive(spaced(price_change(change("0.47"), market=ELSEWHERE)), AT)
    assert isinstance(event, BookDelta)


def test_open_keeps_the_count_of_messages() -> None:
    stream = answered()

    stream.open()

    assert stream.messages == 1


def test_a_dropped_token_is_a_stranger() -> None:
    stream = answered(YES, NO)
    stream.change([], [ident(YES)])

    (event,) = stream.receive(spaced(price_change(change())), AT)

    assert isinstance(event, Ignored)


def test_a_token_that_was_added_is_read_at_once() -> None:
    stream = answered(YES)
    stream.change([ident(NO)], [])

    events = stream.receive(compact([book(token=NO)]), AT)
    (event,) = stream.receive(spaced(price_change(change(token=NO))), AT)

    assert isinstance(events[0], BookSnapshot)
    assert isinstance(event, BookDelta)


def test_a_rejection_carries_a_short_escaped_sample() -> None:
    with pytest.raises(VenueError) as refusal:
        answered().receive(b'{"event_type":"book","x":"\x1b]0;owned\x07' + b"y" * 1_000 + b'"}', AT)

    assert len(refusal.value.sample) <= 200
    assert refusal.value.sample.isprintable()


def test_prices_stay_inside_the_range_of_probabilities() -> None:
    event = first_book(book())

    assert all(0 < each < ONE for side in (event.bids, event.asks) for each in side)
