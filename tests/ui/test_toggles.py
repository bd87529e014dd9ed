"""Panels that come and go, in a real terminal: what is left on it is what a full repaint draws, cell by cell."""

from __future__ import annotations

import random
import signal
import sys

import pytest

from tests.ui.terminal import Terminal, differing_cells

_PROGRAM = """
import sys
from tests import scenes
from pmtui.ui.app import Pmtui
Pmtui(scenes.account().desk, follow=False).run()
"""
_ROUNDS = 6
_KEYS = "123457zam"
"""Not those of the health panel, whose figures go on."""


def assert_equal_to_full_repaint(terminal: Terminal) -> None:
    terminal.settle()
    drawn = terminal.cells()
    terminal.wipe()
    terminal.signal(signal.SIGWINCH)  # of the same size: all is drawn again
    terminal.wait_for(lambda: "LIVE" in terminal.text or "STALE" in terminal.text or "QUIET" in terminal.text)
    terminal.settle()
    assert differing_cells(drawn, terminal.cells()) == []


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
def test_what_panels_leave_behind_is_what_a_full_repaint_draws(size: tuple[int, int]) -> None:
    dice = random.Random(size[0])
    columns, lines = size
    with Terminal([sys.executable, "-c", _PROGRAM], columns=columns, lines=lines) as terminal:
        terminal.wait_for("◂", deadline=10)
        terminal.settle()
        for _ in range(_ROUNDS):
            pressed = "".join(dice.choices(_KEYS, k=dice.randrange(1, 4)))
            terminal.send(pressed.encode())
            assert_equal_to_full_repaint(terminal)
