"""The parts of an account, and what each must look like."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterator
from typing import NamedTuple

from pmtui import logs
from pmtui.checks import Refused
from pmtui.core.credentials import Credentials, Secret

TRIO = ("key", "secret", "passphrase")
PARTS = (*TRIO, "address")


class Part(NamedTuple):
    """One of `PARTS`, and the name by which people know it."""

    name: str
    text: Secret

    @classmethod
    def of(cls, name: str, text: str) -> Part:
        return cls(name, Secret(text))


class Hit(NamedTuple):
    """What one source has: a whole trio, perhaps an address."""

    parts: dict[str, Part]
    source: str


def made(hit: Hit) -> Credentials:
    """The credentials, once every part looks right; raises `Refused` with names and never a value."""
    texts = {what: part.text.reveal() for what, part in hit.parts.items()}
    logs.hide(*(texts[what] for what in TRIO if what in texts))
    for what in PARTS:
        if what in texts or what in TRIO:
            name = hit.parts[what].name if what in texts else f"the {what}"
            for fault in faults(what, texts.get(what, "")):
                raise Refused(f"{name} {fault}")
    if texts["secret"] == texts["passphrase"]:
        names = " and ".join(hit.parts[what].name for what in ("secret", "passphrase"))
        raise Refused(f"{names} are the same text, one of them is in the wrong place")
    key, secret, passphrase = (hit.parts[what].text for what in TRIO)
    return Credentials(key, secret, passphrase, texts.get("address", ""), hit.source)


# What may be wrong, the likeliest first


def faults(what: str, text: str) -> Iterator[str]:
    """What is wrong with the text of a part, to be read after its name."""
    if not text or text.isspace():
        yield "is empty"
    if text[:1] in _STRAY:
        yield f"begins with {_STRAY[text[:1]]}, which does not belong to it"
    if text[-1:] in _STRAY:
        yield f"ends with {_STRAY[text[-1:]]}, which does not belong to it"
    if len(text) > _LONGEST:
        yield f"has more than {_LONGEST} characters"
    if not (text.isascii() and text.isprintable()):
        yield "has characters that no credential has"
    if re.fullmatch(r"0[xX][0-9a-fA-F]{64}", text):
        yield "looks like a private key, which is not needed here and belongs nowhere near"
    yield from _FAULTS[what](text)


_LONGEST = 512
_STRAY = {
    **dict.fromkeys(" \t\v\f\u00a0\u2007\u202f", "a blank"),
    **dict.fromkeys("\r\n\x85\u2028\u2029", "a line break"),
    **dict.fromkeys("\"'`\u2018\u2019\u201c\u201d", "a quote"),
    **dict.fromkeys("\u200b\ufeff", "an invisible character"),
}
_KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
_SHORTEST_SECRET = 16


def _key(text: str) -> Iterator[str]:
    if not _KEY.fullmatch(text):
        yield "is not shaped like an API key: 8-4-4-4-12 hexadecimal digits"


def _secret(text: str) -> Iterator[str]:
    if _KEY.fullmatch(text):
        yield "is shaped like the API key, not like the secret"
    if _HEX.fullmatch(text):
        yield "is shaped like a passphrase, not like the secret"
    if len(decoded(text)) < _SHORTEST_SECRET:
        yield "is not base64, or too short"


def decoded(secret: str) -> bytes:
    """The bytes that sign, from either alphabet, padded or not; none when it is not base64."""
    bare = secret.rstrip("=")
    try:
        return b64decode(bare.replace("-", "+").replace("_", "/") + "=" * (-len(bare) % 4), validate=True)
    except (NotBase64, ValueError):
        return b""


def _passphrase(text: str) -> Iterator[str]:
    if _KEY.fullmatch(text):
        yield "is shaped like the API key, not like the passphrase"


def _address(text: str) -> Iterator[str]:
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", text):
        yield "is not shaped like an address: 0x and 40 hexadecimal digits"


_FAULTS: dict[str, Callable[[str], Iterator[str]]] = {
    "key": _key,
    "secret": _secret,
    "passphrase": _passphrase,
    "address": _address,
}
