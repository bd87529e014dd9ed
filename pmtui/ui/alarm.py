"""The alarm that wakes the screen for its next frame.

A timer of asyncio costs more than a small frame: a handle, its place among the other timers, and a turn of the loop in
which nothing else happens. The loop of the screen knows of one moment more than asyncio does, waits for that as well,
and rings without a turn; what the ring leaves to do is done in the next one. In any other loop the alarm is a timer.

To know whether something is left to do, three names are needed that asyncio keeps to itself. They are looked for when
the alarm is asked for; if one is missing, it is a timer as well.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from contextvars import Context
from math import inf
from time import monotonic
from typing import Any, Protocol


class Alarm(Protocol):
    """Rings once, so many seconds after it was set the last time."""

    @property
    def when(self) -> float | None:
        """The moment at which it rings; `None` when it is not set, and from that moment on."""

    @property
    def alone(self) -> bool:
        """Had surely nothing else come when it rang?"""

    def set(self, seconds: float) -> None: ...
    def cancel(self) -> None: ...


def alarm_in(loop: asyncio.AbstractEventLoop, ring: Callable[[], None], context: Context) -> Alarm:
    """An alarm in this loop, the cheapest there is."""
    own = loop.lend(ring, context) if isinstance(loop, ScreenLoop) else None
    return own or _Timer(loop, ring, context)


class _Timer:
    """An alarm in any loop."""

    alone = False  # who knows

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None], context: Context) -> None:
        self._loop, self._ring, self._context = loop, ring, context
        self._timer: asyncio.TimerHandle | None = None

    @property
    def when(self) -> float | None:
        return None if self._timer is None else self._timer.when()

    def set(self, seconds: float) -> None:
        self.cancel()
        self._timer = self._loop.call_later(seconds, self._rings, context=self._context)

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _rings(self) -> None:
        self._timer = None
        self._ring()


class _Waiting(selectors.DefaultSelector):
    """Waits for what the loop waits for, and for one moment more: an alarm."""

    def __init__(self) -> None:
        super().__init__()
        self.when: float | None = None
        self.alone = False
        self.ring: Callable[[], None] | None = None
        self.wanted: Callable[[float], bool] = lambda _: True
        """Has the loop something to do before that moment?"""
        self._gave_way = False

    def set(self, seconds: float) -> None:
        self.when = monotonic() + seconds

    def cancel(self) -> None:
        self.when = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.when is None or self.ring is None:
            return super().select(timeout)
        end = inf if timeout is None else monotonic() + timeout
        while (when := self.when) is not None and when <= end:
            ready = super().select(max(0.0, when - monotonic()))
            if monotonic() >= when:
                if ready and not self._gave_way:
                    self._gave_way = True  # what has come goes first, once
                    return ready
                self._gave_way, self.when, self.alone = False, None, not ready
                self.ring()
            if ready or self.wanted(end):
                return ready
        return super().select(None if timeout is None else max(0.0, end - monotonic()))


class ScreenLoop(asyncio.SelectorEventLoop):
    """The loop of the screen, with one alarm."""

    def __init__(self) -> None:
        self._waiting = _Waiting()
        super().__init__(self._waiting)

    def lend(self, ring: Callable[[], None], context: Context) -> Alarm | None:
        """The alarm, to the first who asks; `None` to others, or where asyncio does not tell what it has to do."""
        if self._waiting.ring is not None or not all(hasattr(self, name) for name in _NAMES):
            return None

        def rings() -> None:
            try:
                context.run(ring)
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:  # as a timer's: it must not end the loop
                self.call_exception_handler({"message": "an alarm failed", "exception": error})

        self._waiting.ring, self._waiting.wanted = rings, self._wanted
        return self._waiting

    def _wanted(self, end: float) -> bool:
        own: Any = self
        return bool(own._ready or own._stopping or (own._scheduled and own._scheduled[0].when() < end))


_NAMES = ("_ready", "_stopping", "_scheduled")
