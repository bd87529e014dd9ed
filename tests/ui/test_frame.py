"""The frame clock in a real terminal: partial frames equal a full repaint, and no terminal stops the app."""

from __future__ import annotations

import asyncio
import logging
import random
import re
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from textual.app import ComposeResult
from textual.screen import ModalScreen

from benchmarks.pty import Session
from pmtui.ui import frame
from pmtui.ui.app import Pmtui
from pmtui.ui.driver import LEAVE_WITHIN
from pmtui.ui.frame import FrameClock
from pmtui.ui.live import LiveApp
from pmtui.ui.panel import Panel, Spans
from tests import scenes
from tests.ui.terminal import Cell, Terminal, differing_cells

PROGRAM = Path(__file__).with_name("world.py")


def run(*options: str, columns: int = 80, lines: int = 24, environment: Mapping[str, str] | None = None) -> World:
    terminal = World([sys.executable, str(PROGRAM), *options], columns=columns, lines=lines, environment=environment)
    terminal.wait_for("step ")
    if "busy" in options:
        terminal.wait_for(lambda: step(terminal) > 20)
    else:
        terminal.settle()
    return terminal


class World(Terminal):
    """The program, which tells when it has drawn all that there is to draw."""

    finished = 0

    def settle(self, quiet: float = 0.0, deadline: float = 30.0) -> None:
        """Read until all is drawn that there is to draw."""
        self.finished += 1
        self.signal(signal.SIGRTMIN)
        self.wait_for(lambda: self.title == f"done {self.finished}", deadline)

    def read_all(self) -> None:
        """Read what was written by a program that writes no more."""
        super().settle(0.1)

    def until(self, place: Path, so: Callable[[Told], bool]) -> Told:
        """Read nothing until the program says, for the second time from now on, that it is so."""
        end = time.monotonic() + 30
        first = told = _told(place)
        while not (told.times >= first.times + 2 and so(told)):
            assert time.monotonic() < end, told
            time.sleep(0.01)
            told = _told(place)
        return told


def _told(place: Path) -> Told:
    return Told(*map(int, place.read_text().split())) if place.exists() else Told(0, 0, 0, 0, 0)


class Told(NamedTuple):
    """What the program says of itself."""

    times: int
    step: int
    skipped: int
    moves: int
    floods: int


def step(terminal: Terminal) -> int:
    return int(terminal.text.rpartition("step ")[2].split()[0])


def change(terminal: World, steps: int, at_once: int = 1) -> None:
    """Make so many steps, and wait until the last one is shown."""
    before = step(terminal)
    for _ in range(steps // at_once):
        terminal.send(b"n" * at_once)
        terminal.read_more(0.01)
    terminal.wait_for(f"step {before + steps // at_once * at_once} ")
    terminal.settle()


def assert_equal_to_full_repaint(terminal: World) -> None:
    drawn = terminal.cells()
    terminal.wipe()
    terminal.send(b"r")
    terminal.wait_for(lambda: terminal.cells()[-1][-1].paper != "default")
    terminal.settle()
    assert differing_cells(drawn, terminal.cells()) == []


# Partial frames


@pytest.mark.parametrize("option", ["direct", "public", "missing"])
def test_partial_frames_equal_a_full_repaint(option: str) -> None:
    with run(option) as terminal:
        for at_once in (1, 7):
            change(terminal, 42, at_once)
            assert_equal_to_full_repaint(terminal)


def test_all_ways_of_drawing_give_the_same_screen() -> None:
    screens = []
    for option in ("direct", "public"):
        with run(option) as terminal:
            change(terminal, 30)
            screens.append(terminal.cells()[1:])  # the first line tells of times
    assert differing_cells(*screens) == []


def test_partial_frames_are_right_below_a_toast() -> None:
    with run() as terminal:
        terminal.send(b"t")
        terminal.wait_for("toast 0")
        change(terminal, 20)
        assert "toast 0" in terminal.text
        assert_equal_to_full_repaint(terminal)


def open_page(terminal: World) -> None:
    """Lay a page on the panels."""
    terminal.send(b"m")
    terminal.wait_for("a question")
    terminal.settle()


def change_below(terminal: World, steps: int) -> None:
    """The same below a page, which would get the keys."""
    for _ in range(steps):
        before = step(terminal)
        terminal.signal(signal.SIGUSR1)
        terminal.wait_for(f"step {before + 1} ")
        terminal.settle()


def assert_equal_to_full_repaint_below(terminal: World) -> None:
    drawn = letters(terminal)
    terminal.wipe()
    terminal.signal(signal.SIGUSR2)
    terminal.wait_for(lambda: all(line[n].paper != "default" for line in terminal.cells() for n in (0, -1)))
    terminal.settle()
    assert differing_cells(drawn, letters(terminal)) == []


def letters(terminal: World) -> list[list[Cell]]:
    """The cells without accents: where a page's edge cuts one off its letter, it lands on the edge, and stays there."""
    return [[cell._replace(text=cell.text[:1]) for cell in line] for line in terminal.cells()]


@pytest.mark.parametrize("variable", ["", "NO_COLOR", "TERM=xterm-256color"])
def test_the_screen_goes_on_below_a_modal_screen(variable: str) -> None:
    name, _, value = variable.partition("=")
    with run(environment={name: value or "1"} if name else None) as terminal:
        open_page(terminal)
        change_below(terminal, 8)
        assert_equal_to_full_repaint_below(terminal)
        terminal.send(b"\x1b")
        terminal.wait_for(lambda: "a question" not in terminal.text)
        terminal.settle()
        change(terminal, 5)
        assert_equal_to_full_repaint(terminal)


def test_what_a_page_gives_free_shows_what_is_true_now() -> None:
    with run() as terminal:
        open_page(terminal)
        change_below(terminal, 8)
        terminal.send(b"\x13")
        terminal.wait_for(lambda: max(map(len, re.findall("▔+|▁+", terminal.text))) < 30)
        terminal.settle(quiet=1.2)  # what is below is drawn with the next frame there, which may be two beats away
        assert_equal_to_full_repaint_below(terminal)


def test_the_screen_goes_on_below_two_pages_and_in_another_theme() -> None:
    with run() as terminal:
        open_page(terminal)
        change_below(terminal, 2)
        terminal.send(b"\x0e")
        terminal.wait_for("one more")
        terminal.settle()
        change_below(terminal, 4)
        assert_equal_to_full_repaint_below(terminal)
        before = terminal.cells()[-1][-1].paper
        terminal.send(b"\x14")
        terminal.wait_for(lambda: terminal.cells()[-1][-1].paper != before)
        terminal.settle()
        change_below(terminal, 4)
        assert_equal_to_full_repaint_below(terminal)


def test_a_change_below_a_page_costs_no_more_than_one_in_sight() -> None:
    written = []
    for page in (b"", b"m"):
        with run() as terminal:
            if page:
                terminal.send(page)
                terminal.wait_for("a question")
            terminal.settle()
            before = len(terminal.received)
            change_below(terminal, 12)
            written.append(len(terminal.received) - before)
    in_sight, below = written
    assert below < 1.3 * in_sight


def test_the_screen_goes_on_below_the_command_palette() -> None:
    with run() as terminal:
        terminal.send(b"\x10")
        terminal.wait_for("Search for commands")
        terminal.settle()
        terminal.signal(signal.SIGUSR1)
        terminal.wait_for("step 1 ")
        terminal.settle()
        terminal.send(b"\x1b")
        terminal.wait_for(lambda: "Search for commands" not in terminal.text)
        terminal.settle()
        change(terminal, 5)
        assert_equal_to_full_repaint(terminal)


def test_partial_frames_are_right_after_a_resize_and_another_theme() -> None:
    with run() as terminal:
        change(terminal, 5)
        terminal.resize(101, 31)
        terminal.wait_for("of 101x31")
        terminal.send(b"d")
        change(terminal, 10)
        assert_equal_to_full_repaint(terminal)


@pytest.mark.parametrize("variable", ["NO_COLOR", "TEXTUAL_COLOR_SYSTEM"])
def test_partial_frames_are_right_with_fewer_colours(variable: str) -> None:
    environment = {variable: "256" if variable == "TEXTUAL_COLOR_SYSTEM" else "1"}
    with run(environment=environment) as terminal:
        change(terminal, 20)
        assert_equal_to_full_repaint(terminal)


def test_an_unchanged_state_writes_nothing() -> None:
    with run() as terminal:
        change(terminal, 3)
        received = len(terminal.received)
        terminal.read_more(0.6)
        assert len(terminal.received) == received


def test_a_key_that_changes_nothing_writes_nothing() -> None:
    with run() as terminal:
        received = len(terminal.received)
        terminal.send(b"z")
        terminal.read_more(0.2)
        assert len(terminal.received) == received


# A terminal that does not read

UNREAD = 40_000
"""More than this is never on its way to a terminal of that size."""


def test_a_terminal_that_stops_reading_is_current_again_at_once_and_never_blocks_the_loop(tmp_path: Path) -> None:
    place = tmp_path / "told"
    with run("busy", f"tell={place}") as terminal:
        seen = step(terminal)
        # It answers while nobody reads; by then there would be hundreds of frames to catch up with.
        told = terminal.until(place, lambda told: told.skipped > 0 and told.step >= seen + 1_000)
        received = len(terminal.received)
        terminal.wait_for(lambda: step(terminal) >= told.step)
        assert len(terminal.received) - received < UNREAD
        terminal.wait_for(" True .")


def test_a_flood_of_repaints_while_nobody_reads_leaves_a_right_screen(tmp_path: Path) -> None:
    place = tmp_path / "told"
    with run(f"tell={place}", columns=200, lines=60) as terminal:
        terminal.send(b"f")
        terminal.until(place, lambda told: told.floods > 0)
        change(terminal, 3)
        assert_equal_to_full_repaint(terminal)


# Ends


@pytest.mark.parametrize(
    ("number", "stalled"),
    [
        (signal.SIGTERM, False),
        (signal.SIGTERM, True),
        (signal.SIGHUP, True),
        (signal.SIGINT, False),
        (signal.SIGQUIT, False),
    ],
)
def test_a_signal_restores_the_screen_and_ends_the_program(number: signal.Signals, stalled: bool) -> None:
    with run("busy") as terminal:
        if stalled:
            time.sleep(0.3)
        terminal.signal(number)
        assert ended(terminal, reading=not stalled)
        assert terminal.status == 128 + number
        terminal.read_all()
        assert b"\x1b[?1049l" in terminal.received
        assert terminal.received.rindex(b"\x1b[H\x1b[2J\x1b[?1049l") > terminal.received.rindex(b"\x1b[?1049h")


@pytest.mark.parametrize(
    "number",
    [
        *(signal.SIGUSR1, signal.SIGUSR2, signal.SIGVTALRM, signal.SIGPROF, signal.SIGXCPU),
        *(signal.SIGIO, signal.SIGRTMIN, signal.SIGRTMAX),
    ],
)
def test_a_signal_that_ends_a_program_that_does_not_listen_gives_the_terminal_back(number: signal.Signals) -> None:
    with run("busy", "unasked") as terminal:
        terminal.signal(number)
        assert ended(terminal, reading=True)
        assert terminal.status == 128 + number
        terminal.read_all()
        assert terminal.received.rindex(b"\x1b[?1049l") > terminal.received.rindex(b"\x1b[?1049h")


_STILL = "the screen has stood still for"


def test_a_screen_that_stands_still_says_so_and_can_be_left() -> None:
    """Whatever the mistake: an old label must not stay there as if it were true, and keys are not read."""
    with run("impatient", "busy") as terminal:
        assert _STILL not in terminal.text
        terminal.send(b"e")
        terminal.wait_for(_STILL)
        assert terminal.text.splitlines()[0].startswith(f" {_STILL}")
        terminal.send(b"\x03")
        assert ended(terminal, reading=True)
        assert terminal.status == 128 + signal.SIGINT
        terminal.read_all()
        assert terminal.received.rindex(b"\x1b[?1049l") > terminal.received.rindex(b"\x1b[?1049h")


def test_a_screen_that_goes_on_is_drawn_anew_and_has_its_keys_back() -> None:
    with run("impatient") as terminal:
        terminal.send(b"l")
        terminal.wait_for(_STILL)
        terminal.wait_for(lambda: _STILL not in terminal.text)
        terminal.send(b"\x03")
        change(terminal, 3)
        assert_equal_to_full_repaint(terminal)


def test_a_program_that_was_stopped_for_a_while_did_not_stand_still() -> None:
    with run("impatient") as terminal:
        terminal.signal(signal.SIGSTOP)
        time.sleep(1.2)
        terminal.wipe()
        terminal.signal(signal.SIGCONT)
        terminal.wait_for("step ")
        terminal.settle()
        change(terminal, 3)
        assert _STILL.encode() not in terminal.received


def test_a_log_that_is_stuck_keeps_no_program_from_its_end() -> None:
    with run("busy", "stuck") as terminal:
        terminal.signal(signal.SIGTERM)
        assert ended(terminal, reading=True)
        assert terminal.status == 128 + signal.SIGTERM
        terminal.read_all()
        assert terminal.received.rindex(b"\x1b[?1049l") > terminal.received.rindex(b"\x1b[?1049h")


def test_a_system_without_room_for_a_thread_keeps_no_program_from_its_end() -> None:
    with run("threadless") as terminal:
        terminal.signal(signal.SIGTERM)
        assert ended(terminal, reading=True)
        assert terminal.status == 128 + signal.SIGTERM
        terminal.read_all()
        assert b"Traceback" not in terminal.received
        assert terminal.received.rindex(b"\x1b[?1049l") > terminal.received.rindex(b"\x1b[?1049h")


def ended(terminal: Terminal, *, reading: bool) -> bool:
    assert LEAVE_WITHIN < 1
    end = time.monotonic() + 30
    while not terminal.ended(within=0.01) and time.monotonic() < end:
        if reading:
            terminal.read_more(0)
    return terminal.status is not None


@pytest.mark.parametrize("option", ["", "nohup"])
def test_a_closed_window_ends_the_program(option: str) -> None:
    with run("busy", option) as terminal:
        terminal.hang_up()
        assert terminal.ended(within=30)


def test_an_error_prints_no_local_variable() -> None:
    with run() as terminal:
        terminal.send(b"x")
        assert ended(terminal, reading=True)
        terminal.read_all()
        assert b"RuntimeError" in terminal.received
        assert b"hunter2" not in terminal.received


def test_a_suspended_program_draws_everything_when_it_goes_on() -> None:
    with run() as terminal:
        change(terminal, 5)
        drawn = terminal.cells()
        terminal.signal(signal.SIGTSTP)
        terminal.wait_for(lambda: state(terminal) == "T")
        terminal.read_all()
        assert b"\x1b[?1049l" in terminal.received
        terminal.wipe()
        terminal.signal(signal.SIGCONT)
        terminal.wait_for("step ")
        terminal.wait_for(lambda: terminal.cells()[-1][-1].paper != "default")
        terminal.settle()
        assert differing_cells(drawn, terminal.cells()) == []
        change(terminal, 5)


def state(terminal: Terminal) -> str:
    return Path(f"/proc/{terminal.pid}/stat").read_text().rpartition(")")[2].split()[0]


# Strange input


def test_a_storm_of_resizes_ends_at_the_last_size() -> None:
    dice = random.Random(3)
    # The emulator need not follow: what is drawn in the storm, nobody looks at.
    with run("busy") as terminal:
        for size in range(600):
            Session.resize(
                terminal, *dice.choice([(0, 0), (1, 1), (1000, 400), (65535, 65535), (80, 24), (size % 300, 50)])
            )
            if size % 20 == 0:
                terminal.read(0)
        terminal.resize(100, 30)
        terminal.wait_for("of 100x30 ")


def test_a_size_told_among_what_is_typed_is_not_believed() -> None:
    """The kernel knows the size; a report that nobody asked for took gigabytes for cells that are not there."""
    with run() as terminal:
        for told in ("20000;20000;1;1", "9;9;1;1", "40;20000;1;1", "0;0;0;0"):
            terminal.send(f"\x1b[48;{told}t".encode())
            change(terminal, 3)
            assert_equal_to_full_repaint(terminal)


def test_senseless_input_does_no_harm() -> None:
    dice = random.Random(5)
    with run() as terminal:
        feed(terminal, b"\xff\xfe\xc3\x28" * 200 + b"\x1b[99999999999999u\x1b[<1;2;\x1b[\x1b]\x1b[200~half")
        feed(terminal, dice.randbytes(20_000).replace(b"q", b"").replace(b"x", b"").replace(b"\x1a", b""))
        feed(terminal, b"\x1b[200~" + b"paste n " * 125_000 + b"\x1b[201~")
        feed(terminal, b"n" * 100_000)
        Terminal.settle(terminal, 0.3)
        terminal.send(b"\x1b\x1b\x1b")
        Terminal.settle(terminal, 0.3)
        terminal.send(b"\x1b")
        Terminal.settle(terminal, 0.3)
        change(terminal, 3)


def feed(terminal: Terminal, data: bytes) -> None:
    for start in range(0, len(data), 2000):
        terminal.send(data[start : start + 2000])
        terminal.read_more(0)


def test_a_flood_of_mouse_events_does_not_delay_a_key(tmp_path: Path) -> None:
    place = tmp_path / "told"
    with run(f"tell={place}") as terminal:
        before, sent = step(terminal), 0
        for number in range(50):
            terminal.send(b"".join(b"\x1b[<35;%d;%dM" % (number + 1, at % 20 + 1) for at in range(100)))
            sent += 100
            terminal.read_more(0)
        terminal.send(b"n")
        terminal.wait_for(lambda: step(terminal) > before)
        # Those that are thrown away unread cannot stand before a key.
        assert 0 < terminal.until(place, lambda told: told.step > before).moves < sent // 10


# The clock by itself


class Still(Panel[int]):
    """Counts how often it looks."""

    looks = 0

    def look(self) -> Sequence[int]:
        self.looks += 1
        return [self.looks]

    def paint(self, row: int, width: int) -> Spans:
        return [(str(row), "")]


class Quiet(LiveApp[None]):
    def compose(self) -> ComposeResult:
        yield Still()


def nudge_often(clock: FrameClock) -> None:
    for _ in range(600):
        clock.nudge()
        time.sleep(0.0005)


def test_many_nudges_from_another_thread_are_few_looks() -> None:
    async def scenario() -> None:
        app = Quiet(rate=20)
        async with app.run_test():
            await asyncio.sleep(0.2)
            panel = app.query_one(Still)
            looks, began = panel.looks, time.monotonic()
            await asyncio.to_thread(nudge_often, app.frames)
            assert 2 <= panel.looks - looks <= 20 * (time.monotonic() - began) + 2

    asyncio.run(scenario())


class Same(Still):
    """Looks, and finds nothing new."""

    def look(self) -> Sequence[int]:
        self.looks += 1
        return [7]


def test_news_that_changes_nothing_is_looked_for_twice_as_often_as_frames_come_and_no_more() -> None:
    class Deaf(LiveApp[None]):
        def compose(self) -> ComposeResult:
            yield Same()

    async def scenario() -> None:
        app = Deaf(rate=20)
        async with app.run_test():
            await asyncio.sleep(0.2)
            panel = app.query_one(Same)
            looks, began = panel.looks, time.monotonic()
            await asyncio.to_thread(nudge_often, app.frames)
            assert 2 <= panel.looks - looks <= 2 * 20 * (time.monotonic() - began) + 2

    asyncio.run(scenario())


def test_the_first_nudge_after_a_quiet_moment_looks_at_once(now: list[float]) -> None:
    async def scenario() -> None:
        app = Quiet(rate=0.01)
        async with app.run_test() as pilot:
            panel, frames = app.query_one(Still), app.frames
            now[0] += 500
            looks = panel.looks
            frames.nudge()
            await pilot.pause()
            assert panel.looks == looks + 1
            now[0] += 30
            frames.nudge()
            await pilot.pause()
            assert panel.looks == looks + 1
            assert frames._frame_at is not None
            assert 60 < frames._frame_at - now[0] <= 70
            now[0] = frames._frame_at
            ring(frames)
            assert panel.looks == looks + 2

    asyncio.run(scenario())


def test_below_a_page_frames_come_five_times_a_second(now: list[float]) -> None:
    async def scenario() -> None:
        app = Quiet(rate=30)
        async with app.run_test() as pilot:
            panel, frames = app.query_one(Still), app.frames
            app.push_screen(ModalScreen[None]())
            await pilot.pause()
            waits = []
            for _ in range(3):
                now[0] += 1
                frames.nudge()
                await pilot.pause()
                waits.append(frames._not_before - now[0])
            app.pop_screen()
            await pilot.pause()
            now[0] += 1
            frames.nudge()
            await pilot.pause()
            assert waits == pytest.approx([0.2] * 3)
            assert frames._not_before - now[0] == pytest.approx(1 / 30)
            assert panel.looks > 4

    asyncio.run(scenario())


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock's time, which goes on only in the test."""
    time = [1_000.0]
    monkeypatch.setattr(frame, "monotonic", lambda: time[0])
    return time


def ring(frames: FrameClock) -> None:
    """Let the alarm ring now."""
    assert frames._alarm is not None
    frames._alarm.cancel()
    frames._ring()


def test_a_screen_that_stood_still_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    async def play() -> list[str]:
        app = Pmtui(scenes.market(5).desk, follow=False)
        async with app.run_test(size=(120, 40)):
            counts = app.frames.counts
            for at, blocked in ((1.0, 0.5), (2.0, 5.04), (2.0, 5.04)):
                counts.blocked, counts.blocked_at = blocked, at
                app._second()
            return [f"{each.title} {each.text}" for each in app.notes]

    with caplog.at_level(logging.WARNING):
        assert asyncio.run(play()) == ["display was blocked 5.0 s"]
    assert [each.message for each in caplog.records] == ["display was blocked 5.0 s"]


def test_a_blocked_loop_is_noticed(now: list[float]) -> None:
    async def scenario() -> None:
        app = Quiet()
        async with app.run_test():
            frames = app.frames
            for late, blocked in ((0.2, 0.0), (0.9, 0.9), (0.1, 0.9)):
                frames._frame_at = None
                frames._set_alarm()
                now[0] = frames._alarm_at + late
                ring(frames)
                assert frames.counts.gap == pytest.approx(late)
                assert frames.counts.blocked == pytest.approx(blocked)
            assert frames.counts.max_gap == frames.counts.blocked
            assert frames.counts.blocked_at is not None

    asyncio.run(scenario())


def test_a_block_is_told_as_long_as_it_was_while_frames_are_due(now: list[float]) -> None:
    """Between two beats, too: frames are due thirty times a second where there is something to show."""

    async def scenario() -> float:
        app = Quiet()
        async with app.run_test():
            frames = app.frames
            frames._beat(now[0])
            frames.look_in(0.03)
            now[0] += 0.43
            ring(frames)
            return frames.counts.blocked

    assert asyncio.run(scenario()) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("frame_in", "rings"),
    [
        pytest.param([0.03] * 40, 40, id="with the frames"),
        pytest.param([0.6, 0.6], 4, id="before frames that are far away"),
        pytest.param([0.55, 0.55], 2, id="a little late"),
        pytest.param([5.0], 10, id="alone"),
    ],
)
def test_the_beat_wakes_nobody_where_frames_do(frame_in: list[float], rings: int, now: list[float]) -> None:
    """Which is what so little costs most."""

    async def scenario() -> tuple[int, list[float]]:
        app = Quiet()
        beats: list[float] = []
        async with app.run_test() as pilot:
            await pilot.pause()
            frames, rung = app.frames, 0
            frames._frame_at = None
            frames._beat(now[0])
            beat = frames._beat
            frames._beat = lambda at: (beats.append(at), beat(at))  # type: ignore[method-assign, assignment, func-returns-value]
            for seconds in frame_in:
                frames.look_in(seconds)
                while frames._frame_at is not None:
                    now[0] = frames._alarm_at
                    ring(frames)
                    rung += 1
            return rung, [later - sooner for sooner, later in pairwise([1_000.0, *beats])]

    rung, pauses = asyncio.run(scenario())
    assert rung == rings
    assert pauses
    assert all(0.5 <= round(each, 6) <= 0.6 for each in pauses)


def test_a_frame_that_an_error_took_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> int:
        app = Quiet()
        async with app.run_test() as pilot:
            frames = app.frames
            looks: list[int] = []

            def look() -> None:
                looks.append(0)
                frames._asked = False

            with monkeypatch.context() as patch:
                patch.setattr(frames, "_wake", lambda: 1 / 0)
                asyncio.get_running_loop().set_exception_handler(lambda *_: None)
                frames.nudge()
                await pilot.pause()
            monkeypatch.setattr(frames, "_wake", look)
            frames.nudge()
            await pilot.pause()
            assert looks == []  # whoever asks thinks that it has been asked for
            frames._beat(time.monotonic())
            await pilot.pause()
            return len(looks)

    assert asyncio.run(scenario()) == 1


def test_a_clock_that_ended_takes_nudges() -> None:
    async def scenario() -> FrameClock:
        app = Quiet()
        async with app.run_test():
            pass
        return app.frames

    asyncio.run(scenario()).nudge()
