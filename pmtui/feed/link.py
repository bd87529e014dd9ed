"""One conversation kept alive: connect, listen, hang up when told to, and always try again."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Coroutine
from random import Random
from typing import Any
from urllib.parse import urlsplit

from pmtui.core.events import LinkChanged, Phase
from pmtui.core.instrument import InstrumentId
from pmtui.core.ports import Closed, Frame, Heartbeat, Line, Opened, Stream, Transport
from pmtui.core.units import Millis
from pmtui.feed.backoff import Backoff, Pacer
from pmtui.feed.clock import Clock
from pmtui.feed.reasons import unsent

Take = Callable[["Conversation", Frame], bool]
Tell = Callable[[LinkChanged], None]
Settle = Callable[[Stream, Collection[InstrumentId]], bool]
Sleep = Callable[[float], Awaitable[None]]

_NOT_YET = Millis(0)
_NO_WORD = (0, 1006)
"""Codes of an end without a word from the venue: ours is the better reason then."""
_GREETS_WITHIN = 0.1
_MINUTE = 60_000
_LOOK_UP = 1_000
"""A timer stands still while the computer sleeps: whoever waits looks at the clock so often."""
_MISSED = 500
"""So long after its turn somebody slept through it; it is still well before the turn of another."""
_UNSTABLE = 4
"""Connections in a row that came up and did not last."""
_SAY_WITHIN = 20.0
"""A far end that does not read for so long is gone."""


def _nothing() -> int:
    return 0


class Quota:
    """How many messages a venue lets us say in any minute; a few are kept back for what cannot wait."""

    def __init__(self, per_minute: int) -> None:
        self._said: deque[int] = deque(maxlen=max(1, per_minute * 9 // 10) if per_minute else 0)

    def wait(self, now: int) -> int:
        """ms until one more may be said."""
        said = self._said
        return max(0, said[0] + _MINUTE - now) if said and len(said) == said.maxlen else 0

    def spent(self, now: int) -> None:
        self._said.append(now)


class Quotas:
    """One quota for each far end: a venue counts what we say over all our links to it."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, int], Quota] = {}

    def of(self, stream: Stream) -> Quota:
        return self._of.setdefault((urlsplit(stream.url).netloc, stream.per_minute), Quota(stream.per_minute))


class Conversation:
    """A stream, the connection that carries it now, and the ones that will."""

    def __init__(
        self,
        stream: Stream,
        transport: Transport,
        *,
        take: Take,
        tell: Tell,
        clock: Clock,
        pacer: Pacer,
        random: Random,
        sleep: Sleep = asyncio.sleep,
        quotas: Quotas | None = None,
        settle: Settle = lambda stream, settled: True,
    ) -> None:
        """`pacer` and `quotas` are shared by all conversations of one program.

        `settle` hears what a close calls settled, and tells whether there is nothing else left to follow.
        """
        self.stream = stream
        self.generation = 0
        self.data_at = Millis(0)
        self.pinged_at = Millis(0)
        self.rejects: deque[int] = deque()
        """When there was something lately that could not be read."""
        self._transport = transport
        self._take = take
        self._tell = tell
        self._clock = clock
        self._pacer = pacer
        self._backoff = Backoff(random)
        self._sleep = sleep
        self._settle = settle
        self._line: Line | None = None
        self._coming: Callable[[], int] = _nothing
        self._why = ""
        self._cut = self._slept = False
        """Whether we ended this connection ourselves, and whether the program stood still while it was open."""
        self._attempt = 0
        self._told: LinkChanged | None = None
        self._quota = (quotas or Quotas()).of(stream)
        self._talk = asyncio.Lock()

    @property
    def up(self) -> bool:
        """Whether there is a connection now."""
        return self._line is not None

    @property
    def coming(self) -> int:
        """How many bytes are here of a message that is not whole yet."""
        return self._coming()

    @property
    def busy(self) -> bool:
        """Whether something that was to be said is still waiting to be sent."""
        return self._talk.locked()

    async def run(self, turn: Millis | None = None) -> None:
        """Until cancelled, or until there is nothing left to follow; `turn` is the pacer's, if one was waited for."""
        if turn is None:
            turn = self._pacer.book(self._clock())
        while True:
            await self.wait(turn)
            closed, good_for = await self._once()
            settled = self.stream.settled(closed.code, closed.reason)
            if settled is not None and self._settle(self.stream, settled):
                self._change(Phase.DOWN, closed.reason)
                return
            was_up = not self._attempt and self.generation > 0
            delay = max(self._delay(closed, good_for), int(closed.retry_after * 1000))
            # Only a minute of good data makes a link a new one: until then its tries are counted on.
            self._attempt = max(self._attempt + 1, self._backoff.failures)
            lasts_not = was_up and not closed.halt and not self._slept and self._backoff.failures >= _UNSTABLE
            unstable = "unstable link: " if lasts_not else ""
            phase = Phase.HALTED if closed.halt else Phase.DOWN
            turn = self._pacer.book(self._clock(), delay)
            self._change(phase, unstable + closed.reason, retry_at=turn)

    def _delay(self, closed: Closed, good_for: int) -> int:
        if self._slept or (self._cut and closed.code in _NO_WORD):
            return self._backoff.unblamed(self._clock(), good_for, slept=self._slept)
        return self._backoff.next(good_for)

    async def _once(self) -> tuple[Closed, int]:
        """One connection; why it ended and for how many ms it brought data."""
        if not self._attempt:
            self._change(Phase.CONNECTING, "")
        opened_at = self.data_at = Millis(0)
        near_end: list[asyncio.Task[None]] = []
        packets = self._transport.packets(self.stream)
        self._why = ""
        self._cut = self._slept = False
        closed = Closed("the connection was lost", 1006)
        try:
            async for packet in packets:
                if isinstance(packet, Frame):
                    if not self._take(self, packet):
                        closed = Closed("hung up: too much that could not be read")
                        break
                elif isinstance(packet, Opened):
                    opened_at = packet.at
                    await self._opened(packet, near_end)
                else:
                    closed = packet
        finally:
            self._line, self._coming = None, _nothing
            for task in near_end:
                task.cancel()
            await packets.aclose()
        if self._why and closed.code in _NO_WORD:
            closed = Closed(self._why, closed.code)
        return closed, self.data_at - opened_at if opened_at else 0

    async def _opened(self, packet: Opened, near_end: list[asyncio.Task[None]]) -> None:
        """Begin to speak; whoever does is on the list of those that end with the connection, from the first moment."""
        self.generation += 1
        self.pinged_at = Millis(0)
        self._line, self._coming = packet.line, packet.coming
        # The old books are gone before the first word of the new connection.
        self._change(Phase.UP, "", through=packet.through)
        greeting = asyncio.create_task(self.tell(self.stream.open()))
        near_end.append(greeting)
        # A far end answers while it is spoken to: after a moment it must be heard meanwhile.
        await asyncio.wait([greeting], timeout=_GREETS_WITHIN)
        if beat := self.stream.heartbeat:
            near_end.append(asyncio.create_task(self._beat(beat)))

    async def _beat(self, heartbeat: Heartbeat) -> None:
        while True:
            await self._sleep(heartbeat.every)
            self.pinged_at = self.pinged_at or self._clock()
            await self.say(heartbeat.say)

    def tell(self, frames: list[bytes]) -> Coroutine[Any, Any, None]:
        """Send these one after the other, behind what is being sent and not faster than the venue allows.

        Over the connection that there is now, whenever that begins: a later one greets with all that was decided.
        """
        return self._tell_over(self._line, frames)

    async def _tell_over(self, line: Line | None, frames: list[bytes]) -> None:
        async with self._talk:
            for frame in frames:
                await self._allowed()
                if self._line is not line:
                    return  # that was for a connection that is gone
                await self.say(frame)

    async def ask(self, frame: bytes) -> None:
        """Send a request as soon as the venue allows: it waits for no subscriptions."""
        line = self._line
        await self._allowed()
        if self._line is line:
            await self.say(frame)

    async def _allowed(self) -> None:
        while (wait := self._quota.wait(self._clock())) > 0:
            await self._sleep(wait / 1000)

    async def say(self, frame: bytes) -> None:
        """Send on the present connection, if there is one; a far end that does not read is cut off."""
        line = self._line
        if line is None:
            return
        try:
            self._quota.spent(self._clock())
            async with asyncio.timeout(_SAY_WITHIN):
                await line.say(frame)
        except TimeoutError:
            self.cut("the far end does not read")
        except OSError as error:  # the reader of this connection learns why it ended
            self._why = self._why or unsent(error)
        except Exception as error:
            self._why = self._why or f"cannot send: {type(error).__name__}"

    def cut(self, why: str) -> None:
        """Drop the present connection, if there is one; the next one follows by itself."""
        if self._line is not None:
            self._why, self._cut = why, True
            self._line.cut()

    def stood_still(self) -> None:
        """The program did not run for a while: however this connection ends now, that is no fault of the far end's."""
        self._slept = self._line is not None

    def _change(self, phase: Phase, reason: str, retry_at: Millis = _NOT_YET, through: str = "") -> None:
        if phase is Phase.UP:
            self._attempt = 0
        now, name = self._clock(), self.stream.name
        self._told = LinkChanged(name, now, self.generation, phase, reason, self._attempt, retry_at, through)
        self._tell(self._told)

    async def wait(self, turn: Millis) -> Millis:
        """Wait for our turn; whoever slept through it books another, for so did all the others. The turn it is."""
        try:
            while (late := self._clock() - turn) < 0 or late > _MISSED:
                if late > _MISSED:
                    self._pacer.free(turn)
                    turn = self._pacer.book(self._clock())
                    self._postpone(turn)
                await self._sleep(min(max(0, turn - self._clock()), _LOOK_UP) / 1000)
        except asyncio.CancelledError:
            self._pacer.free(turn)
            raise
        return turn

    def _postpone(self, turn: Millis) -> None:
        """Whoever was told of a next try hears that it comes later."""
        if self._told is not None and self._told.retry_at:
            self._told = self._told._replace(retry_at=turn)
            self._tell(self._told)
