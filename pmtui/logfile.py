"""The log as a file: ours alone, rotated, and written by a thread that holds nobody up."""

from __future__ import annotations

import fcntl
import logging
import os
import re
import stat
import sys
import time
from contextlib import suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from pmtui.checks import Refused, check_own
from pmtui.core.tuples import NamedTuple
from pmtui.logs import OneLine, filled_in, one_line

FILE_SIZE, FILES = 5 * 2**20, 5

_QUEUE = 10_000
_TOO_SLOW = "the disk is too slow"


class Gap(NamedTuple):
    """Lines that did not get into the file."""

    why: str
    since: float
    missing: int = 0

    def and_more(self, lines: int = 1) -> Gap:
        return self._replace(missing=self.missing + lines)

    def note(self) -> logging.LogRecord:
        """What the file says of it."""
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.since))
        text = f"lines are missing since {since}: {self.missing:,} ({self.why})"
        return logging.LogRecord("pmtui.logs", logging.WARNING, "", 0, text, None, None)


class Taken(Refused):
    """Another session writes this file."""


class LogFile(RotatingFileHandler):
    """A file of ours that nobody else may read; never a link, a pipe, a device or a stranger's text."""

    def __init__(self, path: Path) -> None:
        for each in (path, *(Path(f"{path}.{number}") for number in range(1, FILES))):
            _check_log(each)
        super().__init__(path, maxBytes=FILE_SIZE, backupCount=FILES - 1, encoding="utf-8", errors="backslashreplace")
        self.setFormatter(OneLine())
        self.trouble = ""
        """Why something could not be written, first of all."""
        self.gap: Gap | None = None
        """What is missing behind the last line that was written."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if self.gap is not None:
                self._put(self.gap.note())
                self.gap = None
            self._put(record)
        except Exception:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # its name in the standard library
        error = sys.exc_info()[1]
        why = getattr(error, "strerror", None) or type(error).__name__
        self.trouble = self.trouble or why
        self.gap = (self.gap or Gap(why, record.created)).and_more()

    def miss(self, gap: Gap) -> None:
        """Lines that never got here: the next one that is written tells of them, too."""
        self.gap = self.gap.and_more(gap.missing) if self.gap is not None else gap

    def _put(self, record: logging.LogRecord) -> None:
        """Write a line past every buffer: what could not be written must not come later, in halves."""
        if self.shouldRollover(record):
            self.doRollover()
        line = f"{self.format(record)}\n".encode(errors="backslashreplace")
        self.stream = self.stream or self._open()
        file = self.stream.fileno()
        before = os.fstat(file).st_size
        try:
            while line:
                line = line[os.write(file, line) :]
        except OSError:
            with suppress(OSError):
                os.ftruncate(file, before)  # half a line is none
            raise

    def doRollover(self) -> None:  # noqa: N802  # its name in the standard library
        held = os.dup(self.stream.fileno()) if self.stream else None  # and its lock, until the next file has one
        try:
            super().doRollover()
        finally:
            if held is not None:
                os.close(held)

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(self.baseFilename, flags, 0o600)
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            os.close(descriptor)
            raise Refused("the log file was exchanged for something else")
        try:
            _lock(descriptor)
        except Taken:
            os.close(descriptor)
            raise
        os.fchmod(descriptor, 0o600)
        return open(descriptor, "a", encoding=self.encoding, errors=self.errors)


def _lock(descriptor: int) -> None:
    """Keep other sessions out: two that rotate the same files would write into each other's old ones."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Taken("another session writes this file") from None
    except OSError:
        pass  # not every file system has locks


_BEGINNING = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [A-Z]+ ")


def _check_log(path: Path) -> None:
    """What stands there must be a log of ours, for it will be added to, renamed and in the end removed."""
    try:
        check_own(path)
    except FileNotFoundError:
        return
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        beginning = file.read(64)
    if beginning and not _BEGINNING.match(beginning):
        raise Refused(f"{one_line(path.name)} exists and is not a log of pmtui: it is left alone")


_SESSIONS = 9


def log_file(path: Path) -> LogFile:
    """The log of this name or, where other sessions write it, of the first free one: `pmtui-2.log` for `pmtui.log`."""
    for each in (path, *(path.with_stem(f"{path.stem}-{number}") for number in range(2, _SESSIONS))):
        with suppress(Taken):
            return LogFile(each)
    return LogFile(path.with_stem(f"{path.stem}-{_SESSIONS}"))


class Later(logging.Handler):
    """Hands records to a thread that writes them; what finds the queue full is counted, never waited for."""

    def __init__(self, file: LogFile) -> None:
        super().__init__()
        self._file = file
        # A signal may come while a line is put here, and write one itself: the other queues wait for themselves then.
        self._queue: SimpleQueue[logging.LogRecord | None] = SimpleQueue()
        self._gap: Gap | None = None
        self._thread = Thread(target=self._work, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        if self._full():
            self._gap = (self._gap or Gap(_TOO_SLOW, record.created)).and_more()
        else:
            # Filled in now: by the time the thread gets to it, the arguments may have changed.
            self._queue.put(filled_in(record))

    def finish(self, within: float) -> str:
        """Write what is left, but wait for a stuck disk no longer than `within` seconds; why not all is written."""
        if self._full():
            return _TOO_SLOW
        self._queue.put(None)
        self._thread.join(within)
        return _TOO_SLOW if self._thread.is_alive() else self._file.trouble

    @property
    def path(self) -> Path:
        """Where the file is."""
        return Path(self._file.baseFilename)

    @property
    def trouble(self) -> str:
        """Why lines are missing now."""
        gap = self._gap or self._file.gap
        return gap.why if gap else ""

    def _full(self) -> bool:
        return self._queue.qsize() >= _QUEUE

    def _work(self) -> None:
        while (record := self._queue.get()) is not None:
            if self._gap is not None:
                self.acquire()  # as whoever counts holds it
                gap, self._gap = self._gap, None
                self._file.miss(gap)
                self.release()
            self._file.handle(record)
        self._file.close()
