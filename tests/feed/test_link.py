"""One conversation over a scripted transport, in virtual time."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from random import Random

import pytest

from pmtui.core.events import LinkChanged, Phase
from pmtui.core.ports import Closed, Frame, Heartbeat
from pmtui.core.units import Millis
from pmtui.feed.backoff import Pacer
from pmtui.feed.link import Conversation
from tests.torture.loop import run

from .scripted import LOST, FakeClock, PlainStream, ScriptedTransport, now, settle, tasks

REFUSED = Closed("connection refused")
ATTENTION = Closed("closed by the venue (4001)", 4001, halt=True, retry_after=60.0)


class Scene:
    """A conversation, all that it told, and the frames that it was handed."""

    def __init__(self, transport: ScriptedTransport, stream: PlainStream) -> None:
        self.transport = transport
        self.stream = stream
        self.told: list[LinkChanged] = []
        self.taken: list[tuple[int, bytes]] = []
        self.accept = True
        self.error: Exception | None = None
        self.conversation = Conversation(
            stream,
            transport,
            take=self._take,
            tell=self.told.append,
            clock=now,
            pacer=Pacer(),
            random=Random(7),
            sleep=asyncio.sleep,
        )

    def _take(self, conversation: Conversation, frame: Frame) -> bool:
        if self.error is not None:
            raise self.error
        self.taken.append((conversation.generation, frame.data))
        conversation.data_at = frame.at
        return self.accept

    @property
    def phases(self) -> list[Phase]:
        return [change.phase for change in self.told]

    @property
    def last(self) -> LinkChanged:
        return self.told[-1]


@asynccontextmanager
async def running(transport: ScriptedTransport, stream: PlainStream | None = None) -> AsyncIterator[Scene]:
    scene = Scene(transport, stream or PlainStream())
    task = asyncio.create_task(scene.conversation.run())
    await settle()
    try:
        yield scene
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def play(
    scene: Callable[[Scene], Awaitable[None]],
    transport: ScriptedTransport | None = None,
    stream: PlainStream | None = None,
) -> None:
    async def work() -> None:
        async with running(transport or ScriptedTransport(), stream) as found:
            await scene(found)

    run(work())


def test_an_open_connection_is_told_before_a_word_is_said() -> None:
    order: list[str] = []

    async def scene(found: Scene) -> None:
        assert found.phases == [Phase.CONNECTING, Phase.UP]
        assert found.transport.line.said == [b"hello", b"and more"]

    class Noting(PlainStream):
        def open(self) -> list[bytes]:
            order.append("open")
            return super().open()

    play(scene, stream=Noting())
    assert order == ["open"]


def test_what_was_decided_before_a_connection_opened_is_in_its_greeting_and_not_said_again() -> None:
    async def scene() -> None:
        decided: list[asyncio.Task[None]] = []

        def decide(_: object) -> None:
            decided.append(asyncio.create_task(found.conversation.tell([b"subscribe"])))

        transport = ScriptedTransport(on_open=decide)
        found = Scene(transport, PlainStream())
        task = asyncio.create_task(found.conversation.run())
        for said in (0, 1):
            await settle()
            assert len(decided) == said + 1
            assert transport.line.said == [b"hello", b"and more"]
            await found.conversation.tell([b"later"])
            assert transport.line.said[2:] == [b"later"]
            transport.line.end()
            await asyncio.sleep(2)
        task.cancel()
        await asyncio.gather(task, *decided, return_exceptions=True)

    run(scene())


def test_each_connection_has_its_own_generation() -> None:
    async def scene(found: Scene) -> None:
        for generation in (1, 2, 3):
            found.transport.line.tell(b"x")
            await settle()
            assert found.taken[-1] == (generation, b"x")
            found.transport.line.end()
            await asyncio.sleep(31)
        assert [change.generation for change in found.told if change.phase is Phase.UP] == [1, 2, 3, 4]

    play(scene)


def test_the_opening_words_are_said_on_every_new_connection() -> None:
    async def scene(found: Scene) -> None:
        found.transport.line.end()
        await asyncio.sleep(2)
        assert found.stream.opened == 2
        assert found.transport.line.said == [b"hello", b"and more"]

    play(scene)


@pytest.mark.parametrize(
    "closed",
    [LOST, Closed("closed by the venue (1000)", 1000), Closed("closed by the venue (1001: going away)", 1001)],
    ids=["reset", "1000", "1001"],
)
def test_any_end_even_a_polite_one_is_down_at_once_and_tried_again_within_a_second(closed: Closed) -> None:
    async def scene(found: Scene) -> None:
        ended = now()
        found.transport.line.end(closed)
        await settle()
        assert found.phases[-1] is Phase.DOWN
        assert found.last.reason == closed.reason
        assert found.last.attempt == 1
        assert ended < found.last.retry_at <= ended + 1_000
        await asyncio.sleep(1.01)
        assert found.last.phase is Phase.UP

    play(scene)


def test_attempts_are_counted_and_the_next_try_is_told_until_a_connection_opens() -> None:
    async def scene(found: Scene) -> None:
        await asyncio.sleep(120)
        downs = [change for change in found.told if change.phase is Phase.DOWN]
        assert [change.attempt for change in downs] == [1, 2, 3, 4, 5]
        told = [change.retry_at for change in downs]
        assert found.transport.attempts[1:] == told
        assert found.last.phase is Phase.UP
        assert found.last.attempt == 0

    play(scene, ScriptedTransport(answers=[REFUSED] * 5))


def test_a_try_that_waits_for_its_turn_among_all_links_is_told_for_that_moment() -> None:
    async def scene(found: Scene) -> None:
        pacer = vars(found.conversation)["_pacer"]
        for second in range(3, 31):
            pacer.book(now() + 1_000 * second)
        found.transport.line.end()
        await settle()
        told = found.last.retry_at
        assert told > now() + 30_000
        await asyncio.sleep(120)
        assert found.transport.attempts[1:] == [told]

    play(scene)


class Sleepers:
    """Conversations that share a pacer, and whose computer may sleep."""

    def __init__(self, count: int, transport: ScriptedTransport) -> None:
        self.clock, self.transport = FakeClock(), transport
        self.told: list[LinkChanged] = []
        self.pacer = Pacer()
        self.tasks = [asyncio.create_task(self._talk().run()) for _ in range(count)]

    def _talk(self) -> Conversation:
        return Conversation(
            PlainStream(),
            self.transport,
            take=lambda conversation, frame: True,
            tell=self.told.append,
            clock=self.clock,
            pacer=self.pacer,
            random=Random(7),
        )

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@pytest.mark.parametrize("slept", [10, 3_600, 43_200])
@pytest.mark.parametrize("count", [1, 12])
def test_l19_links_that_were_down_are_tried_a_second_after_waking_and_in_turn(count: int, slept: int) -> None:
    async def work() -> None:
        found = Sleepers(count, ScriptedTransport(always=REFUSED))
        await asyncio.sleep(300)
        due = min(told.retry_at for told in found.told[-count:])
        await asyncio.sleep((due - found.clock()) / 1_000 - 5)
        woke, before = now(), len(found.transport.attempts)
        found.clock.ahead += slept * 1_000
        await asyncio.sleep(1.5)
        assert len(found.transport.attempts) > before
        assert all(told.retry_at > found.clock() - 500 for told in found.told[-count:])
        await asyncio.sleep(60)
        after = [each for each in found.transport.attempts if each > woke]
        assert all(later - sooner >= 500 for sooner, later in pairwise(after))
        assert len(after) >= count
        await found.end()
        assert all(each <= found.clock() for each in found.pacer.begun)

    run(work())


def test_delays_double_up_to_thirty_seconds_and_no_further() -> None:
    async def scene(found: Scene) -> None:
        await asyncio.sleep(600)
        gaps = [later - sooner for sooner, later in pairwise(found.transport.attempts)]
        for tries, gap in enumerate(gaps):
            ceiling = min(30_000, 1_000 * 2**tries)
            # A second at least lies between two connections, whatever the delay.
            assert max(1_000, ceiling // 2) <= gap <= max(1_000, ceiling)

    play(scene, ScriptedTransport(always=REFUSED))


def test_refused_for_hours_it_still_tries_and_keeps_nothing() -> None:
    async def scene(found: Scene) -> None:
        await asyncio.sleep(60)
        before = tasks()
        await asyncio.sleep(6 * 3_600)
        assert tasks() == before
        assert 6 * 3_600 / 30 <= len(found.transport.attempts) <= 6 * 3_600 / 15 + 10

    play(scene, ScriptedTransport(always=REFUSED))


def test_a_link_lost_each_second_makes_at_most_thirty_new_ones_a_minute() -> None:
    def drop(line: object) -> None:
        asyncio.get_running_loop().call_later(1.0, line.end)  # type: ignore[attr-defined]

    async def scene(found: Scene) -> None:
        await asyncio.sleep(600)
        attempts = found.transport.attempts
        assert len(attempts) > 20
        for start in attempts:
            assert sum(start <= each < start + 60_000 for each in attempts) <= 30
        assert max(later - sooner for sooner, later in pairwise(attempts)) <= 31_000

    play(scene, ScriptedTransport(on_open=drop))


def test_l11_a_link_that_comes_up_and_does_not_last_says_so_and_its_tries_are_counted_on() -> None:
    def drop(line: object) -> None:
        asyncio.get_running_loop().call_later(1.0, line.end)  # type: ignore[attr-defined]

    async def scene(found: Scene) -> None:
        await asyncio.sleep(120)
        downs = [change for change in found.told if change.phase is Phase.DOWN]
        assert [change.attempt for change in downs] == list(range(1, len(downs) + 1))
        assert [change.reason.startswith("unstable link: ") for change in downs[:3]] == [False] * 3
        assert all(change.reason == "unstable link: the connection was lost" for change in downs[3:])
        assert len(downs) > 5

    play(scene, ScriptedTransport(on_open=drop))


def test_coming_up_does_not_reset_the_delay_but_a_minute_of_data_does() -> None:
    async def scene(found: Scene) -> None:
        for _ in range(4):
            found.transport.line.end()
            await asyncio.sleep(31)
        found.transport.line.end()
        await settle()
        assert found.last.retry_at - now() >= 8_000
        await asyncio.sleep(31)
        for _ in range(70):
            found.transport.line.tell(b"data")
            await asyncio.sleep(1)
        found.transport.line.end()
        await settle()
        assert found.last.retry_at - now() <= 1_000

    play(scene)


def test_a_silent_minute_does_not_count_as_good() -> None:
    async def scene(found: Scene) -> None:
        for _ in range(4):
            await asyncio.sleep(100)
            found.transport.line.end()
            await settle()
        assert found.last.retry_at - now() >= 4_000

    play(scene)


def test_what_the_venue_asks_us_to_wait_is_waited() -> None:
    async def scene(found: Scene) -> None:
        assert found.last.retry_at - now() == 90_000
        await asyncio.sleep(89)
        assert len(found.transport.attempts) == 1
        await asyncio.sleep(2)
        assert found.last.phase is Phase.UP

    play(scene, ScriptedTransport(answers=[Closed("too many connections (429)", 429, retry_after=90.0)]))


def test_what_only_the_user_can_mend_is_halted_and_tried_each_minute() -> None:
    async def scene(found: Scene) -> None:
        assert found.phases[-1] is Phase.HALTED
        await asyncio.sleep(59)
        assert len(found.transport.attempts) == 1
        await asyncio.sleep(2)
        assert found.last.phase is Phase.UP

    play(scene, ScriptedTransport(answers=[ATTENTION]))


def test_a_cut_ends_this_connection_with_its_reason_and_the_next_one_follows() -> None:
    async def scene(found: Scene) -> None:
        first = found.transport.line
        found.conversation.cut("in doubt")
        await settle()
        assert first.cuts == 1
        assert first.left
        assert found.last == LinkChanged("plain 1", now(), 1, Phase.DOWN, "in doubt", 1, found.last.retry_at)
        await asyncio.sleep(1.01)
        assert found.last.phase is Phase.UP
        assert found.last.generation == 2

    play(scene)


async def _flap(found: Scene) -> None:
    """The venue's own ends let the delay grow."""
    for _ in range(6):
        found.transport.line.end()
        await asyncio.sleep(31)


def test_after_our_own_decision_the_next_try_takes_no_grown_delay_but_the_one_after_it_does() -> None:
    async def scene(found: Scene) -> None:
        await _flap(found)
        found.conversation.cut("silent")
        await settle()
        assert found.last.retry_at - now() <= 1_000
        found.transport.answers = [REFUSED]
        await asyncio.sleep(1)
        assert found.last.reason == "connection refused"
        assert found.last.retry_at - now() >= 14_000

    play(scene)


def test_links_that_we_give_up_over_and_over_are_no_storm() -> None:
    async def scene(found: Scene) -> None:
        begun = len(found.transport.attempts)
        for _ in range(3_600):
            found.conversation.cut("silent")
            await asyncio.sleep(1)
        # One in a minute is free, and the others come half a minute apart.
        assert 120 <= len(found.transport.attempts) - begun <= 240

    play(scene)


def test_t7_a_link_that_went_because_the_program_stood_still_is_not_called_unstable_nor_charged() -> None:
    async def scene(found: Scene) -> None:
        for _ in range(20):
            found.conversation.stood_still()
            found.conversation.cut("the program stood still for 30s")
            await settle()
            assert found.last.reason == "the program stood still for 30s"
            assert found.last.retry_at - now() <= 1_000
            assert found.last.attempt == 1
            await asyncio.sleep(61)

    play(scene)


def test_l19_a_connection_that_the_venue_ended_while_we_slept_is_tried_again_at_once() -> None:
    async def scene(found: Scene) -> None:
        await _flap(found)
        found.conversation.stood_still()
        found.transport.line.end()
        await settle()
        assert found.last.reason == "the connection was lost"
        assert found.last.retry_at - now() <= 1_000
        await asyncio.sleep(1)
        # Of the new connection it says nothing.
        found.transport.line.end()
        await settle()
        assert found.last.reason == "unstable link: the connection was lost"
        assert found.last.retry_at - now() >= 14_000

    play(scene)


def test_a_program_that_stands_still_over_and_over_makes_no_storm() -> None:
    async def scene(found: Scene) -> None:
        begun = len(found.transport.attempts)
        for _ in range(1_000):
            found.conversation.stood_still()
            found.conversation.cut("the program stood still for 3s")
            await asyncio.sleep(3)
        assert len(found.transport.attempts) - begun <= 200

    play(scene)


def test_the_reason_of_a_cut_does_not_stick_to_the_next_connection() -> None:
    async def scene(found: Scene) -> None:
        found.conversation.cut("in doubt")
        await asyncio.sleep(2)
        found.transport.line.end(Closed("closed by the venue (1013)", 1013))
        await settle()
        assert found.last.reason == "closed by the venue (1013)"

    play(scene)


def test_a_cut_while_waiting_for_the_next_try_changes_nothing() -> None:
    async def scene(found: Scene) -> None:
        found.transport.line.end()
        await settle()
        found.conversation.cut("in doubt")
        await asyncio.sleep(2)
        assert found.last.phase is Phase.UP
        assert found.transport.line.cuts == 0

    play(scene)


def test_a_cut_while_there_is_nothing_to_cut_yet_is_not_the_reason_of_what_comes() -> None:
    async def scene(found: Scene) -> None:
        await asyncio.sleep(1)
        found.conversation.cut("in doubt")
        await asyncio.sleep(2)
        assert (found.last.phase, found.last.reason) == (Phase.DOWN, "connection refused")

    play(scene, transport=ScriptedTransport(handshake=2, always=REFUSED))


def test_too_much_that_cannot_be_read_hangs_up() -> None:
    async def scene(found: Scene) -> None:
        found.accept = False
        found.transport.line.tell(b"garbage")
        found.transport.line.tell(b"never read")
        await settle()
        assert found.taken == [(1, b"garbage")]
        assert found.transport.line.left
        assert found.last.phase is Phase.DOWN
        assert "could not be read" in found.last.reason

    play(scene)


def test_nothing_left_to_follow_ends_the_conversation() -> None:
    over = PlainStream(over=lambda code, reason: code == 1000 and "resolved" in reason)

    async def scene(found: Scene) -> None:
        found.transport.line.end(Closed("closed by the venue (1000: all subscribed assets resolved)", 1000))
        await asyncio.sleep(300)
        assert len(found.transport.attempts) == 1
        assert found.last.phase is Phase.DOWN
        assert found.last.retry_at == 0

    play(scene, stream=over)


def test_a_ping_goes_out_each_ten_seconds_and_stops_with_its_connection() -> None:
    stream = PlainStream(heartbeat=Heartbeat(b"PING", b"PONG", 10.0))

    async def scene(found: Scene) -> None:
        first = found.transport.line
        await asyncio.sleep(35)
        assert first.said.count(b"PING") == 3
        first.end()
        await asyncio.sleep(45)
        assert first.said.count(b"PING") == 3
        assert found.transport.line.said.count(b"PING") == 4
        assert found.conversation.pinged_at > 0

    play(scene, stream=stream)


def test_a_far_end_that_does_not_read_is_cut_off_within_thirty_seconds() -> None:
    stream = PlainStream(heartbeat=Heartbeat(b"PING", b"PONG", 10.0))

    async def scene(found: Scene) -> None:
        found.transport.line.deaf = True
        await asyncio.sleep(30.1)
        assert found.transport.lines[0].cuts == 1
        assert any(change.reason == "the far end does not read" for change in found.told)

    play(scene, stream=stream)


def test_a_far_end_that_does_not_read_from_the_first_word_is_cut_off_too() -> None:
    def deafen(line: object) -> None:
        line.deaf = True  # type: ignore[attr-defined]

    async def scene(found: Scene) -> None:
        await asyncio.sleep(45)
        assert found.transport.lines[0].cuts >= 1
        assert any(change.phase is Phase.DOWN for change in found.told)

    play(scene, ScriptedTransport(on_open=deafen))


def test_saying_something_without_a_connection_is_no_error() -> None:
    async def scene(found: Scene) -> None:
        await found.conversation.say(b"anybody there?")
        assert found.transport.lines == []

    play(scene, ScriptedTransport(always=REFUSED))


def test_an_error_while_sending_is_told_when_nothing_better_is_known() -> None:
    async def scene(found: Scene) -> None:
        found.transport.line.broken = ConnectionResetError(errno.ECONNRESET, "gone")
        await found.conversation.say(b"x")
        found.transport.line.end(LOST)
        await settle()
        assert found.last.reason == f"cannot send: {os.strerror(errno.ECONNRESET)}"

    play(scene)


def test_an_error_while_sending_does_not_hide_why_the_venue_closed() -> None:
    async def scene(found: Scene) -> None:
        found.transport.line.broken = ConnectionResetError("gone")
        await found.conversation.say(b"x")
        found.transport.line.end(ATTENTION)
        await settle()
        assert found.last.reason == ATTENTION.reason
        assert found.last.phase is Phase.HALTED
        assert found.last.retry_at - now() == 60_000

    play(scene)


def test_an_error_while_sending_does_not_hide_that_all_is_over() -> None:
    over = PlainStream(over=lambda code, reason: code == 1000 and "resolved" in reason)

    async def scene(found: Scene) -> None:
        found.transport.line.broken = ConnectionResetError("gone")
        await found.conversation.say(b"x")
        found.transport.line.end(Closed("closed by the venue (1000: all subscribed assets resolved)", 1000))
        await asyncio.sleep(60)
        assert len(found.transport.attempts) == 1

    play(scene, stream=over)


def test_our_own_error_leaves_no_connection_behind() -> None:
    async def work() -> None:
        transport = ScriptedTransport()
        scene = Scene(transport, PlainStream(heartbeat=Heartbeat(b"PING", b"PONG", 10.0)))
        scene.error = ZeroDivisionError("ours")
        task = asyncio.create_task(scene.conversation.run())
        await settle()
        transport.line.tell(b"x")
        with pytest.raises(ZeroDivisionError):
            await task
        await settle()
        assert transport.line.left
        assert tasks() == 1

    run(work())


def test_who_leaves_while_the_first_words_are_said_leaves_nobody_behind_to_say_them() -> None:
    def deafen(line: object) -> None:
        line.deaf = True  # type: ignore[attr-defined]

    async def work() -> None:
        async with running(ScriptedTransport(on_open=deafen)) as found:
            assert tasks() > 2
        await settle()
        assert found.transport.line.left
        assert tasks() == 1

    run(work())


def test_a_hundred_connections_leave_no_task_behind() -> None:
    stream = PlainStream(heartbeat=Heartbeat(b"PING", b"PONG", 10.0))

    async def scene(found: Scene) -> None:
        await asyncio.sleep(5)
        before = tasks()
        for _ in range(100):
            found.transport.line.end()
            await asyncio.sleep(35)
        assert tasks() == before
        assert sum(not line.left for line in found.transport.lines) == 1

    play(scene, stream=stream)


def test_cancelling_lets_go_of_the_connection() -> None:
    async def work() -> None:
        transport = ScriptedTransport()
        async with running(transport):
            pass
        assert transport.line.left
        assert tasks() == 1

    run(work())


def test_a_slow_handshake_is_waited_for_without_a_second_one() -> None:
    async def scene(found: Scene) -> None:
        await asyncio.sleep(9)
        assert found.transport.attempts == [Millis(1_000_000)]
        await asyncio.sleep(2)
        assert found.last.phase is Phase.UP

    play(scene, ScriptedTransport(handshake=10.0))
