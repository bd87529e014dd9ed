"""Asking for faults: the lines that are understood, and what is at work when."""

from __future__ import annotations

import pytest

from pmtui.sim.faults import VOCABULARY, FaultError, Faults, random_plan


def find_tokens(name: str) -> tuple[str, ...]:
    if name == "nobody":
        raise FaultError("'nobody' is not a token")
    return (name,)


def faults() -> Faults:
    return Faults(find_tokens)


def test_a_timed_fault_ends_by_itself() -> None:
    asked = faults()
    asked.ask("freeze 30", now=1_000)
    assert asked.find("freeze")
    assert not asked.end_expired(30_999)
    assert [fault.text for fault in asked.end_expired(31_000)] == ["freeze 30"]
    assert not asked.find("freeze")


def test_a_counted_fault_is_used_up() -> None:
    asked = faults()
    asked.ask("drop 2", now=0)
    assert [asked.spend("drop") for _ in range(3)] == [True, True, False]


def test_a_fault_about_a_token_leaves_others_alone() -> None:
    asked = faults()
    asked.ask("drop 1 seven", now=0)
    assert not asked.spend("drop", ["eight"])
    assert asked.spend("drop", ["seven", "eight"])


def test_a_plan_begins_its_faults_at_their_times_counted_from_the_asking() -> None:
    asked = faults()
    assert not asked.ask("at 20 freeze 30; at 5 drop 1", now=1_000)
    assert asked.next_moment() == 6_000
    assert [fault.text for fault in asked.begin_planned(6_000)] == ["drop 1"]
    assert [fault.text for fault in asked.begin_planned(21_000)] == ["freeze 30"]
    assert asked.active[-1].until == 51_000


def test_a_plan_is_taken_whole_or_not_at_all() -> None:
    asked = faults()
    with pytest.raises(FaultError):
        asked.ask("freeze 30; freeze never", now=0)
    assert not asked.active


def test_clear_ends_everything() -> None:
    asked = faults()
    asked.ask("freeze 30; at 10 drop 1", now=0)
    asked.ask("clear", now=5)
    asked.end_expired(5)
    assert (asked.active, asked.planned) == ([], [])


@pytest.mark.parametrize(
    ("line", "about"),
    [
        ("", "empty"),
        ("explode", "not a fault"),
        ("freeze", "lacks SECONDS"),
        ("freeze soon", "number of seconds"),
        ("freeze nan", "number of seconds"),
        ("freeze 1 2", "too much"),
        ("drop -1", "a number"),
        ("drop 1_0", "a number"),
        ("drop \u0663", "a number"),
        ("mute nobody 3", "not a token"),
        ("close 1006", "close frame"),
        ("close 70000", "a close code"),
        ("refuse 3 299", "HTTP status"),
        ("at 5", "expected at SECONDS FAULT"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_reason(line: str, about: str) -> None:
    with pytest.raises(FaultError, match=about):
        faults().ask(line, now=0)


def test_the_rest_of_a_line_is_the_reason_of_a_close() -> None:
    [close] = faults().ask("close 1013 slow consumer: send buffer full", now=0)
    assert close.arguments == {"CODE": 1013, "REASON": "slow consumer: send buffer full"}


def test_the_report_tells_what_is_wrong_what_is_planned_and_what_can_be_asked() -> None:
    asked = faults()
    asked.ask("freeze 30; drop 2; at 9 cut", now=0)
    report = asked.report(now=10_000)
    assert report["active"] == [{"fault": "freeze 30", "seconds": 20.0}, {"fault": "drop 2", "left": 2}]
    assert report["planned"] == [{"at": 9.0, "fault": "cut"}]
    assert report["vocabulary"] is VOCABULARY


def test_a_seed_decides_a_random_plan_that_is_understood() -> None:
    plan = random_plan(5, 600, ("one", "two"))
    assert plan == random_plan(5, 600, ("one", "two"))
    assert plan != random_plan(6, 600, ("one", "two"))
    asked = faults()
    asked.ask(plan, now=0)
    assert len(asked.planned) > 20
