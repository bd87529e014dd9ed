"""The list of bad inputs, line by line, through the codec and the store; and whatever else bytes can be."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pmtui.core.board import Label
from pmtui.core.careful import MOST_KEYS, MOST_VALUES
from pmtui.core.events import Ignored, Rejected
from pmtui.core.ports import VenueError
from pmtui.core.store import Store
from pmtui.core.units import Millis, px
from pmtui.venues.polymarket.venue import Polymarket
from tests.effort import effort
from tests.examples import more

from .frames import (
    ASKS,
    BIDS,
    ELSEWHERE,
    FOREIGN,
    MESSAGES,
    NO,
    SENT,
    YES,
    Talk,
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
    price_change,
    spaced,
    tick_size,
)

pytestmark = pytest.mark.usefixtures("road")

CHANGE = spaced(price_change(change()))
BARE = b"\xff\xfe"
"""Stands for a place in a frame that is then filled with bare bytes."""


def with_price(text: bytes) -> bytes:
    """A price change whose price is these bytes, quotes included if any."""
    return CHANGE.replace(b'"price":"0.47"', b'"price":' + text)


def with_size(text: bytes) -> bytes:
    return CHANGE.replace(b'"size":"55"', b'"size":' + text)


def with_side(text: bytes) -> bytes:
    return CHANGE.replace(b'"side":"BUY"', b'"side":' + text)


def without(key: str, message: dict[str, object]) -> dict[str, object]:
    return {name: message[name] for name in message if name != key}


def twice(key: str, value: str = '"0.40"') -> bytes:
    return CHANGE.replace(f'"{key}":'.encode(), f'"{key}":{value}, "{key}":'.encode(), 1)


MESSAGE_LINES: dict[str, tuple[bytes, str]] = {
    "J1 empty": (b"", "REJ"),
    "J2 blank": (b"  \r\n", "REJ"),
    "J3 pong": (b"PONG", "ignored"),
    "J4 control word": (b"NO NEW ASSETS", "OK"),
    "J4 another": (b"INVALID OPERATION", "OK"),
    "J5 cut": (CHANGE[:-1], "REJ+R"),
    "J5 cut early": (CHANGE[:20], "REJ+R"),
    "J5 cut in a list": (b"[" + CHANGE[:-1], "REJ+R"),
    "J6 two documents": (CHANGE + CHANGE, "REJ+R"),
    "J6 two lines": (CHANGE + b"\n" + CHANGE, "REJ+R"),
    "J7 single quotes": (CHANGE.replace(b'"', b"'"), "REJ+R"),
    "J7 comment": (CHANGE.replace(b"[", b"/* x */ ["), "REJ+R"),
    "J7 comment ahead": (b"// x\n" + CHANGE, "REJ+R"),
    "J8 trailing comma": (CHANGE[:-1] + b",}", "REJ+R"),
    "J8 byte-order mark": (b"\xef\xbb\xbf" + CHANGE, "REJ+R"),
    "J9 NaN": (with_price(b"NaN"), "REJ+R"),
    "J10 Infinity": (with_price(b"Infinity"), "REJ+R"),
    "J10 -Infinity": (with_size(b"-Infinity"), "REJ+R"),
    "J11 1e309": (with_price(b"1e309"), "REJ+R"),
    "J12 1e-400": (with_price(b"1e-400"), "REJ+R"),
    "J12 size 1e-400": (with_size(b"1e-400"), "REJ+R"),
    "J13 5000 digits": (with_price(b"9" * 5_000), "REJ+R"),
    "J13 5000 digits in an unknown key": (CHANGE[:-1] + b', "x":' + b"9" * 5_000 + b"}", "OK"),
    "J14 deep list": (b"[" * 100_000, "REJ+R"),
    "J14 deep object": (b'{"a":' * 100_000, "REJ+R"),
    "J14 deep inside": (CHANGE[:-1] + b', "x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "REJ+R"),
    "J15 price twice": (twice("price"), "REJ+R"),
    "J15 size twice": (twice("size"), "REJ+R"),
    "J15 asset twice": (twice("asset_id", f'"{NO}"'), "REJ+R"),
    "J15 market twice": (twice("market", f'"{ELSEWHERE}"'), "REJ+R"),
    "J15 time twice": (twice("timestamp"), "REJ+R"),
    "J15 kind twice": (twice("event_type", '"zork"'), "REJ+R"),
    "J15 list twice": (CHANGE.replace(b'"price_changes":', b'"price_changes":[], "price_changes":'), "REJ+R"),
    "J15 in a book": (spaced(later_book()).replace(b'"bids":', b'"bids":[], "bids":'), "REJ+R"),
    "J15 in a level": (spaced(later_book()).replace(b'"price":', b'"price":"0.4", "price":', 1), "REJ+R"),
    "J15 in a trade": (spaced(last_trade()).replace(b'"size":', b'"size":"1", "size":'), "REJ+R"),
    "J15 unknown key": (CHANGE[:-1] + b', "x":1, "x":2}', "REJ+R"),
    "J16 lone surrogate": (CHANGE.replace(b"b" * 40, b"\\ud800"), "OK"),
    "J17 NUL": (CHANGE.replace(b"b" * 40, b"\\u0000"), "OK"),
    "J18 null": (b"null", "REJ"),
    "J18 true": (b"true", "REJ"),
    "J18 number": (b"7", "REJ"),
    "J18 negative": (b"-7", "REJ"),
    "J18 text": (b'"x"', "REJ"),
    "J19 empty list": (b"[]", "OK"),
    "J20 list with a number": (b"[7]", "REJ+R"),
    "J20 list with null": (b"[null]", "REJ+R"),
    "J21 nested list": (b"[[" + CHANGE + b"]]", "REJ+R"),
    "J22 raw control byte": (CHANGE.replace(b"b" * 40, b"b\x01b"), "REJ+R"),
    "J23 invalid UTF-8": (CHANGE.replace(b"b" * 40, b"\xff\xfe"), "CUT"),
    "J23 cut character": (b"\xe2\x82", "CUT"),
    "J31 no kind": (spaced(without("event_type", price_change(change()))), "REJ+R"),
    "J31 kind is a number": (spaced(price_change(change(), event_type=7)), "REJ+R"),
    "J31 kind is null": (spaced(price_change(change(), event_type=None)), "REJ+R"),
    "J31 empty object": (b"{}", "REJ+R"),
    "J32 unknown kind": (b'{"event_type":"zork"}', "ignored"),
    "J33 keys with a meaning elsewhere": (
        spaced(price_change(change(), __class__={"__init__": 1}, __proto__=[])),
        "OK",
    ),
    "J34 gzip": (gzip.compress(CHANGE), "CUT"),
}


def lines(names: Iterable[str]) -> list[Any]:
    """Lines of the list by name."""
    return [pytest.param(*MESSAGE_LINES[name], id=name) for name in names]


@pytest.mark.parametrize(("frame", "outcome"), lines(MESSAGE_LINES))
def test_messages(frame: bytes, outcome: str) -> None:
    assert Talk().outcome(frame) == outcome


def quoted(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode()


NO_PRICES = [
    *(quoted(text) for text in ("NaN", "sNaN", "Infinity", "1e309", "5e-1", "1e9999999", "1_000")),
    *(quoted(text) for text in (" 0.5", "0.5 ", "٠.٥", "０.５", "+0.5", "0x1", "1/2", "0,53", "", ".", "5.")),
    b'"0.5\\n"',
    *(quoted(text) for text in ("-0.01", "-0", "0", "0.00", "1", "1.0", "1.01", "2")),
    *(quoted(text) for text in ("0." + "1" * 40, "0.535", "0.4700001", "0.12345678912")),
    *(b"true", b"null", b"[]", b"{}", b"5e-1", b"-0.01", b"0", b"1"),
]
NO_SIZES = [
    *(quoted(text) for text in ("-5", "-0", "12345678901234567890", "1e3", "", " 5", "NaN", "0.0000000001")),
    *(b"true", b"null", b"[]", b"1e3", b"-5"),
]


@pytest.mark.parametrize("text", NO_PRICES, ids=lambda text: text.decode()[:24])
def test_n_a_price_that_is_none_is_rejected_and_doubts_the_book(text: bytes) -> None:
    talk = Talk()
    before = dict(talk.board().book.bids)

    assert talk.outcome(with_price(text)) == "REJ+R"
    assert talk.board().book.bids == before


@pytest.mark.parametrize("text", NO_PRICES, ids=lambda text: text.decode()[:24])
def test_n_a_price_that_is_none_is_rejected_in_a_book_too(text: bytes) -> None:
    frame = spaced(later_book()).replace(b'"price":"0.47"', b'"price":' + text)

    assert Talk().outcome(frame) == "REJ+R"


@pytest.mark.parametrize("text", NO_SIZES, ids=lambda text: text.decode()[:24])
@pytest.mark.parametrize("frame", [CHANGE, spaced(later_book((("0.47", "55"),)))], ids=["change", "book"])
def test_n_a_size_that_is_none_is_rejected(text: bytes, frame: bytes) -> None:
    assert Talk().outcome(frame.replace(b'"size":"55"', b'"size":' + text)) == "REJ+R"


@pytest.mark.parametrize("text", [b'".48"', b'"0.480"', b'"0.48"', b"0.48", b"0.480"])
def test_n11_n20_every_way_to_write_a_price_is_the_same_level(text: bytes) -> None:
    talk = Talk()

    assert talk.outcome(with_price(text)) == "OK"
    assert talk.board().book.bids[px("0.48")] == 55 * 10**9


@pytest.mark.parametrize("price", ["0.47", "0.40"], ids=["there", "absent"])
def test_n23_a_size_of_zero_removes_a_level_if_it_is_there(price: str) -> None:
    talk = Talk()

    assert talk.outcome(with_size(b'"0"').replace(b'"0.47"', f'"{price}"'.encode())) == "OK"
    assert px(price) not in talk.board().book.bids


def test_n27_a_tiny_size_is_exact() -> None:
    talk = Talk()

    assert talk.outcome(with_size(b'"0.0000001"')) == "OK"
    assert talk.board().book.bids[px("0.47")] == 100


@pytest.mark.parametrize("key", ["price", "size", "side", "asset_id"])
def test_n28_s_a_change_without_one_of_its_words_is_rejected(key: str) -> None:
    assert Talk().outcome(spaced(price_change(without(key, change())))) in ("REJ+R", "REJ")


def test_n29_a_megabyte_of_digits_is_rejected_quickly() -> None:
    frame = with_size(b'"' + b"9" * 1_000_000 + b'"')

    assert Talk().outcome(frame) == "REJ+R"
    # A number of so many digits would take its square.
    most = 20 * effort(lambda: json.loads(frame))
    assert effort(lambda: Talk().outcome(frame), below=most) < most


ABSURD = ["J13 5000 digits", "J14 deep list", "J14 deep object", "J14 deep inside"]


@pytest.mark.parametrize(("frame", "outcome"), lines(ABSURD))
def test_j13_j14_absurd_frames_are_rejected_at_once(frame: bytes, outcome: str) -> None:
    assert Talk().outcome(frame) == outcome
    # As at once as any frame is read; one millisecond is asked for, on any machine that can be had.
    most = 10 * effort(lambda: Talk().outcome(CHANGE))
    assert effort(lambda: Talk().outcome(frame), below=most) < most


@cache
def keys(count: int, value: bytes = b"1") -> bytes:
    """So many fields, each with a name of its own; made once, for that takes longer than reading them."""
    return b",".join(b'"k%d":%b' % (n, value) for n in range(count))


MILLION = 1_000_000


@cache
def making_a_million() -> float:
    """The seconds in which so many keys are made of a text; measured once, for that is a second."""
    all_ = b"{" + keys(MILLION) + b"}"
    return effort(lambda: json.loads(all_), tries=1)


@pytest.mark.parametrize(
    "begin", [b"{", CHANGE[:-1] + b",", b'{"event_type":"zork",'], ids=["no kind", "a change", "unknown kind"]
)
def test_j30_a_million_keys_take_no_long_time(begin: bytes) -> None:
    frame = begin + keys(MILLION) + b"}"
    assert Talk().outcome(frame) in ("REJ+R", "ignored", "OK")
    # A hundred milliseconds are asked for: about a seventh of what it takes to make all those keys.
    most = making_a_million() / 4
    assert effort(lambda: Talk().outcome(frame), tries=2, below=most) < most


KEYS = MOST_KEYS - 100
SPARE = MOST_VALUES - KEYS - 100


@pytest.mark.parametrize(
    "fields",
    [
        keys(KEYS),
        keys(KEYS, b'"1"'),
        keys(KEYS) + b',"x":[' + b",".join([b"7"] * SPARE) + b"]",
        keys(KEYS, b"{}"),
    ],
    ids=["numbers", "texts", "a list besides", "objects"],
)
def test_j30_as_many_keys_as_are_read_at_all_take_no_longer(fields: bytes) -> None:
    frame = b'{"event_type":"zork",' + fields + b"}"
    assert Talk().outcome(frame) == "ignored"
    most = making_a_million() / 4
    assert effort(lambda: Talk().outcome(frame), tries=3, below=most) < most


def listed(item: bytes, count: int, within: bytes = b"[%b]") -> bytes:
    return within % ((item + b",") * (count - 1) + item)


CHANGES_OF = spaced(price_change()).replace(b"[]", b"[%b]")
BIDS_OF = spaced(later_book((), ())).replace(b'"bids":[]', b'"bids":[%b]')
LONG_LISTS = {
    "numbers": (listed(b"7", 1_000_000), "CUT"),
    "objects": (listed(b"{}", 300_000), "CUT"),
    "lists": (listed(b"[]", 300_000), "CUT"),
    "lists of lists": (listed(listed(b"[]", 100), 20_000), "CUT"),
    "texts": (listed(b'"x"', 300_000), "CUT"),
    "an unknown kind": (listed(b'{"event_type":"zork"}', 100_000), "CUT"),
    "changes that are numbers": (listed(b"7", 1_000_000, CHANGES_OF), "REJ+R"),
    "changes that are empty": (listed(b"{}", 300_000, CHANGES_OF), "REJ+R"),
    "levels that are numbers": (listed(b"7", 1_000_000, BIDS_OF), "REJ+R"),
    "levels that are empty": (listed(b"{}", 300_000, BIDS_OF), "REJ+R"),
    "an unknown field": (listed(b"7", 1_000_000, CHANGE[:-1].replace(b"%", b"%%") + b', "x":[%b]}'), "REJ+R"),
}


@pytest.mark.parametrize(("frame", "outcome"), LONG_LISTS.values(), ids=LONG_LISTS)
def test_a_long_list_of_anything_costs_less_than_to_make_it(frame: bytes, outcome: str) -> None:
    assert Talk().outcome(frame) == outcome
    most = effort(lambda: json.loads(frame), tries=1)
    assert effort(lambda: Talk().outcome(frame), tries=3, below=most) < most


@pytest.mark.parametrize("frame", [listed(b"7", 2_000_000), listed(b"{}", 2_000_000)], ids=["numbers", "objects"])
def test_a_long_list_takes_no_more_memory_than_it_is_long(frame: bytes) -> None:
    talk = Talk()
    talk.outcome(listed(b"7", 200_000))
    tracemalloc.start()
    talk.outcome(frame)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * len(frame)


def test_many_changes_of_strangers_cost_each_the_same() -> None:
    def of(count: int) -> bytes:
        return spaced(price_change(*(change(token=f"{number:077d}") for number in range(count)), change()))

    few, many = of(300), of(6_000)
    assert Talk().outcome(many) == "OK"
    # Twenty times as many; if each looked at all others, it would be four hundred.
    most = 80 * effort(lambda: Talk().outcome(few))
    assert effort(lambda: Talk().outcome(many), tries=3, below=most) < most


def test_n30_a_trade_of_nothing_is_rejected_without_a_doubt() -> None:
    assert Talk().outcome(spaced(last_trade(size="0"))) == "REJ"


@pytest.mark.parametrize("price", ["0", "1", "1.5", "-0.1", "NaN"])
def test_a_trade_outside_the_range_is_rejected(price: str) -> None:
    talk = Talk()

    assert talk.outcome(spaced(last_trade(price=price))) == "REJ+R"
    assert talk.board().tape.total == 0


# Times

UNKNOWN_TIMES: dict[str, object] = {
    "missing": ...,
    "null": None,
    "empty": "",
    "seconds": str(SENT // 1_000),
    "micro": str(SENT * 1_000),
    "nano": str(SENT * 1_000_000),
    "negative": str(-SENT),
    "huge": "9" * 6_000,
    "text": "yesterday",
    "1970": "12345",
    "zero": "0",
    "fraction": f"{SENT}.5",
    "list": [],
    "true": True,
}
KINDS = {"change": price_change(change()), "flat": flat_price_change(), "old": old_price_change(change())}


@pytest.mark.parametrize("time", UNKNOWN_TIMES.values(), ids=UNKNOWN_TIMES)
@pytest.mark.parametrize("kind", KINDS)
def test_ts_a_change_with_a_senseless_time_is_kept(kind: str, time: object) -> None:
    message = without("timestamp", KINDS[kind]) if time is ... else KINDS[kind] | {"timestamp": time}
    talk = Talk()

    assert talk.outcome(spaced(message)) == "OK"
    assert talk.board().book.bids[px("0.47")] == 55 * 10**9
    assert talk.board().sent == SENT


@pytest.mark.parametrize("time", UNKNOWN_TIMES.values(), ids=UNKNOWN_TIMES)
@pytest.mark.parametrize("kind", ["later book", "trade", "tick", "best", "resolved"])
def test_ts_other_messages_with_a_senseless_time_are_kept(kind: str, time: object) -> None:
    known = MESSAGES[kind]
    message = without("timestamp", known) if time is ... else known | {"timestamp": time}

    (event,) = Talk().take(spaced(message))

    assert not isinstance(event, (Rejected, Ignored))
    assert event.sent == 0  # type: ignore[union-attr]


@pytest.mark.parametrize("time", ["1_800_000_000_123", " 1800000000123", "+1800000000123", "١٨٠٠٠٠٠٠٠٠١٢٣"])
def test_ts_a_time_is_plain_digits(time: str) -> None:
    (event,) = Talk().take(spaced(later_book(timestamp=time)))

    assert event.sent == 0  # type: ignore[union-attr]


def test_ts6_a_time_one_day_ahead_is_kept() -> None:
    (event,) = Talk().take(spaced(price_change(change(), timestamp=str(SENT + 86_400_000))))

    assert event.sent == SENT + 86_400_000  # type: ignore[union-attr]


# Structure

STRUCTURE_LINES: dict[str, tuple[bytes, str]] = {
    "S1 bids null": (spaced(later_book(bids=None)), "REJ+R"),
    "S2 asks missing": (spaced(without("asks", later_book())), "REJ+R"),
    "S3 bids a text": (spaced(later_book(bids="0.48")), "REJ+R"),
    "S3 bids an object": (spaced(later_book(bids={"0.48": "1"})), "REJ+R"),
    "S4 level without price": (spaced(later_book(bids=[{"size": "1"}])), "REJ+R"),
    "S4 level without size": (spaced(later_book(bids=[{"price": "0.48"}])), "REJ+R"),
    "S4 level a pair": (spaced(later_book(bids=[["0.48", "1"]])), "REJ+R"),
    "S4 level null": (spaced(later_book(bids=[None])), "REJ+R"),
    "S5 both sides empty": (spaced(later_book((), ())), "OK"),
    "S6 price twice": (spaced(later_book((("0.48", "1"), ("0.48", "2")))), "REJ+R"),
    "S6 price twice, spelt differently": (spaced(later_book((("0.48", "1"), (".48", "2")))), "REJ+R"),
    "S7 unsorted": (spaced(later_book(BIDS[::-1], ASKS[::-1])), "OK"),
    "S11 small side": (with_side(b'"buy"'), "OK"),
    "S12 HOLD": (with_side(b'"HOLD"'), "REJ+R"),
    "S12 empty side": (with_side(b'""'), "REJ+R"),
    "S12 side a number": (with_side(b"1"), "REJ+R"),
    "S12 side null": (with_side(b"null"), "REJ+R"),
    "S12 side missing": (spaced(flat_price_change(side=None)), "REJ+R"),
    "S12 trade": (spaced(last_trade(side="HOLD")), "REJ+R"),
    "S13 asset empty": (spaced(flat_price_change(asset_id="")), "REJ"),
    "S13 asset a number": (spaced(later_book(asset_id=7)), "REJ"),
    "S14 asset of 10 kB": (spaced(flat_price_change(asset_id="9" * 10_000)), "REJ"),
    "S15 no changes, old schema": (spaced(old_price_change()), "ignored"),
    "S15 changes null": (spaced(price_change(price_changes=None)), "REJ+R"),
    "S16 told bid over told ask, off the fast road": (
        spaced(price_change(change(best_bid="0.6", best_ask="0.5"), zork=1)),
        "REJ+R",
    ),
    "S16 best bid and ask": (spaced(best_bid_ask("0.6", "0.5")), "REJ+R"),
    "S16 top no number": (spaced(price_change(change(best_bid="NaN"))), "REJ+R"),
    "S16 top above one": (spaced(price_change(change(best_ask="1.5"))), "REJ+R"),
    "S17 tick 0": (spaced(tick_size(new="0")), "REJ+R"),
    "S17 tick negative": (spaced(tick_size(new="-0.01")), "REJ+R"),
    "S17 tick 0.3": (spaced(tick_size(new="0.3")), "REJ+R"),
    "S17 tick missing": (spaced(without("new_tick_size", tick_size())), "REJ+R"),
    "S17 tick of a book": (spaced(book(tick_size="0.3")), "REJ+R"),
    "S18 wrong market": (spaced(price_change(change(), market=ELSEWHERE)), "REJ+R"),
    "S18 wrong market, book": (spaced(later_book(market=ELSEWHERE)), "REJ+R"),
    "S18 wrong market, trade": (spaced(last_trade(market=ELSEWHERE)), "REJ+R"),
    "S18 wrong market, best": (spaced(best_bid_ask(market=ELSEWHERE)), "REJ+R"),
    "S18 wrong market, old change": (spaced(old_price_change(change(), market=ELSEWHERE)), "REJ+R"),
    "S18 wrong market, settlement": (spaced(market_resolved(market=ELSEWHERE)), "REJ+R"),
    "S18 wrong market, tick": (spaced(tick_size(market=ELSEWHERE)), "REJ+R"),
    "S settled without a winner": (spaced(without("winning_asset_id", market_resolved())), "REJ+R"),
}


@pytest.mark.parametrize(("frame", "outcome"), STRUCTURE_LINES.values(), ids=STRUCTURE_LINES)
def test_structure(frame: bytes, outcome: str) -> None:
    assert Talk().outcome(frame) == outcome


@pytest.mark.parametrize(("bid", "ask"), [("0.6", "0.5"), ("0.5", "0.5")])
def test_s16_a_told_bid_that_meets_the_told_ask_is_rejected(bid: str, ask: str) -> None:
    assert Talk().outcome(spaced(price_change(change(best_bid=bid, best_ask=ask)))) == "REJ+R"


def test_s16_a_told_bid_that_meets_the_told_ask_could_be_read() -> None:
    told = change(best_bid="0.6", best_ask="0.5")
    for frame in (spaced(price_change(told)), spaced([price_change(told)])):
        (found,) = Talk().take(frame)
        assert isinstance(found, Rejected)
        assert (found.read, found.doubted) == (True, (ident(YES),))


@pytest.mark.parametrize("frame", [b"null", b'{"event_type":"price_ch', spaced(price_change(change(side="HOLD")))])
def test_what_is_no_contradiction_could_not_be_read(frame: bytes) -> None:
    (found,) = Talk().take(frame)
    assert isinstance(found, Rejected)
    assert not found.read


NO_IDS = {
    "empty": "",
    "10 kB": "9" * 10_000,
    "200 digits": "9" * 200,
    "79 digits": "0" * 79,
    "one too large": str(1 << 256),
    "62 hexadecimal digits": "ab" * 31,
    "no digits": "0x",
    "65 hexadecimal digits": "0x" + "a" * 65,
    "a word": "junk",
    "an escape": "junk\x1b[2J",
    "negative": "-5",
    "a blank": " 5",
    "a newline": "5\n",
    "a fraction": "5.0",
    "another script": "٣" * 70,
}


@pytest.mark.parametrize("kind", ["later book", "trade", "tick", "best"])
@pytest.mark.parametrize("asset", NO_IDS.values(), ids=NO_IDS)
def test_s13_an_absurd_asset_id_is_rejected_in_every_kind(kind: str, asset: str) -> None:
    assert Talk().outcome(spaced(MESSAGES[kind] | {"asset_id": asset})) == "REJ"


@pytest.mark.parametrize("asset", NO_IDS.values(), ids=NO_IDS)
def test_s13_an_absurd_asset_id_among_changes_is_rejected_and_nobody_follows_it(asset: str) -> None:
    assert Talk().outcome(spaced(price_change(change(token=asset)))) == "REJ"
    talk = Talk()
    assert talk.outcome(spaced(price_change(change(), change("0.53", "1", "SELL", token=asset)))) == "REJ+R"
    assert talk.store.take_appeared() == []
    assert talk.board().instrument.complement is None
    talk.take(spaced(price_change(change(), change("0.53", "1", "SELL", token=NO))))
    assert talk.board().instrument.complement == ident(NO)


@pytest.mark.parametrize("asset", [str((1 << 256) - 1), "0x" + "aB" * 32, "0x1", "7"])
def test_an_id_is_a_number_of_256_bits(asset: str) -> None:
    talk = Talk()
    assert talk.outcome(spaced(price_change(change(), change("0.53", "1", "SELL", token=asset)))) == "OK"
    assert talk.board().instrument.complement == ident(asset)


@pytest.mark.parametrize("asset", [each for each in NO_IDS.values() if each])
def test_s13_an_absurd_winner_settles_nothing(asset: str) -> None:
    talk = Talk()
    assert talk.outcome(spaced(market_resolved(assets_ids=[YES], winning_asset_id=asset))) == "REJ+R"
    assert talk.board().resolved is None


def test_s8_a_book_with_its_sides_swapped_is_not_live() -> None:
    talk = Talk()

    talk.take(spaced(later_book(ASKS, BIDS)))

    assert talk.label() is Label.RESYNC


def test_s9_a_book_crossed_for_a_moment_is_tolerated() -> None:
    talk = Talk()
    talk.take(spaced(later_book((("0.53", "1"),), ASKS)))

    talk.take(spaced(later_book()))

    assert talk.label() is Label.LIVE
    assert talk.store.counts.doubts == 0


@pytest.mark.parametrize(
    "message",
    [
        book(last_trade_price="\ud800"),
        book(market="0x\ud800"),
        book(hash="\ud800"),
        market_resolved(winning_outcome="\ud800"),
        last_trade(transaction_hash="\ud800"),
        {"event_type": "\ud800"},
    ],
    ids=["last price", "market", "hash", "outcome", "transaction", "kind"],
)
def test_j16_a_lone_surrogate_ends_nothing(message: dict[str, object]) -> None:
    talk = Talk(first=False)
    talk.board().seal = Polymarket().seal(ident(YES))

    talk.take(spaced(message))
    talk.take(spaced(price_change(change())))
    talk.store.check(Millis(10_000))

    assert talk.store.ledger.balanced


@pytest.mark.parametrize(
    ("message", "on"),
    [
        (last_trade(side="?"), (YES,)),
        (last_trade(price="x", asset_id=NO), (NO,)),
        (last_trade(event_type=7), (YES,)),
        (last_trade(size="0"), ()),
        (book(bids="x"), ()),
        (change("x"), ()),
    ],
    ids=["no side", "the other outcome", "no kind", "a trade of nothing", "book", "change"],
)
def test_a_print_that_could_not_be_read_is_missing_on_the_tapes_it_names(
    message: dict[str, object], on: tuple[str, ...]
) -> None:
    (fact,) = Talk(YES, NO).take(compact(message if "event_type" in message else price_change(message)))
    assert isinstance(fact, Rejected)
    assert fact.unprinted == tuple(map(ident, on))


@pytest.mark.parametrize("frame", [b"{]", b"[{]", b"zork{", compact(last_trade())[:-9]])
def test_what_nobody_can_read_may_be_missing_on_every_tape_or_on_those_it_names(frame: bytes) -> None:
    (fact,) = Talk(YES, NO).take(frame)
    assert isinstance(fact, Rejected)
    assert fact.unprinted == fact.doubted != ()


# Lists and frames with good and bad items


def test_j20_the_good_items_of_a_list_are_applied_in_order() -> None:
    talk = Talk()
    items = [
        price_change(change("0.47", "1"), timestamp=str(SENT + 1)),
        price_change(change("0.46", "NaN"), timestamp=str(SENT + 2)),
        price_change(change("0.47", "2"), timestamp=str(SENT + 3)),
        last_trade(),
    ]

    talk.take(spaced(items))

    assert talk.board().book.bids[px("0.47")] == 2 * 10**9
    assert talk.board().tape.total == 1
    assert talk.label() is Label.RESYNC
    ledger = talk.store.ledger
    assert (ledger.received, ledger.applied, ledger.rejected) == (5, 4, 1)


def with_field(message: bytes, depth: int, *, last: bool) -> bytes:
    """The message with one more field that is nested so deep."""
    deep = b'"x":%b7%b' % (b"[" * depth, b"]" * depth)
    return b"%b,%b}" % (message[:-1], deep) if last else b"{%b,%b" % (deep, message[1:])


@pytest.mark.parametrize("depth", [900, 1_100, 3_000])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_j14_a_field_of_any_depth_costs_its_message_at_the_most(
    message: dict[str, Any], last: bool, depth: int
) -> None:
    deep = with_field(compact(message), depth, last=last)
    for frame, good in ((deep, 0), (b"[%b , %b,%b]" % (CHANGE, deep, compact(last_trade())), 2)):
        talk = Talk()
        before = talk.store.ledger.applied
        talk.take(frame)
        ledger = talk.store.ledger
        assert ledger.rejected == (depth > 1_000)
        assert ledger.applied - before >= good
        assert ledger.received == ledger.applied + ledger.rejected + ledger.ignored


@pytest.mark.parametrize("end", [b"", b"}", b"] 7", b",", b']"'])
def test_j14_a_list_with_a_deep_item_that_does_not_end_as_one_is_refused(end: bytes) -> None:
    assert Talk().outcome(b"[%b,%b%b" % (CHANGE, with_field(CHANGE, 2_000, last=True), end)) == "REJ+R"


@given(st.lists(st.sampled_from("gggb"), min_size=1, max_size=150))
@example(list("b" * 21))
@example(list("b" * 22))
@example(list("gb" * 21 + "g"))
def test_j20_nothing_is_read_behind_the_twenty_first_bad_item_of_a_list(items: list[str]) -> None:
    talk = Talk()
    bad = [number for number, item in enumerate(items) if item == "b"]
    read = items[: bad[20] + 1] if len(bad) > 20 else items
    rest = len(read) < len(items)
    frames = [
        "7" if item == "b" else json.dumps(price_change(change("0.47", str(number + 1)), timestamp=str(SENT + number)))
        for number, item in enumerate(items)
    ]

    talk.take(f"[{','.join(frames)}]".encode())

    ledger = talk.store.ledger
    good = read.count("g")
    assert (ledger.received, ledger.applied) == (1 + len(read) + rest, 1 + good)
    assert ledger.rejected == read.count("b") + rest
    assert ledger.balanced
    if good:
        last = max(number for number, item in enumerate(read) if item == "g")
        assert talk.board().book.bids[px("0.47")] == (last + 1) * 10**9


def test_a_bad_item_doubts_the_token_it_names_and_no_other() -> None:
    talk = Talk(YES, NO)

    talk.take(spaced([later_book(), later_book(token=NO, bids=None)]))

    assert (talk.label(YES), talk.label(NO)) == (Label.LIVE, Label.RESYNC)


def test_a_message_that_names_nobody_doubts_the_whole_link() -> None:
    talk = Talk(YES, NO)

    talk.take(b'{"event_type":"book"}')

    assert (talk.label(YES), talk.label(NO)) == (Label.RESYNC, Label.RESYNC)


def test_a_bad_change_of_a_stranger_alone_doubts_the_whole_link() -> None:
    talk = Talk(YES, NO)

    talk.take(spaced(price_change(change("NaN", token=FOREIGN))))

    assert talk.store.ledger.rejected + talk.store.ledger.ignored == 1


def test_a_frame_with_one_bad_change_doubts_every_token_in_it() -> None:
    talk = Talk(YES, NO)

    talk.take(spaced(price_change(change(), change("NaN", side="SELL", token=NO))))

    assert (talk.label(YES), talk.label(NO)) == (Label.RESYNC, Label.RESYNC)


@pytest.mark.parametrize("asset", ["", 7, None, "9" * 10_000], ids=["empty", "number", "null", "10 kB"])
def test_s13_an_absurd_asset_id_in_one_entry_does_not_lose_the_others_in_silence(asset: object) -> None:
    talk = Talk()

    talk.take(spaced(price_change(change("0.47", "1"), change("0.53", "1", "SELL", token=asset))))

    assert talk.board().book.bids[px("0.47")] == 10**9 or not talk.label().sure


def test_j5_a_cut_frame_doubts_the_tokens_in_its_lost_part_too() -> None:
    talk = Talk(YES, NO)
    frame = spaced(price_change(change(), change("0.53", "1", "SELL", token=NO)))

    talk.take(frame[: frame.index(NO.encode())])

    assert (talk.label(YES).sure, talk.label(NO).sure) == (False, False)


def test_a_bad_change_doubts_the_tokens_at_the_end_of_a_long_frame_too() -> None:
    talk = Talk(YES, NO)
    entries = [change("0.47", str(n)) for n in range(1, 400)]

    talk.take(spaced(price_change(*entries, change("NaN", token=NO))))

    assert (talk.label(YES).sure, talk.label(NO).sure) == (False, False)


@pytest.mark.parametrize(
    "frame",
    [
        spaced(later_book()) + spaced(new_market()),
        spaced(new_market())[:-9],
        pytest.param(
            twice("event_type", '"price_change"').replace(
                b'"event_type":"price_change"}', b'"event_type":"new_market"}'
            ),
        ),
    ],
    ids=["J6 two documents", "J5 cut", "J15 kind twice"],
)
def test_damage_that_ends_like_a_new_market_is_rejected(frame: bytes) -> None:
    assert Talk().outcome(frame) == "REJ+R"


def test_j15_a_second_unknown_kind_does_not_hide_a_known_message() -> None:
    assert Talk().outcome(CHANGE[:-1] + b', "event_type":"zork"}') == "REJ+R"


def test_a_frame_in_another_encoding_is_damage() -> None:
    assert Talk().outcome(spaced(later_book()).decode().encode("utf-16-le")) in ("REJ+R", "CUT")


def test_j15_a_repeated_key_in_a_frame_of_the_usual_length_is_rejected() -> None:
    talk = Talk()
    usual = spaced(price_change(change("0.47", "1"), change("0.46", "1"), change("0.45", "1")))
    talk.take(usual)
    message = compact(price_change(change("0.47", "9"), change("0.46", "1"), change("0.45", "1")))
    forged = message.replace(b'"side":"BUY"', b'"side":"SELL","side":"BUY"', 1)
    forged = forged[:1] + b" " * (len(usual) - len(forged)) + forged[1:]
    assert len(forged) == len(usual)

    assert talk.outcome(forged) == "REJ+R"


# Whatever else bytes can be


def safely(store: Store, talk: Talk, frame: bytes) -> None:
    """Take a frame in: nothing but `VenueError` may come out, and the ledger stays balanced."""
    try:
        events = talk.stream.receive(frame, Millis(1))
    except VenueError as error:
        events = [error.fact(Millis(1), talk.stream.instruments)]
    assert all(len(event.sample) <= 200 for event in events if isinstance(event, Rejected))
    store.take(events)
    store.check(Millis(100))


@more(4)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=80).map(lambda text: text.encode("utf-8", "replace"))))
@example(b"\xed\xa0\x80")
@example(b"{\x00")
def test_arbitrary_bytes_raise_nothing_but_a_venue_error(frame: bytes) -> None:
    talk = Talk()

    for each in (frame, b"{" + frame, b"[" + frame + b"]", b'{"event_type":"book","x":' + frame + b"}"):
        safely(talk.store, talk, each)


words = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(YES)
json_values = st.one_of(words, st.lists(words, max_size=3), st.dictionaries(st.text(max_size=5), words, max_size=3))


@st.composite
def odd_messages(draw: st.DrawFn) -> bytes:
    """A valid message with one of its words, anywhere, replaced by any JSON value or taken away."""
    message = json.loads(compact(MESSAGES[draw(st.sampled_from(sorted(MESSAGES)))]))
    holder, key = draw(st.sampled_from(places(message)))
    if draw(st.booleans()):
        holder[key] = draw(json_values)
    else:
        del holder[key]
    return spaced(draw(st.sampled_from([message, [message], [message, price_change(change())]])))


def places(message: object) -> list[tuple[Any, Any]]:
    """Every holder and key inside a message."""
    found: list[tuple[Any, Any]] = []
    if isinstance(message, (dict, list)):
        for key, value in message.items() if isinstance(message, dict) else enumerate(message):
            found += [(message, key), *places(value)]
    return found


@more(4)
@given(odd_messages())
def test_odd_words_in_valid_messages_raise_nothing_but_a_venue_error(frame: bytes) -> None:
    if b'"price_changes":[]' in frame:
        return  # a known fault with a test of its own
    talk = Talk()

    safely(talk.store, talk, frame)


def flip(frame: bytes, at: int, bits: int, length: int) -> bytes:
    return frame[:at] + bytes([frame[at] ^ bits]) + frame[at + 1 :]


def cut(frame: bytes, at: int, bits: int, length: int) -> bytes:
    return frame[:at]


def drop(frame: bytes, at: int, bits: int, length: int) -> bytes:
    return frame[:at] + frame[at + length :]


def repeat(frame: bytes, at: int, bits: int, length: int) -> bytes:
    return frame[: at + length] + frame[at:]


@more(4)
@given(
    kind=st.sampled_from(sorted(MESSAGES)),
    mutate=st.sampled_from([flip, cut, drop, repeat]),
    where=st.floats(0, 1, exclude_max=True),
    bits=st.integers(1, 255),
    length=st.integers(1, 60),
)
def test_damaged_frames_raise_nothing_but_a_venue_error(
    kind: str, mutate: Callable[[bytes, int, int, int], bytes], where: float, bits: int, length: int
) -> None:
    frame, talk = spaced(MESSAGES[kind]), Talk()

    safely(talk.store, talk, mutate(frame, int(where * len(frame)), bits, length))

    book_ = talk.board().book
    assert all(0 < price < 10**9 and size > 0 for side in (book_.bids, book_.asks) for price, size in side.items())
    assert not (talk.label().sure and book_.crossed)


@pytest.mark.parametrize("kind", sorted(set(MESSAGES) - {"new market"}))
def test_a_frame_cut_anywhere_is_never_half_applied(kind: str) -> None:
    frame = spaced(MESSAGES[kind])

    for length in (*range(1, len(frame) - 20, 5), *range(len(frame) - 20, len(frame))):
        talk = Talk()
        before = (dict(talk.board().book.bids), dict(talk.board().book.asks))
        assert talk.outcome(frame[:length]) == "REJ+R"
        assert (talk.board().book.bids, talk.board().book.asks) == before
        assert talk.board().tape.total == 0
