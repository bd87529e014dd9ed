"""A key goes before the feed, and never holds it up for long."""

from __future__ import annotations

from threading import Event, Thread

import pytest

from pmtui.feed.way import LONGEST, RightOfWay


class Freed(Event):
    """Notes for how long it is waited for, which nobody is made to."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        return False


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which stands still."""
    time = [1_000.0]
    monkeypatch.setattr("pmtui.feed.way.monotonic", lambda: time[0])
    return time


def rested(way: RightOfWay) -> list[float | None]:
    """How many seconds the feed waits now, each time that it does."""
    freed = Freed()
    way._free = freed
    if way.taken:
        way.wait()
    return freed.waits


def test_nobody_waits_for_a_way_that_is_free() -> None:
    way = RightOfWay()
    assert not way.taken
    way.take()
    way.give()
    assert not way.taken


def test_the_feed_rests_until_the_way_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pmtui.feed.way.LONGEST", 30)  # a busy machine may take its time
    way = RightOfWay()
    order: list[str] = []
    way.take()

    def feed() -> None:
        way.wait()
        order.append("feed")

    thread = Thread(target=feed)
    thread.start()
    order.append("screen")
    way.give()
    thread.join(30)
    assert order == ["screen", "feed"]
    assert not way.taken


@pytest.mark.usefixtures("now")
def test_a_screen_that_hangs_holds_the_feed_up_once_and_for_a_moment() -> None:
    way = RightOfWay()
    way.take()
    assert rested(way) == [pytest.approx(LONGEST)]
    assert not way.taken, "the next frames do not wait for the same key"


def test_a_key_whose_time_is_over_holds_nothing_up(now: list[float]) -> None:
    way = RightOfWay()
    way.take()
    now[0] += LONGEST
    assert rested(way) == []
    assert not way.taken
