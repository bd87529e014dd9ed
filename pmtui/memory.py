"""What the user chose on the screen, remembered from one session to the next.

Nothing here is worth a crash: what cannot be read is as if it had never been chosen, and what cannot be written is told
in one line of the log. Whatever is set by a flag, a variable or the settings file wins over what is remembered.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pmtui.checks import AXES, SCALES
from pmtui.config import DEFAULT, Settings

LARGEST = 2**16
REMEMBERED = "remembered"
_BEGINNING = '{"pmtui": 1'
_NAME = re.compile(r"[a-z0-9_-]{1,40}")
_MOST_PANELS = 40
_COARSEST = 1_000_000

_log = logging.getLogger(__name__)


def _is_switch(value: object) -> bool:
    return isinstance(value, bool)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _are_names(value: object) -> bool:
    return isinstance(value, list) and len(value) <= _MOST_PANELS and all(map(_is_name, value))


def _is_multiple(value: object) -> bool:
    return type(value) is int and 1 <= value <= _COARSEST


KNOWN: Mapping[str, Callable[[object], bool]] = {
    "theme": _is_name,
    "hidden": _are_names,  # panels that would be seen
    "shown": _are_names,  # panels that would not
    "axis": AXES.__contains__,
    "scale": SCALES.__contains__,
    "group": _is_multiple,  # ticks in a row of the ladder
    "sums": _is_switch,
    "money": _is_switch,
    "bell": _is_switch,
    "flash": _is_switch,
}
"""Everything that can be remembered, and what a value of it looks like."""


class Memory:
    """Choices by name; `load` one, or make an empty one that forgets at the end."""

    def __init__(self, path: Path | None = None, values: Mapping[str, object] | None = None) -> None:
        self._path = path
        self._values = dict(values or {})
        self._trouble = ""

    @classmethod
    def load(cls, path: Path | None) -> Memory:
        """What the file at `path` remembers; without a file, and with one that is no good, nothing."""
        try:
            return cls(path, _read(path) if path else None)
        except FileNotFoundError:
            return cls(path)
        except (OSError, ValueError, RecursionError) as error:
            _log.warning("remembered choices are left alone: %s", _why(error))
            # What is not surely ours is not written over either.
            memory = cls()
            memory._trouble = _why(error)
            return memory

    def get(self, name: str, default: Any) -> Any:
        """What was chosen last, or `default`."""
        assert name in KNOWN, name
        value = self._values.get(name, default)
        return tuple(value) if isinstance(value, list) else value

    def keep(self, name: str, value: object) -> None:
        """Remember a choice, now and in the file."""
        value = list(value) if isinstance(value, tuple) else value
        if not KNOWN[name](value):
            raise ValueError(f"{value!r} is no value for {name}")
        if self._values.get(name) == value:
            return
        self._values[name] = value
        if self._path is None:
            return
        try:
            with suppress(FileNotFoundError):
                # Another session may have chosen something else meanwhile.
                self._values = _read(self._path) | {name: value}
            _write(self._path, self._values)
        except (OSError, ValueError, RecursionError) as error:
            _log.warning("choices will not be remembered: %s", _why(error))
            self._path = None
            self._trouble = _why(error)

    def take_trouble(self) -> str:
        """Why nothing is kept in the file; told once."""
        trouble, self._trouble = self._trouble, ""
        return trouble


def settled(settings: Settings, memory: Memory) -> Settings:
    """The settings, with what was chosen last wherever nobody has set anything."""
    names = [name for name in KNOWN if settings.origins.get(name) == DEFAULT and memory.get(name, None) is not None]
    values = {name: memory.get(name, None) for name in names}
    return settings._replace(**values, origins={**settings.origins, **dict.fromkeys(names, REMEMBERED)})


def _read(path: Path) -> dict[str, object]:
    """The good values of a file; raises `ValueError` for a file that is not ours."""
    import json  # nothing is remembered yet by most who try this for the first time

    with open(path, "rb", opener=_open) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("the file is not a plain file")
        content = file.read(LARGEST + 1)
    if content and not content.startswith(_BEGINNING.encode()):
        raise ValueError("the file was not written by pmtui")
    if len(content) > LARGEST:
        raise ValueError("the file is too large")
    try:
        found = json.loads(content)
    except ValueError:
        return {}  # begun by us and cut off: it is written anew
    return {name: found[name] for name, is_good in KNOWN.items() if name in found and is_good(found[name])}


def _open(path: str, flags: int) -> int:
    # Not to wait for a writer should it be a pipe.
    return os.open(path, flags | os.O_NONBLOCK)


def _write(path: Path, values: Mapping[str, object]) -> None:
    """The whole file or nothing, for us alone."""
    import json
    from tempfile import mkstemp

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = json.dumps({"pmtui": 1, **values}) + "\n"
    descriptor, made = mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(made, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(made)
        raise


def _why(error: Exception) -> str:
    """One line, without what the file or its name contains."""
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error) or "nonsense"
