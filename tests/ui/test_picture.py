"""A picture of the screen: where it goes, and what is said of it."""

from __future__ import annotations

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


def test_why_there_is_none_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object, path: str) -> str:
        raise OSError(28, "No space left on device", f"{path}/pmtui.svg")

    monkeypatch.setattr(Pmtui, "save_screenshot", full)
    line = drawn(scenes.market(10), (200, 60), told)
    assert "no picture was saved: no space left on device: " in line
    assert "here/pmtui.svg" in line
