"""The flow panel: whole numbers, the more important the longer they stay."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pmtui.core.events import Side, Trade
from pmtui.core.flow import Flow
from pmtui.core.tape import Print
from pmtui.core.units import Millis, px, qty
from pmtui.ui.numbers import clock
from pmtui.ui.panels.far.flow import Flow as Panel
from pmtui.ui.panels.far.flow import Grain, signed
from tests import scenes
from tests.scenes import Scene
from tests.ui.alone import text


def _scene() -> Scene:
    """A market that was quoted, traded and changed two minutes ago, and a second ago."""
    scene = scenes.bare(scenes._levels("0.34", "0.35", tick="0.01", count=20))
    flow = scene.desk.store.boards[scene.desk.shown].flow = Flow()
    at = scene.clock.at
    flow.quoted(px("0.34"), px("0.36"), at)
    flow.printed(px("0.36"), qty("1000"), True, at)
    flow.changed(True, px("0.34"), 0, qty("2500"), at)
    at = scene.clock.at = Millis(at + 120_000)
    flow.printed(px("0.34"), qty("400"), False, at)
    flow.printed(px("0.34"), qty("100"), True, at)
    flow.changed(False, px("0.35"), qty("300"), qty("120"), at)
    flow.quoted(px("0.34"), px("0.35"), at)
    scene.clock.at = Millis(at + 1_000)
    scenes.hear(scene)
    return scene


def _row(lines: Sequence[str], name: str) -> list[str]:
    """The cells of a row."""
    line = next(line for line in lines if line.startswith(f" {name}"))
    return line.removeprefix(f" {name}").split()


def test_each_fact_is_told_for_three_windows() -> None:
    lines = text(Panel(), _scene(), (46, 24))
    assert _row(lines, "FLOW") == ["10s", "1m", "5m"]
    assert _row(lines, "net") == ["-300", "-300", "+700"]
    assert _row(lines, "bought") == ["100", "100", "1.1K"]
    assert _row(lines, "sold") == ["400", "400", "400"]
    assert _row(lines, "buy share") == ["20%", "20%", "73%"]
    assert _row(lines, "prints") == ["2", "2", "3"]
    assert _row(lines, "average print") == ["$85", "$85", "$177"]
    assert _row(lines, "bids added") == ["0", "0", "2.5K"]
    assert _row(lines, "asks pulled") == ["180", "180", "180"]
    assert _row(lines, "asks net") == ["-180", "-180", "-180"]
    assert _row(lines, "spread min") == ["1t", "1t", "1t"]
    assert _row(lines, "spread mean") == ["1.9t", "2t", "2t"]
    assert _row(lines, "spread max") == ["2t", "2t", "2t"]


def test_the_session_has_a_line_of_its_own() -> None:
    line = text(Panel(), _scene(), (60, 24))[1]
    assert line.split() == ["session", "CVD", "+700", "VWAP", "35.3", "hi", "36", "lo", "34"]


def test_an_extreme_is_a_price_that_printed_however_coarse_the_grid_is_now() -> None:
    scene = _scene()
    flow = scene.desk.store.boards[scene.desk.shown].flow
    for price in ("0.968", "0.0045"):
        flow.printed(px(price), qty("1"), True, scene.clock.at)
    assert text(Panel(), scene, (60, 24))[1].split()[-4:] == ["hi", "96.8", "lo", "0.5"]


def test_a_spread_far_below_the_grid_of_now_is_not_told_as_none() -> None:
    scene = _scene()
    flow = scene.desk.store.boards[scene.desk.shown].flow
    flow.quoted(px("0.35"), px("0.3501"), scene.clock.at)
    assert _row(text(Panel(), scene, (46, 24)), "spread min")[0] == "<0.1t"


def test_a_session_with_a_gap_says_so() -> None:
    scene = _scene()
    assert not any("gap" in line for line in text(Panel(), scene, (60, 24)))
    flow = scene.desk.store.boards[scene.desk.shown].flow
    flow.begin(scene.clock.at)
    assert any("× 1 gap: what happened meanwhile is missing" in line for line in text(Panel(), scene, (60, 24)))
    flow.quoted(px("0.34"), px("0.35"), scene.clock.at)
    flow.begin(scene.clock.at)
    assert any("× 2 gaps" in line for line in text(Panel(), scene, (33, 24)))


def test_windows_with_a_gap_are_marked_and_those_of_which_nothing_was_heard_tell_no_number() -> None:
    scene = _scene()
    scenes.relink(scene)
    lines = text(Panel(), scene, (46, 24))
    assert _row(lines, "FLOW") == ["10s×", "1m×", "5m×"]
    scene.clock.at = Millis(scene.clock.at + 30_000)
    scenes.hear(scene)
    assert _row(text(Panel(), scene, (46, 24)), "FLOW") == ["10s", "1m×", "5m×"]

    scene.desk.store.boards[scene.desk.shown].flow = Flow()
    scene.clock.at = Millis(scene.clock.at + 30_000)
    lines = text(Panel(), scene, (46, 24))
    assert _row(lines, "bought") == ["–", "–", "–"]


def test_a_market_without_news_has_dashes_and_noughts() -> None:
    scene = scenes.books()["empty"]
    scene.desk.store.boards[scene.desk.shown].flow = Flow()
    lines = text(Panel(), scene, (46, 24))
    assert _row(lines, "net") == ["0", "0", "0"]
    assert _row(lines, "average print") == ["–", "–", "–"]
    assert _row(lines, "spread mean") == ["–", "–", "–"]


def test_below_the_table_the_newest_steps_of_five_seconds_have_the_room_that_is_left() -> None:
    scene = _scene()
    lines = [line.rstrip() for line in text(Panel(), scene, (66, 50))]
    at = next(n for n, line in enumerate(lines) if "every 5s" in line)
    assert lines[at].split() == ["every", "5s", "bought", "sold", "bids", "net", "asks", "net", "spread", "prints"]
    steps = {line.split()[0]: line.split()[1:] for line in lines[at + 1 :] if line}
    times = list(steps)
    assert times == sorted(times, reverse=True)
    assert all(time[-1] in "05" for time in times)
    assert len(steps) == 25, "from the beginning of what is known, two minutes ago"
    assert steps[times[0]] == ["100", "400", "0", "-180", "1.3t", "2"]
    assert steps[times[-1]] == ["1.0K", "0", "+2.5K", "0", "2t", "1"]
    assert steps[times[5]] == ["0", "0", "0", "0", "2t", "0"]


@pytest.mark.parametrize("apart", [0, 1, 130, 499, 500, 730, 999])
def test_steps_have_what_the_tape_says_printed_in_them_however_far_the_clocks_are_apart(apart: int) -> None:
    scene = scenes.bare(scenes._levels("0.34", "0.35", tick="0.01", count=20))
    store, shown = scene.desk.store, scene.desk.shown
    store.clocks.offset = Millis(apart)
    began = scene.desk.wall(scene.clock.at) // 5_000 * 5_000
    for n, into in enumerate((560, 1_300, 2_000, 4_300) * 8):
        sent = Millis(began + n // 4 * 5_000 + into)
        at = scene.clock.at = Millis(sent - apart + 40)
        store.take([Trade(shown, at, sent, px("0.34"), qty(str(100 + n)), Side.SELL, f"{n}")])
    prints = [each for each in store.boards[shown].tape.ring if isinstance(each, Print)]
    taped: dict[str, int] = {}
    for each in prints:
        step = clock(each.sent // 5_000 * 5_000)
        taped[step] = taped.get(step, 0) + each.size
    lines = text(Panel(), scene, (66, 50))
    head = next(n for n, line in enumerate(lines) if "every 5s" in line)
    steps = [line.split() for line in lines[head + 1 :] if line.strip()]
    told = {step[0]: step[2] for step in steps if step[2] != "0"}
    assert len(prints) == 32
    assert told == {step: str(size // qty("1")) for step, size in taped.items()}


def test_steps_of_which_nothing_is_known_say_so() -> None:
    scene = _scene()
    flow = scene.desk.store.boards[scene.desk.shown].flow
    flow.begin(scene.clock.at)
    scene.clock.at = Millis(scene.clock.at + 20_000)
    flow.quoted(px("0.34"), px("0.35"), scene.clock.at)
    lines = text(Panel(), scene, (66, 50))
    assert sum(line.split()[1:] == ["–"] * 6 for line in lines) == 3


@pytest.mark.parametrize("width", [33, 46, 60, 80])
@pytest.mark.parametrize("height", [3, 6, 10, 18, 24])
def test_what_does_not_fit_is_left_out_whole(width: int, height: int) -> None:
    lines = text(Panel(), _scene(), (width, height))
    assert len(lines) == height
    assert {len(line) for line in lines} == {width}
    columns = _row(lines, "FLOW")
    assert columns == ["10s", "1m", "5m"][: len(columns)]
    assert len(_row(lines, "net")) == len(columns) == (2 if width == 33 else 3)
    assert not any("…" in line for line in lines)


def test_the_net_and_the_session_are_the_last_to_go() -> None:
    lines = text(Panel(), _scene(), (46, 3))
    assert [line.split()[0] for line in lines] == ["FLOW", "session", "net"]
    lines = [line.split()[0] for line in text(Panel(), _scene(), (46, 6))]
    assert lines == ["FLOW", "session", "net", "bought", "sold", "prints"]


def test_in_ascii_every_sign_is_plain() -> None:
    assert all(line.isascii() for line in text(Panel(), _scene(), (46, 24), ascii_only=True))


def test_a_size_wears_its_sign() -> None:
    assert [signed(size, Grain(qty("0.01"), coins=False)) for size in (qty("2500"), -qty("12"), 0)] == [
        "+2.5K",
        "-12",
        "0",
    ]
