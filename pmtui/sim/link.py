"""One websocket connection of the simulated exchange, down to its bytes.

It stands on the sans-I/O half of `websockets`, because an exchange that misbehaves on purpose must own its
transport: leave a handshake unanswered, stop in the middle of a message, trickle, reset.
"""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple, Protocol, cast

from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from pmtui.sim.session import Session

_LARGEST_MESSAGE = 4 * 2**20
_DROP_AFTER = (
    150  # ms between an over-large frame or a wrong proof and the end of the socket: the venue takes 100 to 200
)
_PATIENCE = 2.0  # seconds that a peer has to answer a close frame


class Written(Protocol):
    """A message as it goes out."""

    @property
    def text(self) -> bytes: ...
    @property
    def head(self) -> int:
        """The first byte of its websocket frame."""
        ...


class Said(NamedTuple):
    """A message to one connection."""

    text: bytes
    head: int = 0x81


class Host(Protocol):
    """What a link asks of the server that it belongs to; times are milliseconds lived by the world."""

    @property
    def now(self) -> float: ...
    @property
    def delay(self) -> float: ...
    @property
    def bytes_per_ms(self) -> float | None: ...
    @property
    def stalls(self) -> bool: ...
    @property
    def buffer_limit(self) -> int: ...
    @property
    def compress(self) -> bool: ...
    def greet(self, link: Link, path: str) -> Session | tuple[int, str]: ...
    def silences(self, link: Link) -> bool: ...
    def joined(self, link: Link) -> None: ...
    def left(self, link: Link) -> None: ...


class Link(asyncio.Protocol):
    """A socket: bytes in, a conversation, bytes out."""

    def __init__(self, host: Host) -> None:
        self._host = host
        factories = [ServerPerMessageDeflateFactory()] if host.compress else None
        self._protocol = ServerProtocol(extensions=factories, max_size=_LARGEST_MESSAGE)
        self._transport: asyncio.Transport
        self._parts: list[bytes] = []  # of a fragmented message
        self._queue: deque[tuple[float, bytes]] = deque()  # what faults hold back, with the moment it is due
        self._queued = 0
        self._allowance = 0.0  # bytes that a slow socket may still carry
        self._carried_at = 0.0
        self._dropped_at: float | None = None
        self.session: Session | None = None
        self.born = host.now
        self.traffic_at = host.now
        self.sent_at = host.now
        """When it last had a message of ours."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._host.joined(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.session is not None:
            self.session.leave()
        self._host.left(self)

    def data_received(self, data: bytes) -> None:
        if self._host.stalls and self.session is None:
            return
        self.traffic_at = self._host.now
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._shake_hands(event)
            elif isinstance(event, WebSocketFrame):
                self._assemble(event)
        self._write_protocol()

    def eof_received(self) -> None:
        self._protocol.receive_eof()
        self._write_protocol()

    @property
    def is_open(self) -> bool:
        return self._protocol.state is State.OPEN

    @property
    def backlog(self) -> int:
        """Bytes that the peer has not taken yet."""
        return self._queued + self._transport.get_write_buffer_size()

    def send(self, frames: Sequence[Written]) -> None:
        """Send messages, all in one write."""
        if not frames or not self.is_open:
            return
        self.traffic_at = self.sent_at = self._host.now
        if self._protocol.extensions:
            for frame in frames:
                self._send_compressed(frame)
            self._write_protocol()
        else:
            self._write(b"".join([framed(frame.text, frame.head) for frame in frames]))
        if self.backlog > self._host.buffer_limit:
            self.close(1013, "slow consumer: send buffer full")

    def close(self, code: int, reason: str) -> None:
        """Close politely, and less so if the peer does not answer in time."""
        if self.is_open:
            self._protocol.send_close(code, reason)
            self._write_protocol()
            asyncio.get_running_loop().call_later(_PATIENCE, self.abort)

    def abort(self) -> None:
        """Reset the connection."""
        self._transport.abort()

    def tear(self, frame: Written) -> None:
        """Write half of a message, then reset the connection."""
        whole = framed(frame.text, frame.head)
        self._transport.write(whole[: len(whole) // 2])
        # A moment for the half to leave: an abort throws away what the transport still holds.
        asyncio.get_running_loop().call_later(0.02, self.abort)

    def release(self) -> None:
        """Let everything go that is held back."""
        self._transport.writelines([data for _, data in self._queue])
        self._queue.clear()
        self._queued = 0

    def tend(self) -> None:
        """Let held bytes go when their time has come, and end a socket that is due to end."""
        now = self._host.now
        if self._dropped_at is not None and now >= self._dropped_at:
            self.abort()
        if not self._queue:
            self._carried_at = now
            return
        speed = self._host.bytes_per_ms
        if speed is not None:
            self._allowance = min(self._allowance + (now - self._carried_at) * speed, speed * 1_000)
        self._carried_at = now
        while self._queue and self._queue[0][0] <= now:
            due, data = self._queue.popleft()
            if speed is not None and len(data) > self._allowance:
                # The rest of the piece stays first in line.
                part = int(self._allowance)
                self._queue.appendleft((due, data[part:]))
                data = data[:part]
            if not data:
                return
            self._allowance -= len(data)
            self._queued -= len(data)
            self._transport.write(data)

    def _shake_hands(self, request: Request) -> None:
        greeting = self._host.greet(self, request.path.partition("?")[0])
        if isinstance(greeting, tuple):
            response = _refusal(self._protocol, *greeting)
        else:
            response = self._protocol.accept(request)
            if response.status_code == 101:
                self.session = greeting
        self._protocol.send_response(response)
        if self.session is not None:
            self._write_protocol()
            self.send([Said(line) for line in self.session.greeting])

    def _assemble(self, frame: WebSocketFrame) -> None:
        """Put the parts of a message together and answer it."""
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return  # the protocol answers pings and closes by itself
        self._parts.append(bytes(frame.data))
        if not frame.fin or self.session is None:
            return
        message, self._parts = b"".join(self._parts), []
        answers = self.session.hear(message)
        if self._host.silences(self):
            answers = [answer for answer in answers if answer == self.session.pong]
        self.send([Said(answer) for answer in answers])
        if self.session.is_doomed and self._dropped_at is None:
            self._dropped_at = self._host.now + _DROP_AFTER

    def _send_compressed(self, frame: Written) -> None:
        if frame.head == 0x81:
            self._protocol.send_text(frame.text)
        else:
            self._protocol.writes.append(framed(frame.text, frame.head))

    def _write_protocol(self) -> None:
        """Write what the websocket protocol wants written."""
        for data in self._protocol.data_to_send():
            if data:
                self._write(data)
            elif self._transport.can_write_eof() and not self._transport.is_closing():
                self._transport.write_eof()
        if self._protocol.close_expected() and self._protocol.eof_sent:
            asyncio.get_running_loop().call_later(_PATIENCE, self.abort)

    def _write(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        delay = self._host.delay
        if not self._queue and not delay and self._host.bytes_per_ms is None:
            self._transport.write(data)
            return
        due = self._host.now + delay
        self._queue.append((max(due, self._queue[-1][0]) if self._queue else due, data))
        self._queued += len(data)


def framed(payload: bytes, head: int) -> bytes:
    """An unmasked websocket frame, whatever its first byte means."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", head, size) + payload
    if size < 65_536:
        return struct.pack("!BBH", head, 126, size) + payload
    return struct.pack("!BBQ", head, 127, size) + payload


def _refusal(protocol: ServerProtocol, status: int, text: str) -> Response:
    response = protocol.reject(status, text)
    if status == 429:
        response.headers["Retry-After"] = "1"
    return response
