"""The doors of a simulated exchange: its ports on loopback, the links that came through them, and its clock.

What is said at which door is the venue's business. A test steps the time by hand; otherwise a timer keeps it in step
with the real one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Protocol
from weakref import WeakSet

from pmtui.core.breath import Breath
from pmtui.core.units import Millis
from pmtui.sim.faults import Fault, Faults
from pmtui.sim.http import TOO_LONG, Answer, Answers, Conversation
from pmtui.sim.link import Link, Written
from pmtui.sim.session import Session

HOST = "127.0.0.1"
SLICE = 10
"""Milliseconds of life that are told in one write at most."""

_BREATH = 2  # ms between two writes: what a venue says comes evenly, not a hundred messages at a time
_NAP = 50  # ms that a quiet exchange sleeps at most, so that faults end in time
_LONGEST_CATCH_UP = 1_000  # ms of life that a process which was stopped makes up for; the rest is skipped


class Venue(Protocol):
    """What is behind the doors."""

    @property
    def faults(self) -> Faults: ...
    @property
    def elapsed(self) -> int:
        """Milliseconds lived."""
        ...

    @property
    def next_due(self) -> float:
        """When, in milliseconds lived, something will happen next."""
        ...

    def greet(self, link: Link, path: str) -> Session | tuple[int, str]:
        """Who answers on a path, or the status and the text with which it is refused."""
        ...

    def live(self, ms: int) -> None:
        """Let a short time pass, and send what happened in it."""
        ...

    def tend(self, link: Link) -> None:
        """End a link that the venue would end by now."""
        ...

    def skip(self, ms: int) -> None:
        """Let the wire's time pass without living through it."""
        ...

    def take_link_faults(self) -> list[Fault]:
        """The faults that only the owner of the links can bring about, since the last time."""
        ...


class Doors:
    """The ports as an async context manager, and what a link asks of its host."""

    def __init__(
        self,
        venue: Venue,
        answers: Answers,
        *,
        port: int = 0,
        rest_port: int | None = 0,
        manual: bool = False,
        compress: bool = False,
        buffer_limit: int = 8 * 2**20,
        acts: Mapping[str, Callable[[Link, Fault], None]] | None = None,
        too_long: Answer = TOO_LONG,
    ) -> None:
        """With no `rest_port` REST is answered where the sockets are; `acts` is what further faults do to links."""
        self._venue, self._answers, self._too_long = venue, answers, too_long
        self._ports = (port, rest_port)
        self._manual = manual
        self.compress, self.buffer_limit = compress, buffer_limit
        self.links: set[Link] = set()
        self._acts = _ACTS | dict(acts or {})
        self._breath = Breath(time.monotonic, time.sleep)
        self._servers: list[asyncio.Server] = []
        self._talks: WeakSet[Conversation] = WeakSet()
        self._life: asyncio.Task[None] | None = None

    async def open(self) -> None:
        port, rest_port = self._ports
        loop = asyncio.get_running_loop()
        if rest_port is None:
            self._servers.append(await loop.create_server(lambda: self._talk(self._link), HOST, port))
        else:
            self._servers.append(await loop.create_server(self._link, HOST, port))
            self._servers.append(await loop.create_server(self._talk, HOST, rest_port))
        if not self._manual:
            self._life = asyncio.create_task(self._live(), name="simulated exchange")

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        for link in list(self.links):
            link.abort()
        for talk in list(self._talks):
            talk.close()
        if self._life is not None:
            self._life.cancel()
            await asyncio.gather(self._life, return_exceptions=True)

    @property
    def ws_url(self) -> str:
        """Where the sockets are, without a path."""
        return f"ws://{HOST}:{_port(self._servers[0])}"

    @property
    def rest_url(self) -> str:
        return f"http://{HOST}:{_port(self._servers[-1])}"

    def step(self, ms: int) -> None:
        """Let `ms` milliseconds pass, and send what happened in them."""
        while ms > 0:
            part = min(ms, SLICE)
            self._venue.live(part)
            self.obey()
            for link in list(self.links):
                link.tend()
                self._venue.tend(link)
            ms -= part

    def obey(self) -> None:
        """Bring about the faults that act on sockets."""
        for fault in self._venue.take_link_faults():
            for link in list(self.links):
                self._acts[fault.verb](link, fault)

    def tears(self, outgoing: Mapping[Link, list[Written]]) -> bool:
        """Whether a fault resets every socket now, in the middle of what it would be sent."""
        if not outgoing or not self._venue.faults.spend("tear"):
            return False
        for link in list(self.links):
            if link in outgoing:
                link.tear(outgoing[link][0])
            else:
                link.abort()
        return True

    def breathe(self) -> None:
        """Between two small things that happen: who waits for this processor has it first."""
        if not self._manual:
            self._breath.take()

    # What a link asks of its host.

    @property
    def now(self) -> float:
        return self._venue.elapsed

    @property
    def delay(self) -> float:
        """Milliseconds by which what is sent now is held back."""
        late, backlog = self._venue.faults.find("late"), self._venue.faults.find("backlog")
        return max(late.fault.arguments["MS"] if late else 0, backlog.until - self.now if backlog else 0)

    @property
    def bytes_per_ms(self) -> float | None:
        slow = self._venue.faults.find("slow")
        return slow.fault.arguments["BYTES_PER_S"] / 1_000 if slow else None

    @property
    def stalls(self) -> bool:
        return self._venue.faults.find("stall") is not None

    def greet(self, link: Link, path: str) -> Session | tuple[int, str]:
        if refused := self._venue.faults.find("refuse"):
            return refused.fault.arguments.get("STATUS", 503), "refused by a fault\n"
        return self._venue.greet(link, path)

    def silences(self, link: Link) -> bool:
        zombie = self._venue.faults.find("zombie")
        return zombie is not None and link.born <= zombie.began

    def joined(self, link: Link) -> None:
        self.links.add(link)

    def left(self, link: Link) -> None:
        self.links.discard(link)

    # The clock.

    async def _live(self) -> None:
        """Keep the world in step with real time."""
        clock = asyncio.get_running_loop().time
        pace = Pace(clock())
        while True:
            self._breath.begin()
            due, skipped = pace.due(clock())
            self._venue.skip(skipped)
            while due:
                part = min(due, SLICE)
                self.step(part)
                due -= part
                await asyncio.sleep(0)  # a busy world must not keep its sockets waiting
            nap = min(self._venue.next_due - self.now, _NAP)
            await asyncio.sleep(max(nap, _BREATH) / 1_000)

    def _link(self) -> Link:
        return Link(self)

    def _talk(self, socket: Callable[[], Link] | None = None) -> Conversation:
        talk = Conversation(self._answers, socket, too_long=self._too_long)
        self._talks.add(talk)
        return talk


class Pace:
    """How much of the time that went by is to be lived, and how much skipped because it was too long a stop."""

    def __init__(self, now: float) -> None:
        self._last = now
        self._behind = 0.0  # milliseconds

    def due(self, now: float) -> tuple[int, int]:
        """Milliseconds to live and milliseconds to skip, as of `now` in seconds."""
        self._behind += (now - self._last) * 1_000
        self._last = now
        whole = int(self._behind)
        self._behind -= whole
        lived = min(whole, _LONGEST_CATCH_UP)
        return lived, whole - lived


def wall_clock() -> Millis:
    return Millis(time.time_ns() // 1_000_000)


def _cut(link: Link, _: Fault) -> None:
    link.abort()


def _close(link: Link, fault: Fault) -> None:
    link.close(fault.arguments["CODE"], fault.arguments.get("REASON", ""))


def _release(link: Link, _: Fault) -> None:
    link.release()


_ACTS: dict[str, Callable[[Link, Fault], None]] = {"cut": _cut, "close": _close, "clear": _release}


def _port(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])
