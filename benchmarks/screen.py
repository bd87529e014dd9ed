"""What drawing costs, and how long a key waits for its frame.

Three programs draw the same 70 rows at 120x40 thirty times a second in a real pseudo-terminal: a ladder of 31 rows and
72 columns with nine pieces of colour each, blocks of 16 and 15 rows and 48 columns beside it, two rows above and six
below. Every number of every row changes in every frame, unless only four rows are asked for.

Counted is the processor time of the drawing process with all its threads, user and system, after a warm-up. The
process that reads the terminal is not counted. All start from the same numbers and format them in the same way. "Raw"
is one f-string a row with the escape codes in it, joined and written with one system call a frame; it writes the same
codes as the frame clock, compares nothing, and does nothing else. Panels ask the frame clock for their next frame.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, NamedTuple, cast

from benchmarks.pty import Session

COLUMNS, LINES = 120, 40
RATE = 30
BRISK = 300
"""As many frames a second as leave the processor no time to fall asleep between them."""
SECONDS = 2
FOUR = 4

_PATH = {"PYTHONPATH": str(Path(__file__).parents[1])}

Row = tuple[int, int]
"""Which row, and which frame: everything shown follows from these two."""
Report = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Area:
    """A block of rows on the screen."""

    x: int
    y: int
    width: int
    height: int


TRUTH = Area(0, 0, 120, 2)
LADDER = Area(0, 2, 72, 31)
TAPE = Area(72, 2, 48, 16)
TAKE = Area(72, 18, 48, 15)
STRIP = Area(0, 33, 120, 6)
AREAS = (TRUTH, LADDER, TAPE, TAKE, STRIP)

PAPER = (18, 18, 24)
COLOURS = {
    "dim": ((128, 128, 128), False),
    "bid": ((38, 162, 105), False),
    "ask": ((224, 90, 80), False),
    "price": ((240, 240, 240), True),
    "text": ((224, 224, 224), False),
}


def numbers(row: Row) -> tuple[int, int, int, int, int]:
    """The changing numbers of a row."""
    y, frame = row
    seed = (y * 7919 + frame * 104729) % 1000003
    return seed % 997, seed % 9973, seed % 100, (seed // 7) % 9973, (seed // 11) % 997


def counted(frames: int, rate: int, report: Report) -> Iterator[int]:
    """The numbers of the frames; reports when a warm-up of a third of a second is over, and when the last is done."""
    warm_up = rate // 3
    for frame in range(1, warm_up + frames + 1):
        yield frame
        if frame in {warm_up, warm_up + frames}:
            report()


# Raw escape codes


def code(name: str, *, start: bool = False, thin: bool = False) -> str:
    """The escape code of a colour, or of that colour on the paper at the start of a line, or after something bold."""
    (red, green, blue), bold = COLOURS[name]
    paper = f";48;2;{PAPER[0]};{PAPER[1]};{PAPER[2]}" if start else ""
    return f"\x1b[{'0;' if start else ''}{'22;' if thin else ''}{'1;' if bold else ''}38;2;{red};{green};{blue}{paper}m"


_OPEN, _CLOSE = b"\x1b[?1049h\x1b[?25l\x1b[?7l", b"\x1b[?1049l\x1b[?25h"


def raw(frames: Iterator[int], rate: int, four: bool) -> None:
    """Write the rows as plain text with colour codes."""
    out, inks = sys.stdout.fileno(), _inks()
    os.write(out, _OPEN)
    due = time.monotonic()
    for frame in frames:
        os.write(out, _raw_frame(inks, frame, four))
        due += 1 / rate
        time.sleep(max(0.0, due - time.monotonic()))
    os.write(out, _CLOSE)


def woken(frames: Iterator[int], rate: int, four: bool) -> None:
    """The same from an event loop, as any program must that has a socket and a keyboard besides."""

    async def draw() -> None:
        loop, out, inks = asyncio.get_running_loop(), sys.stdout.fileno(), _inks()
        over = loop.create_future()
        due = loop.time()

        def tick() -> None:
            nonlocal due
            frame = next(frames, None)
            if frame is None:
                over.set_result(None)
                return
            os.write(out, _raw_frame(inks, frame, four))
            due += 1 / rate
            loop.call_at(due, tick)

        os.write(out, _OPEN)
        tick()
        await over
        os.write(out, _CLOSE)

    asyncio.run(draw())


def _inks() -> tuple[str, ...]:
    names = (code(name) for name in ("dim", "bid", "ask", "price", "text"))
    return *names, code("dim", start=True), code("ask", thin=True), code("text", thin=True)


def _raw_frame(inks: tuple[str, ...], frame: int, four: bool) -> bytes:
    dim, bid, ask, price, text, start, after, after2 = inks
    parts = []
    for area in AREAS:
        if four and area is not LADDER:
            continue
        for y in range(FOUR if four else area.height):
            delta, bids, cents, asks, traded = numbers((y, frame))
            # A row ends with the colours that the next one begins with.
            move = f"\x1b[{area.y + y + 1};{area.x + 1}H{'' if y else start}"
            if area is LADDER:
                bar, bar2 = "█" * (bids % 14), "█" * (asks % 14)
                parts.append(
                    f"{move}│{text}{delta:>+6} {bid}{bar:>13} {bids:>6} {price}{cents:>6}"
                    f"{after} {asks:<6} {bar2:<13}{text}{delta:>+6}{dim}{traded:>8} │"
                )
            else:
                rest = area.width - 41
                parts.append(
                    f"{move}│ {frame:>8} {bid}▲ BUY {price}{cents:>6}{after2}{bids:>8}"
                    f"{ask}{asks:>8} {dim}{traded:<{rest}}│"
                )
    parts.append("\x1b[0m")
    return "".join(parts).encode()


# Panels and the frame clock


def panels(mode: str, frames: int, rate: int, four: bool, report: Report, load: float) -> None:
    """The same rows as panels: drawn at the rate, or left alone, or changed by a key while a feed is busy."""
    from textual.app import ComposeResult
    from textual.binding import Binding, BindingType

    from pmtui.ui.live import LiveApp
    from pmtui.ui.panel import Panel, Spans

    class Block(Panel[Row]):
        COMPONENT_CLASSES: ClassVar[set[str]] = {f"block--{name}" for name in COLOURS}
        DEFAULT_CSS = f"Block {{ background: rgb{PAPER}; position: absolute; }}" + "".join(
            f"Block .block--{name} {{ color: rgb{rgb}; text-style: {'bold' if bold else 'none'}; }}"
            for name, (rgb, bold) in COLOURS.items()
        )

        def __init__(self, area: Area) -> None:
            super().__init__()
            self.area = area
            self.still = [(y, 0) for y in range(area.height)]
            self.styles.width, self.styles.height = area.width, area.height
            self.styles.offset = area.x, area.y

        @cached_property
        def host(self) -> Screen:
            return cast(Screen, self.app)

        def look(self) -> Sequence[Row]:
            if mode == "keys":
                frame = self.host.frame if self.area is LADDER else self.host.presses
                return [(y, frame) for y in range(self.area.height)]
            if mode != "idle" and self.area is TRUTH:
                self.host.advance()
            frame = self.host.frame
            if not four:
                return [(y, frame) for y in range(self.area.height)]
            # What did not change is not computed again either, as in panels that look at versions first.
            if self.area is not LADDER:
                return self.still
            return [(y, frame) for y in range(FOUR)] + self.still[FOUR:]

        def paint(self, row: Row, width: int) -> Spans:
            delta, bids, cents, asks, traded = numbers(row)
            if self.area is LADDER:
                bar, bar2 = "█" * (bids % 14), "█" * (asks % 14)
                return (
                    ("│", "block--dim"),
                    (f"{delta:>+6} ", "block--text"),
                    (f"{bar:>13} {bids:>6} ", "block--bid"),
                    (f"{cents:>6}", "block--price"),
                    (f" {asks:<6} {bar2:<13}", "block--ask"),
                    (f"{delta:>+6}", "block--text"),
                    (f"{traded:>8} │", "block--dim"),
                )
            return (
                (f"│ {row[1]:>8} ", "block--dim"),
                ("▲ BUY ", "block--bid"),
                (f"{cents:>6}", "block--price"),
                (f"{bids:>8}", "block--text"),
                (f"{asks:>8} ", "block--ask"),
                (f"{traded:<{width - 41}}│", "block--dim"),
            )

    class Screen(LiveApp[None]):
        BINDINGS: ClassVar[list[BindingType]] = [Binding("k", "press", "press")]
        frame = 0
        presses = 0
        times = counted(frames, rate, report)
        due = 0.0

        def compose(self) -> ComposeResult:
            for area in AREAS:
                yield Block(area)

        def on_mount(self) -> None:
            if mode == "keys":
                threading.Thread(target=self.feed, daemon=True).start()
            elif mode == "idle":
                self.call_later(self.rest)

        def advance(self) -> None:
            """The next numbers, and when those after them will come."""
            frame = next(self.times, None)
            if frame is None:
                self.exit()
                return
            self.frame, now = frame, time.monotonic()
            self.due = (self.due or now) + 1 / rate
            self.frames.look_in(self.due - now)

        async def rest(self) -> None:
            await asyncio.sleep(1)
            report()
            await asyncio.sleep(frames / rate)
            report()
            self.exit()

        def feed(self) -> None:
            """Handle so many messages a second, as many as possible when that is infinite."""
            message = json.dumps({"changes": [{"price": "0.52", "size": "100.5", "side": "BUY"}] * 4})
            due = time.monotonic()
            while load:
                for _ in range(10):
                    json.loads(message)
                    self.frame += 1
                    self.frames.nudge()
                due += 10 / load
                if load != float("inf"):
                    time.sleep(max(0.0, due - time.monotonic()))

        def action_press(self) -> None:
            self.presses += 1

    sys.setswitchinterval(0.0005)
    Screen(rate=rate if mode == "keys" else 2 * rate, direct=mode != "public").run()


# Textual's DataTable


def table(frames: int, rate: int, report: Report) -> None:
    """The same screen as tables whose cells are updated."""
    from rich.text import Text
    from textual.app import App, ComposeResult
    from textual.widgets import DataTable

    styles = {
        name: f"{'bold ' if bold else ''}rgb({rgb[0]},{rgb[1]},{rgb[2]})" for name, (rgb, bold) in COLOURS.items()
    }

    def cells(area: Area, row: Row) -> list[Text]:
        delta, bids, cents, asks, traded = numbers(row)
        if area is LADDER:
            texts = [
                (f"{delta:>+6}", "text"),
                (f"{'█' * (bids % 14):>13}", "bid"),
                (f"{bids:>6}", "bid"),
                (f"{cents:>6}", "price"),
                (f"{asks:<6}", "ask"),
                (f"{'█' * (asks % 14):<13}", "ask"),
                (f"{delta:>+6}", "text"),
                (f"{traded:>8}", "dim"),
            ]
        else:
            texts = [
                (f"{row[1]:>8}", "dim"),
                ("▲ BUY", "bid"),
                (f"{cents:>6}", "price"),
                (f"{bids:>8}", "text"),
                (f"{asks:>8}", "ask"),
                (f"{traded}", "dim"),
            ]
        return [Text(text, styles[name]) for text, name in texts]

    class Tables(App[None]):
        CSS = "DataTable { position: absolute; } Screen { overflow: hidden; }"

        def compose(self) -> ComposeResult:
            for area in AREAS:
                block: DataTable[Text] = DataTable(show_header=False, show_cursor=False, cell_padding=0)
                block.styles.width, block.styles.height = area.width, area.height
                block.styles.offset = area.x, area.y
                widths = (8, 14, 7, 6, 7, 14, 6, 8) if area is LADDER else (10, 6, 6, 8, 8, area.width - 40)
                for column, width in enumerate(widths):
                    block.add_column("", key=str(column), width=width)
                for y in range(area.height):
                    block.add_row(*cells(area, (y, 0)), key=str(y))
                yield block

        def on_mount(self) -> None:
            self.times = counted(frames, rate, report)
            self.blocks = list(zip(self.query(DataTable), AREAS, strict=True))
            self.set_interval(1 / rate, self.tick)

        def tick(self) -> None:
            frame = next(self.times, None)
            if frame is None:
                self.exit()
                return
            for block, area in self.blocks:
                for y in range(area.height):
                    for column, cell in enumerate(cells(area, (y, frame))):
                        block.update_cell(str(y), str(column), cell)

    Tables().run()


# Measuring


def cost(kind: str, *, four: bool = False, rate: int = RATE, seconds: int = SECONDS) -> float:
    """Milliseconds of processor time a frame: of `raw`, `woken`, `panels`, `public`, `table`, or `idle`
    panels."""
    frames = rate * seconds
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "cpu"
        command = _child(kind, frames, rate, four, target)
        with Session(command, columns=COLUMNS, lines=LINES, environment=_PATH) as session:
            while not session.ended(within=0):
                session.read(0.1)
        began, ended = json.loads(target.read_text())
    return float(1000 * (ended - began) / frames)


class Waits(NamedTuple):
    """How long keys waited for the frame that answers them, in milliseconds."""

    p50: float
    p99: float
    worst: float
    unanswered: int


def key_latency(
    command: Sequence[str],
    keys: Iterator[tuple[bytes, Callable[[bytes], bool]]],
    *,
    ready: Callable[[bytes], bool],
    count: int = 300,
    seed: int = 7,
    warm_up: float = 1.0,
    patience: float = 2.0,
    environment: Mapping[str, str] | None = None,
) -> Waits:
    """Press keys at random moments, and take the time until the bytes that hold the change have arrived.

    `keys` gives for each press what to type and whether the bytes received since then show the change; `ready` tells
    from all bytes so far that the program can be typed to.
    """
    dice = random.Random(seed)
    waits: list[float] = []
    with Session(command, columns=COLUMNS, lines=LINES, environment=environment) as session:
        session.read_while(lambda seen: not ready(seen), deadline=10)
        session.read_while(lambda _: True, deadline=warm_up)
        for _, (key, shows) in zip(range(count), keys, strict=False):
            session.read_while(lambda _: True, deadline=dice.uniform(0.01, 0.06))
            pressed = time.perf_counter()
            session.send(key)
            seen = b""
            while not (shown := shows(seen)) and time.perf_counter() - pressed < patience:
                seen += session.read(0.05)
            if shown:
                waits.append(1000 * (time.perf_counter() - pressed))
    if not waits:
        raise RuntimeError(f"no key was answered by {command}")
    waits.sort()
    return Waits(statistics.median(waits), waits[int(0.99 * (len(waits) - 1))], waits[-1], count - len(waits))


def own_key_latency(load: float, *, count: int = 300) -> Waits:
    """The waits of keys in the panels above while a feed handles `load` messages a second."""

    def keys() -> Iterator[tuple[bytes, Callable[[bytes], bool]]]:
        for press in range(1, count + 1):
            yield b"k", _contains(f"│ {press:>8} ".encode())

    command = _child("keys", 0, RATE, False, Path(os.devnull), load)
    return key_latency(command, keys(), ready=_contains(b"BUY"), count=count, environment=_PATH)


def echo_latency(*, count: int = 300) -> Waits:
    """What this machine and the measuring take: the waits of keys in a program that only echoes them."""
    program = (
        "import os, select, tty\ntty.setraw(0)\nos.write(1, b'ready')\n"
        "while True:\n    select.select([0], [], [])\n    os.write(1, os.read(0, 9))"
    )
    keys = ((b"k", _contains(b"k")) for _ in range(count))
    return key_latency([sys.executable, "-c", program], keys, ready=_contains(b"ready"), count=count)


def ratios(*, rounds: int = 8) -> dict[str, float]:
    """The figures of the frame; programs take turns, and a ratio is the middle one of those of each round.

    A machine that others share has fast and slow minutes, and the least of two programs may come from different ones;
    what ran side by side is compared. Many short turns rather than few long ones, for the same reason.
    """
    kinds: dict[str, tuple[str, bool, int]] = {
        "raw four": ("raw", True, RATE),
        "raw": ("raw", False, RATE),
        "ours": ("panels", False, RATE),
        "four": ("panels", True, RATE),
        "woken four": ("woken", True, RATE),
        "woken": ("woken", False, RATE),
        "brisk": ("panels", False, BRISK),
        "brisk four": ("panels", True, BRISK),
        "public": ("public", False, RATE),
        "table": ("table", False, RATE),
    }
    costs: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, (kind, four, rate) in kinds.items():
            costs[name].append(cost(kind, four=four, rate=rate))

    def ratio(some: str, all_: str) -> float:
        return statistics.median(one / other for one, other in zip(costs[some], costs[all_], strict=True))

    return {
        "frame, ms of CPU, raw": statistics.median(costs["raw"]),
        "frame, ms of CPU, panels": statistics.median(costs["ours"]),
        "frame: panels / raw": ratio("ours", "raw"),
        "frame: panels / DataTable": ratio("ours", "table"),
        "frame: public refresh / raw": ratio("public", "raw"),
        "frame: four rows / all rows": ratio("four", "ours"),
        "frame: four rows / all rows, least of each": min(costs["four"]) / min(costs["ours"]),
        "frame: four rows / all rows, raw": ratio("raw four", "raw"),
        "frame: four rows / all rows, raw from a loop": ratio("woken four", "woken"),
        "frame: four rows raw from a loop / all rows": ratio("woken four", "ours"),
        "frame: four rows / all rows, brisk": ratio("brisk four", "brisk"),
        "idle, share of a core": cost("idle", seconds=10) * RATE / 1000,
    }


def main() -> None:
    """Print all figures of this module."""
    for name, figure in ratios().items():
        print(f"{name:42} {figure:10.4f}")
    for name, waits in [
        ("key: echo", echo_latency()),
        ("key: idle", own_key_latency(0)),
        ("key: 5,000 messages/s", own_key_latency(5_000)),
        ("key: 10,000 messages/s", own_key_latency(10_000)),
        ("key: saturated feed", own_key_latency(float("inf"))),
    ]:
        print(f"{name:42} p50 {waits.p50:6.2f} ms   p99 {waits.p99:6.2f} ms   worst {waits.worst:6.2f} ms")


def _contains(what: bytes) -> Callable[[bytes], bool]:
    return lambda seen: what in seen


def _child(kind: str, frames: int, rate: int, four: bool, target: Path, load: float = 0) -> list[str]:
    return [
        sys.executable,
        "-m",
        "benchmarks.screen",
        "draw",
        json.dumps(
            {"kind": kind, "frames": frames, "rate": rate, "four": four, "target": str(target), "load": load},
        ),
    ]


def _draw(kind: str, frames: int, rate: int, four: bool, target: str, load: float) -> None:
    """Draw, and write down the processor time used when the warm-up is over and at the end."""
    marks: list[float] = []

    def report() -> None:
        marks.append(time.process_time())
        Path(target).write_text(json.dumps(marks))

    if kind in {"raw", "woken"}:
        {"raw": raw, "woken": woken}[kind](counted(frames, rate, report), rate, four)
    elif kind == "table":
        table(frames, rate, report)
    else:
        panels(kind, frames, rate, four, report, load)


if __name__ == "__main__":
    if sys.argv[1:2] == ["draw"]:
        _draw(**json.loads(sys.argv[2]))
    else:
        main()
