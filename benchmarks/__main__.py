"""`python -m benchmarks [pipeline frame keys start …]`: the figures, as ratios measured in one run."""

from __future__ import annotations

import sys
from collections.abc import Callable

from benchmarks import account, app, hyperliquid, memory, pipeline, screen
from benchmarks.report import Figure


def _frame() -> list[Figure]:
    found = screen.ratios()
    return [
        Figure("frame: panels / raw escape codes", found["frame: panels / raw"], 2.0),
        Figure("frame: panels / DataTable", found["frame: panels / DataTable"], 1 / 12),
        Figure("frame: four rows / all rows", found["frame: four rows / all rows"], 0.35, _beside(found)),
        Figure("idle, share of a core", found["idle, share of a core"] * 100, 0.3, unit="%"),
    ]


def _beside(found: dict[str, float]) -> str:
    """What waking thirty times a second costs without us: nobody's four rows are cheaper than bare escape codes.

    And what is left of the figure where the processor has no time to fall asleep between two frames.
    """
    least, raw, woken, floor, brisk = (
        found[f"frame: four rows {which}"]
        for which in (
            "/ all rows, least of each",
            "/ all rows, raw",
            "/ all rows, raw from a loop",
            "raw from a loop / all rows",
            "/ all rows, brisk",
        )
    )
    return (
        f"least of each {least:.3f}; raw escape codes alone: {raw:.3f}, from an event loop {woken:.3f}; those four "
        f"from a loop / all rows of panels: {floor:.3f}; at {screen.BRISK} frames a second {brisk:.3f}"
    )


GROUPS: dict[str, Callable[[], list[Figure]]] = {
    "pipeline": pipeline.measure,
    "hyperliquid": hyperliquid.measure,
    "frame": _frame,
    "keys": app.keys,
    "actions": app.actions,
    "both": app.both,
    "start": app.start,
    "leaving": app.leaving,
    "books": memory.measure,
    "memory": app.memory,
    "account": account.measure,
    "cpu": app.cpu,
    "stopped": app.stopped,
}


def main() -> int:
    """Print each figure beside its goal; the exit code counts the missed ones."""
    wanted = sys.argv[1:] or list(GROUPS)
    if unknown := [name for name in wanted if name not in GROUPS]:
        print(f"no such figures: {', '.join(unknown)}; there are {', '.join(GROUPS)}", file=sys.stderr)
        return 2
    missed = 0
    for name in wanted:
        print(name)
        for figure in GROUPS[name]():
            print(f"  {figure.line()}", flush=True)
            missed += not figure.met
    return min(missed, 1)


if __name__ == "__main__":
    raise SystemExit(main())
