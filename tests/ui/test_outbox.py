"""What waits for a terminal that does not read is told in bytes, and given up when it is too much."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress

import pytest

from pmtui.ui.outbox import CLEAN, Outbox

pytestmark = pytest.mark.skipif(os.name == "nt", reason="has another driver")

FULL = "│" * 100_000
"""More than a pipe holds."""


def with_outbox(scenario: Callable[[Outbox], None], *, limit: int = 10**6) -> None:
    async def go() -> None:
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        outbox = Outbox(writer, asyncio.get_running_loop(), lambda lost: None, lambda: None, limit=limit)
        try:
            outbox.send(FULL)
            assert outbox.blocked
            scenario(outbox)
        finally:
            os.close(reader)
            outbox.close("")

    asyncio.run(go())


def test_what_waits_is_counted_in_bytes_before_it_is_written_too() -> None:
    def scenario(outbox: Outbox) -> None:
        texts = ["¢ 52 │ 中", "plain", "\ud800"]
        for text in texts:
            outbox.write(text)
        whole = "".join([FULL, *texts]).encode("utf-8", "replace")
        assert outbox.written + outbox.waiting == len(whole)

    with_outbox(scenario)


def test_what_was_given_up_waits_no_more() -> None:
    def scenario(outbox: Outbox) -> None:
        before = outbox.waiting
        outbox.write("│" * 400)  # fewer characters than the limit, and more bytes
        assert outbox.waiting == before + len(CLEAN)
        outbox.write("lost with the rest")
        assert outbox.waiting == before + len(CLEAN)

    with_outbox(scenario, limit=1_000)


def test_a_shout_is_heard_while_something_waits_and_what_it_tore_never_comes() -> None:
    """Whoever shouts has stopped the loop: a terminal that reads meanwhile must not wait for it."""

    async def go() -> bool:
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        os.set_blocking(reader, False)
        caught_up = asyncio.get_running_loop().create_future()
        outbox = Outbox(writer, asyncio.get_running_loop(), caught_up.set_result, lambda: None)
        try:
            outbox.send(FULL)
            outbox.write("and more")
            assert outbox.blocked
            outbox.shout("not yet: the terminal reads nothing")
            _read(reader)

            outbox.shout("it stands still")

            assert _read(reader) == f"{CLEAN}it stands still"
            lost: bool = await caught_up
            assert _read(reader) == CLEAN
            assert not outbox.waiting
        finally:
            outbox.close("")
            os.close(reader)
        return lost

    assert asyncio.run(go())


def test_what_a_shout_tore_does_not_come_at_the_end_either() -> None:
    async def go() -> None:
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        os.set_blocking(reader, False)
        outbox = Outbox(writer, asyncio.get_running_loop(), lambda lost: None, lambda: None)
        outbox.send(FULL)
        _read(reader)
        outbox.shout("it stands still")
        outbox.close("goodbye")

        assert _read(reader) == f"{CLEAN}it stands still{CLEAN}goodbye"
        os.close(reader)

    asyncio.run(go())


def _read(reader: int) -> str:
    """All that is there now."""
    parts: list[bytes] = []
    with suppress(BlockingIOError):
        while part := os.read(reader, 1 << 20):
            parts.append(part)
    return b"".join(parts).decode(errors="replace")
