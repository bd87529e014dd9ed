"""The log: a ring in memory, and a file for those who ask for one. Nothing is ever written to the terminal.

One record is one line, whatever the text in it tries; secrets are masked in every spelling we know of.
Records come from the feed's thread as well, which must not wait for a disk: a thread of its own writes the file.
"""

from __future__ import annotations

import logging
import re
import time
import unicodedata
from base64 import b64encode, urlsafe_b64decode
from binascii import Error as NotBase64
from collections import deque
from collections.abc import Iterable, Mapping
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from pmtui.logfile import Later


KEPT = 200
"""Lines in memory."""
MASK = "•••"

_LONGEST_RECORD = 20_000
_CHATTY = ("websockets", "httpx", "httpcore", "h11", "asyncio", "markdown_it")
"""Libraries that print whole frames, requests or headers when asked for detail: those may carry secrets."""


# What a line may look like


def one_line(text: str) -> str:
    """`text` with every character that could move, hide or forge something written as an escape."""
    return text if text.isascii() and text.isprintable() else "".join(map(_visible, text))


def _visible(char: str) -> str:
    if char.isprintable() and unicodedata.category(char) not in ("Cf", "Mn", "Me") and char not in _BLANK:
        return char
    return char.encode("unicode_escape").decode("ascii")


_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u00a0")


# Secrets


class Secrets:
    """Knows values that must not appear, in the forms in which they might."""

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._ends: set[str] = set()
        self._patterns: list[re.Pattern[str]] = []

    def add(self, *values: str) -> None:
        """Never show these again; very short ones are words like any other."""
        for value in values:
            if len(value) >= _SHORTEST_SECRET:
                self._forms |= _forms(value)
            if len(value) >= 3 * _SHORTENED:
                self._ends |= {value[:_SHORTENED], value[-_SHORTENED:]}
        # Whole ones first: an end may occur inside of one.
        self._patterns = [
            re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))), re.IGNORECASE)
            for forms in (self._forms, self._ends)
            if forms
        ]

    def mask(self, text: str) -> str:
        """`text` without them, and without what looks like one by the name in front of it."""
        for known in self._patterns:
            text = known.sub(MASK, text)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text


_SHORTEST_SECRET = 8
_SHORTENED = 8
"""Characters at either end by which a shortened secret is still recognised."""


def _forms(secret: str) -> set[str]:
    forms = {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        repr(secret)[1:-1],
        *_encoded(secret.encode(errors="replace")),
    }
    try:
        # API secrets are themselves base64 of the bytes that sign.
        decoded = urlsafe_b64decode(secret.replace("+", "-").replace("/", "_") + "=" * (-len(secret) % 4))
        forms |= _encoded(decoded) if len(decoded) >= _SHORTEST_SECRET else set()
    except (NotBase64, ValueError):
        pass
    return forms


def _encoded(secret: bytes) -> set[str]:
    forms = {secret.hex()}
    for before in range(3):
        # Inside a longer text the same bytes come out in one of three ways, the ends mixed with their neighbours.
        whole = b64encode(b"\0" * before + secret).decode()
        middle = whole[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6]
        if len(middle) >= _SHORTEST_SECRET:
            forms |= {middle, middle.replace("+", "-").replace("/", "_")}
    return forms


_NAMES = (
    r"(?:POLY|POLYMARKET|CLOB|BUILDER)_[A-Z_]*(?:KEY|SECRET|PASS_?PHRASE|SIGNATURE)|POLY_[A-Z_]+"
    r"|[\w-]*(?:api[-_]?key|private[-_]?key|secret|pass_?phrase|password|signature)|owner|PK"
)
_PATTERNS = (
    # Authorization: Bearer …, and the same in a printed dict of headers.
    (
        re.compile(
            r"""((?:proxy-)?authorization|(?:set-)?cookie)(\\?["']?\s*[:=,]\s*\\?["']?)[^"'\r\n]+""", re.IGNORECASE
        ),
        rf"\1\2{MASK}",
    ),
    # "name": "value", 'name': b'value', ('name', 'value'), name="value"
    (
        re.compile(
            rf"""(?<![\w-])({_NAMES})(\\?["']?\s*[:=]\s*b?|\\?["']\s*,\s*b?)(\\?["'])(?:[^\n]*?)(\3|$)""",
            re.IGNORECASE | re.MULTILINE,
        ),
        rf"\1\2\3{MASK}\4",
    ),
    # name=value, name: value
    (
        re.compile(rf"""(?<![\w-])({_NAMES})(\s*[:=]\s*)(?!{MASK})[^\s"',;}})\\]+""", re.IGNORECASE),
        rf"\1\2{MASK}",
    ),
    # scheme://user:password@host
    (re.compile(r"(://)[^\s/@\"']+@"), rf"\1{MASK}@"),
)

SECRETS = Secrets()
"""What this process must not show; whoever loads a credential adds it here first."""

_CREDENTIAL = re.compile(r"PK|.*(?:API_KEY|PRIVATE_KEY|SECRET|PASS_?PHRASE|PASSWORD|TOKEN|_PK)")


def credentials_in(environ: Mapping[str, str]) -> list[str]:
    """Values of variables that are named like credentials, ours or not."""
    return [value for name, value in environ.items() if _CREDENTIAL.fullmatch(name.upper())]


def safe(text: str) -> str:
    """Several lines for a person, without secrets or anything that a terminal might obey."""
    return "\n".join(map(one_line, SECRETS.mask(text).split("\n")))


class OneLine(logging.Formatter):
    """A record as a line: time, level, who, what; a traceback follows on the same line."""

    converter = staticmethod(time.gmtime)  # a log that crosses a time zone or a change of clocks stays in order
    default_msec_format = "%s.%03dZ"
    default_time_format = "%Y-%m-%dT%H:%M:%S"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Masked here, at the last moment: arguments and tracebacks hold secrets too."""
        line = super().format(filled_in(record))
        if len(line) > _LONGEST_RECORD:
            line = f"{line[:_LONGEST_RECORD]}… ({len(line)} characters)"
        return one_line(SECRETS.mask(line))


def filled_in(record: logging.LogRecord) -> logging.LogRecord:
    """The same record with its arguments in its text; a mistake in them must not end whoever logs."""
    filled = copy(record)
    try:
        filled.msg, filled.args = record.getMessage(), None
    except Exception as error:
        filled.msg, filled.args = f"{record.msg} (cannot be filled in: {type(error).__name__})", None
    return filled


# Where lines go


class Ring(logging.Handler):
    """The last lines, for a view inside the program."""

    def __init__(self, kept: int = KEPT) -> None:
        super().__init__()
        self._lines: deque[str] = deque(maxlen=kept)
        self.total = 0
        self.setFormatter(OneLine())

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))
        self.total += 1

    def lines(self) -> list[str]:
        """Oldest first."""
        self.acquire()
        try:
            return list(self._lines)
        finally:
            self.release()


class Logs:
    """Logging as it is while a screen runs."""

    def __init__(self, path: Path | None = None, level: str = "info", secrets: Iterable[str] = ()) -> None:
        """Raises `Refused` when the file may not be written to, `OSError` when it cannot."""
        SECRETS.add(*secrets)
        self.ring = Ring()
        self._later = _to_file(path) if path else None
        root = logging.getLogger()
        for handler in list(root.handlers):
            root.removeHandler(handler)
        root.addHandler(self.ring)
        if self._later:
            root.addHandler(self._later)
        root.setLevel(level.upper())
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)
        # The screen owns the terminal: not even a failing log may print there.
        logging.raiseExceptions = False
        logging.lastResort = None
        logging.captureWarnings(True)

    def lines(self) -> list[str]:
        """The last lines, oldest first."""
        return self.ring.lines()

    def finish(self, within: float = 0.3) -> None:
        """Flush, at the end of the program."""
        root = logging.getLogger()
        root.removeHandler(self.ring)
        if self._later:
            root.removeHandler(self._later)
            self._later.finish(within)


def _to_file(path: Path) -> Later:
    from pmtui.logfile import Later, LogFile  # most sessions write none

    return Later(LogFile(path))
