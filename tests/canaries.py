"""Everything that a scenario writes or draws, kept by where it went, and far ends that tell us our own secrets."""

from __future__ import annotations

import asyncio
import logging
import os
import pprint
import re
import ssl
import sys
import threading
import time
import traceback
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.pretty import pretty_repr
from textual.app import App
from textual.pilot import Pilot
from websockets.asyncio.server import ServerConnection, serve

from pmtui import cli as front
from pmtui.cli import identity, options
from pmtui.cli.ends import safe
from pmtui.config import Settings
from pmtui.desk import Desk
from pmtui.feed import backoff, http, live, trial
from pmtui.logs import Logs
from pmtui.memory import Memory
from pmtui.sim.account import Account
from pmtui.sim.polymarket.ledger import Ledger
from pmtui.sim.polymarket.server import SimServer, wall_clock
from pmtui.sim.polymarket.world import World, demo_world
from pmtui.ui.app import Pmtui
from pmtui.venues.polymarket.catalog import instrument
from tests.secrets import CANARIES, CANARY_ADDRESS, CANARY_KEY, CANARY_PASSPHRASE, CANARY_SECRET, leaks

HOST = "127.0.0.1"
NAMES = ("POLYMARKET_API_KEY", "POLYMARKET_API_SECRET", "POLYMARKET_API_PASSPHRASE")
TRIO = dict(zip(NAMES, CANARIES.values(), strict=True))
ACCOUNT = {**TRIO, "POLYMARKET_ADDRESS": CANARY_ADDRESS}
ALL = " ".join(CANARIES.values())
SIZE = (130, 34)

Answer = Callable[[bytes], bytes]
Scene = Callable[[Pmtui, Pilot[None]], Awaitable[None]]


class Far:
    """Far ends on this machine, in a thread of their own; what they are told is kept."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.world: World = demo_world(seed=7, rate=20, epoch=wall_clock())
        self.exchange: SimServer
        self._loop = asyncio.new_event_loop()
        self._open = AsyncExitStack()
        self._thread = threading.Thread(target=self._loop.run_forever, name="far end", daemon=True)

    def __enter__(self) -> Far:
        self._thread.start()
        # The exchange's own account is made of canaries: here they are right.
        account = Account(CANARY_KEY, CANARY_SECRET, CANARY_PASSPHRASE, CANARY_ADDRESS)
        ledger = Ledger(account, seed=7)
        self.exchange = SimServer(self.world, pace=600, ledger=ledger)
        self.call(self._open.enter_async_context(self.exchange))
        return self

    def __exit__(self, *_: object) -> None:
        self.call(self._open.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    def call(self, work: Awaitable[Any]) -> Any:
        """What comes of something that is done over there."""

        async def done() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(30)

    def fault(self, text: str) -> None:
        """Make something go wrong at the exchange."""

        async def ask() -> None:
            self.exchange.fault(text)

        self.call(ask())

    @property
    def simulated(self) -> dict[str, str]:
        return {"WS_URL": self.exchange.ws_url, "CLOB_API_URL": self.exchange.rest_url}

    @contextmanager
    def answering(self, answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[str]:
        """A far end that answers the head of each request, or anything else, with these bytes."""

        async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = b""
            while b"\r\n\r\n" not in head and (part := await reader.read(4_096)):
                head += part
                if not head.startswith(b"GET"):
                    break  # a greeting in another language
            self.heard.append(head)
            said = answer(head)
            writer.write(said)
            if not said:
                await reader.read()  # until they have enough
            writer.close()

        with self._serving(_listening(converse, tls)) as port:
            yield f"{HOST}:{port}"

    @contextmanager
    def speaking(self, converse: Callable[[ServerConnection, str], Awaitable[None]]) -> Iterator[str]:
        """A far end of sockets; `converse` is given the opening frame of the account's."""

        async def hear(connection: ServerConnection) -> None:
            assert connection.request is not None
            if connection.request.path == "/ws/user":
                opening = str(await connection.recv())
                self.heard.append(opening.encode())
                await converse(connection, opening)
            await connection.wait_closed()

        with self._serving(_sockets(hear)) as port:
            yield f"ws://{HOST}:{port}"

    @contextmanager
    def _serving(self, server: Any) -> Iterator[int]:
        stack = AsyncExitStack()
        try:
            yield self.call(stack.enter_async_context(server))
        finally:
            self.call(stack.aclose())


@asynccontextmanager
async def _listening(converse: Callable[..., Awaitable[None]], tls: ssl.SSLContext | None) -> AsyncIterator[int]:
    server = await asyncio.start_server(converse, HOST, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def _sockets(hear: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[int]:
    quiet = logging.getLogger("far end")
    quiet.setLevel(logging.CRITICAL)
    async with serve(hear, HOST, 0, logger=quiet, close_timeout=0.2) as server:
        yield next(iter(server.sockets)).getsockname()[1]


def answered(status: int, *, head: str = "", body: str = "") -> Answer:
    """An HTTP answer that has all of our secrets in its reason, in a header and in its body, with what we sent."""

    def answer(asked: bytes) -> bytes:
        told = (body or f'{{"error": "{ALL}", "you sent": {asked.decode("latin-1")!r}}}').encode()
        begin = f"HTTP/1.1 {status} No, {ALL}\r\nX-Key: {ALL}\r\n{head}"
        return f"{begin}Content-Length: {len(told)}\r\n\r\n".encode() + told

    return answer


class Stage:
    """Where a scenario plays: a home of its own, and a net under everything that is written or drawn."""

    def __init__(
        self, folder: Path, far: Far, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[bytes]
    ) -> None:
        self.folder, self.far, self.patch = folder, far, patch
        self.config = folder / "config" / "pmtui" / "config.toml"
        self.config.parent.mkdir(parents=True)
        self.state = folder / "state.json"
        self.sinks: dict[str, bytes] = {}
        self._capture = capture
        self._warned: list[str] = []
        self.blind = False
        """Whether the screen is gone by the end."""

    # What scenarios do

    def command(self, *arguments: str, typed: str | None = None, **environment: str) -> Result:
        """A command, as far as its first to its last byte."""
        result = CliRunner().invoke(front.cli, arguments, input=typed, env=environment)
        self.write("stdout", result.stdout_bytes)
        self.write("stderr", result.stderr_bytes)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            self.write("stderr", safe("".join(traceback.format_exception(result.exception))))
        return result

    def program(self, *arguments: str, **environment: str) -> int:
        """The same as a process has it, with what happens to an error that nobody expected."""
        for name, value in environment.items():
            self.patch.setenv(name, value)
        self.patch.setattr(sys, "argv", ["pmtui", *arguments])
        codes: list[int] = []
        self.patch.setattr(os, "_exit", codes.append)
        front.run()
        return codes[0]

    def settings(self, environment: Mapping[str, str]) -> Settings:
        """The settings of somebody who has set these variables."""
        for name, value in environment.items():
            self.patch.setenv(name, value)
        return options.settings({})

    def watch(
        self,
        where: Mapping[str, str],
        until: Callable[[Desk], object],
        scene: Scene | None = None,
        *,
        login: Callable[[], Any] | None = None,
        account: Mapping[str, str] = ACCOUNT,
    ) -> None:
        """The screen of somebody who watches a market, until something is so, and while `scene` plays."""
        settings = self.settings({**where, **account})
        token = instrument(self.far.world.markets[0].listing.tokens[0])
        assert token is not None
        login = login or partial(identity.login, settings, elsewhere=False)
        desk = Desk([token], settings.addresses, login=login)
        log = Logs(self.folder / "pmtui.log", "debug")
        try:
            asyncio.run(self._show(Pmtui(desk, memory=Memory.load(self.state)), until, scene))
        finally:
            self.write("ring", "\n".join(log.lines()))
            log.finish(5)
        self.write("reprs", repr(desk) + repr(settings))

    async def _show(self, app: Pmtui, until: Callable[[Desk], object], scene: Scene | None) -> None:
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            self.overhear(app)
            await happens(lambda: until(app.desk))
            if scene is not None:
                await scene(app, pilot)
            if not self.blind:
                await self.look(app, pilot)

    def overhear(self, app: App[None]) -> None:
        """Note what the terminal is sent from now on."""
        driver = app._driver
        assert driver is not None
        write = driver.write

        def both(data: str) -> None:
            self.write("terminal", data)
            write(data)

        driver.write = both  # type: ignore[method-assign]

    async def look(self, app: App[None], pilot: Pilot[None]) -> None:
        """All that can be seen of the screen, by all that can make a picture of it."""
        if isinstance(app, Pmtui):
            app._second()
            app.tell()
            app.frames.pulse()
        await pilot.pause()
        self.write("screen", "\n".join(strip.text for strip in app.screen._compositor.render_strips()))
        picture = app.export_screenshot()
        self.write("picture", picture)
        self.write("picture", unescape(re.sub("<[^>]*>\n?", "", picture)))  # as somebody reads it
        self.write("toasts", "\n".join(f"{each.title}: {each.message}" for each in app._notifications))
        self.write("title", f"{app.title} {app.sub_title}")
        self.write("clipboard", app.clipboard)

    # The net

    def write(self, sink: str, data: bytes | str) -> None:
        """Note what went to a place."""
        data = data.encode(errors="surrogatepass") if isinstance(data, str) else data
        self.sinks[sink] = self.sinks.get(sink, b"") + data + b"\n\0\n"

    def hear(self, error: BaseException) -> None:
        """Note all that an error and whatever led to it could tell anybody."""
        self.write("errors", "".join(traceback.format_exception(error)))
        seen: list[BaseException] = []
        left: list[BaseException | None] = [error]
        while left:
            if (each := left.pop()) is not None and each not in seen:
                seen.append(each)
                left += [each.__cause__, each.__context__]
                self.write("errors", f"{each} {each!r} {each.args!r} {getattr(each, '__notes__', '')}")

    def show(self, *things: object) -> None:
        """Note how things look to whoever prints them."""
        for each in things:
            told = (
                repr(each),
                str(each),
                f"{each}",
                f"{each:>3}" if type(each).__format__ is not object.__format__ else "",
            )
            self.write("reprs", " ".join(told))
            self.write("reprs", pretty_repr(each, expand_all=True) + pprint.pformat(each))

    @contextmanager
    def listening(self) -> Iterator[Stage]:
        """Hear what is warned of and what is printed by whatever means, as if nobody else kept a log."""
        handlers = logging.getLogger().handlers
        before = handlers[:]
        handlers.clear()
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            yield self
        handlers[:] = before
        self._warned += [
            warnings.formatwarning(each.message, each.category, each.filename, each.lineno) for each in found
        ]

    def gather(self) -> dict[str, bytes]:
        """Everything by the place that it went to."""
        out, err = self._capture.readouterr()
        self.write("stdout", out)
        self.write("stderr", err)
        self.write("warnings", "".join(self._warned))
        for path in self.folder.rglob("*"):
            if path.is_file() and path != self.config:
                self.write(f"file {path.name}", path.read_bytes())
                self.write("file names", str(path))
        return self.sinks

    def leaks(self) -> dict[str, set[str]]:
        """Which secrets are where, and in which form."""
        return {sink: found for sink, data in self.gather().items() if (found := leaks(data))}

    def forget(self) -> None:
        """Begin with empty places."""
        self._capture.readouterr()
        self.sinks.clear()
        self._warned.clear()
        for path in self.folder.glob("*.log"):
            path.unlink()


async def happens(condition: Callable[[], object], within: float = 30) -> None:
    """Wait for what a venue or another thread does."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        await asyncio.sleep(0.01)


def hurry(patch: pytest.MonkeyPatch) -> None:
    """Nobody here needs to be waited for as long as a venue."""
    patch.setattr(backoff, "APART", 0)
    patch.setattr(trial, "LISTEN", 0.1)
    patch.setattr(trial, "LISTEN_LONG", 0.3)
    patch.setattr(trial, "_TRIES", 1)
    patch.setattr(http, "TIMEOUT", 0.3)
    patch.setattr(live, "HANDSHAKE", 1)
