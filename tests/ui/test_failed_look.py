"""A look that fails leaves nothing behind: the next one shows what it shows where none has failed."""

from __future__ import annotations

import logging
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from inspect import CO_GENERATOR
from types import CodeType, FrameType
from typing import Any

import pytest

import pmtui
from pmtui.core.board import Board
from pmtui.core.events import BookDelta, Side
from pmtui.core.units import Millis, Px, Qty, px, qty
from pmtui.ui.app import Pmtui
from pmtui.ui.panels.far.health import Health
from pmtui.ui.sheet import Pane
from tests import scenes
from tests.draw import drawn
from tests.scenes import Scene

HUGE = (260, 110)
OURS = pmtui.__path__[0]
ROUNDS = 80
Pictures = list[tuple[str, Sequence[Any]]]


class Slip(Exception):
    """What goes wrong for once."""


class Calls:
    """Our own functions as they are called for the first time, of which one can fail."""

    def __init__(self, fails: int = -1) -> None:
        self.seen: set[CodeType] = set()
        self._fails = fails

    def __call__(self, frame: FrameType, event: str, told: object) -> None:
        code = frame.f_code
        # A generator that is given up is called once more, and nobody hears of its error.
        if code.co_filename.startswith(OURS) and not code.co_flags & CO_GENERATOR and code not in self.seen:
            self.seen.add(code)
            if len(self.seen) == self._fails:
                raise Slip


@contextmanager
def traced(calls: Calls) -> Iterator[None]:
    before = sys.gettrace()
    sys.settrace(calls)
    try:
        yield
    finally:
        sys.settrace(before)


def happen(app: Pmtui, scene: Scene, dice: random.Random) -> None:
    """Something that many panels show, and time."""
    desk = scene.desk
    board, account = desk.board(), desk.account
    assert board is not None
    assert account is not None
    deeds: list[Callable[[], object]] = [
        lambda: desk.show(dice.choice(desk.markets)),
        lambda: desk.show(desk.other(desk.shown) or desk.shown),
        lambda: setattr(app, "veiled", not app.veiled),
        lambda: account.take(scenes.order(scene, "mine", Side.BUY, px("0.3"), "99", left=str(dice.randint(1, 99)))),
        lambda: account.take(scenes.fill(scene, "mine", Side.BUY, px("0.3"), str(dice.randint(1, 99)))),
        lambda: desk.store.take([trim(board, qty(str(dice.randint(1, 500))), scene.clock.at)]),
    ]
    dice.choice(deeds)()
    scene.wait(dice.choice([260, 1_000, 7_000]))  # some panels look a few times a second only


def trim(board: Board, size: Qty, at: Millis) -> BookDelta:
    """Another size of the best bid."""
    book = board.book
    return BookDelta(at, at, [(board.instrument.id, True, Px(book.bid), size, (Px(book.bid), Px(book.ask)), "")])


def look(pane: Pane[Any], calls: Calls) -> None:
    """Let a panel look, as the clock of frames does."""
    with_slip = pane.look

    def traced_look() -> Sequence[Any]:
        with traced(calls):
            return with_slip()

    pane.look = traced_look  # type: ignore[method-assign]
    pane.look_again()
    del pane.look


def played(known: list[int], *, slips: bool) -> Pictures:
    """What each panel shows after a second look each time that something happened, where the first may have failed."""
    scene = scenes.account()

    def play(app: Pmtui) -> Pictures:
        dice, slip = random.Random(7), random.Random(8)
        found: Pictures = []
        # The panel of this program's own health tells what no two runs have in common.
        panes = [pane for pane in app.dashboard.panes() if not isinstance(pane, Health)]
        for n in range(ROUNDS):
            happen(app, scene, dice)
            for m, pane in enumerate(panes, start=n * len(panes)):
                calls = Calls(1 + slip.randrange(known[m]) if slips else -1)
                look(pane, calls)
                if not slips:
                    known.append(len(calls.seen))
                pane.look_again()
                found.append((type(pane).__name__, list(pane.rows)))
        return found

    return drawn(scene, HUGE, play, keys=["a"])


def test_the_look_after_one_that_failed_shows_what_is_so(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    known: list[int] = []
    unspoilt = played(known, slips=False)
    spoilt = played(known, slips=True)
    assert [found for found, wanted in zip(spoilt, unspoilt, strict=True) if found != wanted] == []
