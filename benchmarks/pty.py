"""A program in a real pseudo-terminal, as a user's terminal would run it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_CHUNK = 65536


class Session:
    """One program and the terminal it runs in."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 120,
        lines: int = 40,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.status: int | None = None
        """How the program ended: an exit code, or minus a signal; `None` while it runs."""
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            # What somebody once chose on this machine must change no test.
            base = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PMTUI_REMEMBER": "0"}
            self._become(command, {**os.environ, **base}, environment or {})
        self.resize(columns, lines)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        """Type."""
        while data:
            data = data[os.write(self._master, data) :]

    def read(self, wait: float) -> bytes:
        """What the program wrote, after at most `wait` seconds; nothing when it wrote nothing or is gone."""
        if select.select([self._master], [], [], wait)[0]:
            with suppress(OSError):  # the other end is closed
                return os.read(self._master, _CHUNK)
        return b""

    def read_while(self, going_on: Callable[[bytes], bool], *, deadline: float) -> bytes:
        """Read while `going_on` says so of all that was read, for at most `deadline` seconds."""
        end = time.monotonic() + deadline
        data = b""
        while going_on(data) and (left := end - time.monotonic()) > 0:
            data += self.read(min(left, 0.05))
        return data

    def resize(self, columns: int, lines: int) -> None:
        """Make the terminal so large."""
        with suppress(OSError):
            fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def signal(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Close the terminal's window."""
        with suppress(OSError):
            os.close(self._master)
        self._master = -1

    def ended(self, *, within: float) -> bool:
        """Has the program ended within so many seconds? Nothing is read meanwhile."""
        end = time.monotonic() + within
        self._wait(os.WNOHANG)
        while self.status is None and time.monotonic() < end:
            time.sleep(0.005)
            self._wait(os.WNOHANG)
        return self.status is not None

    def cpu(self) -> float:
        """Seconds of processor time the program and its threads have used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """End the program and the terminal."""
        self._wait(os.WNOHANG)
        if self.status is None:
            self.signal(signal.SIGKILL)
            self._wait(0)
        if self._master >= 0:
            self.hang_up()

    def _wait(self, options: int) -> None:
        if self.status is None:
            pid, status = os.waitpid(self.pid, options)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)

    def _become(self, command: Sequence[str], base: Mapping[str, str], extra: Mapping[str, str]) -> None:
        try:
            os.execvpe(command[0], list(command), {**base, **extra})  # noqa: S606 that is what it is for
        finally:
            sys.stderr.write(f"cannot run {command[0]}\n")
            os._exit(127)
