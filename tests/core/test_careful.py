"""Answers that are JSON but for half a character."""

from __future__ import annotations

import orjson
import pytest

from pmtui.core.careful import MOST_OBJECTS, answered
from pmtui.core.ports import VenueError


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
