"""The exchange without sockets: a `Transport` and a `Fetcher` that stand on its sessions, in virtual time.

What the real server does to bytes is done here to whole messages: they are held back, cut off, swallowed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Response

from pmtui.core.ports import Closed, Frame, Opened, Request, Stream
from pmtui.core.units import Millis
from pmtui.feed.live import HANDSHAKE, ending, failure
from pmtui.sim.http import Asked
from pmtui.sim.polymarket.exchange import Exchange
from pmtui.sim.polymarket.rest import Rest
from pmtui.sim.polymarket.session import PONG, RESOLVED, MarketSession
from pmtui.sim.polymarket.wire import CUSTOM
from pmtui.sim.polymarket.wire import Frame as Told

TEXT = 0x81
_BROKEN = {b"\xff": 1007}
LOST = ending(ConnectionClosedError(None, None))


class Queued(NamedTuple):
    """A message on its way: when it arrives, when it was sent (both in ms lived by the world), and itself."""

    due: float
    sent: int
    frame: Told


@dataclass(eq=False)
class WireLink:
    """One connection as the exchange sees it, and the near end of it for the client."""

    host: Host
    session: MarketSession = field(init=False)
    born: int = 0
    latency: float = 0.0
    queue: deque[Queued] = field(default_factory=deque)
    carried_until: float = 0.0
    ended: Closed | None = None
    vanished: bool = False
    deaf: bool = False
    generation: int = 0
    last_sent: int = -1
    """When the message that was delivered last had been sent."""
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    # The near end

    async def say(self, text: bytes) -> None:
        if self.deaf:
            await asyncio.Event().wait()
        if self.ended is not None:
            raise ConnectionClosedError(None, None)
        if self.vanished:
            return
        answers = self.session.hear(text)
        if self.host.silences(self):
            answers = [answer for answer in answers if answer == PONG]
        for answer in answers:
            self.send(Told("answer", (), answer))

    def cut(self) -> None:
        """What already arrived is still read; the rest is gone."""
        self.end(LOST, at_once=False)

    # The far end

    def send(self, frame: Told) -> None:
        if self.ended is not None or self.vanished:
            return
        elapsed = self.host.elapsed
        due = max(elapsed + self.latency + self.host.delay, self.queue[-1].due if self.queue else 0.0)
        if (speed := self.host.bytes_per_ms) is not None:
            self.carried_until = max(self.carried_until, elapsed) + len(frame.text) / speed
            due = max(due, self.carried_until)
        self.queue.append(Queued(due, elapsed, frame))
        if due <= elapsed:
            self.woken.set()

    def end(self, closed: Closed, *, at_once: bool) -> None:
        """The connection is over; politely only when all that was sent has arrived."""
        if self.ended is not None:
            return
        self.ended = closed
        if at_once:
            self.queue.clear()
        else:
            elapsed = self.host.elapsed
            self.queue = deque(item for item in self.queue if item.due <= elapsed)
        self.woken.set()

    def close(self, code: int, reason: str) -> None:
        """Queued messages arrive before the close frame does."""
        if self.ended is None and not self.vanished:
            self.ended = ending(ConnectionClosedError(Close(code, reason), None))
            self.woken.set()

    def release(self) -> None:
        self.queue = deque(item._replace(due=0.0) for item in self.queue)
        self.woken.set()

    def tend(self) -> None:
        if self.queue and self.queue[0].due <= self.host.elapsed:
            self.woken.set()

    @property
    def arrived(self) -> bool:
        return bool(self.queue) and self.queue[0].due <= self.host.elapsed


class Host:
    """The exchange, its connections, and what the world outside does to them."""

    def __init__(self, exchange: Exchange, random: Random) -> None:
        self.exchange = exchange
        self.random = random
        self.links: list[WireLink] = []
        self.followers: dict[str, dict[WireLink, None]] = {}
        self.unreachable_until = 0
        self.hung_until = 0
        self.rest = Rest(exchange, lambda _: [])

    @property
    def elapsed(self) -> int:
        return self.exchange.world.elapsed

    def step(self, ms: int) -> None:
        """Let time pass at the exchange, and send what happened."""
        frames = [sent.frame for sent in self.exchange.step(ms, self.followers)]
        self._send(frames)
        for fault in self.exchange.take_link_faults():
            for link in list(self.links):
                if fault.verb == "cut":
                    link.end(LOST, at_once=True)
                elif fault.verb == "close":
                    link.close(fault.arguments["CODE"], fault.arguments.get("REASON", ""))
                else:
                    link.release()
        for link in list(self.links):
            link.tend()

    def _send(self, frames: list[Told]) -> None:
        for frame in frames:
            audience = self._audience(frame)
            if audience and self.exchange.faults.spend("tear"):
                for link in list(self.links):  # half of this message is on the wire, and nobody may read it
                    link.end(LOST, at_once=True)
                continue
            for link in audience:
                link.send(frame)
        if any(frame.kind == "market_resolved" for frame in frames):
            for link in list(self.links):
                if link.session.is_over:
                    link.close(1000, RESOLVED)

    def _audience(self, frame: Told) -> list[WireLink]:
        links = self.links
        if frame.tokens:
            links = list(dict.fromkeys(link for token in frame.tokens for link in self.followers.get(token, ())))
        if not frame.tokens or frame.kind in CUSTOM:
            links = [link for link in links if link.session.hears(frame)]
        if self.exchange.faults.find("zombie"):
            links = [link for link in links if not self.silences(link)]
        return links

    @property
    def delay(self) -> float:
        late, backlog = self.exchange.faults.find("late"), self.exchange.faults.find("backlog")
        held = backlog.until - self.elapsed if backlog else 0
        return max(late.fault.arguments["MS"] if late else 0, held)

    @property
    def bytes_per_ms(self) -> float | None:
        slow = self.exchange.faults.find("slow")
        return slow.fault.arguments["BYTES_PER_S"] / 1_000 if slow else None

    def silences(self, link: WireLink) -> bool:
        zombie = self.exchange.faults.find("zombie")
        return zombie is not None and link.born <= zombie.began

    def join(self) -> WireLink:
        link = WireLink(self, born=self.elapsed, latency=self.random.choice((0.0, 0.0, 20.0, 80.0)))

        def unfollow(token: str) -> None:
            self.followers[token].pop(link, None)
            if not self.followers[token]:
                del self.followers[token]

        def follow(token: str) -> None:
            self.followers.setdefault(token, {})[link] = None

        link.session = MarketSession(self.exchange, follow, unfollow)
        self.links.append(link)
        return link

    def leave(self, link: WireLink) -> None:
        link.ended = link.ended or LOST
        link.session.leave()
        if link in self.links:
            self.links.remove(link)


class Watcher:
    """What the harness wants to hear of a connection; does nothing by itself."""

    def began(self, stream: Stream) -> None: ...
    def opened(self, stream: Stream, link: WireLink) -> None: ...
    def delivered(self, stream: Stream, link: WireLink, item: Queued) -> None: ...
    def closed(self, stream: Stream, closed: Closed) -> None: ...


class SimTransport:
    """Connections to the host."""

    def __init__(self, host: Host, clock: Callable[[], Millis], watcher: Watcher | None = None) -> None:
        self._host = host
        self._clock = clock
        self._watcher = watcher or Watcher()

    async def packets(self, stream: Stream) -> AsyncGenerator[Opened | Frame | Closed, None]:
        host, watcher = self._host, self._watcher
        watcher.began(stream)
        await asyncio.sleep(host.random.choice((0.0, 0.02, 0.15)))
        if (closed := await self._refused()) is not None:
            watcher.closed(stream, closed)
            yield closed
            return
        link = host.join()
        closed = LOST
        try:
            yield Opened(self._clock(), link)
            watcher.opened(stream, link)
            async for frame in self._frames(stream, link):
                yield frame
            closed = link.ended or LOST
            watcher.closed(stream, closed)
            yield closed
        finally:
            host.leave(link)

    async def _refused(self) -> Closed | None:
        host = self._host
        if host.elapsed < host.unreachable_until:
            return failure(ConnectionRefusedError(111, "Connection refused"))
        if host.exchange.faults.find("stall"):
            await asyncio.sleep(HANDSHAKE)
            return failure(TimeoutError())
        if refused := host.exchange.faults.find("refuse"):
            status = refused.fault.arguments.get("STATUS", 503)
            return failure(InvalidStatus(Response(status, "refused", Headers({"Retry-After": "1"}))))
        return None

    async def _frames(self, stream: Stream, link: WireLink) -> AsyncGenerator[Frame, None]:
        count = 0
        while True:
            while link.arrived:
                item = link.queue.popleft()
                link.last_sent = item.sent
                yield Frame(self._clock(), item.frame.text, text=item.frame.head == TEXT)
                self._watcher.delivered(stream, link, item)
                count += 1
                if count % 64 == 0:
                    await asyncio.sleep(0)
            if link.ended is not None and not link.queue:
                return
            link.woken.clear()
            await link.woken.wait()


class SimFetcher:
    """REST answers of the host, a moment later."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.asked = 0

    async def fetch(self, request: Request) -> tuple[int, bytes]:
        host = self._host
        self.asked += 1
        await asyncio.sleep(host.random.choice((0.005, 0.02, 0.1)))
        if host.elapsed < host.hung_until:
            await asyncio.sleep(5.0)
            raise OSError("no answer: it took over 5s")
        parts = urlsplit(request.url)
        answer = host.rest.answer(Asked("GET", parts.path, parse_qs(parts.query, keep_blank_values=True), b""))
        await asyncio.sleep(host.random.choice((0.005, 0.02, 0.1)))
        return answer.status, answer.body

    async def close(self) -> None:
        return None
