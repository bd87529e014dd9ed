"""What cannot be right is refused, names whose book it may have told, and leaves nothing of it behind."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.careful import MOST_BAD
from pmtui.core.events import BookSnapshot, Candles, Event, Ignored, Rejected, Trade
from pmtui.core.ports import VenueError
from pmtui.core.units import Millis
from pmtui.venues.hyperliquid.market import MarketStream
from tests.effort import effort
from tests.examples import more

from .frames import (
    NOON,
    NOW,
    ODD_WORDS,
    ack,
    bbo,
    book,
    candle,
    candles,
    ctx,
    error,
    id_of,
    level,
    levels,
    places_in,
    spelt,
    stream,
    trade,
    trades,
)

pytestmark = pytest.mark.usefixtures("road")


def refused(frame: bytes, made: MarketStream | None = None) -> VenueError:
    with pytest.raises(VenueError) as found:
        (made or stream()).receive(frame, NOW)
    return found.value


def raw_book(bids: list[Any], asks: list[Any], **more: object) -> bytes:
    data: dict[str, object] = {"coin": "BTC", "time": NOON, "levels": [bids, asks]}
    return spelt({"channel": "l2Book", "data": data | more})


BAD_TEXTS = [
    "NaN",
    "Infinity",
    "-1",
    "1e5",
    "1_0",
    "+1",
    " 1",
    "1,5",
    "0x1",
    "٣",
    "",
    ".",
    "5.",
    "9" * 40,
    "0." + "1" * 20,
]


@pytest.mark.parametrize("text", [*BAD_TEXTS, None, True, [], {}, "0"])
def test_a_price_that_is_none(text: object) -> None:
    assert refused(raw_book([{"px": text, "sz": "1", "n": 1}], [])).instruments == (id_of("BTC"),)
    refused(spelt({"channel": "bbo", "data": {"coin": "BTC", "time": NOON, "bbo": [level(text, "1"), None]}}))  # type: ignore[arg-type]


def test_a_bid_that_meets_the_ask_could_be_read_and_is_no_fault_of_the_link() -> None:
    for frame in (
        raw_book([level("2", "1")], [level("2", "1")]),
        spelt({"channel": "bbo", "data": {"coin": "BTC", "time": NOON, "bbo": [level("3", "1"), level("2", "1")]}}),
    ):
        found = refused(frame)
        assert (found.read, found.instruments) == (True, (id_of("BTC"),))
    assert not refused(raw_book([level("NaN", "1")], [])).read


@pytest.mark.parametrize("text", [*BAD_TEXTS, None, True, [], {}])
def test_a_size_that_is_none(text: object) -> None:
    assert refused(raw_book([], [{"px": "1", "sz": text, "n": 1}])).instruments == (id_of("BTC"),)


@pytest.mark.parametrize(
    "frame",
    [
        book("99x1 99x2"),
        book("99x1 99.0x2"),
        book("101x1", "101x1"),
        book("102x1", "101x1"),
        raw_book([7], []),
        raw_book(["99"], []),
        raw_book([{"px": "1"}], []),
        raw_book([{"sz": "1"}], []),
        spelt({"channel": "l2Book", "data": {"coin": "BTC", "time": NOON, "levels": [[]]}}),
        spelt({"channel": "l2Book", "data": {"coin": "BTC", "time": NOON, "levels": [[], [], []]}}),
        spelt({"channel": "l2Book", "data": {"coin": "BTC", "time": NOON, "levels": None}}),
        spelt({"channel": "l2Book", "data": {"coin": "BTC", "levels": [[], []]}}),
        raw_book([], [], time=None),
        raw_book([], [], time=17),
        raw_book([], [], time=-NOON),
        raw_book([], [], time="soon"),
        bbo("101x1", "101x1"),
        spelt({"channel": "bbo", "data": {"coin": "BTC", "time": NOON, "bbo": [None]}}),
        spelt({"channel": "bbo", "data": {"coin": "BTC", "time": NOON, "bbo": None}}),
        book().replace(b'"sz":"2"', b'"sz":"2","sz":"3"'),
        book().replace(b'"time"', b'"coin":"BTC","time"'),
    ],
)
def test_a_book_that_cannot_be_one_puts_its_coin_in_doubt(frame: bytes) -> None:
    error = refused(frame)
    assert error.resync
    assert error.instruments == (id_of("BTC"),)


@pytest.mark.parametrize(
    "frame", [b"{", b'{"channel":', b"{'a':1}", b"[1,2]", b'{"a":1}{"b":2}', b"[" * 100_000, b'{"a":' * 100_000]
)
def test_what_is_no_message_puts_everything_in_doubt(frame: bytes) -> None:
    error = refused(frame)
    assert error.resync
    assert error.instruments is None


@pytest.mark.parametrize(
    "frame",
    [
        spelt({"channel": "l2Book"}),
        spelt({"channel": "l2Book", "data": None}),
        spelt({"channel": "l2Book", "data": {"coin": 7, "time": NOON, "levels": [[], []]}}),
        spelt({"channel": 7, "data": {}}),
        spelt({"channel": None}),
        spelt({}),
    ],
)
def test_a_message_that_names_nothing_puts_everything_in_doubt(frame: bytes) -> None:
    assert refused(frame).instruments is None


@pytest.mark.parametrize(
    "frame",
    [
        spelt({"channel": "trades", "data": None}),
        spelt({"channel": "trades", "data": [7]}),
        ctx(markPx="NaN"),
        ctx(markPx="Infinity"),
        ctx(funding=[]),
        ctx(openInterest="1_0"),
        spelt({"channel": "activeAssetCtx", "data": {"coin": "BTC", "ctx": None}}),
        spelt({"channel": "candle", "data": 7}),
        spelt({"channel": "subscriptionResponse", "data": None}),
        spelt({"channel": "error", "data": 7}),
        spelt({"channel": "error", "data": "too many pending post requests id=x"}),
        spelt({"channel": "post", "data": {"id": "x"}}),
        spelt({"channel": "post", "data": {"id": 1, "response": {"type": "error", "payload": {}}}}),
    ],
)
def test_what_tells_no_book_puts_none_in_doubt(frame: bytes) -> None:
    made = stream()
    made.receive(book(sent=1), NOW)
    error = refused(frame, made)
    assert not error.resync
    (told,) = made.receive(bbo("98x1", sent=2), NOW)
    assert isinstance(told, BookSnapshot)  # the book is still there


def test_after_a_bad_book_nothing_that_was_told_before_is_used() -> None:
    made = stream()
    made.receive(book(sent=1), NOW)
    made.receive(book(coin="ETH", sent=1), NOW)
    refused(book("5x1 5x1", sent=2), made)
    assert isinstance(made.receive(bbo("98x1", sent=3), NOW)[0], Ignored)
    assert isinstance(made.receive(bbo("98x1", sent=3, coin="ETH"), NOW)[0], BookSnapshot)
    (told,) = made.receive(book("97x1", "103x1", sent=4, fast=True), NOW)
    assert isinstance(told, BookSnapshot)
    assert told.bids == levels("97x1")


def test_an_outcomes_price_of_one_or_more_is_refused() -> None:
    for frame in (book("0.5x1", "1x1", coin="#10"), book("1.2x1", "", coin="#10"), bbo("0.5x1", "1.0x1", coin="#10")):
        assert refused(frame, stream("#10", "#11")).instruments == (id_of("#10"), id_of("#11"))


def test_text_that_is_not_utf8_ends_the_link() -> None:
    assert refused(b'{"channel":"\xff\xfe"}').cut


def test_unsorted_sides_more_levels_than_promised_and_empty_ones_are_books() -> None:
    (told,) = stream().receive(book("98x1 99x2", "102x1 101x3"), NOW)
    assert isinstance(told, BookSnapshot)
    assert (max(told.bids), min(told.asks)) == (max(levels("99x2")), min(levels("101x3")))
    many = " ".join(f"{1000 - number}x1" for number in range(41))
    (told,) = stream().receive(book(many, ""), NOW)
    assert isinstance(told, BookSnapshot)
    assert (len(told.bids), told.asks) == (41, {})


def test_a_level_of_nothing_is_left_out() -> None:
    (told,) = stream().receive(book("99x0 98x1"), NOW)
    assert isinstance(told, BookSnapshot)
    assert told.bids == levels("98x1")


GOOD = [book(), book(fast=True), bbo(), trades(trade()), ctx(), candles(candle()), book("0.5x1", "0.6x1", coin="#10")]


@pytest.mark.parametrize("frame", GOOD)
def test_blanks_around_a_message_mean_nothing(frame: bytes) -> None:
    assert stream("BTC", "#10").receive(b" \r\n\t" + frame + b"\n", NOW) == stream("BTC", "#10").receive(frame, NOW)


EVERY_KIND = [
    *GOOD,
    ack(type="l2Book", coin="BTC", fast=True),
    error('Invalid subscription {"type":"l2Book","coin":"BTC"}'),
    error("too many pending post requests id=7"),
    spelt({"channel": "outcomeMetaUpdates", "data": {"updates": [{"outcomeSettled": 1}]}}),
    spelt({"channel": "post", "data": {"id": 1, "response": {"type": "error", "payload": "429 later"}}}),
    spelt({"channel": "pong"}),
    spelt({"channel": "nobody knows", "data": ["BTC"]}),
]
"""One of each kind."""


@pytest.mark.parametrize(
    "frame", ['{"channel":"é', '{"channel":"€', '{"channel":"', '{"channel": "l2Book', '{"channel":"é\\"']
)
def test_a_message_that_is_cut_off_in_its_channels_name_is_refused(frame: str) -> None:
    assert refused(frame.encode()).resync


@pytest.mark.parametrize("frame", EVERY_KIND)
@pytest.mark.parametrize("depth", [900, 1_100, 3_000])
def test_a_field_of_any_depth_costs_its_message_at_the_most(frame: bytes, depth: int) -> None:
    deep = b'"x":%b7%b' % (b"[" * depth, b"]" * depth)
    for nested in (b"{%b,%b" % (deep, frame[1:]), b"%b,%b}" % (frame[:-1], deep)):
        made = stream("BTC", "#10", "#11")
        before = made.messages
        try:
            events: list[Event] = list(made.receive(nested, NOW))
        except VenueError as error:
            events = [error.fact(NOW, made.instruments)]
        assert len(events) == made.messages - before


@more(8)
@given(st.sampled_from(EVERY_KIND), st.data())
def test_a_damaged_message_raises_nothing_but_a_venue_error_and_is_counted(frame: bytes, data: st.DataObject) -> None:
    made = stream("BTC", "#10", "#11")
    place = data.draw(st.integers(0, len(frame) - 1))
    odd = data.draw(st.binary(max_size=3) | st.sampled_from(ODD_WORDS))
    damaged = frame[:place] + odd + frame[place + data.draw(st.integers(0, 3)) :]
    before = made.messages
    try:
        events: list[Event] = list(made.receive(damaged, NOW))
    except VenueError as error:
        events = [error.fact(NOW, made.instruments)]
    assert len(events) == made.messages - before
    assert all(sizes_are_good(each) for each in events if isinstance(each, BookSnapshot))


BOOKS = [book(), book(fast=True), book("0.5x1", "0.6x1", coin="#10"), book("99x1 98x2", "100x3 101x1")]
DIGITS = st.lists(
    st.tuples(st.integers(0, 99), st.sampled_from([b"0", b"1", b"9", b"0.0", b""])), min_size=1, max_size=3
)


@more(8)
@given(st.sampled_from(BOOKS), DIGITS)
def test_a_book_with_other_digits_is_a_good_one_or_refused(frame: bytes, changes: list[tuple[int, bytes]]) -> None:
    levels_at = frame.index(b"levels")
    for number, digit in changes:
        places = [n for n in range(levels_at, len(frame)) if frame[n : n + 1].isdigit()]
        place = places[number % len(places)]
        frame = frame[:place] + digit + frame[place + 1 :]
    try:
        events = list(stream("BTC", "#10", "#11").receive(frame, NOW))
    except VenueError:
        return
    told = [each for each in events if isinstance(each, BookSnapshot)]
    assert told
    assert all(map(sizes_are_good, told))


def sizes_are_good(told: BookSnapshot) -> bool:
    every = [*told.bids.items(), *told.asks.items()]
    return all(price > 0 and size > 0 for price, size in every) and (
        not told.bids or not told.asks or max(told.bids) < min(told.asks)
    )


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("frame", EVERY_KIND)
def test_an_odd_word_anywhere_in_a_message_is_refused_or_harmless(frame: bytes) -> None:
    """In place of each value, and inside of each text."""
    for odd, place, instead in product(ODD_WORDS, places_in(frame), (0, 1)):
        made = stream("BTC", "#10", "#11")
        before = made.messages
        try:
            events: list[Event] = list(made.receive(frame[:place] + odd + frame[place + instead :], NOW))
        except VenueError as refusal:
            events = [refusal.fact(NOW, made.instruments)]
        assert len(events) == made.messages - before


@more(4)
@given(st.sampled_from(EVERY_KIND), _ANY, st.data())
def test_a_field_of_any_other_kind_is_refused_or_harmless(frame: bytes, odd: object, data: st.DataObject) -> None:
    message = json.loads(frame)
    holder = message
    for _ in range(data.draw(st.integers(0, 4))):
        keys: list[Any] = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = data.draw(st.sampled_from(keys)) if keys else None
        if key is None or not isinstance(holder[key], (dict, list)):
            break
        holder = holder[key]
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    if keys:
        holder[data.draw(st.sampled_from(keys))] = odd
    made = stream("BTC", "#10")
    before = made.messages
    try:
        events: list[Event] = list(made.receive(spelt(message), Millis(1)))
    except VenueError as error:
        events = [error.fact(NOW, made.instruments)]
    assert len(events) == made.messages - before
    assert all(not isinstance(each, Rejected) or each.reason for each in events)


def test_nothing_is_read_behind_the_twenty_first_bad_trade_of_a_push() -> None:
    made = stream()

    events = made.receive(trades(trade(), *[trade("NaN")] * 30, trade("102")), NOW)

    assert [type(each) for each in events] == [Trade, *[Rejected] * 22]
    assert {each.unprinted for each in events if isinstance(each, Rejected)} == {(id_of("BTC"),)}
    assert made.messages == len(events)


@pytest.mark.parametrize(
    ("frame", "on"),
    [
        (trades(trade())[:-2], (id_of("BTC"),)),
        (book()[:-2], ()),
        (b"{]", (id_of("BTC"), id_of("ETH"))),
    ],
    ids=["trades", "book", "nobody knows"],
)
def test_what_may_have_told_of_trades_is_missing_on_the_tapes_it_names(frame: bytes, on: tuple[str, ...]) -> None:
    assert refused(frame).fact(NOW, (id_of("BTC"), id_of("ETH"))).unprinted == on


BAD_CANDLES: list[Any] = [
    candle(prices="100 99 101 100"),
    candle(prices="105 104 99 103"),
    candle(prices="0 104 0 103"),
    candle(begins=7),
    candle(v="-1"),
    candle(t="soon"),
    candle(T=NOON + 60_000),
    candle(T=NOON + 3_599_999),
    candle(T=None),
    candle(s=7),
    {"s": "BTC", "i": "1m"},
    {},
    7,
]
FOREIGN_CANDLES = [candle(coin="SOL"), candle(i="1h", T=NOON + 3_599_999), candle(i="1M"), candle(i=1)]


@pytest.mark.parametrize("row", BAD_CANDLES[:-1])
def test_a_bad_candle_is_rejected_alone_and_puts_no_book_in_doubt(row: Any) -> None:
    for frame in (spelt({"channel": "candle", "data": row}), candles(row)):
        made = stream()
        made.receive(book(sent=1), NOW)
        (told,) = made.receive(frame, NOW)
        assert isinstance(told, Rejected)
        assert not told.doubted
        assert isinstance(made.receive(bbo("98x1", sent=2), NOW)[0], BookSnapshot)  # the book is still there


_GOOD_CANDLES = st.integers(0, 9).map(lambda minute: candle(60_000 * minute))


@given(st.lists(_GOOD_CANDLES | st.sampled_from(BAD_CANDLES + FOREIGN_CANDLES), max_size=MOST_BAD))
def test_each_candle_of_a_list_is_judged_by_itself(rows: list[Any]) -> None:
    made = stream()

    events = made.receive(candles(*rows), NOW)

    kept = [each.begins for told in events if isinstance(told, Candles) for each in told.rows]
    assert kept == [each["t"] for each in rows if each not in BAD_CANDLES + FOREIGN_CANDLES]
    assert sum(isinstance(each, Rejected) for each in events) == sum(each in BAD_CANDLES for each in rows)
    assert made.messages == len(events)


def test_candles_of_several_coins_in_one_list_each_tell_of_their_own() -> None:
    made = stream("BTC", "ETH")
    told = made.receive(candles(candle(), candle(coin="ETH", prices="10 11 9 10"), candle(60_000)), NOW)
    assert all(isinstance(each, Candles) for each in told)
    assert {each.instrument: len(each.rows) for each in told if isinstance(each, Candles)} == {
        id_of("BTC"): 2,
        id_of("ETH"): 1,
    }


def test_no_candle_of_an_outcome_reaches_certainty() -> None:
    for symbol in ("#10", "#11"):
        (told,) = stream(symbol).receive(candles(candle(coin="#10", prices="0.5 1 0.4 0.6")), NOW)
        assert isinstance(told, Rejected)


def test_nothing_is_read_behind_the_twenty_first_bad_candle_of_a_list() -> None:
    made = stream()

    events = made.receive(candles(candle(), *[candle(v="NaN")] * 30, candle(60_000)), NOW)

    assert [type(each) for each in events] == [Candles, *[Rejected] * 22]
    assert isinstance(events[0], Candles)
    assert len(events[0].rows) == 1
    assert made.messages == len(events)


@pytest.mark.parametrize("channel", ["trades", "candle", "outcomeMetaUpdates", "zork"])
@pytest.mark.parametrize("item", ["7", "{}", "[]"])
def test_a_long_list_of_anything_costs_less_than_to_make_it(channel: str, item: str) -> None:
    frame = f'{{"channel":"{channel}","data":[{",".join([item] * 300_000)}]}}'.encode()
    refused(frame)
    most = effort(lambda: json.loads(frame), tries=1)
    assert effort(lambda: refused(frame), tries=3, below=most) < most
