"""A scripted far end: connections that a test opens, feeds and ends, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from pmtui.core.events import Event, Ignored
from pmtui.core.instrument import InstrumentId, identify
from pmtui.core.ports import Closed, Frame, Heartbeat, Opened, Request, Stream
from pmtui.core.units import Millis

LOST = Closed("the connection was lost", 1006)
Packet = Frame | Closed


def now() -> Millis:
    """The virtual loop's time in ms."""
    return Millis(round(asyncio.get_running_loop().time() * 1_000))


async def settle(rounds: int = 20) -> None:
    """Let everything that is ready run, without letting time pass."""
    for _ in range(rounds):
        await asyncio.sleep(0)


class FakeClock:
    """The loop's time, which a test may push ahead as a sleeping computer does."""

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> Millis:
        return Millis(now() + self.ahead)


@dataclass(eq=False)
class ScriptedLine:
    """One connection in the test's hands."""

    stream: Stream
    clock: Callable[[], Millis]
    said: list[bytes] = field(default_factory=list)
    packets: asyncio.Queue[Packet] = field(default_factory=asyncio.Queue)
    cuts: int = 0
    deaf: bool = False
    broken: Exception | None = None
    answers_pings: bool = True
    coming: int = 0
    """Bytes of a message that is not whole yet."""
    left: bool = False
    """Whether the near end has let go of it."""

    # The near end

    async def say(self, frame: bytes) -> None:
        if self.broken is not None:
            raise self.broken
        if self.deaf:
            await asyncio.Event().wait()
        self.said.append(frame)
        if frame == b"PING" and self.answers_pings:
            self.tell(b"PONG")

    def cut(self) -> None:
        self.cuts += 1
        self.packets.put_nowait(LOST)

    # The far end

    def tell(self, text: bytes | str, *, binary: bool = False) -> None:
        data = text.encode() if isinstance(text, str) else text
        self.packets.put_nowait(Frame(self.clock(), data, text=not binary))

    def end(self, closed: Closed = LOST) -> None:
        self.packets.put_nowait(closed)


@dataclass
class ScriptedTransport:
    """Answers each attempt with the next of `answers`: a refusal, or None for a connection; then only connections."""

    clock: Callable[[], Millis] = now
    answers: list[Closed | None] = field(default_factory=list)
    always: Closed | None = None
    lines: list[ScriptedLine] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)
    handshake: float = 0.0
    through: str = ""
    on_open: Callable[[ScriptedLine], None] = lambda line: None

    async def packets(self, stream: Stream) -> AsyncGenerator[Opened | Frame | Closed, None]:
        self.attempts.append(now())
        if self.handshake:
            await asyncio.sleep(self.handshake)
        refused = self.answers.pop(0) if self.answers else self.always
        if refused is not None:
            yield refused
            return
        line = ScriptedLine(stream, self.clock)
        self.lines.append(line)
        self.on_open(line)
        try:
            yield Opened(self.clock(), line, self.through, lambda: line.coming)
            while True:
                packet = await line.packets.get()
                if isinstance(packet, Frame):
                    packet.at = self.clock()
                yield packet
                if isinstance(packet, Closed):
                    return
        finally:
            line.left = True

    @property
    def line(self) -> ScriptedLine:
        return self.lines[-1]


class ScriptedFetcher:
    """REST answers by path; each question is remembered."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, tuple[int, bytes] | Exception | Callable[[str], tuple[int, bytes]]] = {}
        self.seconds = 0.0
        self.closed = False

    async def fetch(self, request: Request) -> tuple[int, bytes]:
        self.asked.append(request.url)
        if self.seconds:
            await asyncio.sleep(self.seconds)
        for part, answer in self.answers.items():
            if part in request.url:
                if isinstance(answer, Exception):
                    raise answer
                return answer(request.url) if callable(answer) else answer
        raise OSError("no answer: connection refused")

    async def close(self) -> None:
        self.closed = True

    def count(self, part: str) -> int:
        return sum(part in url for url in self.asked)


class PlainStream:
    """A conversation in words: what it says on opening, and nothing understood."""

    def __init__(self, *, heartbeat: Heartbeat | None = None, over: Callable[[int, str], bool] | None = None) -> None:
        self.name = "plain 1"
        self.url = "ws://127.0.0.1/"
        self.heartbeat = heartbeat
        self.per_minute = 0
        self.instruments: tuple[InstrumentId, ...] = (identify("made-up", "yes"),)
        self.messages = 0
        self.opened = 0
        self._over = over or (lambda code, reason: False)

    def open(self) -> list[bytes]:
        self.opened += 1
        return [b"hello", b"and more"]

    def receive(self, frame: bytes, at: Millis) -> Sequence[Event]:
        self.messages += 1
        return (Ignored("word"),)

    def change(self, add: Collection[InstrumentId], drop: Collection[InstrumentId]) -> list[bytes] | None:
        return None

    def again(self, instruments: Collection[InstrumentId]) -> list[bytes]:
        return []

    def room(self) -> int:
        return 0

    def attend(self, shown: Collection[InstrumentId]) -> list[bytes]:
        return []

    def widen(self, instrument: InstrumentId, step: int) -> list[bytes]:
        return []

    def ask(self, request: Request, number: int) -> bytes | None:
        return None

    def settled(self, code: int, reason: str) -> Collection[InstrumentId] | None:
        return self.instruments if self._over(code, reason) else None


def tasks() -> int:
    return len(asyncio.all_tasks())


def unused(*_: Any) -> None:
    """For arguments that a test does not care for."""
