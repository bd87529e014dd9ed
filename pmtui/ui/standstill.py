"""Says so when the screen stands still: its label would stay what it was, and no key would be read.

The loop puts an alarm of the system off again and again. When it does not come in time, the alarm rings in the middle
of whatever goes on: in a turn that never ends, or where one waits for a lock that nobody gives back.
"""

from __future__ import annotations

import logging
import signal
import threading
import traceback
from collections.abc import Callable
from time import monotonic
from types import FrameType

_log = logging.getLogger(__name__)

PATIENCE = 5.0
"""Seconds without a sign of life after which the alarm rings."""
AGAIN = 1.0
"""… and from then on. The first ring says nothing yet: the program may just have been woken from a sleep."""


class Standstill:
    """Calls `tell` with the seconds for which the loop has given no sign of life, and `over` at the next one."""

    def __init__(self, tell: Callable[[float], None], over: Callable[[], None]) -> None:
        self._tell, self._over = tell, over
        self._listens = False
        self._alive_at = 0.0
        self._rings = 0

    def start(self) -> None:
        """Listen to the alarm, where that is possible and nobody else does."""
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and hasattr(signal, "setitimer") and signal.getsignal(signal.SIGALRM) is signal.SIG_DFL:
            signal.signal(signal.SIGALRM, self._on_alarm)
            self._listens = True
            self.alive()

    def stop(self) -> None:
        """No alarm rings any more."""
        if self._listens:
            self._listens = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)

    def alive(self) -> None:
        """The loop goes on."""
        if not self._listens:
            return
        self._alive_at = monotonic()
        signal.setitimer(signal.ITIMER_REAL, PATIENCE, AGAIN)
        rings, self._rings = self._rings, 0
        if rings > 1:
            self._over()

    def _on_alarm(self, _number: int, frame: FrameType | None) -> None:
        self._rings += 1
        if self._rings < 2:
            return
        seconds = monotonic() - self._alive_at
        if self._rings == 2:
            where = "".join(traceback.format_stack(frame, limit=12))
            _log.error("the screen has stood still for %.0f seconds, in\n%s", seconds, where.rstrip())
        self._tell(seconds)
