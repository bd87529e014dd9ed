"""The screen as commands see it: what it needs, and a log that lasts as long."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pmtui.checks import Refused
from pmtui.cli.ends import Unreachable, Wrong, quoted, system, tell
from pmtui.config import Settings
from pmtui.core.exhausted import exhausted

if TYPE_CHECKING:
    from pmtui.core.instrument import Instrument
    from pmtui.logs import Logs


def need_terminal(why: str = "the screen needs one") -> None:
    """Refuse to go on where nobody looks or types."""
    for stream, name in ((sys.stdin, "input"), (sys.stdout, "output")):
        if not (stream and stream.isatty()):
            raise Wrong(f"{name} is not a terminal, and {why}")
    if os.name == "nt":
        return  # where the screen has another way to its terminal
    from pmtui.ui.terminal import open_output

    try:
        os.close(open_output())
    except OSError as error:
        if spent := exhausted(error):
            raise Unreachable(spent) from error
        raise Wrong(f"output is a terminal that cannot be written to: {system(error)}") from error


_COLOURS = ("auto", "standard", "256", "truecolor", "windows")


def need_variables() -> None:
    """Refuse what the library of the screen would fail on: it reads these by itself, when it is loaded."""
    for name, is_right, expected in (
        ("TEXTUAL_COLOR_SYSTEM", _COLOURS.__contains__, f"one of {', '.join(_COLOURS)}"),
        ("TEXTUAL_LOG", _is_writable, "a file that can be written"),
        # The last one: to look at it the library is loaded, which reads the others.
        ("TEXTUAL_DRIVER", _is_driver, "module:Class of a driver of Textual"),
    ):
        value = os.environ.get(name)
        if value == "":
            del os.environ[name]  # as if it were not set, like our own
        elif value and not is_right(value):
            raise Wrong(f"{name}={quoted(value)}: expected {expected}")


def _is_driver(value: str) -> bool:
    from pmtui.ui.driver import is_driver

    return is_driver(value)


def _is_writable(value: str) -> bool:
    try:
        with open(value, "a"):
            return True
    except (OSError, ValueError):
        return False


_FILES = 9
"""Open files without which no book comes: two loops with three each, a socket, a question, what is loaded."""


def need_room() -> None:
    """Refuse to go on where a screen could be opened and never filled, or would end in the middle of its start."""
    opened: list[int] = []
    try:
        # Their number is not the limit less what we know of: a shell hands down what it likes.
        opened += (os.dup(0) for _ in range(_FILES))
    except OSError as error:
        if why := exhausted(error):
            raise Unreachable(why) from error
    finally:
        for each in opened:
            os.close(each)


def load() -> Callable[..., int]:
    """What runs the screen; importing it is most of a start."""
    from pmtui.ui.app import run

    return run


_KEYS_GO_OUT = "SSLKEYLOGFILE is set: that file opens what our sockets carry, but nothing of an account"


def show(settings: Settings, targets: Sequence[Instrument], notices: Sequence[str] = ()) -> int:
    """The screen, from its first frame to its last. It tells the notices, and so does the error stream before it."""
    if os.environ.get("SSLKEYLOGFILE"):
        notices = [*notices, _KEYS_GO_OUT]
    # A file that cannot be written must be told of before the screen; the ring in memory can wait until after it.
    log = _log(settings) if settings.log_file else None
    if log and log.path and settings.log_file and log.path.name != settings.log_file.name:
        notices = [*notices, f"another session writes {settings.log_file.name}: the log of this one is {log.path.name}"]

    for words in notices:
        tell(f"pmtui: {words}\n")

    def begin() -> Logs:
        nonlocal log
        log = log or _log(settings)
        return log

    try:
        return load()(settings, targets, begin, notices)
    except Exception:
        if log is not None:  # without one Python would print it, with all that is in it, before we do
            import logging

            logging.getLogger("pmtui").exception("the screen failed")
        raise
    finally:
        if log is not None and (trouble := log.finish()):
            tell(f"pmtui: lines are missing in the log: {trouble}\n")


def _log(settings: Settings) -> Logs:
    from pmtui import logs

    logs.hide_proxies(os.environ)
    try:
        return logs.Logs(settings.log_file, settings.log_level, secrets=logs.credentials_in(os.environ))
    except Refused as error:
        raise Wrong(f"--log: {error}") from error
    except OSError as error:
        raise Wrong(f"--log: the file cannot be written: {system(error)}") from error
