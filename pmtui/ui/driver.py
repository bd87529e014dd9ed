"""The terminal driver: never waits for the terminal, and never outlives it.

Textual's own driver reads in one thread, writes in another, and blocks the program when its queue of thirty writes is
full. This one does both from the event loop with a descriptor that does not block: a key takes no detour through other
threads, and a terminal that stops reading costs nothing but its own screen.
"""

from __future__ import annotations

import asyncio
import codecs
import logging
import os
import re
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from textual import constants, events
from textual.driver import Driver
from textual.geometry import Size
from textual.message import Message

if TYPE_CHECKING:
    from textual.app import App

try:
    import termios
    import tty

    from textual._xterm_parser import XTermParser
    from textual.drivers.linux_driver import LinuxDriver
except ImportError:  # Windows, or a Textual that moved its parser: its own driver does the work
    _POSSIBLE = False
else:
    _POSSIBLE = True

_log = logging.getLogger(__name__)

_STDIN, _STDOUT, _STDERR = 0, 1, 2

COLUMNS_LIMIT, LINES_LIMIT = 1000, 400
BACKLOG_LIMIT = 256 * 1024
LEAVE_WITHIN = 0.8
"""Seconds between a signal or a hang-up and the end of the process, come what may."""

_RESIZE_PAUSE = 0.05
_MOVE_PAUSE = 1 / 60
_FLOOD_PAUSE = 0.01
_STALL_PATIENCE = 0.2
_SHORT_WAIT, _SHORT_WAITS = 1, 8  # milliseconds, times

_ENTER = (
    "\x1b[?1049h"  # the alternate screen
    "\x1b[?25l"  # no cursor
    "\x1b[?1004h"  # tell about focus
    "\x1b[?2004h"  # bracket pastes
    "\x1b[?7l"  # no line wrap
)
_MOUSE_ON = "\x1b[?1000h\x1b[?1003h\x1b[?1015h\x1b[?1006h"
_MOUSE_OFF = "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"
# Disambiguate escapes, report all keys as escapes, report their text: https://sw.kovidgoyal.net/kitty/keyboard-protocol/
_KITTY_ON, _KITTY_OFF = "\x1b[>25u", "\x1b[<u"
_ASK_SYNC = "\x1b[?2026$p"
# Cancels a half-written sequence, closes an open synchronised update, ends the colours.
_CLEAN = "\x18\x1b[?2026l\x1b[0m"
_LEAVE = _CLEAN + "\x1b[?2004l\x1b[?7h" + _MOUSE_OFF + _KITTY_OFF + "\x1b[?1049l\x1b[?25h\x1b[?1004l"


def driver_for(default: type[Driver]) -> type[Driver]:
    """This driver where Textual would have used its own for a real terminal, else what Textual chose."""
    if _POSSIBLE and default is LinuxDriver and _terminal_name() is not None:
        return TerminalDriver
    return default


class TerminalDriver(Driver):
    """Reads and writes a terminal from the event loop."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size or terminal_size())
        self._outbox: Outbox | None = None
        self._inbox = Inbox()
        self._parser = XTermParser(debug)
        self._parser_tick: asyncio.TimerHandle | None = None
        self._attributes: list[Any] | None = None
        self._handlers: dict[int, Any] = {}
        self._resize_timer: asyncio.TimerHandle | None = None
        self._resized = False
        self._move: events.MouseMove | None = None
        self._move_timer: asyncio.TimerHandle | None = None
        self._pause_timer: asyncio.TimerHandle | None = None
        self._thread = threading.get_ident()
        self._reading = False
        self._leaving = False
        self._resuming = False
        self.on_caught_up: Callable[[], None] | None = None
        """Called when the terminal has read everything after a time in which it did not."""

    # What the frame clock asks

    @property
    def behind(self) -> bool:
        """Has the terminal not yet read what was written?"""
        return self._outbox is not None and self._outbox.blocked

    def send(self, text: str) -> None:
        """Write text now, after what was written before."""
        if self._outbox is not None:
            self._outbox.send(text)

    # What Textual asks

    @property
    def can_suspend(self) -> bool:
        return True

    def write(self, data: str) -> None:
        if self._outbox is not None:
            if threading.get_ident() == self._thread:
                self._outbox.write(data)
            else:
                self._loop.call_soon_threadsafe(self.write, data)

    def flush(self) -> None:
        if self._outbox is not None:
            self._outbox.send()

    def start_application_mode(self) -> None:
        self._listen_to_signals()
        terminal = _open_terminal()
        if terminal is None:
            self._on_hang_up()
            return
        self._outbox = Outbox(terminal, self._loop, self._on_caught_up, self._on_hang_up)
        self._enter_raw_mode()
        self.write(_ENTER)
        if self._mouse:
            self.write(_MOUSE_ON)
        if not constants.DISABLE_KITTY_KEY:
            self.write(_KITTY_ON)
        # Apple's terminal answers this question by printing a "p".
        if os.environ.get("TERM_PROGRAM", "") != "Apple_Terminal":
            self.write(_ASK_SYNC)
        self.flush()
        self._start_reading()
        self._send_size()
        if self._resuming:
            self._resuming = False
            self._app.post_message(self.SignalResume())

    def disable_input(self) -> None:
        self._stop_reading()
        for timer in (self._resize_timer, self._move_timer, self._pause_timer, self._parser_tick):
            if timer is not None:
                timer.cancel()
        self._resize_timer = self._move_timer = self._pause_timer = self._parser_tick = None
        self._move = None
        if self._outbox is not None:
            self.write(_MOUSE_OFF)
            self.flush()
            with suppress(termios.error):
                termios.tcflush(_STDIN, termios.TCIFLUSH)

    def stop_application_mode(self) -> None:
        self.disable_input()
        if self._outbox is not None:
            self._outbox.close(_LEAVE)
            self._outbox = None
        self._leave_raw_mode()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()

    # Size

    def _send_size(self) -> None:
        self._resized = False
        width, height = terminal_size()
        size = Size(width, height)
        if self._app.size == size:
            # A terminal that shrank and grew back may have lost cells on the way.
            self._app.refresh()
        self.process_message(events.Resize(size, size))

    def _on_resize(self) -> None:
        """The first of a storm of resizes counts at once, the last one always, those between as time allows."""
        if self._resize_timer is not None:
            self._resized = True
            return
        self._send_size()
        self._resize_timer = self._loop.call_later(_RESIZE_PAUSE, self._after_resize)

    def _after_resize(self) -> None:
        self._resize_timer = None
        if self._resized:
            self._on_resize()

    # Input

    def _start_reading(self) -> None:
        try:
            self._loop.add_reader(_STDIN, self._read)
        except OSError as error:
            self._leave(1, f"the input cannot be waited for: {error}")
        else:
            self._reading = True

    def _stop_reading(self) -> None:
        if self._reading:
            self._reading = False
            self._loop.remove_reader(_STDIN)

    def _read(self) -> None:
        data = _read_all(_STDIN)
        if not data:
            self._on_hang_up()
            return
        for piece in self._inbox.feed(data):
            self._handle(piece)
        if self._inbox.flooded:
            self._stop_reading()
            self._pause_timer = self._loop.call_later(_FLOOD_PAUSE, self._start_reading)

    def _handle(self, piece: str | Pasted) -> None:
        if isinstance(piece, Pasted):
            self.process_message(events.Paste(piece.text))
            return
        self._parse(piece)
        if "\x1b" in piece:  # a lone ESC becomes the Escape key when nothing follows for a while
            if self._parser_tick is not None:
                self._parser_tick.cancel()
            self._parser_tick = self._loop.call_later(constants.ESCAPE_DELAY * 1.05, self._tick)

    def _tick(self) -> None:
        self._parser_tick = None
        for piece in self._inbox.tick():
            self._handle(piece)
        self._collect(self._parser.tick())

    def _parse(self, text: str) -> None:
        if not self._collect(self._parser.feed(text)):
            self._parser = XTermParser(self._debug)

    def _collect(self, parsed: Any) -> bool:
        try:
            for message in parsed:
                self.process_message(message)
        except Exception as error:  # bytes from outside must not end the program; the parser starts afresh
            _log.warning("input not understood: %s", error)
            return False
        return True

    def process_message(self, message: Message) -> None:
        if isinstance(message, events.MouseMove):
            self._move = message
            if self._move_timer is None:
                self._deliver_move()
                self._move_timer = self._loop.call_later(_MOVE_PAUSE, self._after_move)
            return
        self._deliver_move()
        super().process_message(message)

    def _after_move(self) -> None:
        self._move_timer = None
        if self._move is not None:
            self._deliver_move()
            self._move_timer = self._loop.call_later(_MOVE_PAUSE, self._after_move)

    def _deliver_move(self) -> None:
        if (move := self._move) is not None:
            self._move = None
            super().process_message(move)

    def send_message(self, message: Message) -> None:
        # Everything here runs in the loop's thread: no hand-over, no task for each key.
        self._app.post_message(message)

    # Terminal modes

    def _enter_raw_mode(self) -> None:
        with suppress(termios.error):
            attributes = termios.tcgetattr(_STDIN)
            if self._attributes is None:
                self._attributes = [*attributes[:6], list(attributes[6])]
            signals = 0 if os.environ.get("TEXTUAL_ALLOW_SIGNALS") else termios.ISIG
            attributes[tty.LFLAG] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | signals)
            attributes[tty.IFLAG] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
            attributes[tty.CC][termios.VMIN] = 1
            attributes[tty.CC][termios.VTIME] = 0
            termios.tcsetattr(_STDIN, termios.TCSANOW, attributes)

    def _leave_raw_mode(self) -> None:
        if self._attributes is not None:
            with suppress(termios.error):
                termios.tcsetattr(_STDIN, termios.TCSANOW, self._attributes)
            self._attributes = None

    # Signals

    def _listen_to_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        wanted: dict[int, Callable[[int, FrameType | None], None]] = {
            signal.SIGWINCH: lambda *_: self._soon(self._on_resize),
            signal.SIGTSTP: lambda *_: self._soon(self._suspend),
            signal.SIGCONT: lambda *_: self._soon(self._resume),
        }
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
            # A parent that said "ignore hang-ups" (nohup) is obeyed; a terminal that is gone is noticed when reading.
            if signal.getsignal(number) is not signal.SIG_IGN:
                wanted[number] = self._on_end
        for wanted_number, handler in wanted.items():
            before = signal.signal(wanted_number, handler)
            self._handlers.setdefault(wanted_number, signal.SIG_DFL if before is None else before)

    def _soon(self, callback: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nothing is left to tell
            self._loop.call_soon_threadsafe(callback)

    def _on_end(self, number: int, _frame: FrameType | None) -> None:
        self._leave(128 + number, f"signal {signal.Signals(number).name}")

    def _on_hang_up(self) -> None:
        self._stop_reading()
        self._leave(128 + signal.SIGHUP, "the terminal is gone")

    def _leave(self, code: int, reason: str) -> None:
        """End the app properly; end the process anyway when that takes too long."""
        if self._leaving:
            return
        self._leaving = True
        _log.info("leaving: %s", reason)
        watch = threading.Timer(LEAVE_WITHIN, self._end_process, (code,))
        watch.daemon = True
        watch.start()
        self._soon(lambda: self._app.exit(return_code=code))

    def _end_process(self, code: int) -> None:
        if (outbox := self._outbox) is not None:
            outbox.close(_LEAVE, patience=0.05)
            self._leave_raw_mode()
        os._exit(code)

    def _suspend(self) -> None:
        if self._auto_restart:
            self.suspend_application_mode()
            self._resuming = True
            # The end of application mode gave the signals back; this one must be heard.
            self._handlers[signal.SIGCONT] = signal.signal(signal.SIGCONT, lambda *_: self._soon(self._resume))
        os.kill(os.getpid(), signal.SIGSTOP)

    def _resume(self) -> None:
        if not self._auto_restart:
            return
        if not _in_foreground():
            os.kill(os.getpid(), signal.SIGSTOP)
            return
        if self._outbox is not None:  # stopped from outside, without a chance to leave the screen
            self.suspend_application_mode()
        self.resume_application_mode()
        self._app.refresh()

    # Output

    def _on_caught_up(self, lost: bool) -> None:
        if lost:
            self._app.refresh()
        if self.on_caught_up is not None:
            self.on_caught_up()


class Outbox:
    """Text on its way to a terminal; never waits for it."""

    def __init__(
        self,
        terminal: int,
        loop: asyncio.AbstractEventLoop,
        on_caught_up: Callable[[bool], None],
        on_hang_up: Callable[[], None],
        *,
        limit: int = BACKLOG_LIMIT,
    ) -> None:
        """Owns the descriptor `terminal`, which does not block; `on_caught_up(lost)` tells whether text was lost."""
        self._terminal = terminal
        self._loop = loop
        self._on_caught_up = on_caught_up
        self._on_hang_up = on_hang_up
        self._limit = limit
        self._texts: list[str] = []
        self._size = 0
        self._rest: memoryview | None = None
        self._planned = False
        self._lost = False
        self._gone = False
        self._poll = select.poll()
        self._poll.register(terminal, select.POLLOUT)
        self.written = 0

    @property
    def blocked(self) -> bool:
        """Is text waiting for the terminal to read?"""
        return self._rest is not None

    def write(self, text: str) -> None:
        """Take text; it leaves with `send`, at the latest at the end of this turn of the loop."""
        if self._gone or self._lost:
            return
        self._texts.append(text)
        if self._rest is not None:
            self._size += len(text)
            if self._size > self._limit:
                # The screen is drawn anew later; until then all of it is worth nothing, and colours must not leak.
                self._texts = [_CLEAN]
                self._lost = True
        elif not self._planned:
            self._planned = True
            self._loop.call_soon(self.send)

    def send(self, text: str = "") -> None:
        """Write what the terminal takes now, this text last; the rest follows when it reads."""
        if self._rest is not None:
            self.write(text)
            return
        self._planned = False
        if text:
            self._texts.append(text)
        if self._gone or not self._texts:
            return
        data = memoryview("".join(self._texts).encode("utf-8", "replace"))
        self._texts.clear()
        self._size = 0
        self._rest = self._push(data)
        if self._rest is not None:
            self._loop.add_writer(self._terminal, self._resume)

    def close(self, last: str, *, patience: float = _STALL_PATIENCE) -> None:
        """Write `last` so that the terminal will read it, even if what came before has to be thrown away."""
        if self._gone:
            self._release()
            return
        waiting = self._rest
        self._texts.append(last)
        data = memoryview(b"".join((bytes(waiting or b""), "".join(self._texts).encode("utf-8", "replace"))))
        left = self._push_patiently(data, patience)
        if left is not None and not self._gone:
            # Nobody reads: make room in the kernel's buffer, which forgets old frames, not the way back.
            with suppress(termios.error):
                termios.tcflush(self._terminal, termios.TCOFLUSH)
            self._push(memoryview(last.encode()))
        self._release()

    def _release(self) -> None:
        with suppress(OSError, ValueError, RuntimeError):
            self._loop.remove_writer(self._terminal)
        with suppress(OSError):
            os.close(self._terminal)
        self._gone = True
        self._rest = None
        self._texts.clear()

    def _resume(self) -> None:
        if self._rest is not None:
            self._rest = self._push(self._rest)
        if self._rest is not None:
            return
        self._loop.remove_writer(self._terminal)
        lost, self._lost = self._lost, False
        self.send()
        if self._rest is not None:
            self._lost = lost
        elif not self._gone:
            self._on_caught_up(lost)

    def _push(self, data: memoryview) -> memoryview | None:
        """Write as much as the terminal takes; what is left, or `None`."""
        for _ in range(_SHORT_WAITS):
            try:
                count = os.write(self._terminal, data)
            except BlockingIOError:
                return data
            except OSError as error:
                _log.info("cannot write to the terminal: %s", error)
                self._gone = True
                self._texts.clear()
                self._on_hang_up()
                return None
            self.written += count
            data = data[count:]
            if not data:
                return None
            # A pseudo-terminal holds a few KB, and a frame may be more. A reader that is awake takes the next part at
            # once, and waiting here for that is cheaper than going round the loop.
            if not self._poll.poll(_SHORT_WAIT):
                return data
        return data

    def _push_patiently(self, data: memoryview, patience: float) -> memoryview | None:
        left = self._push(data)
        while left is not None:
            size = len(left)
            self._poll.poll(patience * 1000)
            left = self._push(left)
            if left is not None and len(left) == size:
                return left
        return None


class Pasted(NamedTuple):
    """Text that came too fast, or too well marked, to have been typed."""

    text: str


class Inbox:
    """Cuts what a terminal sends into pieces small enough to handle: moves merge, bursts are pastes, floods get cut."""

    BURST = 256
    """So many characters at once were not typed."""
    PASTE_LIMIT = 100_000

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._paste: list[str] | None = None
        self._paste_size = 0
        self._tail = ""
        self.flooded = False
        """Did the last data hold more than anybody can mean?"""

    def feed(self, data: bytes) -> Iterator[str | Pasted]:
        """Text for the parser, and whole pastes."""
        text = self._tail + self._decode(data)
        self._tail = ""
        self.flooded = False
        while text:
            if self._paste is not None:
                inside, end, text = self._until(text, _PASTE_END)
                self._keep(inside)
                if end:
                    yield from self._end_paste()
                continue
            before, start, text = self._until(text, _PASTE_START)
            if before:
                yield self._typed(before)
            if start:
                self._paste, self._paste_size = [], 0

    def tick(self) -> Iterator[str | Pasted]:
        """Nothing came for a while: what was held back is all there is."""
        tail, self._tail = self._tail, ""
        if self._paste is not None:
            self._keep(tail)
            yield from self._end_paste()
        elif tail:
            yield tail

    def _until(self, text: str, mark: str) -> tuple[str, str, str]:
        """Split at a mark; a mark that may be cut in two is held back for the next data."""
        before, found, after = text.partition(mark)
        if not found:
            for size in range(len(mark) - 1, 1, -1):
                if before.endswith(mark[:size]):
                    self._tail = before[-size:]
                    return before[:-size], "", ""
        return before, found, after

    def _keep(self, text: str) -> None:
        if self._paste is not None and self._paste_size < self.PASTE_LIMIT:
            self._paste.append(text[: self.PASTE_LIMIT - self._paste_size])
            self._paste_size += len(text)

    def _end_paste(self) -> Iterator[Pasted]:
        pasted = "".join(self._paste or ()).replace("\x00", "")
        self._paste = None
        if pasted:
            yield Pasted(pasted)

    def _typed(self, text: str) -> str | Pasted:
        merged = _MOVES.sub(r"\1", text)
        self.flooded = self.flooded or len(merged) < len(text) - 40
        if len(merged) <= self.BURST:
            return merged
        self.flooded = True
        if "\x1b" not in merged:
            return Pasted(merged[: self.PASTE_LIMIT])
        # Cut between sequences: half of one would be read as keys.
        head = merged[: self.BURST].rpartition("\x1b")[0]
        return head + merged[merged.rindex("\x1b") :][: self.BURST]


def terminal_size() -> tuple[int, int]:
    """Columns and lines of the terminal, within what a screen can be; 80x24 when it does not know."""
    for fileno in (_STDOUT, _STDERR, _STDIN):
        with suppress(OSError, ValueError):
            columns, lines = os.get_terminal_size(fileno)
            if columns > 0 and lines > 0:
                return min(columns, COLUMNS_LIMIT), min(lines, LINES_LIMIT)
    return 80, 24


def _terminal_name() -> str | None:
    for fileno in (_STDERR, _STDOUT):
        with suppress(OSError):
            return os.ttyname(fileno)
    return None


def _open_terminal() -> int | None:
    """A new descriptor of the terminal, which does not block.

    A new one, because "does not block" belongs to what is shared with the shell and others who have the terminal open.
    """
    if (name := _terminal_name()) is not None:
        with suppress(OSError):
            return os.open(name, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    return None


def _in_foreground() -> bool:
    try:
        return os.tcgetpgrp(_STDIN) == os.getpgrp()
    except OSError:
        return True


def _read_all(fileno: int) -> bytes:
    """What can be read now, up to 64 KB; nothing means the end."""
    data = b""
    try:
        data = os.read(fileno, 65536)
        more = data
        while len(more) >= 1024 and len(data) < 65536 and select.select([fileno], [], [], 0)[0]:
            more = os.read(fileno, 65536)
            data += more
    except OSError as error:
        _log.info("cannot read from the terminal: %s", error)
    return data


_PASTE_START, _PASTE_END = "\x1b[200~", "\x1b[201~"
_MOVE = r"\x1b\[<(?:3[2-9]|[45]\d|6[0-3]);\d{1,5};\d{1,5}M"
_MOVES = re.compile(f"(?:{_MOVE})+({_MOVE})")
