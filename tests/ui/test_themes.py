"""Themes: every text can be read on every paper, bids and asks stay apart for everybody, and few colours are enough."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from pmtui import checks
from pmtui.memory import Memory
from pmtui.ui.app import Pmtui
from pmtui.ui.screens.dashboard import found_panels
from pmtui.ui.sheet import Sheet
from pmtui.ui.themes import (
    BARE,
    COLOUR_BLIND,
    DARK,
    LIGHT,
    PLAIN,
    SIXTEEN,
    SIXTEEN_COLOUR_BLIND,
    SIXTEEN_LIGHT,
    THEMES,
    VARIABLES,
    WISHES,
    defaults,
    following,
    is_colourless,
    pick,
    wished,
)
from tests import scenes
from tests.draw import drawn, drawn_after_each, lines, strips
from tests.ui.terminal import Terminal, differing_cells

Rgb = tuple[int, int, int]

LOUD = ("ink", "bid", "ask", "warn", "good", "bad", "accent", "large")
"""Words for text that must be read at a glance."""
BARS = ("bid-bar", "ask-bar")
ENOUGH, ENOUGH_FOR_SIGNS = 4.5, 3
"""What the guidelines ask of text, and of what is no text."""
WITH_COLOURS = (DARK, LIGHT, COLOUR_BLIND, PLAIN)
WITH_SIXTEEN = (SIXTEEN, SIXTEEN_COLOUR_BLIND)


# How a colour looks


def linear(rgb: Rgb) -> tuple[float, float, float]:
    """Amounts of light."""
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (n / 255 for n in rgb))
    return red, green, blue


def contrast(one: Rgb, other: Rgb) -> float:
    """By the Web Content Accessibility Guidelines: 1 is the same, 21 is black on white."""
    darker, lighter = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (linear(one), linear(other)))
    return (lighter + 0.05) / (darker + 0.05)


def lab(rgb: tuple[float, float, float]) -> tuple[float, float, float]:
    """Amounts of light as CIELAB, where distances are about as large as they look."""
    rows = (
        (0.4124564, 0.3575761, 0.1804375, 0.95047),
        (0.2126729, 0.7151522, 0.0721750, 1.0),
        (0.0193339, 0.1191920, 0.9503041, 1.08883),
    )
    xyz = [(rgb[0] * r + rgb[1] * g + rgb[2] * b) / white for r, g, b, white in rows]
    x, y, z = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


# Machado, Oliveira and Fernandes 2009, the whole of a cone missing; on amounts of light.
SIGHTS = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}


def apart(one: Rgb, other: Rgb, sight: str) -> float:
    """How far apart two colours look to eyes of this kind."""

    def seen(rgb: Rgb) -> tuple[float, float, float]:
        light = linear(rgb)
        red, green, blue = (
            min(1.0, max(0.0, sum(part * much for part, much in zip(row, light, strict=True)))) for row in SIGHTS[sight]
        )
        return lab((red, green, blue))

    return float(sum((a - b) ** 2 for a, b in zip(seen(one), seen(other), strict=True)) ** 0.5)


# What a terminal makes of a colour

# Colours 0 to 15 as terminals come with them.
PALETTES = {
    "xterm": "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 "
    "7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff",
    "linux": "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa "
    "555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff",
    "windows": "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc "
    "767676 e74856 16c60c f9f1a5 3b78ff b4009e 61d6d6 f2f2f2",
    "macos": "000000 c23621 25bc24 adad27 492ee1 d338d3 33bbc8 cbcccd "
    "818383 fc391f 31e722 eaec23 5833ff f935f8 14f0f0 e9ebeb",
}  # fmt: skip


def shown(name: str, terminal: str) -> Rgb:
    """A colour of a theme as this kind of terminal shows it."""
    colour = Color.parse(name).rich_color
    if terminal in PALETTES:
        assert colour.number is not None
        return Color.parse(f"#{PALETTES[terminal].split()[colour.number]}").rgb
    if terminal == "256":
        colour = colour.downgrade(ColorSystem.EIGHT_BIT)
    return rgb_of(colour)


def rgb_of(colour: RichColor) -> Rgb:
    red, green, blue = colour.get_truecolor()
    return red, green, blue


def pictures() -> Iterator[tuple[Theme, str]]:
    yield from product(WITH_COLOURS, ("true", "256"))
    yield from product(WITH_SIXTEEN, PALETTES)


def each_picture() -> pytest.MarkDecorator:
    found = list(pictures())
    return pytest.mark.parametrize(("theme", "terminal"), found, ids=[f"{theme.name}-{kind}" for theme, kind in found])


def colours(theme: Theme, terminal: str) -> dict[str, Rgb]:
    """Every word and the ground as this terminal shows them."""
    ground = {"background": shown(theme.background or "", terminal)}
    return ground | {name: shown(theme.variables[name], terminal) for name in VARIABLES}


# Every word has a colour


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_theme_has_a_colour_for_every_word(theme: Theme) -> None:
    assert set(VARIABLES) <= set(theme.variables)
    for name in VARIABLES:
        Color.parse(theme.variables[name])


def test_a_panel_that_may_not_be_loaded_answers_to_no_key_elsewhere() -> None:
    assert not [panel for panel in found_panels(far=True) if panel.KEYS or panel.place != "far"]
    assert not [panel for panel in found_panels() if panel.place == "far"]


def test_looks_use_no_word_that_themes_do_not_know() -> None:
    panels = found_panels() + found_panels(far=True)
    looks = [*Sheet.LOOKS.values(), *(words for panel in panels for words in panel.LOOKS.values())]
    assert {word for words in looks for word in re.findall(r"\$([a-z-]+)", words)} <= {*VARIABLES, "background"}


@each_picture()
def test_text_can_be_read_on_every_paper(theme: Theme, terminal: str) -> None:
    seen = colours(theme, terminal)
    for paper in ("background", "bar-paper"):
        assert {name for name in (*LOUD, "dim") if contrast(seen[name], seen[paper]) < ENOUGH} == set()
        # Terminals with few colours have a grey of their own.
        assert contrast(seen["faint"], seen[paper]) >= (ENOUGH_FOR_SIGNS if terminal == "true" else 2.6)


@pytest.mark.parametrize("theme", WITH_COLOURS, ids=lambda theme: theme.name)
def test_every_look_that_carries_text_can_be_read_on_every_paper_it_may_stand_on(theme: Theme) -> None:
    seen = colours(theme, "true") | {"surface": shown(theme.surface or "", "true")}
    panels = found_panels() + found_panels(far=True)
    looks = Sheet.LOOKS | {name: words for panel in panels for name, words in panel.LOOKS.items()}
    for name, words in looks.items():
        ink, _, paper = (re.findall(r"\$([a-z-]+)", part) for part in f" {words}".partition(" on "))
        if not ink or ink[0].endswith("-bar"):
            continue
        least = ENOUGH_FOR_SIGNS if ink == ["faint"] else ENOUGH
        # No rule of a faint ink is on the cursor's row.
        papers = paper or ["background", "bar-paper", "surface", *["cursor"] * (ink != ["faint"])]
        assert [each for each in papers if contrast(seen[ink[0]], seen[each]) < least] == [], name


@each_picture()
def test_text_can_be_read_under_the_cursor_and_on_a_fresh_print(theme: Theme, terminal: str) -> None:
    seen = colours(theme, terminal)
    for paper in ("cursor", "hot"):
        assert {name for name in LOUD if contrast(seen[name], seen[paper]) < 4} == set()
        assert contrast(seen["dim"], seen[paper]) >= (ENOUGH if (paper, terminal) == ("cursor", "true") else 3)
        if f"{paper}-style" not in theme.variables:  # which would mark it without a colour
            assert seen[paper] != seen["background"]


@each_picture()
def test_bars_are_seen_and_do_not_drown_the_numbers_beside_them(theme: Theme, terminal: str) -> None:
    seen = colours(theme, terminal)
    for bar, text in zip(BARS, ("bid", "ask"), strict=True):
        strength = contrast(seen[bar], seen["background"])
        assert strength >= (1.9 if terminal == "true" else 1.4)
        assert strength < contrast(seen[text], seen["background"]) / 1.3
        assert contrast(seen[bar], seen["cursor"]) >= 1.1


@each_picture()
def test_loud_words_stand_out_from_the_rest(theme: Theme, terminal: str) -> None:
    seen = colours(theme, terminal)
    strengths = [contrast(seen[name], seen["background"]) for name in ("ink", "dim", "faint")]
    assert strengths == sorted(strengths, reverse=True)
    assert len(set(strengths)) == 3


def test_without_colours_of_its_own_a_theme_says_everything_by_weight() -> None:
    assert {BARE.variables[name] for name in VARIABLES} == {"ansi_default"}
    told = {name: BARE.variables.get(f"{name}-style", "") for name in VARIABLES}
    assert told["bid"] != told["ask"]
    assert {told[name] for name in ("hot", "cursor")} == {"reverse", "underline"}
    assert "" not in {told[name] for name in ("dim", "faint", "warn", "bad", "accent", "large", *BARS)}


# What is drawn, on what it is drawn

ENOUGH_BELOW = 3.5
"""What lies beneath a page is a little fainter than what lies before it."""
BARS_AND_LINES = re.compile("[\u2580-\u259f\u2800-\u28ff\\s]")
"""Areas and curves, beside which the number stands."""


def unreadable(app: Pmtui, theme: Theme, *, lines: int | None = None, enough: float = ENOUGH) -> Iterator[str]:
    """Every text on the screen whose ink is too near to its paper: words need more than signs between them."""
    app.theme = theme.name
    app.refresh_css(animate=False)
    app.frames.pulse()
    for strip in strips(app)[:lines]:
        for text, style, _ in strip:
            marks = BARS_AND_LINES.sub("", text)
            if not marks or style is None or style.color is None or style.bgcolor is None:
                continue
            found = contrast(rgb_of(style.color), rgb_of(style.bgcolor))
            if found < (enough if re.search(r"\w", marks) else enough * ENOUGH_FOR_SIGNS / ENOUGH):
                yield f"{theme.name}: {text.strip()!r} {found:.2f}"


@pytest.mark.parametrize("size", [(120, 40), pytest.param((200, 60), marks=pytest.mark.torture)], ids=str)
@pytest.mark.parametrize(
    "name", ["live", "stale", "down", "cursor", "tick-change", "health", "account", "both", "border"]
)
def test_all_that_is_drawn_can_be_read_in_every_theme_with_colours(name: str, size: tuple[int, int]) -> None:
    make, keys = scenes.SCENES[name]
    found = drawn(
        make(), size, lambda app: [each for theme in WITH_COLOURS for each in unreadable(app, theme)], keys=keys
    )
    assert found == []


@pytest.mark.parametrize("terminal", PALETTES)
def test_light_with_sixteen_colours_can_be_read_on_the_white_of_any_terminal(terminal: str) -> None:
    white = shown("ansi_bright_white", terminal)
    inks = {SIXTEEN_LIGHT.variables[name] for name in (*LOUD, "dim", "faint")} - {"ansi_default"}
    assert inks
    assert {ink for ink in inks if contrast(shown(ink, terminal), white) < ENOUGH} == set()
    bars = [contrast(shown(SIXTEEN_LIGHT.variables[bar], terminal), white) for bar in BARS]
    assert min(bars) >= 1.4


# For everybody's eyes

SEEN_APART = apart(Color.parse(VARIABLES["bid"]).rgb, Color.parse(VARIABLES["ask"]).rgb, "all cones") / 2
"""Half of what separates green and red for those who see them best: about 40, where 10 is told at a glance on large
areas and thin letters need several times as much. To the colour-blind the same green and red are 17 apart."""


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("terminal", ["true", "256"])
def test_bids_and_asks_of_the_colour_blind_theme_are_far_apart_for_all_eyes(sight: str, terminal: str) -> None:
    seen = colours(COLOUR_BLIND, terminal)
    assert apart(seen["bid"], seen["ask"], sight) >= SEEN_APART
    assert apart(seen["bid-bar"], seen["ask-bar"], sight) >= 30  # areas need less than letters


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("terminal", PALETTES)
def test_so_they_are_with_sixteen_colours(sight: str, terminal: str) -> None:
    seen = colours(SIXTEEN_COLOUR_BLIND, terminal)
    assert apart(seen["bid"], seen["ask"], sight) >= 20
    assert apart(seen["bid-bar"], seen["ask-bar"], sight) >= 20


@pytest.mark.parametrize("sight", ["protanopia", "deuteranopia"])
def test_green_and_red_would_not_do(sight: str) -> None:
    seen = colours(DARK, "true")
    assert apart(seen["bid"], seen["ask"], sight) < SEEN_APART / 2


def test_in_greys_bids_are_bolder_and_brighter_than_asks() -> None:
    seen = colours(PLAIN, "true")
    assert all(len(set(rgb)) == 1 for rgb in seen.values())
    assert contrast(seen["bid"], seen["ask"]) > 1.5
    assert PLAIN.variables["bid-style"] == "bold"


# Which theme


@pytest.mark.parametrize(
    ("wish", "colours", "no_color", "picked"),
    [
        ("", "truecolor", False, DARK),
        ("light", "256", False, LIGHT),
        ("pmtui-colour-blind", "truecolor", False, COLOUR_BLIND),
        ("nobody-knows-it", "truecolor", False, DARK),
        ("sixteen", "truecolor", False, SIXTEEN),
        ("", "standard", False, SIXTEEN),
        ("light", "windows", False, SIXTEEN_LIGHT),
        ("colour-blind", "standard", False, SIXTEEN_COLOUR_BLIND),
        ("plain", "standard", False, BARE),
        ("nord", "standard", False, SIXTEEN),
        ("nord", "256", False, BUILTIN_THEMES["nord"]),
        ("ansi-light", "standard", False, BUILTIN_THEMES["ansi-light"]),
        ("light", None, False, BARE),
        ("dark", "truecolor", True, BARE),
    ],
)
def test_the_terminal_and_the_wish_decide_on_the_theme(
    wish: str, colours: str | None, no_color: bool, picked: Theme
) -> None:
    assert pick(wish, colours, no_color) == picked.name


@pytest.mark.parametrize(
    ("colours", "no_color", "count"),
    [("truecolor", False, 4), ("standard", False, 4), (None, False, 1), ("256", True, 1)],
)
def test_a_key_goes_round_all_themes_that_differ_on_the_terminal(
    colours: str | None, no_color: bool, count: int
) -> None:
    begin = theme = pick("", colours, no_color)
    seen: list[str] = []
    while not seen or theme != begin:
        seen.append(theme := following(theme, colours, no_color))
    assert len(seen) == len(set(seen)) == count
    assert following("nord", colours, no_color) == begin


def test_a_wish_outlives_a_terminal_with_few_colours() -> None:
    for wish in WISHES:
        for few in ("standard", "truecolor"):
            assert wished(pick(wish, few, no_color=False)) == wish
    assert wished("nord") == "nord"


def test_a_key_for_the_next_theme_is_answered_where_there_is_one_theme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    def seen(app: Pmtui) -> tuple[str, list[str]]:
        return app.theme, [each.text for each in app.notes]

    _, before, after = drawn_after_each(scenes.market(5), (80, 24), seen, ["t", "t"])
    assert before == (BARE.name, [])
    assert after == (BARE.name, ["no colours here (NO_COLOR, or the terminal has none): there is one theme"])


def test_the_settings_know_every_theme_by_its_short_name() -> None:
    assert [f"pmtui-{name}" for name in checks.THEMES] == [theme.name for theme in THEMES]


@pytest.mark.parametrize(
    ("name", "like"),
    [("nord", DARK), ("textual-light", LIGHT), ("ansi-dark", SIXTEEN), ("ansi-light", BARE)],
)
def test_other_peoples_themes_get_colours_for_our_words_that_fit_them(name: str, like: Theme) -> None:
    given = defaults(BUILTIN_THEMES[name])
    assert {word: given[word] for word in VARIABLES} == {word: like.variables[word] for word in VARIABLES}


# On the screen


def put_on(theme: Theme, *, at_first: bool) -> tuple[list[object], ...]:
    """What the screen is drawn with, where a theme is there from the beginning, or was chosen."""
    app = Pmtui(scenes.SCENES["live"][0]().desk, follow=False)
    if at_first:
        app.dress(theme.name)
    else:
        app.theme = theme.name

    async def play() -> tuple[list[object], ...]:
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            styles: list[object] = [node.rich_style for node in app.screen.walk_children(with_self=True)]
            return styles, [type(each) for each in app.get_line_filters()]

    return asyncio.run(play())


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_a_theme_to_begin_with_looks_as_when_it_is_chosen(theme: Theme) -> None:
    assert put_on(theme, at_first=True) == put_on(theme, at_first=False)


_BY_HAND = """
import sys
from pmtui.ui.app import Pmtui
from tests import scenes
app = Pmtui(scenes.SCENES[sys.argv[1]][0]().desk, follow=False)
app.wear(sys.argv[2])
app.run()
"""


def terminal(scene: str, theme: str, **environment: str) -> Terminal:
    return Terminal([sys.executable, "-c", _BY_HAND, scene, theme], columns=120, lines=40, environment=environment)


def numbers_of(received: bytes) -> set[int]:
    """Every number in the codes for colours and attributes that were written."""
    return {int(each or 0) for codes in re.findall(rb"\x1b\[([\d;]*)m", received) for each in codes.split(b";")}


ATTRIBUTES = {0, 1, 2, 3, 4, 7, 9, 22, 23, 24, 27, 29, 39, 49}
"""Codes that are not colours: attributes, their ends, and the terminal's own ink and paper."""
OF_SIXTEEN = {*range(30, 38), *range(40, 48), *range(90, 98), *range(100, 108)}


@pytest.mark.parametrize(
    "environment", [{"TERM": "dumb"}, {"NO_COLOR": "1"}, {"TERM": "vt220", "COLORTERM": ""}], ids=str
)
def test_a_terminal_that_gets_no_colours_gets_none_in_the_list_of_commands(environment: dict[str, str]) -> None:
    with terminal("live", "", **environment) as screen:
        screen.wait_for("LIVE")
        screen.send(b"\x10")
        screen.wait_for("Search for commands")
        screen.settle()
        assert numbers_of(screen.received) <= ATTRIBUTES


@pytest.mark.parametrize(
    ("environment", "colourless"),
    [
        ({}, False), ({"TERM": "xterm"}, False), ({"TERM": "linux"}, False), ({"NO_COLOR": ""}, False),
        ({"TERM": "vt100", "COLORTERM": "truecolor"}, False), ({"TERM": "vt100"}, True), ({"TERM": "vt220-w"}, True),
        ({"TERM": "xterm-mono"}, True), ({"TERM": "linux-m"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, True),
    ],
)  # fmt: skip
def test_a_terminal_says_by_its_name_that_it_has_no_colours(environment: dict[str, str], colourless: bool) -> None:
    assert is_colourless(environment) is colourless


def test_with_no_color_set_not_one_colour_is_written_and_nothing_is_lost() -> None:
    with terminal("stale", "light", NO_COLOR="1") as screen:
        screen.wait_for("◂")
        screen.settle()
        cells = [cell for row in screen.cells() for cell in row]
        assert numbers_of(screen.received) <= ATTRIBUTES
        assert {cell.colour for cell in cells} | {cell.paper for cell in cells} == {"default"}
        assert "▸" in screen.text
        assert screen.cells()[0][screen.text.index("STALE")].reverse
        # Who bought and who sold is told by the sign, and once more by its weight.
        assert any(cell.bold for cell in cells if cell.text == "▲")
        assert not all(cell.bold for cell in cells if cell.text == "▼")


def test_a_terminal_with_sixteen_colours_gets_no_others() -> None:
    with terminal("live", "", TERM="xterm", COLORTERM="", NO_COLOR="") as screen:
        screen.wait_for("◂")
        screen.settle()
        assert numbers_of(screen.received) <= ATTRIBUTES | OF_SIXTEEN
        *book, _, _, _ = screen.cells()  # below it a banner is bright while it is new
        assert {cell.paper for row in book for cell in row} == {"black"}


@pytest.mark.parametrize("page", ["question_mark", "slash", "ctrl+p"])
@pytest.mark.parametrize("name", ["live", "stale", "down"])
def test_the_label_and_the_ages_can_be_read_above_a_page(name: str, page: str) -> None:
    def faint(app: Pmtui) -> list[str]:
        return [each for theme in WITH_COLOURS for each in unreadable(app, theme, lines=2, enough=ENOUGH_BELOW)]

    make, _ = scenes.SCENES[name]
    assert drawn(make(), (120, 40), faint, keys=[page]) == []


@pytest.mark.parametrize("theme", ["dark", "light", "colour-blind"])
def test_the_label_can_be_read_above_a_page_with_sixteen_colours(theme: str) -> None:
    with terminal("live", theme, TERM="xterm", COLORTERM="", NO_COLOR="") as screen:
        screen.wait_for("◂")
        screen.settle()
        before = screen.cells()[:2]
        for key, words in (("?", "Bids grow to the left"), ("/", "OPEN NOW"), ("\x10", "Search for commands")):
            screen.send(key.encode())
            screen.wait_for(words)
            screen.settle()
            assert differing_cells(before, screen.cells()[:2]) == []
            screen.send(b"\x1b")
            screen.wait_for(partial(_is_gone, screen, words))


def _is_gone(screen: Terminal, words: str) -> bool:
    return words not in screen.text


def test_light_leaves_the_ground_of_a_terminal_with_sixteen_colours_alone() -> None:
    with terminal("live", "light", TERM="xterm", COLORTERM="", NO_COLOR="") as screen:
        screen.wait_for("◂")
        screen.settle()
        assert numbers_of(screen.received) <= ATTRIBUTES | {31, 32}
        assert {cell.paper for row in screen.cells() for cell in row} == {"default"}


@pytest.mark.parametrize("name", [BARE.name, SIXTEEN.name, SIXTEEN_COLOUR_BLIND.name, SIXTEEN_LIGHT.name])
def test_the_cursor_and_a_fresh_print_are_marked_without_a_paper_of_their_own(name: str) -> None:
    def marked(app: Pmtui) -> set[tuple[bool | None, bool | None]]:
        panel = next(each for each in app.panels() if "ladder--hot" in each.LOOKS)
        cursor, hot = (panel.get_component_rich_style(f"ladder--{look}") for look in ("here", "hot"))
        return {(cursor.underline, hot.reverse)}

    assert drawn(scenes.market(5), (100, 30), marked, theme=name) == {(True, True)}


def test_every_theme_draws_the_same_text_in_its_own_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    names = [*(theme.name for theme in THEMES), "nord", "textual-light", "ansi-light", DARK.name]

    def round_trip(app: Pmtui) -> list[tuple[list[str], str]]:
        return [_drawn_with(app, name) for name in names]

    found = drawn(scenes.stale(), (100, 30), round_trip)
    texts, codes = zip(*found, strict=True)
    assert all(text == texts[0] for text in texts)
    assert codes[0] == codes[-1]
    assert len(set(codes)) == len(names) - 1


def _drawn_with(app: Pmtui, theme: str) -> tuple[list[str], str]:
    """The screen's text, and everything that panels write for it."""
    app.theme = theme
    app.refresh_css(animate=False)
    app.frames.pulse()
    frame: list[str] = []
    for panel in app.panels():
        panel.draw(range(panel.lines), [""] * panel.lines, frame)
    return lines(app), "".join(frame)


def test_a_theme_chosen_on_the_screen_is_remembered_and_the_one_it_began_with_is_not(tmp_path: Path) -> None:
    path = tmp_path / "choices.json"

    async def choose() -> None:
        app = Pmtui(scenes.market(5).desk, follow=False, theme=LIGHT.name, memory=Memory.load(path))
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.pause()
            assert not path.exists()
            app.theme = SIXTEEN_COLOUR_BLIND.name
            await pilot.pause()

    asyncio.run(choose())
    assert Memory.load(path).get("theme", "") == COLOUR_BLIND.name


def test_a_choice_that_cannot_be_kept_says_so_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    async def choose() -> list[str]:
        memory = Memory.load(tmp_path / "file" / "choices.json")
        app = Pmtui(scenes.market(5).desk, follow=False, theme=LIGHT.name, memory=memory)
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.press("b")
            await pilot.pause()
            await pilot.press("B")
            await pilot.pause()
            return [note.text for note in app.notes]

    said = asyncio.run(choose())
    assert [each for each in said if "remembered" in each] == ["choices will not be remembered: Not a directory"]
