"""Credentials in the user's own settings: the [account] table, read only from a file that nobody else can read."""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Collection
from pathlib import Path

from pmtui import logs
from pmtui.checks import LARGEST_FILE, Refused, check_own
from pmtui.credentials.parts import PARTS, TRIO, Hit, Part

SOURCE = "the settings file"
_TABLE = "[account] in the settings file"


def look(path: Path | None, public: Collection[str] = ()) -> Hit | None:
    """The trio of the table, if there is one; raises `Refused` when it cannot be used.

    The names in `public` may stand in the table, too, and are somebody else's to read.
    """
    table = _table(path) if path else None
    if table is None or (table and not set(table) - set(public)):
        return None
    table = {name: value for name, value in table.items() if name not in public}
    for name, value in table.items():
        if name == "private_key":
            raise Refused(f"{_TABLE} has a private key, which is not needed and not used: remove it")
        if name not in PARTS:
            raise Refused(f"{_TABLE} has an unknown name{_shown(name)}, known are {', '.join(PARTS)}")
        if not isinstance(value, str):
            raise Refused(f"{name} in [account] is not text in quotes")
    if missing := [what for what in TRIO if not table.get(what)]:
        raise Refused(f"{_TABLE} is not complete, what it lacks is {' and '.join(missing)}")
    return Hit({what: Part.of(f"{what} in [account]", str(table[what])) for what in PARTS if table.get(what)}, SOURCE)


def _shown(name: str) -> str:
    return f" ({name})" if re.fullmatch(r"[a-z_]{1,24}", name) else ""


def _table(path: Path) -> dict[str, object] | None:
    text, why = _read(path)
    if why:
        # The settings of somebody without an account may be read by all. Nothing but the table's name is looked for.
        if _MENTIONED.search(text):
            raise Refused(f"{_TABLE} is not read: {why}")
        return None
    if not text:
        return None  # as a rule there is no file
    import tomllib

    try:
        table = tomllib.loads(text).get("account")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        # The parser's own words quote the file.
        place = re.search(r"\(at (line \d+, column \d+|end of document)\)", str(error))
        raise Refused(f"the settings file is not TOML{f', see {place[1]}' if place else ''}") from None
    if isinstance(table, dict):
        logs.hide(*(value for name, value in table.items() if isinstance(value, str) and name != "address"))
    elif table is not None:
        raise Refused("account in the settings file is not a table, [account]")
    return table


_MENTIONED = re.compile(r"""^\s*(?:\[+\s*["']?account["']?\s*[\].]|["']?account["']?\s*[.=])""", re.MULTILINE)


def _read(path: Path) -> tuple[str, str]:
    """The file, empty when there is none, and why it is no place for secrets."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise Refused("the settings file is not a plain file")
            text = file.read(LARGEST_FILE + 1)
    except (FileNotFoundError, NotADirectoryError):
        return "", ""
    except OSError as error:
        raise Refused(f"the settings file cannot be read: {error.strerror}") from None
    if len(text) > LARGEST_FILE:
        raise Refused("the settings file is over 1 MB")
    try:
        return text.decode("utf-8-sig"), _exposed(path, found)
    except UnicodeDecodeError:
        raise Refused("the settings file is not UTF-8 text") from None


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # should it be a pipe, for whoever writes to it


def _exposed(path: Path, found: os.stat_result) -> str:
    """Why others can get at what is in the file; empty when they cannot."""
    try:
        check_own(path)
        if not os.path.samestat(path.lstat(), found):
            return "it is being exchanged for another"
    except Refused as error:
        return str(error)
    except OSError:
        return "it is being exchanged for another"
    mode = stat.S_IMODE(found.st_mode)
    return f"others have a way in (mode {mode:04o}), run: chmod 600 {shlex.quote(str(path))}" if mode & 0o077 else ""
