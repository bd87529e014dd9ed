"""What waits for a terminal that does not read is told in bytes, and given up when it is too much."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

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
