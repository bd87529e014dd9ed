"""The proxy that the environment asks for. Sockets and REST ask here, so that both take the same way out.

Their libraries would each look by themselves, by other names and other forms: one of two ways then shows an address
that was to be hidden.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, quote, unquote, urlsplit

from pmtui.core.tuples import NamedTuple
from pmtui.feed.reasons import plain

NO_SOCKS = "SOCKS takes the packages python-socks and socksio"
_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
"""What both libraries speak, and where it is spoken when nobody says."""


class Unusable(OSError):
    """What stands in the environment is no proxy that could be used; the words repeat nothing of it."""


class Proxy(NamedTuple):
    """A proxy for the libraries and for people."""

    url: str
    """May hold a password."""
    host: str
    """With its port, to be shown."""

    def told(self, why: str) -> str:
        """A reason that names the proxy."""
        return f"proxy {self.host}: {why}"


def proxy_for(url: str) -> Proxy | None:
    """The proxy on the way to `url`, if any; this machine is never reached through one."""
    parts = urlsplit(url)
    if parts.hostname is None or _is_here(parts.hostname):
        return None
    from urllib.request import getproxies, proxy_bypass

    if proxy_bypass(f"{parts.hostname}:{parts.port or 443}"):
        return None
    named = getproxies()
    for scheme in (parts.scheme, "https", "socks", "all"):
        if text := named.get(scheme):
            return _read(text, scheme)
    return None


def _is_here(host: str) -> bool:
    """Whether it is this machine, in whatever form somebody wrote it."""
    try:
        address = ip_address(host)
    except ValueError:
        return host.removesuffix(".") == "localhost"
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _read(text: str, scheme: str) -> Proxy:
    variable = f"{scheme.upper()}_PROXY"
    usual = "socks5" if scheme == "socks" else "http"
    try:
        parts = urlsplit(text if "://" in text else f"{usual}://{text}")
        host = parts.hostname or ""
        wrong = _wrong(parts, host)
    except ValueError:  # the library's own words repeat what may be a password
        wrong = "the port is a number from 1 to 65535, and brackets are for IPv6"
    if wrong:
        raise Unusable(f"{variable} names no proxy that can be used: {wrong}. Try: http://127.0.0.1:3128")
    port = parts.port or _PORTS[parts.scheme]
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    # Spelled anew, for the libraries do not agree on what signs a password may have.
    user = ":".join(quote(unquote(each or ""), safe="") for each in (parts.username, parts.password))
    return Proxy(f"{parts.scheme}://{f'{user}@' if user != ':' else ''}{place}", plain(place))


def _wrong(parts: SplitResult, host: str) -> str:
    """Why this is no proxy, with nothing of it: what looks like a host may be half a password. Empty when it is one."""
    if parts.scheme not in _PORTS:
        return f"it begins with {', '.join(f'{scheme}://' for scheme in _PORTS)}"
    if parts.path.strip("/") or parts.query or parts.fragment:
        return "nothing follows its port; in a password / ? # @ are written %2F %3F %23 %40"
    if not host:
        return "it has no host"
    if parts.port == 0:
        return "the port is a number from 1 to 65535"
    return "" if _can_be_asked_for(host) else "its host is no name or number of a machine"


def _can_be_asked_for(host: str) -> bool:
    """Whether a name server may be asked for it, or nobody need be."""
    try:
        return bool(re.fullmatch(r"[\w.:-]+", host.encode("idna").decode()))
    except UnicodeError:
        return False
