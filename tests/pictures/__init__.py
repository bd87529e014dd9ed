"""Pictures of the scenes: `python -m tests.pictures` draws them all again, as SVG and as text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pmtui.ui.app import Pmtui
from pmtui.ui.frame import FrameCounts
from pmtui.ui.panels.far.health import Health
from tests.draw import drawn, lines
from tests.scenes import SCENES

Seen = TypeVar("Seen")

HERE = Path(__file__).parent
SCREENSHOTS = HERE.parent.parent / "screenshots"

PICTURES = {
    "live-80x24": ("live", (80, 24), ""),
    "live-120x40": ("live", (120, 40), ""),
    "live-200x60": ("live", (200, 60), ""),
    "tick-change-120x40": ("tick-change", (120, 40), ""),
    "stale-120x40": ("stale", (120, 40), ""),
    "down-80x24": ("down", (80, 24), ""),
    "resync-120x40": ("resync", (120, 40), ""),
    "cursor-120x40": ("cursor", (120, 40), ""),
    "merged-120x40": ("merged", (120, 40), ""),
    "grouped-80x24": ("grouped", (80, 24), ""),
    "light-120x40": ("cursor", (120, 40), "pmtui-light"),
    "colour-blind-120x40": ("cursor", (120, 40), "pmtui-colour-blind"),
    "no-colour-120x40": ("cursor", (120, 40), "pmtui-plain"),
    "picker-120x40": ("picker", (120, 40), ""),
    "account-80x24": ("account", (80, 24), ""),
    "account-120x40": ("account", (120, 40), ""),
    "account-200x60": ("account", (200, 60), ""),
    "account-refused-120x40": ("account-refused", (120, 40), ""),
    "perp-120x40": ("perp", (120, 40), ""),
    "border-120x40": ("border", (120, 40), ""),
    "both-120x40": ("both", (120, 40), ""),
    "health-120x40": ("health", (120, 40), ""),
    "help-120x40": ("help", (120, 40), ""),
}
"""File name: scene, size and theme."""


def text_of(name: str) -> str:
    return _text(_seen(name, lines))


def save(name: str) -> None:
    screen, svg = draw(name)
    (HERE / f"{name}.txt").write_text(_text(screen), encoding="utf-8")
    (SCREENSHOTS / f"{name}.svg").write_text(svg, encoding="utf-8")


def draw(name: str) -> tuple[list[str], str]:
    """The screen as lines and as a picture."""
    return _seen(name, lambda app: (lines(app), app.export_screenshot()))


def _seen(name: str, read: Callable[[Pmtui], Seen]) -> Seen:
    scene, size, theme = PICTURES[name]
    make, keys = SCENES[scene]

    def measured(app: Pmtui) -> Seen:
        _measure(app)
        return read(app)

    return drawn(make(), size, measured, keys=keys, theme=theme)


def _measure(app: Pmtui) -> None:
    """Say what this machine would have measured: a picture is the same wherever and whenever it is drawn."""
    app.desk.store.clocks.taken.extend([140] * 98 + [620] * 2)
    frames, counts = app.frames, FrameCounts()
    counts.frames, counts.gap, counts.max_gap = 1_184, 0.001, 0.012
    frames.counts = counts
    for waits, usual, slow in ((frames._news_waits, 0.0021, 0.0048), (frames._key_waits, 0.0009, 0.0032)):
        waits.clear()
        waits.extend([usual] * 98 + [slow] * 2)
    for panel in app.panels():
        if isinstance(panel, Health):
            panel._memory_at, panel._memory_is = app.desk.now() // 1000, 94_000_000
    frames.pulse()


def _text(screen: list[str]) -> str:
    return "\n".join(line.rstrip() for line in screen) + "\n"
