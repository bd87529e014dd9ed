"""Answers that are JSON but for half a character, names in messages that are none, and rows of which some are bad."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pmtui.core.careful import MOST_BAD, MOST_OBJECTS, THE_REST, answered, careful, judged, obj, objects, quoted, value
from pmtui.core.events import Rejected
from pmtui.core.ports import VenueError
from pmtui.core.units import Millis, NotANumber
from tests.effort import effort


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (rb'["rain \ud83d?"]', ["rain �?"]),
        (rb'["\uDC00\ud83d"]', ["��"]),
        (rb'["\ud83d\ud83d\ude00"]', ["�😀"]),
        (rb'["\ud83d\ude00 \ud83d"]', ["😀 �"]),
        (rb'["\\ud83d \ud83d"]', ["\\ud83d �"]),
        (rb'["\n\"\u00e9\\\ud83d"]', ['\n"é\\�']),
    ],
)
def test_half_a_character_is_a_mark_and_all_else_stays(body: bytes, read: list[str]) -> None:
    assert answered(body, orjson.loads) == read


def test_an_answer_of_very_many_rows_is_not_read_at_all() -> None:
    body = b"[" + b",".join([b"{}"] * (MOST_OBJECTS + 1)) + b"]"
    with pytest.raises(VenueError):
        answered(body, orjson.loads)
    assert len(answered(body.replace(b"{},", b"", 1), orjson.loads)) == MOST_OBJECTS


@pytest.mark.parametrize("body", [b"", b"{", rb'["\ud83d"', rb'["\ud8"]', b'["\xed\xa0\xbd"]', rb'["\x"]'])
def test_what_is_no_json_is_none(body: bytes) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        answered(body, orjson.loads)


@given(
    st.lists(st.sampled_from(['"', '\\"', "a", "b", "ab", "éa", "bab", "aaab", ",", " "])).map("".join),
    st.lists(st.text("abé", max_size=4), max_size=20),
)
def test_the_names_in_quotes_are_those_that_stand_in_quotes(raw: str, names: list[str]) -> None:
    assert quoted(raw.encode(), names) == {name for name in names if f'"{name}"' in raw}


@pytest.mark.parametrize("text", [b"7" * 2_000_000, b'"7",' * 500_000, b'"' * 2_000_000], ids=["long", "short", "none"])
def test_many_names_are_looked_for_in_the_time_of_a_few(text: bytes) -> None:
    many = [str(10**5 + n) for n in range(300)]
    raw = b'["' + text + b'", "100007"]'

    assert quoted(raw, many) == {"100007"}
    assert effort(lambda: quoted(raw, many)) < 3 * effort(lambda: quoted(raw, many[:2])) + 20 * effort(
        lambda: raw.count(b"9")
    )


@pytest.mark.parametrize("parse", [careful, orjson.loads])
@pytest.mark.parametrize(
    ("found", "words"),
    [
        (b"1", "a number"),
        (b"0.5", "a number"),
        (b'"yes"', "text"),
        (b"[1]", "a list"),
        (b"{}", "an object"),
        (b"null", "nothing"),
        (b"true", "yes or no"),
    ],
)
def test_what_was_not_expected_is_told_in_plain_words(
    found: bytes, words: str, parse: Callable[[bytes], object]
) -> None:
    read = parse(found)
    tries: list[Callable[[], object]] = []
    if words != "an object":
        tries.append(lambda: obj(read))
    if words != "a list":
        tries.append(lambda: objects(read))
    if words != "text" and not isinstance(read, str):
        tries.append(lambda: value({"bids": read}, "bids"))
    for each in tries:
        with pytest.raises(NotANumber) as refused:
            each()
        assert words in str(refused.value)


@given(st.lists(st.sampled_from("ggbbr"), max_size=120))
@example(list("gb" * 21 + "g"))
@example(list("gb" * 21))
def test_one_row_that_cannot_be_read_spoils_no_other_and_too_many_spoil_the_rest(rows: list[str]) -> None:
    def read(row: str) -> list[str]:
        if row != "g":
            raise NotANumber(row)
        return ["good", "and more"]

    def refuse(error: Exception, row: str) -> Rejected:
        return Rejected(Millis(0), str(error), row, read=row == "r")

    bad = [n for n, row in enumerate(rows) if row == "b"]
    end = bad[MOST_BAD] + 1 if len(bad) > MOST_BAD else len(rows)
    expected: list[str] = []
    for row in rows[:end]:
        expected += ["good", "and more"] if row == "g" else [row]
    found = [each.reason if isinstance(each, Rejected) else each for each in judged(rows, read, refuse)]
    assert found == expected + [THE_REST] * (end < len(rows))


def test_what_was_not_foreseen_is_no_bad_row() -> None:
    with pytest.raises(ZeroDivisionError):
        judged([0], lambda row: [1 // row], lambda error, row: Rejected(Millis(0), "", ""))
