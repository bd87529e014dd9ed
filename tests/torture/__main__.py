"""`python -m tests.torture --seed S --hours H --faults N`: a long run, its figures, and status 1 for a violation."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Callable

from .report import Report
from .rounds import Scene, play, rounds


def torture(
    seed: int,
    hours: float,
    faults: int,
    *,
    rate: float = 10.0,
    only: frozenset[str] = frozenset(),
    tell: Callable[[Scene, Report], None] = lambda scene, report: None,
) -> Report:
    """So many simulated hours with so many faults, in rounds of ten minutes."""
    report = Report()
    for scene in rounds(seed, int(hours * 3_600), faults, rate=rate, only=only):
        one = play(scene)
        report.add(one)
        tell(scene, one)
    return report


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hours", type=float, default=1.0, help="simulated hours")
    parser.add_argument("--faults", type=int, default=250)
    parser.add_argument("--rate", type=float, default=10.0, help="messages a second of the whole world")
    parser.add_argument("--only", default="", help="kinds of faults, joined by commas: nothing else goes wrong")
    asked = parser.parse_args()
    only = frozenset(filter(None, asked.only.split(",")))
    logging.getLogger("pmtui").addHandler(logging.NullHandler())  # all that is told is expected here
    began = time.process_time()
    report = torture(asked.seed, asked.hours, asked.faults, rate=asked.rate, only=only, tell=_tell)
    used = time.process_time() - began
    print("\n".join(report.lines()))
    print(f"processor time         {used:.1f} s, {report.simulated_ms / 1000 / max(used, 0.001):.0f} times real time")
    if report.violated:
        kinds = f" --only {asked.only}" if only else ""
        print(f"repeat with            --seed {asked.seed} --hours {asked.hours} --faults {asked.faults}{kinds}")
    return 1 if report.violated else 0


def _tell(scene: Scene, report: Report) -> None:
    """A violated round is told at once, with its own seed."""
    if report.violated:
        print(f"seed {scene.seed}: {report.violated} violations", flush=True)
        for text in report.violations:
            print(f"  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
