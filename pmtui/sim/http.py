"""A small HTTP/1.1 server around a pure function, on `h11`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from types import MappingProxyType
from typing import NamedTuple, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import h11

_LARGEST_BODY = 2**20
_IDLE = 75  # seconds that a kept connection may wait for its next request


class Asked(NamedTuple):
    """A request, taken apart."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: bytes
    headers: Mapping[str, str] = MappingProxyType({})
    """By their names in small letters."""


class Answer(NamedTuple):
    """A response."""

    status: int
    body: bytes
    kind: str = "application/json"


class Answers(Protocol):
    """What knows the answers."""

    def answer(self, asked: Asked) -> Answer: ...


def handler(answers: Answers) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """What `asyncio.start_server` needs to serve `answers`."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _converse(answers, reader, writer)
        except (ConnectionError, TimeoutError, asyncio.CancelledError):
            pass  # the client is gone, or we are
        finally:
            writer.close()

    return handle


async def _converse(answers: Answers, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    connection = h11.Connection(h11.SERVER)
    while True:
        try:
            asked = await _request(connection, reader)
        except h11.RemoteProtocolError as error:
            await _respond(connection, writer, Answer(error.error_status_hint, b'{"error":"bad request"}'))
            return
        if asked is None:
            return
        bare = asked.method == "HEAD"  # the same without its body
        answer = answers.answer(asked._replace(method="GET") if bare else asked)
        await _respond(connection, writer, answer, bare=bare)
        if connection.our_state is h11.MUST_CLOSE:
            return
        connection.start_next_cycle()


async def _request(connection: h11.Connection, reader: asyncio.StreamReader) -> Asked | None:
    """The next request, None when the client has no more."""
    request: h11.Request | None = None
    body = b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            async with asyncio.timeout(_IDLE):
                connection.receive_data(await reader.read(2**16))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > _LARGEST_BODY:
                raise h11.RemoteProtocolError("Payload exceeds the limit", 413)
        elif isinstance(event, h11.EndOfMessage) and request is not None:
            try:
                address = urlsplit(request.target.decode("ascii"))
            except ValueError as error:
                raise h11.RemoteProtocolError("no address", 400) from error
            query = parse_qs(address.query, keep_blank_values=True)
            headers = {name.decode("ascii"): value.decode("latin-1") for name, value in request.headers}
            return Asked(request.method.decode("ascii"), unquote(address.path), query, body, headers)
        else:
            return None


async def _respond(
    connection: h11.Connection, writer: asyncio.StreamWriter, answer: Answer, *, bare: bool = False
) -> None:
    headers = [("date", formatdate(usegmt=True)), ("content-type", answer.kind)]
    headers.append(("content-length", str(len(answer.body))))
    if answer.status == 429:
        headers.append(("retry-after", "1"))
    body = b"" if bare else answer.body
    parts = (h11.Response(status_code=answer.status, headers=headers), h11.Data(body), h11.EndOfMessage())
    for part in parts:
        if (data := connection.send(part)) is not None:
            writer.write(data)
    await writer.drain()
