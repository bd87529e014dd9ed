"""A terminal with nothing but ASCII, or without colours, loses signs and hues, not meaning or columns."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.filter import DimFilter, LineFilter, Monochrome, NoColor

from pmtui.ui.app import Pmtui
from pmtui.ui.plain import PlainFilter, filters, plain, spell
from tests import scenes
from tests.draw import drawn, lines

SIGNS = "█▉▊▋▌▍▎▏▁▂▃▄▅▆▇▸◂·◆▲▼●○■□◉★✓×↯…⋯–—−▕│─┌┐└┘├┤┬┴┼╭╮╯╰━═║‹›❯¢ΣΔ±≥≤≈←→↑↓⇧▬µ’‘“”•⠁⠿⣿"
"""What panels draw, or may draw one day."""


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs"])))
def test_plain_text_is_ascii_and_as_wide(text: str) -> None:
    assert plain(text).isascii()
    assert cell_len(plain(text)) == cell_len(text)


@pytest.mark.parametrize("sign", SIGNS)
def test_every_sign_of_ours_has_one_of_ascii_that_stands_for_it(sign: str) -> None:
    assert len(plain(sign)) == 1
    assert plain(sign) != "?"


def test_signs_that_mean_something_stay_different() -> None:
    assert plain("▸33.7 33.4◂ ●○▲▼■✓×↯ 0.1¢") == ">33.7 33.4< *o^v#+x! 0.1c"
    for different in ("▸◂▲▼", "●○■", "✓×↯", "←→↑↓", "±≥≤", "ΣΔ", "─│┼", "▸◂±●◆◉✓×[]?=$¢"):
        assert len(set(plain(different))) == len(different)


@pytest.mark.parametrize(
    ("told", "written"),
    [("Kestrel-4…", "Kestrel-4~"), ("1 YES Aurora…: BUY", "1 YES Aurora~: BUY"), ("opening …", "opening .")],
)
def test_a_name_that_is_cut_does_not_look_like_the_end_of_a_sentence(told: str, written: str) -> None:
    assert plain(told) == written


@pytest.mark.parametrize(
    ("drawn_in", "text", "written"),
    [
        ("TAPE  live  ≥100  5 prints", 30, "TAPE  live >=100  5 prints"),  # the blanks before it
        (" ±1¢ depth  bid   $693", 22, " +-1c depth bid   $693"),  # the next ones
        ("   100@≤568 ▏█", 14, "  100@<=568 |#"),
        ("tick 1¢ → 0.1¢", 15, "tick 1c -> 0.1c"),  # where a line ends early there is room
        ("tick 1¢ → 0.1¢", 14, "tick 1c > 0.1c"),
        ("≥1  ≥2  ≥3", 10, ">=1 >=2 >3"),
    ],
)
def test_bounds_and_arrows_are_no_pointers_where_there_is_a_blank_to_spare(
    drawn_in: str, text: int, written: str
) -> None:
    assert "".join(part for part, _ in spell([(drawn_in[:5], "a"), (drawn_in[5:], "b")], text)) == written


@given(st.lists(st.tuples(st.text("a ≥≤±→←▏█", max_size=9), st.sampled_from(["", "x"]))), st.integers(0, 40))
def test_no_spelling_needs_more_room_or_moves_a_look(spans: list[tuple[str, str]], room: int) -> None:
    before, after = "".join(text for text, _ in spans), spell(spans, room)
    text = "".join(text for text, _ in after)
    assert text.isascii()
    assert len(before) <= len(text) <= max(len(before), room)
    assert {look for part, look in after if part.strip()} <= {look for _, look in spans}


@pytest.mark.parametrize("keys", [(), ("question_mark",), ("ctrl+p",)], ids=str)
def test_no_key_is_told_by_a_sign_that_is_another_key(keys: Sequence[str]) -> None:
    def signs(app: Pmtui) -> str:
        return "\n".join(lines(app))

    screen = drawn(scenes.account(), (120, 40), signs, keys=keys, ascii_only=True)
    assert "^ v" not in screen
    assert "< >" not in screen
    assert "up down" in screen or "(down)" in screen


def test_what_textual_draws_around_its_list_of_commands_has_a_meaning_too() -> None:
    assert plain("🔎 Search ▔▁") == "/  Search -_"


def test_frames_and_plots_keep_their_shape() -> None:
    assert [plain(line) for line in ("┌──┬──╮", "│ab│cd┃", "└━━┴══╯")] == ["+--+--+", "|ab|cd|", "+--+==+"]
    assert plain("\u2800⠁⠃⠇⡇⡏⡟⡿⣿") == " ...:::##"


def test_a_longer_bar_is_never_drawn_shorter() -> None:
    ink = {sign: n for n, sign in enumerate("|-=#")}
    assert sorted(plain("▏▎▍▌▋▊▉█"), key=ink.__getitem__) == list(plain("▏▎▍▌▋▊▉█"))


def test_a_bar_that_grows_to_the_left_begins_with_a_sign_instead_of_a_reversed_one() -> None:
    def bar(edge: str) -> list[tuple[str, str]]:
        return list(spell([(" ", ""), (edge, "ladder--bid-edge ladder--here"), ("██", "ladder--bid-bar")]))

    # The block is what the bar leaves out: the less of it, the more bar.
    assert bar("▉")[1] == ("-", "ladder--bid-bar ladder--here")
    assert bar("▏")[1] == ("#", "ladder--bid-bar ladder--here")
    assert "".join(text for text, _ in bar("▌")) == " =##"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
@pytest.mark.parametrize("name", scenes.SCENES)
def test_with_ascii_only_no_other_sign_is_ever_drawn(name: str, size: tuple[int, int]) -> None:
    make, keys = scenes.SCENES[name]
    assert drawn(make(), size, _strange_signs, keys=keys, ascii_only=True) == set()


@pytest.mark.parametrize("keys", [("ctrl+p",), ("up", "up"), ("right_square_bracket",)], ids=str)
def test_neither_is_one_after_a_key(keys: Sequence[str]) -> None:
    assert drawn(scenes.market(10), (120, 40), _strange_signs, keys=keys, ascii_only=True) == set()


def _strange_signs(app: Pmtui) -> set[str]:
    """Everything beyond ASCII on the screen, and in what panels write on their own."""
    frame: list[str] = []
    for panel in app.panels():
        panel.draw(range(panel.lines), [""] * panel.lines, frame)
    return {char for char in "".join([*lines(app), *frame]) if not char.isascii()}


# Filters


def kinds(given: Sequence[LineFilter], **wishes: bool) -> list[type[LineFilter]]:
    return [type(each) for each in filters(given, **wishes)]


def test_greys_are_colours_too_for_those_who_want_none() -> None:
    given: list[LineFilter] = [DimFilter(), Monochrome()]
    assert kinds(given, ascii_only=False, no_color=True) == [NoColor]
    assert kinds(given, ascii_only=True, no_color=True) == [NoColor, PlainFilter]
    assert kinds(given, ascii_only=False, no_color=False) == [DimFilter]
    assert kinds(given, ascii_only=True, no_color=False) == [DimFilter, PlainFilter]


def test_filters_stay_the_same_from_frame_to_frame() -> None:
    given = [DimFilter()]
    assert filters(given, ascii_only=True, no_color=True) == filters(given, ascii_only=True, no_color=True)
