"""Proving who asks: signed headers for reads, and to whom anything secret may be said at all."""

from __future__ import annotations

import base64
import hmac
from binascii import Error as NotBase64
from hashlib import sha256
from urllib.parse import SplitResult, urlsplit

from pmtui.core.credentials import Credentials, SealedHeaders, Secret
from pmtui.core.ports import VenueError

_TLS = {"https": 443, "wss": 443}
_PLAIN = {"http": 80, "ws": 80}
_HERE = frozenset({"127.0.0.1", "::1"})


def allowed(url: str, venue_host: str) -> bool:
    """Whether credentials may go to `url`: over TLS to the configured host itself, or to this very machine.

    `venue_host` is the configured address, or a bare host. A name that only ends or begins like it, a user or
    password in the address, another port, and `localhost` as a name that somebody may bend are all refused.
    """
    asked, ours = _split(url), _split(venue_host if "://" in venue_host else f"https://{venue_host}")
    if asked is None or ours is None:
        return False
    if asked.hostname in _HERE:
        return asked.scheme in _TLS or asked.scheme in _PLAIN
    return asked.scheme in _TLS and (asked.hostname, _port(asked)) == (ours.hostname, _port(ours))


def _split(url: str) -> SplitResult | None:
    """The parts of an address that says nothing but a host, a port and a path; None for any other."""
    if not url.isascii() or not url.isprintable() or any(each in url for each in "\\ #"):
        return None
    try:
        parts = urlsplit(url)
        right = parts.port != 0  # asking is what finds a port that is none
    except ValueError:
        return None
    return parts if right and parts.hostname and "@" not in parts.netloc else None


def _port(parts: SplitResult) -> int:
    return parts.port or (_TLS | _PLAIN).get(parts.scheme, 0)


def signature(secret: Secret, seconds: int, method: str, path: str, body: str = "") -> str:
    """What signs one request: the path without its query, the body as it is sent. Raises `VenueError`."""
    message = f"{seconds}{method}{path}{body}".encode()
    return base64.urlsafe_b64encode(hmac.digest(_key(secret), message, sha256)).decode()


def _key(secret: Secret) -> bytes:
    """The key inside a secret: URL-safe base64 as issued, other alphabets and lost padding forgiven."""
    text = secret.reveal().strip().translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (NotBase64, ValueError):
        key = b""
    if not key:
        # Nothing of it may be told, nor may the error that quotes it.
        raise VenueError("the secret is not base64: is it another part of the credentials?", resync=False)
    return key


def headers(credentials: Credentials, seconds: int, method: str, url: str, body: str = "") -> SealedHeaders:
    """The headers of one request, fresh for `seconds` of Unix time. Raises `VenueError`."""
    if not credentials.address:
        raise VenueError("signed reads need the wallet's address", resync=False)
    told = {
        # The address of the key's owner: orders may be funded by another wallet.
        "POLY_ADDRESS": credentials.address,
        "POLY_API_KEY": credentials.key.reveal(),
        "POLY_PASSPHRASE": credentials.passphrase.reveal(),
        "POLY_TIMESTAMP": str(seconds),
        "POLY_SIGNATURE": signature(credentials.secret, seconds, method, urlsplit(url).path, body),
    }
    return SealedHeaders(told)
