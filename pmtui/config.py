"""Settings: frozen, resolved once, and each value knows who set it.

Flags win over the environment, the environment over the user's own file, the file over the defaults.
The current folder is never looked at: what somebody unpacked there must not choose where we connect.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pmtui import checks
from pmtui.checks import Refused
from pmtui.core.tuples import NamedTuple

if TYPE_CHECKING:
    from pmtui.core.offer import Offer

DEFAULT = "default"


class Settings(NamedTuple):
    """What a session runs with."""

    addresses: Mapping[str, Mapping[str, str]] = {}
    """Where each venue is, in the venue's own words; empty for what must not be asked."""
    testnet: bool = False
    """Meet the venues at their test networks, those that have none not at all."""
    log_file: Path | None = None
    log_level: str = "info"
    theme: str = ""
    """Name of a theme, one of `checks.THEMES`; empty means what fits the terminal."""
    axis: str = "static"
    """How the ladder's prices move: not at all until a touch leaves the middle, with the mid, or levels only."""
    scale: str = "linear"
    """How long a bar is for its size."""
    ascii: bool = False
    """Draw with plain ASCII only."""
    compress: bool = False
    """Ask for compressed sockets: for thin links, it costs CPU."""
    bell: bool = True
    """Ring when a tick size changes."""
    flash: bool = True
    """Flash the banner when a tick size changes."""
    accounts: Mapping[str, str] = {}
    """By venue: the address of the user's own account, where accounts are public."""
    wallet: str = ""
    """The kind of the account's wallet, one of `checks.WALLETS`; while it is empty the cash cannot be asked for."""
    remember: bool = True
    """Begin with what was chosen on the screen last time."""
    state_file: Path | None = None
    """Where that is remembered."""
    login: Callable[[], Any] | None = None
    """Finds the user's account once the screen is up; None for public data only."""
    origins: Mapping[str, str] = {}
    """Who set each value, by the name of its field."""

    def __repr__(self) -> str:
        told = {name: value for name, value in self._asdict().items() if name != "login"}  # it may know a secret
        return f"Settings({told})"


class _Option(NamedTuple):
    """How one field is called by those who may set it, and how its value is read."""

    key: str
    variable: str
    read: Callable[[object], Any]
    kind: type = str


_SOCKET, _REST = partial(checks.address, plain="ws"), partial(checks.address, plain="http")
_LEVEL = partial(checks.one_of, kind="a level", words=checks.LEVELS)
_AXIS = partial(checks.one_of, kind="an axis", words=checks.AXES)
_SCALE = partial(checks.one_of, kind="a scale", words=checks.SCALES)

OPTIONS = {
    "testnet": _Option("testnet", "PMTUI_TESTNET", checks.flag, bool),
    "log_file": _Option("log", "PMTUI_LOG", checks.log_path),
    "log_level": _Option("log_level", "PMTUI_LOG_LEVEL", _LEVEL),
    "theme": _Option("theme", "PMTUI_THEME", checks.theme),
    "axis": _Option("axis", "PMTUI_AXIS", _AXIS),
    "scale": _Option("scale", "PMTUI_SCALE", _SCALE),
    "ascii": _Option("ascii", "PMTUI_ASCII", checks.flag, bool),
    "compress": _Option("compress", "PMTUI_COMPRESS", checks.flag, bool),
    "bell": _Option("bell", "PMTUI_BELL", checks.flag, bool),
    "flash": _Option("flash", "PMTUI_FLASH", checks.flag, bool),
    "wallet": _Option("wallet", "POLYMARKET_SIGNATURE_TYPE", checks.wallet),
    "remember": _Option("remember", "PMTUI_REMEMBER", checks.flag, bool),
    "state_file": _Option("state", "PMTUI_STATE", checks.log_path),
}
"""Every setting but the venues': field, key in the file and (with hyphens) the flag, environment name, reader."""


def _options(offers: Collection[Offer]) -> dict[str, _Option]:
    """Every setting, with the addresses of these venues and of the accounts there, which go by their own names."""
    readers = {"ws": _SOCKET, "http": _REST}
    places = [place for offer in offers for place in offer.places]
    found = {place.setting: _Option(place.setting, place.variable, readers[place.scheme]) for place in places}
    entries = [offer.entry for offer in offers if offer.entry.setting]
    return found | {entry.setting: _Option(entry.setting, entry.variable, checks.owner) for entry in entries} | OPTIONS


# Resolution


def resolve(
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    file: Mapping[str, object] | None = None,
    *,
    defaults: Mapping[str, object],
    offers: Collection[Offer] = (),
    without: Collection[str] = (),
) -> Settings:
    """The settings that apply, each read strictly; raises `Refused` and names the one who set it.

    `offers` are the venues whose addresses are settings, too. `flags` and `defaults` go by field, `file` by key. An
    empty variable counts as absent. Fields in `without` keep their defaults whatever anybody says.
    """
    flags, environ, file = flags or {}, environ or {}, file or {}
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name, option in _options(offers).items():
        flag = f"--{option.key.replace('_', '-')}"
        given = (
            (flag, flags.get(name)),
            (option.variable, environ.get(option.variable) or None),
            (f"{option.key} in the settings file", file.get(option.key)),
        )
        for origin, value in given:
            if value is not None and name not in without:
                values[name] = _read(option, value, origin)
                origins[name] = origin
                break
        else:
            origins[name] = DEFAULT
            if name in defaults:
                values[name] = defaults[name]
    addresses = {offer.name: _whereabouts(offer, values, origins) for offer in offers}
    accounts = {offer.name: address for offer in offers if (address := values.get(offer.entry.setting))}
    known = {name: value for name, value in values.items() if name in OPTIONS}
    return Settings(addresses=addresses, accounts=accounts, origins=origins, **known)


def _whereabouts(offer: Offer, values: dict[str, Any], origins: dict[str, str]) -> dict[str, str]:
    """Where a venue is, in its own words: as chosen, else at its own addresses or at its test network's."""
    testnet = bool(values.get("testnet"))
    unchosen = [place for place in offer.places if origins[place.setting] == DEFAULT]
    for place in unchosen:
        name, followed = place.setting, origins.get(place.follows, DEFAULT)
        values[name] = place.testnet if testnet else place.own
        if testnet:
            origins[name] = origins["testnet"] if place.testnet else f"off: {offer.title} has no test network"
        if followed != DEFAULT and place.follows in values and place.follows not in {each.setting for each in unchosen}:
            # Whoever stands in for the one answers for the other: nothing must reach the real host behind its back.
            values[name], origins[name] = values[place.follows], f"follows {followed}"
    sockets = [each.setting for each in offer.places if each.scheme == "ws" and checks.is_here(values[each.setting])]
    for place in unchosen if sockets else ():
        if values[place.setting] and not origins[place.setting].startswith("follows"):
            # Whoever watches an exchange on this machine must not ask the real one about it.
            values[place.setting], origins[place.setting] = "", f"off: {origins[sockets[0]]} is on this machine"
    return {place.key: values[place.setting] for place in offer.places}


def _read(option: _Option, value: object, origin: str) -> Any:
    try:
        return option.read(value)
    except Refused as error:
        raise Refused(f"{origin}: {error}") from None


# The user's own file


def file_path() -> Path | None:
    """Where the user's own settings live; None when the system names no absolute place."""
    from platformdirs import user_config_path

    path = user_config_path("pmtui", appauthor=False) / "config.toml"
    return path if path.is_absolute() else None


def state_path() -> Path | None:
    """Where what the user chose on the screen is remembered; None when the system names no absolute place."""
    from platformdirs import user_state_path

    path = user_state_path("pmtui", appauthor=False) / "choices.json"
    return path if path.is_absolute() else None


def read_file(path: Path | None, offers: Collection[Offer] = ()) -> dict[str, object]:
    """The user's own settings by key, checked for unknown keys and wrong types; empty when there is no file."""
    if path is None:
        return {}
    try:
        text = _read_some(path)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise Refused(f"the settings file cannot be read: {error.strerror}") from None
    import tomllib

    try:
        found = tomllib.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Refused("the settings file is not UTF-8 text") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        # The parser's own words quote the file, which may hold a secret at the wrong place.
        place = re.search(r"\(at (line \d+, column \d+|end of document)\)", str(error))
        raise Refused(f"the settings file is not TOML{f', see {place[1]}' if place else ''}") from None
    # Credentials have a reader of their own, which minds who else may read the file; an address is no secret.
    account = found.pop("account", None)
    public = [offer.entry.setting for offer in offers if offer.entry.setting]
    found |= {name: account[name] for name in public if isinstance(account, dict) and name in account}
    kinds = {option.key: option.kind for option in _options(offers).values()}
    for key, value in found.items():
        if key not in kinds:
            raise Refused(f"the settings file has {_unknown(key)}; known are {', '.join(kinds)}")
        if type(value) is not kinds[key]:
            raise Refused(f"{key} in the settings file: {_KIND_NAMES[kinds[key]]} is needed")
    return found


_KIND_NAMES = {str: "text in quotes", bool: "true or false"}


def _unknown(key: str) -> str:
    return f"an unknown key {key!r}" if re.fullmatch(r"[a-z_]{1,24}", key) else "an unknown key"


def _read_some(path: Path) -> bytes:
    # Not to wait for a writer should it be a pipe.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refused("the settings file is not a plain file")
        text = file.read(checks.LARGEST_FILE + 1)
    if len(text) > checks.LARGEST_FILE:
        raise Refused("the settings file is over 1 MB")
    return text


# What the terminal can show


def is_plain_terminal(environ: Mapping[str, str]) -> bool:
    """Whether the terminal said that it shows nothing but ASCII."""
    if environ.get("TERM") == "dumb":
        return True
    named = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environ.get(name))), "")
    if named in ("C.UTF-8", "C.utf8") and not environ.get("LC_ALL"):
        # Python itself writes LC_CTYPE over a plain C locale, or one that is not installed, for its own sake: the
        # terminal never said so.
        named = environ.get("LANG") or named
    if not named or re.search(r"utf-?8", named, re.IGNORECASE):
        return False
    return named in ("C", "POSIX") or "." in named


def described(settings: Settings, offers: Collection[Offer] = ()) -> list[tuple[str, str, str]]:
    """Key, value and origin of every setting, for people."""
    values: dict[str, object] = {name: getattr(settings, name) for name in OPTIONS}
    for offer in offers:
        values |= {place.setting: settings.addresses[offer.name][place.key] for place in offer.places}
        values |= {offer.entry.setting: settings.accounts.get(offer.name, "")}
    rows = []
    for name, option in _options(offers).items():
        value = values[name]
        shown = str(value).lower() if isinstance(value, bool) else str(value or "-")
        rows.append((option.key, shown, settings.origins.get(name, DEFAULT)))
    return rows
