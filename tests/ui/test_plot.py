"""The price line: dots that lie where their values are, and words where there is no line."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.events import NO_ASK, NO_BID, BookDelta, LinkChanged, Phase
from pmtui.core.flow import Flow
from pmtui.core.units import ONE, Millis, Px, px, qty, show
from pmtui.ui.braille import ASCII, BRAILLE, Dots, Drawn, Point, draw, level
from pmtui.ui.panels.plot import WINDOWS, Plot, grid, scale
from tests import scenes
from tests.scenes import Scene
from tests.ui.alone import Alone, text

DOTS = st.sampled_from([BRAILLE, ASCII])
ROWS = st.integers(1, 12)
VALUES = st.integers(0, ONE)


@st.composite
def points(draw_from: st.DrawFn) -> list[Point]:
    drawn = []
    for low, more, close in draw_from(
        st.lists(st.tuples(VALUES, st.integers(0, 10**8), st.integers(0, 100)), max_size=60)
    ):
        known = draw_from(st.integers(0, 9))
        drawn.append(Point(low, low + more, low + more * close // 100) if known else Point())
    return drawn


def limits(given_points: Sequence[Point]) -> tuple[int, int]:
    lows = [each.low for each in given_points if each.low is not None]
    highs = [each.high for each in given_points if each.high is not None]
    return min(lows, default=0), max(highs, default=0)


def heights(picture: Sequence[Drawn], columns: int, dots: Dots) -> list[set[int]]:
    """Which heights the line covers in each column, read back from the signs."""
    found: list[set[int]] = [set() for _ in range(columns)]
    top = (len(picture) - 1) * dots.down
    for y, row in enumerate(picture):
        for x, (sign, kind) in enumerate(_cells(row)):
            # In ASCII two signs stand for more than one cell; the taller one is what they look like.
            bits = dots.signs.rindex(sign) if kind == "line" else 0
            for n in range(dots.across * dots.down):
                if bits >> n & 1:
                    found[x * dots.across + n // dots.down].add(top - y * dots.down + n % dots.down)
    return found


def _cells(row: Drawn) -> Iterator[tuple[str, str]]:
    return ((sign, run.kind) for run in row for sign in run.text)


@given(points(), ROWS, DOTS)
def test_a_picture_has_all_its_rows_and_no_cell_more(given_points: list[Point], rows: int, dots: Dots) -> None:
    picture = draw(given_points, rows, *limits(given_points), dots)
    assert len(picture) == rows
    assert {sum(len(run.text) for run in row) for row in picture} <= {-(-len(given_points) // dots.across)}
    if dots is ASCII:
        assert all(run.text.isascii() for row in picture for run in row)


@given(points(), ROWS)
def test_every_value_lies_inside_the_picture(given_points: list[Point], rows: int) -> None:
    low, high = limits(given_points)
    drawn = heights(draw(given_points, rows, low, high), len(given_points), BRAILLE)
    for point, found in zip(given_points, drawn, strict=True):
        if point.low is None or point.high is None:
            assert not found
        else:
            reach = [level(value, low, high, rows * BRAILLE.down) for value in (point.low, point.high)]
            assert found == set(range(min(found), max(found) + 1))
            assert found >= set(range(reach[0], reach[1] + 1))


@given(points(), ROWS)
def test_a_line_has_no_holes_but_where_nothing_is_known(given_points: list[Point], rows: int) -> None:
    drawn = heights(draw(given_points, rows, *limits(given_points)), len(given_points), BRAILLE)
    for before, after in pairwise(drawn):
        if before and after:
            assert min(abs(one - other) for one in before for other in after) <= 1


@given(VALUES, st.integers(1, 60), ROWS, DOTS, st.integers(0, ONE))
def test_a_constant_series_is_one_flat_row(value: int, count: int, rows: int, dots: Dots, room: int) -> None:
    picture = draw([Point(value, value, value)] * count, rows, value - room, value + room, dots)
    assert len({frozenset(each) for each in heights(picture, count, dots)}) == 1
    assert sum(any(run.text.strip() for run in row) for row in picture) == 1


@given(st.lists(VALUES, min_size=2), VALUES, VALUES, st.integers(1, 80))
def test_steps_are_monotone(values: list[int], one: int, other: int, count: int) -> None:
    low, high = sorted((one, other))
    levels = [level(value, low, high, count) for value in sorted(values)]
    assert levels == sorted(levels)
    assert all(0 <= each < count for each in levels)
    if low < high:
        assert (level(low, low, high, count), level(high, low, high, count)) == (0, count - 1)


@given(points(), ROWS, DOTS, st.integers(0, 2 * ONE))
def test_a_dot_is_drawn_beside_the_line_or_not_at_all(
    given_points: list[Point], rows: int, dots: Dots, dot: int
) -> None:
    low, high = limits(given_points)
    bare = draw(given_points, rows, low, high, dots)
    dotted = draw([each._replace(dot=dot) for each in given_points], rows, low, high, dots)
    for row, same in zip(bare, dotted, strict=True):
        for (sign, kind), (dotted_sign, dotted_kind) in zip(_cells(row), _cells(same), strict=True):
            assert kind == "line"
            assert dotted_sign == sign if sign.strip() else dotted_kind == "dot" or not dotted_sign.strip()
            assert low <= dot <= high or dotted_kind == "line"


@given(st.integers(0, 900), st.integers(1, 300), st.integers(1, 60), st.sampled_from([1, 25, 10_000]))
def test_prices_beside_the_picture_are_on_the_grid_in_equal_steps_from_edge_to_edge(
    low: int, ticks: int, rows: int, tick: int
) -> None:
    bottom, top = scale(low * tick, (low + ticks) * tick, tick)
    told = grid(bottom, top, rows, tick)
    assert told[0] == top
    assert rows == 1 or told[rows - 1] == bottom
    assert set(told) <= set(range(rows))
    assert all(price % tick == 0 for price in told.values())
    assert list(told.values()) == sorted(told.values())
    assert list(told) == sorted(told, reverse=True)
    steps = {after - before for before, after in pairwise(told.values())}
    assert len(steps) <= 1
    if rows > 2:
        assert 3 <= len(told) <= max(3, rows // 4 + 1)
        assert (bottom + top) // 2 in told.values() or len(told) % 2 == 0


@given(st.integers(0, ONE), st.integers(0, ONE), st.sampled_from([px("0.0001"), px("0.0025"), px("0.01"), px("0.1")]))
def test_the_labels_of_the_axis_are_prices_of_the_grid(one: int, other: int, tick: int) -> None:
    low, high = sorted((one, other))
    bottom, top = scale(low, high, tick)
    assert bottom <= low <= high <= top
    assert bottom % tick == top % tick == (bottom + top) // 2 % tick == 0
    assert top > bottom
    assert top - bottom < high - low + 3 * tick + 1


# The panel


_MIDS = ((0, "0.331"), (60, "0.342"), (120, "0.31"), (180, "0.335"))


def _scene(mids: Sequence[tuple[int, str]] = _MIDS, *, tick: str = "0.001", half: str = "0.001") -> Scene:
    """A market with a tick of 0.1¢, or another, and mids at these seconds."""
    newest = px(mids[-1][1]) if mids else px("0.335")
    bid, ask = (show(newest + by, 4) for by in (-px(half), px(half)))
    scene = scenes.bare(scenes._levels(bid, ask, tick=tick, count=20), tick=tick)
    scene.desk.store.boards[scene.desk.shown].flow = Flow()
    for second, mid in mids:
        _flow(scene).quoted(px(mid) - px("0.001"), px(mid) + px("0.001"), scene.clock.at + second * 1000)
    scene.clock.at += mids[-1][0] * 1000 if mids else 0  # type: ignore[assignment]
    return scene


def _flow(scene: Scene) -> Flow:
    return scene.desk.store.boards[scene.desk.shown].flow


def _of(lines: Sequence[str]) -> str:
    return "\n".join(lines)


def test_the_panel_says_window_price_high_low_and_the_prices_of_its_axis() -> None:
    scene = _scene()
    _flow(scene).printed(px("0.332"), qty("100"), True, scene.clock.at)
    lines = text(Plot(), scene, (48, 12))
    assert lines[0].startswith(" PRICE LINE  5m  mids  33.50¢  ▲ 0.40")
    assert lines[-1].rstrip() == " VWAP 33.20 · mid hi 34.20 · lo 31.00"
    assert lines[-2].rstrip().endswith("now")
    assert [line[-4:] for line in lines[1:-2] if line[-4:].strip()] == ["34.2", "32.6", "31.0"]
    assert any("\u2801" <= sign <= "\u28ff" for sign in _of(lines))


def test_in_every_window_a_move_begins_at_the_first_price_that_is_known() -> None:
    scene = _scene([(second, f"0.{50 + second}") for second in range(0, 21, 2)])
    moved = [text(Plot(), scene, (48, 12), keys=["w"] * times)[0].split()[-2:] for times in range(len(WINDOWS))]
    assert moved == [["▲", "20.00"]] * len(WINDOWS)


def test_what_was_quoted_between_two_of_a_coarser_grid_keeps_its_decimals() -> None:
    scene = _scene([(0, "0.6665"), (60, "0.6624"), (120, "0.665")], tick="0.01", half="0.005")
    lines = text(Plot(), scene, (48, 12))
    assert lines[0].rstrip().endswith("66.5¢  ▼ 0.15")
    assert lines[-1].rstrip().endswith("mid hi 66.65 · lo 66.24")


def test_without_a_price_the_panel_says_so_in_words() -> None:
    one_sided = scenes.books()["no bids"]
    assert "no price yet: no bids" in _of(text(Plot(), one_sided, (48, 8)))
    assert "no price yet" in _of(text(Plot(), scenes.books()["empty"], (33, 3)))


def _without(side: str) -> tuple[Scene, Flow]:
    """A market of which one side is empty, and what will print there."""
    scene = scenes.books()[f"no {side}"]
    return scene, scene.desk.store.boards[scene.desk.shown].move(scene.clock.at)


@pytest.mark.parametrize("side", ["bids", "asks"])
def test_where_there_are_no_mids_the_trades_are_drawn_and_told(side: str) -> None:
    scene, flow = _without(side)
    for seconds, price, size in ((0, "0.31", "300"), (30, "0.35", "100"), (30, "0.33", "100"), (60, "0.32", "100")):
        flow.printed(px(price), qty(size), True, scene.clock.at + seconds * 1000)
    scene.clock.at += 90_000  # type: ignore[assignment]
    lines = text(Plot(), scene, (60, 12))
    assert lines[0].rstrip() == f" PRICE LINE  5m  trades  no {side}"
    assert lines[-1].rstrip() == " VWAP 32.2 · trade hi 35.0 · lo 31.0"
    dots = [sign for line in lines[1:-2] for sign in line if sign > "\u2800"]
    assert len(dots) == 3
    assert [line.split()[-1] for line in (lines[1], lines[-3])] == ["35", "31"]


def test_trades_of_a_time_without_mids_are_in_the_picture_beside_the_line() -> None:
    scene = _scene(_MIDS[:2])
    flow = _flow(scene)
    flow.quoted(px("0.34"), NO_ASK, scene.clock.at)
    for seconds, price in ((30, "0.45"), (60, "0.44")):
        flow.printed(px(price), qty("100"), True, scene.clock.at + seconds * 1000)
    scene.clock.at += 90_000  # type: ignore[assignment]
    lines = text(Plot(), scene, (60, 12))
    assert "no price now" in lines[0]
    assert lines[-1].rstrip() == " VWAP 44.50 · mid hi 34.20 · lo 33.10"
    assert float(lines[1].split()[-1]) >= 45.0


@pytest.mark.parametrize("top", [(NO_BID, px("0.36")), (px("0.34"), NO_ASK), (NO_BID, NO_ASK)], ids=str)
def test_no_price_is_told_of_a_book_that_has_lost_a_side(top: tuple[int, int]) -> None:
    scene = _scene()
    flow = _flow(scene)
    whole = text(Plot(), scene, (60, 12))
    flow.quoted(*top, scene.clock.at)
    scene.clock.at += 60_000  # type: ignore[assignment]
    broken = text(Plot(), scene, (60, 12))
    assert "no price now" in broken[0]
    assert "no price now" not in whole[0]
    assert "×" not in broken[-2]  # the link was never lost
    flow.quoted(px("0.34"), px("0.36"), scene.clock.at)
    assert "no price now" not in text(Plot(), scene, (60, 12))[0]


def test_a_book_that_was_emptied_has_no_price_before_the_line_has_heard_of_it() -> None:
    scene = _scene()
    board = scene.desk.board()
    assert board is not None
    assert "no price now" not in text(Plot(), scene, (60, 12))[0]
    board.book.replace({}, {})
    assert "no price now" in text(Plot(), scene, (60, 12))[0]


def test_why_there_is_no_price_is_told_to_its_end() -> None:
    scene = scenes.bare(({}, {}))
    at = scene.clock.at
    why = "refused with status 503"
    scene.desk.store.take([LinkChanged(scenes.LINK, at, 1, Phase.DOWN, why, 3, Millis(at + 4_000))])
    for width in (33, 46, 56):
        said = " ".join(_of(text(Plot(), scene, (width, 11))).split())
        assert "no price yet: refused with status 503, try 4 in 4s" in said


def test_in_ascii_there_is_no_braille() -> None:
    scene = _scene()
    _flow(scene).printed(px("0.335"), qty("100"), True, scene.clock.at - 30_000)
    lines = text(Plot(), scene, (48, 12), ascii_only=True)
    assert _of(lines).isascii()
    assert set("-'.:|o") & set(_of(lines[1:-2]))


def test_a_tick_change_is_marked_on_the_axis_and_in_words() -> None:
    scene = _scene()
    _flow(scene).ticked(px("0.01"), px("0.001"), scene.clock.at)
    scene.clock.at += 60_000  # type: ignore[assignment]
    lines = text(Plot(), scene, (60, 12))
    assert lines[-2].count("◆") == 1
    assert 38 <= lines[-2].index("◆") <= 45  # a minute of five from the right, less the labels
    assert "◆ tick" in lines[-1]


def test_a_gap_breaks_the_line_and_is_marked() -> None:
    scene = _scene([(0, "0.331"), (240, "0.331")])
    flow = _flow(scene)
    whole = text(Plot(), scene, (60, 12))
    flow.begin(scene.clock.at)
    flow.quoted(px("0.33"), px("0.332"), scene.clock.at + 30_000)
    scene.clock.at += 60_000  # type: ignore[assignment]
    broken = text(Plot(), scene, (60, 12))
    assert "×" in broken[-2]
    assert "× gap" in broken[-1]
    line = next(line for line in broken[1:-2] if any(sign >= "\u2801" for sign in line[1:55]))
    assert "   " in line[1:55].strip()
    assert not any("   " in line[1:55].strip() for line in whole[1:-2] if line[1:55].strip())


def test_signs_below_the_line_are_explained_before_how_far_it_reached_is_told() -> None:
    scene = _scene()
    flow = _flow(scene)
    flow.printed(px("0.332"), qty("100"), True, scene.clock.at)
    flow.ticked(px("0.01"), px("0.001"), scene.clock.at)
    whole = " VWAP 33.20 · hi 34.20 · lo 31.00 · ◆ tick"
    assert text(Plot(), scene, (44, 12))[-1].rstrip() == whole
    flow.begin(scene.clock.at)
    scene.clock.at += 30_000  # type: ignore[assignment]
    flow.quoted(px("0.33"), px("0.332"), scene.clock.at)
    assert text(Plot(), scene, (52, 12))[-1].rstrip() == f"{whole} · × gap"
    assert text(Plot(), scene, (47, 12))[-1].rstrip() == " VWAP 33.20 · ◆ tick · × gap"
    assert text(Plot(), scene, (60, 12))[-1].rstrip() == " VWAP 33.20 · mid hi 34.20 · lo 31.00 · ◆ tick · × gap"


def test_after_a_gap_the_head_has_no_price() -> None:
    scene = _scene()
    _flow(scene).begin(scene.clock.at)
    assert "no price now" in text(Plot(), scene, (48, 12))[0]


def test_the_price_is_the_headers_at_once_though_the_batch_is_open_and_the_line_follows() -> None:
    async def play() -> tuple[str, str, list[float]]:
        scene, panel, asked = _scene(), Plot(), list[float]()
        app = Alone(panel, scene.desk, ascii_only=False)
        async with app.run_test(size=(60, 12)):
            panel.look_again()
            before = panel.render_line(0).text
            app.frames.look_in = asked.append  # type: ignore[method-assign, assignment]
            store, at = scene.desk.store, scene.clock.at
            top = Px(px("0.335")), Px(px("0.336"))
            store.take([BookDelta(at, at, [(scene.desk.shown, True, px("0.335"), ONE, top, "")])])
            panel.look_again()
            after = panel.render_line(0).text
            scene.clock.at = Millis(at + 250)
            panel.look_again()
            assert store.stirred
            return before, after, asked

    before, after, asked = asyncio.run(play())
    assert "33.50¢" in before
    assert "33.55¢" in after
    assert asked[-1] == 0.25, "the line has it when the batch has ended, which nothing else may tell"


def test_the_key_steps_through_the_windows() -> None:
    names = [text(Plot(), _scene(), (48, 12), keys=["w"] * times)[0].split()[2] for times in range(len(WINDOWS) + 1)]
    assert names == ["5m", "15m", "1h", "6h", "1m", "5m"]


def test_time_that_passes_without_news_leaves_the_picture_within_a_step() -> None:
    scene = _scene()
    first = text(Plot(), scene, (48, 12))
    span = 300_000 // (2 * (48 - 6))
    scene.clock.at += (span - scene.clock.at % span) // 2  # type: ignore[assignment]
    assert text(Plot(), scene, (48, 12)) == first


@pytest.mark.parametrize("width", [33, 46, 60, 80])
@pytest.mark.parametrize("height", [3, 4, 5, 6, 12, 30])
def test_nothing_is_clipped_at_any_size(width: int, height: int) -> None:
    scene = _scene()
    _flow(scene).printed(px("0.332"), qty("100"), True, scene.clock.at)
    lines = text(Plot(), scene, (width, height))
    assert len(lines) == height
    assert {len(line) for line in lines} == {width}
    assert lines[0].startswith(" PRICE LINE  5m")
    assert lines[-1].startswith(" VWAP 33.20")
    assert all(any(sign > "\u2800" for sign in line) or line.strip() for line in lines[1:2])
