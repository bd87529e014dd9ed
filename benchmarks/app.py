"""Figures of the whole program in a real terminal: keys under load, start, quit, memory, CPU, a terminal that stops."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks.pty import Session
from benchmarks.report import Figure
from benchmarks.screen import Waits, key_latency

# A user's Python keeps the bytecode of what it compiled once; without it we would be measured compiling ourselves.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

DEMO = [sys.executable, "-m", "pmtui", "demo", "--seed", "7"]
_LIVE = re.compile(rb"LIVE")
_READ_OUT = re.compile(rb"\[(\d+\.?\d*)[^\]]{0,4}\]")
_RATE = re.compile(rb"(\d+)(?:\x1b\[[\d;]*m)?/s")
_STARTS = 25
_TURNS = 3
"""How often keys are measured. The least p99 counts, since whatever else a machine does makes a key only wait longer;
that of each turn is told beside it."""
_SATURATING = 60_000
"""Messages a second that the made-up exchange is asked for: more than it, or the feed, can do."""

HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static("hello, world")
Hello().run()
"""


def keys() -> list[Figure]:
    """The key that is pressed most, the cursor's, through the pty, until the read-out names another price.

    What changes all panels at once has a limit of its own: see `actions`.
    """
    idle, five, ten, flood = (_cursor([*DEMO, "--rate", str(rate)]) for rate in (0.2, 5_000, 10_000, _SATURATING))
    return [
        idle.figure("key → frame p99, idle", 5.0),
        five.figure("key → frame p99, 5,000 messages/s", 5.0),
        ten.figure("key → frame p99, 10,000 messages/s", 5.0),
        flood.figure("key → frame p99, as many messages as come", 15.0),
        Figure("p99 at 5,000 messages/s / idle", five.p99 / idle.p99, 2.0),
        Figure("p99 at 10,000 messages/s / idle", ten.p99 / idle.p99, 2.0),
    ]


class Turns:
    """The waits of several turns."""

    def __init__(self, turn: Callable[[], Waits]) -> None:
        self._all = [turn() for _ in range(_TURNS)]
        self.p99 = min(waits.p99 for waits in self._all)

    def figure(self, name: str, goal: float) -> Figure:
        """The least p99 beside its goal."""
        each = ", ".join(f"{waits.p99:.2f}" for waits in self._all)
        p50, worst = min(waits.p50 for waits in self._all), max(waits.worst for waits in self._all)
        unanswered = sum(waits.unanswered for waits in self._all)
        note = f"p50 {p50:.2f} ms, p99 of each turn {each}, worst of all {worst:.2f}, {unanswered} unanswered"
        return Figure(name, self.p99, goal, note, unit="ms")


def _cursor(command: Sequence[str], *, warm_up: float = 3.0) -> Turns:
    return Turns(lambda: _moves(command, warm_up))


def _moves(command: Sequence[str], warm_up: float) -> Waits:
    told = b""

    def moved(seen: bytes) -> bool:
        nonlocal told
        others = [price for price in _READ_OUT.findall(seen) if price != told]
        told = others[-1] if others else told
        return bool(others)

    def keys() -> Iterator[tuple[bytes, Callable[[bytes], bool]]]:
        while True:
            yield from ((key, moved) for key in (b"\x1b[A", b"\x1b[A", b"\x1b[B", b"\x1b[B"))

    return key_latency(command, keys(), ready=lambda seen: seen.count(b"LIVE") >= 2, count=200, warm_up=warm_up)


def actions() -> list[Figure]:
    """What a trader does all day, each to its changed frame: another market, the other outcome, rows, panels."""
    rounds = {
        "market switch": partial(_back_and_forth, b"]", "Meridian", b"[", "Aurora"),
        "YES/NO flip": partial(_back_and_forth, b"\x1b[C", "LADDER NO", b"\x1b[C", "LADDER YES"),
        "grouping change": partial(_back_and_forth, b"+", "×2 2¢", b"-", "×1 1¢"),
        "panel toggle": partial(_back_and_forth, b"1", "TAPE", b"1", "PRICE"),
    }
    return [Turns(turn).figure(f"{name}, key → frame p99 at 5,000 messages/s", 8.0) for name, turn in rounds.items()]


def _back_and_forth(there: bytes, then: str, back: bytes, again: str) -> Waits:
    def keys() -> Iterator[tuple[bytes, Callable[[bytes], bool]]]:
        while True:
            yield there, _shows(then.encode())
            yield back, _shows(again.encode())

    command = [*DEMO, "--rate", "5000"]
    return key_latency(command, keys(), ready=lambda seen: seen.count(b"LIVE") >= 2, count=200, warm_up=3.0)


def both() -> list[Figure]:
    """Two hundred markets of each venue at once, three thousand messages a second in all.

    Some 750 of them are books and contexts that Hyperliquid tells by the clock, whatever happens; the rest is asked
    for, and what the screen counts stands beside the share of a core. The keys and their limits are those of `keys`,
    and for a market switch of `actions`.
    """
    command = [*DEMO, "--venue", "all", "--books", "190", "--rate", "1125"]
    idle = [*DEMO, "--venue", "all", "--books", "190", "--rate", "0.2"]
    quiet, busy = (_cursor(each, warm_up=8.0) for each in (idle, command))
    switch = Turns(lambda: _to_and_fro(command))
    with Session(command) as session:
        _until_live(session)
        session.read_while(lambda _: True, deadline=8.0)
        before, began = session.cpu(), time.monotonic()
        seen = session.read_while(lambda _: True, deadline=10.0)
        share = (session.cpu() - before) / (time.monotonic() - began)
    rates = [int(rate) for rate in _RATE.findall(seen)]
    return [
        quiet.figure("200 + 200 markets, key → frame p99, idle", 5.0),
        busy.figure("200 + 200 markets, key → frame p99, 3,000 messages/s", 5.0),
        Figure("p99 at 3,000 messages/s / idle", busy.p99 / quiet.p99, 2.0),
        switch.figure("200 + 200 markets, switch → frame p99, 3,000 messages/s", 8.0),
        Figure("share of a core meanwhile", share * 100, 50.0, f"{statistics.mean(rates):.0f} messages/s", unit="%"),
    ]


def _to_and_fro(command: Sequence[str]) -> Waits:
    def keys() -> Iterator[tuple[bytes, Callable[[bytes], bool]]]:
        while True:
            yield b"]", _shows("›2 ".encode())
            yield b"[", _shows("›1 ".encode())

    return key_latency(command, keys(), ready=lambda seen: seen.count(b"LIVE") >= 2, count=200, warm_up=8.0)


def _shows(mark: bytes) -> Callable[[bytes], bool]:
    return lambda seen: mark in seen


def start() -> list[Figure]:
    """From the command to the first frame, and to the version, against what they stand on.

    The shortest of many: whatever else a machine does makes a start only longer.
    """
    hello, ours, bare, version = [], [], [], []
    for _ in range(_STARTS):
        hello.append(_first(["-c", HELLO], rb"hello, world"))
        ours.append(_first(["-m", "pmtui", "demo", "--seed", "7"], rb"market"))
        bare.append(_run(["-c", "pass"]))
        version.append(_run(["-m", "pmtui", "--version"]))
    note = f"{min(ours) * 1000:.0f} ms, at the median {statistics.median(ours) / statistics.median(hello):.2f}"
    return [
        Figure("first frame / hello-world app", min(ours) / min(hello), 1.25, note),
        Figure("--version / bare interpreter", min(version) / min(bare), 3.0),
    ]


def _first(arguments: Sequence[str], mark: bytes) -> float:
    began = time.perf_counter()
    with Session([sys.executable, *arguments], columns=120, lines=40) as session:
        session.read_while(lambda seen: not re.search(mark, seen), deadline=10)
        return time.perf_counter() - began


def _run(arguments: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # our own
    return time.perf_counter() - began


def leaving() -> list[Figure]:
    """From the key to the end of the process, with a feed of 5,000 messages a second."""
    times = []
    for _ in range(5):
        with Session([*DEMO, "--rate", "5000"]) as session:
            _until_live(session)
            session.read_while(lambda _: True, deadline=1.0)
            began = time.perf_counter()
            session.send(b"q")
            while not session.ended(within=0.001):
                session.read(0.0)
            times.append(time.perf_counter() - began)
    return [Figure("quit under full feed", max(times), 0.5, "worst of five", unit="s")]


def cpu() -> list[Figure]:
    """The demo at ten updates a second, without the simulated exchange, which is a process of its own."""
    with Session([*DEMO, "--rate", "10"]) as session:
        _until_live(session)
        session.read_while(lambda _: True, deadline=3.0)
        before, began = session.cpu(), time.monotonic()
        session.read_while(lambda _: True, deadline=20.0)
        share = (session.cpu() - before) / (time.monotonic() - began)
    return [Figure("demo at 10 updates/s, share of a core", share * 100, 5.0, unit="%")]


def stopped(seconds: float = 30.0) -> list[Figure]:
    """A terminal that reads nothing: what came meanwhile is all there, and the screen is current within a second."""
    with Session([*DEMO, "--rate", "500"]) as session:
        _until_live(session)
        session.send(b"h")
        session.read_while(lambda _: True, deadline=2.0)
        before = session.cpu()
        time.sleep(seconds)
        used = session.cpu() - before
        began = time.monotonic()
        seen = session.read_while(lambda data: not _current(data), deadline=5.0)
        late = time.monotonic() - began
    note = f"{used / seconds * 100:.1f} % of a core meanwhile; label {'LIVE' if _LIVE.search(seen) else 'not LIVE'}"
    return [Figure(f"current after {seconds:.0f}s of a stopped terminal", late, 1.0, note, unit="s")]


def _current(data: bytes) -> bool:
    return time.strftime("%H:%M:%S", time.gmtime()).encode() in data


def memory() -> list[Figure]:
    """Resident memory of the program while it waits for a venue that is not there, against hello-world.

    The less of two: whatever has to be compiled first is measured with the compiler that did it.
    """
    hello = min(_resident([sys.executable, "-c", HELLO], b"hello") for _ in range(2))
    token = "1" * 77
    watch = [sys.executable, "-m", "pmtui", "watch", token, "--ws-url", "ws://127.0.0.1:9"]
    ours = min(_resident(watch, b"DOWN") for _ in range(2))
    return [Figure("memory without books / hello-world", ours / hello, 1.4, f"{ours / 1024:.0f} MB")]


def _resident(command: Sequence[str], mark: bytes) -> float:
    with Session(command) as session:
        session.read_while(lambda seen: mark not in seen, deadline=10)
        session.read_while(lambda _: True, deadline=2.0)
        status = Path(f"/proc/{session.pid}/status").read_text()
        return float(status.partition("VmRSS:")[2].split()[0])


def _until_live(session: Session) -> None:
    session.read_while(lambda seen: not _LIVE.search(seen), deadline=15)
