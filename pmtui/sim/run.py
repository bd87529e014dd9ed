"""The simulated exchange as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from threading import Thread
from typing import Any, NamedTuple, Protocol

import orjson

from pmtui.sim import VENUES
from pmtui.sim.faults import FaultError

_STDIN = 0


class Server(Protocol):
    """An exchange with doors."""

    async def __aenter__(self) -> object: ...
    async def __aexit__(self, *_: object) -> None: ...
    def fault(self, text: str) -> list[str]: ...


class Stand(NamedTuple):
    """A server that is about to be opened, and what it says about itself then."""

    server: Server
    described: Callable[[], dict[str, object]]
    announcement: Callable[[], str]


def serve(
    *,
    venue: str = next(iter(VENUES)),
    json: bool = False,
    read_faults: bool = False,
    until_stdin_closes: bool = False,
    **options: Any,
) -> None:
    """Run the exchange until a signal, or until stdin closes; prints its addresses first."""
    stand = _stand(venue, options)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(stand, json=json, read_faults=read_faults, until_stdin_closes=until_stdin_closes))


def _stand(venue: str, options: dict[str, Any]) -> Stand:
    spoken = import_module(f"pmtui.sim.{VENUES[venue]}.run")
    made = spoken.server(**options)
    return Stand(made, partial(spoken.described, made), partial(spoken.announcement, made))


async def _serve(stand: Stand, *, json: bool, read_faults: bool, until_stdin_closes: bool) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, over.set)
    async with stand.server:
        # The world stays: a collector that goes through all of it stops the exchange each time, for nothing.
        gc.freeze()
        _print_line(orjson.dumps(stand.described()).decode() if json else stand.announcement())
        if read_faults or until_stdin_closes:
            _read_stdin(
                loop,
                on_line=lambda line: _ask(stand, line) if read_faults else None,
                on_end=over.set if until_stdin_closes else lambda: None,
            )
        await over.wait()


def _ask(stand: Stand, line: str) -> None:
    """A line that was typed: what came of it is told at once."""
    try:
        _print_line("".join(f"{understood}\n" for understood in stand.server.fault(line)).rstrip())
    except FaultError as error:
        print(error, file=sys.stderr, flush=True)


def _read_stdin(loop: asyncio.AbstractEventLoop, *, on_line: Callable[[str], None], on_end: Callable[[], None]) -> None:
    """Hand over the lines of stdin and its end, from a thread that nothing waits for."""

    def hand_over(act: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is already closed
            loop.call_soon_threadsafe(act)

    def read() -> None:
        rest = b""
        # Straight from the descriptor: a daemon thread inside a buffered reader can upset the interpreter's end.
        while data := _read_some():
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                if line.strip():
                    hand_over(partial(on_line, line.decode(errors="replace")))
        hand_over(on_end)

    Thread(target=read, name="stdin", daemon=True).start()


def _read_some() -> bytes:
    try:
        return os.read(_STDIN, 65_536)
    except OSError:
        return b""


def _print_line(text: str) -> None:
    """Print what a parent process may be waiting for."""
    with contextlib.suppress(BrokenPipeError):
        print(text, flush=True)
