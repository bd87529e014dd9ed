"""Words from outside: whatever they hold, what is drawn is one harmless line."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pmtui.ui.apart import Title
from pmtui.ui.text import NAMELESS, clean, named, shorten

HOSTILE = {
    "a clipboard write": ("\x1b]52;c;aGk=\x07Yes", "]52;c;aGk=Yes"),
    "a window title": ("\x1b]0;owned\x07", "]0;owned"),
    "a cleared screen": ("a\x1b[2Jb", "a[2Jb"),
    "an 8-bit form": ("a\x9b31mb", "a31mb"),
    "ten thousand bells": ("\x07" * 10_000 + "ok", ""),
    "line ends and tabs": ("a\r\nb\tc", "a b c"),
    "NUL and DEL": ("a\x00b\x7fc", "abc"),
    "a direction override": ("abc\u202edef\u202c", "abcdef"),
    "an isolate": ("\u2066x\u2069", "x"),
    "zero-width letters": ("a\u200bb\u200dc\ufeff", "abc"),
    "tag letters": ("a\U000e0041b", "ab"),
    "skin tones": ("Up 👍🏽 ok", "Up 👍 ok"),
    "signs joined to one": ("👩🏽\u200d🚀", "👩🚀"),
    "a sign in another style": ("a ❤\ufe0f b☺\ufe0e", "a ❤ b☺"),
    "a keycap": ("1\ufe0f\u20e3", "1"),
    "a flag": ("🇺🇸 wins", "US wins"),
    "private use": ("a\ue000b", "a\ufffdb"),
    "a lone surrogate": ("a\ud800b", "a\ufffdb"),
    "markup": ("[red]x[/] [@click=app.quit]Yes[/]", "[red]x[/] [@click=app.quit]Yes[/]"),
    "a trailing backslash": ("x\\", "x\\"),
    "variables and formats": ("$primary {0} %s", "$primary {0} %s"),
    "blanks around": ("   a   b   ", "a b"),
    "letters of two alphabets": ("Is it Роlymarket?", "(mixed letters) Is it Роlymarket?"),
    "words of two alphabets": ("Москва or Athens or Αθήνα?", "Москва or Athens or Αθήνα?"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_text_becomes_harmless(case: str) -> None:
    given_text, wanted = HOSTILE[case]
    assert clean(given_text) == wanted


@given(st.text())
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    assert clean(clean(text, limit=30), limit=30) == clean(text, limit=30)


@given(st.text())
def test_nothing_that_a_terminal_obeys_survives(text: str) -> None:
    line = clean(text)
    assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn") for char in line)
    assert "\n" not in line


@given(st.text(st.sampled_from("👍🏽👩\u200d🚀❤\ufe0f☺🇺🇸1\u20e3✌a ")))
def test_a_line_is_as_wide_as_its_letters(text: str) -> None:
    line = clean(text)
    assert cell_len(line) == sum(map(cell_len, line))
    assert all(cell_len(char) for char in line)


@given(st.text(), st.integers(2, 300))
def test_a_line_is_never_wider_than_its_limit(text: str, limit: int) -> None:
    assert cell_len(clean(text, limit=limit)) <= limit


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_five_hundred_combining_marks_become_two() -> None:
    assert clean("e" + "\u0301" * 500) == "e" + "\u0301" * 2


def test_a_megabyte_is_cut() -> None:
    assert cell_len(clean("x" * 1_000_000)) == 200


@pytest.mark.parametrize("text", ["", "   ", "\u3164\u3164", "\u200b", "\u2800", "\u202e"])
def test_a_name_that_would_look_empty_is_replaced(text: str) -> None:
    assert named(text, "71321045679252212594") == f"{NAMELESS} 7132…2594"


@given(st.text(min_size=1), st.integers(0, 80))
def test_a_shortened_name_fits(text: str, width: int) -> None:
    line = clean(text)
    assert cell_len(shorten(line, width)) <= max(width, cell_len(line) if cell_len(line) <= width else width)


def test_a_name_is_cut_after_a_whole_word() -> None:
    assert shorten("Will the Aurora Line open to passengers", 24) == "Will the Aurora Line…"


def test_anything_but_text_is_nothing() -> None:
    assert clean(None) == clean(7) == ""


@pytest.mark.parametrize(
    ("title", "width", "told"),
    [
        ("Will the Aurora Line open to passengers?", 40, "Will the Aurora Line open to passengers?"),
        ("Will the Aurora Line open to passengers?", 31, "Aurora Line open to passengers?"),
        ("Will the Aurora Line open to passengers?", 18, "Aurora Line open…"),
        ("Will a comet be seen in May?", 18, "comet be seen in…"),
        ("Will Theodora win the race?", 18, "Theodora win the…"),
        ("Will it rain on the first of May?", 18, "Will it rain on…"),
        ("Good Will Hunting wins best picture", 18, "Good Will Hunting…"),
    ],
)
def test_a_title_that_is_cut_keeps_what_tells_it_from_others(title: str, width: int, told: str) -> None:
    assert Title(title).cut(width) == told
