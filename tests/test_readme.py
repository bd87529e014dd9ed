"""The README says what is so."""

from __future__ import annotations

import re

from tests.readme import README, parts, table


def test_the_key_table_is_the_one_of_the_bindings() -> None:
    assert parts()[1] == table(), "write it anew: python -m tests.readme"


def test_every_picture_and_file_that_it_names_is_there() -> None:
    for name in re.findall(r"\]\(([^)#:]+)\)", README.read_text(encoding="utf-8")):
        assert (README.parent / name).exists(), name
