"""One round: a world, a feed that follows it, a plan of faults, and a checker that looks at everything."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from threading import Lock

from pmtui.core.instrument import Instrument
from pmtui.core.store import Store
from pmtui.core.units import Millis
from pmtui.feed.feed import Feed
from pmtui.sim.faults import random_plan
from pmtui.sim.polymarket.exchange import Exchange
from pmtui.sim.polymarket.world import World, demo_world
from pmtui.venues.polymarket.venue import Polymarket

from .checker import Checker, id_of
from .loop import run
from .report import Report
from .wire import LOST, Host, SimFetcher, SimTransport

EPOCH = Millis(1_767_225_600_000)
LONGEST_STEP = 50
CALM = 150_000
"""ms without a new fault after which everything must be well again: the longest waits are a minute."""
SERVER_PATIENCE = 125
"""Seconds of silence after which the venue drops a socket: nobody sleeps longer and keeps his connection."""

_OWN = (
    *(
        line
        for line in (
            "vanish",
            "deaf",
            "sleep 3",
            "sleep 12",
            "sleep 60",
            "sleep 3600",
            "wall 3600",
            "wall -3600",
            "unreachable {seconds}",
            "hang {seconds}",
        )
        for _ in range(3)
    ),
    # These keep a link down for a minute each: seldom, or little else would happen.
    "refuse {seconds} 429",
    "refuse {seconds} 401",
    "close 4001 go away",
    "close 1009 too big",
)
"""Faults that the exchange does not bring about by itself."""
RANDOM_LINES = (
    *("drop {count}", "drop {count} {token}", "ghost {count}", "ghost {count} {token}", "swap {count}"),
    *("duplicate {count}", "hash {count}", "cross {seconds}", "garbage {count}", "mute {token} {seconds}"),
    *("freeze {seconds}", "zombie {seconds}", "stale {seconds}", "late 2000 {seconds}", "cut", "rest 503 {seconds}"),
)
_FOR_THE_EXCHANGE = frozenset({"refuse", "close", "cut"})


@dataclass(frozen=True, slots=True)
class Scene:
    """What a round is made from; the seed decides the rest."""

    seed: int
    seconds: int = 600
    faults: int = 60
    rate: float = 10
    plan: str | None = None
    """A plan of the exchange's own instead of a random one."""
    own: tuple[tuple[float, str], ...] | None = None
    """The world's own faults and their times in seconds, instead of random ones."""
    only: frozenset[str] = frozenset()
    """Keep these kinds of a random plan; empty: all."""
    calm: int = CALM
    viewer: bool = True
    """Whether the market on the screen changes now and then."""
    markets: int = 0
    """How many of the world's markets are followed; 0: all."""


def play(scene: Scene, world: World | None = None, *, to_the_first: bool = False) -> Report:
    """One round from beginning to end, or to the first violation."""
    world = world or demo_world(seed=scene.seed, rate=scene.rate, epoch=EPOCH)
    return run(_play(scene, world, to_the_first=to_the_first))


def rounds(
    seed: int, seconds: int, faults: int, *, rate: float = 10, only: frozenset[str] = frozenset(), length: int = 600
) -> Iterator[Scene]:
    """The scenes that make up a run: none longer than `length`, the faults spread evenly."""
    left, due, number = seconds, faults, 0
    while left > 0:
        part = min(left, length)
        share = round(due * part / left)
        yield Scene(seed * 100_003 + number, part, share, rate, only=only)
        left, due, number = left - part, due - share, number + 1


async def _play(scene: Scene, world: World, *, to_the_first: bool) -> Report:
    report = Report(rounds=1)
    round_ = _Round(scene, world, report, to_the_first=to_the_first)
    with _errors_are_violations(round_.checker):
        await round_.play()
    return report


class _Round:
    def __init__(self, scene: Scene, world: World, report: Report, *, to_the_first: bool) -> None:
        self.scene = scene
        self.to_the_first = to_the_first
        self.report = report
        self.loop = asyncio.get_running_loop()
        self.random = Random(f"{scene.seed}/round")
        self.host = Host(Exchange(world), Random(f"{scene.seed}/host"))
        self.store = Store()
        self.checker = Checker(self.store, self.host, report, now=self.loop)
        self.venue = Polymarket.at(
            {"socket": "ws://127.0.0.1", "clob": "http://127.0.0.1", "gamma": "http://127.0.0.1"}
        )
        self.wall_offset = 0
        self.feed = Feed(
            self.store,
            Lock(),
            {self.venue.name: self.venue},
            SimTransport(self.host, self.clock, self.checker),
            SimFetcher(self.host),
            clock=self.clock,
            wall_clock=lambda: Millis(EPOCH + self.clock() + self.wall_offset),
            random=Random(f"{scene.seed}/feed"),
        )
        self.own = self._planned()
        self.lived = 0
        self.began = self.loop.time()

    def clock(self) -> Millis:
        return Millis(round(self.loop.time() * 1_000) + self.checker.offset)

    def _planned(self) -> list[tuple[float, str]]:
        """Half of the faults are the exchange's, the others the world's; both are told by time in seconds."""
        scene, world = self.scene, self.host.exchange.world
        every = scene.seconds / max(1, scene.faults / (1 if scene.only else 2))
        plan = scene.plan
        if plan is None:
            plan = random_plan(scene.seed, scene.seconds, tuple(world.by_token), every=max(1, round(every)))
            plan = plan if scene.faults else ""
            if scene.only:
                kept = [line.split(maxsplit=2) for line in plan.split("; ")]
                lines_of = [line for line in RANDOM_LINES if line.split()[0] in scene.only]
                plan = "; ".join(f"at {words[1]} {self._line(lines_of, world)}" for words in kept if len(words) > 2)
        own = list(scene.own or ())
        if scene.own is None and scene.faults and not scene.only:
            at = 0.0
            while (at := at + self.random.uniform(0.5, 1.5) * every) < scene.seconds:
                own.append((at, self.random.choice(_OWN).format(seconds=self.random.randrange(2, 30))))
        for_exchange = [f"at {at:.1f} {line}" for at, line in own if line.split()[0] in _FOR_THE_EXCHANGE]
        lines = [line for line in (*plan.split("; "), *for_exchange) if line]
        if lines:
            self.host.exchange.ask("; ".join(lines))
        for line in lines:
            words = line.split()
            self.report.faults[words[2 if words[0] == "at" else 0]] += 1
        mine = [(at, line) for at, line in own if line.split()[0] not in _FOR_THE_EXCHANGE]
        self.report.faults.update(line.split()[0] for _, line in mine)
        return sorted(mine)

    def _line(self, forms: list[str], world: World) -> str:
        return self.random.choice(forms).format(
            seconds=self.random.randrange(2, 30),
            count=self.random.randrange(1, 4),
            token=self.random.choice(tuple(world.by_token)),
        )

    async def play(self) -> None:
        scene, checker, report = self.scene, self.checker, self.report
        world = self.host.exchange.world
        markets = world.markets[: scene.markets or None]
        # Only the first outcome is asked for: the other one follows by itself.
        targets = [self.venue.instrument(market.listing.tokens[0]) for market in markets]
        self.feed.follow([each for each in targets if isinstance(each, Instrument)])
        self._show(0)
        feed = asyncio.ensure_future(self.feed.run())
        end = scene.seconds * 1_000
        next_show = 20_000
        well: set[str] = set()
        ill: list[str] = []
        try:
            while self.host.elapsed < end:
                await self._live()
                if self.to_the_first and report.violations:
                    return
                if scene.viewer and self.host.elapsed >= next_show:
                    next_show += self.random.randrange(10_000, 60_000)
                    report.switches += 1
                    self._show(self.random.randrange(len(markets)))
                self._bring_about()
                if feed.done():
                    feed.result()
            self.host.exchange.ask("clear")
            self.host.step(0)
            self.host.unreachable_until = self.host.hung_until = 0
            calm = self.host.elapsed + scene.calm
            while self.host.elapsed < calm and scene.calm:
                await self._live()
                if not (ill := checker.unwell(well)):
                    break
            for unwell in ill:
                checker.violate(f"well {unwell[:30]}", f"not well {scene.calm // 1000}s after the last fault: {unwell}")
            self._count_tasks(feed, bounded=True)
            report.simulated_ms += self.host.elapsed
            checker.finish()
        finally:
            feed.cancel()
            await asyncio.gather(feed, return_exceptions=True)
        await asyncio.sleep(30)
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        if rest:
            checker.violate("I5 end", f"I5: {len(rest)} tasks outlive the feed: {rest}")

    async def _live(self) -> None:
        """Let time pass up to the next thing that happens."""
        world = self.host.exchange.world
        due = min(int(world.next_due), world.elapsed - world.elapsed % 1_000 + 1_000, world.elapsed + LONGEST_STEP)
        ms = max(1, due - world.elapsed)
        self.lived += ms
        await asyncio.sleep(self.began + self.lived / 1_000 - self.loop.time())
        self._step(ms)
        self.checker.look()
        if world.elapsed % 1_000 == 0:
            self._count_tasks(None, bounded=False)

    def _step(self, ms: int) -> None:
        self.checker.before_step(ms)
        for link in self.host.links:
            if link.vanished:
                self.checker.disturb("vanish", frozenset(link.session.tokens))
        self.host.step(ms)
        self.checker.past.record()

    def _show(self, place: int) -> None:
        market = self.host.exchange.world.markets[place]
        with self.feed.lock:
            self.store.show([id_of(token) for token in market.listing.tokens], self.clock())

    def _count_tasks(self, feed: asyncio.Future[None] | None, *, bounded: bool) -> None:
        tasks = len(asyncio.all_tasks())
        self.report.most_tasks = max(self.report.most_tasks, tasks)
        # Ourselves, the feed, a conversation and a heartbeat for each link, and a question about each board.
        allowed = (2 + 2 * len(self.store.links) + 8 + len(self.store.boards)) if bounded else 400
        if tasks > allowed:
            self.checker.violate("I5", f"I5: {tasks} tasks, {allowed} expected")

    # The world outside

    def _bring_about(self) -> None:
        while self.own and self.own[0][0] * 1_000 <= self.host.elapsed:
            _, line = self.own.pop(0)
            verb, *given = line.split()
            self.checker.note("fault", line)
            _ACTS[verb](self, int(given[0]) if given else 0)

    def vanish(self, _: int) -> None:
        for link in self.host.links:
            link.vanished = True

    def deafen(self, _: int) -> None:
        for link in self.host.links:
            link.deaf = True

    def sleep(self, seconds: int) -> None:
        """The computer sleeps: the exchange lives on, and what it sends waits in the kernel."""
        lived = min(seconds, 30) * 1_000
        for _ in range(0, lived, LONGEST_STEP):
            self._step(LONGEST_STEP)
            self.checker.disturb("sleep")
        if seconds > SERVER_PATIENCE:
            for link in list(self.host.links):
                link.end(LOST, at_once=False)
        self.host.exchange.world.skip(seconds * 1_000 - lived)
        self.checker.offset += seconds * 1_000

    def set_wall(self, seconds: int) -> None:
        self.wall_offset += seconds * 1_000

    def unreachable(self, seconds: int) -> None:
        self.host.unreachable_until = self.host.elapsed + seconds * 1_000
        for link in list(self.host.links):
            link.end(LOST, at_once=True)

    def hang(self, seconds: int) -> None:
        self.host.hung_until = self.host.elapsed + seconds * 1_000


_ACTS: dict[str, Callable[[_Round, int], None]] = {
    "vanish": _Round.vanish,
    "deaf": _Round.deafen,
    "sleep": _Round.sleep,
    "wall": _Round.set_wall,
    "unreachable": _Round.unreachable,
    "hang": _Round.hang,
}


@contextmanager
def _errors_are_violations(checker: Checker) -> Iterator[None]:
    """Our own errors end loudly: the feed logs them, and nothing else at that level."""

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            error = record.exc_info[1] if record.exc_info else None
            checker.violate(f"own error {error!r}"[:60], f"our own error: {record.getMessage()}: {error!r}")

    log, handler = logging.getLogger("pmtui.feed"), Listening(logging.ERROR)
    before = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(logging.ERROR)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before[0])
        log.propagate = before[1]
