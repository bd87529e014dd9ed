"""A program for a terminal: panels of random text that change when a key says so. `python world.py OPTION…`."""

from __future__ import annotations

import asyncio
import logging
import random
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from pmtui.ui import shortcut, standstill
from pmtui.ui.live import LiveApp
from pmtui.ui.panel import Panel, Spans
from tests.settle import settle

Row = tuple[int, int]
LOOKS = ("", "noise--loud", "noise--soft", "noise--paper", "noise--loud noise--paper", "noise--odd")
WORDS = ("0.52", "████▌", "Fed cut", "漢字", "é", "▸33.7", "e\u0301", "\x1b[31mred", "🙂", "tab\t", "·", "-578")


class Noise(Panel[Row]):
    """Rows of random text in random looks, some too long, some too short."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"noise--loud", "noise--soft", "noise--paper", "noise--odd"}
    DEFAULT_CSS = """
    Noise { background: $surface; color: $foreground; }
    Noise .noise--loud { color: $success; text-style: bold underline; }
    Noise .noise--soft { color: $text-muted; text-style: italic; }
    Noise .noise--paper { background: $primary; }
    Noise .noise--odd { color: ansi_red; text-style: reverse; }
    """

    def look(self) -> Sequence[Row | None]:
        assert isinstance(self.app, World)
        versions = self.app.versions
        rows = [(y, versions[y % 50]) for y in range(self.lines)]
        return [None if row[1] % 11 == 3 else row for row in rows]

    def paint(self, row: Row, width: int) -> Spans:
        dice = random.Random(hash(row))
        spans: list[tuple[str, str]] = []
        while sum(len(text) for text, _ in spans) < width - dice.randrange(12):
            spans.append((dice.choice(WORDS) + " " * dice.randrange(9), dice.choice(LOOKS)))
        return spans


class Kept(Noise):
    """The same, remembered by value."""

    keep = 40


class Status(Panel[str]):
    """What tests wait for: drawn last."""

    def look(self) -> Sequence[str]:
        assert isinstance(self.app, World)
        counts = self.app.frames.counts
        late = "late" if counts.max_gap >= 0.3 else "smooth"
        return [f"step {self.app.step} of {self.app.size.width}x{self.app.size.height} {late} {counts.skipped > 0} ."]

    def paint(self, row: str, width: int) -> Spans:
        return [(row.ljust(width), "")]


class Question(ModalScreen[None]):
    """Something that lies on the panels and lets them shine through."""

    CSS = "Question { align: center middle; } Question Input { width: 30; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "back"),
        Binding("ctrl+s", "shrink", "shrink", priority=True),
        Binding("ctrl+n", "another", "another", priority=True),
        Binding("ctrl+t", "app.theme", "theme", priority=True),
    ]

    def __init__(self, text: str = "a question") -> None:
        super().__init__()
        self.text = text

    def compose(self) -> ComposeResult:
        field = Input(self.text)
        field.cursor_blink = False
        yield field

    def action_shrink(self) -> None:
        self.query_one(Input).styles.width = 19

    def action_another(self) -> None:
        self.app.push_screen(Question("one more"))


class World(LiveApp[None]):
    """Panels that change when a key says so, or all the time."""

    CSS = """
    Horizontal { height: 1fr; }
    Noise { width: 2fr; }
    Kept { width: 1fr; }
    Static { width: 3; height: 1fr; background: $panel; }
    Status { height: 1; dock: top; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "change", "change"),
        Binding("r", "repaint", "repaint"),
        Binding("t", "toast", "toast"),
        Binding("d", "theme", "theme"),
        Binding("m", "modal", "modal"),
        Binding("x", "crash", "crash"),
        Binding("f", "flood", "flood"),
        Binding("l", "loop(1.5)", "loop"),
        Binding("e", "loop(1000)", "endless loop"),
        Binding("q", "quit", "quit"),
    ]

    def __init__(self, *options: str) -> None:
        super().__init__(direct="public" not in options, rate=60)
        self.options = options
        self.step = 0
        self.dice = random.Random(7)
        self.versions = [0] * 50
        self.told = self.finished = 0
        self.moves = self.floods = 0
        """How many moves of the mouse were read one by one, and how many floods are over."""

    def count_moves(self) -> None:
        """Count each as soon as it is one, before it is merged with others."""
        assert self._driver is not None
        handle = self._driver.process_message

        def counted(message: Message) -> None:
            self.moves += isinstance(message, events.MouseMove)
            handle(message)

        self._driver.process_message = counted  # type: ignore[method-assign]

    def tell(self) -> None:
        """Say how it is going, in a file and unasked: a terminal that does not read would not show it, and a signal
        would wake whoever waits for the terminal."""
        self.told += 1
        told = self.place
        new = told.with_suffix(".new")
        new.write_text(f"{self.told} {self.step} {self.frames.counts.skipped} {self.moves} {self.floods}")
        new.replace(told)

    def finish(self) -> None:
        """Say that all is drawn, in the window's title, as soon as it is."""
        self.finished += 1
        self.finishing = asyncio.create_task(self.tell_when_done(f"done {self.finished}"))

    async def tell_when_done(self, words: str) -> None:
        await settle()
        while self.frames._asked or self.frames._frame_at is not None:
            await asyncio.sleep(0.005)
            await settle()
        if self._driver is not None:
            self._driver.write(f"\x1b]2;{words}\x07")
            self._driver.flush()

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Noise()
            yield Static("|")
            yield Kept()
        yield Status()

    def on_mount(self) -> None:
        if "busy" in self.options:
            threading.Thread(target=self.feed, daemon=True).start()
        for option in self.options:
            if option.startswith("tell="):
                self.place = Path(option.removeprefix("tell="))
                self.set_interval(0.02, self.tell)
                self.count_moves()
        self.flood = self.set_interval(1 / 60, self.refresh, pause=True)

    def feed(self) -> None:
        while True:
            time.sleep(0.002)
            self.change()
            self.frames.nudge()

    def change(self) -> None:
        self.step += 1
        for _ in range(self.dice.randrange(1, 12)):
            self.versions[self.dice.randrange(50)] = self.dice.randrange(600)

    def action_change(self) -> None:
        self.change()

    def action_repaint(self) -> None:
        self.refresh()

    def action_toast(self) -> None:
        self.notify(f"toast {self.step}", timeout=60)

    def action_theme(self) -> None:
        self.theme = "textual-light" if self.theme == "textual-dark" else "textual-dark"

    def action_modal(self) -> None:
        self.push_screen(Question())

    def action_crash(self) -> None:
        secret = "hunter" + "2"
        raise RuntimeError(f"went wrong with {len(secret)} letters")

    def action_loop(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            """A mistake."""

    def action_flood(self) -> None:
        self.flood.resume()
        self.set_timer(0.9, self.end_flood)

    def end_flood(self) -> None:
        self.flood.pause()
        self.floods += 1


class Stuck(logging.Handler):
    """A log in which nothing can be written: whoever tells it something waits for ever."""

    @classmethod
    def install(cls) -> None:
        log = logging.getLogger("pmtui.ui.driver")
        log.setLevel(logging.INFO)
        log.addHandler(cls())

    def emit(self, record: logging.LogRecord) -> None:
        threading.Event().wait()


def no_thread(*_: object) -> int:
    raise RuntimeError("can't start new thread")


def main(options: list[str]) -> None:
    if "missing" in options:
        shortcut._COMPOSITOR_NAMES += ("a_name_that_is_gone",)
    if "nohup" in options:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if "stuck" in options:
        Stuck.install()
    if "impatient" in options:
        standstill.PATIENCE, standstill.AGAIN = 0.8, 0.3
    if "threadless" in options:
        threading._start_new_thread = no_thread  # type: ignore[attr-defined]
    app = World(*options)

    def on_signal(number: int, _frame: Any) -> None:
        assert app._loop is not None
        if number == signal.SIGUSR1:
            app.change()
            app.frames.nudge()
        elif number == signal.SIGRTMIN:
            app._loop.call_soon_threadsafe(app.finish, context=app.frames._context)
        else:
            app._loop.call_soon_threadsafe(app.refresh)

    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGRTMIN) if "unasked" not in options else ():
        signal.signal(number, on_signal)
    app.run()
    sys.exit(app.return_code)


if __name__ == "__main__":
    main(sys.argv[1:])
