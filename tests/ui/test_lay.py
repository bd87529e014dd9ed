"""The compiled way to lay lines into a frame against the one in Python, on lines that fit and on strange ones."""

from __future__ import annotations

import gc
import sys
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.style import Style

from pmtui.ui import lay as laying
from pmtui.ui.lay import NARROW, Spans, differing, differing_in_python, in_python, lay
from pmtui.ui.panel import _Ink, _Pen

pytestmark = pytest.mark.skipif(lay is in_python, reason="installed without a compiler")

_INKS = {
    "": _Ink(Style(), "", "39", "49"),
    "bid": _Ink(Style(), "", "32", "49"),
    "bold": _Ink(Style(), "1", "32", "49"),
    "bar": _Ink(Style(), "", "39", "44"),
    "under": _Ink(Style(), "1;4", "31", "44"),
}


def pen() -> _Pen[str]:
    return _Pen(_INKS.__getitem__)


def laid(by: Any, painted: list[Spans], width: int, with_pen: _Pen[str] | None = None) -> list[str] | None:
    """The frame, or None where it was refused."""
    frame = ["before"]
    moves = [f"\x1b[{n};1H" for n in range(len(painted))]
    return frame if by(painted, moves, with_pen or pen(), width, frame) else None


texts = st.text(st.sampled_from("ab 0█▏│…é─⣿"), max_size=8) | st.sampled_from(["", " ", "   "])
odd_texts = st.text(st.sampled_from("a █\x1b\n\t\x7f\xa0\xad中\u0301\U0001f600"), max_size=4)
spans = st.lists(st.tuples(texts, st.sampled_from(list(_INKS))), max_size=6)
odd_spans = st.lists(st.tuples(texts | odd_texts, st.sampled_from(list(_INKS))), max_size=6)


@example([[]], -1)
@given(st.lists(spans | spans.map(tuple), max_size=5), st.integers(-3, 40))
def test_it_lays_what_python_lays(painted: list[Spans], width: int) -> None:
    # Lines that are too long are refused, so most are to fit.
    for spare in (0, 40):
        assert laid(lay, painted, width + spare) == laid(in_python, painted, width + spare)


@given(st.lists(odd_spans, max_size=3), st.integers(-3, 40))
def test_it_refuses_what_python_refuses(painted: list[Spans], width: int) -> None:
    assert laid(lay, painted, width) == laid(in_python, painted, width)


def test_it_knows_the_same_narrow_characters() -> None:
    for code in [*range(0x3000), *range(0x3000, sys.maxunicode + 1, 0x101)]:
        text = chr(code)
        assert (laid(lay, [[(text, "bid")]], 1) is not None) == (NARROW(text) is not None), hex(code)


def test_pens_that_know_nothing_yet_learn_the_same() -> None:
    one, other = pen(), pen()
    painted: list[Spans] = [[("a", "bid"), ("  ", "bold"), ("b", "under"), (" ", "")], [], [("c", "bar")]]
    assert laid(lay, painted, 9, one) == laid(in_python, painted, 9, other)
    assert list(one) == list(other)
    assert laid(lay, painted, 9, one) == laid(in_python, painted, 9, other)


@pytest.mark.parametrize("line", [[("a",)], [("a", "bid", "x")], [[*"ab"]], [(1, "bid")], [(b"a", "bid")]])
def test_what_is_no_span_is_left_to_whoever_is_careful(line: Any) -> None:
    assert laid(lay, [line], 9) is None


@pytest.mark.parametrize("line", [None, 5, [("a", "no such look")], [("a", [])]])
def test_errors_come_out_as_they_are(line: Any) -> None:
    with pytest.raises((TypeError, KeyError)):
        laid(lay, [line], 9)


def test_a_pen_that_is_none_is_told() -> None:
    frame: list[str] = []
    for strange in ({"bid": ("x",)}, {"bid": None}, {}, None, {"bid": ("", 3)}):
        with pytest.raises((TypeError, KeyError, AttributeError)):
            lay([[("a", "bid"), (" ", "bid")]], ["m"], strange, 9, frame)
    with pytest.raises(ValueError, match="as many moves"):
        lay([[]], [], pen(), 9, frame)
    with pytest.raises(TypeError):
        lay(((),), ["m"], pen(), 9, frame)


def test_nothing_is_held_after_it() -> None:
    # Words of its own: one that is written in the source is the same wherever it is, and anybody may let go of it.
    with_pen, text, look = pen(), "".join(["some", " text"]), "".join(["b", "id"])
    painted: list[Spans] = [[(text, look), ("   ", "bold")], [("x" * 50, look)], [("\n", look)]]
    laid(lay, painted, 20, with_pen)
    gc.collect()
    before = [sys.getrefcount(each) for each in (with_pen, text, look, painted[0], with_pen["bid"])]
    for _ in range(100):
        laid(lay, painted, 20, with_pen)
        laid(lay, painted[:1], 20, with_pen)
    gc.collect()
    assert [sys.getrefcount(each) for each in (with_pen, text, look, painted[0], with_pen["bid"])] == before


def test_another_edition_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laying, "EDITION", -1)
    assert laying._find() == (in_python, differing_in_python)


rows = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["", "a"])) | st.none() | st.floats(0, 1), max_size=8)


@given(rows, rows, st.data())
def test_it_finds_the_lines_that_python_finds(old: list[Any], new: list[Any], data: st.DataObject) -> None:
    for n in range(min(len(old), len(new))):
        if data.draw(st.booleans()):
            new[n] = old[n]
    found = [n for n in range(max(len(old), len(new))) if old[n : n + 1] != new[n : n + 1]]
    assert differing(old, new) == differing_in_python(old, new) == found
    assert differing(tuple(old), new) == found


def test_comparing_goes_wrong_as_in_python() -> None:
    class Odd:
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            raise ZeroDivisionError

    odd = Odd()
    for find in (differing, differing_in_python):
        with pytest.raises(ZeroDivisionError):
            find([1, odd], [1, Odd()])
        assert find([odd], [odd]) == []
        with pytest.raises(TypeError):
            find(5, [])  # type: ignore[arg-type]
