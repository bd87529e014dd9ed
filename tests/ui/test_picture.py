"""A picture of the screen: where it goes, and what is said of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pmtui.ui.app import Pmtui
from pmtui.ui.picture import save
from tests import scenes
from tests.draw import drawn, lines


def told(app: Pmtui) -> str:
    save(app)
    app.frames.pulse()
    return lines(app)[-3]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("made", "used"), [([], "../here"), (["Documents"], "Documents"), (["Documents", "Pictures"], "Pictures")]
)
def test_it_goes_where_pictures_are_or_where_the_program_runs(home: Path, made: list[str], used: str) -> None:
    for name in made:
        (home / name).mkdir()
    line = drawn(scenes.market(10), (200, 60), told)
    (saved,) = (home / used).glob("*.svg")
    assert f"saved as {saved.resolve()}" in line
    assert saved.read_text().startswith("<svg")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device")
def test_a_full_disk_is_told_and_leaves_no_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, *_: object, **__: object) -> object:
        path.touch()
        return open("/dev/full", "w")  # who asked for it closes it

    monkeypatch.setattr(Path, "open", full)
    line = drawn(scenes.market(10), (200, 60), told)
    assert f"no picture was saved: no space left on device: {Path.cwd()}" in line
    assert not list(Path.cwd().iterdir())


def test_a_folder_that_cannot_be_written_to_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(path: Path, *_: object, **__: object) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", gone)
    line = drawn(scenes.market(10), (200, 60), told)
    assert f"no picture was saved: permission denied: {Path.cwd()}/pmtui_" in line
