"""The compiled scanner against regular expressions of the same shapes, on frames that fit and on damaged ones."""

from __future__ import annotations

import gc
import json
import sys
import weakref
from math import gcd
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pmtui.core import scan
from pmtui.core.scan import (
    Common,
    Decimal,
    Each,
    Flag,
    Highest,
    Known,
    Levels,
    Lowest,
    Pair,
    Step,
    Text,
    There,
    Whole,
    program,
    scanner,
)
from pmtui.core.units import ONE, NotANumber, Reader, plain

from .expressions import Expressions

COLOURS = {"red": 1, "green": "leaf", "a longer name than any other, so long that nobody would remember it all" * 2: 3}
PAIRS = {("a", "b"): "ab", ("b", "a"): "ba", ("", ""): "nothing"}
LEVEL: tuple[Step, ...] = (
    *('{"p":', Decimal(1, ONE, shared=True, counted=True), ',"s":', Decimal()),
    *(',"n":', Whole(kept=False), "}"),
)
SHAPE: tuple[Step, ...] = (
    *('{"name":', Text(), ',"colour":', Known(COLOURS), ',"both":', Pair(PAIRS, ',"other":')),
    *(',"price":', Decimal(5, 7 * ONE), ',"at":', Whole(quoted=True, least=3), ',"number":', Whole(most=10**6)),
    *(',"aside":', Text(kept=False), ',"list":', Each(('{"x":', Decimal(), ',"who":', Known(COLOURS), "}"))),
    *(',"levels":', Levels(LEVEL), Highest(-1), Lowest(-2), Flag(',"fast":true'), "}", Common()),
)
SHADES = {"red": {"dark": 1, "light": 2}, "green": {"dark": 3}}
NESTED: tuple[Step, ...] = (
    *('{"colour":', Known(SHADES), ',"list":'),
    Each(('{"shade":', There(), ',"size":', Decimal(counted=True), ',"who":', Known(COLOURS), "}"), order=(2, 0, 1)),
    *("}", Common()),
)

scans = scanner(*SHAPE)
expressions = Expressions(*SHAPE).scan
nested, plainly = scanner(*NESTED), Expressions(*NESTED).scan

compiled = pytest.mark.skipif(scan._Scanner is None, reason="installed without a compiler")
pytestmark = compiled


def message(**changed: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "name": "anything at all: 100 %",
        "colour": "red",
        "both": "a",
        "other": "b",
        "price": "0.52",
        "at": "1800000000123",
        "number": 12,
        "aside": "x",
        "list": [{"x": "1.5", "who": "green"}, {"x": "007", "who": "red"}],
        "levels": [{"p": "0.5", "s": "12.25", "n": 3}, {"p": "0.51", "s": "0", "n": 1}],
    }
    return fields | changed


def spelt(fields: object, separators: tuple[str, str] = (",", ":")) -> bytes:
    return json.dumps(fields, separators=separators).encode()


USUAL = (
    *("anything at all: 100 %", 1, "ab", ONE * 52 // 100, 1_800_000_000_123, 12),
    *(
        [(ONE * 3 // 2, "leaf"), (7 * ONE, 1)],
        {ONE // 2: ONE * 49 // 4, ONE * 51 // 100: 0},
        ONE * 51 // 100,
        ONE // 2,
        False,
        ONE // 100,
    ),
)

decimals = st.from_regex(r"[0-9]{0,11}(\.[0-9]{0,11})?", fullmatch=True)
wholes = st.integers(-2, 10**20) | st.floats() | st.sampled_from(["1", None, True])
texts = st.text(max_size=230) | st.sampled_from([*COLOURS, "", "a", "b", "\\", '"', "\x7f", " ", "~"])
levels = st.lists(
    st.fixed_dictionaries({"p": decimals | st.sampled_from(["0.5", "1", "1.0"]), "s": decimals, "n": wholes}),
    max_size=4,
)
messages = st.builds(
    message,
    name=texts,
    colour=texts,
    both=st.sampled_from(["a", "b", "", "c"]),
    other=st.sampled_from(["a", "b", "", "c"]),
    price=decimals | texts,
    at=decimals | st.from_regex(r"[0-9]{0,20}", fullmatch=True) | texts,
    number=wholes,
    list=st.lists(st.fixed_dictionaries({"x": decimals, "who": texts}), max_size=3),
    levels=levels,
) | st.builds(message, levels=levels) | st.builds(message, number=wholes) | st.builds(message, name=texts)  # fmt: skip
spellings = st.sampled_from([(",", ":"), (", ", ":"), (", ", ": "), (" ,", " : "), (",\n\t", ":\r ")])


def test_a_frame_of_the_shape_gives_its_values_in_their_order() -> None:
    assert scans(spelt(message())) == USUAL == expressions(spelt(message()))


def test_what_may_be_there_says_whether_it_is() -> None:
    assert scans(spelt(message(fast=True))) == (*USUAL[:-2], True, ONE // 100)


@given(messages, spellings)
def test_both_read_the_same_from_any_message(fields: dict[str, Any], separators: tuple[str, str]) -> None:
    frame = spelt(fields, separators)
    assert scans(frame) == expressions(frame)


@given(st.data())
def test_blanks_between_words_change_nothing(data: st.DataObject) -> None:
    separators = data.draw(spellings)
    assert scans(spelt(message(), separators) + data.draw(st.sampled_from([b"", b" ", b"\n"]))) == USUAL


@given(
    st.integers(0, 400),
    st.integers(0, 3),
    st.binary(max_size=3) | st.sampled_from([b'"', b"\\", b" ", b",", b"}", b"0", b".", b"\x00", b"\xff"]),
)
@example(0, 3, b"")
def test_both_read_the_same_from_a_damaged_frame(place: int, gone: int, put: bytes) -> None:
    usual = spelt(message())
    frame = usual[:place] + put + usual[place + gone :]
    assert scans(frame) == expressions(frame)


def test_a_frame_that_ends_anywhere_is_not_read_beyond_its_end() -> None:
    usual = spelt(message(fast=True))
    for end in range(len(usual)):
        assert scans(usual[:end]) is None
    assert scans(usual) is not None


@pytest.mark.parametrize(
    "fields",
    [
        message(levels=[{"p": "0.5", "s": "1", "n": 1}, {"p": "0.50", "s": "1", "n": 1}]),
        message(list=[]),
        message(colour="blue"),
        message(other="a"),
        message(price="1234567890"),
        message(price="0.1234567891"),
        message(price="7.1"),
        message(at="2"),
        message(number=10**6 + 1),
        message(name="x" * 201),
        message(name="é"),
        message(extra=1),
        dict(reversed(message().items())),
    ],
    ids=str,
)
def test_what_differs_at_all_does_not_fit(fields: dict[str, Any]) -> None:
    assert scans(spelt(fields)) is None


def test_a_key_that_stands_twice_does_not_fit() -> None:
    assert scans(spelt(message()).replace(b'"number":', b'"number":1,"number":', 1)) is None


shade = st.sampled_from(["dark", "light", "red"])
who = texts | st.just("red")
shades = st.lists(st.fixed_dictionaries({"shade": shade, "size": decimals, "who": who}), max_size=4)


@given(st.lists(st.tuples(st.sampled_from(["red", "green", "blue"]), shades), max_size=8))
def test_what_a_first_text_tells_is_the_table_for_those_that_follow(frames: list[tuple[str, Any]]) -> None:
    for colour, members in frames:
        frame = spelt({"colour": colour, "list": members})
        assert nested(frame) == plainly(frame)


def test_values_come_in_the_order_that_is_asked_for() -> None:
    members = [{"shade": "dark", "size": "0.6", "who": "red"}, {"shade": "light", "size": "0.4", "who": "green"}]
    found = nested(spelt({"colour": "red", "list": members}))
    assert found == (SHADES["red"], [(ONE * 6 // 10, 1, 1), (ONE * 4 // 10, "leaf", 2)], ONE * 2 // 10)
    assert nested(spelt({"colour": "green", "list": members})) is None


def test_a_table_that_grew_is_asked_again_and_one_that_is_another_is_not_mistaken() -> None:
    tables: dict[str, dict[str, int]] = {"a": {"x": 1}, "b": {"x": 2}}
    known = scanner("[", Known(tables), ",", There(), "]")
    assert [known(frame) for frame in (b'["a","x"]', b'["b","x"]', b'["b","y"]')] == [
        ({"x": 1}, 1),
        ({"x": 2}, 2),
        None,
    ]
    tables["b"]["y"] = 3
    assert known(b'["b","y"]') == ({"x": 2, "y": 3}, 3)
    assert scanner("[", There(), "]")(b'["x"]') is None


@given(st.lists(st.integers(0, 10**12) | st.integers(0, 999).map(lambda n: n * 10**6), max_size=20))
def test_the_common_divisor_is_that_of_all_that_is_counted(numbers: list[int]) -> None:
    divides = scanner("[", Each((Decimal(counted=True),)), ",", Decimal(), "]", Common())
    told = ",".join(f'"{plain(number)}"' for number in numbers)
    frame = f'[[{told}],"0.000000007"]'.encode()
    assert divides(frame) == (([(number,) for number in numbers], 7, gcd(*numbers)) if numbers else None)


def test_the_best_price_of_no_levels_is_what_was_asked_for() -> None:
    sides = scanner("[", Levels(LEVEL), Highest(-1), ",", Levels(LEVEL), Lowest(-2), "]")
    some = '[{"p":"0.3","s":"1","n":1},{"p":"0.2","s":"1","n":1}]'
    assert sides(f"[{some},[]]".encode()) == ({ONE * 3 // 10: ONE, ONE // 5: ONE}, ONE * 3 // 10, {}, -2)
    assert sides(f"[[],{some}]".encode()) == ({}, -1, {ONE * 3 // 10: ONE, ONE // 5: ONE}, ONE // 5)


def test_a_table_is_asked_once_for_each_text() -> None:
    asked: list[str] = []

    def read(text: object) -> int:
        asked.append(str(text))
        return len(str(text))

    lengths = scanner("[", Known(Reader(read)), "]").__self__  # type: ignore[attr-defined]  # a method of the scanner
    for text in ("red", "green", "red", "red"):
        assert lengths.scan(f'["{text}"]'.encode()) == (len(text),)
    assert asked == ["red", "green"]


@given(st.lists(st.text(alphabet="abc", max_size=12), max_size=300))
def test_what_is_remembered_is_never_another_texts(texts: list[str]) -> None:
    known = scanner("[", Known(Reader(str)), "]")
    both = scanner("[", Pair({(a, b): (a, b) for a in texts for b in texts[:2]}, ","), "]")
    for text in texts:
        assert known(f'["{text}"]'.encode()) == (text,)
        for other in texts[:2]:
            assert both(f'["{text}", "{other}"]'.encode()) == ((text, other),)


def test_what_a_table_refuses_does_not_fit_and_other_errors_are_told() -> None:
    def refuse(text: object) -> int:
        if text == "bad":
            raise NotANumber("bad")
        raise RuntimeError("broken")

    table = scanner("[", Known(Reader(refuse)), "]")
    assert table(b'["bad"]') is None
    with pytest.raises(RuntimeError, match="broken"):
        table(b'["other"]')


@given(st.lists(st.integers(0, 10**18 - 1) | st.integers(0, 1_000).map(lambda n: n * 10**6), max_size=50))
def test_shared_numbers_are_the_numbers_told(numbers: list[int]) -> None:
    shared, own = (scanner("[", Decimal(shared=each), "]") for each in (True, False))
    for number in numbers:
        frame = f'["{plain(number)}"]'.encode()
        assert shared(frame) == own(frame) == (number,)
        assert shared(frame)[0] is shared(frame)[0]


def test_only_bytes_are_read() -> None:
    with pytest.raises(TypeError):
        scans("text")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "steps",
    [
        (1,),
        ((99, True, None, 0, 0, None),),
        ((-1, True, None, 0, 0, None),),
        ((0, True, None, 0, 0, None),),
        ((0, True, ("text",), 0, 0, None),),
        ((0, True, (), 0, 0, None),),
        *(program([Levels(("[", each, ",", Decimal(), "]"))]) for each in (Text(), Whole(), Known({}))),
        program([Levels(("[", Decimal(), "]"))]),
        program([Levels(("[", Decimal(), ",", Decimal(), ",", Decimal(), "]"))]),
        ((scan._KINDS.index("pair"), True, {}, 0, 0, program([Text()])),),
        ((scan._KINDS.index("each"), True, (), 0, 0, None),),
        ((scan._KINDS.index("known"), False, {}, 0, 0, None),),
        ((scan._KINDS.index("decimal"), True, None, 0, 1, None),),
        *(program([Each(("[", Text(), Text(), "]"), order=order)]) for order in ((0,), (0, 0), (0, 2), (-1, 0))),
    ],
)  # fmt: skip
def test_what_is_no_shape_is_refused(steps: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        scan._Scanner(steps)


def test_a_scanner_holds_on_to_nothing_when_it_is_gone() -> None:
    class Thing:
        """A value with a name of its own to be missed by."""

    thing = Thing()
    table = {"x": thing, "y": object()}
    watched = weakref.ref(thing)
    found = scanner("[", Known(table), "]")
    table["y"] = found  # a circle, through what the scanner holds and what it remembers
    assert found(b'["x"]') == (thing,)
    assert found(b'["y"]') == (found,)
    del thing, table, found
    gc.collect()
    assert watched() is None


def test_reading_leaves_no_reference_behind() -> None:
    frames = [spelt(message()), spelt(message())[:-2], spelt(message(colour="blue")), spelt(message(list=[]))]
    for frame in frames:
        scans(frame)
    held = [COLOURS, PAIRS, None, True]
    before = [sys.getrefcount(each) for each in held]
    for _ in range(1_000):
        for frame in frames:
            scans(frame)
    assert [abs(sys.getrefcount(each) - count) < 100 for each, count in zip(held, before, strict=True)] == [True] * 4


def test_where_nothing_was_compiled_nothing_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "_Scanner", None)
    assert scanner(*SHAPE)(spelt(message())) is None
