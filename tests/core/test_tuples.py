"""Our named tuples are those of the standard library, but for the time that they take."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import NamedTuple as Usual

import pytest

import pmtui
from pmtui.core.tuples import NamedTuple


class Ours(NamedTuple):
    """Words."""

    one: int
    two: str = "2"
    """More words."""
    three: tuple[int, ...] = ()

    @property
    def all(self) -> str:
        return f"{self.one}{self.two}{len(self.three)}"

    @classmethod
    def of(cls, one: int) -> Ours:
        return cls(one)


class Theirs(Usual):
    """Words."""

    one: int
    two: str = "2"
    three: tuple[int, ...] = ()


@pytest.mark.parametrize("room", ["core", "venues", "feed"])
def test_the_rooms_that_bytes_go_through_have_tuples_of_ours(room: str) -> None:
    package = Path(pmtui.__file__).parent
    theirs = re.compile(r"^from typing import .*\bNamedTuple\b", re.MULTILINE)
    found = [
        each.relative_to(package).as_posix()
        for each in (package / room).rglob("*.py")
        if theirs.search(each.read_text("utf-8"))
    ]
    assert found == []


ALIKE = ("_fields", "_field_defaults", "__match_args__", "__doc__", "__module__", "__annotations__", "__bases__")


@pytest.mark.parametrize("name", ALIKE)
def test_it_has_what_a_named_tuple_has(name: str) -> None:
    ours, theirs = getattr(Ours, name), getattr(Theirs, name)
    assert ours == theirs or [*map(str, ours.values())] == [each.__forward_arg__ for each in theirs.values()]
    assert Ours.__qualname__ == "Ours"


def test_it_is_made_changed_compared_and_taken_apart_like_one() -> None:
    made, theirs = Ours(1, three=(1, 2)), Theirs(1, three=(1, 2))
    assert tuple(made) == tuple(theirs) == (1, "2", (1, 2))
    assert made._replace(two="x") == Ours._make((1, "x", (1, 2)))
    assert made._asdict() == theirs._asdict()
    assert repr(made) == "Ours(one=1, two='2', three=(1, 2))"
    assert hash(made) == hash(theirs)
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301  # written a moment ago
    assert (made.all, Ours.of(7).one) == ("122", 7)
    match made:
        case Ours(one, two=two):
            assert (one, two) == (1, "2")


def test_what_is_missing_is_an_error() -> None:
    with pytest.raises(TypeError, match="one"):
        Ours()  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        Ours(1).one = 2  # type: ignore[misc]
