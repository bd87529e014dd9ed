"""Requests over a connection that is open anyway: answered sooner than by REST, and counted by the venue once."""

from __future__ import annotations

import asyncio
import logging

from pmtui.core.events import Answered
from pmtui.core.ports import Fetcher, Request
from pmtui.feed.link import Conversation

log = logging.getLogger(__name__)

MOST = 90
"""Requests that may wait for their answers at a time: venues allow a hundred."""
WITHIN = 10.0


class Unanswered(OSError):
    """A request over a connection that is open, and an answer that does not come."""


class Asker:
    """Asks over a conversation where that can be done, and by REST where not."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._number = 0
        self._waiting: dict[int, tuple[Conversation, asyncio.Future[Answered | None]]] = {}

    async def fetch(self, request: Request, conversation: Conversation | None) -> tuple[int, bytes]:
        """Status and body; raises `OSError` when there is no answer."""
        if conversation is not None and conversation.up and len(self._waiting) < MOST:
            self._number += 1
            frame = conversation.stream.ask(request, self._number)
            if frame is not None and (answer := await self._ask(conversation, frame)) is not None:
                log.debug("%s over %s: %d", request.what, conversation.stream.name, answer.status)
                return answer.status, answer.body
        return await self._fetcher.fetch(request)

    async def _ask(self, conversation: Conversation, frame: bytes) -> Answered | None:
        """The answer; None when the connection was lost before it came."""
        number = self._number
        future: asyncio.Future[Answered | None] = asyncio.get_running_loop().create_future()
        self._waiting[number] = conversation, future
        try:
            async with asyncio.timeout(WITHIN):
                await conversation.ask(frame)
                return await future
        except TimeoutError:
            raise Unanswered(f"no answer over the link in {WITHIN:.0f}s") from None
        finally:
            del self._waiting[number]

    def answer(self, told: Answered) -> None:
        """Hand an answer to whoever waits for it; one that comes too late is dropped."""
        _, future = self._waiting.get(told.number, (None, None))
        if future is not None and not future.done():
            future.set_result(told)

    def lost(self, link: str) -> None:
        """A connection is gone, and the answers with it."""
        for conversation, future in self._waiting.values():
            if conversation.stream.name == link and not future.done():
                future.set_result(None)
