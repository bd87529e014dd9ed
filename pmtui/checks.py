"""What a value must be like: each check gives back the value in its one form, or refuses it in one line."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

LEVELS = ("debug", "info", "warning", "error")
THEMES = ("dark", "light", "colour-blind", "plain", "sixteen", "sixteen-colour-blind", "sixteen-light", "bare")
AXES = ("static", "follow", "levels")
SCALES = ("linear", "sqrt", "log")
WALLETS = ("eoa", "proxy", "safe", "deposit")
LARGEST_FILE = 2**20
_LONGEST_ADDRESS = 2_000
_LONGEST_NAME = 200
_PORT = range(1, 65_536)


class Refused(ValueError):
    """A setting cannot be accepted; the text says why in one line and never repeats the value."""


# Addresses


def address(text: object, *, plain: str) -> str:
    """A safe address without its path: `plain` (ws, http) to this machine only, its TLS form to any host.

    Nothing here asks a name server, so what is accepted is what will be reached.
    """
    try:
        return _address(text, plain)
    except Refused as error:
        raise Refused(f"{error}. Try: {plain}://127.0.0.1:8765") from None


def _address(text: object, plain: str) -> str:
    if not isinstance(text, str):
        raise Refused("an address is text")
    if not text or len(text) > _LONGEST_ADDRESS:
        raise Refused(f"an address has 1 to {_LONGEST_ADDRESS} characters, this has {len(text)}")
    if not re.fullmatch(r"[\x21-\x7e]+", text):
        raise Refused("blanks, control characters and letters beyond ASCII are not accepted in an address")
    scheme, _, rest = text.partition("://")
    scheme = scheme.lower()
    if scheme not in (plain, f"{plain}s"):
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


def is_here(*addresses: str) -> bool:
    """Whether any of these accepted addresses is this machine."""
    # Plain forms go nowhere else.
    return any(re.match(r"(ws|http)://|(wss|https)://(127\.0\.0\.1|\[::1\])(:|$)", each) for each in addresses)


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
    if text.isspace():
        raise Refused("a file name has more than blanks")
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
    try:
        path = path.expanduser()
    except RuntimeError:
        raise Refused("nobody knows whose home folder the ~ at its beginning means") from None
    try:
        if not path.parent.is_dir():
            raise Refused("the folder of the file does not exist")
        with contextlib.suppress(FileNotFoundError):
            check_own(path)
    except OSError as error:
        raise Refused(f"the file cannot be looked at: {error.strerror}") from None
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


def one_of(value: object, *, kind: str, words: Collection[str], told: int | None = None) -> str:
    """A word of a short list, in capitals or not; a refusal names the first `told` of them."""
    if isinstance(value, str) and value.lower() in words:
        return value.lower()
    raise Refused(f"{kind} is one of {', '.join([*words][:told])}")


def theme(value: object) -> str:
    """The short name of a theme; the full name and the other spelling mean the same."""
    if isinstance(value, str):
        value = value.lower().removeprefix("pmtui-").replace("color", "colour")
    return "" if value == "" else one_of(value, kind="a theme", words=THEMES, told=4)


def wallet(value: object) -> str:
    """The kind of a wallet, by the name or the number that programs of this venue give it."""
    if isinstance(value, str):
        value = value.lower().replace("_", "-").removeprefix("poly-").removeprefix("gnosis-")
        value = _WALLET_NUMBERS.get(value, value)
    return "" if value == "" else one_of(value, kind="a wallet", words=WALLETS)


_WALLET_NUMBERS = {**{str(number): name for number, name in enumerate(WALLETS)}, "1271": "deposit"}


def owner(value: object) -> str:
    """The address of an account that is public, in small letters; empty means none."""
    if not isinstance(value, str):
        raise Refused("an address is text")
    if re.fullmatch(r"(0[xX])?[0-9a-fA-F]{64}", value):
        raise Refused("this looks like a private key, which is not needed here and belongs nowhere near")
    if value and not re.fullmatch(r"0[xX][0-9a-fA-F]{40}", value):
        raise Refused("the address of an account is 0x and 40 hexadecimal digits")
    return value.lower()


_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _WORDS:
        return _WORDS[value.lower()]
    raise Refused("yes or no is needed (true, false)")
