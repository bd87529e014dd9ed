"""A key goes before the feed, and never holds it up for long."""

from __future__ import annotations

from threading import Thread
from time import monotonic

import pytest

from pmtui.feed.way import LONGEST, RightOfWay


def rested(way: RightOfWay) -> float:
    """How many seconds the feed waits now."""
    began = monotonic()
    if way.taken:
        way.wait()
    return monotonic() - began


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
    thread.join(1)
    assert order == ["screen", "feed"]
    assert not way.taken


def test_a_screen_that_hangs_holds_the_feed_up_once_and_for_a_moment() -> None:
    way = RightOfWay()
    way.take()
    assert rested(way) >= LONGEST * 0.5
    assert not way.taken, "the next frames do not wait for the same key"


def test_a_key_whose_time_is_over_holds_nothing_up() -> None:
    way = RightOfWay()
    way.take()
    way._until = monotonic() - 1
    assert rested(way) < LONGEST
    assert not way.taken
