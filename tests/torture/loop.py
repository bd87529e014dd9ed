"""An event loop whose time is virtual: when nothing is ready it jumps to the next timer instead of sleeping."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

BEGINS = 1_000.0
"""Seconds on a fresh loop's clock: not zero, which some code takes for never."""

Result = TypeVar("Result")


class Asleep(RuntimeError):
    """Nothing is ready and no timer is set: every task waits for another one for ever."""


class _Jump(selectors.BaseSelector):
    """Selects nothing, and lets virtual time pass while it does."""

    def __init__(self) -> None:
        self.now = BEGINS
        self._keys: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        # The loop registers its own wake-up pipe; nothing will ever be read from it.
        self._keys[fileobj] = selectors.SelectorKey(fileobj, 0, events, data)
        return self._keys[fileobj]

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Asleep
        self.now += max(timeout, 0)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys


class VirtualLoop(asyncio.SelectorEventLoop):
    """Single-threaded and without sockets: the same program always runs in the same order."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.now


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Like `asyncio.run`, in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
