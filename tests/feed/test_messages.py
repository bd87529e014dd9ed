"""Messages cut out of the bytes are those that the library finds, whatever comes and however it is cut."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable, Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, PerMessageDeflate
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode
from websockets.uri import parse_uri
from websockets.utils import accept_key

from pmtui.feed import messages

LARGEST = 70_000


def framed(payload: bytes, head: int = 0x81, *, masked: bool = False) -> bytes:
    mask, size = (0x80 if masked else 0), len(payload)
    if size < 126:
        start = bytes((head, mask | size))
    elif size < 65_536:
        start = struct.pack("!BBH", head, mask | 126, size)
    else:
        start = struct.pack("!BBQ", head, mask | 127, size)
    return start + (b"\0\0\0\0" if masked else b"") + payload


@pytest.fixture(autouse=True, scope="module")
def a_low_limit() -> Iterator[None]:
    """Both readers refuse what is larger than this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(messages, "LARGEST", LARGEST)
        yield


class FakeTransport(asyncio.Transport):
    """Remembers what is written, and whether anybody reads."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.reading = True
        self.ended = False
        self.reads = True
        """Whether the far end reads what is written."""

    def get_write_buffer_size(self) -> int:
        return 0 if self.reads else len(self.written)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def write_eof(self) -> None:
        self.ended = True

    def can_write_eof(self) -> bool:
        return True

    def abort(self) -> None:
        self.ended = True

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass


def connected(kind: type[ClientConnection], pieces: Sequence[bytes], *, compressed: bool = False) -> ClientConnection:
    """A connection that has read its handshake and then these bytes, cut anywhere."""
    factories = [ClientPerMessageDeflateFactory()] if compressed else None
    protocol = ClientProtocol(parse_uri("ws://venue/"), extensions=factories, max_size=LARGEST)
    connection = kind(protocol, ping_interval=None, close_timeout=1, max_queue=None)
    connection.connection_made(FakeTransport())
    request = protocol.connect()
    protocol.send_request(request)
    connection.request = request
    answer = (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept_key(request.headers['Sec-WebSocket-Key'])}\r\n"
        f"{'Sec-WebSocket-Extensions: permessage-deflate' if compressed else 'Server: made up'}\r\n\r\n"
    ).encode()
    cut = len(pieces[0]) % len(answer) if pieces else 0
    for data in (answer[:cut], answer[cut:] + b"".join(pieces[:1]), *pieces[1:]):
        if data:
            connection.data_received(data)
    return connection


async def of_library(connection: ClientConnection) -> list[object]:
    return await _all(connection.recv)


async def of_ours(connection: ClientConnection) -> list[object]:
    assert isinstance(connection, messages.Connection)

    async def read() -> str | bytes:
        while not connection.inbox:
            await connection.news()
        data = connection.inbox.popleft()
        return await connection.recv() if data is None else data.decode()

    return await _all(read)


async def _all(read: Callable[[], Awaitable[str | bytes]]) -> list[object]:
    """Every message, and at last how it ended."""
    found: list[object] = []
    while True:
        try:
            found.append(await read())
        except ConnectionClosed as error:
            return [*found, error.rcvd, error.sent]


def written(connection: ClientConnection) -> list[tuple[Opcode, bytes]]:
    """What was answered, without the masks."""
    parts, data = [], bytes(connection.transport.written).partition(b"\r\n\r\n")[2]  # type: ignore[attr-defined]
    while data:
        size = data[1] & 0x7F
        mask, said = data[2:6], data[6 : 6 + size]
        parts.append((Opcode(data[0] & 0x0F), bytes(byte ^ mask[place % 4] for place, byte in enumerate(said))))
        data = data[6 + size :]
    return parts


async def compare(pieces: Sequence[bytes], *, compressed: bool = False) -> list[object]:
    theirs, ours = (connected(kind, pieces, compressed=compressed) for kind in (ClientConnection, messages.Connection))
    for connection in (theirs, ours):
        connection.eof_received()
        connection.connection_lost(None)
    found = await of_ours(ours)
    assert found == await of_library(theirs)
    assert written(ours) == written(theirs)
    assert ours.transport.ended == theirs.transport.ended  # type: ignore[attr-defined]
    return found


texts = st.sampled_from([0, 1, 30, 125, 126, 127, 300, 65_535, 65_536, LARGEST, LARGEST + 1]).map(
    lambda size: b"x" * size
)
plain = (texts | st.text(max_size=40).map(str.encode)).map(framed)
control = st.tuples(st.binary(max_size=130), st.sampled_from([0x89, 0x8A])).map(lambda each: framed(*each))
closing = st.sampled_from([b"", b"\x03\xe8", b"\x03\xe9bye", b"\x03", b"\xff\xff", b"\x03\xe8\xff"]).map(
    lambda payload: framed(payload, 0x88)
)
strange = st.tuples(st.binary(max_size=200), st.integers(0, 255), st.booleans()).map(
    lambda each: framed(each[0], each[1], masked=each[2])
)
fragments = st.lists(st.sampled_from([b"", b"part", "ä".encode()[:1], "ä".encode()[1:]]), min_size=1, max_size=4).map(
    lambda parts: framed(parts[0], 0x01) + b"".join(framed(part, 0x00) for part in parts[1:]) + framed(b"!", 0x80)
)
streams = st.lists(plain | plain | plain | control | fragments | strange | closing, max_size=12).map(b"".join)


@given(streams, st.lists(st.integers(0, 400), max_size=30))
def test_messages_are_those_of_the_library(stream: bytes, cuts: list[int]) -> None:
    pieces, rest = [], stream
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    asyncio.run(compare([*pieces, rest]))


def test_a_stream_may_come_byte_by_byte() -> None:
    stream = framed(b"one") + framed(b"", 0x89) + framed(b"x" * 200) + framed(b"x" * 66_000) + framed("zwölf".encode())
    found = asyncio.run(compare([bytes((byte,)) for byte in stream]))
    assert found[:4] == ["one", "x" * 200, "x" * 66_000, "zwölf"]


@pytest.mark.parametrize("compressed", [False, True])
def test_compressed_messages_are_the_librarys(compressed: bool) -> None:
    packer = PerMessageDeflate(True, True, 15, 15)
    stream = framed(b"plain")
    for text in (b"packed", b"again" * 50):
        frame = packer.encode(WebSocketFrame(Opcode.TEXT, text))
        stream += framed(bytes(frame.data), 0xC1) + framed(b"between")
    found = asyncio.run(compare([stream], compressed=compressed))
    if compressed:
        assert found[:5] == ["plain", "packed", "between", "again" * 50, "between"]


def test_too_many_messages_stop_the_reading() -> None:
    async def scene() -> None:
        connection = connected(messages.Connection, [framed(b"one") * 100])
        assert connection.transport.reading  # type: ignore[attr-defined]
        connection.data_received(framed(b"one") * 400)
        assert not connection.transport.reading  # type: ignore[attr-defined]

    asyncio.run(scene())


def test_who_waits_is_told_of_a_message_and_of_the_end() -> None:
    async def scene() -> None:
        connection = connected(messages.Connection, [])
        assert isinstance(connection, messages.Connection)
        waiting = asyncio.create_task(connection.news())
        await asyncio.sleep(0)
        assert not waiting.done()
        connection.data_received(framed(b"news"))
        await waiting
        assert connection.inbox.popleft() == b"news"
        waiting = asyncio.create_task(connection.news())
        await asyncio.sleep(0)
        connection.connection_lost(None)
        await waiting
        with pytest.raises(ConnectionClosed):
            await connection.news()

    asyncio.run(scene())


@pytest.mark.parametrize("head", [0x81, 0x01], ids=["one frame", "fragments"])
def test_what_is_here_of_a_message_is_told_until_it_is_whole(head: int) -> None:
    async def scene() -> None:
        connection = connected(messages.Connection, [framed(b"one")])
        assert isinstance(connection, messages.Connection)
        assert connection.coming == 0
        begun = framed(b"x" * 60_000, head)
        connection.data_received(begun[:1_000])
        assert 990 <= connection.coming <= 1_000
        connection.data_received(begun[1_000:20_000])
        assert 19_900 <= connection.coming <= 20_000
        connection.data_received(begun[20_000:] + (framed(b"", 0x80) if head == 0x01 else b""))
        assert connection.coming == 0

    asyncio.run(scene())


@pytest.mark.parametrize("said", [framed(b"x" * 125, 0x89), framed(b"", 0x8A), framed(b"", 0x00)])
def test_pings_pongs_and_empty_fragments_are_no_part_of_a_message(said: bytes) -> None:
    async def scene() -> None:
        connection = connected(messages.Connection, [framed(b"begun", 0x01)])
        assert isinstance(connection, messages.Connection)
        for _ in range(1_000):
            connection.data_received(said)
        assert connection.coming <= 20

    asyncio.run(scene())


def test_pings_between_messages_are_no_part_of_one() -> None:
    async def scene() -> None:
        connection = connected(messages.Connection, [])
        assert isinstance(connection, messages.Connection)
        for _ in range(1_000):
            connection.data_received(framed(b"x" * 125, 0x89))
        assert connection.coming == 0

    asyncio.run(scene())


@pytest.mark.parametrize("compressed", [False, True])
def test_a_far_end_that_pings_and_does_not_read_is_given_up(compressed: bool) -> None:
    async def scene() -> None:
        connection = connected(messages.Connection, [], compressed=compressed)
        transport = connection.transport
        assert isinstance(transport, FakeTransport)
        pings = framed(b"x" * 125, 0x89) * 100
        for _ in range(100):
            connection.data_received(pings)
        assert not transport.ended
        transport.reads = False
        transport.written.clear()
        while not transport.ended:
            connection.data_received(pings)
        assert messages.UNREAD < len(transport.written) < messages.UNREAD + 2 * len(pings)
        connection.connection_lost(None)
        *_, received, sent = await of_ours(connection)
        assert received is None
        assert sent.reason == "it asks for answers and does not read them"

    asyncio.run(scene())
