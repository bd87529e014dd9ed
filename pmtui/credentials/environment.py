"""Credentials in the environment, by the names that programs of this venue have given them.

Key, secret and passphrase must have names that begin alike: parts of two accounts put together would only be refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pmtui.checks import Refused
from pmtui.credentials.parts import PARTS, TRIO, Hit, Part

SOURCE = "the environment"


class Family(NamedTuple):
    """Names that belong together; programs do not agree on some, then the first one set counts."""

    key: tuple[str, ...]
    secret: tuple[str, ...]
    passphrase: tuple[str, ...]
    address: tuple[str, ...]

    def names(self, what: str) -> tuple[str, ...]:
        names: tuple[str, ...] = getattr(self, what)
        return names

    def parts(self, environment: Mapping[str, str]) -> dict[str, Part]:
        """Every part that is set; an empty variable counts as absent."""
        named = {what: [name for name in self.names(what) if environment.get(name)] for what in PARTS}
        return {what: Part.of(names[0], environment[names[0]]) for what, names in named.items() if names}


FAMILIES = (
    # The venue's own clients.
    Family(
        ("CLOB_API_KEY",),
        ("CLOB_SECRET", "CLOB_API_SECRET"),
        ("CLOB_PASS_PHRASE", "CLOB_PASSPHRASE", "CLOB_API_PASSPHRASE"),
        (),
    ),
    # Its client in Rust, nautilus_trader.
    Family(
        ("POLYMARKET_API_KEY",),
        ("POLYMARKET_API_SECRET", "POLYMARKET_SECRET"),
        ("POLYMARKET_API_PASSPHRASE", "POLYMARKET_PASSPHRASE"),
        ("POLYMARKET_ADDRESS",),
    ),
    # Many others.
    Family(
        ("POLY_API_KEY",),
        ("POLY_API_SECRET", "POLY_SECRET"),
        ("POLY_PASSPHRASE", "POLY_API_PASSPHRASE"),
        ("POLY_ADDRESS",),
    ),
)

_NOT_USED = {
    **dict.fromkeys(
        ("PK", "PRIVATE_KEY", "POLY_PRIVATE_KEY", "POLYMARKET_PRIVATE_KEY", "POLYMARKET_PK"),
        "a private key is not needed and not read",
    ),
    "CLOB_READONLY_API_KEY": "a read-only key cannot follow fills and is not used",
}


def secrets(environment: Mapping[str, str]) -> list[str]:
    """Every value that must not be shown, part of a trio or not."""
    names = [name for family in FAMILIES for what in TRIO for name in family.names(what)]
    return [environment[name] for name in (*names, *_NOT_USED) if environment.get(name)]


def look(environment: Mapping[str, str]) -> Hit | None:
    """The first whole trio; raises `Refused` when two names of its family say two things."""
    for family in FAMILIES:
        parts = family.parts(environment)
        if all(what in parts for what in TRIO):
            for what in PARTS:
                _check_agreed([name for name in family.names(what) if environment.get(name)], environment)
            return Hit(parts | _address(parts, environment), SOURCE)
    return None


def _check_agreed(names: list[str], environment: Mapping[str, str]) -> None:
    if len({environment[name] for name in names}) > 1:
        raise Refused(f"{_listed(names)} are set and differ, unset all but one")


def _address(parts: dict[str, Part], environment: Mapping[str, str]) -> dict[str, Part]:
    """It is no secret, and not every family has a name for it: another's will do, unless there are two."""
    if "address" in parts:
        return {}
    others = [name for family in FAMILIES for name in family.address if environment.get(name)]
    _check_agreed(others, environment)
    return {"address": Part.of(others[0], environment[others[0]])} if others else {}


# What else there is to say


def partial(environment: Mapping[str, str]) -> list[str]:
    """A line for each family that is begun and not complete."""
    begun = [(family, family.parts(environment)) for family in FAMILIES]
    lines = [_lack(family, parts) for family, parts in begun if 0 < sum(what in parts for what in TRIO) < len(TRIO)]
    return lines if len(lines) < 2 else [f"{line}, and names that begin otherwise do not count" for line in lines]


def _lack(family: Family, parts: dict[str, Part]) -> str:
    there = [parts[what].name for what in TRIO if what in parts]
    missing = [what for what in TRIO if what not in parts]
    wanted = _listed([family.names(what)[0] for what in missing])
    return (
        f"{_listed(there)} {_is(there)} set but {'its' if len(there) == 1 else 'their'} {_listed(missing)}"
        f" {_is(missing)} not: {wanted} {_is(missing)} missing"
    )


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def notes(environment: Mapping[str, str]) -> list[str]:
    """What is set and not used."""
    return [*_passed_over(environment), *_strange(environment)]


def _passed_over(environment: Mapping[str, str]) -> Iterator[str]:
    for name, why in _NOT_USED.items():
        if environment.get(name):
            yield f"{name} is set, but {why}"
    whole = [parts for family in FAMILIES if all(what in (parts := family.parts(environment)) for what in TRIO)]
    for parts in whole[1:]:
        same = all(parts[what].text == whole[0][what].text for what in TRIO)
        yield (
            f"{parts['key'].name} is set too, for {'the same' if same else 'another'} account, and not used"
            f" because {whole[0]['key'].name} comes first"
        )


_OURS = re.compile(r"(?:CLOB|POLYMARKET|POLY)_[A-Z_]*(?:KEY|SECRET|PASS)[A-Z_]*")
_LONGEST_NAME = 40


def _strange(environment: Mapping[str, str]) -> Iterator[str]:
    known = {name for family in FAMILIES for what in PARTS for name in family.names(what)} | set(_NOT_USED)
    for name in sorted(set(environment) - known):
        # Longer, or with digits, it may be a secret that got to the wrong side of the sign.
        if len(name) <= _LONGEST_NAME and _OURS.fullmatch(name):
            yield f"{name} is set, but no program is known to use this name"
