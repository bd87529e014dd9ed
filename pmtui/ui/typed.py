"""What is typed on a page, seen through: a key that does something must not overtake the text before it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.worker import WorkerError

_PATIENCE = 0.5
"""Seconds: one that fails meanwhile answers nothing any more, and a key must not wait for that."""


async def known(page: Screen[object]) -> None:
    """Wait until a page knows all that was typed on it, and has found what it looks for by itself.

    A letter is handed to the line in a message, what became of the line goes on to the page in another, and a list may
    be put together in a worker: Textual lets the keys of a page pass by all of them.
    """
    await _reached(page)  # a page that was opened a moment ago gives its keys to the line only then
    line: DOMNode = page.focused or page
    await _reached(line)
    for each in line.ancestors_with_self:
        await _reached(each)
        if each is page:
            break
    for worker in [each for each in page.workers if each.node is page]:
        with suppress(WorkerError):  # a newer search took its place
            await worker.wait()


async def _reached(node: MessagePump) -> None:
    """Wait until a node has answered each message that it has by now."""
    answered = asyncio.Event()
    if node.call_later(answered.set):
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await answered.wait()
