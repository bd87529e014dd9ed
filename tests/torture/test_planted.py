"""Every planted bug is caught, and nothing is caught where none is planted."""

from __future__ import annotations

import pytest

from .planted import PLANTED, SCENES, Planted
from .rounds import play

QUICK = ("calm", "reconnecting", "losing", "frozen", "garbled")
"""The scenes of the quick bugs."""


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.torture) for name in SCENES]
)
def test_without_a_bug_no_scene_is_violated(name: str) -> None:
    scene, world = SCENES[name]
    assert play(scene, world and world()).violations == []


@pytest.mark.parametrize("bug", [bug for bug in PLANTED if bug.quick], ids=lambda bug: bug.what)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    bug.plant(monkeypatch)
    assert bug.caught()


@pytest.mark.torture
@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.what)
def test_each_planted_bug_is_caught(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    bug.plant(monkeypatch)
    assert bug.caught()


def test_there_are_at_least_twenty_five_bugs() -> None:
    assert len({bug.what for bug in PLANTED}) >= 25
