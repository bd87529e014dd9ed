"""REST over real sockets on loopback."""

from __future__ import annotations

import asyncio
import gzip
import logging
import re
import socket
import struct
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ssl import SSLContext

import httpx
import pytest

from pmtui.core.ports import Request
from pmtui.feed import http
from pmtui.feed.http import HttpFetcher

from .test_live import CERTIFICATES, HOST, Raw, listening

OK = b"HTTP/1.1 200 OK\r\n"


def play(scene: Callable[[HttpFetcher], Awaitable[None]], *, within: float = 30) -> None:
    """The time is only there so that what hangs fails."""

    async def work() -> None:
        fetcher = HttpFetcher()
        try:
            async with asyncio.timeout(within):
                await scene(fetcher)
        finally:
            await fetcher.close()

    asyncio.run(work())


def saying(*pieces: bytes, pause: float = 0.0) -> Raw:
    """A server that answers any request with these bytes and then hangs up."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        writer.close()

    return handler


def whole(body: bytes, status: bytes = b"200 OK", *headers: bytes) -> bytes:
    head = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), b"Connection: close", *headers]
    return b"\r\n".join([*head, b"", body])


@asynccontextmanager
async def asking(handler: Raw) -> AsyncIterator[Request]:
    async with listening(handler) as port:
        yield Request(f"http://{HOST}:{port}/book?token_id=1", "book")


@pytest.mark.parametrize("status", [200, 404, 429, 500, 503])
def test_an_answer_is_its_status_and_its_body(status: int) -> None:
    async def scene(fetcher: HttpFetcher) -> None:
        async with asking(saying(whole(b'{"a":1}', b"%d Hm" % status))) as request:
            assert await fetcher.fetch(request) == (status, b'{"a":1}')

    play(scene)


def test_no_cookie_is_kept() -> None:
    heads: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(whole(b"{}", b"200 OK", b"Set-Cookie: c%d=x; Path=/" % len(heads), b"Set-Cookie: b=y; Max-Age=99"))
        writer.close()

    async def scene(fetcher: HttpFetcher) -> None:
        async with asking(handler) as request:
            for _ in range(3):
                await fetcher.fetch(request, {"POLY_SIGNATURE": "signed"})
        assert len(heads) == 3
        assert not any(b"cookie" in head.lower() for head in heads)

    play(scene)


@pytest.mark.parametrize(("level", "count"), [(logging.INFO, 0), (logging.DEBUG, 2)])
def test_debug_tells_each_question_with_its_answer_but_not_what_was_asked(
    level: int, count: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(level, "pmtui")

    async def scene(fetcher: HttpFetcher) -> None:
        async with asking(saying(whole(b"{}", b"404 Hm"))) as request:
            await fetcher.fetch(request._replace(url=f"{request.url}&q=SESAME"), {"POLY_SIGNATURE": "SESAME"})
        with pytest.raises(OSError, match="refused"):
            await fetcher.fetch(request)

    play(scene)
    lines = [each.getMessage() for each in caplog.records if each.name.startswith("pmtui")]
    assert len(lines) == count
    assert "SESAME" not in "".join(lines)
    assert "token_id" not in "".join(lines)
    if lines:
        assert re.fullmatch(rf"book from {HOST}:\d+: 404 in \d+ ms, 2 bytes", lines[0])
        assert re.fullmatch(rf"book from {HOST}:\d+: no answer: connection refused, after \d+ ms", lines[1])


def test_who_is_trusted_is_read_once_for_all_and_again_where_the_environment_says_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read, contexts = httpx.create_ssl_context, []

    def counted() -> SSLContext:
        contexts.append(read())
        return contexts[-1]

    monkeypatch.setattr(httpx, "create_ssl_context", counted)

    async def scene(fetcher: HttpFetcher) -> None:
        async with asking(saying(whole(b"{}"))) as request:
            assert await fetcher.fetch(request) == (200, b"{}")

    for name in ("good", "good", "elsewhere", "good"):
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / f"{name}.pem"))
        play(scene)
    assert len(contexts) == 2
    assert contexts[0].get_ca_certs() != contexts[1].get_ca_certs()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_never_followed(status: int) -> None:
    visitors = 0

    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal visitors
        visitors += 1
        writer.close()

    async def scene(fetcher: HttpFetcher) -> None:
        async with listening(elsewhere) as other:
            location = b"Location: http://%s:%d/" % (HOST.encode(), other)
            async with asking(saying(whole(b"", b"%d Moved" % status, location))) as request:
                assert (await fetcher.fetch(request))[0] == status
        assert visitors == 0

    play(scene)


@pytest.mark.parametrize(
    "answer",
    [b"", b"220 smtp\r\n", OK, OK + b"Content-Length: 100\r\n\r\nshort", b"\x00" * 50],
    ids=["nothing", "smtp", "half a head", "half a body", "zeros"],
)
def test_what_is_no_answer_is_an_os_error(answer: bytes) -> None:
    async def scene(fetcher: HttpFetcher) -> None:
        async with asking(saying(answer)) as request:
            with pytest.raises(OSError, match="no answer"):
                await fetcher.fetch(request)

    play(scene)


def test_nobody_listening_is_an_os_error() -> None:
    async def scene(fetcher: HttpFetcher) -> None:
        with pytest.raises(OSError, match="no answer"):
            await fetcher.fetch(Request(f"http://{HOST}:1/", "book"))

    play(scene)


@pytest.mark.parametrize(
    "url", ["", "nonsense", "http://", "ftp://127.0.0.1/", "http://[", "https://venue.invalid:99999/"]
)
def test_an_address_that_cannot_be_asked_is_an_os_error(url: str) -> None:
    async def scene(fetcher: HttpFetcher) -> None:
        with pytest.raises(OSError, match="no a"):
            await fetcher.fetch(Request(url, "book"))

    play(scene)


@pytest.mark.parametrize(
    "place", ["127.0.0.1:99999", "localhost:99999", "[::1]:99999", "127.0.0.1:-1", "[::1", "[::g]"]
)
def test_a_place_that_nobody_can_be_at_is_told_plainly(place: str) -> None:
    async def scene(fetcher: HttpFetcher) -> None:
        with pytest.raises(OSError, match=r"^no answer: the address cannot be asked$"):
            await fetcher.fetch(Request(f"http://{place}/", "book"))

    play(scene)


def test_an_answer_that_never_comes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert http.TIMEOUT <= 10
    monkeypatch.setattr(http, "TIMEOUT", 0.1)

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def scene(fetcher: HttpFetcher) -> None:
        async with asking(hang) as request:
            with pytest.raises(OSError, match="no answer: it took over 0s"):
                await fetcher.fetch(request)

    play(scene)


def test_a_far_end_that_hangs_up_without_a_word_is_no_answer() -> None:
    async def scene(fetcher: HttpFetcher) -> None:
        async with asking(saying()) as request:
            with pytest.raises(OSError, match="no answer"):
                await fetcher.fetch(request)

    play(scene)


@pytest.mark.parametrize("rudely", [False, True], ids=["closed", "reset"])
def test_a_connection_that_was_kept_and_is_closed_when_it_is_used_again_is_no_failure(rudely: bool) -> None:
    asked: list[int] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(0)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"Content-Length: 2\r\n\r\n{}")
        await reader.readuntil(b"\r\n\r\n")
        asked[-1] += 1
        if rudely:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()

    async def scene(fetcher: HttpFetcher) -> None:
        async with asking(handler) as request:
            assert await fetcher.fetch(request) == (200, b"{}")
            assert await fetcher.fetch(request) == (200, b"{}")

    play(scene)
    assert asked == [1, 0]


def test_an_answer_that_drips_in_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert http.IN_ALL <= 10
    monkeypatch.setattr(http, "IN_ALL", 0.15)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Content-Length: 1000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await asyncio.sleep(0.02)

    async def scene(fetcher: HttpFetcher) -> None:
        async with asking(drip) as request:
            with pytest.raises(OSError, match="no answer: it took over 0s"):
                await fetcher.fetch(request)

    play(scene)


def test_an_answer_over_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LARGEST", 2**20)

    async def scene(fetcher: HttpFetcher) -> None:
        async with asking(saying(whole(b"x" * 2**20))) as request:
            assert len((await fetcher.fetch(request))[1]) == 2**20
        async with asking(saying(whole(b"x" * (2**20 + 1)))) as request:
            with pytest.raises(OSError, match="over 1 MiB"):
                await fetcher.fetch(request)

    play(scene)


def test_an_answer_that_unpacks_to_more_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LARGEST", 2**20)
    bomb = gzip.compress(b"x" * 2**24)

    async def scene(fetcher: HttpFetcher) -> None:
        async with asking(saying(whole(bomb, b"200 OK", b"Content-Encoding: gzip"))) as request:
            with pytest.raises(OSError, match="over 1 MiB"):
                await fetcher.fetch(request)

    play(scene)


@pytest.mark.parametrize("encoding", [b"gzip, gzip", b"deflate", b"br", b"x-unknown"])
def test_an_answer_packed_in_a_way_that_nobody_asked_for_is_refused(encoding: bytes) -> None:
    bomb = gzip.compress(gzip.compress(b"x" * 2**24))

    async def scene(fetcher: HttpFetcher) -> None:
        async with asking(saying(whole(bomb, b"200 OK", b"Content-Encoding: " + encoding))) as request:
            with pytest.raises(OSError, match="nobody asked for"):
                await fetcher.fetch(request)

    play(scene)


def test_a_packed_answer_is_unpacked_and_never_beyond_the_limit() -> None:
    packed, bomb = gzip.compress(b"hello" * 1_000), gzip.compress(b"x" * (http.LARGEST * 8))

    async def scene(fetcher: HttpFetcher) -> None:
        async with asking(saying(whole(packed, b"200 OK", b"Content-Encoding: GZIP"))) as request:
            assert await fetcher.fetch(request) == (200, b"hello" * 1_000)
        async with asking(saying(whole(packed[:-20], b"200 OK", b"Content-Encoding: gzip"))) as request:
            with pytest.raises(OSError, match="cut short"):
                await fetcher.fetch(request)
        async with asking(saying(whole(b"no zip", b"200 OK", b"Content-Encoding: gzip"))) as request:
            with pytest.raises(OSError, match="no answer"):
                await fetcher.fetch(request)
        tracemalloc.start()
        try:
            async with asking(saying(whole(bomb, b"200 OK", b"Content-Encoding: gzip"))) as request:
                with pytest.raises(OSError, match="over 16 MiB"):
                    await fetcher.fetch(request)
            assert tracemalloc.get_traced_memory()[1] < 3 * http.LARGEST
        finally:
            tracemalloc.stop()

    play(scene)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_never_goes_through_a_proxy(name: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    visitors = 0

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal visitors
        visitors += 1
        writer.close()

    async def scene(fetcher: HttpFetcher) -> None:
        async with listening(proxy) as port, asking(saying(whole(b"straight"))) as request:
            monkeypatch.setenv(name, f"http://{HOST}:{port}")
            url = request.url.replace(HOST, host)
            assert (await fetcher.fetch(Request(url, "book")))[1] == b"straight"
        assert visitors == 0

    play(scene)


def test_why_there_is_no_answer_is_told_without_the_words_of_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUT", 0.1)

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def why(fetcher: HttpFetcher, request: Request) -> str:
        with pytest.raises(OSError, match="no answer: ") as told:
            await fetcher.fetch(request)
        return str(told.value)

    async def scene(fetcher: HttpFetcher) -> None:
        assert await why(fetcher, Request(f"http://{HOST}:1/", "book")) == "no answer: connection refused"
        async with asking(hang) as request:
            assert await why(fetcher, request) == "no answer: it took over 0s"
        async with asking(saying(b"220 smtp\r\n")) as request:
            assert await why(fetcher, request) == "no answer: what came cannot be read"
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(loop, "getaddrinfo", _unknown)
        assert await why(fetcher, Request("https://venue.invalid/", "book")) == "no answer: name lookup failed"
        monkeypatch.setattr(loop, "getaddrinfo", _twice_here)
        assert await why(fetcher, Request("https://venue.invalid:1/", "book")) == "no answer: connection refused"

    play(scene)


async def _unknown(*_: object, **__: object) -> None:
    raise socket.gaierror(-2, "Name or service not known")


async def _twice_here(*_: object, **__: object) -> list[object]:
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 1)) for host in (HOST, "127.0.0.2")]


@pytest.mark.parametrize(
    ("headers", "heard"),
    [
        ((b"Date: Sat, 21 Nov 2026 09:30:00 GMT",), [1_795_253_400_000]),
        ((b"Date: Sat, 21 Nov 2026 09:30:00 GMT", b"Age: 7"), []),
        ((b"Date: yesterday",), []),
        ((b"Date: Sat, 21 Nov 2026 09:30:00 -0000",), []),
        ((b"Date: Sat, 99 Nov 2026 99:99:99 GMT",), []),
        ((), []),
    ],
)
def test_the_time_that_an_answer_tells_is_passed_on(headers: tuple[bytes, ...], heard: list[int]) -> None:
    told: list[tuple[str, int, int, int]] = []

    async def work() -> None:
        fetcher = HttpFetcher(heard=lambda *each: told.append(each))
        async with asking(saying(whole(b"{}", b"200 OK", *headers))) as request:
            assert (await fetcher.fetch(request))[0] == 200
        await fetcher.close()

    asyncio.run(work())
    assert [each[1] for each in told] == heard
    assert all(asked <= came for _, _, asked, came in told)


@pytest.mark.parametrize("status", [b"403 No", b"429 Slow", b"502 Bad", b"301 Moved"])
def test_the_time_in_an_error_is_not_taken_for_the_venues(status: bytes) -> None:
    told: list[tuple[str, int, int, int]] = []

    async def work() -> None:
        fetcher = HttpFetcher(heard=lambda *each: told.append(each))
        async with asking(saying(whole(b"{}", status, b"Date: Sat, 21 Nov 2026 09:30:00 GMT"))) as request:
            await fetcher.fetch(request)
        await fetcher.close()

    asyncio.run(work())
    assert told == []


def test_closing_twice_or_before_any_question_is_no_error() -> None:
    async def scene(fetcher: HttpFetcher) -> None:
        await fetcher.close()
        async with asking(saying(whole(b"x"))) as request:
            await fetcher.fetch(request)
        await fetcher.close()

    play(scene)
