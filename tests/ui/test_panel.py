"""Panels draw what differs, mend what does not fit, and say what went wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from io import StringIO
from typing import ClassVar

import pyte  # type: ignore[import-untyped, unused-ignore]
import pytest
from rich.console import Console
from rich.style import Style
from textual.app import ComposeResult
from textual.geometry import Region
from textual.strip import Strip

from pmtui.ui.live import LiveApp
from pmtui.ui.panel import Panel, Spans, fit


class Words(Panel[str]):
    """One word a line; some words are trouble."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"words--loud", "words--paper"}
    DEFAULT_CSS = """
    Words { background: rgb(1,2,3); color: rgb(200,200,200); width: 10; height: 4; }
    Words .words--loud { color: rgb(250,0,0); text-style: bold; }
    Words .words--paper { background: rgb(0,0,250); }
    """

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str | None] = []
        self.painted: list[str] = []

    def look(self) -> Sequence[str | None]:
        if self.words == ["look"]:
            raise ValueError("no such \x1b]0;book\x07")
        return list(self.words)

    def paint(self, row: str, width: int) -> Spans:
        self.painted.append(row)
        if row == "paint":
            raise ZeroDivisionError("by zero")
        return [(row, "words--loud"), (".", "")]


class Remembering(Words):
    keep = 8


class Sized(Words):
    """Says how large it is."""

    def look(self) -> Sequence[str]:
        return [f"{self.columns}x{self.lines}"]


class OnePanel(LiveApp[None]):
    def __init__(self, panel: Words) -> None:
        super().__init__()
        self.panel = panel

    def compose(self) -> ComposeResult:
        yield self.panel
        yield Words()


def with_panel(panel: Words, scenario: Callable[[OnePanel], Awaitable[None]]) -> None:
    async def go() -> None:
        app = OnePanel(panel)
        async with app.run_test(size=(30, 10)):
            await asyncio.sleep(0.05)
            await scenario(app)

    asyncio.run(go())


def show(app: OnePanel, *words: str | None) -> list[str]:
    """Let the panel see these words; what it painted for that."""
    app.panel.words = list(words)
    app.panel.painted.clear()
    app.frames.pulse()
    return app.panel.painted


def texts(panel: Words) -> list[str]:
    return [panel.render_line(y).text for y in range(panel.lines)]


def test_only_lines_that_differ_are_painted() -> None:
    async def scenario(app: OnePanel) -> None:
        assert show(app, "one", "two", "three") == ["one", "two", "three"]
        assert show(app, "one", "2", "three") == ["2"]
        assert show(app, "one", "2", "three") == []
        assert show(app, "one", "2", "three", "four") == ["four"]
        assert show(app, "one") == []
        assert texts(app.panel) == ["one.      ", " " * 10, " " * 10, " " * 10]

    with_panel(Words(), scenario)


def test_rows_kept_by_value_are_painted_once() -> None:
    async def scenario(app: OnePanel) -> None:
        assert show(app, "a", "b") == ["a", "b"]
        assert show(app, "b", "c", "a") == ["c"]
        assert texts(app.panel)[:3] == ["b.        ", "c.        ", "a.        "]

    with_panel(Remembering(), scenario)


def test_more_rows_than_lines_do_no_harm() -> None:
    async def scenario(app: OnePanel) -> None:
        assert show(app, *"abcdefgh") == list("abcd")

    with_panel(Words(), scenario)


def test_a_panel_of_another_size_is_never_drawn_with_what_it_said_in_the_old_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    panel = Sized()

    async def scenario(app: OnePanel) -> None:
        monkeypatch.setattr(app.frames, "_behind", lambda: True)  # no frame comes before Textual draws
        for width, height in ((20, 4), (20, 6), (12, 3)):
            panel.styles.width, panel.styles.height = width, height
            await asyncio.sleep(0.05)
            drawn = [each.text.rstrip() for each in panel.render_lines(Region(0, 0, width, height))]
            assert drawn == [f"{width}x{height}.", *[""] * (height - 1)]

    with_panel(panel, scenario)


def test_a_line_knows_the_colours_of_its_looks() -> None:
    async def scenario(app: OnePanel) -> None:
        show(app, "x")
        loud, dot, rest = app.panel.render_line(0)
        assert loud.style == Style(color="#fa0000", bgcolor="#010203", bold=True)
        assert dot.style == rest.style == Style(color="#c8c8c8", bgcolor="#010203")

    with_panel(Words(), scenario)


def test_codes_say_only_what_differs_but_a_line_stands_for_itself() -> None:
    async def scenario(app: OnePanel) -> None:
        app.console = Console(color_system="truecolor", force_terminal=True, file=StringIO())
        app.panel.forget_looks()
        show(app, "x")
        frame: list[str] = []
        app.panel.draw([0], ["<move>"], frame)
        assert "".join(frame) == ("<move>\x1b[0;1;38;2;250;0;0;48;2;1;2;3mx\x1b[22;38;2;200;200;200m.        ")

    with_panel(Words(), scenario)


def test_the_next_line_of_a_frame_goes_on_with_the_colours_of_the_last() -> None:
    async def scenario(app: OnePanel) -> None:
        app.console = Console(color_system="truecolor", force_terminal=True, file=StringIO())
        app.panel.forget_looks()
        show(app, "x", "y")
        frame: list[str] = []
        app.panel.draw([0, 1], ["<0>", "<1>"], frame)
        first, second = "".join(frame).removeprefix("<0>").split("<1>")
        assert first == "\x1b[0;1;38;2;250;0;0;48;2;1;2;3mx\x1b[22;38;2;200;200;200m.        "
        assert second == "\x1b[1;38;2;250;0;0my\x1b[22;38;2;200;200;200m.        "

    with_panel(Words(), scenario)


@pytest.mark.parametrize("kind", [Words, Remembering])
@pytest.mark.parametrize("wider", [-1, 0, 1, 3])
def test_what_stands_behind_a_text_keeps_its_column_however_wide_the_terminal_draws_it(
    wider: int, kind: type[Words], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Terminals do not agree on vowel signs, flags and families."""
    width = pyte.screens.wcwidth
    monkeypatch.setattr(pyte.screens, "wcwidth", lambda char: 2 + wider if char == "漢" else width(char))
    screen = pyte.Screen(40, 3)
    stream = pyte.Stream(screen)

    async def scenario(app: OnePanel) -> None:
        for words in (["abcd", "e"], ["漢", "f"], ["xyz", "漢"]):
            for column in (1, 21):
                show(app, "")
                show(app, *words)
                frame: list[str] = []
                app.panel.draw([0, 1], [f"\x1b[{y + 1};{column}H" for y in range(2)], frame)
                stream.feed("".join(frame))
                for y, word in enumerate(words):
                    first = column - 1 + (2 if word == "漢" else len(word))
                    assert [screen.buffer[y][x].data for x in range(first, column + 9)] == [
                        *".".ljust(column + 9 - first)
                    ]
                    assert wider > 0 or word[0] == screen.buffer[y][column - 1].data
                    assert wider >= 0 or word != "漢" or screen.buffer[y][column].data == " "

    panel = kind()
    with_panel(panel, scenario)


def test_blanks_after_a_text_keep_its_colour_where_only_the_background_could_be_seen() -> None:
    class Gaps(Words):
        def paint(self, row: str, width: int) -> Spans:
            return [("a", "words--loud"), ("  ", ""), ("b", "words--loud"), (" ", "")]

    async def scenario(app: OnePanel) -> None:
        app.console = Console(color_system="truecolor", force_terminal=True, file=StringIO())
        app.panel.forget_looks()
        show(app, "x")
        frame: list[str] = []
        app.panel.draw([0], [""], frame)
        assert "".join(frame) == "\x1b[0;1;38;2;250;0;0;48;2;1;2;3ma  b      "
        # So does Textual when it draws all of it again.
        assert {segment.style for segment in app.panel.render_line(0)} == {
            Style(color="#fa0000", bgcolor="#010203", bold=True)
        }

    with_panel(Gaps(), scenario)


def test_a_new_theme_draws_everything_in_its_colours() -> None:
    async def scenario(app: OnePanel) -> None:
        show(app, "x", "y")
        app.panel.styles.background = "rgb(9,9,9)"
        app.panel.notify_style_update()
        assert show(app, "x", "y") == ["x", "y"]
        assert next(iter(app.panel.render_line(0))).style == Style(color="#fa0000", bgcolor="#090909", bold=True)

    with_panel(Words(), scenario)


def test_a_new_background_below_is_noticed_at_the_next_repaint() -> None:
    async def scenario(app: OnePanel) -> None:
        app.panel.styles.background = "transparent"
        app.screen.styles.background = "rgb(7,7,7)"
        show(app, "x")
        app.panel.render_lines(app.panel.size.region)
        app.screen.styles.background = "rgb(8,8,8)"
        strip: Strip = app.panel.render_lines(app.panel.size.region)[0]
        assert next(iter(strip)).style == Style(color="#fa0000", bgcolor="#080808", bold=True)

    with_panel(Words(), scenario)


def test_a_panel_that_cannot_look_says_so_while_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(app: OnePanel) -> None:
        app.panel.styles.width = 60
        await asyncio.sleep(0.1)
        other = next(panel for panel in app.query(Words) if panel is not app.panel)
        other.words = ["fine"]
        show(app, "look")
        assert texts(app.panel)[0].strip() == "Words: ValueError no such ]0;book"
        assert texts(other)[0].startswith("fine.")
        show(app, "look")
        assert [record.levelno for record in caplog.records] == [logging.ERROR]
        show(app, "well")
        assert texts(app.panel)[0].startswith("well.")

    with_panel(Words(), scenario)


def test_a_row_that_cannot_be_painted_says_so_while_others_are_painted() -> None:
    async def scenario(app: OnePanel) -> None:
        show(app, "a", "paint", "b")
        assert texts(app.panel)[:3] == ["a.        ", " Words: Ze", "b.        "]
        show(app, "a", "c", "b")
        assert texts(app.panel)[:3] == ["a.        ", "c.        ", "b.        "]

    with_panel(Words(), scenario)


def test_a_look_nobody_declared_is_drawn_plainly(caplog: pytest.LogCaptureFixture) -> None:
    class Typo(Words):
        def paint(self, row: str, width: int) -> Spans:
            return [(row, "words--lout")]

    async def scenario(app: OnePanel) -> None:
        show(app, "x")
        assert texts(app.panel)[0] == "x         "
        assert "words--lout" in caplog.text

    with_panel(Typo(), scenario)


@pytest.mark.parametrize(
    ("text", "fitted"),
    [
        ("short", "short     "),
        ("exactly ten"[:10], "exactly te"),
        ("much too long", "much too l"),
        ("漢字漢字漢字", "漢字漢字漢"),
        ("x漢字漢字漢字", "x漢字漢字 "),
        ("e\u0301 accent", "e\u0301 accent  "),
        ("a\x1b[31mb\tc", "a�[31mb�c "),
        ("\u202ertl", "�rtl      "),
        ("", "          "),
    ],
)
def test_a_line_is_made_to_fit(text: str, fitted: str) -> None:
    assert "".join(part for part, _ in fit([(text, "")], 10)) == fitted


def test_a_line_that_fits_is_left_alone() -> None:
    spans = [("▸33.7", "a"), (" ████▌", "b")]
    assert fit(spans, 11) is spans


def test_a_line_of_several_spans_is_cut_where_it_ends() -> None:
    assert list(fit([("1234", "a"), ("5678", "b"), ("9", "c")], 6)) == [("1234", "a"), ("56", "b")]
    assert list(fit([("12", "a"), ("34", "b")], 6, fill="c")) == [("12", "a"), ("34", "b"), ("  ", "c")]
