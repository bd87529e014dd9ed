"""The promises of the screen, at every size: touches in sight, nothing clipped, the label and the ages always there."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple, cast

import pytest
from rich.cells import cell_len
from textual import events
from textual._xterm_parser import XTermParser
from textual.binding import Binding
from textual.command import CommandList, Hit
from textual.content import Content

from pmtui.core.alerts import Kind
from pmtui.core.board import Label
from pmtui.core.events import NO_ASK, NO_BID
from pmtui.core.health import Rate
from pmtui.core.instrument import InstrumentId
from pmtui.core.units import ONE, Millis, Px, px
from pmtui.logs import Logs
from pmtui.memory import Memory
from pmtui.ui.app import Pmtui
from pmtui.ui.key import alone
from pmtui.ui.panels.far.flow import Flow
from pmtui.ui.panels.far.health import Health
from pmtui.ui.panels.ladder import Ladder
from pmtui.ui.panels.plot import Plot
from pmtui.ui.panels.tape import Tape
from pmtui.ui.panels.truth import Truth
from pmtui.ui.rungs import Rung
from pmtui.ui.screens.help import Help
from pmtui.ui.screens.palette import Commands, Palette
from pmtui.ui.screens.picker import Picker
from tests import scenes
from tests.draw import drawn, drawn_after_each, drawn_at_each, lines
from tests.readme import README
from tests.scenes import SCENES, Scene
from tests.ui.terminal import Terminal

from .alone import text

SIZES = [(80, 24), (120, 40), (200, 60)]
LEAST_ROWS = {(80, 24): 18, (120, 40): 30, (200, 60): 40}


def too_wide(app: Pmtui) -> list[str]:
    """Rows that a panel had to cut."""
    return [
        f"{type(panel).__name__}: {row}"
        for panel in app.panels()
        if panel.display and panel.columns
        for row in panel.rows
        if row is not None and sum(cell_len(text) for text, _ in panel.paint(row, panel.columns)) > panel.columns
    ]


def touches(app: Pmtui) -> str:
    ladder = app.screen.query_one(Ladder)
    return "".join(sorted(row.touch for row in ladder.rows if isinstance(row, Rung) and row.touch in ("a", "b")))


def expected_touches(scene: Scene) -> str:
    board = scene.desk.board()
    assert board is not None
    return "a" * (board.book.ask != NO_ASK) + "b" * (board.book.bid != NO_BID)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", scenes.books())
def test_both_touches_are_on_the_screen_and_nothing_is_cut(name: str, size: tuple[int, int]) -> None:
    scene = scenes.books()[name]
    marks, cut = drawn(scene, size, lambda app: (touches(app), too_wide(app)))
    assert marks == expected_touches(scene)
    assert cut == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("bid", "ask"), [("0.05", "0.06"), ("0.94", "0.95")])
def test_wide_rows_at_both_ends_of_the_prices_have_their_touches_on_the_screen(
    bid: str, ask: str, size: tuple[int, int]
) -> None:
    scene = scenes.bare(scenes._levels(bid, ask, tick="0.01", count=90))
    marks, cut = drawn(scene, size, lambda app: (touches(app), too_wide(app)), keys=["plus"] * 3)
    assert (marks, cut) == ("ab", [])


class Seen(NamedTuple):
    """What was read from a scene."""

    cut: list[str]
    first: str
    label: Label


@cache
def at_every_size(name: str) -> dict[tuple[int, int], Seen]:
    """A scene, drawn once for all who look at it, in a window that is made smaller and smaller."""
    make, keys = SCENES[name]
    scene = make()
    board, now = scene.desk.board(), scene.clock.at
    assert board is not None
    label = board.label(now)
    return drawn_at_each(scene, SIZES[::-1], lambda app: Seen(too_wide(app), lines(app)[0], label), keys=keys)


@pytest.mark.parametrize("name", SCENES)
def test_no_scene_has_a_cut_row(name: str) -> None:
    for size, seen in at_every_size(name).items():
        assert seen.cut == [], size


def test_both_touches_stay_in_sight_and_nothing_is_cut_at_thirty_sizes_between() -> None:
    chance = random.Random(7)
    for name, scene in scenes.books().items():
        sizes = [(chance.randint(80, 200), chance.randint(24, 60)) for _ in range(3)]
        for size, seen in drawn_at_each(scene, sizes, lambda app: (touches(app), too_wide(app))).items():
            assert seen == (expected_touches(scene), []), (name, size)


WIDE = [
    ("2026 日本シリーズ 優勝は 阪神タイガース ですか", "はい"),
    ("🚀 Moon 🚀?", "👍👍👍"),
    ("क्या यह होगा", "漢字カナ"),
]


def widely_named(make: Callable[[], Scene], title: str, outcome: str) -> Scene:
    """A scene whose markets are called so, and of which something is told."""
    scene = make()
    store = scene.desk.store
    for board in store.boards.values():
        board.instrument = board.instrument.told(title=title, outcome=outcome)
        store.alerts.add(scene.clock.at, Kind.TICK, f"{title}: {outcome}", board.instrument.id)
    return scene


@pytest.mark.parametrize(("title", "outcome"), WIDE)
@pytest.mark.parametrize(
    ("make", "keys"), [(scenes.account, ("a",)), (scenes.tick_change, ()), (scenes.health, ("h",))]
)
def test_names_of_wide_letters_cut_no_row_and_leave_room_for_the_label(
    make: Callable[[], Scene], keys: tuple[str, ...], title: str, outcome: str
) -> None:
    scene = widely_named(make, title, outcome)
    board, now = scene.desk.board(), scene.clock.at
    assert board is not None
    label = board.label(now)
    for size, seen in drawn_at_each(
        scene, SIZES[::-1], lambda app: Seen(too_wide(app), lines(app)[0], label), keys=keys
    ).items():
        assert seen.cut == [], size
        assert label.value in seen.first
        assert seen.first.rstrip().endswith("s")


@pytest.mark.parametrize("size", SIZES)
def test_the_ladder_has_the_rows_it_promises(size: tuple[int, int]) -> None:
    def count(app: Pmtui) -> int:
        return sum(isinstance(row, Rung) for row in app.screen.query_one(Ladder).rows)

    assert drawn(scenes.market(10), size, count) >= LEAST_ROWS[size]


@pytest.mark.parametrize("name", [name for name in SCENES if name != "help"])
def test_the_label_and_the_age_of_the_data_are_in_the_first_line(name: str) -> None:
    for seen in at_every_size(name).values():
        assert seen.label.value in seen.first
        assert seen.first.rstrip().endswith("s")


@pytest.mark.parametrize(
    ("name", "label", "words"),
    [
        ("live", Label.LIVE, "✓ "),
        ("stale", Label.STALE, "nothing for 15s and no proof"),
        ("down", Label.DOWN, "the connection was lost, try 3 in 3s"),
        ("resync", Label.RESYNC, "our best price is not the one the venue told"),
    ],
)
def test_a_label_says_why(name: str, label: Label, words: str) -> None:
    screen = drawn(SCENES[name][0](), (120, 40), lines)
    assert label.value in screen[0]
    assert words in screen[1]


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [
        ("live", (80, 24), "YES+NO asks 101¢ bids 99¢"),
        ("account", (80, 24), "Σasks 101¢ bids 99¢"),  # which has room when a check is ten seconds old, too
        ("live", (200, 60), "YES+NO asks 101¢ bids 99¢"),
    ],
)
def test_what_one_share_of_each_costs_and_brings_is_in_the_header(name: str, size: tuple[int, int], words: str) -> None:
    second = drawn(SCENES[name][0](), size, lines)[1]
    assert words in second
    assert "NO 49.5¢" in second
    assert second.strip().startswith("✓ 0.8s hash")


_DAY = 86_400


@pytest.mark.parametrize(
    ("later", "words"),
    [
        (_DAY + 60, "ends Jan 2 (1d)"),
        (365 * _DAY + 60, "ends Jan 1 2027 (365d)"),
        (5 * 365 * _DAY + 60, "ends Dec 31 2030 (1825d)"),
        (5 * 3_600 + 60, "ends Jan 1 (5h)"),
        (630, "ends Jan 1 (10m)"),
        (46, "ends Jan 1 (45s)"),
        (0, "ends Jan 1 (past)"),
    ],
)
def test_when_a_question_is_due_is_told_with_the_year_of_another_year_and_what_is_left_of_the_last_day(
    later: int, words: str
) -> None:
    scene = scenes.market(10)
    board = scene.desk.board()
    assert board is not None
    ends = scene.desk.wall(scene.desk.now()) // 1000 + later
    board.instrument = board.instrument.told(ends=ends)
    assert words in drawn(scene, (200, 60), lines)[1]


@pytest.mark.parametrize(("volume", "words"), [(0.98, ""), (1.0, "24h $1"), (1_234.5, "24h $1.2K")])
def test_what_was_traded_in_a_day_is_told_from_a_dollar_on(volume: float, words: str) -> None:
    scene = scenes.market(10)
    board = scene.desk.board()
    assert board is not None
    board.instrument = board.instrument.told(volume=volume)
    told = drawn(scene, (200, 60), lines)[1].split(" · ")
    assert [each for each in told if "24h" in each] == [words] * bool(words)


def test_how_much_the_feed_brings_is_told_when_a_second_of_it_was_seen_and_not_as_nothing_before() -> None:
    def rate(app: Pmtui) -> str:
        return next(word.strip() for word in lines(app)[1].split(" · ") if word.endswith("/s"))

    scene = scenes.market(10)
    store = scene.desk.store
    store.rate, said = Rate(), []
    for _ in range(3):
        said.append(drawn(scene, (120, 40), rate))
        store.check(scene.clock.at)
        store.ledger.frames += 42
        scene.clock.at += 1_000  # type: ignore[assignment]
    assert said == ["–/s", "–/s", "42/s"]


def test_the_delay_is_that_of_the_venue_whose_market_is_shown_and_each_is_told_beside_the_links() -> None:
    scene = scenes.both(5)
    desk = scene.desk
    one, other = dict.fromkeys(board.instrument.venue for board in desk.store.boards.values())
    for venue, ms in ((one, 12), (other, 4_000)):
        desk.store.clocks.of(venue).ring.extend([ms - desk.store.clocks.offset] * 512)

    def headers(app: Pmtui) -> list[tuple[bool, str]]:
        found = []
        for market in desk.markets:
            desk.show(market)
            app.frames.pulse()
            found.append((market.startswith(one), " ".join(lines(app)[1].split())))
        return found

    for first, header in drawn(scene, (160, 40), headers):
        assert f"delay {'12/12' if first else '4000/4000'}ms" in header
    health = [" ".join(line.split()) for line in text(Health(), scene, (60, 60))]
    assert f"{one}→us p50 12ms p99 12ms" in health
    assert f"{other}→us p50 4000ms p99 4000ms" in health


@pytest.mark.parametrize("width", [80, 100, 120, 200])
@pytest.mark.parametrize("make", [scenes.account, scenes.market])
def test_what_stands_behind_numbers_that_change_keeps_its_place(make: Callable[[], Scene], width: int) -> None:
    scene, dice = make(), random.Random(7)
    store, board = scene.desk.store, scene.desk.board()
    assert board is not None

    def places(app: Pmtui) -> set[tuple[int, ...]]:
        header, found = app.query_one(Truth), set()
        for _ in range(80):
            delays = store.clocks.of(board.instrument.venue)
            delays.ring.clear()
            delays.ring.extend([dice.choice([4, 9, 42])] * 9 + [dice.choice([61, 102, 340])])
            store.rate.told = dice.choice([None, 0, 4, 36, 250, 998])
            board.proof_at = Millis(scene.clock.at - dice.choice([0, 900, 8_000, 14_000, 100_000]))
            if scene.desk.account is not None:
                scene.desk.account.checked_at = Millis(scene.clock.at - dice.choice([0, 9_000, 12_000, 60_000]))
            board.data_at = store.links[scenes.LINK].data_at = scene.clock.at = Millis(scene.clock.at + 100)
            header.look_again()
            told = header.render_line(1).text
            words = "NO 49.5¢", "asks 101¢ bids 99¢", "ends", "00:0"
            assert told.count(words[0]) == told.count(words[1]) == 1
            found.add(tuple(told.find(each) for each in words))
        return found

    assert len(drawn(scene, (width, 40), places)) == 1


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("tick", ["0.01", "0.001", "0.0025"])
def test_a_price_with_a_digit_more_moves_nothing_in_the_header(tick: str, width: int) -> None:
    step = px(tick)
    scene = scenes.bare(
        ({9 * step: ONE}, {10 * step: ONE}), tick=tick, title="Will the " + "very long " * 5 + "boat win?"
    )
    board = scene.desk.board()
    assert board is not None

    def look(app: Pmtui) -> set[tuple[str, tuple[int, ...]]]:
        header, found = app.query_one(Truth), set()
        for bid, ask in ((9, 10), (8, 9), (10, 11), (9, 19), (50, 52), (1, 99)):
            board.book.replace({bid * step: ONE}, {ask * step: ONE})
            header.look_again()
            told = header.render_line(0).text
            found.add((told.partition("…")[0], tuple(told.find(each) for each in (" YES ", "bid ", "ask ", "spr "))))
        return found

    assert len(drawn(scene, (width, 40), look)) == 1


def test_the_header_tells_which_of_two_sides_that_begin_alike_is_shown() -> None:
    scene = scenes.market()
    shown = scene.desk.shown
    other = scene.desk.other(shown)
    for instrument, outcome in ((shown, "Harbour Town Gulls"), (other, "Harbour Town Foxes")):
        known = scene.desk.instrument(instrument) if instrument else None
        assert known is not None
        scene.desk.store.describe(known.told(outcome=outcome))
    told = drawn_after_each(scene, (80, 24), lines, ["right"])
    assert ["…GULLS" in told[0][0], "…FOXES" in told[1][0]] == [True, True]


def test_with_less_room_the_sums_of_both_outcomes_are_told_shorter() -> None:
    scene = scenes.account()
    account = scene.desk.account
    assert account is not None
    account.checked_at = Millis(scene.clock.at - 99_000)
    second = drawn(scene, (80, 24), lines)[1]
    assert "account live 99s" in second
    assert "Σasks 101¢ bids 99¢" in second
    assert "NO 49.5¢" in second


def test_no_sum_is_told_of_a_book_that_cannot_be_believed() -> None:
    together = drawn(scenes.market(10), (160, 40), lines)[1]
    assert "YES+NO asks" in together
    second = drawn(scenes.parted(), (160, 40), lines)[1]
    assert "YES+NO" not in second
    assert "NO DOWN" in second


def test_no_sum_is_told_where_only_the_other_outcome_is_live() -> None:
    scene = scenes.parted()
    assert scene.desk.flip() == ""
    first, second = drawn(scene, (160, 40), lines)[:2]
    assert "DOWN" in first
    assert "NO+YES" not in second
    assert "YES 53.0¢" in second


def test_no_sum_is_told_of_a_book_in_doubt_and_a_live_one() -> None:
    scene = scenes.resync()
    first, second = drawn(scene, (160, 40), lines)[:2]
    assert "RESYNC" in first
    assert "YES+NO" not in second
    assert "NO " in second


def test_what_stopped_together_is_summed_and_dim() -> None:
    spans = drawn(scenes.down(), (160, 40), lambda app: app.query_one(Truth).rows[1] or ())
    assert ("asks 101¢ bids 99¢", "sheet--dim") in spans


@pytest.mark.parametrize("columns", [80, 120])
def test_a_proven_book_that_is_no_mirror_image_of_the_other_outcomes_says_so_beside_its_proof(columns: int) -> None:
    for name, unlike in (("live", False), ("live", True), ("resync", True)):
        scene = SCENES[name][0]()
        board = scene.desk.board()
        assert board is not None
        board.unlike = unlike
        second = drawn(scene, (columns, 40), lines)[1]
        assert ("no mirror" in second) is (unlike and name == "live")
        assert "✓ " in second


@pytest.mark.parametrize("columns", [80, 100, 120])
@pytest.mark.parametrize("length", [20, 60, 90, 200])
def test_a_reason_too_long_is_cut_and_the_next_try_is_told(columns: int, length: int) -> None:
    why = "closed by the venue (1011: " + "slow consumer " * 20
    second = drawn(scenes.down(why[:length]), (columns, 40), lines)[1]
    assert second.startswith(" closed by the venue")
    assert "try 3 in 3s" in second
    assert second.rstrip().endswith("Z")


@pytest.mark.parametrize(
    ("apart", "words"),
    [
        (3_600_000, "clock differs by 1h"),
        (-3_600_000, "clock differs by 1h"),
        (3_000, "delay 3014/3014ms"),
        (-3_000, "by 3.0s"),
        (12_600, "delay  13s/13s"),
        (-12_600, "by 13s"),
    ],
)
def test_another_clock_is_told_in_either_direction(apart: int, words: str) -> None:
    scene = scenes.market(10)
    scene.desk.store.clocks.offset += apart
    assert words in drawn(scene, (120, 40), lines)[1]


def test_a_ladder_that_is_not_live_is_painted_as_old() -> None:
    def looks(app: Pmtui) -> set[str]:
        ladder = app.screen.query_one(Ladder)
        return {look for row in ladder.rows if row for _, look in ladder.paint(row, ladder.columns)}

    assert "ladder--bid" in drawn(scenes.market(20), (120, 40), looks)
    assert not any("bid" in look or "ask" in look for look in drawn(scenes.stale(20), (120, 40), looks))


def test_sums_and_prices_that_are_not_live_are_dim_beside_the_ladder_too() -> None:
    def bright(app: Pmtui) -> set[str]:
        rows = [row for kind in (Flow, Plot) for row in app.screen.query_one(kind).rows if row]
        return {text for row in rows for text, look in row if look in ("", "sheet--bid", "sheet--ask") and text.strip()}

    assert any(text[-1].isdigit() for text in drawn(scenes.market(20), (200, 60), bright))
    assert not any(char.isdigit() for text in drawn(scenes.stale(20), (200, 60), bright) for char in text)


def test_a_tick_change_is_a_banner_an_event_and_a_finer_ladder() -> None:
    screen = "\n".join(drawn(scenes.tick_change(), (120, 40), lines))
    assert screen.count("tick 1¢ → 0.1¢") == 2  # on the tape and in the banner
    assert "◆  now" in screen  # and on the price line
    assert "▸96.3" in screen
    assert "96.1◂" in screen


def test_a_book_that_is_crossed_for_a_moment_keeps_the_last_picture() -> None:
    scene = scenes.bare(scenes._levels("0.34", "0.35", tick="0.01", count=20))
    board = scene.desk.board()
    assert board is not None

    def cross(app: Pmtui) -> tuple[list[str], list[str], list[str]]:
        before = lines(app)
        board.book.set(True, px("0.36"), 1)
        board.crossed_at = scene.clock.at
        app.frames.pulse()
        during = lines(app)
        scene.wait(1_500)
        app.frames.pulse()
        return before, during, lines(app)

    before, during, after = drawn(scene, (120, 40), cross)
    assert during == before
    assert "RESYNC" in after[0]


@pytest.mark.parametrize("keys", [["y"], ["y", "plus"], ["y", "plus", "c"], ["y", "plus", "plus", "c", "$", "s", "x"]])
def test_the_smallest_screen_says_how_the_ladder_is_set_and_names_both_sides(keys: list[str]) -> None:
    typed = ["dollar_sign" if key == "$" else key for key in keys]
    head = drawn(scenes.market(10), (80, 24), lines, keys=typed)[2][:46]
    words = {"y": ("merged", "Y+N"), "plus": ("×",), "s": ("sqrt", "sq"), "x": ("follow", "fo")}
    for key in {*keys} & {*words}:
        assert any(word in head for word in words[key]), (key, head)
    assert len(re.findall("Σ (?:bid|ask)", head)) == 2 * ("c" in keys)
    assert head.rstrip().endswith("Σ NO" if "c" in keys else "of NO")
    assert head.index("bid") < head.index("price") < head.index("ask")


def test_a_panel_that_was_asked_for_and_has_no_room_says_so() -> None:
    screen = drawn(scenes.account(), (80, 24), lines, keys=["7", "1"])
    assert any("no room beside account (7): hide that" in line for line in screen)


def beside(app: Pmtui) -> dict[str, int]:
    """The panels beside the ladder that are seen, and their lines."""
    return {pane.called: pane.lines for pane in app.dashboard.panes("side", "far") if pane.display}


@pytest.mark.parametrize(
    ("size", "keys", "seen"),
    [
        ((120, 40), "5", {"price line": 11, "tape": 7, "take box": 7, "events": 10}),
        ((120, 40), "513", {"tape": 25, "events": 10}),
        ((120, 40), "5131", {"price line": 11, "tape": 14, "events": 10}),
        ((120, 40), "51313", {"price line": 11, "tape": 7, "take box": 7, "events": 10}),
        ((120, 40), "52", {"price line": 11, "take box": 7, "events": 17}),
        ((120, 40), "4", {"tape": 13, "flow": 22}),
        ((120, 40), "45", {"tape": 13, "flow": 12, "events": 10}),
        ((120, 40), "6", {"health": 35}),
        ((120, 36), "5", {"price line": 11, "tape": 10, "events": 10}),
        ((120, 36), "53", {"tape": 14, "take box": 7, "events": 10}),
        ((120, 60), "5", {"price line": 15, "tape": 23, "take box": 7, "events": 10}),
        ((80, 24), "5", {"events": 19}),
    ],
)
def test_what_stood_beside_the_ladder_keeps_its_place_where_there_is_room_for_what_was_asked_for(
    size: tuple[int, int], keys: str, seen: dict[str, int]
) -> None:
    told = drawn_after_each(scenes.market(10), size, lambda app: (beside(app), lines(app)), [*keys, *"4466"])
    found, screen = told[len(keys)]
    assert found == seen
    assert not any("no room beside" in line for line in screen)
    assert told[-1][0] == seen


def test_below_the_least_size_one_line_says_so() -> None:
    screen = drawn(scenes.market(10), (70, 20), lines)
    assert "80x24" in screen[0]
    assert not any(line.strip() for line in screen[1:])


@pytest.mark.parametrize("page", [[], ["question_mark"], ["slash"], ["ctrl+p"]])
@pytest.mark.parametrize("job", [True, False])
def test_ctrl_z_stops_what_the_shell_began_together_and_nothing_that_no_shell_could_call_back(
    page: list[str], job: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[tuple[int, int]] = []
    monkeypatch.setattr("os.getsid", lambda _: os.getpgrp() + job)
    monkeypatch.setattr("os.killpg", lambda *told: stopped.append(told))

    async def scenario() -> None:
        async with Pmtui(scenes.market(10).desk, follow=False).run_test(size=(120, 40)) as pilot:
            await pilot.press(*page)
            await pilot.press("ctrl+z")

    asyncio.run(scenario())
    assert stopped == [(0, signal.SIGTSTP)] * job


@pytest.mark.parametrize("wrapper", ["", "; echo over"], ids=["exec", "script"])
def test_ctrl_z_leaves_the_terminal_and_fg_draws_all_of_it_again_whatever_is_around_the_program(
    wrapper: str, tmp_path: Path
) -> None:
    program, script = tmp_path / "program.py", tmp_path / "script"
    show = "Pmtui(scenes.market(10).desk, follow=False).run()"
    program.write_text(f"from tests import scenes\nfrom pmtui.ui.app import Pmtui\n{show}\n")
    script.write_text(f"{'' if wrapper else 'exec '}{sys.executable} {program}{wrapper}\n")
    with Terminal(["bash", "--norc", "--noprofile", "-i"], columns=120, lines=40) as terminal:
        terminal.send(f"sh {script}\n".encode())
        terminal.wait_for("◂")
        terminal.settle(0.3)
        drawn = terminal.text
        for _ in range(2):
            terminal.wipe()
            terminal.received = b""
            terminal.send(b"\x1a")
            terminal.wait_for("Stopped")
            assert b"\x1b[?1049l" in terminal.received.partition(b"Stopped")[0]
            terminal.wipe()
            terminal.send(b"fg\n")
            terminal.wait_for(lambda: terminal.text == drawn)
            terminal.settle()
        terminal.received = b""
        terminal.send(b"q")
        terminal.wait_for(lambda: b"\x1b[?1049l" in terminal.received)
        terminal.settle(0.3)
        terminal.wipe()
        terminal.send(b"echo $((40 + 2))\n")
        terminal.wait_for("\n42 ")


def test_a_window_made_too_small_and_large_again_shows_the_dashboard_again() -> None:
    async def scenario() -> list[str]:
        app = Pmtui(scenes.market(10).desk, follow=False)
        firsts = []
        async with app.run_test(size=(80, 24)) as pilot:
            for size in ((70, 20), (170, 50), (60, 10), (80, 24)):
                await pilot.resize_terminal(*size)
                await pilot.pause()
                app.frames.pulse()
                await pilot.pause()
                firsts.append(lines(app)[0])
        return firsts

    small, wide, tiny, least = asyncio.run(scenario())
    assert "80x24" in small
    assert "80x24" in tiny
    assert "LIVE" in wide
    assert "LIVE" in least


def test_keys_move_between_markets_and_each_book_is_warm() -> None:
    def titles(app: Pmtui) -> str:
        return lines(app)[0]

    scene = scenes.market(10)
    assert "Meridian" in drawn(scene, (120, 40), titles, keys=["right_square_bracket"])
    assert "Aurora" in drawn(scene, (120, 40), titles, keys=["left_square_bracket"])
    assert "Gulls vs. Foxes" in drawn(scene, (120, 40), titles, keys=["alt+3"])
    parser = XTermParser()
    for n in range(1, 10):
        sent = [event.key for event in parser.feed(f"\x1b{n}") if isinstance(event, events.Key)]
        assert drawn(scene, (120, 40), lambda _: scene.desk.markets.index(scene.desk.market), keys=sent) == n - 1
    board = scene.desk.board()
    assert board is not None
    assert board.label(scene.clock.at) in (Label.LIVE, Label.QUIET, Label.STALE)


def test_a_hostile_title_is_drawn_as_plain_text() -> None:
    scene = scenes.bare(
        scenes._levels("0.34", "0.35", tick="0.01", count=20), title="\x1b[2J[@click=app.quit]Yes[/] \u202egnp"
    )
    first = drawn(scene, (120, 40), lambda app: lines(app)[0])
    assert "[2J[@click=app.quit]Yes[/] gnp" in first


def test_help_names_every_key_and_panel() -> None:
    def told(app: Pmtui) -> str:
        assert isinstance(app.screen, Help)
        return app.screen.text().plain

    text = drawn(scenes.market(10), (120, 40), told, keys=["question_mark"])
    assert text.startswith("Ladder")
    for words in ("the next market", "leave at once", "Header", "Tape", "LIVE", "move the cursor"):
        assert words in text
    for each in Pmtui.BINDINGS:
        assert isinstance(each, Binding)
        assert each.tooltip or not each.show
    focused = drawn(scenes.market(10), (120, 40), told, keys=["tab", "question_mark"])
    assert not focused.startswith("Ladder")


def test_the_palette_has_every_action_with_its_key() -> None:
    def commands(app: Pmtui) -> dict[str, str]:
        return {each.title: each.help for each in app.get_system_commands(app.screen)}

    found = drawn(scenes.market(10), (120, 40), commands)
    assert found["Health"].endswith("(h)")
    assert found["Next market"].endswith("(])")
    assert found["Previous market"].endswith("([)")
    assert list(found).count("Quit") == 1
    assert not {"Maximize", "Minimize", "Keys"} & set(found)
    assert sum("theme" in f"{title} {told}".lower() for title, told in found.items()) == 1
    assert found["Narrower rows"].endswith("(-)")
    assert found["Panel 4: flow"].endswith("(4)")
    assert found["Take box: size"].endswith("(0-9)")


def test_every_text_calls_a_panel_by_the_same_words() -> None:
    def read(app: Pmtui) -> tuple[dict[str, str], list[str]]:
        called = {pane.called: pane.digit for pane in app.panels()}
        return called, [each.title for each in app.get_system_commands(app.screen)]

    called, titles = drawn(scenes.market(10), (200, 60), read)
    numbered = {digit: words for words, digit in called.items() if digit}
    assert [title for title in titles if title.startswith("Panel ")] == [
        f"Panel {digit}: {words}" for words, digit in called.items() if digit
    ]
    assert {title.partition(":")[0].lower() for title in titles if ": " in title and title[-1] != "…"} <= {
        *called, *(f"panel {digit}" for digit in numbered), *(f"market {n}" for n in range(1, 10))
    }  # fmt: skip
    in_help = drawn(scenes.market(10), (200, 60), text_of_help, keys=["question_mark"]).splitlines()
    for digit, words in numbered.items():
        assert f"{words.capitalize()}  ({digit} hides and shows it)" in in_help
    readme = " ".join(README.read_text(encoding="utf-8").split())
    assert f"the panels {', '.join(f'{digit} {numbered[digit]}' for digit in sorted(numbered))}." in readme


def text_of_help(app: Pmtui) -> str:
    assert isinstance(app.screen, Help)
    return app.screen.text().plain


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=str)
def test_every_key_of_the_panels_that_are_seen_is_in_the_palette_once(size: tuple[int, int]) -> None:
    def read(app: Pmtui) -> tuple[list[str], list[str], list[str]]:
        given = [*app.get_system_commands(app.screen)]
        keys = [alone(each) for pane in app.panels() if pane.display for each in pane.keys]
        told = [each.tooltip for each in keys if each.tooltip]
        return [each.title for each in given], [each.help.rpartition(" (")[0] for each in given], told

    titles, helps, told = drawn(scenes.market(10), size, read)
    assert len(titles) == len({*titles})
    # Of the strip's keys some do what keys do everywhere, and in the take box some only what was typed before.
    elsewhere = {"the next market", "the previous market", "jump to a market", "find a market, or add one"}
    typed = {
        "type a size, such as 250, 2.5k or 1m",
        "parts of one",
        "thousands",
        "millions",
        "take back the last digit",
        "forget what was typed",
    }
    assert {*told} - elsewhere - typed - {"the typed size is the one to reckon with"} <= {*helps}


def test_a_command_promises_what_it_does_and_no_more() -> None:
    def commands(app: Pmtui) -> dict[str, str]:
        return {each.title: each.help for each in app.get_system_commands(app.screen)}

    found = drawn(scenes.market(10), (120, 40), commands)
    # A key that stands for two does one thing when it is chosen by name.
    for title, told in found.items():
        key = told.removesuffix(")").rpartition(" (")[2]
        assert " " not in key, (title, told)
    assert found["Panel 2: tape"] == "hide it (2)"
    assert found["Panel 6: health"] == "show it (6)"
    assert found["Ladder: cursor up"].endswith("(↑)")
    assert drawn(scenes.market(10), (120, 40), commands, keys=["2"])["Panel 2: tape"] == "show it (2)"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("group", {"Wider rows", "Narrower rows"}),
        ("unit", {"Unit"}),
        ("level", {"Ladder: cursor up", "Ladder: cursor down", "Ladder: ten up", "Ladder: ten down"}),
        ("export", {"Screenshot"}),
        ("picture", {"Screenshot"}),
        ("del", {"Line of markets: remove"}),
        ("remove", {"Line of markets: remove"}),
        ("+", {"Wider rows"}),
        ("$", {"Unit"}),
        ("b", {"Bell"}),
        ("B", {"Flash"}),
        ("alt+2", {"Market 2: Meridian Motors deliver 400,000 cars…"}),
    ],
)
def test_a_command_is_found_by_its_key_and_by_the_word_beside_it(typed: str, found: set[str]) -> None:
    async def search() -> list[str]:
        app = Pmtui(scenes.market(10).desk, follow=False)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            hits = [each async for each in Commands(app.screen).search(typed)]
            return [hit.text or "" for hit in sorted(hits, key=lambda each: -each.score) if isinstance(hit, Hit)]

    assert set(asyncio.run(search())[: len(found)]) == found


def test_only_a_chosen_order_or_fill_can_be_opened_or_copied() -> None:
    def of_account(app: Pmtui) -> set[str]:
        return {each.title for each in app.get_system_commands(app.screen) if each.title.startswith("Account: ")}

    without = drawn(scenes.account(), (200, 60), of_account)
    chosen = drawn(scenes.account(), (200, 60), of_account, keys=["a", "down"])
    assert chosen - without == {"Account: open", "Account: copy id"}


def test_commands_are_found_by_their_words_and_act_on_their_panel() -> None:
    scene = scenes.market(10)

    async def run(*typed: str) -> None:
        app = Pmtui(scene.desk, follow=False)
        async with app.run_test(size=(120, 40)) as pilot:
            for words in typed:
                await pilot.press("ctrl+p", *("space" if each == " " else each for each in words))
                await app.workers.wait_for_complete()
                await pilot.pause()
                await pilot.press("enter")
                await pilot.pause()
            app.frames.pulse()
            ladder = app.dashboard.query_one(Ladder)
            tape = app.dashboard.query_one(Tape)
            became.append((ladder._times, tape.joined, type(app.dashboard.focused).__name__))

    became: list[tuple[int, bool, str]] = []
    asyncio.run(run("wider rows", "wider rows", "narrower rows"))
    asyncio.run(run("one order as one line"))
    asyncio.run(run("a size is typed"))
    assert became[0][0] == 2
    assert became[1][1] is not became[0][1]
    assert became[2][2] == "Take"


@pytest.mark.parametrize("title", ["Rain [/] or shine", "[@click=app.zoom]Rain?[/]", "BTC [Sept] up", "[bold]x[/b]"])
def test_titles_in_the_list_of_commands_are_words_and_no_markup(title: str) -> None:
    scene = scenes.market(2)
    board = scene.desk.store.boards[scene.desk.markets[0]]
    board.instrument = board.instrument.told(title=title)

    async def run() -> list[str]:
        app = Pmtui(scene.desk, follow=False)
        async with app.run_test(size=(120, 40)) as pilot:
            found = []
            for keys in (["ctrl+p"], [*"market", "space", "1"]):
                await pilot.press(*keys)
                await app.workers.wait_for_complete()
                await pilot.pause()
                prompts = [each.prompt for each in app.screen.query_one(CommandList)._options]
                found.append(next(str(each) for each in prompts if "Market 1:" in str(each)))
                assert all("@click" not in str(each.spans) for each in prompts if isinstance(each, Content))
            return found

    assert all(f"Market 1: {title}" in each for each in asyncio.run(run()))


def test_a_price_without_a_tick_is_still_drawn() -> None:
    scene = scenes.bare(scenes._levels("0.34", "0.35", tick="0.01", count=20))
    board = scene.desk.board()
    assert board is not None
    board.book.tick = Px(0)
    assert touches_of(scene) == "ab"


def touches_of(scene: Scene) -> str:
    return drawn(scene, (80, 24), touches)


def seen(app: Pmtui) -> set[str]:
    return {type(panel).__name__ for panel in app.panels() if panel.display and panel.outer_size.area}


def test_number_keys_hide_and_show_panels_and_the_rest_takes_the_room() -> None:
    scene = scenes.market(10)
    before, hidden, again = drawn_after_each(scene, (120, 40), heights, ["1", "1"])
    assert {"Plot", "Tape", "Take"} <= set(before)
    assert "Plot" not in hidden
    assert hidden["Tape"] == before["Tape"] + before["Plot"]
    assert again == before
    assert "Plot" in drawn(scene, (80, 24), seen, keys=["1"])


def heights(app: Pmtui) -> dict[str, int]:
    return {type(panel).__name__: panel.outer_size.height for panel in app.panels() if panel.display}


@pytest.mark.parametrize("size", [(200, 60), (250, 70)])
def test_where_there_is_much_room_the_flow_has_it_and_the_events_say_why_there_are_none(size: tuple[int, int]) -> None:
    scene = scenes.bare(scenes._levels("0.34", "0.35", tick="0.01", count=20))
    scene.desk.store.alerts.ring.clear()
    found, text = drawn(scene, size, lambda app: (heights(app), " ".join(" ".join(lines(app)).split())))
    assert found["Events"] <= 10
    assert found["Flow"] >= size[1] - 17
    assert "nothing has happened yet: tick changes, lost" in text


@pytest.mark.parametrize("size", [(200, 60), (160, 60), (120, 40)])
def test_an_account_panel_without_an_account_has_the_lines_that_its_words_need(size: tuple[int, int]) -> None:
    def read(app: Pmtui) -> tuple[str, str, int]:
        panel = next(each for each in app.panels() if type(each).__name__ == "Account")
        rows = [panel.render_line(y).text.rstrip() for y in range(panel.lines)]
        return rows[-1], rows[-2], len(rows)

    last, above, count = drawn(scenes.market(10), size, read, keys=["a"])
    assert "never asked for" in last + above
    assert count <= 20
    with_one = drawn(scenes.account(), size, read, keys=["a"] if size[0] < 160 else [])
    assert with_one[2] > count


def test_a_ladder_alone_takes_the_whole_width() -> None:
    widths = drawn(
        scenes.market(10), (120, 40), lambda app: app.query_one(Ladder).outer_size.width, keys=["1", "2", "3"]
    )
    assert widths == 120


@pytest.mark.parametrize(
    ("digit", "panel", "below"),
    [
        ("4", "Flow", {"Tape"}),
        ("5", "Events", {"Plot", "Tape", "Take"}),
        ("6", "Health", set()),
        ("7", "Account", {"Plot", "Tape"}),
    ],
)
def test_what_has_no_column_of_its_own_takes_the_place_of_the_side_as_far_as_there_is_no_room_for_both(
    digit: str, panel: str, below: set[str]
) -> None:
    scene = scenes.market(10)
    _, asked, back = drawn_after_each(scene, (120, 40), seen, [digit, digit])
    assert panel in asked
    assert {"Plot", "Tape", "Take"} & asked == below
    assert "Tape" not in drawn(scene, (80, 24), seen, keys=[digit])
    assert {"Plot", "Tape", "Take"} <= back


def test_one_panel_can_have_all_the_room() -> None:
    scene = scenes.market(10)
    frame = {"Truth", "Banner", "Strip", "Keys"}
    for size in SIZES:
        before, zoomed, again = drawn_after_each(scene, size, seen, ["z", "z"])
        assert zoomed == {"Ladder"} | frame
        assert again == before != zoomed
    assert drawn(scene, (120, 40), seen, keys=["tab", "tab", "z"]) == {"Tape"} | frame
    assert drawn(scene, (120, 40), too_wide, keys=["z"]) == []


@pytest.mark.parametrize(("kind", "told"), [(Kind.TICK, True), (Kind.RESOLVED, True), (Kind.DOUBT, False)])
def test_a_tick_change_and_a_settlement_of_any_market_are_told_by_its_name(kind: Kind, told: bool) -> None:
    scene = scenes.market(10)
    desk = scene.desk
    second, stranger = desk.instrument(desk.markets[1]), InstrumentId("polymarket:1")
    assert second is not None
    desk.store.alerts.add(scene.clock.at, kind, "something of the second", second.id)
    desk.store.alerts.add(scene.clock.at, Kind.TICK, "something of nobody", stranger)
    found = drawn(scene, (120, 40), lines)[37]
    assert ("something of the second" in found and second.title[:12] in found) is told
    assert "nobody" not in found


def test_the_banner_tells_the_end_of_a_doubt_and_of_a_lost_link() -> None:
    scene = scenes.market(5)
    alerts, now = scene.desk.store.alerts, scene.desk.now()

    def told(app: Pmtui) -> tuple[str, set[str]]:
        banner = next(panel for panel in app.panels() if type(panel).__name__ == "Banner")
        banner.look_again()
        row = banner.rows[0] or ()
        return "".join(text for text, _ in row).strip(), {look for _, look in row}

    for bad, good in ((Kind.DOUBT, Kind.PROOF), (Kind.LINK, Kind.LINK_UP)):
        alerts.add(now, bad, "the bad news")
        text, looks = drawn(scene, (120, 40), told)
        assert "the bad news" in text
        assert looks <= {"sheet--loud", "sheet--alarm"}
        alerts.add(now, good, "the good news")
        text, looks = drawn(scene, (120, 40), told)
        assert "the good news" in text
        assert looks == {"banner--note"}


def test_zooming_what_frames_the_panels_says_what_can_be_zoomed() -> None:
    scene = scenes.market(2)
    before = drawn(scene, (120, 40), seen)
    told = drawn(scene, (120, 40), lambda app: (seen(app), "\n".join(lines(app))), keys=["shift+tab", "z"])
    assert told[0] == before
    assert "z zooms that one" in told[1]


def test_the_keys_go_to_one_panel_after_the_other() -> None:
    def focused(app: Pmtui) -> str:
        return type(app.dashboard.focused).__name__

    scene = scenes.market(10)
    found = drawn_after_each(scene, (120, 40), focused, ["tab"] * 4)
    assert found == ["Ladder", "Plot", "Tape", "Take", "Strip"]
    assert drawn(scene, (120, 40), focused, keys=["tab", "1"]) == "Ladder"  # a hidden panel has no keys


def test_what_was_chosen_is_there_the_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")

    async def scenario() -> tuple[set[str], int, str]:
        for keys in (("2", "plus", "plus", "x", "s", "t"), ()):
            memory = Memory.load(tmp_path / "choices.json")
            scene = scenes.market(10)
            app = Pmtui(scene.desk, follow=False, memory=memory, theme=memory.get("theme", ""))
            app.axis, app.scale = memory.get("axis", "static"), memory.get("scale", "linear")
            async with app.run_test(size=(120, 40)) as pilot:
                await pilot.pause()
                for key in keys:
                    await pilot.press(key)
                app.frames.pulse()
                await pilot.pause()
                steps = {row.view.step for row in app.query_one(Ladder).rows if isinstance(row, Rung)}
                found = seen(app), steps.pop(), f"{app.theme} {app.query_one(Ladder).mode.value}"
        return found

    panels, step, words = asyncio.run(scenario())
    assert "Tape" not in panels
    assert step == px("0.05")
    assert words == "pmtui-light follow"


def starting(path: Path, size: tuple[int, int], *keys: str) -> tuple[set[str], set[str], str]:
    """A session with these keys: the panels of its first frame, those of its last, and the ladder."""

    async def session() -> tuple[set[str], set[str], str]:
        app = Pmtui(scenes.market(10).desk, follow=False, memory=Memory.load(path))
        async with app.run_test(size=size) as pilot:
            first = {type(each).__name__ for each in app.panels() if each.display}
            await pilot.pause()
            for key in keys:
                await pilot.press(key)
            app.frames.pulse()
            await pilot.pause()
            return first, seen(app), "\n".join([line[:60] for line in lines(app)])

    return asyncio.run(session())


def test_a_panel_that_was_asked_for_is_there_from_the_first_frame_of_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "choices.json"
    _, left, _ = starting(path, (120, 40), "4", "5")
    first, last, _ = starting(path, (120, 40))
    assert {"Flow", "Events"} <= left
    assert first == last == left


def test_one_that_gave_way_and_was_asked_for_again_is_there_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "choices.json"
    _, without, _ = starting(path, (140, 36), "5")
    assert "Take" not in without
    _, left, _ = starting(path, (140, 36), "3")
    assert "Take" in left
    assert starting(path, (140, 36))[1] == left


@pytest.mark.parametrize(("size", "key"), [((120, 40), "4"), ((200, 60), "4"), ((120, 40), "2"), ((80, 24), "h")])
def test_what_was_asked_for_and_taken_back_is_forgotten(tmp_path: Path, size: tuple[int, int], key: str) -> None:
    path = tmp_path / "choices.json"
    starting(path, size, key, key)
    memory = Memory.load(path)
    assert memory.get("hidden", ()) == memory.get("shown", ()) == ()


def test_sums_and_money_are_remembered_and_what_belongs_to_a_moment_is_not(tmp_path: Path) -> None:
    path = tmp_path / "choices.json"
    *_, usual = starting(path, (120, 40))
    *_, merged = starting(path, (120, 40), "y")
    *_, again = starting(path, (120, 40))
    assert again == usual != merged
    *_, chosen = starting(path, (120, 40), "c", "$")
    *_, after = starting(path, (120, 40))
    assert after == chosen != usual


def test_the_bell_and_the_flash_can_be_switched() -> None:
    scene = scenes.tick_change()

    def loud(app: Pmtui) -> bool:
        banner = next(panel for panel in app.panels() if type(panel).__name__ == "Banner")
        return any("loud" in look for row in banner.rows if row for _, look in row)

    assert drawn(scene, (120, 40), loud)
    assert not drawn(scene, (120, 40), loud, keys=["B"])


def test_the_answer_to_a_key_is_read_beside_an_alarm() -> None:
    scene = scenes.market(10)

    def read(app: Pmtui) -> list[str]:
        app.notify("SELL 20 at 52¢", title="settlement FAILED", severity="error", timeout=15)
        found = []
        for act in (app.action_ring, app.action_ring, app.action_flash):
            act()
            app.frames.pulse()
            found.append(next(line for line in lines(app) if "note" in line).strip())
        scene.clock.at = Millis(scene.clock.at + 4_000)
        app.frames.pulse()
        return [*found, next(line for line in lines(app) if "FAILED" in line).strip()]

    assert drawn(scene, (120, 40), read) == [
        "bell on · (+1 note)",
        "bell off · (+1 note)",
        "flash off · (+1 note)",
        "settlement FAILED SELL 20 at 52¢",
    ]


def test_what_concerns_the_whole_session_is_told_for_some_seconds_and_stays_among_the_events() -> None:
    scene = scenes.market(10)

    def read(app: Pmtui) -> list[str]:
        app.say("the first 50 are watched")
        app.frames.pulse()
        return [line for line in lines(app) if "first 50" in line]

    in_the_events, in_the_banner = drawn(scene, (200, 60), read)
    assert " i the first 50 are watched" in in_the_events
    assert in_the_banner.strip() == "pmtui: the first 50 are watched"


def test_several_things_to_be_told_are_told_one_after_the_other_and_stand_among_the_events_at_once() -> None:
    scene = scenes.market(10)
    late: list[tuple[float, Callable[[], None]]] = []

    def wait(after: float, act: Callable[[], None]) -> None:
        late.append((after, act))

    def read(app: Pmtui) -> list[str]:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(app, "set_timer", wait)
            app.say("the first", "the second")
        app.frames.pulse()
        told = [each.text for each in scene.desk.store.alerts.ring][-2:]
        scene.clock.at = Millis(scene.clock.at + 10_001)
        for after, act in late:
            assert after == 10
            act()
        app.frames.pulse()
        return [*told, *(line.strip() for line in lines(app) if "pmtui: the" in line)]

    assert drawn(scene, (120, 40), read) == ["the first", "the second", "pmtui: the second"]


def test_a_log_that_cannot_be_written_is_told_once_until_it_can_be_again() -> None:
    scene = scenes.market(10)

    def read(app: Pmtui) -> list[str]:
        for trouble in ("", "No space left", "No space left", ""):
            app.logs = cast(Logs, SimpleNamespace(trouble=trouble))
            app._second()
        return [alert.text for alert in scene.desk.store.alerts.ring if "log" in alert.text]

    assert drawn(scene, (120, 40), read) == [
        "the log cannot be written: No space left",
        "the log is written again, with a gap",
    ]


def test_a_log_that_cannot_be_written_stands_in_the_health_panel_as_long() -> None:
    def read(app: Pmtui) -> list[str]:
        app.log_trouble = "No space left"
        app.dashboard.switch("6")
        app.frames.pulse()
        return [line for line in lines(app) if "not written" in line]

    (line,) = drawn(scenes.market(10), (200, 60), read)
    assert "log          not written  No space left" in line


@pytest.mark.parametrize("here", [True, False], ids=["here", "elsewhere"])
def test_a_tick_change_is_bright_for_as_long_as_if_nothing_lay_over_it(here: bool) -> None:
    scene = scenes.market(10)
    desk, alerts = scene.desk, scene.desk.store.alerts
    about = desk.market if here else next(each for each in desk.markets if each != desk.market)

    def read(app: Pmtui) -> list[tuple[str, bool]]:
        banner = next(panel for panel in app.panels() if type(panel).__name__ == "Banner")
        app.notify("BUY 90 at 58¢", title="settlement FAILED", severity="error", timeout=15)
        alerts.add(scene.clock.at, Kind.TICK, "tick 1¢ → 0.1¢", about)
        found: list[tuple[str, bool]] = []
        for _ in range(40):
            scene.clock.at = Millis(scene.clock.at + 1_000)
            banner.look_again()
            row = banner.rows[0] or ()
            text = "".join(text for text, _ in row).strip()
            word = next((word for word in ("tick 1¢", "FAILED") if word in text), text)
            more = " (+1 note)" * ("(+1 note)" in text)
            found.append((word + more, any("loud" in look or "alarm" in look for _, look in row)))
        return found

    seen = drawn(scene, (120, 40), read)
    first = 4 if here else 0
    assert seen[:first] == [("tick 1¢", True)] * first
    assert seen[first:14] == [("FAILED (+1 note)", True)] * (14 - first)
    assert [told for told, _ in seen[14:]] == ["tick 1¢"] * 26
    assert sum(bright for told, bright in seen if told == "tick 1¢") in (15, 16)
    assert not seen[-1][1]


def test_whoever_leaves_before_the_program_is_complete_just_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Pmtui(scenes.market(10).desk, follow=False)
    monkeypatch.setattr(app, "set_interval", lambda *_, **__: app.exit())
    asyncio.run(app.run_async(headless=True))
    assert app.return_code == 0


@pytest.mark.parametrize(
    ("size", "key", "panel"),
    [
        ((80, 24), "h", "Health"), ((80, 24), "5", "Events"), ((80, 24), "a", "Account"), ((120, 40), "h", "Health"),
        ((120, 40), "5", "Ladder"), ((200, 60), "h", "Ladder"),
    ],
)  # fmt: skip
def test_a_panel_that_takes_the_place_of_the_others_gets_the_keys(size: tuple[int, int], key: str, panel: str) -> None:
    def focused(app: Pmtui) -> str:
        return type(app.dashboard.focused).__name__

    scene = scenes.market(10)
    assert drawn_after_each(scene, size, focused, [key, key]) == ["Ladder", panel, "Ladder"]


def test_the_health_panel_says_how_much_of_it_lies_below_until_its_end_is_seen() -> None:
    def told(app: Pmtui) -> list[str]:
        panel = next(each for each in app.panels() if each.called == "health")
        return [panel.render_line(y).text.rstrip() for y in range(panel.lines)]

    _, *steps = drawn_after_each(scenes.market(10), (80, 24), told, ["h", *["down"] * 40])
    found = [re.fullmatch(r" ▾ (\d+) more lines  ↓", shown[-1]) for shown in steps]
    more = [int(each[1]) if each else 0 for each in found]
    assert more[: more[0]] == [*range(more[0], 1, -1), 0]
    assert not any(more[more[0] :])
    assert "repairs" in steps[-1][-1]


def test_ctrl_c_leaves_from_the_list_of_commands_too() -> None:
    async def leave() -> int | None:
        app = Pmtui(scenes.market(5).desk, follow=False)
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.press("ctrl+p")
            await pilot.pause()
            assert type(app.screen).__name__ == "Palette"
            await pilot.press("ctrl+c")
            await pilot.pause()
        return app.return_code

    assert asyncio.run(leave()) == 0


PAGES = {"question_mark": Help, "slash": Picker, "ctrl+p": Palette}
SMALL = [(79, 24), (80, 23), (20, 24), (6, 40), (4, 40), (2, 2), (1, 40), (80, 1), (1, 1)]


@pytest.mark.parametrize("key", PAGES)
def test_no_page_stays_where_there_is_no_room_for_it(key: str) -> None:
    async def shrink() -> None:
        app = Pmtui(scenes.market(10).desk, follow=False)
        async with app.run_test(size=(120, 40)) as pilot:
            for width, height in SMALL:
                await pilot.resize_terminal(120, 40)
                await pilot.press(key)
                assert isinstance(app.screen, PAGES[key])
                await pilot.resize_terminal(width, height)
                await pilot.pause()
                assert app.screen is app.dashboard
                assert "".join(" ".join(lines(app)).split()).startswith("pmtuineeds"[: width * height // 2])
                await pilot.press(key)
                assert app.screen is app.dashboard

    asyncio.run(shrink())
