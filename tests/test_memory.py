"""Remembered choices: kept whole, read with suspicion, and never worth a crash."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.checks import AXES, SCALES
from pmtui.config import Settings, resolve
from pmtui.memory import KNOWN, LARGEST, REMEMBERED, Memory, settled

GOOD = {
    "theme": "pmtui-light",
    "hidden": ("tape", "health"),
    "shown": ("flow",),
    "axis": "follow",
    "scale": "log",
    "group": 5,
    "sums": True,
    "money": False,
    "bell": False,
    "flash": False,
}
names = st.from_regex(r"[a-z0-9_-]{1,40}", fullmatch=True)
choices = st.one_of(
    st.tuples(st.just("theme"), names),
    st.tuples(st.sampled_from(["hidden", "shown"]), st.lists(names, max_size=5).map(tuple)),
    st.tuples(st.just("axis"), st.sampled_from(AXES)),
    st.tuples(st.just("scale"), st.sampled_from(SCALES)),
    st.tuples(st.just("group"), st.integers(1, 1_000)),
    st.tuples(st.sampled_from(["bell", "flash", "sums", "money"]), st.booleans()),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "state" / "choices.json"


def everything(memory: Memory) -> dict[str, Any]:
    return {name: memory.get(name, None) for name in KNOWN}


# Keeping


def test_every_choice_survives_the_session(place: Path) -> None:
    memory = Memory.load(place)
    for name, value in GOOD.items():
        memory.keep(name, value)
    assert everything(Memory.load(place)) == GOOD


@given(st.lists(choices, max_size=12))
def test_what_is_read_is_what_was_kept_last(
    tmp_path_factory: pytest.TempPathFactory, kept: list[tuple[str, Any]]
) -> None:
    path = tmp_path_factory.mktemp("state") / "choices.json"
    memory = Memory.load(path)
    for name, value in kept:
        memory.keep(name, value)
    assert everything(Memory.load(path)) == everything(memory) == dict.fromkeys(KNOWN) | dict(kept)


def test_what_was_never_chosen_has_its_default(place: Path) -> None:
    assert Memory.load(place).get("theme", "pmtui-dark") == "pmtui-dark"


def test_the_file_and_its_folder_are_ours_alone(place: Path) -> None:
    Memory.load(place).keep("bell", False)
    assert place.stat().st_mode & 0o777 == 0o600
    assert place.parent.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in place.parent.iterdir()] == ["choices.json"]


def test_without_a_file_nothing_is_written_and_choices_last_for_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    memory = Memory.load(None)
    memory.keep("scale", "sqrt")
    assert memory.get("scale", "linear") == "sqrt"
    assert list(tmp_path.iterdir()) == []


def test_two_sessions_do_not_forget_each_others_choices(place: Path) -> None:
    one, other = Memory.load(place), Memory.load(place)
    one.keep("theme", "pmtui-light")
    other.keep("bell", False)
    one.keep("axis", "levels")
    again = Memory.load(place)
    assert (again.get("theme", ""), again.get("bell", True), again.get("axis", "")) == ("pmtui-light", False, "levels")


def test_a_choice_that_changes_nothing_writes_nothing(place: Path) -> None:
    memory = Memory.load(place)
    memory.keep("group", 5)
    place.unlink()
    memory.keep("group", 5)
    assert not place.exists()


def test_only_known_names_and_values_are_kept(place: Path) -> None:
    memory = Memory.load(place)
    for name, value in (("theme", "a b"), ("hidden", ["\x1b[2J"]), ("group", True), ("group", 0), ("axis", "up")):
        with pytest.raises(ValueError, match=name):
            memory.keep(name, value)
    with pytest.raises(KeyError):
        memory.keep("password", "hunter2")
    assert not place.exists()


def test_an_older_file_is_read_and_a_newer_one_loses_only_what_is_not_known(place: Path) -> None:
    place.parent.mkdir()
    place.write_text('{"pmtui": 1, "theme": "pmtui-light", "hidden": ["tape"]}\n')
    memory = Memory.load(place)
    memory.keep("shown", ("flow",))
    assert {name: value for name, value in everything(Memory.load(place)).items() if value is not None} == {
        "theme": "pmtui-light",
        "hidden": ("tape",),
        "shown": ("flow",),
    }
    place.write_text('{"pmtui": 1, "theme": "pmtui-light", "of a later year": [[1]], "sums": true}\n')
    assert Memory.load(place).get("sums", False) is True


# Reading with suspicion

BROKEN: dict[str, bytes] = {
    "empty": b"",
    "cut off": b'{"pmtui": 1, "theme": "pmtui-li',
    "not UTF-8": b'{"pmtui": 1, "theme": "\xff"}',
    "not JSON": b"theme = light\n",
    "another's": b'{"password": "hunter2"}',
    "a list": b"[1, 2, 3]",
    "a number": b"7",
    "deep": b'{"pmtui": 1, "theme": ' + b"[" * 60_000,
    "a huge number": b'{"pmtui": 1, "group": ' + b"9" * 50_000 + b"}",
    "huge": b'{"pmtui": 1, "theme": "' + b"x" * LARGEST + b'"}',
    "zeros": bytes(4_000),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=list(BROKEN))
def test_a_broken_file_is_as_if_nothing_was_ever_chosen(
    place: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    place.parent.mkdir()
    place.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        memory = Memory.load(place)
    assert everything(memory) == dict.fromkeys(KNOWN)
    assert len(caplog.records) <= 1
    assert "hunter2" not in caplog.text
    memory.keep("bell", False)
    assert memory.get("bell", True) is False


def test_a_file_that_was_cut_off_is_written_anew(place: Path) -> None:
    place.parent.mkdir()
    place.write_bytes(BROKEN["cut off"])
    Memory.load(place).keep("theme", "pmtui-plain")
    assert Memory.load(place).get("theme", "") == "pmtui-plain"


@pytest.mark.parametrize("name", ["not JSON", "another's", "huge"])
def test_a_file_that_is_not_surely_ours_is_left_as_it_is(place: Path, name: str) -> None:
    place.parent.mkdir()
    place.write_bytes(BROKEN[name])
    memory = Memory.load(place)
    memory.keep("bell", False)
    memory.keep("flash", False)
    assert place.read_bytes() == BROKEN[name]
    assert memory.take_trouble() in ("the file was not written by pmtui", "the file is too large")


@given(st.dictionaries(st.sampled_from([*KNOWN, "password"]), anything))
def test_values_of_wrong_types_are_passed_over(
    tmp_path_factory: pytest.TempPathFactory, found: dict[str, object]
) -> None:
    path = tmp_path_factory.mktemp("state") / "choices.json"
    path.write_text(json.dumps({"pmtui": 1, **found}))
    read = everything(Memory.load(path))
    for name, is_good in KNOWN.items():
        good = name in found and is_good(found[name])
        assert (read[name] is not None) == good


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda place: os.symlink("nowhere", place)])
def test_what_is_no_plain_file_is_neither_read_nor_waited_for(place: Path, make: Callable[[Path], None]) -> None:
    place.parent.mkdir()
    make(place)
    memory = Memory.load(place)
    memory.keep("bell", False)
    assert memory.get("bell", True) is False


def test_a_folder_that_cannot_be_written_is_told_once_and_forgotten(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    memory = Memory.load(tmp_path / "other" / "choices.json")
    (tmp_path / "other").touch()
    with caplog.at_level(logging.WARNING):
        memory.keep("bell", False)
        memory.keep("flash", False)
    assert (memory.get("bell", True), memory.get("flash", True)) == (False, False)
    assert [each.levelname for each in caplog.records] == ["WARNING"]
    assert [memory.take_trouble(), memory.take_trouble()] == ["Not a directory", ""]


def test_a_disk_that_is_full_leaves_the_old_file_whole(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory.load(place)
    memory.keep("theme", "pmtui-light")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    memory.keep("theme", "pmtui-plain")
    assert Memory.load(place).get("theme", "") == "pmtui-light"
    assert [each.name for each in place.parent.iterdir()] == ["choices.json"]


# Who wins


def settings(**flags: object) -> Settings:
    return resolve(flags, {}, {}, defaults={})


def remembering(**values: object) -> Memory:
    memory = Memory()
    for name, value in values.items():
        memory.keep(name, value)
    return memory


def test_what_is_remembered_wins_over_the_defaults_only() -> None:
    memory = remembering(theme="pmtui-light", bell=False, axis="follow")
    found = settled(settings(theme="plain", flash=False), memory)
    assert (found.theme, found.bell, found.axis, found.flash, found.scale) == (
        "plain",
        False,
        "follow",
        False,
        "linear",
    )
    assert found.origins["theme"] == "--theme"
    assert found.origins["bell"] == found.origins["axis"] == REMEMBERED


def test_an_empty_memory_changes_nothing() -> None:
    assert settled(settings(), Memory()) == settings()


def test_what_is_no_setting_is_not_put_among_the_settings() -> None:
    assert settled(settings(), remembering(group=5, hidden=("tape",))) == settings()
