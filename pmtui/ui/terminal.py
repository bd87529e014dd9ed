"""The way to the terminal that the screen is drawn on."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import suppress

_STDOUT, _STDERR = 1, 2


def output() -> int | None:
    """The standard stream behind which there is a terminal; where errors go only when the output goes elsewhere."""
    return next((stream for stream in (_STDOUT, _STDERR) if os.isatty(stream)), None)


def open_output() -> int:
    """A descriptor to write to the terminal with; raises `OSError`.

    A new one if possible, because whether it blocks belongs to what is shared with the shell and others who have the
    terminal open.
    """
    stream = output()
    if stream is None:
        raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))
    for name in _names(stream):
        with suppress(OSError):
            return os.open(name, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    # After `su` it is another user's, in a container it may have no name: whatever is open goes on working.
    os.write(stream, b"")  # fails where it is open for reading only
    return os.dup(stream)


def _names(stream: int) -> Iterator[str]:
    """By which the terminal behind a stream may be opened anew."""
    with suppress(OSError):
        yield os.ttyname(stream)
    if sys.platform != "darwin":  # there nobody can wait for a terminal that was opened by this name
        with suppress(OSError):
            os.tcgetpgrp(stream)  # only the terminal of our session has one, and it is the one of this name
            yield "/dev/tty"
