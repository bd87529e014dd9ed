"""The demo account: made-up credentials that follow from the seed, and what proves that somebody holds them."""

from __future__ import annotations

import base64
import hmac
from binascii import Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

CLOCK_TOLERANCE = 30
"""Seconds by which the time of a signed request may differ from the exchange's."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may ask for their own orders; the values are fakes, and still kept out of every `repr`."""

    key: str
    secret: str = field(repr=False)
    passphrase: str = field(repr=False)
    address: str

    def holds(self, said: object) -> bool:
        """Whether the `auth` part of an opening frame is the whole and right trio."""
        if not isinstance(said, dict):
            return False
        trio = {"apiKey": self.key, "secret": self.secret, "passphrase": self.passphrase}
        return all(_same(said.get(name), value) for name, value in trio.items())

    def signed(self, headers: Mapping[str, str], *, method: str, path: str, body: bytes, now: int) -> bool:
        """Whether the five headers of a request are this account's, true and fresh; `now` is in seconds."""
        told = {name: headers.get(f"poly_{name}", "") for name in ("address", "api_key", "passphrase", "timestamp")}
        stamp = told["timestamp"]
        return (
            told["address"].lower() == self.address.lower()
            and _same(told["api_key"], self.key)
            and _same(told["passphrase"], self.passphrase)
            and stamp.isascii()
            and stamp.isdigit()
            and len(stamp) < 12
            and abs(int(stamp) - now) <= CLOCK_TOLERANCE
            and _same(headers.get("poly_signature"), signature(self.secret, stamp, method, path, body))
        )


def demo_account(seed: int) -> Account:
    """The account of a seed."""
    return Account(
        key=uuid_of(seed, "key"),
        secret=base64.urlsafe_b64encode(_digest(seed, "secret")).decode(),
        passphrase=_digest(seed, "passphrase").hex(),
        address=address_of(seed, "address"),
    )


def signature(secret: str, timestamp: str, method: str, path: str, body: bytes = b"") -> str:
    """What signs a request: the path goes in without its query, the body as it is sent."""
    message = f"{timestamp}{method}{path}".encode() + body
    return base64.urlsafe_b64encode(hmac.digest(_decoded(secret), message, sha256)).decode()


def uuid_of(*parts: object) -> str:
    """A made-up identifier in the form of a random UUID."""
    return str(UUID(bytes=_digest(*parts)[:16], version=4))


def address_of(*parts: object) -> str:
    """A made-up wallet."""
    return f"0x{_digest(*parts)[:20].hex()}"


def hash_of(*parts: object) -> str:
    """A made-up order hash."""
    return f"0x{_digest(*parts).hex()}"


def _digest(*parts: object) -> bytes:
    return sha256("/".join(("account", *map(str, parts))).encode()).digest()


def _decoded(secret: str) -> bytes:
    """The key inside a secret: URL-safe base64 as issued, read tolerantly."""
    text = secret.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except Error:
        return b""


def _same(said: object, value: str) -> bool:
    return isinstance(said, str) and hmac.compare_digest(said.encode(errors="replace"), value.encode())
