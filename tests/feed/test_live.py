"""Real sockets on loopback: every way in which a connection begins, carries and ends."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import ssl
import struct
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from itertools import count, groupby
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import InvalidHandshake
from websockets.utils import accept_key

from pmtui.core.ports import Closed, Frame, Opened
from pmtui.core.units import Millis
from pmtui.feed import live, messages
from pmtui.feed.live import LiveTransport, failure
from pmtui.feed.reasons import plain

from .scripted import PlainStream, tasks

HOST = "127.0.0.1"
CERTIFICATES = Path(__file__).parent / "certificates"
Packet = Opened | Frame | Closed
Raw = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def play(scene: Callable[[], Awaitable[None]], *, within: float = 30) -> None:
    """The time is only there so that what hangs fails."""

    async def work() -> None:
        async with asyncio.timeout(within):
            await scene()

    asyncio.run(work())


def stream_to(url: str) -> PlainStream:
    stream = PlainStream()
    stream.url = url
    return stream


async def read(url: str, *, transport: LiveTransport | None = None, most: int = 100_000) -> list[Packet]:
    """All packets of one connection, or the first so many."""
    packets = (transport or LiveTransport()).packets(stream_to(url))
    found: list[Packet] = []
    async for packet in packets:
        found.append(packet)
        if len(found) == most:
            break
    await packets.aclose()
    return found


def end_of(packets: list[Packet]) -> Closed:
    assert isinstance(packets[-1], Closed)
    return packets[-1]


def texts(packets: list[Packet]) -> list[bytes]:
    return [packet.data for packet in packets if isinstance(packet, Frame)]


@asynccontextmanager
async def venue(
    handler: Callable[[ServerConnection], Awaitable[None]], *, compress: bool = False
) -> AsyncIterator[str]:
    """A websocket server that we did not write."""
    async with serve(handler, HOST, 0, compression="deflate" if compress else None, close_timeout=0.1) as server:
        yield f"ws://{HOST}:{port_of(server.sockets)}/"


@asynccontextmanager
async def listening(handler: Raw, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A bare TCP server's port."""
    server = await asyncio.start_server(handler, HOST, 0, ssl=context)
    try:
        yield port_of(server.sockets)
    finally:
        server.close()


def port_of(sockets: object) -> int:
    return int(next(iter(sockets)).getsockname()[1])  # type: ignore[call-overload]


async def upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The server's half of a handshake, by hand."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    key = next(line.partition(": ")[2] for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key"))
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept_key(key).encode() + b"\r\n\r\n"
    )
    await writer.drain()


def framed(payload: bytes, head: int = 0x81) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((head, size)) + payload
    if size < 65_536:
        return struct.pack("!BBH", head, 126, size) + payload
    return struct.pack("!BBQ", head, 127, size) + payload


async def raw_read(*pieces: bytes, reset: bool = True, pause: float = 0.0) -> list[Packet]:
    """What comes of bytes that are written after a proper handshake, followed by a reset."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgrade(reader, writer)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        if reset:
            await asyncio.sleep(0.02)
            writer.transport.abort()
        else:
            await reader.read()
            writer.close()

    async with listening(handler) as port:
        return await read(f"ws://{HOST}:{port}/")


def answering(status: str, *headers: str, body: str = "no") -> Raw:
    """A server that answers the handshake with a plain HTTP response."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", body]
        writer.write("\r\n".join(lines).encode())
        await writer.drain()
        writer.close()

    return handler


# Carrying


def test_messages_arrive_in_order_with_steady_times() -> None:
    async def handler(ws: ServerConnection) -> None:
        for number in range(100):
            await ws.send(f'{{"n":{number}}}')

    async def scene() -> None:
        async with venue(handler) as url:
            found = await read(url)
        assert isinstance(found[0], Opened)
        assert texts(found) == [b'{"n":%d}' % number for number in range(100)]
        times = [packet.at for packet in found if isinstance(packet, Frame)]
        assert times == sorted(times)

    play(scene)


def test_what_is_said_is_sent_as_text() -> None:
    heard: list[object] = []

    async def handler(ws: ServerConnection) -> None:
        heard.append(await ws.recv())
        await ws.send("done")

    async def scene() -> None:
        async with venue(handler) as url:
            packets = LiveTransport().packets(stream_to(url))
            opened = await anext(packets)
            assert isinstance(opened, Opened)
            await opened.line.say(b'{"type":"market"}')
            assert isinstance(await anext(packets), Frame)
            await packets.aclose()
        assert heard == ['{"type":"market"}']

    play(scene)


class Turns:
    """How often the loop's others had their turn: a clock that a busy machine does not hasten."""

    def __init__(self) -> None:
        self.now = 0

    async def __aenter__(self) -> Turns:
        self._task = asyncio.create_task(self._count())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()

    async def _count(self) -> None:
        while True:
            self.now += 1
            await asyncio.sleep(0)


AT_ONCE = 20
"""In so many turns of the loop nothing comes that somebody has to be waited for."""


def test_a_flood_loses_nothing_and_lets_others_run(monkeypatch: pytest.MonkeyPatch) -> None:
    messages, in_a_slice = 20_000, 8
    monkeypatch.setattr(live, "monotonic", count(0.0, live._SLICE / in_a_slice).__next__)

    async def handler(ws: ServerConnection) -> None:
        ws.transport.write(b"".join(framed(b"%d" % number) for number in range(messages)))

    async def scene() -> None:
        found: list[bytes] = []
        heard_at: list[int] = []
        async with venue(handler) as url, Turns() as turns:
            packets = LiveTransport().packets(stream_to(url))
            async for packet in packets:
                if isinstance(packet, Frame):
                    found.append(packet.data)
                    heard_at.append(turns.now)
        assert found == [b"%d" % number for number in range(messages)]
        assert max(len(list(each)) for _, each in groupby(heard_at)) <= in_a_slice

    play(scene)


def test_a_message_may_arrive_one_byte_at_a_time() -> None:
    async def scene() -> None:
        message = b'{"event_type":"book"}'
        found = await raw_read(*(bytes((byte,)) for byte in framed(message)), pause=0.001)
        assert texts(found) == [message]

    play(scene)


def test_a_fragmented_message_is_one_message() -> None:
    async def scene() -> None:
        found = await raw_read(framed(b'{"a":', 0x01), framed(b"1", 0x00), framed(b"}", 0x80))
        assert texts(found) == [b'{"a":1}']

    play(scene)


def test_a_binary_frame_is_marked_as_one() -> None:
    async def scene() -> None:
        found = await raw_read(framed(b"\x00\xff", 0x82))
        frame = found[1]
        assert isinstance(frame, Frame)
        assert not frame.text
        assert frame.data == b"\x00\xff"

    play(scene)


def test_a_ping_of_the_far_end_is_answered_and_is_no_message() -> None:
    async def handler(ws: ServerConnection) -> None:
        await (await ws.ping())
        await ws.send("after the pong")

    async def scene() -> None:
        async with venue(handler) as url:
            assert texts(await read(url)) == [b"after the pong"]

    play(scene)


def test_a_far_end_that_pings_and_does_not_read_is_told() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgrade(reader, writer)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        with suppress(OSError):
            while not writer.is_closing():
                writer.write(framed(b"x" * 125, 0x89) * 1_000)
                await writer.drain()

    async def scene() -> None:
        async with listening(handler) as port:
            found = await read(f"ws://{HOST}:{port}/")
        assert end_of(found) == Closed("we hung up: it asks for answers and does not read them (1008)", 1008)

    play(scene)


def test_compression_is_off_unless_asked_for() -> None:
    offers: list[str | None] = []

    async def handler(ws: ServerConnection) -> None:
        assert ws.request is not None
        offers.append(ws.request.headers.get("Sec-WebSocket-Extensions"))
        await ws.send("x" * 5_000)

    async def scene() -> None:
        async with venue(handler, compress=True) as url:
            assert texts(await read(url)) == [b"x" * 5_000]
            assert texts(await read(url, transport=LiveTransport(compress=True))) == [b"x" * 5_000]
        assert offers[0] is None
        assert "permessage-deflate" in str(offers[1])

    play(scene)


# Ending


@pytest.mark.parametrize(
    ("code", "reason", "words", "halt"),
    [
        (1000, "", "closed by the venue (1000)", False),
        (1000, "all subscribed assets resolved", "closed by the venue (1000: all subscribed assets resolved)", False),
        (1001, "going away", "closed by the venue (1001: going away)", False),
        (1011, "", "closed by the venue (1011)", False),
        (1013, "slow consumer: send buffer full", "closed by the venue (1013: slow consumer: send buffer full)", False),
        (4001, "sign in", "closed by the venue (4001: sign in)", True),
        (4008, "", "closed by the venue (4008)", True),
        (3000, "", "closed by the venue (3000)", False),
    ],
)
def test_a_close_is_told_with_its_code_and_reason(code: int, reason: str, words: str, halt: bool) -> None:
    async def handler(ws: ServerConnection) -> None:
        await ws.send("last words")
        await ws.close(code, reason)

    async def scene() -> None:
        async with venue(handler) as url:
            found = await read(url)
        assert texts(found) == [b"last words"]
        assert end_of(found) == Closed(words, code, halt=halt, retry_after=60.0 if halt else 0)

    play(scene)


def test_a_close_reason_is_cleaned_before_anybody_shows_it() -> None:
    async def scene() -> None:
        reason = "\x1b]52;c;AAAA\x07 \u202e bye\n\r" + "x" * 60
        found = await raw_read(framed(struct.pack("!H", 1011) + reason.encode(), 0x88))
        words = end_of(found).reason
        assert words.isascii()
        assert words.isprintable()
        assert "bye" in words

    play(scene)


def test_a_reset_is_a_lost_connection() -> None:
    async def scene() -> None:
        found = await raw_read(framed(b"one"))
        assert texts(found) == [b"one"]
        assert end_of(found) == Closed("the connection was lost", 1006)

    play(scene)


@pytest.mark.parametrize("keep", [1, 2, 3, 50, 101])
def test_half_a_message_is_never_handed_out(keep: int) -> None:
    async def scene() -> None:
        found = await raw_read(framed(b"whole"), framed(b"h" * 100)[:keep])
        assert texts(found) == [b"whole"]
        assert end_of(found).code == 1006

    play(scene)


def test_an_unfinished_fragment_is_never_handed_out() -> None:
    async def scene() -> None:
        found = await raw_read(framed(b'{"whole":true}', 0x01))
        assert texts(found) == []
        assert end_of(found).code == 1006

    play(scene)


@pytest.mark.parametrize(
    ("piece", "code"),
    [
        (framed(b'{"a":"\xff\xfe"}'), 1007),
        (framed(b"x", 0xF1), 1002),
        (framed(b"x", 0x83), 1002),
        (framed(b"x", 0x80), 1002),
    ],
    ids=["not UTF-8", "reserved bits", "unknown opcode", "continuation of nothing"],
)
def test_a_broken_frame_makes_us_hang_up_with_a_reason(piece: bytes, code: int) -> None:
    async def scene() -> None:
        found = await raw_read(piece)
        assert texts(found) == []
        assert end_of(found).code == code
        assert end_of(found).reason.startswith("we hung up")
        assert not end_of(found).halt

    play(scene)


@pytest.mark.parametrize(
    "piece",
    [framed(b"x", 0x83), framed(struct.pack("!H", 1013) + b"slow consumer", 0x88)],
    ids=["a broken frame", "a close frame"],
)
def test_a_far_end_that_keeps_its_socket_open_after_the_end_is_left_soon(
    piece: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert live._LOOK_EVERY <= 0.5
    monkeypatch.setattr(live, "_LOOK_EVERY", 0.02)

    async def scene() -> None:
        assert end_of(await raw_read(piece, reset=False)).code in (1002, 1013)

    play(scene)


def test_a_message_over_the_limit_makes_us_hang_up_and_names_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "LARGEST", 2 * 2**20)

    async def scene() -> None:
        head = framed(b"x" * (2**21 + 1))[:10]
        found = await raw_read(head, b"x" * 1_000)
        assert texts(found) == []
        assert end_of(found) == Closed("we hung up: a message over 2 MiB (1009)", 1009)

    play(scene)


def test_a_message_at_the_limit_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "LARGEST", 70_000)

    async def scene() -> None:
        assert texts(await raw_read(framed(b"x" * 70_000))) == [b"x" * 70_000]

    play(scene)


def test_a_small_message_that_unpacks_to_a_huge_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "LARGEST", 2**20)

    async def handler(ws: ServerConnection) -> None:
        squeeze = zlib.compressobj(wbits=-15)
        packed = squeeze.compress(b"x" * 2**26) + squeeze.flush(zlib.Z_SYNC_FLUSH)
        ws.transport.write(framed(packed[:-4], 0xC1))
        await ws.wait_closed()

    async def scene() -> None:
        async with venue(handler, compress=True) as url:
            found = await read(url, transport=LiveTransport(compress=True))
        assert texts(found) == []
        assert end_of(found).code == 1009

    play(scene)


def test_nothing_of_an_endless_message_is_kept_when_its_connection_is_gone() -> None:
    async def scene() -> None:
        squeeze = zlib.compressobj(wbits=-15)
        part = b"x" * 2**20
        packed = b"".join(squeeze.compress(part) for _ in range(24)) + squeeze.flush(zlib.Z_SYNC_FLUSH)

        async def handler(connection: ServerConnection) -> None:
            connection.transport.write(framed(packed[:-4], 0xC1))
            await connection.wait_closed()

        async with venue(handler, compress=True) as url:
            transport = LiveTransport(compress=True)
            tracemalloc.start()
            try:
                for _ in range(3):
                    assert end_of(await read(url, transport=transport)).code == 1009
                await asyncio.sleep(0)
                assert tracemalloc.get_traced_memory()[0] < messages.LARGEST // 4
            finally:
                tracemalloc.stop()

    gc.disable()  # nobody looks for garbage as often as a venue could send this
    try:
        play(scene)
    finally:
        gc.enable()


def test_leaving_does_not_wait_for_a_far_end_that_keeps_sending() -> None:
    async def handler(ws: ServerConnection) -> None:
        while True:
            await ws.send("x" * 1_000)

    async def scene() -> None:
        async with venue(handler) as url, Turns() as turns:
            packets = LiveTransport().packets(stream_to(url))
            for _ in range(50):
                await anext(packets)
            began = turns.now
            await packets.aclose()
            assert turns.now - began < AT_ONCE

    play(scene)


def test_a_cut_ends_the_connection_at_once() -> None:
    async def handler(ws: ServerConnection) -> None:
        await ws.wait_closed()

    async def scene() -> None:
        async with venue(handler) as url, Turns() as turns:
            packets = LiveTransport().packets(stream_to(url))
            opened = await anext(packets)
            assert isinstance(opened, Opened)
            began = turns.now
            opened.line.cut()
            assert await anext(packets) == Closed("the connection was lost", 1006)
            assert turns.now - began < AT_ONCE
            await packets.aclose()

    play(scene)


# Beginning


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        ("401 Unauthorized", (), Closed("not authorised (401)", 401, halt=True, retry_after=60.0)),
        ("403 Forbidden", (), Closed("refused by the venue (403)", 403, halt=True, retry_after=60.0)),
        ("404 Not Found", (), Closed("refused with status 404", 404)),
        ("429 Too Many", (), Closed("too many connections (429)", 429, retry_after=60.0)),
        ("429 Too Many", ("Retry-After: 120",), Closed("too many connections (429)", 429, retry_after=120.0)),
        ("429 Too Many", ("Retry-After: 0",), Closed("too many connections (429)", 429, retry_after=60.0)),
        ("429 Too Many", ("Retry-After: -5",), Closed("too many connections (429)", 429, retry_after=60.0)),
        ("429 Too Many", ("Retry-After: Fri, 31 Dec",), Closed("too many connections (429)", 429, retry_after=60.0)),
        ("500 Oops", (), Closed("refused with status 500", 500)),
        ("503 Unavailable", (), Closed("refused with status 503", 503)),
        ("200 OK", (), Closed("answered with a web page instead of a socket (200)", 200)),
    ],
)
def test_a_refusal_is_told_in_words(status: str, headers: tuple[str, ...], expected: Closed) -> None:
    async def scene() -> None:
        async with listening(answering(status, *headers)) as port:
            assert await read(f"ws://{HOST}:{port}/") == [expected]

    play(scene)


NINE = "Sun, 22 Nov 2026 09:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (("Retry-After: 0000120",), 120),
        (("Retry-After: 99999",), 3_600),
        (("Retry-After: 100000",), 3_600),
        ((f"Retry-After: {'9' * 5_000}",), 3_600),
        (("Retry-After: 120", "Retry-After: 7"), 120),
        ((f"Retry-After: {NINE}",), 600),
        (("Retry-After: Sun, 22 Nov 2026 08:55:00 -0000",), 300),
        (("Retry-After: Sun Nov 22 08:55:00 2026",), 300),
        (("Retry-After: Sun, 22 Nov 2026 08:55:00 GMT", "Date: Sun, 22 Nov 2026 08:53:00 GMT"), 120),
        ((f"Retry-After: {NINE}", "Date: yesterday"), 600),
        (("Retry-After: Fri, 31 Dec 9999 23:59:59 GMT",), 3_600),
        (("Retry-After: Sun, 01 Jan 1900 00:00:00 GMT",), 0),
        (("Retry-After: Fri, 31 Dec 9999 23:59:59 -9999",), 0),
        (("Retry-After: soon",), 0),
        (("Retry-After: -5",), 0),
        (("Retry-After: \u0661\u0662",), 0),
        (("Retry-After:",), 0),
    ],
)
def test_a_venue_is_left_alone_for_as_long_as_it_says_up_to_an_hour(headers: tuple[str, ...], seconds: float) -> None:
    at = datetime(2026, 11, 22, 8, 50, tzinfo=UTC)

    async def scene() -> None:
        transport = LiveTransport(wall=lambda: Millis(int(at.timestamp() * 1_000)))
        for status, least in ((429, 60.0), (503, 0.0)):
            async with listening(answering(f"{status} Hm", *headers)) as port:
                closed = end_of(await read(f"ws://{HOST}:{port}/", transport=transport))
            assert closed.code == status
            assert closed.retry_after == max(least, seconds)

    play(scene)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(status: int) -> None:
    visitors = 0

    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal visitors
        visitors += 1
        await upgrade(reader, writer)

    async def scene() -> None:
        async with listening(elsewhere) as other:
            handler = answering(f"{status} Moved", f"Location: ws://{HOST}:{other}/")
            async with listening(handler) as port:
                found = await read(f"ws://{HOST}:{port}/")
            assert found == [Closed(f"redirected ({status}): not followed", status)]
            await asyncio.sleep(0.02)
        assert visitors == 0

    play(scene)


def test_a_handshake_that_is_never_answered_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert live.HANDSHAKE == 10
    monkeypatch.setattr(live, "HANDSHAKE", 0.1)

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def scene() -> None:
        async with listening(handler) as port:
            found = await read(f"ws://{HOST}:{port}/")
        assert end_of(found).reason.startswith("the handshake was not done in")
        assert not end_of(found).halt

    play(scene, within=9)  # the library by itself would wait for ten


def test_a_handshake_that_drips_in_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HANDSHAKE", 0.15)

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            writer.write(b"H")
            await asyncio.sleep(0.02)

    async def scene() -> None:
        async with listening(handler) as port:
            found = await read(f"ws://{HOST}:{port}/")
        assert end_of(found).reason.startswith("the handshake was not done in")

    play(scene, within=9)


@pytest.mark.parametrize(
    ("error", "words"),
    [(MemoryError(), "there is no memory left"), (RuntimeError("can't start new thread"), "ulimit -u")],
)
def test_what_there_is_no_more_of_is_told_instead_of_the_error(
    error: Exception, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise InvalidHandshake from error  # the library's own, for whatever came in between

    monkeypatch.setattr(live, "_Connect", refuse)
    found = asyncio.run(read(f"ws://{HOST}:9/"))
    assert words in end_of(found).reason


@pytest.mark.parametrize("answer", [b"", b"220 smtp ready\r\n\r\n", b"\x00" * 100, b"HTTP/1.1 101 Hm\r\n\r\n"])
def test_a_far_end_that_speaks_something_else_is_told(answer: bytes) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async def scene() -> None:
        async with listening(handler) as port:
            found = await read(f"ws://{HOST}:{port}/")
        assert found == [Closed("the far end does not speak websocket")]

    play(scene)


def test_a_port_where_nobody_listens_is_told() -> None:
    async def scene() -> None:
        with socket.socket() as reserved:
            reserved.bind((HOST, 0))
            port = reserved.getsockname()[1]
            assert await read(f"ws://{HOST}:{port}/") == [Closed("connection refused")]

    play(scene)


def test_a_name_of_several_addresses_where_nobody_listens_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        with socket.socket() as reserved:
            reserved.bind((HOST, 0))
            port = reserved.getsockname()[1]

            async def known(*_: object, **__: object) -> list[object]:
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in (HOST, "127.0.0.2")]

            monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", known)
            assert await read(f"ws://venue.invalid:{port}/") == [Closed("connection refused")]

    play(scene)


def test_what_is_said_to_a_far_end_that_has_gone_is_no_error() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgrade(reader, writer)
        writer.write_eof()
        await reader.read()
        writer.close()

    async def scene() -> None:
        async with listening(handler) as port:
            packets = LiveTransport().packets(stream_to(f"ws://{HOST}:{port}/"))
            opened = await anext(packets)
            assert isinstance(opened, Opened)
            assert await anext(packets) == Closed("the connection was lost", 1006)
            await opened.line.say(b"anybody there?")
            await packets.aclose()

    play(scene)


def test_a_name_that_is_not_found_is_told() -> None:
    assert failure(socket.gaierror(-2, "Name or service not known")) == Closed("name lookup failed")


def test_the_reason_of_any_failure_is_plain_and_short() -> None:
    for error in (OSError(24, "Too many \x1b[31mopen files"), ValueError("\u202e" * 500), OSError()):
        closed = failure(error)
        assert closed.reason.isprintable()
        assert closed.reason.isascii()
        assert len(closed.reason) < 150
        assert not closed.halt
    assert plain("a\x00\x1b[2J\u200bb") == "a [2J b"


# Proxies


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_never_goes_through_a_proxy(name: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    visitors = 0

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal visitors
        visitors += 1
        writer.close()

    async def handler(ws: ServerConnection) -> None:
        await ws.send("straight")

    async def scene() -> None:
        async with listening(proxy) as port, venue(handler) as url:
            monkeypatch.setenv(name, f"http://user:secret@{HOST}:{port}")
            assert texts(await read(url.replace(HOST, host))) == [b"straight"]
        assert visitors == 0

    play(scene)


# Certificates


@asynccontextmanager
async def secure(name: str, greeted: list[str]) -> AsyncIterator[int]:
    """A TLS server; `greeted` takes down all that reaches it through a finished handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem")

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greeted.append((await reader.read(100)).decode(errors="replace"))
        writer.close()

    async with listening(handler, context) as port:
        yield port


@pytest.mark.parametrize(
    ("name", "trusted", "words"),
    [
        ("good", "elsewhere", "self-signed certificate"),
        ("expired", "expired", "certificate has expired"),
        ("elsewhere", "elsewhere", "Hostname mismatch"),
    ],
)
def test_a_bad_certificate_is_halted_and_not_a_byte_is_sent(
    name: str, trusted: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / f"{trusted}.pem"))
    greeted: list[str] = []

    async def scene() -> None:
        async with secure(name, greeted) as port:
            closed = end_of(await read(f"wss://localhost:{port}/"))
            await asyncio.sleep(0.02)
        assert closed.halt
        assert closed.retry_after == 60.0
        assert closed.reason.startswith("certificate refused: ")
        assert words in closed.reason
        assert greeted == []

    play(scene)


def test_a_good_certificate_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    # The control: without it the refusals above would prove nothing.
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "good.pem"))
    greeted: list[str] = []

    async def scene() -> None:
        async with secure("good", greeted) as port:
            await read(f"wss://localhost:{port}/")
        assert greeted
        assert greeted[0].startswith("GET / HTTP/1.1")

    play(scene)


def test_a_far_end_without_tls_is_halted() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 no encryption here\r\n")
        await writer.drain()
        writer.close()

    async def scene() -> None:
        async with listening(handler) as port:
            closed = end_of(await read(f"wss://localhost:{port}/"))
        assert closed.halt
        assert closed.reason.startswith("TLS failed")

    play(scene)


# Leaks


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="descriptors cannot be counted here")
@pytest.mark.parametrize("times", [100, pytest.param(20_000, marks=pytest.mark.torture)])
def test_connections_of_every_kind_leave_nothing_behind(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HANDSHAKE", 0.02)

    async def polite(ws: ServerConnection) -> None:
        await ws.send("x")

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def scene() -> None:
        async with venue(polite) as url, listening(answering("503 No")) as refusing, listening(silent) as stalling:
            urls = [url, f"ws://{HOST}:{refusing}/", url, f"ws://{HOST}:{stalling}/", url, f"ws://{HOST}:1/"]
            for each in urls:
                await read(each)
            await asyncio.sleep(0.1)
            before = tasks(), len(os.listdir("/proc/self/fd"))
            for number in range(times):
                await read(urls[number % 6], most=1 if number % 12 == 0 else 100)
            for _ in range(1_000):
                # The servers' own ends may take a moment longer.
                if (after := (tasks(), len(os.listdir("/proc/self/fd")))) <= before:
                    break
                await asyncio.sleep(0.02)
            assert after <= before

    play(scene, within=900)
