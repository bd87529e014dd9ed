"""Text on its way to the terminal."""

from __future__ import annotations

import asyncio
import logging
import os
import select
from collections.abc import Callable
from contextlib import suppress

with suppress(ImportError):  # Windows, where this is not used
    import termios

_log = logging.getLogger(__name__)

BACKLOG_LIMIT = 256 * 1024
STALL_PATIENCE = 0.2
_SHORT_WAIT, _SHORT_WAITS = 1, 8  # milliseconds, times
# Cancels a half-written sequence, closes an open synchronised update, ends the colours.
CLEAN = "\x18\x1b[?2026l\x1b[0m"


class Outbox:
    """Text on its way to a terminal; never waits for it."""

    def __init__(
        self,
        terminal: int,
        loop: asyncio.AbstractEventLoop,
        on_caught_up: Callable[[bool], None],
        on_hang_up: Callable[[], None],
        *,
        limit: int = BACKLOG_LIMIT,
    ) -> None:
        """Owns the descriptor `terminal`; `on_caught_up(lost)` tells whether text was lost."""
        self._terminal = terminal
        self._is_borrowed = os.get_blocking(terminal)
        """Whether others may have the same descriptor, and want it to block again."""
        os.set_blocking(terminal, False)
        self._loop = loop
        self._on_caught_up = on_caught_up
        self._on_hang_up = on_hang_up
        self._limit = limit
        self._texts: list[str] = []
        self._size = 0
        self._rest: bytes | memoryview | None = None
        self._planned = False
        self._lost = False
        self._torn = False
        """Whether something was written into the middle of what waits, so that the rest of that is rubbish."""
        self._gone = False
        self._poll = select.poll()
        self._poll.register(terminal, select.POLLOUT)
        self.written = 0

    @property
    def blocked(self) -> bool:
        """Is text waiting for the terminal to read?"""
        return self._rest is not None

    @property
    def waiting(self) -> int:
        """How many bytes of it."""
        return self._size + (0 if self._rest is None else len(self._rest))

    def write(self, text: str) -> None:
        """Take text; it leaves with `send`, at the latest at the end of this turn of the loop."""
        if self._gone or self._lost:
            return
        self._texts.append(text)
        if self._rest is not None:
            self._size += len(text.encode("utf-8", "replace"))
            if self._size > self._limit:
                # The screen is drawn anew later; until then all of it is worth nothing, and colours must not leak.
                self._texts, self._size = [CLEAN], len(CLEAN)
                self._lost = True
        elif not self._planned:
            self._planned = True
            self._loop.call_soon(self.send)

    def send(self, text: str = "") -> None:
        """Write what the terminal takes now, this text last; the rest follows when it reads."""
        if self._rest is not None:
            self.write(text)
            return
        self._planned = False
        if text:
            self._texts.append(text)
        if self._gone or not self._texts:
            return
        text = "".join(self._texts)
        self._texts.clear()
        try:
            data = text.encode()
        except UnicodeEncodeError:  # half a character, from what somebody pasted
            data = text.encode("utf-8", "replace")
        self._size = 0
        self._rest = self._push(data)
        if self._rest is not None:
            self._loop.add_writer(self._terminal, self._resume)

    def shout(self, text: str) -> None:
        """Write text in the middle of anything, if the terminal takes it: who calls may have interrupted the rest."""
        if self._gone:
            return
        with suppress(OSError):
            os.write(self._terminal, f"{CLEAN}{text}".encode())
            self._torn = self._rest is not None

    def close(self, last: str, *, patience: float = STALL_PATIENCE) -> None:
        """Write `last` so that the terminal will read it, even if what came before has to be thrown away."""
        if self._gone:
            self._release()
            return
        self._mend()
        waiting = self._rest
        self._texts.append(last)
        data = bytes(waiting or b"") + "".join(self._texts).encode("utf-8", "replace")
        left = self._push_patiently(data, patience)
        if left is not None and not self._gone:
            # Nobody reads: make room in the kernel's buffer, which forgets old frames, not the way back.
            with suppress(termios.error):
                termios.tcflush(self._terminal, termios.TCOFLUSH)
            self._push(last.encode())
        self._release()

    def _release(self) -> None:
        with suppress(OSError, ValueError, RuntimeError):
            self._loop.remove_writer(self._terminal)
        with suppress(OSError):
            if self._is_borrowed:
                os.set_blocking(self._terminal, True)
            os.close(self._terminal)
        self._gone = True
        self._rest = None
        self._texts.clear()

    def _mend(self) -> None:
        """Give up what waits if it was torn."""
        if self._torn:
            self._rest, self._texts, self._size = CLEAN.encode(), [], 0
            self._torn, self._lost = False, True

    def _resume(self) -> None:
        self._mend()
        if self._rest is not None:
            self._rest = self._push(self._rest)
        if self._rest is not None:
            return
        self._loop.remove_writer(self._terminal)
        lost, self._lost = self._lost, False
        self.send()
        if self._rest is not None:
            self._lost = lost
        elif not self._gone:
            self._on_caught_up(lost)

    def _push(self, data: bytes | memoryview) -> bytes | memoryview | None:
        """Write as much as the terminal takes; what is left, or `None`."""
        for _ in range(_SHORT_WAITS):
            try:
                count = os.write(self._terminal, data)
            except BlockingIOError:
                return data
            except OSError as error:
                _log.info("cannot write to the terminal: %s", error)
                self._gone = True
                self._texts.clear()
                self._on_hang_up()
                return None
            self.written += count
            if count == len(data):
                return None
            data = memoryview(data)[count:]
            # A pseudo-terminal holds a few KB, and a frame may be more. A reader that is awake takes the next part at
            # once, and waiting here for that is cheaper than going round the loop.
            if not self._poll.poll(_SHORT_WAIT):
                return data
        return data

    def _push_patiently(self, data: bytes, patience: float) -> bytes | memoryview | None:
        left = self._push(data)
        while left is not None:
            size = len(left)
            self._poll.poll(patience * 1000)
            left = self._push(left)
            if left is not None and len(left) == size:
                return left
        return None
