"""Real sockets: one connection at a time, from the handshake to the last frame."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import ssl
from collections.abc import AsyncGenerator
from time import monotonic
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidProxyStatus,
    InvalidStatus,
    ProxyError,
    WebSocketException,
)
from websockets.protocol import State

from pmtui.core.ports import Closed, Frame, Opened, Stream
from pmtui.feed import messages
from pmtui.feed.clock import Clock, steady

HANDSHAKE = 10.0
_SLICE = 0.0005
"""Seconds for which one link may be read before the others have their turn."""
_LOOK_EVERY = 0.5
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

_HALT_STATUS = {401: "not authorised (401)", 403: "refused by the venue (403)"}
_HALT_CODE = frozenset({4001, 4008})
_CERTIFICATE_RETRY = 60.0
_TOO_MANY_RETRY = 60.0
_LONGEST_RETRY = 3_600.0

# The library prints whole frames at DEBUG level, and some frames carry credentials.
_quiet = logging.getLogger("pmtui.feed.websockets")
_quiet.setLevel(logging.CRITICAL)


class _Connect(connect):
    """Refuses redirects: the first frame of a conversation may carry credentials."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class _Line:
    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def say(self, frame: bytes) -> None:
        await self._connection.send(frame.decode())

    def cut(self) -> None:
        # A closing handshake would wait for a far end that may never answer, or never stops sending.
        self._connection.transport.abort()


class LiveTransport:
    """Connects, reads, and says in plain words why a connection ended."""

    def __init__(self, clock: Clock = steady, *, compress: bool = False) -> None:
        self._clock = clock
        self._compression = "deflate" if compress else None

    async def packets(self, stream: Stream) -> AsyncGenerator[Opened | Frame | Closed, None]:
        """One connection from its beginning to its end."""
        try:
            connection = await _Connect(
                stream.url,
                compression=self._compression,
                max_size=messages.LARGEST,
                max_queue=messages.QUEUE,
                open_timeout=HANDSHAKE,
                ping_interval=None,
                close_timeout=1,
                proxy=None if _is_loopback(stream.url) else True,
                user_agent_header=None,
                logger=_quiet,
                create_connection=messages.Connection,
            )
        except (OSError, WebSocketException, EOFError, ValueError) as error:
            yield failure(error)
            return
        assert isinstance(connection, messages.Connection)
        leave = asyncio.create_task(_leave(connection))
        try:
            yield Opened(self._clock(), _Line(connection))
            async for frame in self._frames(connection):
                yield frame
        except ConnectionClosed as error:
            yield ending(error)
        finally:
            leave.cancel()
            connection.transport.abort()

    async def _frames(self, connection: messages.Connection) -> AsyncGenerator[Frame, None]:
        inbox, transport = connection.inbox, connection.transport
        while True:
            at, until = self._clock(), monotonic() + _SLICE
            while inbox and monotonic() < until:
                if (data := inbox.popleft()) is not None:
                    yield Frame(at, data)
                elif isinstance(read := await connection.recv(), str):
                    yield Frame(self._clock(), read.encode())
                else:
                    yield Frame(self._clock(), read, text=False)
            if inbox:
                # Messages are handed out without ever suspending: let the others in now and then.
                await asyncio.sleep(0)
            else:
                if not transport.is_closing():
                    transport.resume_reading()
                await connection.news()


async def _leave(connection: ClientConnection) -> None:
    """After the last word a far end may keep its socket open for ever: we do not wait for it."""
    while connection.state is State.OPEN:  # noqa: ASYNC110  # the library has no event for the last word
        await asyncio.sleep(_LOOK_EVERY)
    await asyncio.sleep(_LOOK_EVERY)
    connection.transport.abort()


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in _LOOPBACK


def failure(error: Exception) -> Closed:
    """Why a connection could not be made, and whether to go on trying."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Closed(f"certificate refused: {plain(error.verify_message)}", halt=True, retry_after=_CERTIFICATE_RETRY)
    if isinstance(error, ssl.SSLError):
        return Closed(f"TLS failed: {plain(error.reason or '')}", halt=True, retry_after=_CERTIFICATE_RETRY)
    if isinstance(error, InvalidStatus):
        return _refused(error.response.status_code, error.response.headers.get("Retry-After", ""))
    if isinstance(error, InvalidProxyStatus):
        return Closed(f"the proxy refused ({error.response.status_code})")
    if isinstance(error, ProxyError):
        return Closed("the proxy failed")
    if isinstance(error, TimeoutError):
        return Closed(f"the handshake was not done in {HANDSHAKE:.0f}s")
    if isinstance(error, socket.gaierror):
        return Closed("name lookup failed")
    if isinstance(error, ConnectionRefusedError):
        return Closed("connection refused")
    if isinstance(error, OSError):
        return Closed(f"network: {plain(error.strerror or type(error).__name__)}")
    if isinstance(error, (InvalidHandshake, EOFError)):
        return Closed("the far end does not speak websocket")
    return Closed(f"cannot connect: {plain(str(error))}")


def _refused(status: int, retry_after: str) -> Closed:
    if status in _HALT_STATUS:
        return Closed(_HALT_STATUS[status], status, halt=True, retry_after=_CERTIFICATE_RETRY)
    if status == 429:
        stated = float(retry_after) if retry_after.isdecimal() and len(retry_after) < 6 else 0.0
        wait = min(max(_TOO_MANY_RETRY, stated), _LONGEST_RETRY)
        return Closed("too many connections (429)", status, retry_after=wait)
    if 300 <= status < 400:
        return Closed(f"redirected ({status}): not followed", status)
    if status == 200:
        return Closed("answered with a web page instead of a socket (200)", status)
    return Closed(f"refused with status {status}", status)


def ending(error: ConnectionClosed) -> Closed:
    """Why an open connection ended."""
    received, sent = error.rcvd, error.sent
    if received is not None:
        code, reason = int(received.code), plain(received.reason)
        words = f"closed by the venue ({code}{f': {reason}' if reason else ''})"
        return Closed(words, code, halt=code in _HALT_CODE, retry_after=_CERTIFICATE_RETRY if code in _HALT_CODE else 0)
    if sent is not None:
        code = int(sent.code)
        largest = f"a message over {messages.LARGEST >> 20} MiB"
        why = {1007: "text that is not UTF-8", 1009: largest, 1002: "a broken frame"}
        return Closed(f"we hung up: {why.get(code, plain(sent.reason))} ({code})", code)
    return Closed("the connection was lost", 1006)


def plain(text: str) -> str:
    """A far end's words, without anything that a terminal might obey."""
    return re.sub(r"[^\x20-\x7e]+", " ", text)[:120].strip()
