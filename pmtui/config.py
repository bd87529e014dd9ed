"""Settings: frozen, resolved once, and each value knows who set it.

Flags win over the environment, the environment over the user's own file, the file over the defaults.
The current folder is never looked at: what somebody unpacked there must not choose where we connect.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pmtui.core.tuples import NamedTuple

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    from pmtui.core.offer import Offer

LEVELS = ("debug", "info", "warning", "error")
THEMES = ("dark", "light", "colour-blind", "plain", "sixteen", "sixteen-colour-blind", "bare")
AXES = ("static", "follow", "levels")
SCALES = ("linear", "sqrt", "log")
WALLETS = ("eoa", "proxy", "safe", "deposit")
LARGEST_FILE = 2**20
DEFAULT = "default"
_LONGEST_ADDRESS = 2_000
_LONGEST_NAME = 200
_PORT = range(1, 65_536)


class Refused(ValueError):
    """A setting cannot be accepted; the text says why in one line and never repeats the value."""


class Settings(NamedTuple):
    """What a session runs with."""

    addresses: Mapping[str, Mapping[str, str]] = {}
    """Where each venue is, in the venue's own words; empty for what must not be asked."""
    testnet: bool = False
    """Meet the venues at their test networks, those that have none not at all."""
    log_file: Path | None = None
    log_level: str = "info"
    theme: str = ""
    """Name of a theme, one of `THEMES`; empty means what fits the terminal."""
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
    """The kind of the account's wallet, one of `WALLETS`; while it is empty the cash cannot be asked for."""
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


# Addresses


def address(text: object, *, plain: str) -> str:
    """A safe address without its path: `plain` (ws, http) to this machine only, its TLS form to any host.

    Nothing here asks a name server, so what is accepted is what will be reached.
    """
    if not isinstance(text, str):
        raise Refused("an address is text")
    if not text or len(text) > _LONGEST_ADDRESS:
        raise Refused(f"an address has 1 to {_LONGEST_ADDRESS} characters, this has {len(text)}")
    if not re.fullmatch(r"[\x21-\x7e]+", text):
        raise Refused("blanks, control characters and letters beyond ASCII are not accepted in an address")
    scheme, _, rest = text.partition("://")
    scheme = scheme.lower()
    if scheme not in (plain, f"{plain}s") or not rest:
        raise Refused(f"an address begins with {plain}s:// (or {plain}://127.0.0.1 on this machine)")
    rest = rest.removesuffix("/")
    for mark, name in _UNWANTED.items():
        if mark in rest:
            raise Refused(f"{name} in an address is not accepted")
    host, port = _split(rest)
    _check_port(port)
    host = _host(host.lower())
    if scheme == plain:
        # `localhost` is asked for by name so often that it is meant well; nobody looks it up, so nobody can bend it.
        host = "127.0.0.1" if host == "localhost" else host
        if host not in ("127.0.0.1", "[::1]"):
            raise Refused(f"{plain}:// is not encrypted and goes to 127.0.0.1 or [::1] only; use {plain}s://")
    return f"{scheme}://{host}{port}"


_UNWANTED = {
    "#": "a fragment (#)",
    "@": "a user name or password (@)",
    "?": "a query (?)",
    "\\": "a backslash",
    "%": "a percent sign",
    "/": "a path (it is added by itself)",
}


def _split(rest: str) -> tuple[str, str]:
    """Host and `:port`, which may be empty."""
    parts = re.fullmatch(r"(\[[^\[\]]*\]|[^:\[\]]*)((?::.*)?)", rest)
    if parts is None or not parts[1]:
        raise Refused("an address has a host, and a port of digits if it needs one")
    return parts[1], parts[2]


def _check_port(port: str) -> None:
    if port and not (re.fullmatch(r":[1-9][0-9]{0,4}", port) and int(port[1:]) in _PORT):
        raise Refused("a port is a number from 1 to 65535")


def _host(host: str) -> str:
    import ipaddress

    if host.startswith("["):
        with contextlib.suppress(ValueError):
            if _is_reachable(ipaddress.IPv6Address(host[1:-1])):
                return host
        raise Refused("the host in brackets is not a plain IPv6 address")
    labels = host.split(".")
    if len(host) > 253 or not all(re.fullmatch(r"(?!-)[a-z0-9-]{1,63}(?<!-)", label) for label in labels):
        raise Refused("a host has letters, digits and hyphens between single dots, and no dot at its end")
    # Alphabets that look alike hide in this form; none of the hosts we are made for is written in it.
    if any(label.startswith("xn--") for label in labels):
        raise Refused("a host in international letters (xn--) is not accepted, it may only look like the right one")
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]):
        # 127.1, 2130706433, 0x7f.1 and 0177.0.0.1 all mean this machine to some libraries, and not to others.
        with contextlib.suppress(ValueError):
            if _is_reachable(ipaddress.IPv4Address(host)):
                return host
        raise Refused("a host of numbers is four plain ones, such as 127.0.0.1")
    return host


def _is_reachable(host: IPv4Address | IPv6Address) -> bool:
    """An address of one machine, in its only form."""
    if host.version == 6 and (host.ipv4_mapped or host.scope_id or host.sixtofour):
        return False
    return not (host.is_unspecified or host.is_multicast)


# Files that we write


def log_path(text: object) -> Path | None:
    """A name that is safe to write to, a log or another file; empty means none.

    An absolute name is accepted: the shell turns ~/pmtui.log into one before we see it.
    """
    if isinstance(text, Path):
        text = str(text)
    if not isinstance(text, str):
        raise Refused("a file name is text")
    if not text:
        return None
    if not text.isprintable():
        raise Refused("a file name has no control or invisible characters")
    path = Path(text)
    if len(text) > 4_000 or any(len(os.fsencode(part)) > _LONGEST_NAME for part in path.parts):
        raise Refused(f"a file name has at most {_LONGEST_NAME} characters")
    if any(part == ".." for part in path.parts):
        raise Refused("a file name goes down, never up (..)")
    if text.endswith("/"):
        raise Refused("a file is needed, not a folder")
    if any(part.startswith("-") for part in path.parts):
        raise Refused("a file name that begins with - looks like an option")
    path = path.expanduser()
    if not path.parent.is_dir():
        raise Refused("the folder of the file does not exist")
    with contextlib.suppress(FileNotFoundError):
        check_own(path)
    return path


def check_own(path: Path) -> None:
    """Refuse what stands at `path` unless it is a plain file of ours; raises `FileNotFoundError` when nothing does."""
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(found.st_mode)), "something else")
        raise Refused(f"a plain file is needed, this is {kind}")
    if found.st_uid != os.geteuid() or found.st_nlink != 1:
        raise Refused("the file belongs to somebody else, or has a second name")


_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


# Other values


def _one_of(value: object, *, kind: str, words: Collection[str], told: int | None = None) -> str:
    """A word of a short list, in capitals or not; a refusal names the first `told` of them."""
    if isinstance(value, str) and value.lower() in words:
        return value.lower()
    raise Refused(f"{kind} is one of {', '.join([*words][:told])}")


def _theme(value: object) -> str:
    """The short name of a theme; the full name and the other spelling mean the same."""
    if isinstance(value, str):
        value = value.lower().removeprefix("pmtui-").replace("color", "colour")
    return "" if value == "" else _one_of(value, kind="a theme", words=THEMES, told=4)


def _wallet(value: object) -> str:
    """The kind of a wallet, by the name or the number that programs of this venue give it."""
    if isinstance(value, str):
        value = value.lower().replace("_", "-").removeprefix("poly-").removeprefix("gnosis-")
        value = _WALLET_NUMBERS.get(value, value)
    return "" if value == "" else _one_of(value, kind="a wallet", words=WALLETS)


_WALLET_NUMBERS = {**{str(number): name for number, name in enumerate(WALLETS)}, "1271": "deposit"}


def _owner(value: object) -> str:
    """The address of an account that is public, in small letters; empty means none."""
    if not isinstance(value, str):
        raise Refused("an address is text")
    if re.fullmatch(r"(0[xX])?[0-9a-fA-F]{64}", value):
        raise Refused("this looks like a private key, which is not needed here and belongs nowhere near")
    if value and not re.fullmatch(r"0[xX][0-9a-fA-F]{40}", value):
        raise Refused("the address of an account is 0x and 40 hexadecimal digits")
    return value.lower()


_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _WORDS:
        return _WORDS[value.lower()]
    raise Refused("yes or no is needed (true, false)")


class _Option(NamedTuple):
    """How one field is called by those who may set it, and how its value is read."""

    key: str
    variable: str
    read: Callable[[object], Any]
    kind: type = str


_SOCKET, _REST = partial(address, plain="ws"), partial(address, plain="http")
_LEVEL = partial(_one_of, kind="a level", words=LEVELS)
_AXIS, _SCALE = partial(_one_of, kind="an axis", words=AXES), partial(_one_of, kind="a scale", words=SCALES)

OPTIONS = {
    "testnet": _Option("testnet", "PMTUI_TESTNET", _flag, bool),
    "log_file": _Option("log", "PMTUI_LOG", log_path),
    "log_level": _Option("log_level", "PMTUI_LOG_LEVEL", _LEVEL),
    "theme": _Option("theme", "PMTUI_THEME", _theme),
    "axis": _Option("axis", "PMTUI_AXIS", _AXIS),
    "scale": _Option("scale", "PMTUI_SCALE", _SCALE),
    "ascii": _Option("ascii", "PMTUI_ASCII", _flag, bool),
    "compress": _Option("compress", "PMTUI_COMPRESS", _flag, bool),
    "bell": _Option("bell", "PMTUI_BELL", _flag, bool),
    "flash": _Option("flash", "PMTUI_FLASH", _flag, bool),
    "wallet": _Option("wallet", "POLYMARKET_SIGNATURE_TYPE", _wallet),
    "remember": _Option("remember", "PMTUI_REMEMBER", _flag, bool),
    "state_file": _Option("state", "PMTUI_STATE", log_path),
}
"""Every setting but the venues': field, key in the file and (with hyphens) the flag, environment name, reader."""


def _options(offers: Collection[Offer]) -> dict[str, _Option]:
    """Every setting, with the addresses of these venues and of the accounts there, which go by their own names."""
    readers = {"ws": _SOCKET, "http": _REST}
    places = [place for offer in offers for place in offer.places]
    found = {place.setting: _Option(place.setting, place.variable, readers[place.scheme]) for place in places}
    entries = [offer.entry for offer in offers if offer.entry.setting]
    return found | {entry.setting: _Option(entry.setting, entry.variable, _owner) for entry in entries} | OPTIONS


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
    sockets = [place.setting for place in offer.places if place.scheme == "ws" and is_here(values[place.setting])]
    for place in unchosen if sockets else ():
        if values[place.setting] and not origins[place.setting].startswith("follows"):
            # Whoever watches an exchange on this machine must not ask the real one about it.
            values[place.setting], origins[place.setting] = "", f"off: {origins[sockets[0]]} is on this machine"
    return {place.key: values[place.setting] for place in offer.places}


def is_here(*addresses: str) -> bool:
    """Whether any of these accepted addresses is this machine."""
    # Plain forms go nowhere else.
    return any(re.match(r"(ws|http)://|(wss|https)://(127\.0\.0\.1|\[::1\])(:|$)", each) for each in addresses)


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
        found = tomllib.loads(text.decode())
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
        text = file.read(LARGEST_FILE + 1)
    if len(text) > LARGEST_FILE:
        raise Refused("the settings file is over 1 MB")
    return text


# What the terminal can show


def is_plain_terminal(environ: Mapping[str, str]) -> bool:
    """Whether the terminal said that it shows nothing but ASCII."""
    if environ.get("TERM") == "dumb":
        return True
    named = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environ.get(name))), "")
    if named in ("C.UTF-8", "C.utf8") and not environ.get("LC_ALL") and environ.get("LANG") in ("C", "POSIX"):
        # Python itself writes LC_CTYPE over a plain C locale, for its own sake: the terminal never said so.
        named = "C"
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
