"""REST over httpx, which is loaded when the first request is made."""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pmtui.core.ports import Request

if TYPE_CHECKING:
    import httpx

TIMEOUT = 5.0
IN_ALL = 8.0
LARGEST = 16 * 2**20
_GZIP = zlib.MAX_WBITS | 16
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

# Both print whole requests at lower levels, and some requests carry credentials.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class HttpFetcher:
    """Performs requests: no redirects, a time limit, a size limit."""

    def __init__(self) -> None:
        self._clients: dict[bool, httpx.AsyncClient] = {}

    async def fetch(self, request: Request, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """Status and body; raises `OSError` when there is no answer. `headers` go to this very address only."""
        if "://" not in request.url:
            raise OSError("no address to ask")
        import httpx

        try:
            # The library limits each read; an answer that drips in must not hold its place for hours.
            if request.body:
                headers = {**(headers or {}), "Content-Type": "application/json"}
            what = "POST" if request.body else "GET"
            asked = self._client(request.url).stream(what, request.url, headers=headers, content=request.body or None)
            async with asyncio.timeout(IN_ALL), asked as answer:
                packed = answer.headers.get("content-encoding", "identity").strip().lower()
                return answer.status_code, await _unpacked(answer.aiter_raw(), packed)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, OverflowError, zlib.error) as error:
            # The library's own error holds the whole request.
            raise OSError(f"no answer: {type(error).__name__}") from None

    def _client(self, url: str) -> httpx.AsyncClient:
        import httpx

        local = urlsplit(url).hostname in _LOOPBACK
        if local not in self._clients:
            # Loopback never goes through a proxy, whatever the environment says.
            self._clients[local] = httpx.AsyncClient(
                timeout=TIMEOUT, follow_redirects=False, trust_env=not local, headers={"Accept-Encoding": "gzip"}
            )
        return self._clients[local]

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()


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
