"""The exchange as a process: what it prints, what it reads, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from types import ModuleType

import pytest

from pmtui.sim.hyperliquid import run as hyperliquid
from pmtui.sim.hyperliquid.server import HyperliquidServer
from pmtui.sim.polymarket import run as polymarket
from pmtui.sim.polymarket.server import SimServer
from pmtui.sim.polymarket.world import OPENING


@contextmanager
def served(options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", f"from pmtui.sim.run import serve; serve({options})"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        with process:
            yield process
            process.wait(30)
    finally:
        process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def say(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{text}\n")
    process.stdin.flush()


def test_one_line_of_json_says_where_it_is_and_it_ends_with_its_parent() -> None:
    with served("seed=11, json=True, until_stdin_closes=True") as process:
        told = json.loads(line(process))
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0
    assert told["seed"] == 11
    assert told["ws_url"].startswith("ws://127.0.0.1:")
    assert told["rest_url"].startswith("http://127.0.0.1:")
    assert len({market["event_slug"] for market in told["markets"]}) == 8
    assert set(told["markets"][0]) == {
        "question",
        "slug",
        "event_slug",
        "condition_id",
        "tokens",
        "outcomes",
        "character",
    }


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_at_once(number: signal.Signals) -> None:
    with served("json=True") as process:
        line(process)
        process.send_signal(number)
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_faults_can_be_typed() -> None:
    with served("json=True, read_faults=True, until_stdin_closes=True") as process:
        line(process)
        say(process, "freeze 30; at 5 cut")
        assert line(process) == "freeze 30\n"
        assert line(process) == "at 5 cut\n"
        say(process, "explode")
        assert process.stderr is not None
        assert "'explode' is not a fault" in process.stderr.readline()
        process.stdin.close()  # type: ignore[union-attr]


def test_for_people_it_prints_what_to_type_next() -> None:
    with served("until_stdin_closes=True") as process:
        assert line(process).startswith("market channel  ws://127.0.0.1:")
        process.stdin.close()  # type: ignore[union-attr]


@pytest.mark.parametrize("room", [polymarket, hyperliquid])
def test_a_world_that_took_long_to_make_begins_now(room: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = count(OPENING, 700)
    monkeypatch.setattr(room, "wall_clock", lambda: next(clock))

    made: SimServer | HyperliquidServer = room.server()

    assert made.world.now == OPENING + 700
