"""What happened is in the log: each happening is one line, no matter who writes it, and no more than a file bears."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.alerts import MOST_UNWRITTEN, OURS, Kind
from pmtui.core.store import Store
from pmtui.core.units import Millis
from pmtui.feed.chronicle import MOST, WITHIN, Chronicle

from .market import CONDITION, MIRRORED_BIDS, NO, NOON, YES, Scene, bid, book, id_of, play, resolved
from .scripted import LOST, settle


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO, "pmtui"):
        yield caplog


def happened(lines: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(each.levelname, each.getMessage()) for each in lines.records if each.name == "pmtui.events"]


@contextmanager
def kept() -> Iterator[list[str]]:
    """What is written meanwhile, at the usual level."""
    written: list[str] = []
    log, handler = logging.getLogger("pmtui.events"), logging.Handler()
    handler.emit = lambda record: written.append(record.getMessage())  # type: ignore[method-assign]
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield written
    finally:
        log.removeHandler(handler)
        log.setLevel(logging.NOTSET)


def ticked(name: str, old: str, new: str) -> str:
    told = {"event_type": "tick_size_change", "market": CONDITION, "asset_id": name, "timestamp": str(NOON + 5)}
    return json.dumps(told | {"old_tick_size": old, "new_tick_size": new})


def test_what_the_screen_tells_is_in_the_log_by_the_name_and_the_id(lines: pytest.LogCaptureFixture) -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await found.tell(ticked(YES, "0.01", "0.001"), {"event_type": "book", "market": CONDITION}, resolved())
        await asyncio.sleep(0.3)
        written = happened(lines)
        assert written[0] == ("INFO", f"tick 1¢ → 0.1¢ ({id_of(YES)})")
        assert [level for level, _ in written] == ["INFO", "WARNING", "INFO", "INFO"]
        assert written[-1] == ("INFO", f"resolved: Yes won ({id_of(NO)})")

    play(scene)


def test_half_a_character_in_what_the_venue_says_can_be_written_by_anybody(lines: pytest.LogCaptureFixture) -> None:
    store = Store()
    store.alerts.add(Millis(1), Kind.NOTICE, "unknown kind \ud800: ignored")
    Chronicle(store, Lock()).write(Millis(1))
    assert happened(lines) == [("INFO", "unknown kind \\ud800: ignored")]


def test_a_doubt_and_its_end_are_in_the_log(lines: pytest.LogCaptureFixture) -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await found.tell(bid("0.46", "7", ("0.49", "0.52"), sent=10))
        await asyncio.sleep(1)
        await found.tell([book(sent=20), book(NO, sent=20, bids=MIRRORED_BIDS)])
        await asyncio.sleep(1)
        levels = [level for level, text in happened(lines) if id_of(YES) in text]
        assert levels == ["WARNING", "INFO"]

    play(scene)


def test_a_lost_link_is_told_once_and_no_line_of_a_link_ends_in_a_blank(lines: pytest.LogCaptureFixture) -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        found.line.end(LOST)
        await asyncio.sleep(5)
        texts = [each.getMessage() for each in lines.records]
        assert len([each for each in texts if "down" in each]) == 1
        assert len([each for each in texts if "up again" in each]) == 1
        assert "polymarket link 1: up" in texts
        assert all(each == each.rstrip() for each in texts)

    play(scene)


def test_what_cannot_be_read_is_told_once(lines: pytest.LogCaptureFixture) -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await found.tell("{nonsense")
        await asyncio.sleep(0.3)
        assert sum("nonsense" in each.getMessage() for each in lines.records) == 1

    play(scene)


def test_the_last_happening_before_the_end_is_in_the_log(lines: pytest.LogCaptureFixture) -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        found.store.alerts.add(found.clock(), Kind.FILL, "filled BUY 100 at 0.52")

    play(scene)
    assert happened(lines) == [("INFO", "filled BUY 100 at 0.52")]


def test_a_market_that_has_a_name_is_told_by_it_too(lines: pytest.LogCaptureFixture) -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        found.store.describe(found.board().instrument.told(title="Will it rain?", outcome="Yes"))
        found.store.alerts.add(found.clock(), Kind.NOTICE, "look", id_of(YES))
        await asyncio.sleep(0.3)
        assert happened(lines) == [("INFO", f"look (Will it rain? Yes, {id_of(YES)})")]

    play(scene)


@given(st.lists(st.tuples(st.sampled_from(Kind), st.integers(0, 3 * MOST), st.integers(0, WITHIN)), max_size=6))
def test_each_happening_is_a_line_or_counted_by_one(bursts: list[tuple[Kind, int, int]]) -> None:
    store, now, told = Store(), 0, 0
    with kept() as written:
        chronicle = Chronicle(store, Lock())
        for kind, count, later in bursts:
            for _ in range(count):
                store.alerts.add(Millis(now), kind, f"no. {told}")
                told += 1
            chronicle.write(Millis(now))
            now += later
        chronicle.end()
    lines = [each for each in written if each.startswith("no.")]
    counted = sum(int(each.split()[-5].replace(",", "")) for each in written if "more within" in each)
    assert len(lines) == len(set(lines))
    assert len(lines) + counted == told
    if all(kind in OURS for kind, _, _ in bursts):
        assert len(lines) == told


def test_debug_has_all_of_a_flood(lines: pytest.LogCaptureFixture) -> None:
    lines.set_level(logging.DEBUG, "pmtui.events")
    store = Store()
    chronicle = Chronicle(store, Lock())
    for number in range(3 * MOST):
        store.alerts.add(Millis(1), Kind.REJECT, f"no. {number}")
    chronicle.write(Millis(1))
    assert len(happened(lines)) == 3 * MOST


def test_a_feed_that_begins_after_another_goes_on_where_that_one_ended(lines: pytest.LogCaptureFixture) -> None:
    store = Store()
    store.alerts.add(Millis(1), Kind.TICK, "first")
    Chronicle(store, Lock()).write(Millis(1))
    store.alerts.add(Millis(2), Kind.TICK, "between")
    Chronicle(store, Lock()).write(Millis(3))
    assert [text for _, text in happened(lines)] == ["first", "between"]


def test_more_than_are_kept_are_counted(lines: pytest.LogCaptureFixture) -> None:
    store = Store()
    for _ in range(MOST_UNWRITTEN + 200):
        store.alerts.add(Millis(1), Kind.NOTICE, "again")
    Chronicle(store, Lock()).write(Millis(1))
    assert happened(lines)[0] == ("WARNING", "200 happenings more than are kept")


# Detail, for those who ask for it


def test_debug_tells_what_each_link_follows(lines: pytest.LogCaptureFixture) -> None:
    lines.set_level(logging.DEBUG, "pmtui")

    async def scene(found: Scene) -> None:
        await found.live()
        found.feed.drop([id_of(NO)])
        await settle()
        texts = [each.getMessage() for each in lines.records]
        assert "polymarket link 1: begins, 2 followed" in texts
        assert "polymarket link 1: 1 fewer, 1 followed" in texts

    play(scene)


def test_a_message_that_is_taken_has_no_line_at_any_level(lines: pytest.LogCaptureFixture) -> None:
    lines.set_level(logging.DEBUG, "pmtui")

    async def scene(found: Scene) -> None:
        await found.live()
        lines.clear()
        await found.tell(*(bid("0.46", str(size), sent=size) for size in range(10, 30)))
        assert not lines.records

    play(scene)
