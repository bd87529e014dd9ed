"""Whole messages out of a socket's bytes.

The library takes each frame apart in a dozen steps. What a venue sends by the thousand is one plain text frame after
the other: those are cut out of the bytes here. All else (the handshake, pings, the end, compression, fragments,
whatever is wrong) is the library's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from enum import Enum
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import Event, State

LARGEST = 16 * 2**20
QUEUE = 256
"""So many messages may wait before nothing more is read."""
UNREAD = 256 * 2**10
"""So many bytes of answers to pings may wait for a far end that does not read; what we say by ourselves is far less."""
_END_OF_HEAD = b"\r\n\r\n"
_PLAIN = 0x81
"""How a text frame begins that is a whole message as it stands."""
_CONTROL = frozenset({0x88, 0x89, 0x8A})
_CONTROLS = (Opcode.CLOSE, Opcode.PING, Opcode.PONG)
_HEAD = 2
"""Bytes that a frame takes beside what it says, at the least."""
_SHORT, _MASKED = 126, 128
"""Second bytes: from here on more bytes tell the length, or it is a frame that only a client may send."""
_NOWHERE = (0, 0)


class _Reader(Enum):
    """Who reads the bytes that come next."""

    HEAD, FRAMES, LIBRARY = range(3)


class Connection(ClientConnection):
    """A connection whose messages lie in `inbox`; None there is a message that `recv` gives."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.inbox: deque[bytes | None] = deque()
        self._reader = _Reader.HEAD
        self._tail = b""  # of the answer to the handshake, as far as it is here
        self._pieces: list[bytes] = []  # of a frame that is not whole yet
        self._here, self._needed = 0, 0
        self._fragments = 0  # bytes of a message that the library puts together
        self._answered = False  # whether something was read lately that the library may have answered
        self._lost = False
        self._news: asyncio.Future[None] | None = None

    @property
    def coming(self) -> int:
        """How many bytes are here of a message that is not whole yet."""
        if self._reader is _Reader.LIBRARY:
            return max(0, self._fragments)
        return self._here if self._pieces else 0

    async def news(self) -> None:
        """Wait for a message; raises how the connection ended when there will be none."""
        if self._lost and not self.inbox:
            await self.recv()
        if not self.inbox:
            self._news = self.loop.create_future()
            await self._news

    def data_received(self, data: bytes) -> None:
        self._read(data)
        if self.inbox:
            self._wake()
        if len(self.inbox) > QUEUE:
            self.transport.pause_reading()
        if self._answered:
            self._answered = False
            if self.transport.get_write_buffer_size() > UNREAD:
                self._give_up("it asks for answers and does not read them")

    def _give_up(self, why: str) -> None:
        """End the connection without a word to a far end that would not read it."""
        self.protocol.fail(CloseCode.POLICY_VIOLATION, why)
        self._reader = _Reader.LIBRARY
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.protocol.parser_exc is not None:
            # Its way through the library holds on to what was unpacked, until somebody looks for garbage.
            self.protocol.parser_exc.__traceback__ = None
        self._lost = True
        self._wake()

    def process_event(self, event: Event) -> None:
        """Something that the library found."""
        if isinstance(event, Frame):
            if event.opcode in (Opcode.TEXT, Opcode.BINARY):
                self.inbox.append(None)
            self._came(event)
        super().process_event(event)

    def _came(self, frame: Frame) -> None:
        """What pings, and frames with nothing in them, take on the wire is no part of a message."""
        if frame.opcode in _CONTROLS:
            self._fragments -= _HEAD + len(frame.data)
        else:
            self._fragments = 0 if frame.fin else self._fragments - _HEAD

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _read(self, data: bytes) -> None:
        if self._reader is _Reader.FRAMES:
            self._read_frames(data)
        elif self._reader is _Reader.HEAD:
            self._read_head(data)
        else:
            self._fragments += len(data)
            self._hand_over(data)

    def _read_head(self, data: bytes) -> None:
        """The answer to the handshake, and what came along with it."""
        seen = self._tail + data
        if (end := seen.find(_END_OF_HEAD)) < 0:
            self._tail = seen[1 - len(_END_OF_HEAD) :]
            super().data_received(data)
            return
        first = end + len(_END_OF_HEAD) - len(self._tail)
        self._reader = _Reader.FRAMES
        self._hand_over(data[:first])
        if self.protocol.extensions:
            self._reader = _Reader.LIBRARY
        if rest := data[first:]:
            self._read(rest)

    def _hand_over(self, data: bytes) -> None:
        """Give the library what it is to answer; once it has ended the conversation, all that follows is its own."""
        self._answered = True
        super().data_received(data)
        if self.protocol.state is not State.OPEN:
            self._reader = _Reader.LIBRARY

    def _read_frames(self, data: bytes) -> None:
        if self._pieces:
            self._pieces.append(data)
            self._here += len(data)
            if self._here < self._needed:
                return
            data = b"".join(self._pieces)
            self._pieces.clear()
        place, end, needed = 0, len(data), 2
        while end - place >= 2 and self._reader is _Reader.FRAMES:
            begin, stop = _frame(data, place)
            if stop > end:
                needed = stop - place
                break
            if begin and data[place] != _PLAIN:
                self._hand_over(data[place:stop])
            elif begin and ((text := data[begin:stop]).isascii() or _is_utf8(text)):
                self.inbox.append(text)
            else:
                self._reader = _Reader.LIBRARY
                break
            place = stop
        if place == end:
            return
        if self._reader is _Reader.FRAMES:
            self._pieces, self._here, self._needed = [data[place:]], end - place, needed
        else:
            self._read(data[place:])


def _frame(data: bytes, place: int) -> tuple[int, int]:
    """Where what a frame says begins and ends, as far as is told; nowhere when it is not one of ours."""
    kind, size, begin = data[place], data[place + 1], place + 2
    if kind in _CONTROL:
        return (begin, begin + size) if size < _SHORT else _NOWHERE
    if kind != _PLAIN or size >= _MASKED:
        return _NOWHERE
    if size >= _SHORT:
        begin += 2 if size == _SHORT else 8
        if begin > len(data):
            return begin, begin
        size = int.from_bytes(data[place + 2 : begin])
    return (begin, begin + size) if size <= LARGEST else _NOWHERE


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
