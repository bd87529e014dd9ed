"""REST over httpx, which is loaded when the first request is made."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import sys
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from email.utils import parsedate_to_datetime
from functools import cache, partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pmtui.core.exhausted import causes, exhausted
from pmtui.core.ports import Request
from pmtui.core.units import Millis
from pmtui.feed.clock import Clock, steady
from pmtui.feed.proxy import NO_SOCKS, Proxy, proxy_for
from pmtui.feed.reasons import unconnected

if TYPE_CHECKING:
    from ssl import SSLContext

    import httpx

TIMEOUT = 5.0
IN_ALL = 8.0
LARGEST = 16 * 2**20
_NO_ADDRESS = "the address cannot be asked"
_GZIP = zlib.MAX_WBITS | 16

log = logging.getLogger(__name__)

# The library's own command line brings a painter of program code along, which nobody here needs: two megabytes. It is
# left out, as where the packages that it takes are missing.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

# Both print whole requests at lower levels, and some requests carry credentials.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


Heard = Callable[[str, int, int, int], None]
"""Whose time a good answer tells, what it is in ms since 1970, and when it was asked for and came, on the steady
clock."""


class HttpFetcher:
    """Performs requests: no redirects, a time limit, a size limit."""

    def __init__(self, clock: Clock = steady, *, heard: Heard = lambda *_: None) -> None:
        self._clock = clock
        self._heard = heard
        self._clients: dict[Proxy | None, httpx.AsyncClient] = {}

    async def fetch(self, request: Request, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """Status and body; raises `OSError` when there is no answer. `headers` go to this very address only."""
        asked_at = self._clock()
        try:
            status, body = await self._fetch(request, headers)
        except OSError as error:
            log.debug("%s: %s, after %d ms", _about(request), error, self._clock() - asked_at)
            raise
        log.debug("%s: %d in %d ms, %d bytes", _about(request), status, self._clock() - asked_at, len(body))
        return status, body

    async def _fetch(self, request: Request, headers: Mapping[str, str] | None) -> tuple[int, bytes]:
        _check(request.url)
        import httpx

        proxy = None
        try:
            proxy = proxy_for(request.url)
            # The library limits each read; an answer that drips in must not hold its place for hours.
            if request.body:
                headers = {**(headers or {}), "Content-Type": "application/json"}
            what = "POST" if request.body else "GET"
            client, asked_at = self._client(proxy), self._clock()
            ask = partial(client.stream, what, request.url, headers=headers, content=request.body or None)
            async with asyncio.timeout(IN_ALL), AsyncExitStack() as asked:
                try:
                    answer = await asked.enter_async_context(ask())
                except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
                    if not _hung_up(error):
                        raise
                    # It may have been a connection of before, which the far end gives up when it likes. Every request
                    # here is a question, which may be asked twice.
                    answer = await asked.enter_async_context(ask())
                if answer.status_code == 200:  # an error may be told by anybody on the way
                    self._hear(request.venue, answer.headers, asked_at)
                packed = answer.headers.get("content-encoding", "identity").strip().lower()
                return answer.status_code, await _unpacked(answer.aiter_raw(), packed)
        except (
            httpx.HTTPError,
            httpx.InvalidURL,
            ImportError,
            TimeoutError,
            ValueError,
            OverflowError,
            zlib.error,
        ) as error:
            why = _why(error)
            # The library's own error holds the whole request.
            raise OSError(f"no answer: {proxy.told(why) if proxy else why}") from None

    def _hear(self, venue: str, headers: Mapping[str, str], asked_at: Millis) -> None:
        """What the far end's clock shows; an answer that was kept somewhere tells when it was put there."""
        came_at = self._clock()
        if "Age" not in headers:
            with suppress(ValueError, OverflowError):
                date = parsedate_to_datetime(headers.get("Date", ""))
                if date.tzinfo is not None:  # without a zone it would be taken for our own
                    self._heard(venue, int(date.timestamp()) * 1_000, asked_at, came_at)

    def _client(self, proxy: Proxy | None) -> httpx.AsyncClient:
        from http.cookiejar import CookieJar, DefaultCookiePolicy

        import httpx

        if proxy not in self._clients:
            self._clients[proxy] = httpx.AsyncClient(
                timeout=TIMEOUT,
                follow_redirects=False,
                # The library would look for proxies by itself, and for passwords in files of other programs.
                trust_env=False,
                verify=_trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")),
                proxy=proxy.url if proxy else None,
                headers={"Accept-Encoding": "gzip"},
                # Nobody here logs in: what is kept would be sent with every request, and be more after each answer.
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            )
        return self._clients[proxy]

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()


@cache
def _trusted(_file: str | None, _folder: str | None) -> SSLContext:
    """Who is trusted, as these two say of the environment: read once, for it takes a good part of a frame's time."""
    import httpx

    return httpx.create_ssl_context()


def _about(request: Request) -> str:
    """A request as a log may have it: what was typed, and whose account it is, stand in the rest of an address."""
    host = re.split("[/?#]", request.url.partition("://")[2], maxsplit=1)[0]
    return f"{request.what} from {host.rpartition('@')[2] or 'nowhere'}"


def _check(url: str) -> None:
    """Raise `OSError` for what is no address; the library asks for some of them, and its errors are of any kind."""
    if "://" not in url:
        raise OSError("no address to ask")
    try:
        _ = urlsplit(url).port
    except ValueError:
        raise OSError(f"no answer: {_NO_ADDRESS}") from None


def _why(error: Exception) -> str:
    import httpx

    if spent := exhausted(error):
        return spent
    if isinstance(error, ImportError):
        return NO_SOCKS
    if isinstance(error, TimeoutError):
        return f"it took over {IN_ALL:.0f}s"
    if isinstance(error, httpx.TimeoutException):
        return f"it took over {TIMEOUT:.0f}s"
    if isinstance(error, httpx.ProxyError):
        return f"it refused ({code[0]})" if (code := re.match(r"\d{3}\b", str(error))) else "it does not speak as one"
    if isinstance(error, httpx.ConnectError):
        # The deepest first: what the system said, and not what libraries made of it.
        return next(unconnected(each) for each in (*reversed(causes(error)), OSError()) if isinstance(each, OSError))
    if isinstance(error, httpx.NetworkError):
        return "the connection was lost"
    if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol)):
        return _NO_ADDRESS
    return "what came cannot be read"


def _hung_up(error: Exception) -> bool:
    """Whether the far end closed the connection instead of answering."""
    import httpx

    if isinstance(error, httpx.RemoteProtocolError):
        return "disconnected" in str(error)  # the library has no other word for it
    return isinstance(error, httpx.NetworkError) and not isinstance(error, httpx.ConnectError)


async def _unpacked(parts: AsyncIterator[bytes], packed: str) -> bytes:
    """The whole body. A library would unpack each part before anybody could ask how much that is."""
    if packed not in ("identity", "", "gzip"):
        raise OSError("the answer is packed in a way that nobody asked for")
    unzip = zlib.decompressobj(_GZIP) if packed == "gzip" else None
    body = bytearray()
    async for part in parts:
        body += unzip.decompress(part, LARGEST + 1 - len(body)) if unzip else part
        if len(body) > LARGEST:
            raise OSError(f"the answer is over {LARGEST >> 20} MiB")
    if unzip is not None and not unzip.eof:
        raise OSError("the answer is cut short")
    return bytes(body)
