"""Secrets that are nobody's, the forms in which they could get out, and a look for them in any bytes."""

from __future__ import annotations

import html
import json
import re
from base64 import b32encode, b64decode, b64encode, encodebytes, urlsafe_b64encode
from collections.abc import Iterator
from functools import cache
from pprint import pformat
from urllib.parse import quote, quote_plus

CANARY_KEY = "fa4ecafe-7d31-4e95-b8c2-60d9fa4e5b17"
CANARY_SECRET = "FAKEcanary_9xQ2-VtLw7ZrKp3nYd8HsBe_5mGuJ0aE="  # noqa: S105 - nobody's
CANARY_PASSPHRASE = "fa4ec0de9b37d2618f5ae4c07b93d61f28ea5c7094bd13f6ae82c59d70fa4e1b"  # noqa: S105 - nobody's
CANARY_ADDRESS = "0xFa4E00000000000000000000000000000000FA4E"
"""Not a secret: it may be shown."""

CANARIES = {"key": CANARY_KEY, "secret": CANARY_SECRET, "passphrase": CANARY_PASSPHRASE}


def forms(canary: str) -> dict[str, bytes]:
    """Every form by what it is called, as the bytes of a file or a screen."""
    raw = canary.encode()
    texts = {
        "raw": canary,
        "in capitals": canary.upper(),
        "in small letters": canary.lower(),
        "without signs": re.sub(r"[^0-9A-Za-z]", "", canary),
        "reversed": canary[::-1],
        "its beginning": canary[:18],
        "its end": canary[-18:],
        "its middle": canary[10:28],
        "JSON": json.dumps({"x": canary}),
        "JSON in JSON": json.dumps(json.dumps({"x": canary})),
        "JSON with \\/": json.dumps(canary).replace("/", "\\/"),
        "\\u escapes": "".join(f"\\u{ord(char):04x}" for char in canary),
        "\\x escapes": "".join(f"\\x{byte:02x}" for byte in raw),
        "repr of bytes": repr(raw),
        "a list of characters": repr(list(canary)),
        "a list of bytes": repr(list(raw)),
        "cut in two by repr": pformat(f"{canary[:16]} {canary[16:]}", width=20),
        "on several lines": "\n".join(canary[start : start + 10] for start in range(0, len(canary), 10)),
        "URL": quote(canary, safe=""),
        "URL of a URL": quote(quote(canary, safe=""), safe=""),
        "form": quote_plus(canary),
        "HTML": html.escape(canary),
    }
    encoded = {"": raw, "prefixed ": b"user:" + raw, "in between ": b"ab" + raw + b"cd"}
    if canary.endswith("="):
        encoded["decoded "] = b64decode(canary, altchars=b"-_")
        texts["decoded, repr"] = repr(encoded["decoded "])
    for name, some in encoded.items():
        texts |= {
            f"{name}hex": some.hex(),
            f"{name}HEX": some.hex().upper(),
            f"{name}hex with colons": some.hex(":"),
            f"{name}hex with blanks": some.hex(" "),
            f"{name}base64": b64encode(some).decode(),
            f"{name}base64 of URLs": urlsafe_b64encode(some).decode(),
            f"{name}base64 in lines": encodebytes(some * 2).decode(),
            f"{name}base64 without padding": b64encode(some).decode().rstrip("="),
        }
    texts["base32"] = b32encode(raw).decode()
    found = {name: text.encode() for name, text in texts.items()}
    found |= {"UTF-16": canary.encode("utf-16-le"), "UTF-32": canary.encode("utf-32-be")}
    return found


_PIECE = 12
"""So many letters and digits in a row do not turn up by chance, not in a gigabyte of hexadecimal ids."""
_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_SIGNS = bytes(set(range(256)) - set(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))


def _bare(data: bytes) -> bytes:
    return data.translate(None, _SIGNS).lower()


def _pieces(data: bytes) -> Iterator[bytes]:
    bare = _bare(data)
    return (bare[start : start + _PIECE] for start in range(len(bare) - _PIECE + 1))


@cache
def _known() -> dict[bytes, str]:
    known: dict[bytes, str] = {}
    for what, canary in CANARIES.items():
        others = forms(_alike(canary))
        for name, form in forms(canary).items():
            # What comes out the same for another text is the form's own, not the secret's.
            for piece in {*_pieces(form)} - {*_pieces(others[name])}:
                known.setdefault(piece, f"{what} ({name})")
    return known


def _alike(canary: str) -> str:
    """Another text of the same shape, with the same ends."""
    turned = str.maketrans("0123456789abcdefABCDEFGHIJKLM", "9876543210fedcbaMLKJIHGFEDCBA")
    return canary[:3] + canary[3:-3].translate(turned) + canary[-3:]


@cache
def _ends() -> dict[str, tuple[bytes, bytes]]:
    return {what: (canary[:8].encode(), canary[-8:].encode()) for what, canary in CANARIES.items()}


def leaks(data: bytes) -> set[str]:
    """Which canaries are in `data`, and in which form; what moves or colours text on a screen hides nothing."""
    known = _known()
    # Both, for a sequence may carry text of its own, into the clipboard or the title.
    texts = (data, _ESCAPES.sub(b"", data)) if b"\x1b" in data else (data,)
    found = {known[piece] for text in texts for piece in _pieces(text) if piece in known}
    return found | {f"{what} (shortened)" for what, ends in _ends().items() for end in ends if end in data}


def assert_clean(data: bytes | str) -> None:
    """No canary is in `data`; says which one is, and does not repeat it."""
    found = leaks(data.encode(errors="surrogatepass") if isinstance(data, str) else data)
    assert not found, f"leaked: {', '.join(sorted(found))}"
