"""The README says what is so."""

from __future__ import annotations

import re

import pytest

from tests.readme import README, parts, table


def test_the_key_table_is_the_one_of_the_bindings() -> None:
    assert parts()[1] == table(), "write it anew: python -m tests.readme"


def test_every_picture_and_file_that_it_names_is_there() -> None:
    for name in re.findall(r"\]\(([^)#:]+)\)", README.read_text(encoding="utf-8")):
        assert (README.parent / name).exists(), name


@pytest.mark.parametrize(
    ("words", "folder"),
    [("lines in the venue's own folder", "venues/hyperliquid"), (r"in the\s+made-up exchange", "sim/hyperliquid")],
)
def test_what_a_venue_cost_is_what_lies_in_its_folders(words: str, folder: str) -> None:
    told = re.search(rf"([\d,]+) {words}", README.read_text(encoding="utf-8"))
    assert told is not None
    files = (README.parent / "pmtui" / folder).glob("*.py")
    lines = sum(len(each.read_text(encoding="utf-8").splitlines()) for each in files)
    assert abs(int(told[1].replace(",", "")) - lines) <= lines / 20
