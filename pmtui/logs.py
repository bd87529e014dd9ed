"""The log: a ring in memory, and a file for those who ask for one. Nothing is ever written to the terminal.

One record is one line, whatever the text in it tries; secrets are masked in every spelling we know of.
Records come from the feed's thread as well, which must not wait for a disk: a thread of its own writes the file.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING

from pmtui.masks import Secrets, names_credential, proxy_passwords

if TYPE_CHECKING:
    from pmtui.logfile import Later


KEPT = 200
"""Lines in memory."""
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

SECRETS = Secrets()
"""What this process must not show; whoever loads a credential adds it here first."""


def hide(*secrets: str) -> None:
    """Never show these: for whoever loads a credential, before anything else is done with it."""
    SECRETS.add(*secrets, *map(str.strip, secrets), shortest=_SHORTEST_HIDDEN)


_SHORTEST_HIDDEN = 4


def hide_proxies(environ: Mapping[str, str]) -> None:
    """Never show the passwords of proxies, which a library may put into the words of an error."""
    hide(*proxy_passwords(environ))


def credentials_in(environ: Mapping[str, str]) -> list[str]:
    """Values of variables that are named like credentials, ours or not."""
    return [value for name, value in environ.items() if names_credential(name)]


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
        self._hooks = threading.excepthook, sys.unraisablehook
        threading.excepthook, sys.unraisablehook = _thread_failed, _object_failed

    def lines(self) -> list[str]:
        """The last lines, oldest first."""
        return self.ring.lines()

    @property
    def path(self) -> Path | None:
        """The file, which has a name of its own where another session writes the one that was asked for."""
        return self._later.path if self._later else None

    @property
    def trouble(self) -> str:
        """What keeps lines out of the file now."""
        return self._later.trouble if self._later else ""

    def finish(self, within: float = 0.3) -> str:
        """Flush, at the end of the program; what kept lines out of the file."""
        threading.excepthook, sys.unraisablehook = self._hooks
        root = logging.getLogger()
        root.removeHandler(self.ring)
        if self._later:
            root.removeHandler(self._later)
            return self._later.finish(within)
        return ""


@contextmanager
def guarded() -> Iterator[None]:
    """For a command without a screen: what Python and libraries print by themselves has no secret in it."""
    root, told = logging.getLogger(), logging.StreamHandler()
    told.setLevel(logging.WARNING)
    told.setFormatter(OneLine())
    root.addHandler(told)
    hooks = threading.excepthook, sys.unraisablehook
    threading.excepthook, sys.unraisablehook = _thread_failed, _object_failed
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        threading.excepthook, sys.unraisablehook = hooks
        root.removeHandler(told)


# Python itself would print these on the terminal, as they are.


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    name = failed.thread.name if failed.thread else "a thread"
    error = failed.exc_value
    logging.getLogger("pmtui").error("%s failed", name, exc_info=error)


def _object_failed(failed: sys.UnraisableHookArgs) -> None:
    logging.getLogger("pmtui").error("%s", failed.err_msg or "an error nobody waits for", exc_info=failed.exc_value)


def _to_file(path: Path) -> Later:
    from pmtui.logfile import Later, log_file  # most sessions write none

    return Later(log_file(path))
