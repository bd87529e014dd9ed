"""Turns on the processor, as Linux tells them again."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable

import pytest

from pmtui import turns

_ASKING = {number: number + 1 for number in turns._CALLS.values()}


def told(thread: int = 0) -> tuple[int, float]:
    """How nice a thread is, and the seconds of its turns."""
    number = _ASKING[turns._CALLS[os.uname().machine]]
    room = ctypes.create_string_buffer(turns._ATTRIBUTES.size)
    assert ctypes.CDLL(None).syscall(number, thread, room, len(room), 0) == 0
    _, _, _, nice, _, turn, _, _ = turns._ATTRIBUTES.unpack(room.raw)
    return nice, turn / 1e9


def alone(work: Callable[[], None]) -> None:
    """In a thread of its own, whose turns nobody else has."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


def _knows() -> bool:
    if sys.platform != "linux" or os.uname().machine not in turns._CALLS:
        return False
    major, minor = (int(part) for part in os.uname().release.split(".")[:2])
    return (major, minor) >= (6, 12)


knows = pytest.mark.skipif(not _knows(), reason="this system does not tell turns")


@knows
@pytest.mark.parametrize("seconds", [turns.SHORT, turns.LONG, turns.LONGEST])
def test_a_thread_gets_the_turns_it_asks_for_and_stays_as_nice_as_it_was(seconds: float) -> None:
    def work() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 3)
        assert turns.take(seconds)
        nice, turn = told()
        assert nice == 3
        assert turn == pytest.approx(seconds)

    alone(work)


@knows
def test_turns_of_another_thread_are_its_own() -> None:
    go, done = threading.Event(), threading.Event()
    found: list[tuple[int, float]] = []

    def other() -> None:
        go.wait()
        found.append(told())
        done.set()

    def work() -> None:
        assert turns.take(turns.LONG)
        thread = threading.Thread(target=other)
        thread.start()
        assert thread.native_id is not None
        assert turns.take(turns.SHORT, thread.native_id)
        go.set()
        done.wait()
        assert [seconds for _, seconds in found] == [pytest.approx(turns.SHORT)]
        assert told()[1] == pytest.approx(turns.LONG)

    alone(work)


@pytest.mark.skipif(sys.platform != "linux", reason="policies are Linux's")
def test_who_was_given_another_policy_keeps_it() -> None:
    def work() -> None:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        assert not turns.take(turns.SHORT)
        assert os.sched_getscheduler(0) == os.SCHED_BATCH

    alone(work)


def test_a_system_that_knows_no_turns_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_CALLS", {})
    assert not turns.take(turns.SHORT)


@pytest.mark.skipif(sys.platform != "linux", reason="calls are Linux's")
def test_a_thread_that_is_gone_is_no_matter() -> None:
    assert not turns.take(turns.SHORT, 2**22 + 1)
