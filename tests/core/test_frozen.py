"""A feed that does not bring what happens, in all the ways in which it can look alive, is not live."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial

import pytest

from pmtui.core.board import Label
from pmtui.core.events import BookDelta, BookSnapshot, Phase, TopTold, Trade
from pmtui.core.lag import FALLEN, GIVEN_UP, LASTING
from pmtui.core.ports import Witnessed
from pmtui.core.repair import Fetch, Move, Relink, Resubscribe
from pmtui.core.units import Millis

from .boards import (
    LINK,
    NOON,
    A,
    bid,
    board_of,
    delta,
    levels,
    link,
    live,
    sealed,
    snapshot,
    tick_changed,
    told,
    top,
    trade,
)

TICK = 100
ASKS = "0.52x10 0.53x5"
BEGIN, THAW, END = 5_000, 95_000, 125_000
"""The stream flows, then it does not, then it flows again."""


@cache
def bids(at: int, pace: int) -> str:
    """What the venue's book holds then: one size changes at that pace, and now and then the best price."""
    turn = at // pace
    return f"0.{48 if turn % 7 else 49}x{10 + turn} 0.47x5"


def _levels(text: str) -> dict[str, str]:
    return dict(each.split("x") for each in text.split())


def book(at: int, pace: int, *, received: int) -> BookSnapshot:
    text = bids(at, pace)
    return snapshot(text, ASKS, at=received, sent=at // pace * pace, digest=sealed(text, ASKS))


@dataclass
class World:
    """A venue that moves all the time, its stream, and whether books can be fetched."""

    pace: int
    ails: str
    rest: bool
    lag: int = 0
    on_every_link: bool = False
    ahead: int = 0
    """By how many ms the venue's clock is."""
    coming: deque[tuple[int, Callable[[], None]]] = field(default_factory=deque)
    links: list[int] = field(default_factory=list)
    """When another link was asked for."""
    labels: list[tuple[int, Label]] = field(default_factory=list)
    wrong: list[int] = field(default_factory=list)
    """When the label was sure and the book was none that the venue had in the last second."""

    def __post_init__(self) -> None:
        self.store = live(bids(0, self.pace), ASKS)
        self.store.show([A], Millis(0))
        self.last: tuple[BookDelta, BookSnapshot] | None = None
        self.told_up_to = 0
        self.generation = 1

    def take(self, event: BookDelta | BookSnapshot | Trade | TopTold) -> None:
        self.store.take([event])
        self.store.links[LINK].data_at = event.at
        if not isinstance(event, BookSnapshot):
            self.store.links[LINK].lag.last = event.at - event.sent - self.ahead

    def behind(self, now: int) -> int:
        """By how many ms all that comes over the link is late."""
        return min(self.lag, (now - BEGIN) // 3) if self.ailing(now) else 0

    def ailing(self, now: int) -> bool:
        return BEGIN <= now < THAW

    def stream(self, now: int) -> None:
        """What the stream brings of its own accord."""
        if self.ailing(now) and self.ails != "late":
            self.repeat(now)
            return
        of = (now - self.behind(now)) // self.pace * self.pace
        while self.told_up_to < of:
            self.told_up_to += self.pace
            self.tell(now, self.told_up_to)

    def tell(self, now: int, of: int) -> None:
        """The changes that lead to the book of that moment."""
        text = bids(of, self.pace)
        before, after = _levels(bids(of - self.pace, self.pace)), _levels(text)
        best, digest = top(max(after), "0.52"), sealed(text, ASKS)
        moves = [bid(price, "0", best, digest) for price in before if price not in after]
        moves += [bid(price, size, best, digest) for price, size in after.items()]
        self.last = delta(*moves, at=now, sent=of), book(of, self.pace, received=now)
        self.take(self.last[0])

    def repeat(self, now: int) -> None:
        if now % 500 or self.last is None:
            return
        change, whole = self.last
        if self.ails == "changes again":
            self.take(change._replace(at=Millis(now)))
        elif self.ails == "books again":
            self.take(whole._replace(at=Millis(now), initial=False))
        elif self.ails == "books again, as first ones":
            self.take(whole._replace(at=Millis(now)))
        elif self.ails == "prints":
            self.take(trade("0.5", "1", at=now, sent=now))
        elif self.ails == "announcements":
            self.take(told(bids(now, self.pace)[:4], "0.52", at=now, sent=now))

    def look(self, now: int) -> None:
        while self.coming and self.coming[0][0] <= now:
            self.coming.popleft()[1]()
        self.stream(now)
        for wish in self.store.check(Millis(now)):
            if isinstance(wish, Resubscribe):
                answer = partial(self.answer, of=now + 100, generation=self.generation)
                self.soon(now + 100 + self.behind(now), answer)
            elif isinstance(wish, Fetch) and self.rest:
                self.soon(now + 100, self.fetch)
            elif isinstance(wish, Move | Relink):
                self.links.append(now)
                self.generation += 1
                self.store.take([link(Phase.DOWN, at=now, generation=self.generation)])
                self.soon(now + 300, self.begin)
        label = self.store.label(A, Millis(now))
        self.labels.append((now, label))
        ours = board_of(self.store).book.bids
        then = {bids(each, self.pace) for each in range(max(0, now - 1_000), now + 1, TICK)}
        if label.sure and all(ours != levels(each) for each in then):
            self.wrong.append(now)

    def soon(self, at: int, what: Callable[[int], None]) -> None:
        self.coming.append((at, lambda: what(at)))
        self.coming = deque(sorted(self.coming, key=lambda each: each[0]))

    def answer(self, now: int, *, of: int, generation: int) -> None:
        if generation != self.generation:
            return
        self.take(book(of, self.pace, received=now))
        self.told_up_to = max(self.told_up_to, of // self.pace * self.pace)

    def fetch(self, now: int) -> None:
        self.store.testify(A, Witnessed(book(now - 50, self.pace, received=now), Millis(now - 100)), Millis(now))

    def begin(self, now: int) -> None:
        self.store.take([link(Phase.UP, at=now, generation=self.generation)])
        if self.ails == "late" and not self.on_every_link:
            self.lag = 0  # a new link has a new queue
        self.soon(now + self.behind(now), partial(self.answer, of=now, generation=self.generation))


AILMENTS = (
    "nothing",
    "changes again",
    "books again",
    "books again, as first ones",
    "prints",
    "announcements",
)


@pytest.mark.parametrize("rest", [True, False], ids=["fetched", "not fetched"])
@pytest.mark.parametrize("pace", [100, 2_000])
@pytest.mark.parametrize("ails", AILMENTS)
def test_l1_i1_a_feed_that_does_not_bring_what_happens_is_not_live_however_it_goes_on(
    ails: str, pace: int, rest: bool
) -> None:
    """Within ten seconds the label is lowered and stays so; within thirty another link is asked for."""
    world = World(pace, ails, rest)
    for now in range(0, END, TICK):
        world.look(now)

    late = [at for at in world.wrong if not BEGIN <= at <= BEGIN + 10_000]
    # What comes right after a question passes for its answer, until the answer comes.
    assert len(late) * TICK <= (100 if "first ones" in ails else 0), "sure of what is not true"
    assert world.links
    assert world.links[0] <= BEGIN + 30_000
    assert all(label.sure for at, label in world.labels if at < BEGIN)
    assert all(label.sure for at, label in world.labels if at > THAW + 15_000), "it does not come back"


@pytest.mark.parametrize("lag", [5_000, 20_000])
def test_i1_a_feed_that_falls_behind_is_not_live_where_books_can_be_fetched(lag: int) -> None:
    world = World(100, "late", rest=True, lag=lag)
    for now in range(0, END, TICK):
        world.store.clocks.offset = NOON
        world.look(now)

    late = [at for at in world.wrong if at > BEGIN + 25_000]
    assert not late, "sure of what is not true"
    assert world.links
    assert all(label.sure for at, label in world.labels if at > THAW + 15_000)


@pytest.mark.parametrize("ahead", [0, 3_000, -3_000, 3_600_000])
def test_i1_a_feed_that_falls_behind_is_not_live_where_nothing_can_be_fetched(ahead: int) -> None:
    """All of it is true and has its digest, only of what was; and how wrong our clock is, is nothing to go by."""
    world = World(100, "late", rest=False, lag=20_000, ahead=ahead)
    for now in range(0, END, TICK):
        world.look(now)

    fell_at = BEGIN + 3 * FALLEN  # by a third of a second in each second
    late = [at for at in world.wrong if at > fell_at + LASTING + TICK]
    assert not late, "sure of what is not true"
    assert world.links
    assert fell_at < world.links[0] <= fell_at + GIVEN_UP + 3 * TICK
    assert all(label.sure for at, label in world.labels if at > THAW + 15_000)


@pytest.mark.parametrize("pace", [100, 300, 700, 1_500])
def test_i1_a_feed_that_stays_seconds_behind_on_every_link_does_not_come_back_to_live(pace: int) -> None:
    """What it brings is always what was, each with its own digest; so are the answers to our questions."""
    world = World(pace, "late", rest=True, lag=5_000, on_every_link=True)
    for now in range(0, END, TICK):
        world.store.clocks.offset = NOON
        world.look(now)

    late = [at for at in world.wrong if BEGIN + 10_000 < at < THAW]
    assert len(late) * TICK <= 2_500 * len(world.links), "a new link has as long to show that it is not"
    assert len(world.links) <= 3
    assert all(label.sure for at, label in world.labels if at > THAW + 15_000)


def test_a_quiet_market_rests_at_quiet_where_only_the_link_can_be_asked() -> None:
    """A book that was asked for and is ours says that nothing happened; it is no reason to look busy."""
    world = World(10**9, "nothing", rest=False)
    for now in range(0, 300_000, TICK):
        world.look(now)

    assert {label for at, label in world.labels if at > 30_000} == {Label.QUIET}
    assert not world.links
    assert not world.store.counts.doubts


def test_i1_two_old_changes_told_again_and_again_are_not_live_where_books_can_be_fetched() -> None:
    """Each undoes what the other does, so that something changes all the time, and every other hash fits."""
    world = World(100, "nothing", rest=True)
    kept: list[BookDelta] = []
    for now in range(0, THAW, TICK):
        if now < BEGIN and world.last is not None and (not kept or kept[-1] != world.last[0]):
            kept = [*kept, world.last[0]][-2:]
        if now >= BEGIN and now % 500 == 0:
            world.take(kept[now // 500 % 2]._replace(at=Millis(now)))
        world.look(now)

    assert not [at for at in world.wrong if not BEGIN <= at <= BEGIN + 10_000]
    assert world.links
    assert world.links[0] <= BEGIN + 30_000


def quiet(*, rest: bool, until: int = 20_000) -> World:
    world = World(10**9, "nothing", rest)
    for now in range(0, until, TICK):
        world.look(now)
    return world


def test_a_book_that_nobody_asked_for_is_news_though_it_tells_the_tick() -> None:
    world = quiet(rest=True)
    world.store.take([snapshot("0.49x1", ASKS, at=20_000, sent=20_000, digest=sealed("0.49x1", ASKS))])

    assert world.store.label(A, Millis(20_000)) is Label.LIVE
    assert not world.store.counts.doubts


def test_a_tick_change_on_a_quiet_market_is_no_frozen_feed() -> None:
    world = quiet(rest=True)
    world.store.take([tick_changed("0.01", "0.1", at=20_000, sent=20_000)])
    for now in range(20_000, 23_000, TICK):
        for wish in world.store.check(Millis(now)):
            if isinstance(wish, Resubscribe):
                text = "0.4x7", "0.6x9"
                world.store.take([snapshot(*text, at=now + 40, sent=20_000, digest=sealed(*text), tick="0.1")])

    board = board_of(world.store)
    assert not board.frozen
    assert board.label(23_000).sure


def test_a_change_that_only_the_answer_to_a_question_told_leaves_the_market_on_its_link() -> None:
    """Between the end of one subscription and the beginning of the next the stream tells nothing."""
    world = quiet(rest=False, until=40_000)
    world.pace = 40_000  # one change, which no stream tells
    world.told_up_to = 10**9
    for now in range(40_000, 75_000, TICK):
        world.look(now)

    lowered = [at for at, label in world.labels if at >= 40_000 and not label.sure]
    assert len(lowered) * TICK <= 8_000
    assert not world.links


def test_an_old_answer_is_no_sign_that_the_stream_did_not_tell_what_came_later() -> None:
    """Some answers come out of a store that is seconds old."""
    store = live(bids(0, 100), ASKS)
    now = 0
    for of in range(100, 3_000, 100):
        text = bids(of, 100)
        price, size = text.split()[0].split("x")
        gone = "0.49" if price == "0.48" else "0.48"
        best = top(price, "0.52")
        moves = [bid(gone, "0", best), bid(price, size, best, sealed(text, ASKS))]
        now = of
        store.take([delta(*moves, at=of, sent=of)])
    board = board_of(store)
    board.asked_at = Millis(now + 6_000)
    store.take([book(1_000, 100, received=now + 6_100)])
    board.asked_at = Millis(now + 11_000)
    store.take([book(2_900, 100, received=now + 11_100)])

    assert not board.frozen
