"""The log as a file: ours alone, rotated, and written by a thread that holds nobody up."""

from __future__ import annotations

import logging
import os
import re
import stat
import sys
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from pmtui.checks import Refused, check_own
from pmtui.logs import OneLine, filled_in, one_line

FILE_SIZE, FILES = 5 * 2**20, 5

_QUEUE = 10_000


class LogFile(RotatingFileHandler):
    """A file of ours that nobody else may read; never a link, a pipe, a device or a stranger's text."""

    def __init__(self, path: Path) -> None:
        for each in (path, *(Path(f"{path}.{number}") for number in range(1, FILES))):
            _check_log(each)
        super().__init__(path, maxBytes=FILE_SIZE, backupCount=FILES - 1, encoding="utf-8", errors="backslashreplace")
        self.setFormatter(OneLine())
        self.trouble = ""
        """Why something could not be written."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # its name in the standard library
        error = sys.exc_info()[1]
        self.trouble = self.trouble or getattr(error, "strerror", None) or type(error).__name__

    def close(self) -> None:
        try:
            super().close()
        except OSError as error:  # what it still held does not fit either
            self.trouble = self.trouble or error.strerror or "cannot be written"

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(self.baseFilename, flags, 0o600)
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            os.close(descriptor)
            raise Refused("the log file was exchanged for something else")
        os.fchmod(descriptor, 0o600)
        return open(descriptor, "a", encoding=self.encoding, errors=self.errors)


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


class Later(logging.Handler):
    """Hands records to a thread that writes them; what finds the queue full is counted, never waited for."""

    def __init__(self, file: LogFile) -> None:
        super().__init__()
        self._file = file
        # A signal may come while a line is put here, and write one itself: the other queues wait for themselves then.
        self._queue: SimpleQueue[logging.LogRecord | None] = SimpleQueue()
        self._lost = 0
        self._thread = Thread(target=self._work, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        if self._full():
            self._lost += 1
        else:
            # Filled in now: by the time the thread gets to it, the arguments may have changed.
            self._queue.put(filled_in(record))

    def finish(self, within: float) -> str:
        """Write what is left, but wait for a stuck disk no longer than `within` seconds; why not all is written."""
        if self._full():
            return "the disk is too slow"
        self._queue.put(None)
        self._thread.join(within)
        return "the disk is too slow" if self._thread.is_alive() else self._file.trouble

    def _full(self) -> bool:
        return self._queue.qsize() >= _QUEUE

    def _work(self) -> None:
        while (record := self._queue.get()) is not None:
            if self._lost:
                lost, self._lost = self._lost, 0
                self._file.handle(_note(f"{lost} records were lost, the disk was too slow"))
            self._file.handle(record)
        self._file.close()


def _note(text: str) -> logging.LogRecord:
    return logging.LogRecord("pmtui.logs", logging.WARNING, "", 0, text, None, None)
