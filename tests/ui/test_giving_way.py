"""A frame gives way to what is typed, and a key is answered first by the panel that it is for."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from time import monotonic
from typing import ClassVar

import pytest
from textual import events
from textual._xterm_parser import XTermParser
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.filter import LineFilter, NoColor
from textual.geometry import Size
from textual.message import Message

from pmtui.ui import driver, frame
from pmtui.ui.driver import TerminalDriver
from pmtui.ui.inbox import Inbox, Pasted
from pmtui.ui.live import LiveApp
from pmtui.ui.panel import Panel, Spans


class Count(Panel[int]):
    """Shows a number that moves whenever it is looked at."""

    can_focus = True
    DEFAULT_CSS = "Count { width: 10; height: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("k", "push", "push"), Binding("n", "nothing", "nothing")]

    def __init__(self, seen: list[Count]) -> None:
        super().__init__()
        self.seen = seen
        self.number = 0
        self.drawn: list[int] = []

    def look(self) -> Sequence[int]:
        self.seen.append(self)
        return [self.number]

    def paint(self, row: int, width: int) -> Spans:
        self.drawn.append(row)
        return [(str(row), "")]

    def action_push(self) -> None:
        self.number += 1

    def action_nothing(self) -> None:
        """A key that moves nothing."""


class Typing(TerminalDriver):
    """A terminal at which somebody types, as seen by the frame clock."""

    def __init__(self) -> None:
        """Nothing is opened."""

    typing_from = 10**9
    """After so many looks something is there to be read."""
    behind = False
    seen: list[Count]

    def typed(self) -> bool:
        return len(self.seen) >= self.typing_from

    def write(self, data: str) -> None:
        """Nobody reads it."""

    sent = ""

    def send(self, text: str) -> None:
        self.sent += text

    def flush(self) -> None:
        """There is nothing to be sent."""

    heard_of = 0

    def heard(self) -> None:
        self.heard_of += 1


class Lock(AbstractContextManager[None]):
    """A lock for one thread."""

    def __exit__(self, *_: object) -> None:
        """It is free again."""


async def eventually(condition: Callable[[], bool]) -> None:
    """The time is only there so that what hangs fails."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110  # nobody tells when something is drawn
            await asyncio.sleep(0.001)


class Three(LiveApp[None]):
    CSS = "Screen { overflow: hidden hidden; }"

    def __init__(self) -> None:
        super().__init__(rate=1_000)
        self.seen: list[Count] = []
        self.counts = [Count(self.seen) for _ in range(3)]

    def compose(self) -> ComposeResult:
        yield from self.counts

    def type(self) -> Typing:
        """From now on somebody may type."""
        driver = Typing()
        driver.seen = self.seen
        self.frames._terminal = driver
        self.seen.clear()
        for each in self.counts:
            each.drawn.clear()
            each.number += 1
        return driver


def test_a_frame_stops_where_something_is_typed_and_goes_on_later() -> None:
    async def play() -> None:
        app = Three()
        async with app.run_test():
            driver = app.type()
            driver.typing_from = 2
            app.frames._pulse_unless_pressed()
            assert app.seen == app.counts[:2]
            assert [each.drawn for each in app.counts] == [[], [], []]
            driver.typing_from = 10**9
            await eventually(lambda: [each.drawn for each in app.counts] == [[1], [1], [1]])

    asyncio.run(play())


def test_typing_without_end_does_not_keep_the_screen_as_it_is() -> None:
    async def play() -> None:
        app = Three()
        async with app.run_test():
            app.type().typing_from = 0
            for _ in range(frame._MOST_WAYS):
                app.frames._pulse_unless_pressed()
                assert [each.drawn for each in app.counts] == [[], [], []]
            app.frames._pulse_unless_pressed()
            assert [each.drawn for each in app.counts] == [[1], [1], [1]]

    asyncio.run(play())


class Asked(Typing):
    """A terminal at which somebody begins to type after so many questions whether anybody does."""

    questions = 0

    def typed(self) -> bool:
        self.questions += 1
        return self.questions >= self.typing_from


def test_what_a_frame_left_to_draw_because_something_was_typed_comes_later() -> None:
    async def play() -> None:
        app = Three()
        async with app.run_test():
            assert app.frames._shortcut is not None
            driver = Asked()
            driver.seen = app.type().seen
            app.frames._terminal = app.frames._shortcut._terminal = driver
            driver.typing_from = 6  # before the first look, after each of three, before the second to draw, and then
            app.frames._pulse_unless_pressed()
            assert [each.drawn for each in app.counts] == [[1], [1], []]
            driver.typing_from = 10**9
            await eventually(lambda: [each.drawn for each in app.counts] == [[1], [1], [1]])
            app.frames._shortcut._terminal = None

    asyncio.run(play())


@pytest.mark.parametrize("typing", [False, True])
def test_news_that_comes_while_a_look_ends_is_looked_at(typing: bool) -> None:
    class Busy(Lock):
        """The feed's thread, which waits for the lock and tells something as soon as it has it."""

        told = False

        def __exit__(self, *_: object) -> None:
            super().__exit__()
            if not self.told:
                self.told = True
                app.counts[0].number = 7
                app.frames.nudge()

    async def play() -> None:
        async with app.run_test():
            if typing:
                app.type()
            app.frames._lock = Busy()
            app.frames.nudge()
            await eventually(lambda: app.counts[0].drawn[-1:] == [7])

    app = Three()
    asyncio.run(play())


def test_a_key_is_answered_by_its_panel_and_the_others_follow_at_once() -> None:
    async def play() -> None:
        app = Three()
        async with app.run_test() as pilot:
            app.counts[1].focus()
            await pilot.pause()
            app.type().typing_from = 10**9
            await app.run_action("push", app.counts[1])
            assert app.seen == [app.counts[1]]
            assert [each.drawn for each in app.counts] == [[], [2], []]
            await eventually(lambda: [each.drawn for each in app.counts] == [[1], [2], [1]])

    asyncio.run(play())


@pytest.mark.parametrize("whose", ["its own", "the app's"])
def test_an_action_that_is_not_one_panels_is_answered_by_all(whose: str) -> None:
    """Nor is one that moves nothing in its panel: what it did must be elsewhere."""

    async def play() -> None:
        app = Three()
        async with app.run_test() as pilot:
            await pilot.pause()
            app.type()
            app.counts[0].number -= 1
            if whose == "its own":
                await app.run_action("nothing", app.counts[0])
            else:
                await app.run_action("app.bell")
            assert [each.drawn for each in app.counts] == [[], [1], [1]]

    asyncio.run(play())


def test_panels_that_an_action_moves_answer_first_and_only_for_that_action() -> None:
    async def play() -> None:
        app = Three()
        async with app.run_test(size=(80, 10)) as pilot:
            await pilot.pause()
            app.type().typing_from = 10**9

            def hide() -> None:
                app.counts[0].display = False

            app.frames.relay(hide)
            app.frames.answer()
            assert [each.drawn for each in app.counts[1:]] == [[1], [1]]
            assert app.counts[0] not in app.seen
            app.frames.relay(lambda: setattr(app.counts[0], "display", True))
            app.frames.pulse()  # by itself, as where an account was found
            app.seen.clear()
            app.frames.answer()
            assert app.seen == app.counts

    asyncio.run(play())


class Reading(TerminalDriver):
    """A terminal whose input comes from a test."""

    def __init__(self) -> None:
        """Nothing is opened."""
        self._inbox = Inbox()
        self._reading, self._unheard_until, self.on_key = False, 0.0, None

    def _handle(self, piece: str | Pasted) -> None:
        """Whatever it is, it is on its way."""


@pytest.mark.parametrize(("data", "typed"), [(b"k", True), (b"\x1b[A", True), (b"\x1b[<35;10;5M", False)])
def test_what_was_read_goes_before_a_frame_until_the_app_has_it(
    data: bytes, typed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    monkeypatch.setattr(driver, "monotonic", lambda: now)
    monkeypatch.setattr(driver, "_read_all", lambda _: data)
    terminal = Reading()
    assert not terminal.typed()
    terminal._read()
    assert terminal.typed() is typed
    terminal.heard()
    assert not terminal.typed()
    terminal._read()
    now += driver._UNHEARD  # the answer of a terminal, say, which is no key
    assert not terminal.typed()


def test_the_kernel_is_not_asked_again_for_what_it_has_just_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Kernel:
        asked = 0

        def poll(self, _: int) -> list[tuple[int, int]]:
            self.asked += 1
            return []

    now, kernel = 1_000.0, Kernel()
    monkeypatch.setattr(driver, "monotonic", lambda: now)
    terminal = Reading()
    terminal._reading, terminal._typed, terminal._silent_until = True, kernel, 0.0  # type: ignore[assignment]
    terminal.nothing_typed(now)
    assert not terminal.typed()
    assert kernel.asked == 0
    now += 2 * driver._SILENT
    assert not terminal.typed()
    assert not terminal.typed()
    assert kernel.asked == 1


class Later:
    """A loop whose calls are made when a test says so."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, seconds: float, call: Callable[[], None]) -> Later:
        self.calls.append((seconds, call))
        return self

    def cancel(self) -> None:
        self.calls.pop()


class Hearing(Reading):
    """The same, which keeps what it hears."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = Later()  # type: ignore[assignment]
        self._parser, self._parser_tick = XTermParser(), None
        self.heard_of: list[str | Pasted] = []

    def _handle(self, piece: str | Pasted) -> None:
        self.heard_of.append(piece)


@pytest.mark.parametrize(
    ("data", "patience", "held"),
    [
        (b"\x1b[200~abc", driver._PASTE_PATIENCE, Pasted("abc")),
        (b"\x1b[200~abc\x1b[201", driver._PASTE_PATIENCE, Pasted("abc\x1b[201")),
        (b"\x1b[20", driver._ESCAPE_PATIENCE, "\x1b[20"),
    ],
)
def test_what_is_held_back_is_over_when_nothing_follows(
    data: bytes, patience: float, held: str | Pasted, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [data, b"q"]
    monkeypatch.setattr(driver, "_read_all", lambda _: sent.pop(0))
    terminal = Hearing()
    terminal._read()
    assert terminal.heard_of == []
    [(seconds, call)] = terminal._loop.calls  # type: ignore[attr-defined]
    assert seconds == patience
    call()
    terminal._read()
    assert terminal.heard_of == [held, "q"]


class Low(Three):
    CSS = "Screen { overflow: hidden hidden; } Count { position: absolute; offset: 0 22; height: 4; }"


def test_lines_below_the_screen_are_not_written() -> None:
    async def play() -> str:
        app = Low()
        async with app.run_test(size=(80, 24)):
            driver = app.type()
            assert app.frames._shortcut is not None
            app.frames._shortcut._terminal = driver
            for each in app.counts:
                each.draw_again()
            app.frames.pulse()
            app.frames._shortcut._terminal = None
            return driver.sent

    lines = [int(line) for line in re.findall(r"\x1b\[(\d+);\d+H", asyncio.run(play()))]
    assert lines
    assert max(lines) <= 24


class Drawing:
    """An app that counts how often all of it is to be drawn."""

    size = Size(80, 24)
    whole = 0

    def refresh(self) -> None:
        self.whole += 1


class Telling(Reading):
    """The same for such an app."""

    def __init__(self, app: Drawing) -> None:
        super().__init__()
        self._app = app  # type: ignore[assignment]
        self.caught_up: list[int] = []
        self.on_caught_up = lambda: self.caught_up.append(app.whole)

    def process_message(self, message: Message) -> None:
        """Nobody listens."""


def test_a_terminal_that_lost_text_or_cells_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Drawing()
    terminal = Telling(app)
    terminal._on_caught_up(False)
    assert (app.whole, terminal.caught_up) == (0, [0])
    terminal._on_caught_up(True)
    assert (app.whole, terminal.caught_up) == (1, [0, 1])
    monkeypatch.setattr(driver, "terminal_size", lambda: (100, 30))
    terminal._send_size()
    assert app.whole == 1  # another size is drawn whole by itself
    monkeypatch.setattr(driver, "terminal_size", lambda: (80, 24))
    terminal._send_size()
    assert app.whole == 2


class Filtered(Three):
    shades: ClassVar[list[LineFilter]] = []

    def get_line_filters(self) -> list[LineFilter]:
        return self.shades


def test_panels_are_painted_anew_when_colours_are_filtered_otherwise() -> None:
    async def play() -> None:
        app = Filtered()
        async with app.run_test():
            app.frames.pulse()
            drawn = [len(each.drawn) for each in app.counts]
            app.frames._beat(monotonic())
            app.frames.pulse()
            assert [len(each.drawn) for each in app.counts] == drawn
            app.shades = [NoColor()]  # type: ignore[misc]
            app.frames._beat(monotonic())
            app.frames.pulse()
            assert [len(each.drawn) for each in app.counts] == [each + 1 for each in drawn]

    asyncio.run(play())


def test_the_app_says_when_a_key_has_come() -> None:
    async def play() -> None:
        app = Three()
        async with app.run_test() as pilot:
            await pilot.pause()
            terminal, app._driver = app._driver, app.type()
            await app.on_event(events.Key("k", "k"))
            assert app._driver.heard_of == 1
            app._driver = terminal

    asyncio.run(play())
