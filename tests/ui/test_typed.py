"""Keys that come together, as over a slow line or from a macro: each means what was typed before it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from pmtui.desk import Desk
from pmtui.ui.app import Pmtui
from tests import scenes
from tests.ui.test_entry import send

PASTED = b"\x1b[200~Gulls\x1b[201~"


def after(*reads: bytes) -> Pmtui:
    """The program after a terminal sent these, each in one read."""
    app = Pmtui(scenes.market(10).desk, follow=False)

    async def act() -> None:
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            for read in reads:
                await send(pilot, read)
            await pilot.pause()

    asyncio.run(act())
    return app


def title(desk: Desk) -> str:
    known = desk.instrument(desk.shown)
    return known.title if known else ""


SLICES: list[Callable[[bytes], list[bytes]]] = [
    lambda keys: [keys],
    lambda keys: [keys[:1], keys[1:]],
]


@pytest.mark.parametrize("slices", SLICES, ids=["all at once", "the page is open"])
@pytest.mark.parametrize("typed", [b"3", b"gulls", PASTED], ids=["a number", "a word", "a paste"])
def test_enter_opens_the_market_that_was_named_before_it(typed: bytes, slices: Callable[[bytes], list[bytes]]) -> None:
    one_by_one = after(b"/", typed, b"\r").desk
    together = after(*slices(b"/" + typed + b"\r")).desk
    assert together.shown == one_by_one.shown != together.markets[0]


@pytest.mark.parametrize("slices", SLICES, ids=["all at once", "the page is open"])
def test_the_market_that_was_named_is_the_one_that_is_removed(slices: Callable[[bytes], list[bytes]]) -> None:
    first, _, *others = after().desk.markets
    desk = after(*slices(b"/2\x04")).desk
    assert desk.markets == [first, *others]
    assert desk.shown == first


@pytest.mark.parametrize("slices", SLICES, ids=["all at once", "the page is open"])
def test_enter_runs_the_command_that_was_named_before_it(slices: Callable[[bytes], list[bytes]]) -> None:
    app = after(*slices(b"\x10hide amounts\r"))
    assert app.veiled


def test_an_arrow_moves_in_the_list_of_what_was_named_before_it() -> None:
    assert after(b"\x10market\x1b[B\r").desk.shown == after().desk.markets[-1]
