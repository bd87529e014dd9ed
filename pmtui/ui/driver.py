"""The terminal driver: never waits for the terminal, and never outlives it.

Textual's own driver reads in one thread, writes in another, and blocks the program when its queue of thirty writes is
full. This one does both from the event loop with a descriptor that does not block: a key takes no detour through other
threads, and a terminal that stops reading costs nothing but its own screen.
"""

from __future__ import annotations

import asyncio
import logging
import os
import select
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from inspect import isclass
from pkgutil import resolve_name
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING, Any

from textual import constants, events
from textual.driver import Driver
from textual.geometry import Size
from textual.message import Message
from textual.messages import InBandWindowResize

from pmtui.ui import terminal
from pmtui.ui.inbox import Inbox, Pasted
from pmtui.ui.outbox import CLEAN, Outbox
from pmtui.ui.standstill import Standstill

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
LEAVE_WITHIN = 0.8
"""Seconds between a signal or a hang-up and the end of the process, come what may."""

_RESIZE_PAUSE = 0.05
_MOVE_PAUSE = 1 / 60
_ESCAPE_PATIENCE = constants.ESCAPE_DELAY * 1.05
_FLOOD_PAUSE = 0.01
_PASTE_PATIENCE = 2.0
"""Seconds without a word after which a paste whose end never came is over; over a slow line its parts come apart."""
_SILENT = 0.0003
"""So many seconds after nothing was typed the kernel is not asked again: to ask costs as much as to draw a row."""
_UNHEARD = 0.01
"""Seconds that what was read may take on its way to the app before it is taken for something that never gets there."""

_ASKED = frozenset((signal.SIGTERM, signal.SIGINT, *(getattr(signal, name, 0) for name in ("SIGHUP", "SIGQUIT"))))
"""How the end is asked for."""
_ENDS = ("USR1", "USR2", "VTALRM", "PROF", "XCPU", "IO", "PWR", "STKFLT", "EMT")
"""What else ends a program that does not listen; not the signals of a broken interpreter, which can do no more."""

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
_LEFT = 1
_MOUSE = b"\x1b[<"
"""How a report of the mouse begins."""
_ASK_SYNC = "\x1b[?2026$p"
_UNASKED = (events.Resize, InBandWindowResize)
"""Sizes told among what is typed: the kernel knows the size, and anybody who can type could ask for any."""
# Blank before it is left: tmux keeps rows of an alternate screen that grew among those of the shell.
_LEAVE = CLEAN + "\x1b[?2004l\x1b[?7h" + _MOUSE_OFF + _KITTY_OFF + "\x1b[H\x1b[2J\x1b[?1049l\x1b[?25h\x1b[?1004l"


def driver_for(default: type[Driver]) -> type[Driver]:
    """This driver where Textual would have used its own for a real terminal, else what Textual chose."""
    if _POSSIBLE and default is LinuxDriver and terminal.output() is not None:
        return TerminalDriver
    return default


def is_driver(name: str) -> bool:
    """Whether Textual could take another driver for its own by that name, as in `module:Class`."""
    if not name.rpartition(":")[2].isidentifier() or ":" not in name:
        return False
    try:
        found = resolve_name(name)
    except (ImportError, AttributeError, ValueError):
        return False
    return isclass(found) and issubclass(found, Driver)


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
        self._typed = select.poll()
        self._typed.register(_STDIN, select.POLLIN)
        self._silent_until = 0.0
        self._unheard_until = 0.0
        self._leaving = False
        self._resuming = False
        self._standstill = Standstill(self._tell_standstill, self._after_standstill)
        self.on_caught_up: Callable[[], None] | None = None
        """Called when the terminal has read everything after a time in which it did not."""
        self.on_key: Callable[[], None] | None = None
        """Called when something was typed, before it is known what; the mouse types nothing."""

    # What the frame clock asks

    def typed(self) -> bool:
        """Is something there that was typed just now, still to be read, or read and not yet come to the app?"""
        now = monotonic()
        if now < self._unheard_until:
            return True
        if not self._reading or now < self._silent_until:
            return False
        typed = bool(self._typed.poll(0))
        if not typed:
            self._silent_until = now + _SILENT
        return typed

    def nothing_typed(self, at: float) -> None:
        """The kernel has just said so to somebody else."""
        self._silent_until = at + _SILENT

    def heard(self) -> None:
        """What was read has come to the app."""
        self._unheard_until = 0.0

    @property
    def behind(self) -> bool:
        """Has the terminal not yet read what was written?"""
        return self._outbox is not None and self._outbox.blocked

    @property
    def waiting(self) -> int:
        """How many bytes the terminal has not taken yet."""
        return self._outbox.waiting if self._outbox is not None else 0

    def alive(self) -> None:
        """The loop goes on; said every second at least."""
        self._standstill.alive()

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
        self._standstill.start()
        try:
            descriptor = terminal.open_output()
        except OSError as error:
            _log.info("cannot open the terminal: %s", error)
            self._on_hang_up()
            return
        self._outbox = Outbox(descriptor, self._loop, self._on_caught_up, self._on_hang_up)
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
        self._standstill.stop()
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
        try:
            data = _read_all(_STDIN)
        except BlockingIOError:  # somebody else who reads here was faster
            return
        if not data:
            self._on_hang_up()
            return
        if not data.startswith(_MOUSE):
            # A key goes through the app's queue, and a frame that is due must not slip in before it.
            self._unheard_until = monotonic() + _UNHEARD
            if self.on_key is not None:
                self.on_key()
        for piece in self._inbox.feed(data):
            self._handle(piece)
        if self._inbox.holds:
            self._tick_in(_PASTE_PATIENCE if self._inbox.pasting else _ESCAPE_PATIENCE)
        if self._inbox.flooded:
            self._stop_reading()
            self._pause_timer = self._loop.call_later(_FLOOD_PAUSE, self._start_reading)

    def _handle(self, piece: str | Pasted) -> None:
        if isinstance(piece, Pasted):
            self.process_message(events.Paste(piece.text))
            return
        self._parse(piece)
        if "\x1b" in piece:  # a lone ESC becomes the Escape key when nothing follows for a while
            self._tick_in(_ESCAPE_PATIENCE)

    def _tick_in(self, seconds: float) -> None:
        if self._parser_tick is not None:
            self._parser_tick.cancel()
        self._parser_tick = self._loop.call_later(seconds, self._tick)

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
                if not isinstance(message, _UNASKED):
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
        if isinstance(message, events.MouseDown | events.MouseUp) and message.button != _LEFT:
            return  # other buttons paste, or open a menu, by habit: none of them presses anything
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
            attributes[tty.LFLAG] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | _signals())
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
        for number in _ends():
            heard = signal.getsignal(number)
            # A parent that said "ignore hang-ups" (nohup) is obeyed; a terminal that is gone is noticed when reading.
            if heard is signal.SIG_DFL or (number in _ASKED and heard is not signal.SIG_IGN):
                wanted[number] = self._on_end
        for wanted_number, handler in wanted.items():
            before = signal.signal(wanted_number, handler)
            self._handlers.setdefault(wanted_number, signal.SIG_DFL if before is None else before)

    def _soon(self, callback: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nothing is left to tell
            self._loop.call_soon_threadsafe(callback)

    def _on_end(self, number: int, _frame: FrameType | None) -> None:
        self._leave(128 + number, f"signal {number}")

    def _on_hang_up(self) -> None:
        self._stop_reading()
        self._leave(128 + signal.SIGHUP, "the terminal is gone")

    def _leave(self, code: int, reason: str) -> None:
        """End the app properly; end the process anyway when that takes too long."""
        if self._leaving:
            return
        self._leaving = True
        # Before anything that might wait: a signal comes in the middle of whatever else is done.
        watch = threading.Timer(LEAVE_WITHIN, self._end_process, (code,))
        watch.daemon = True
        with suppress(RuntimeError):  # no room for a thread: then nobody watches, and it ends as soon as it can
            watch.start()
        self._soon(lambda: self._app.exit(return_code=code))
        _log.info("leaving: %s", reason)

    def _end_process(self, code: int) -> None:
        if (outbox := self._outbox) is not None:
            outbox.close(_LEAVE, patience=0.05)
            self._leave_raw_mode()
        os._exit(code)

    # A screen that stands still

    def _tell_standstill(self, seconds: float) -> None:
        """Over the first line, where the label stands. Nobody reads keys now: ctrl+c is the system's again."""
        self._let_ctrl_c_interrupt(True)
        words = f" the screen has stood still for {seconds:.0f}s: what it shows is old, and ctrl+c leaves"
        columns, _ = terminal_size()
        if self._outbox is not None:
            self._outbox.shout(f"\x1b[1;1H\x1b[0;1;7m{words.ljust(columns)[:columns]}\x1b[0m")

    def _after_standstill(self) -> None:
        self._let_ctrl_c_interrupt(False)
        self._app.refresh()

    def _let_ctrl_c_interrupt(self, may: bool) -> None:
        with suppress(termios.error):
            attributes = termios.tcgetattr(_STDIN)
            if may:
                attributes[tty.LFLAG] |= termios.ISIG
            else:
                attributes[tty.LFLAG] &= ~_signals()
            termios.tcsetattr(_STDIN, termios.TCSANOW, attributes)

    def step_back(self) -> None:
        """Leave the terminal to the shell until the program, about to be stopped, is told to go on."""
        if not self._auto_restart:
            return
        # Whoever was stopped before us may have given the terminal to the shell: then to leave it would stop us, too.
        before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        self.suspend_application_mode()
        signal.signal(signal.SIGTTOU, before)
        self._resuming = True
        # The end of application mode gave the signals back; this one must be heard, and the other must stop us.
        self._handlers[signal.SIGCONT] = signal.signal(signal.SIGCONT, lambda *_: self._soon(self._resume))
        self._handlers[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, signal.SIG_DFL)

    def _suspend(self) -> None:
        self.step_back()
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


def terminal_size() -> tuple[int, int]:
    """Columns and lines of the terminal, within what a screen can be; 80x24 when it does not know."""
    for fileno in (_STDOUT, _STDERR, _STDIN):
        with suppress(OSError, ValueError):
            columns, lines = os.get_terminal_size(fileno)
            if columns > 0 and lines > 0:
                return min(columns, COLUMNS_LIMIT), min(lines, LINES_LIMIT)
    return 80, 24


def _signals() -> int:
    """The flag by which keys such as ctrl+c are signals, unless whoever started us wants it to stay."""
    return 0 if os.environ.get("TEXTUAL_ALLOW_SIGNALS") else termios.ISIG


def _ends() -> list[int]:
    """The signals to end by, of those that this system has."""
    others = [getattr(signal, f"SIG{name}", 0) for name in _ENDS]
    own = range(signal.SIGRTMIN, signal.SIGRTMAX + 1) if hasattr(signal, "SIGRTMIN") else ()
    return [number for number in (*_ASKED, *others, *own) if number]


def _in_foreground() -> bool:
    try:
        return os.tcgetpgrp(_STDIN) == os.getpgrp()
    except OSError:
        return True


def _read_all(fileno: int) -> bytes:
    """What can be read now, up to 64 KB; nothing means the end. Raises `BlockingIOError` when there is nothing yet."""
    data = b""
    try:
        data = os.read(fileno, 65536)
        more = data
        while len(more) >= 1024 and len(data) < 65536 and select.select([fileno], [], [], 0)[0]:
            more = os.read(fileno, 65536)
            data += more
    except BlockingIOError:
        if not data:
            raise
    except OSError as error:
        _log.info("cannot read from the terminal: %s", error)
    return data
