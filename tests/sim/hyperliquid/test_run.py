"""The exchange as a process: what it prints, and how it ends."""

from __future__ import annotations

import json
import signal

from tests.sim.test_run import line, say, served


def test_one_line_of_json_says_where_it_is_and_what_it_trades() -> None:
    with served("venue='hl', seed=11, json=True, books=3, until_stdin_closes=True") as process:
        told = json.loads(line(process))
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0
    assert told["venue"] == "hyperliquid"
    assert told["seed"] == 11
    assert told["ws_url"].startswith("ws://127.0.0.1:")
    assert told["ws_url"].removeprefix("ws") == told["rest_url"].removeprefix("http")
    assert len(told["account"]["address"]) == 42
    names = [coin["coins"][0] for coin in told["coins"]]
    assert {"BTC", "ETH", "xyz:TSLA", "@107", "#10", "LOAD3"} <= set(names)
    assert "#60" not in names


def test_a_signal_ends_it_at_once_and_faults_can_be_typed() -> None:
    with served("venue='hl', json=True, read_faults=True") as process:
        line(process)
        say(process, "mute BTC 30; at 5 cut")
        assert line(process) == "mute BTC 30\n"
        assert line(process) == "at 5 cut\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_for_people_it_prints_what_to_type_next() -> None:
    with served("venue='hl', until_stdin_closes=True") as process:
        assert line(process).startswith("socket          ws://127.0.0.1:")
        process.stdin.close()  # type: ignore[union-attr]
