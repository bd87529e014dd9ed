"""The feed's event loop: it reads in gulps, gives way to others, and can be left at once."""

from __future__ import annotations

import asyncio
import selectors
import socket
from collections.abc import Callable
from threading import Thread
from time import monotonic, sleep
from typing import Any

from pmtui.core.breath import Breath

GULP = 0.008
"""Seconds between two looks at the sockets while they are busy."""
LOOK_UP_WITHIN = 8.0
"""Less than a handshake may take: whoever waits longer would be told that the handshake hangs."""


class Gulps(selectors.DefaultSelector):
    """Lets small packets pile up in the kernel while there are many: waking for each costs more than reading it.

    All links are read at the same moments, and the screen wakes once for all of them. A quiet link is heard at once.
    """

    def __init__(self, clock: Callable[[], float] = monotonic, rest: Callable[[float], object] = sleep) -> None:
        super().__init__()
        self._clock, self._rest = clock, rest
        self._breath = Breath(clock, rest)
        self._busy = False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:  # there is more to do
            self._breath.take()
            return super().select(timeout)
        began = self._clock()
        pause = GULP - began % GULP
        if self._busy and (timeout is None or pause < timeout):
            self._rest(pause)
            timeout = None if timeout is None else timeout - pause
        ready = super().select(timeout)
        self._breath.begin()
        self._busy = self._clock() - began < 2 * GULP
        return ready


class FeedLoop(asyncio.SelectorEventLoop):
    """Reads in gulps, and looks names up in threads that nobody waits for.

    The usual loop uses a pool whose threads the interpreter joins at its end, and a name server that does not
    answer would then hold up the exit for as long as it likes.
    """

    def __init__(self) -> None:
        super().__init__(Gulps())

    async def getaddrinfo(
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        *,
        family: int = 0,
        type: int = 0,  # the name that the loop's own method has
        proto: int = 0,
        flags: int = 0,
    ) -> list[Any]:
        answer: asyncio.Future[list[Any]] = self.create_future()

        def tell(found: list[Any] | None, error: OSError | None) -> None:
            if answer.done():
                return
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(found or [])

        def look_up() -> None:
            found, error = None, None
            try:
                found = socket.getaddrinfo(host, port, family, type, proto, flags)
            except OSError as failure:
                error = failure
            if not self.is_closed():
                self.call_soon_threadsafe(tell, found, error)

        try:
            Thread(target=look_up, name="name lookup", daemon=True).start()
        except RuntimeError as error:  # whoever connects expects what a system says
            raise socket.gaierror(socket.EAI_AGAIN, str(error)) from error
        try:
            async with asyncio.timeout(LOOK_UP_WITHIN):
                return await answer
        except TimeoutError:
            raise socket.gaierror(socket.EAI_AGAIN, "the name server does not answer") from None
