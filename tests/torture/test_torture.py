"""Short runs of the harness by default, longer ones when asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .__main__ import torture
from .rounds import Scene, play

ROOT = Path(__file__).parents[2]


def test_minutes_of_faults_leave_no_book_wrongly_sure() -> None:
    report = play(Scene(1, 120, faults=12, rate=10))
    assert report.violations == []
    assert report.compared > 500
    assert report.links > 3


def test_minutes_without_a_fault_bring_no_doubt_and_no_new_link() -> None:
    report = play(Scene(2, 120, faults=0, rate=10, calm=0))
    assert report.violations == []
    assert report.links == 1
    assert report.wrong == 0
    assert set(report.doubts) <= {"the tick size changed"}
    assert report.proofs / (report.proofs + report.misses) > 0.9


def test_the_same_seed_gives_the_same_trace() -> None:
    script = "from tests.torture.rounds import Scene, play; print(play(Scene(4, 60, faults=20, calm=10_000)).digest)"
    digests = {
        subprocess.run(  # noqa: S603 our own interpreter and script
            [sys.executable, "-c", script],
            capture_output=True,
            check=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1")
    }
    assert len(digests) == 1
    assert len(digests.pop()) > 30


def test_another_seed_gives_another_trace() -> None:
    assert len({play(Scene(seed, 30, faults=5, calm=0)).digest for seed in (1, 2)}) == 2


@pytest.mark.torture
def test_hours_of_faults_leave_no_book_wrongly_sure() -> None:
    report = torture(seed=21, hours=2, faults=500)
    assert report.wrong == 0


@pytest.mark.torture
def test_hours_of_faults_violate_nothing() -> None:
    report = torture(seed=22, hours=4, faults=1_000)
    assert report.violations == []


@pytest.mark.torture
def test_hours_of_lost_changes_are_noticed_on_the_screen_within_ten_seconds() -> None:
    report = torture(seed=2, hours=2, faults=600, only=frozenset({"drop", "ghost", "swap"}))
    assert report.violations == []
