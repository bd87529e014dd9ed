"""What must not be read: how a secret is recognised in a text, whole, in part, spelled otherwise or by its name."""

from __future__ import annotations

import re
from base64 import b32encode, b64encode, urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from string import ascii_lowercase, ascii_uppercase
from urllib.parse import quote, quote_plus, unquote

MASK = "•••"


class Secrets:
    """Knows values that must not appear: not whole, not in part, not in another spelling."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._whole: re.Pattern[str] | None = None
        self._pieces: frozenset[str] = frozenset()
        self.edition = object()
        """Another one as soon as more is known: what was covered before may have to be covered again."""

    def add(self, *values: str, shortest: int = 8) -> None:
        """Never show these again; those under `shortest` characters are words like any other."""
        new = {each for value in values if len(value) >= shortest for each in _ends(value)} - self._values
        if new:
            self._values |= new
            whole = sorted({form for value in self._values for form in _whole(value)}, key=len, reverse=True)
            self._whole = re.compile("|".join(map(re.escape, whole)), re.IGNORECASE)
            self._pieces |= {piece for value in new for form in _forms(value) for piece in _pieces(form)}
            self.edition = object()

    def cover(self, text: str) -> str:
        """`text` without them."""
        return self._whole.sub(MASK, _without(self._pieces, text)) if self._whole else text

    def mask(self, text: str) -> str:
        """`text` without them, and without what looks like one by the name in front of it."""
        text = self.cover(text)
        for pattern, replacement in _patterns():
            text = pattern.sub(replacement, text)
        return text


# Spellings

_PIECE = 8
"""So many letters and digits of a secret, from anywhere in it, are still the secret."""
_LONGEST_SECRET = 512


def _ends(value: str) -> set[str]:
    """The value itself; of an endless one what somebody would see of it."""
    return {value} if len(value) <= _LONGEST_SECRET else {value[:_LONGEST_SECRET], value[-_LONGEST_SECRET:]}


def _whole(value: str) -> Iterator[str]:
    """What is looked for sign by sign: signs may be all that a secret is made of, or that its ends are."""
    yield value
    if len(value) >= 3 * _PIECE:
        yield from (value[:_PIECE], value[-_PIECE:])


def _bytes(value: str) -> bytes:
    return value.encode(errors="replace")


def _forms(secret: str) -> set[str]:
    """How it may be spelled. What only differs in signs between the letters and digits is one spelling."""
    import json
    from html import escape  # loads all the names of all letters

    quoted = quote(secret, safe="", errors="replace")
    escaped = json.dumps(secret)
    return {
        secret,
        secret[::-1],
        quoted,
        quote(quoted, safe=""),
        quote(secret, errors="replace"),
        quote_plus(secret, errors="replace"),
        escaped,
        repr(secret),
        escape(secret),
        "".join(f"\\x{byte:02x}" for byte in _bytes(secret)),
        "".join(f"\\u{ord(char):04x}" for char in secret),
        b32encode(_bytes(secret)).decode(),
        *_encoded(_bytes(secret)),
        *_of_decoded(secret),
    }


def _of_decoded(secret: str) -> set[str]:
    """API secrets are themselves base64 of the bytes that sign."""
    try:
        decoded = urlsafe_b64decode(secret.replace("+", "-").replace("/", "_") + "=" * (-len(secret) % 4))
    except (NotBase64, ValueError):
        return set()
    return {repr(decoded)[2:-1], *_encoded(decoded)} if len(decoded) >= _PIECE else set()


def _encoded(secret: bytes) -> set[str]:
    forms = {secret.hex()}
    for before in range(3):
        # Inside a longer text the same bytes come out in one of three ways, the ends mixed with their neighbours.
        whole = b64encode(b"\0" * before + secret).decode()
        forms.add(whole[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6])
    return forms


def _bare(text: str) -> tuple[str, list[int]]:
    """Only the letters and digits, in small letters, and where they stood: whatever wraps, quotes or spaces goes."""
    places = [place for place, char in enumerate(text) if char.isalnum()]
    return "".join([text[place] for place in places]).translate(_SMALL), places


_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)  # unlike `lower` it keeps every character one character


def _pieces(form: str) -> Iterator[str]:
    bare, _ = _bare(form)
    return (bare[start : start + _PIECE] for start in range(len(bare) - _PIECE + 1))


def _without(pieces: frozenset[str], text: str) -> str:
    """`text` with every stretch that is made of `pieces` masked."""
    bare, places = _bare(text)
    shown, copied, end = [], 0, -1
    for start in range(len(bare) - _PIECE + 1):
        if bare[start : start + _PIECE] in pieces:
            if start > end:
                shown += [text[copied : places[start]], MASK]
            end = start + _PIECE - 1
            copied = places[end] + 1
    return "".join([*shown, text[copied:]])


# Names

_NAMES = (
    r"(?:POLY|POLYMARKET|CLOB|BUILDER)_[A-Z_]*(?:KEY|SECRET|PASS_?PHRASE|SIGNATURE)|POLY_[A-Z_]+"
    r"|[\w-]*(?:api[-_]?key|private[-_]?key|secret|pass_?phrase|password|signature)|owner|PK"
)
_KEY = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


_IP = r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]*\])"
_NO_USER = rf"""{_IP}(?::\d+)?/[^\s:]*@|(?:[\w-]+\.)+[\w-]+(?:/(?:[^\s:@"']*/)?@$|(?:/[^\s:@"']*)?["'])"""
"""What follows `://` and is no user before a host: a machine by its number, somebody's page, an address in quotes."""

_Cover = Callable[[re.Match[str]], str]


def _masked_from(user: str) -> _Cover:
    """Covers what ends with a host's `@` from where there is a `user` in it.

    Two steps, since one pattern would look for the end again from each place where a user may begin: a long text would
    take the square of its length.
    """
    begins = re.compile(user)

    def cover(found: re.Match[str]) -> str:
        start = begins.search(found.string, found.start(), found.end())
        return f"{found.string[found.start() : start.start()]}{MASK}@" if start else found.group()

    return cover


@cache  # looked at only when there is something to say: compiling them would cost each start some milliseconds
def _patterns() -> tuple[tuple[re.Pattern[str], str | _Cover], ...]:
    return (
        # Authorization: Bearer …, and the same in a printed dict of headers.
        (
            re.compile(
                r"""((?:proxy-)?authorization|(?:set-)?cookie)(\\*["']?\s*[:=,]\s*\\*["']?)[^"'\r\n]+""", re.IGNORECASE
            ),
            rf"\1\2{MASK}",
        ),
        # "name": "value", 'name': b'value', ('name', 'value'), name="value"
        (
            re.compile(
                rf"""(?<![\w-])({_NAMES})(\\*["']?\s*[:=]\s*b?|\\*["']\s*,\s*b?)(\\*["'])(?:[^\n]*?)(\3|$)""",
                re.IGNORECASE | re.MULTILINE,
            ),
            rf"\1\2\3{MASK}\4",
        ),
        # name=value, name: value
        (
            re.compile(rf"""(?<![\w-])({_NAMES})(\s*[:=]\s*)(?!{MASK})[^\s"',;}})\\]+""", re.IGNORECASE),
            rf"\1\2{MASK}",
        ),
        # "key": "…", as the parts of an account are called among themselves
        (re.compile(rf"\b(key\b[^\w\n]{{1,6}}){_KEY}", re.IGNORECASE), rf"\1{MASK}"),
        # Bytes that were printed as numbers: nobody would see what they say.
        (re.compile(r"(?<![\d.])\d{1,3}(?:\s*,\s*\d{1,3}){15,}(?![\d.])"), MASK),
        # scheme://user:password@host, and user:password@host; a password may have any signs in it, blanks and other @
        (
            re.compile(r"^.+@", re.MULTILINE),
            _masked_from(r"(?<=://)[^\s/@:]*:(?!\d*(?:[/?#\s\"',;:)]|$))"),
        ),
        (re.compile(r"(?<!\S)\S+@"), _masked_from(rf"(?<=://)(?!{_NO_USER})[^\s@]")),
        (
            re.compile(r"(?<!\S)\S+@(?=[\w.\[])"),
            _masked_from(rf"(?<![^\s\"'(=])(?!{_IP}:\d+/)[^\s@:/\"'(=]+:(?!@|//)"),
        ),
        # The id of a market is spelt like a private key: as much as it takes to know it again.
        (re.compile(r"(0x[0-9a-f]{4})[0-9a-f]{33,}([0-9a-f]{4})", re.IGNORECASE), r"\1…\2"),
    )


_CREDENTIAL = (
    r"PK|.*(?:API_KEY|PRIVATE_KEY|PASS_?PHRASE|PASSWORD|TOKEN|_PK)"
    r"|.*SECRETS?(?:_?KEY)?(?:_.*)?"
    r"|(?:POLY|POLYMARKET|CLOB|BUILDER)_.*(?:KEY|SECRET|PASS).*"
)


def names_credential(variable: str) -> bool:
    """Whether a variable of this name holds what nobody else should have."""
    return re.fullmatch(_CREDENTIAL, variable.upper()) is not None


def proxy_passwords(environment: Mapping[str, str]) -> list[str]:
    """What stands before the host of a proxy, in whatever form somebody wrote it."""
    users = [
        re.sub(r"^[\w+.-]*://", "", value.rpartition("@")[0])
        for name, value in environment.items()
        if name.lower().endswith("_proxy")
    ]
    written: list[str] = []
    for user in users:
        # Whoever takes a sign of a password for the end of a host may name a part of it.
        written += filter(None, (user, user.partition(":")[2], *re.split(r"[\s:/?#@]+", user)[1:]))
    return [*written, *map(unquote, written)]


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """What a program that we start may know of our environment."""
    return {name: value for name, value in environment.items() if not names_credential(name)}


# Shapes

_SHAPED = rf"""(?aix)
    {_KEY}
    | (?<![0-9a-z]) (?=[0-9]*[a-f]) (?=[a-f]*[0-9]) [0-9a-f]{{40,}}  # a passphrase or a key; an id begins with 0x
    | (?-i: (?<![\w+-]) (?! 0[xX][0-9a-fA-F]+ (?![\w+-]) )  # an id may be spelt in capitals
        (?=[A-Z0-9_+-]*[a-z]) (?=[a-z0-9_+-]*[A-Z]) (?=[A-Za-z_+-]*[0-9]) [\w+-]{{40,}} ={{0,2}} )  # base64
    """


def shapeless(text: str) -> str:
    """`text` without what has the shape of a credential, for words that repeat what somebody typed."""
    return re.sub(_SHAPED, MASK, text)
