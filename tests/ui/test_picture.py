"""A picture of the screen: every sign in its column, where it goes, and what is said of it."""

from __future__ import annotations

import asyncio
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.events import Paste
from textual.strip import Strip

from pmtui.ui.app import Pmtui
from pmtui.ui.picture import CELL, LINE, save, svg
from tests import scenes
from tests.draw import drawn, lines
from tests.scenes import SCENES

from .test_themes import contrast

BLOCKS = {char: n for n, char in enumerate("▏▎▍▌▋▊▉█", start=1)}


@dataclass(slots=True)
class Cell:
    """What a picture shows in one cell; the second of a wide sign shows nothing of its own."""

    sign: str = " "
    ink: str = ""
    bold: bool = False
    papers: tuple[str, ...] = ()
    """The colour of each eighth of it, from the left."""
    lines: int = 0


def read(picture: str) -> list[list[Cell]]:
    """What a drawer shows that knows nothing of fonts, blanks or lengths of text: only where a text begins."""
    page = ElementTree.fromstring(picture)  # noqa: S314  # made a moment ago
    columns, rows = int(page.attrib["width"]) // CELL, int(page.attrib["height"]) // LINE
    eighths = [[""] * columns * 8 for _ in range(rows)]
    cells = [[Cell() for _ in range(columns)] for _ in range(rows)]
    for part in page.iter():
        tag, told = part.tag.rpartition("}")[2], part.attrib
        x, y = int(told.get("x", 0)), int(told.get("y", 0))
        row, column = y // LINE, x // CELL
        if tag == "rect" and told["height"] == "1":
            for cell in cells[row][column : column + int(told["width"]) // CELL]:
                cell.lines += 1
        elif tag == "rect":
            left, across = x * 8 // CELL, round(float(told["width"]) * 8 / CELL)
            for each in range(row, row + int(told["height"]) // LINE):
                eighths[each][left : left + across] = [told["fill"]] * across
        elif tag == "text":
            assert x % CELL == 0
            _write(cells[row][column:], part.text or "", told)
    for painted, line in zip(eighths, cells, strict=True):
        assert len(painted) == columns * 8, "painted beyond the screen"
        for x, cell in enumerate(line):
            cell.papers = tuple(painted[x * 8 : x * 8 + 8])
    return cells


def _write(cells: Sequence[Cell], text: str, told: dict[str, str]) -> None:
    together = re.fullmatch("[!-~]+|[─-╿]+", text) or sum(map(bool, map(cell_len, text))) == 1
    assert together or any(map(_mark, text)), f"{text!r} hangs on how wide a font makes it"
    assert int(told["textLength"]) == cell_len(text) * CELL
    x = 0
    for sign in text:
        if _mark(sign):
            cells[x - 1].sign += sign
            continue
        assert cells[x].sign == " ", "one sign over another"
        cells[x].sign, cells[x].ink, cells[x].bold = sign, told["fill"], "font-weight" in told
        for other in cells[x + 1 : x + cell_len(sign)]:
            other.sign = ""
        x += cell_len(sign)


def _mark(sign: str) -> bool:
    return cell_len(sign) == 0


def words(picture: str) -> list[str]:
    """The lines of a picture, blocks written as signs again."""
    return ["".join(map(_sign, line)) for line in read(picture)]


def _sign(cell: Cell) -> str:
    """As many eighths as have another colour than the last ones; a whole one cannot be told from a paper."""
    left = next(n for n in range(8, -1, -1) if n == 0 or cell.papers[n - 1] != cell.papers[7])
    return "▏▎▍▌▋▊▉"[left - 1] if left else cell.sign


def shown(app: Pmtui) -> tuple[list[str], list[str]]:
    return words(app.export_screenshot()), [line.replace("█", " ") for line in lines(app)]


# Where everything stands


@pytest.mark.parametrize("name", SCENES)
def test_a_picture_shows_every_sign_in_its_column(name: str) -> None:
    make, keys = SCENES[name]
    picture, screen = drawn(make(), (120, 40), shown, keys=keys)
    assert picture == screen


@cache
def with_nothing_open(size: tuple[int, int]) -> list[str]:
    return drawn(scenes.market(10), size, shown)[0]


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=str)
@pytest.mark.parametrize(
    "keys",
    [(), ("question_mark",), ("question_mark", "escape"), ("ctrl+p",), ("ctrl+p", "escape"), ("slash", "escape")],
    ids=str,
)
def test_it_shows_what_is_open_and_nothing_of_what_was(keys: Sequence[str], size: tuple[int, int]) -> None:
    picture, screen = drawn(scenes.market(10), size, shown, keys=keys)
    assert picture == screen
    if keys[-1:] == ("escape",):
        assert picture == with_nothing_open(size)


@pytest.mark.parametrize("theme", ["pmtui-light", "pmtui-plain", "pmtui-sixteen", "pmtui-bare"])
@pytest.mark.parametrize("keys", [(), ("down", "down"), ("ctrl+p",)], ids=str)
def test_so_it_does_in_other_colours(keys: Sequence[str], theme: str) -> None:
    picture, screen = drawn(scenes.market(10), (120, 40), shown, keys=keys, theme=theme)
    assert picture == screen


@pytest.mark.parametrize("ascii_only", [False, True])
def test_without_colours_a_picture_has_none(monkeypatch: pytest.MonkeyPatch, ascii_only: bool) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    def taken(app: Pmtui) -> tuple[str, list[str]]:
        return app.export_screenshot(), [line.replace("█", " ") for line in lines(app)]

    picture, screen = drawn(
        scenes.market(10), (120, 40), taken, keys=("down",), theme="pmtui-bare", ascii_only=ascii_only
    )
    assert words(picture) == screen
    assert picture.isascii() == ascii_only
    found = [bytes.fromhex(colour) for colour in re.findall("#([0-9a-f]{6})", picture)]
    assert all(max(colour) - min(colour) <= 3 for colour in found)


RUNS = st.tuples(
    st.lists(st.sampled_from([*"ab09.,+-  <>&'\"│─█▌▏▲Δ¢⣿日本é…", "e\u0301"]), max_size=12),
    *[st.sampled_from(["#102030", "#a0b0c0", "#ffffff"])] * 2,
    *[st.booleans()] * 3,
)


@given(st.lists(st.lists(RUNS, max_size=6), max_size=4))
def test_any_line_is_drawn_cell_by_cell(given_lines: list[list[tuple[list[str], str, str, bool, bool, bool]]]) -> None:
    strips, wanted = [], []
    for runs in given_lines:
        segments, cells = [], []
        for signs, one, other, bold, lined, reverse in runs:
            look = Style(color=one, bgcolor=other, bold=bold, underline=lined, reverse=reverse)
            segments.append(Segment("".join(signs), look))
            ink, paper = (other, one) if reverse else (one, other)
            for sign in signs:
                cells += _cells(sign, ink, paper, bold=bold, lined=lined)
        strips.append(Strip(segments))
        wanted.append(cells)
    for cells, found in zip(wanted, read(svg(strips, 150)), strict=True):
        assert found[: len(cells)] == cells
        assert not "".join(cell.sign for cell in found[len(cells) :]).strip()


def test_a_bar_that_is_dim_has_one_colour_from_its_reversed_edge_on() -> None:
    dim = Style(color="#ffffff", bgcolor="#000000", dim=True)
    [[edge, whole]] = read(svg([Strip([Segment("▎", dim + Style(reverse=True)), Segment("█", dim)])], 2))
    assert edge.papers[2:] == whole.papers[2:]
    assert set(edge.papers[:2]) == {"#000000"}


@pytest.mark.parametrize("theme", ["sixteen", "sixteen-colour-blind", "sixteen-light", "bare"])
def test_the_colours_of_a_terminal_can_be_read_in_a_picture_too(theme: str) -> None:
    [*rows] = read(drawn(scenes.account(), (120, 40), lambda app: app.export_screenshot(), theme=f"pmtui-{theme}"))
    faint = {
        (cell.sign, cell.ink, paper)
        for row in rows
        for cell in row
        for paper in set(cell.papers)
        if cell.sign.isalnum() and contrast(rgb(cell.ink), rgb(paper)) < 3.9
    }
    assert faint == set()
    papers = Counter(paper for row in rows for cell in row for paper in cell.papers)
    [(ground, _)] = papers.most_common(1)
    assert (contrast(rgb(ground), (255, 255, 255)) < 1.2) is (theme == "sixteen-light")


def rgb(told: str) -> tuple[int, int, int]:
    return int(told[1:3], 16), int(told[3:5], 16), int(told[5:7], 16)


def _cells(sign: str, ink: str, paper: str, *, bold: bool, lined: bool) -> list[Cell]:
    """How a sign looks."""
    eighths = BLOCKS.get(sign, 0)
    papers = (ink,) * eighths + (paper,) * (8 - eighths)
    if eighths or sign == " ":
        return [Cell(papers=papers, lines=lined)]
    return [Cell(sign, ink, bold, papers, lined), *[Cell("", papers=papers, lines=lined)] * (cell_len(sign) - 1)]


@given(st.lists(st.text(st.characters(exclude_categories=[]), max_size=30), max_size=3))
def test_no_text_makes_a_file_that_cannot_be_read(texts: list[str]) -> None:
    picture = svg([Strip([Segment(text) for text in texts])], 100)
    assert ElementTree.fromstring(picture.encode()).tag.endswith("svg")  # noqa: S314  # made a moment ago


def test_what_was_pasted_where_one_types_breaks_no_picture() -> None:
    async def paste() -> str:
        app = Pmtui(scenes.market(10).desk, follow=False)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.press("slash")
            assert app.screen.focused is not None
            app.screen.focused.post_message(Paste("odd\x1b[31m\x00\ud800\ufffe<&]]>"))
            await pilot.pause()
            return app.export_screenshot()

    assert "odd[31m\ufffd\ufffd<&]]>" in "".join(words(asyncio.run(paste())))


def test_it_asks_nobody_for_anything() -> None:
    picture = drawn(scenes.market(10), (80, 24), Pmtui.export_screenshot)
    assert not re.search(r"://|url\(|href|@", picture.replace('xmlns="http://www.w3.org/2000/svg"', ""))


# Where it goes


def told(app: Pmtui) -> str:
    save(app)
    app.frames.pulse()
    return lines(app)[-3]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("made", "used"), [([], "../here"), (["Documents"], "Documents"), (["Documents", "Pictures"], "Pictures")]
)
def test_it_goes_where_pictures_are_or_where_the_program_runs(home: Path, made: list[str], used: str) -> None:
    for name in made:
        (home / name).mkdir()
    line = drawn(scenes.market(10), (200, 60), told)
    (saved,) = (home / used).glob("*.svg")
    assert f"saved as {saved.resolve()}" in line
    assert saved.read_text().startswith("<svg")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device")
def test_a_full_disk_is_told_and_leaves_no_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, *_: object, **__: object) -> object:
        path.touch()
        return open("/dev/full", "w")  # who asked for it closes it

    monkeypatch.setattr(Path, "open", full)
    line = drawn(scenes.market(10), (200, 60), told)
    assert f"no picture was saved: no space left on device: {Path.cwd()}" in line
    assert not list(Path.cwd().iterdir())


def test_a_folder_that_cannot_be_written_to_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(path: Path, *_: object, **__: object) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", gone)
    line = drawn(scenes.market(10), (200, 60), told)
    assert f"no picture was saved: permission denied: {Path.cwd()}/pmtui_" in line
