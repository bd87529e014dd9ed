"""The user's API credentials: found, kept in the system keyring, and kept from everybody else.

The environment comes first, then the [account] table of the user's own settings, then the keyring. What was meant and
is wrong ends the search: whoever set it must not be shown another account instead. Words say which names were found,
never what is in them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pmtui import logs
from pmtui.checks import Refused
from pmtui.core.credentials import Credentials
from pmtui.credentials import environment as variables
from pmtui.credentials import file
from pmtui.credentials.keyring import ENTRY, SERVICE, Keyring, NoKeyring, Opener, asked, system_keyring
from pmtui.credentials.parts import PARTS, TRIO, Hit, Part, made
from pmtui.masks import without_secrets

__all__ = ["NOTHING", "Found", "find", "forget", "ready", "save", "system_keyring", "typed", "without_secrets"]

NOTHING = "no account was found: public data only"
READING, WRITING = 3.0, 60.0
"""Seconds for the keyring: a start waits no longer; who saves may have to type its password first."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the search for an account came to."""

    credentials: Credentials | None = None
    lines: tuple[str, ...] = ()
    """What was found where, what it can do, what is missing, what is not used."""
    trouble: str = ""
    """Why there is no account although one was meant; empty otherwise."""


def find(
    environment: Mapping[str, str],
    config_path: Path | None,
    keyring: Opener = system_keyring,
    *,
    within: float = READING,
    public: Collection[str] = (),
) -> Found:
    """The account to use; never raises, and waits for the keyring no longer than `within` seconds.

    `public` are names that stand in the [account] table and are of accounts without a secret.
    """
    logs.hide(*variables.secrets(environment))
    partial, notes = variables.partial(environment), variables.notes(environment)
    try:
        hit = variables.look(environment) or file.look(config_path, public) or _in_keyring(keyring, within)
        credentials = made(hit) if hit else None
    except NoKeyring as error:
        hit = credentials = None
        notes = [*notes, str(error)]
    except Refused as error:
        return Found(None, (*partial, *notes, str(error)), str(error))
    if hit is None:
        nothing = () if partial else (NOTHING,)
        return Found(None, (*partial, *notes, *nothing), partial[0] if partial else "")
    passed_over = _passed_over(config_path, public) if hit.source == variables.SOURCE else ()
    return Found(credentials, (_used(hit), *_abilities(hit), *partial, *notes, *passed_over))


def _used(hit: Hit) -> str:
    names = f" ({', '.join(hit.parts[what].name for what in TRIO)})" if hit.source == variables.SOURCE else ""
    return f"the account is from {hit.source}{names}"


def _abilities(hit: Hit) -> Iterator[str]:
    yield "orders and fills can be followed as they happen"
    if "address" in hit.parts:
        yield f"and read back after a gap, thanks to {hit.parts['address'].name}"
    else:
        yield "but not read back after a gap: that takes the wallet that made the key, not the funder's (POLY_ADDRESS)"


def _passed_over(config_path: Path | None, public: Collection[str]) -> Iterator[str]:
    try:
        if file.look(config_path, public):
            yield "the settings file has an account too, which is not used: the environment comes first"
    except Refused as error:
        yield f"not used, as the environment comes first, and wrong: {error}"


def typed(texts: Mapping[str, str]) -> Credentials:
    """Credentials that somebody typed, by the names of their parts; raises `Refused`."""
    return made(Hit({what: Part.of(f"the {what}", text) for what, text in texts.items() if text}, "typed"))


# The keyring


def ready(keyring: Opener = system_keyring, *, within: float = WRITING) -> None:
    """Raises `Refused` when nothing can be saved, before anybody types anything; a locked one may ask to be opened."""
    asked(keyring, lambda ring: ring.get_password(SERVICE, ENTRY), within=within)


def save(credentials: Credentials, keyring: Opener = system_keyring, *, within: float = WRITING) -> None:
    """Into the keyring, in place of what was there; raises `Refused` unless it can be read back."""
    trio = {what: getattr(credentials, what).reveal() for what in TRIO}
    text = json.dumps({**trio, "address": credentials.address})

    def keep(ring: Keyring) -> bool:
        ring.set_password(SERVICE, ENTRY, text)
        return ring.get_password(SERVICE, ENTRY) == text

    if not asked(keyring, keep, within=within):
        raise Refused("the keyring took it and does not give it back")


def forget(keyring: Opener = system_keyring, *, within: float = WRITING) -> bool:
    """Out of the keyring; false when nothing was there. Raises `Refused`."""

    def drop(ring: Keyring) -> bool:
        if ring.get_password(SERVICE, ENTRY) is None:
            return False
        ring.delete_password(SERVICE, ENTRY)
        return True

    return asked(keyring, drop, within=within)


def _in_keyring(keyring: Opener, within: float) -> Hit | None:
    kept = asked(keyring, lambda ring: ring.get_password(SERVICE, ENTRY), within=within)
    if kept is None:
        return None
    logs.hide(kept)
    try:
        told = json.loads(kept)
        texts = {what: told[what] for what in PARTS}
    except (ValueError, RecursionError, TypeError, LookupError):
        texts = {}
    if not texts or not all(isinstance(text, str) for text in texts.values()):
        raise Refused("what the keyring keeps for pmtui is damaged: save it again, pmtui account save")
    return Hit(
        {what: Part.of(f"the {what} in the keyring", text) for what, text in texts.items() if text}, "the keyring"
    )
