"""The frame clock in a real terminal: partial frames equal a full repaint, and no terminal stops the app."""

from __future__ import annotations

import asyncio
import logging
import random
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.app import ComposeResult

from benchmarks.pty import Session
from pmtui.ui.app import Pmtui
from pmtui.ui.frame import FrameClock, LiveApp
from pmtui.ui.panel import Panel, Spans
from tests import scenes
from tests.ui.terminal import Terminal, differing_cells

PROGRAM = Path(__file__).with_name("world.py")


def run(*options: str, columns: int = 80, lines: int = 24) -> Terminal:
    terminal = Terminal([sys.executable, str(PROGRAM), *options], columns=columns, lines=lines)
    terminal.wait_for("step ")
    if "busy" in options:
        terminal.wait_for(lambda: step(terminal) > 20)
    else:
        terminal.settle(0.05, deadline=0.3)
    return terminal


def step(terminal: Terminal) -> int:
    return int(terminal.text.rpartition("step ")[2].split()[0])


def change(terminal: Terminal, steps: int, at_once: int = 1) -> None:
    """Make so many steps, and wait until the last one is shown."""
    before = step(terminal)
    for _ in range(steps // at_once):
        terminal.send(b"n" * at_once)
        terminal.read_more(0.01)
    terminal.wait_for(f"step {before + steps // at_once * at_once} ")
    terminal.settle(0.05)


def assert_equal_to_full_repaint(terminal: Terminal) -> None:
    drawn = terminal.cells()
    terminal.wipe()
    terminal.send(b"r")
    terminal.wait_for(lambda: terminal.cells()[-1][-1].paper != "default")
    terminal.settle(0.05)
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


def test_the_screen_goes_on_below_a_modal_screen() -> None:
    with run() as terminal:
        terminal.send(b"m")
        terminal.wait_for("a question")
        terminal.settle()
        terminal.signal(signal.SIGUSR1)  # a change that is not a key, which the question would get
        terminal.wait_for("step 1 ")
        terminal.settle(0.2)
        below = terminal.cells()
        terminal.wipe()
        terminal.signal(signal.SIGUSR2)
        terminal.settle(0.25)
        assert differing_cells(below, terminal.cells()) == []
        terminal.send(b"\x1b")
        terminal.wait_for(lambda: "a question" not in terminal.text)
        terminal.settle()
        change(terminal, 5)
        assert_equal_to_full_repaint(terminal)


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
        terminal.settle(0.3)
        change(terminal, 10)
        assert_equal_to_full_repaint(terminal)


@pytest.mark.parametrize("variable", ["NO_COLOR", "TEXTUAL_COLOR_SYSTEM"])
def test_partial_frames_are_right_with_fewer_colours(variable: str) -> None:
    environment = {variable: "256" if variable == "TEXTUAL_COLOR_SYSTEM" else "1"}
    with Terminal([sys.executable, str(PROGRAM)], environment=environment) as terminal:
        terminal.wait_for("step ")
        change(terminal, 20)
        assert_equal_to_full_repaint(terminal)


def test_an_unchanged_state_writes_nothing() -> None:
    with run() as terminal:
        change(terminal, 3)
        received = len(terminal.received)
        terminal.settle(0.6)
        assert len(terminal.received) == received


def test_a_key_that_changes_nothing_writes_nothing() -> None:
    with run() as terminal:
        received = len(terminal.received)
        terminal.send(b"z")
        terminal.settle(0.2)
        assert len(terminal.received) == received


# A terminal that does not read


def test_a_terminal_that_stops_reading_is_current_again_at_once_and_never_blocks_the_loop() -> None:
    with run("busy") as terminal:
        time.sleep(1)
        started = time.monotonic()
        terminal.settle(0.02, 0.5)
        before = step(terminal)
        terminal.wait_for(lambda: step(terminal) > before + 20)
        assert before > 100, "what was drawn first was old"
        assert "smooth True" in terminal.text
        assert time.monotonic() - started < 1.5


def test_a_flood_of_repaints_while_nobody_reads_leaves_a_right_screen() -> None:
    with run(columns=200, lines=60) as terminal:
        terminal.send(b"f")
        time.sleep(1)
        terminal.settle()
        change(terminal, 3)
        assert "smooth" in terminal.text
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
def test_a_signal_restores_the_screen_within_a_second(number: signal.Signals, stalled: bool) -> None:
    with run("busy") as terminal:
        if stalled:
            time.sleep(0.3)
        terminal.signal(number)
        assert ended(terminal, reading=not stalled)
        assert terminal.status == 128 + number
        terminal.settle(0.05)
        assert b"\x1b[?1049l" in terminal.received
        assert terminal.received.rindex(b"\x1b[?1049l") > terminal.received.rindex(b"\x1b[?1049h")


def ended(terminal: Terminal, *, reading: bool, within: float = 1.0) -> bool:
    end = time.monotonic() + within
    while not terminal.ended(within=0.01) and time.monotonic() < end:
        if reading:
            terminal.read_more(0)
    return terminal.status is not None


@pytest.mark.parametrize("option", ["", "nohup"])
def test_a_closed_window_ends_the_program_within_a_second(option: str) -> None:
    with run("busy", option) as terminal:
        terminal.hang_up()
        assert terminal.ended(within=1.0)


def test_an_error_prints_no_local_variable() -> None:
    with run() as terminal:
        terminal.send(b"x")
        assert ended(terminal, reading=True, within=3)
        terminal.settle(0.05)
        assert b"RuntimeError" in terminal.received
        assert b"hunter2" not in terminal.received


def test_a_suspended_program_draws_everything_when_it_goes_on() -> None:
    with run() as terminal:
        change(terminal, 5)
        drawn = terminal.cells()
        terminal.signal(signal.SIGTSTP)
        terminal.wait_for(lambda: state(terminal) == "T")
        terminal.settle(0.05)
        assert b"\x1b[?1049l" in terminal.received
        terminal.wipe()
        terminal.signal(signal.SIGCONT)
        terminal.wait_for("step ")
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
        terminal.wait_for("of 100x30 smooth", 10)


def test_senseless_input_does_no_harm() -> None:
    dice = random.Random(5)
    with run() as terminal:
        feed(terminal, b"\xff\xfe\xc3\x28" * 200 + b"\x1b[99999999999999u\x1b[<1;2;\x1b[\x1b]\x1b[200~half")
        feed(terminal, dice.randbytes(20_000).replace(b"q", b"").replace(b"x", b"").replace(b"\x1a", b""))
        feed(terminal, b"\x1b[200~" + b"paste n " * 125_000 + b"\x1b[201~")
        feed(terminal, b"n" * 100_000)
        terminal.settle(0.3)
        terminal.send(b"\x1b\x1b\x1b")
        terminal.settle(0.3)
        terminal.send(b"\x1b")
        terminal.settle(0.3)
        change(terminal, 3)


def feed(terminal: Terminal, data: bytes) -> None:
    for start in range(0, len(data), 2000):
        terminal.send(data[start : start + 2000])
        terminal.read_more(0)


def test_a_flood_of_mouse_events_does_not_delay_a_key() -> None:
    with run() as terminal:
        end = time.monotonic() + 0.5
        sent = 0
        while time.monotonic() < end:
            terminal.send(b"".join(b"\x1b[<35;%d;%dM" % (sent % 79 + 1, at % 20 + 1) for at in range(100)))
            sent += 100
            terminal.read_more(0.01)
        before = step(terminal)
        started = time.monotonic()
        terminal.send(b"n")
        terminal.wait_for(lambda: step(terminal) > before)
        assert sent > 2500
        assert time.monotonic() - started < 0.15


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
            looks = panel.looks
            await asyncio.to_thread(nudge_often, app.frames)
            assert 5 <= panel.looks - looks <= 30

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
            assert 5 <= panel.looks - looks <= 2 * 20 * (time.monotonic() - began) + 2

    asyncio.run(scenario())


def test_the_first_nudge_after_a_quiet_moment_looks_at_once() -> None:
    async def scenario() -> None:
        app = Quiet(rate=5)
        async with app.run_test():
            await asyncio.sleep(0.5)
            looks = app.query_one(Still).looks
            app.frames.nudge()
            await asyncio.sleep(0.02)
            assert app.query_one(Still).looks == looks + 1
            app.frames.nudge()
            await asyncio.sleep(0.02)
            assert app.query_one(Still).looks == looks + 1
            await asyncio.sleep(0.25)
            assert app.query_one(Still).looks == looks + 2

    asyncio.run(scenario())


def test_a_screen_that_stood_still_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    async def play() -> list[str]:
        app = Pmtui(scenes.market(5).desk, follow=False)
        async with app.run_test(size=(120, 40)):
            counts = app.frames.counts
            for at, blocked in ((1.0, 0.5), (2.0, 5.04), (2.0, 5.04)):
                counts.blocked, counts.blocked_at = blocked, at
                app._second()
            return [each.text for each in app.notes]

    with caplog.at_level(logging.WARNING):
        assert asyncio.run(play()) == ["display was blocked 5.0 s"]
    assert [each.message for each in caplog.records] == ["display was blocked 5.0 s"]


def test_a_blocked_loop_is_noticed() -> None:
    async def scenario() -> None:
        app = Quiet()
        async with app.run_test():
            await asyncio.sleep(0.05)
            time.sleep(0.9)  # noqa: ASYNC251 the point of it
            await asyncio.sleep(0.05)
            assert app.frames.counts.blocked > 0.3
            assert app.frames.counts.max_gap == app.frames.counts.blocked

    asyncio.run(scenario())


def test_a_clock_that_ended_takes_nudges() -> None:
    async def scenario() -> FrameClock:
        app = Quiet()
        async with app.run_test():
            pass
        return app.frames

    asyncio.run(scenario()).nudge()
