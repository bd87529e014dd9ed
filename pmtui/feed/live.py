"""Real sockets: one connection at a time, from the handshake to the last frame."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import UTC
from time import monotonic

from websockets.asyncio.client import ClientConnection, connect
from websockets.datastructures import Headers
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidProxyStatus,
    InvalidStatus,
    ProxyError,
    WebSocketException,
)
from websockets.protocol import State

from pmtui.core.exhausted import exhausted
from pmtui.core.ports import Closed, Frame, Opened, Stream
from pmtui.feed import messages
from pmtui.feed.clock import Clock, steady, wall
from pmtui.feed.proxy import NO_SOCKS, Proxy, Unusable, proxy_for
from pmtui.feed.reasons import plain, unconnected

HANDSHAKE = 10.0
_SLICE = 0.0005
"""Seconds for which one link may be read before the others have their turn."""
_LOOK_EVERY = 0.5
_HALT_STATUS = {401: "not authorised (401)", 403: "refused by the venue (403)"}
_HALT_CODE = frozenset({4001, 4008})
_HALT_RETRY = 60.0
"""Seconds until what only the user or the venue can mend is tried again: a certificate, or who we are."""
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
        with suppress(ConnectionClosed):  # whoever reads learns why
            await self._connection.send(frame.decode())

    def cut(self) -> None:
        # A closing handshake would wait for a far end that may never answer, or never stops sending.
        self._connection.transport.abort()


class LiveTransport:
    """Connects, reads, and says in plain words why a connection ended."""

    def __init__(self, clock: Clock = steady, *, compress: bool = False, wall: Clock = wall) -> None:
        self._clock = clock
        self._wall = wall
        self._compression = "deflate" if compress else None

    async def packets(self, stream: Stream) -> AsyncGenerator[Opened | Frame | Closed, None]:
        """One connection from its beginning to its end."""
        proxy = None
        try:
            proxy = proxy_for(stream.url)
            connection = await _Connect(
                stream.url,
                compression=self._compression,
                max_size=messages.LARGEST,
                max_queue=messages.QUEUE,
                open_timeout=HANDSHAKE,
                ping_interval=None,
                close_timeout=1,
                proxy=proxy.url if proxy else None,
                user_agent_header=None,
                logger=_quiet,
                create_connection=messages.Connection,
            )
        except (OSError, WebSocketException, EOFError, ValueError, ImportError) as error:
            yield failure(error, proxy, wall=self._wall)
            return
        assert isinstance(connection, messages.Connection)
        leave = asyncio.create_task(_leave(connection))
        try:
            through = proxy.host if proxy else ""
            yield Opened(self._clock(), _Line(connection), through, lambda: connection.coming)
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


def failure(error: Exception, proxy: Proxy | None = None, *, wall: Clock = wall) -> Closed:
    """Why a connection could not be made, and whether to go on trying."""
    if isinstance(error, InvalidStatus):
        return _refused(error.response.status_code, _stated(error.response.headers, wall))
    if isinstance(error, Unusable):
        return Closed(str(error))
    why = _unmade(error)
    halt = isinstance(error, ssl.SSLError)
    return Closed(proxy.told(why) if proxy else why, halt=halt, retry_after=_HALT_RETRY if halt else 0)


def _unmade(error: Exception) -> str:
    if spent := exhausted(error):
        return spent
    if isinstance(error, InvalidProxyStatus):
        return f"it refused ({error.response.status_code})"
    if isinstance(error, ProxyError):
        return "it does not speak as one"
    if isinstance(error, ImportError):
        return NO_SOCKS
    if isinstance(error, TimeoutError) and not error.errno:  # the system's own has a number
        return f"the handshake was not done in {HANDSHAKE:.0f}s"
    if isinstance(error, OSError):
        return unconnected(error)
    if isinstance(error, (InvalidHandshake, EOFError)):
        return "the far end does not speak websocket"
    return f"cannot connect: {type(error).__name__}"  # its own words may repeat an address with a password


def _refused(status: int, stated: float) -> Closed:
    if status in _HALT_STATUS:
        return Closed(_HALT_STATUS[status], status, halt=True, retry_after=_HALT_RETRY)
    if status == 429:
        return Closed("too many connections (429)", status, retry_after=max(_TOO_MANY_RETRY, stated))
    if 300 <= status < 400:
        return Closed(f"redirected ({status}): not followed", status)
    if status == 200:
        return Closed("answered with a web page instead of a socket (200)", status)
    return Closed(f"refused with status {status}", status, retry_after=stated if status >= 500 else 0)


def _stated(headers: Headers, wall: Clock) -> float:
    """For how many seconds the far end wants to be left alone, an hour at the most; 0 when it does not say."""
    words = headers.get_all("Retry-After")
    if not words:
        return 0
    if words[0].isascii() and words[0].isdecimal():
        seconds = float(words[0])
    else:
        until, now = _moment(words[0]), _moment(*headers.get_all("Date")[:1])  # by its own clock, if it tells that
        seconds = until - (now or wall() / 1_000)
    return min(max(0.0, seconds), _LONGEST_RETRY)


def _moment(date: str = "") -> float:
    """Seconds since 1970; 0 for what is no date."""
    from email.utils import parsedate_to_datetime

    try:
        found = parsedate_to_datetime(date)
        return found.replace(tzinfo=found.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return 0


def ending(error: ConnectionClosed) -> Closed:
    """Why an open connection ended."""
    received, sent = error.rcvd, error.sent
    if received is not None:
        code, reason = int(received.code), plain(received.reason)
        words = f"closed by the venue ({code}{f': {reason}' if reason else ''})"
        return Closed(words, code, halt=code in _HALT_CODE, retry_after=_HALT_RETRY if code in _HALT_CODE else 0)
    if sent is not None:
        code = int(sent.code)
        largest = f"a message over {messages.LARGEST >> 20} MiB"
        why = {1007: "text that is not UTF-8", 1009: largest, 1002: "a broken frame"}
        return Closed(f"we hung up: {why.get(code, plain(sent.reason))} ({code})", code)
    return Closed("the connection was lost", 1006)
