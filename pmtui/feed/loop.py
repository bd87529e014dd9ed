"""An event loop that can be left at once."""

from __future__ import annotations

import asyncio
import socket
from threading import Thread
from typing import Any


class LeavableLoop(asyncio.SelectorEventLoop):
    """Looks names up in threads that nobody waits for.

    The usual loop uses a pool whose threads the interpreter joins at its end, and a name server that does not
    answer would then hold up the exit for as long as it likes.
    """

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

        Thread(target=look_up, name="name lookup", daemon=True).start()
        return await answer
