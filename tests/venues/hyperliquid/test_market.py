"""What the market conversation says and what it makes of the answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.events import (
    NO_ASK,
    NO_BID,
    Answered,
    BookSnapshot,
    Candles,
    Context,
    Declined,
    Event,
    Ignored,
    Notice,
    Rejected,
    Resolved,
    Side,
    TopTold,
    Trade,
    Wide,
    is_data,
)
from pmtui.core.ports import Request, VenueError
from pmtui.core.units import Millis, px, qty
from pmtui.venues.hyperliquid.coin import FAST_FOR, SLOW_FOR
from pmtui.venues.hyperliquid.market import MarketStream
from pmtui.venues.hyperliquid.subscriptions import MOST
from pmtui.venues.hyperliquid.venue import Hyperliquid

from .frames import (
    NOON,
    NOW,
    SYMBOLS,
    ZEROS,
    ack,
    bbo,
    book,
    candle,
    candles,
    ctx,
    error,
    id_of,
    levels,
    spelt,
    stream,
    trade,
    trades,
)

pytestmark = pytest.mark.usefixtures("road")


def one(made: MarketStream, frame: bytes, at: int = NOW) -> Event:
    (event,) = made.receive(frame, Millis(at))
    return event


def snapshot(made: MarketStream, frame: bytes, at: int = NOW) -> BookSnapshot:
    event = one(made, frame, at)
    assert isinstance(event, BookSnapshot), event
    return event


def said(frames: list[bytes] | None) -> list[tuple[str, Any]]:
    assert frames is not None
    told = [json.loads(frame) for frame in frames]
    return [(each["method"], each["subscription"]) for each in told]


def kinds(frames: list[bytes] | None) -> list[str]:
    return [
        f"{'-' * (method == 'unsubscribe')}{body['type']}{'+' * ('fast' in body)} {body.get('coin', '')}"
        for method, body in said(frames)
    ]


# What is said


def test_each_coin_is_asked_for_in_every_feed() -> None:
    assert kinds(stream("BTC").open()) == [
        "l2Book+ BTC",
        "l2Book BTC",
        "bbo BTC",
        "trades BTC",
        "activeAssetCtx BTC",
        "candle BTC",
    ]


def test_options_that_are_not_used_are_left_out() -> None:
    bodies = [body for _, body in said(stream("BTC").open())]
    assert {"type": "l2Book", "coin": "BTC"} in bodies
    assert {"type": "l2Book", "coin": "BTC", "fast": True} in bodies
    assert {"type": "candle", "coin": "BTC", "interval": "1m"} in bodies


def test_both_sides_of_an_outcome_market_are_one_coin() -> None:
    made = stream("#10", "#11")
    assert {body.get("coin") for _, body in said(made.open())} == {"#10", None}
    assert kinds(made.change([], [id_of("#10")])) == []
    assert {kind.partition(" ")[2] for kind in kinds(made.change([], [id_of("#11")]))} == {"#10", ""}
    assert made.open() == []


def test_what_is_shown_comes_first_and_no_more_is_asked_for_than_there_may_be() -> None:
    symbols = [f"C{number}" for number in range(400)]
    made = stream(*symbols)
    before = kinds(made.open())
    assert len(before) == MOST
    assert before.count("candle C0") == 0
    assert [f"l2Book+ {symbol}" in before for symbol in symbols] == [True] * 400

    changes = kinds(made.attend([id_of("C399")]))

    assert {"trades C399", "candle C399", "activeAssetCtx C399"} <= set(changes)
    assert sum(each.startswith("-") for each in changes) == len(changes) / 2
    assert len(made.open()) == MOST
    assert made.attend([id_of("C399")]) == []


def test_all_connections_together_ask_for_no_more_than_there_may_be() -> None:
    """Books that leave a full connection are told in full on others, and it asks for less."""
    venue, asked = Hyperliquid(), set[tuple[str, str]]()

    def say(made: MarketStream, frames: list[bytes] | None) -> None:
        for kind in kinds(frames):
            if kind.startswith("-"):
                asked.remove((made.name, kind[1:]))
            else:
                asked.add((made.name, kind))

    first = venue.stream(1, [id_of(f"C{number}") for number in range(400)])
    streams = [first]
    say(first, first.open())
    for number in range(1, 9):
        moved = [id_of(f"C{number}")]
        say(first, first.change((), moved))
        streams.append(venue.stream(number + 1, moved))
        for made in streams[:-1]:
            say(made, made.attend(moved))
        say(streams[-1], streams[-1].open())
        assert len(asked) == MOST
        assert len([each for each in asked if each[0] == streams[-1].name]) == 6
    for number, made in enumerate(streams[1:], 1):
        say(made, made.change((), [id_of(f"C{number}")]))
        say(first, first.attend(()))
    assert len(asked) == MOST
    assert {name for name, _ in asked} == {first.name}


def test_a_fresh_book_is_asked_for_by_leaving_and_coming_again() -> None:
    assert kinds(stream().again([id_of("BTC")])) == ["-l2Book BTC", "l2Book BTC", "-l2Book+ BTC", "l2Book+ BTC"]
    assert stream().again([id_of("SOL")]) == []


def test_a_request_is_wrapped_and_its_answer_unwrapped() -> None:
    made = stream()
    request = Request("https://made.up/info", "l2Book", b'{"type":"l2Book","coin":"BTC"}')
    assert json.loads(made.ask(request, 7) or b"") == {
        "method": "post",
        "id": 7,
        "request": {"type": "info", "payload": {"type": "l2Book", "coin": "BTC"}},
    }
    answer = {"type": "info", "payload": {"type": "l2Book", "data": {"coin": "BTC"}}}
    assert one(made, post(7, answer)) == Answered(NOW, 7, 200, b'{"coin":"BTC"}')


def post(number: int, response: object) -> bytes:
    return spelt({"channel": "post", "data": {"id": number, "response": response}})


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        (post(7, {"type": "info", "payload": {"type": "l2Book", "data": None}}), (7, 200, b"null")),
        (post(7, {"type": "error", "payload": "422 no such thing"}), (7, 422, b"422 no such thing")),
        (post(7, {"type": "error", "payload": "out of order"}), (7, 500, b"out of order")),
        (error("too many pending post requests id=9"), (9, 429, b"too many pending post requests id=9")),
    ],
)
def test_errors_are_told_apart_from_answers(frame: bytes, answer: tuple[int, int, bytes]) -> None:
    assert one(stream(), frame) == Answered(NOW, *answer)


# Books


def test_a_slow_push_is_a_whole_book() -> None:
    told = snapshot(stream(), book(sent=5))

    assert told.instrument == id_of("BTC")
    assert (told.bids, told.asks) == (levels("99x2 98x1"), levels("101x3 102x1"))
    assert told.sent == NOON + 5
    assert told.fresh is not None
    assert (told.fresh.bid, told.fresh.ask, told.fresh.deep_at) == (NO_BID, NO_ASK, NOW)


def test_prices_may_bear_a_useless_zero_and_levels_no_count() -> None:
    frame = book("99.0x2 98.50x1").replace(b',"n":1', b"")
    assert snapshot(stream(), frame).bids == levels("99x2 98.5x1")


def test_numbers_without_quotes_are_read_exactly() -> None:
    frame = book("0.1x2").replace(b'"0.1"', b"0.1")
    assert snapshot(stream(), frame).bids == levels("0.1x2")


def test_the_fast_feed_covers_the_top_and_says_how_far() -> None:
    made = stream()
    made.receive(book("99x1 98x1 97x1 96x1 95x1 94x1", "101x1", sent=1), Millis(100))

    told = snapshot(made, book("99x2 98x2 97x2 96x2 95x2", "101x2", sent=2, fast=True), at=600)

    assert told.bids == levels("99x2 98x2 97x2 96x2 95x2 94x1")
    assert told.asks == levels("101x2")
    assert told.fresh is not None
    assert (told.fresh.bid, told.fresh.ask, told.fresh.deep_at) == (px("95"), NO_ASK, 100)


@pytest.mark.parametrize(
    ("slow", "fast", "sent", "whole"),
    [(20, 5, 2, False), (19, 5, 2, True), (20, 4, 2, True), (0, 5, 2, False), (0, 4, 2, True), (20, 4, 0, False)],
)
def test_a_side_is_whole_where_a_feed_tells_fewer_levels_of_it_than_it_may(
    slow: int, fast: int, sent: int, whole: bool
) -> None:
    made = stream()
    if slow:
        made.receive(book(" ".join(f"{99 - n}x1" for n in range(slow)), "", sent=1), NOW)
    push = book(" ".join(f"{99 - n}x1" for n in range(fast)), "101x3 102x1 103x1 104x1 105x1", sent=sent, fast=True)
    told = snapshot(made, push)
    assert told.fresh is not None
    assert told.fresh.whole == (whole, bool(slow))


def test_what_is_whole_of_one_outcome_is_so_of_the_other_ones_other_side() -> None:
    made = stream("#10", "#11")
    told = {
        each.instrument: each.fresh
        for each in made.receive(book("0.5x1", " ".join(f"0.{51 + n}x1" for n in range(20)), coin="#10"), NOW)
        if isinstance(each, BookSnapshot)
    }
    assert [fresh and fresh.whole for fresh in told.values()] == [(True, False), (False, True)]


def test_a_slow_push_that_is_newer_keeps_what_is_deep_apart() -> None:
    """Deep levels come every five seconds: they must not look new for half a second and old again."""
    made = stream()
    made.receive(book("99x1 98x1 97x1 96x1 95x1", sent=1, fast=True), NOW)
    told = snapshot(made, book("99x1 98x1 97x1 96x1 95x1 94x1", sent=2))
    assert told.fresh is not None
    assert told.fresh.bid == px("95")


def test_without_the_fast_feed_everything_is_as_new_as_the_slow_one() -> None:
    made = stream()
    made.receive(book("99x1", sent=0), NOW)
    made.receive(book("99x1 98x1 97x1 96x1 95x1", sent=1, fast=True), NOW)
    told = snapshot(made, book("99x1 98x1 97x1 96x1 95x1 94x1", sent=2 + FAST_FOR))
    assert told.fresh is not None
    assert (told.fresh.bid, told.fresh.lasts) == (NO_BID, SLOW_FOR)
    assert lasts(snapshot(made, book(sent=3 + FAST_FOR, fast=True))) == FAST_FOR


def test_the_best_prices_trim_a_book() -> None:
    made = stream()
    made.receive(book(sent=1), NOW)
    told = snapshot(made, bbo("98x4", "101.5x1", sent=2))
    assert (told.bids, told.asks) == (levels("98x4"), levels("101.5x1 102x1"))


def test_best_prices_without_a_book_wait_for_one() -> None:
    made = stream()
    assert isinstance(one(made, bbo("98x4", "101.5x1", sent=2)), Ignored)
    assert snapshot(made, book(sent=1)).bids == levels("98x4")


def test_an_older_push_is_ignored_in_each_feed() -> None:
    made = stream()
    for frame in (book(sent=5), book(sent=5, fast=True), bbo(sent=5)):
        made.receive(frame, NOW)
    for frame in (book(sent=4), book(sent=5), book(sent=4, fast=True), bbo(sent=4), bbo(sent=5)):
        assert isinstance(one(made, frame), Ignored)


def test_a_new_connection_knows_nothing_of_the_last_one() -> None:
    made = stream()
    made.receive(book("99x1 98x1 97x1 96x1 95x1 94x1", sent=5), NOW)
    made.open()
    assert snapshot(made, book("99x9", sent=1, fast=True)).bids == levels("99x9")


def test_two_feeds_that_tell_the_same_top_prove_it() -> None:
    made = stream()
    made.receive(bbo(sent=1), NOW)
    assert proof(snapshot(made, book(sent=2))) == "bbo"
    assert proof(snapshot(made, book("99x7 98x1", sent=3))) == ""
    made.receive(bbo("99x7", sent=4), NOW)
    assert proof(snapshot(made, book("99x7 98x1", sent=5, fast=True))) == "bbo"


def proof(told: BookSnapshot) -> str:
    assert told.fresh is not None
    return told.fresh.proof


A_DAY = 86_400_000


def announced(bid: str, ask: str, *, sent: int, symbol: str = "BTC") -> TopTold:
    return TopTold(id_of(symbol), Millis(NOW), Millis(NOON + sent), (px(bid), px(ask)))


@pytest.mark.parametrize("wrong", [60_000, A_DAY])
def test_best_prices_of_tomorrow_do_not_stand_on_a_book_of_today(wrong: int) -> None:
    made = stream()
    made.receive(book(sent=1, fast=True), NOW)
    assert one(made, bbo("98x4", "101.5x1", sent=wrong)) == announced("98", "101.5", sent=wrong)
    assert snapshot(made, book("97x1", sent=500, fast=True)).bids == levels("97x1")
    assert snapshot(made, bbo("98x4", "101.5x1", sent=700)).bids == levels("98x4 97x1")


@pytest.mark.parametrize("wrong", [60_000, A_DAY])
def test_after_a_push_of_tomorrow_the_next_of_another_feed_says_so_and_all_begins_anew(wrong: int) -> None:
    made = stream()
    made.receive(book(sent=1), NOW)
    made.receive(book(sent=2, fast=True), NOW)
    made.receive(book("98x1", sent=wrong), NOW)
    with pytest.raises(VenueError, match=f"its feeds are {round((wrong - 500) / 1000)}s apart") as error:
        made.receive(book("97x1", sent=500, fast=True), NOW)
    assert error.value.instruments == (id_of("BTC"),)
    assert snapshot(made, book("97x1", sent=1_000, fast=True)).bids == levels("97x1")


@pytest.mark.parametrize("wrong", [60_000, A_DAY])
def test_after_a_push_of_tomorrow_those_of_its_own_feed_say_so_once_they_are_more_than_late_copies(wrong: int) -> None:
    made = stream()
    made.receive(book("98x1", sent=wrong, fast=True), NOW)
    assert isinstance(one(made, book("97x1", sent=500, fast=True), NOW), Ignored)
    with pytest.raises(VenueError, match=f"its feeds are {round((wrong - 1_000) / 1000)}s apart") as error:
        made.receive(book("97x1", sent=1_000, fast=True), Millis(NOW + 500))
    assert error.value.instruments == (id_of("BTC"),)
    assert snapshot(made, book("97x1", sent=1_500, fast=True)).bids == levels("97x1")


def test_best_prices_of_tomorrow_that_come_first_are_found_out_by_the_first_book() -> None:
    made = stream()
    made.receive(bbo("98x4", "101.5x1", sent=A_DAY), NOW)
    with pytest.raises(VenueError, match="apart"):
        made.receive(book(sent=1), NOW)
    assert snapshot(made, book("97x1", sent=2)).bids == levels("97x1")


@pytest.mark.parametrize("late", [2_000, 8_000, 60_000, A_DAY])
def test_a_late_copy_after_each_push_of_any_feed_is_ignored_however_old_it_is(late: int) -> None:
    made = stream()
    feeds: list[Callable[[int], bytes]] = [
        lambda sent: book(sent=sent, fast=True),
        lambda sent: book(sent=sent),
        lambda sent: bbo("99x7", sent=sent),
    ]
    for at in range(0, 20_000, 500):
        for told in feeds:
            assert isinstance(one(made, told(at), NOW + at), BookSnapshot)
            for copy in range(2):
                assert isinstance(one(made, told(at - late + copy), NOW + at + 100 * copy), Ignored)


def test_a_feed_that_goes_far_back_in_time_and_stays_there_is_in_doubt() -> None:
    made = stream()
    made.receive(book(sent=6_000), NOW)
    assert isinstance(one(made, book(sent=1_000)), Ignored)
    assert isinstance(one(made, book(sent=999)), Ignored)
    with pytest.raises(VenueError, match="5s apart"):
        made.receive(book(sent=999), Millis(NOW + 500))
    made.receive(bbo(sent=10_000), NOW)
    made.receive(book(sent=10_000), NOW)
    assert isinstance(one(made, bbo(sent=1_000)), Ignored)
    with pytest.raises(VenueError, match="8s apart"):
        made.receive(bbo(sent=1_500), Millis(NOW + 500))


def test_the_best_prices_alone_do_not_make_a_book_younger() -> None:
    made = stream()
    made.receive(book(sent=0, fast=True), NOW)
    told = snapshot(made, bbo("98x4", sent=FAST_FOR), NOW + FAST_FOR)
    assert told.fresh is not None
    assert (told.at, told.fresh.told_at) == (NOW + FAST_FOR, NOW)
    assert isinstance(one(made, bbo("97x4", sent=FAST_FOR + 1), NOW + FAST_FOR + 1), TopTold)


def test_best_prices_ahead_of_their_book_are_announced_to_both_sides_of_a_market() -> None:
    made = stream("#10", "#11")
    made.receive(book("0.48x2", "0.52x3", coin="#10", sent=1, fast=True), NOW)
    before = made.messages
    told = made.receive(bbo("0.49x1", "0.53x1", coin="#10", sent=60_000), NOW)
    assert list(told) == [
        announced("0.49", "0.53", sent=60_000, symbol="#10"),
        announced("0.47", "0.51", sent=60_000, symbol="#11"),
    ]
    assert made.messages - before == 2


def test_a_coin_without_a_fast_feed_lasts_as_long_as_its_slow_one() -> None:
    made = stream()
    made.receive(ack(type="l2Book", coin="BTC", fast=True), NOW)
    assert lasts(snapshot(made, book(sent=0))) == FAST_FOR
    assert lasts(snapshot(made, book(sent=5_000))) == SLOW_FOR
    made.again([id_of("BTC")])
    snapshot(made, book(sent=6_000))
    assert lasts(snapshot(made, book(sent=10_000))) == SLOW_FOR


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("sent", [100, 4_000, 6_000])
def test_an_answer_that_is_no_newer_than_what_its_feed_told_is_nothing(sent: int, fast: bool) -> None:
    made = stream()
    made.receive(book("99x1", sent=6_000, fast=fast), NOW)
    made.receive(bbo("98x1", sent=6_500), NOW)
    made.again([id_of("BTC")])

    assert isinstance(one(made, book("97x1", sent=sent, fast=fast)), Ignored)
    told = snapshot(made, book("96x1", sent=6_600, fast=fast))
    assert (told.bids, told.initial) == (levels("96x1"), False)


@pytest.mark.parametrize(("later", "kept"), [(9_000, True), (13_000, False)])
def test_deeper_levels_that_were_not_told_for_long_and_do_not_come_when_asked_for_are_let_go(
    later: int, kept: bool
) -> None:
    made = stream()
    fast, deep = "99x1 98x1 97x1 96x1 95x1", "99x1 98x1 97x1 96x1 95x1 94x1"
    made.receive(book(deep, sent=1_000), NOW)
    made.receive(book(fast, sent=1_000 + later, fast=True), NOW)
    made.again([id_of("BTC")])

    assert isinstance(one(made, book(deep, sent=1_000)), Ignored)
    told = snapshot(made, book(fast, sent=1_500 + later, fast=True))
    assert told.bids == levels(deep if kept else fast)


def test_a_slow_answer_amid_a_silence_does_not_say_that_the_fast_feed_has_stopped() -> None:
    made = stream()
    made.receive(book(sent=1_000), NOW)
    made.receive(book(sent=1_500, fast=True), NOW)
    made.again([id_of("BTC")])

    assert lasts(snapshot(made, book(sent=6_000))) == FAST_FOR
    assert lasts(snapshot(made, book(sent=11_000))) == SLOW_FOR


def test_the_first_push_of_each_feed_after_a_subscription_answers_it() -> None:
    made = stream()
    made.open()

    def initial(*, later: int) -> list[bool]:
        frames = (
            book(sent=later, fast=True),
            book(sent=later + 1),
            bbo("108241x3", "108247x2", sent=later + 2),
            book(sent=later + 3, fast=True),
            book(sent=later + 4),
            bbo("108241x4", "108247x2", sent=later + 5),
        )
        return [snapshot(made, frame).initial for frame in frames]

    assert initial(later=0) == [True] * 3 + [False] * 3
    assert initial(later=10) == [False] * 6
    made.again([id_of("BTC")])
    assert initial(later=20) == [True, True] + [False] * 4


def test_a_slow_push_that_comes_late_lies_below_and_is_no_trouble() -> None:
    made = stream()
    made.receive(book("99x1 98x1 97x1 96x1 95x1", sent=6_000, fast=True), NOW)
    told = snapshot(made, book("99x1 98x1 97x1 96x1 95x1 94x1", sent=2_000))
    assert told.bids == levels("99x1 98x1 97x1 96x1 95x1 94x1")


def test_deeper_levels_that_were_never_told_are_late_from_the_first_part_on() -> None:
    made = stream()
    for n in range(3):
        told = snapshot(made, book(sent=n * 500, fast=True), NOW + n * 500)
        assert told.fresh is not None
        assert told.fresh.deep_at == NOW


def test_a_book_of_tomorrow_does_not_swallow_the_best_prices() -> None:
    made = stream()
    made.receive(book(sent=1), NOW)
    made.receive(bbo(sent=2), NOW)
    made.receive(book(sent=3_600_000), NOW)
    with pytest.raises(VenueError, match="apart"):
        made.receive(bbo("98x4", "102x1", sent=3_000), NOW)


def test_on_a_quiet_book_the_best_prices_that_come_first_prove_the_push_that_follows() -> None:
    made = stream()
    made.receive(book(sent=1, fast=True), NOW)
    made.receive(bbo("98x4", "102x1", sent=30_000), Millis(NOW + 30_000))
    assert proof(snapshot(made, book("98x4", "102x1", sent=30_000, fast=True), NOW + 30_001)) == "bbo"


def test_prices_with_too_many_figures_are_refused() -> None:
    made = stream()
    for frame in (
        book("108244x1 108243.99999999x1", "108245x1"),
        book("97416.55x1", "97417x1"),
        bbo("108244x1", "108246.5x1"),
    ):
        with pytest.raises(VenueError, match="more figures"):
            made.receive(frame, NOW)
    assert snapshot(made, book("108244x1 9999.9x1", "108245x1")).bids == levels("108244x1 9999.9x1")


def test_an_empty_list_is_no_message_and_no_trouble() -> None:
    assert isinstance(one(stream(), b"[]"), Ignored)


def test_how_long_a_book_lasts_follows_its_feed() -> None:
    made = stream()
    assert lasts(snapshot(made, book(sent=1))) == SLOW_FOR
    made.receive(ack(type="l2Book", coin="BTC"), NOW)
    assert lasts(snapshot(made, book(sent=2))) == SLOW_FOR
    made.receive(ack(type="l2Book", coin="BTC", fast=True), NOW)
    assert lasts(snapshot(made, book(sent=3))) == FAST_FOR
    made.receive(book(coin="ETH", sent=1, fast=True), NOW)
    assert lasts(snapshot(made, book(coin="ETH", sent=2))) == FAST_FOR


def lasts(told: BookSnapshot) -> int:
    assert told.fresh is not None
    return told.fresh.lasts


def test_both_outcomes_are_told_by_one_push() -> None:
    made = stream("#10", "#11")
    before = made.messages
    frame = book("0.48x2 0.47x1 0.46x1 0.45x1 0.44x1", "0.52x3", coin="#10", fast=True)

    yes, no = made.receive(frame, NOW)

    assert made.messages - before == 2
    assert isinstance(yes, BookSnapshot)
    assert isinstance(no, BookSnapshot)
    assert (yes.instrument, no.instrument) == (id_of("#10"), id_of("#11"))
    assert no.bids == levels("0.48x3")
    assert no.asks == levels("0.52x2 0.53x1 0.54x1 0.55x1 0.56x1")
    assert no.fresh is not None
    assert (no.fresh.bid, no.fresh.ask) == (NO_BID, px("0.56"))
    assert yes.tick == no.tick == px("0.001")


# Wider rows


def grouped(bids: str, asks: str, *, coin: str = "BTC", sent: int = 0) -> bytes:
    return book(bids, asks, coin=coin, sent=sent).replace(b'"coin"', b'"spread":"2.0","coin"')


def rows(height: str, text: str) -> dict[int, dict[int, int]]:
    return {px(height): levels(text)}


def test_wider_rows_are_asked_for_as_the_venue_groups_them() -> None:
    made = stream("BTC", decimals={"BTC": 1})
    assert made.widen(id_of("BTC"), px("10")) == []  # nobody knows the price yet
    made.receive(book("97416x1", "97417x1", sent=1), NOW)
    for step, wanted in (("10", {"nSigFigs": 4}), ("50", {"nSigFigs": 4}), ("1000", {"nSigFigs": 2})):
        frames = said(made.widen(id_of("BTC"), px(step)))
        if frames:
            assert frames[-1] == ("subscribe", {"type": "l2Book", "coin": "BTC", **wanted})
    assert said(made.widen(id_of("BTC"), px("5")))[-1][1] == {
        "type": "l2Book",
        "coin": "BTC",
        "nSigFigs": 5,
        "mantissa": 5,
    }
    assert len(made.open()) == 7
    assert said(made.widen(id_of("BTC"), 0))[0][0] == "unsubscribe"
    assert len(made.open()) == 6


def test_a_grouped_push_is_apart_from_the_book() -> None:
    made = stream("BTC", decimals={"BTC": 1})
    made.receive(book("97416x1", "97417x1", sent=1), NOW)
    assert isinstance(one(made, grouped("97410x5", "97420x5", sent=2)), Ignored)
    made.widen(id_of("BTC"), px("10"))
    made.receive(ack(type="l2Book", coin="BTC", nSigFigs=4), NOW)

    told = one(made, grouped("97410x5 97400x9", "97420x5", sent=3))

    assert told == Wide(
        id_of("BTC"), NOW, Millis(NOON + 3), px("10"), rows("10", "97410x5 97400x9"), rows("10", "97420x5")
    )
    assert snapshot(made, bbo("97416x1", "97417x1", sent=4)).bids == levels("97416x1")


def test_the_highest_row_of_an_outcome_is_one() -> None:
    """Though no price is: asks stand on the row above them."""
    made = stream("#10", "#11")
    made.receive(book("0.98x1", "0.985x1", coin="#10", sent=1), NOW)
    made.widen(id_of("#10"), px("0.01"))
    made.receive(ack(type="l2Book", coin="#10", nSigFigs=2), NOW)

    one_side, other = made.receive(grouped("0.98x5", "0.99x5 1x7", coin="#10", sent=2), NOW)

    assert isinstance(one_side, Wide)
    assert isinstance(other, Wide)
    assert one_side.asks == rows("0.01", "0.99x5 1x7")
    assert other.bids == rows("0.01", "0.01x5 0x7")
    with pytest.raises(VenueError):
        made.receive(book("0.98x5", "0.99x5 1x7", coin="#10", sent=3), NOW)
    with pytest.raises(VenueError):
        made.receive(grouped("0.98x5", "0.99x5 1.1x7", coin="#10", sent=4), NOW)


def test_what_is_still_grouped_as_it_was_asked_for_before_is_nothing() -> None:
    """A push does not say how it is grouped."""
    made = stream("BTC", decimals={"BTC": 1})
    made.receive(book("97416x1", "97417x1", sent=1), NOW)
    made.widen(id_of("BTC"), px("10"))
    made.receive(ack(type="l2Book", coin="BTC", nSigFigs=4), NOW)
    assert isinstance(one(made, grouped("97410x5", "97420x5", sent=2)), Wide)

    made.widen(id_of("BTC"), px("5"))
    assert isinstance(one(made, grouped("97410x5", "97420x5", sent=3)), Ignored)
    made.receive(ack("unsubscribe", type="l2Book", coin="BTC", nSigFigs=4), NOW)
    made.receive(ack(type="l2Book", coin="BTC", fast=True), NOW)
    assert isinstance(one(made, grouped("97410x5", "97420x5", sent=4)), Ignored)
    made.receive(ack(type="l2Book", coin="BTC", nSigFigs=5, mantissa=5), NOW)
    assert isinstance(one(made, grouped("97415x5", "97420x5", sent=5)), Wide)

    made.open()
    assert isinstance(one(made, grouped("97415x5", "97420x5", sent=6)), Ignored)


def test_rows_on_both_sides_of_a_border_are_as_high_as_the_venue_makes_them_there() -> None:
    made = stream("SOL", decimals={"SOL": 4})
    made.receive(book("99.985x1", "99.986x1", coin="SOL", sent=1), NOW)
    made.widen(id_of("SOL"), px("0.01"))
    made.receive(ack(type="l2Book", coin="SOL", nSigFigs=4), NOW)

    told = one(made, grouped("99.98x5", "99.99x5 100x10 100.1x7", coin="SOL", sent=2))

    assert isinstance(told, Wide)
    assert told.bids == rows("0.01", "99.98x5")
    assert told.asks == rows("0.01", "99.99x5 100x10") | rows("0.1", "100.1x7")


def test_rows_of_the_other_outcome_are_as_high_as_those_that_they_mirror() -> None:
    made = stream("#10", "#11")
    made.receive(book("0.098x1", "0.099x1", coin="#10", sent=1), NOW)
    made.widen(id_of("#10"), px("0.01"))
    made.receive(ack(type="l2Book", coin="#10", nSigFigs=2), NOW)

    _, told = made.receive(grouped("0.098x5 0.097x6", "0.1x5 0.11x7", coin="#10", sent=2), NOW)

    assert isinstance(told, Wide)
    assert told.bids == rows("0.001", "0.9x5") | rows("0.01", "0.89x7")
    assert told.asks == rows("0.001", "0.902x5 0.903x6")


# Ticks


def test_the_tick_follows_the_price() -> None:
    made = stream("AVAX", decimals={"AVAX": 4})
    assert snapshot(made, book("9.9998x1", "9.9999x1", coin="AVAX", sent=1)).tick == px("0.0001")
    assert snapshot(made, book("9.9999x1", "10x1", coin="AVAX", sent=2)).tick == px("0.0001")
    assert snapshot(made, book("10.02x1", "10.03x1", coin="AVAX", sent=3)).tick == px("0.001")
    assert snapshot(made, book("9.9999x1", "10.03x1", coin="AVAX", sent=4)).tick == px("0.0001")


def test_a_coin_that_nobody_described_yet_tells_by_its_prices_how_fine_they_are() -> None:
    decimals: dict[str, int] = {}
    made = stream("TINY", decimals=decimals)
    assert snapshot(made, book("0.001234x1", "0.001239x1", coin="TINY", sent=1)).tick == px("0.000001")
    decimals["TINY"] = 6
    assert snapshot(made, book("0.001234x1", "0.00124x1", coin="TINY", sent=2)).tick == px("0.000001")


@pytest.mark.parametrize("sizes", [1, 3, 5, 6])
def test_prices_finer_than_the_catalogue_allows_are_shown_as_they_are_and_that_is_told_once(sizes: int) -> None:
    made = stream("kPEPE", decimals={"kPEPE": 6 - sizes})
    before = made.messages
    events = list(made.receive(book("0.012344x1 0.012343x1", "0.012346x1", coin="kPEPE", sent=1), NOW))
    events += made.receive(bbo("0.012345x1", "0.012346x1", coin="kPEPE", sent=2), NOW)
    events += made.receive(book("0.01235x1", "0.01236x1", coin="kPEPE", sent=3), NOW)
    assert [each.tick for each in events if isinstance(each, BookSnapshot)] == [px("0.000001")] * 3
    assert [each.text for each in events if isinstance(each, Notice)] == [
        f"kPEPE: prices of 6 decimals, though the catalogue allows {6 - sizes}"
    ]
    assert made.messages - before == len(events)


def test_finer_prices_below_a_border_do_not_contradict_the_catalogue() -> None:
    made = stream("AVAX", decimals={"AVAX": 4})
    told = made.receive(book("10.021x1 9.9998x1", "10.022x1", coin="AVAX", sent=1), NOW)
    assert [type(each) for each in told] == [BookSnapshot]
    assert isinstance(told[0], BookSnapshot)
    assert told[0].tick == px("0.001")


def test_a_catalogue_that_was_put_right_is_believed_again() -> None:
    decimals = {"kPEPE": 1}
    made = stream("kPEPE", decimals=decimals)
    made.receive(book("0.012344x1", "0.012346x1", coin="kPEPE", sent=1), NOW)
    decimals["kPEPE"] = 6
    assert snapshot(made, book("0.01234x1", "0.01235x1", coin="kPEPE", sent=2)).tick == px("0.000001")


def test_an_empty_book_keeps_its_tick() -> None:
    made = stream("BTC", decimals={"BTC": 1})
    made.receive(book("108246x1", "108247x1", sent=1), NOW)
    told = snapshot(made, book("", "", sent=2))
    assert (told.bids, told.asks, told.tick) == ({}, {}, px("1"))


# Trades


def test_a_trade_is_told_from_the_side_that_took() -> None:
    made = stream()
    made.receive(book(sent=1), NOW)
    told = one(made, trades(trade("101", "0.5", sent=2, side="A", tid=9)))
    assert isinstance(told, Trade)
    assert (told.price, told.size, told.side, told.sent) == (px("101"), qty("0.5"), Side.SELL, NOON + 2)
    assert (told.number, told.past) == (9, False)


def test_the_first_push_of_trades_holds_the_past() -> None:
    made = stream()
    made.receive(book(sent=100), NOW)
    first = made.receive(trades(trade(sent=10, tid=1), trade(sent=50, tid=2), trade(sent=100, tid=3)), NOW)
    later = made.receive(trades(trade(sent=50, tid=4)), NOW)
    assert [each.past for each in [*first, *later] if isinstance(each, Trade)] == [True, True, False, False]


def test_a_trade_is_told_once_whatever_comes_again_after_a_reconnect() -> None:
    made = stream()
    made.receive(trades(trade(tid=1), trade(tid=2)), NOW)
    made.open()
    events = made.receive(trades(trade(tid=2), trade(tid=3)), NOW)
    assert [type(each) for each in events] == [Ignored, Trade]
    assert isinstance(events[1], Trade)
    assert events[1].past


def test_of_many_trades_the_last_ones_are_still_known() -> None:
    made = stream()
    for number in range(1, 3_001):
        made.receive(trades(trade(tid=number)), NOW)
    for number in range(2_600, 3_001):
        assert isinstance(one(made, trades(trade(tid=number))), Ignored)
    assert isinstance(one(made, trades(trade(tid=1))), Trade)  # what is remembered has an end


def test_two_trades_of_one_moment_and_transaction_are_two() -> None:
    made = stream()
    events = made.receive(trades(trade(tid=1), trade(tid=2)), NOW)
    assert len([each for each in events if isinstance(each, Trade)]) == len(events) == 2


def test_a_slice_of_a_long_order_has_no_transaction() -> None:
    told = one(stream(), trades(trade(hash=ZEROS)))
    assert isinstance(told, Trade)
    assert told.reference == ""


def test_a_trade_of_one_outcome_is_one_of_the_other_from_its_side() -> None:
    yes, no = stream("#10", "#11").receive(trades(trade("0.4", "5", coin="#10")), NOW)
    assert isinstance(yes, Trade)
    assert isinstance(no, Trade)
    assert (yes.price, yes.side) == (px("0.4"), Side.BUY)
    assert (no.price, no.side, no.size) == (px("0.6"), Side.SELL, qty("5"))


def test_a_bad_trade_among_good_ones_is_refused_alone() -> None:
    made = stream()
    before = made.messages
    events = made.receive(
        trades(trade(tid=1), trade(sz="0", tid=2), trade(side="C", tid=3), trade(px=None), trade(tid=4)), NOW
    )
    assert [type(each) for each in events] == [Trade, Rejected, Rejected, Rejected, Trade]
    assert made.messages - before == len(events)
    assert all(each.doubted == () for each in events if isinstance(each, Rejected))


# What is told around


def test_the_context_of_a_perp() -> None:
    told = one(stream(), ctx())
    assert told == Context(
        id_of("BTC"),
        NOW,
        mark=101.0,
        oracle=100.5,
        previous=100.0,
        volume=2034799.72462,
        interest=46.2066,
        funding=0.0000125,
        funded_every=Millis(3_600_000),
    )


def test_a_spot_pair_has_no_funding() -> None:
    frame = ctx("@107", channel="activeSpotAssetCtx", funding=None, openInterest=None, oraclePx=None)
    told = one(stream("@107"), frame)
    assert isinstance(told, Context)
    assert (told.funding, told.funded_every, told.oracle, told.interest) == (None, 0, None, None)


def test_a_candle_comes_alone_or_in_a_list() -> None:
    alone = spelt({"channel": "candle", "data": candle()})
    for frame in (alone, candles(candle())):
        told = one(stream(), frame)
        assert isinstance(told, Candles)
        assert told.width == 60_000
        assert [each.begins for each in told.rows] == [NOON]
        assert told.rows[0].high == px("104")


def test_a_candle_of_the_other_outcome_is_upside_down() -> None:
    _, no = stream("#10", "#11").receive(candles(candle(coin="#10", prices="0.4 0.5 0.3 0.45")), NOW)
    assert isinstance(no, Candles)
    (row,) = no.rows
    assert (row.open, row.high, row.low, row.close) == (px("0.6"), px("0.7"), px("0.5"), px("0.55"))


@pytest.mark.parametrize("wrap", [lambda each: each, lambda each: {"updates": each}])
def test_settlements_of_our_outcomes_are_told(wrap: Any) -> None:
    made = stream("#10", "#11", "BTC")
    assert kinds(made.open())[0] == "outcomeMetaUpdates "
    told = one(
        made, spelt({"channel": "outcomeMetaUpdates", "data": wrap([{"outcomeSettled": 1}, {"questionSettled": 3}])})
    )
    assert isinstance(told, Resolved)
    assert set(told.instruments) == {id_of("#10"), id_of("#11")}
    assert (told.winner, told.outcome) == ("", "")
    assert isinstance(
        one(made, spelt({"channel": "outcomeMetaUpdates", "data": wrap([{"outcomeSettled": 9}])})), Ignored
    )


# Answers


def test_the_greeting_and_pongs_are_no_data() -> None:
    for frame in (b"Websocket connection established.", b'{"channel":"pong"}', ack(type="bbo", coin="BTC")):
        told = one(stream(), frame)
        assert isinstance(told, Ignored)
        assert not told.data
        assert not told.unknown


@pytest.mark.parametrize(
    "frame",
    [
        b"  ",
        b"[]",
        b"null",
        b"Too many requests.",
        b'{"channel":"tomorrow","data":{}}',
        b'{"channel":"trades","data":[]}',
        b'{"channel":"candle","data":[]}',
        error("no such thing"),
    ],
)
def test_neither_garbage_nor_words_nor_what_is_empty_is_data(frame: bytes) -> None:
    assert not any(map(is_data, stream().receive(frame, NOW)))


def test_a_coin_that_the_venue_does_not_know_is_declined_by_name() -> None:
    made = stream("NOPE", "BTC")
    told = one(made, error('Invalid subscription {"type":"l2Book","coin":"NOPE","nSigFigs":null,"mantissa":null}'))
    assert isinstance(told, Declined)
    assert told.instrument == id_of("NOPE")
    assert "NOPE" in told.reason


@pytest.mark.parametrize(("coin", "hint"), [("btc", "is it BTC?"), ("NOPE", ""), ("kBTC", ""), ("@999999", "")])
def test_a_declined_name_in_small_letters_is_asked_about(coin: str, hint: str) -> None:
    told = one(stream(coin), error(f'Invalid subscription {{"type":"l2Book","coin":"{coin}"}}'))
    assert isinstance(told, Declined)
    assert told.reason.endswith(hint or "or has no book")


def test_what_belongs_to_a_declined_coin_is_not_told_again() -> None:
    made = stream("NOPE")
    for body in ({"type": "trades", "coin": "NOPE"}, {"type": "l2Book", "coin": "NOPE", "fast": True}):
        for text in ("Invalid subscription ", "Error parsing JSON into valid websocket request: "):
            whole = {"method": "subscribe", "subscription": body} if "parsing" in text else body
            told = one(made, error(text + json.dumps(whole)))
            assert isinstance(told, Ignored)
            assert not told.unknown


def test_to_be_subscribed_already_is_no_harm() -> None:
    for words in ("Already subscribed: ", "Already unsubscribed: "):
        assert isinstance(one(stream(), error(words + '{"type":"trades","coin":"BTC"}')), Ignored)


def test_other_errors_are_noted() -> None:
    told = one(stream(), error("Cannot track more than 10 total users."))
    assert isinstance(told, Notice)
    assert "users" in told.text


def test_words_of_the_venue_reach_nobody_with_what_a_terminal_obeys() -> None:
    for words in ("\x1b]52;c;AAAA\x07", 'Invalid\x1b[2J {"type":"l2Book","coin":"BTC"}'):
        told = one(stream(), error(words))
        assert isinstance(told, (Notice, Declined))
        assert (told.text if isinstance(told, Notice) else told.reason).isprintable()


def test_feeds_that_are_not_ours_are_ignored_and_counted_as_unknown() -> None:
    told = one(stream(), spelt({"channel": "allMids", "data": {"mids": {"BTC": None}}}))
    assert isinstance(told, Ignored)
    assert told.unknown
    assert isinstance(one(stream(), book(coin="SOL")), Ignored)


def test_unknown_fields_are_no_harm() -> None:
    frame = book().replace(b'"coin"', b'"depth":{"of":[1,2]},"coin"')
    assert snapshot(stream(), frame).bids == levels("99x2 98x1")


def test_the_venues_own_spelling_is_not_needed() -> None:
    for frame in (book(), bbo(), trades(trade()), ctx(), candles(candle())):
        loose = json.dumps(json.loads(frame), indent=1, sort_keys=True).encode()
        ours, theirs = stream(), stream()
        assert ours.receive(loose, NOW) == theirs.receive(frame, NOW)


_prices = st.lists(st.integers(1, 12_000), max_size=4).map(lambda found: [str(Decimal(each) / 100) for each in found])


@given(_prices, _prices, st.sampled_from(["BTC", "#5160"]), st.booleans())
def test_a_book_is_read_or_refused_alike_in_any_spelling(
    bids: list[str], asks: list[str], coin: str, fast: bool
) -> None:
    frame = book(*(" ".join(f"{price}x1" for price in side) for side in (bids, asks)), coin=coin, fast=fast)
    answers: list[list[object]] = []
    for spelling in (frame, json.dumps(json.loads(frame), indent=1, sort_keys=True).encode()):
        try:
            answers.append(list(stream("BTC", "#5160").receive(spelling, NOW)))
        except VenueError as error:
            answers.append([error.reason])
    assert answers[0] == answers[1]


def test_a_time_that_is_text_is_milliseconds_all_the_same() -> None:
    for frame in (book(sent=5), book(sent=5, fast=True), bbo(sent=5), trades(trade(sent=5))):
        texts = re.sub(rb'"time":(\d+)', rb'"time":"\1"', frame)
        assert texts != frame
        ours, theirs = stream(), stream()
        for made in (ours, theirs):
            made.receive(book(sent=1), NOW)
        assert ours.receive(texts, NOW) == theirs.receive(frame, NOW)


@pytest.mark.parametrize("text", ["", " 5", "5.0", "-5", "1_800_000_000_001", "1800000000", "9" * 30, "٣"])
def test_a_time_that_is_other_text_is_refused(text: str) -> None:
    frame = book(sent=1).replace(f'"time":{NOON + 1}'.encode(), f'"time":"{text}"'.encode())
    with pytest.raises(VenueError, match="time"):
        stream().receive(frame, NOW)


def test_symbols_of_the_suite_are_coins() -> None:
    assert all(stream(each).instruments == (id_of(each),) for each in SYMBOLS)
