"""The commands around the made-up exchange: what fits which venue, and what can be asked for."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from pmtui.cli import cli


@pytest.mark.parametrize(
    ("line", "about"),
    [
        ("sim --venue hl --rest-port 7101", "--rest-port is for --venue polymarket"),
        ("sim --greets", "--greets is for --venue hl"),
        ("sim --sockets 20", "--sockets is for --venue hl"),
        ("sim --venue hl --faults explode", "'explode' is not a fault"),
        ("sim --venue mars", "'mars' is not one of"),
        ("demo --venue mars", "'mars' is not one of"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(line: str, about: str) -> None:
    ended = CliRunner().invoke(cli, line.split())
    assert ended.exit_code == 2
    assert about in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(("line", "pace"), [("sim", 10), ("sim --account --pace 60", 60), ("sim --no-account", 0)])
def test_the_account_trades_at_its_pace_or_lies_still(line: str, pace: float, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[dict[str, object]] = []
    monkeypatch.setattr("pmtui.sim.run.serve", lambda **options: served.append(options))
    assert CliRunner().invoke(cli, line.split()).exit_code == 0
    assert served[0]["pace"] == pace


def test_the_faults_of_each_venue_are_listed() -> None:
    listed = CliRunner().invoke(cli, ["fault"]).stdout
    first, second = listed.split("\nWith --venue hl:\n\n")
    assert "mute TOKEN SECONDS" in first
    assert "slow-only SECONDS" not in first
    assert "mute COIN SECONDS" in second
    assert "slow-only SECONDS" in second
    assert "freeze SECONDS" in second
