"""The proxy that the environment asks for. Sockets and REST ask here, so that both take the same way out.

Their libraries would each look by themselves, by other names and other forms: one of two ways then shows an address
that was to be hidden.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

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
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:  # the library's own words repeat what may be a password
        host = None
    if not host or parts.scheme not in _PORTS or parts.path.strip("/") or parts.query or parts.fragment:
        raise Unusable(f"{variable} names no proxy that can be used: expected http://HOST:PORT or socks5://HOST:PORT")
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    # Spelled anew, for the libraries do not agree on what signs a password may have.
    user = ":".join(quote(unquote(each or ""), safe="") for each in (parts.username, parts.password))
    return Proxy(f"{parts.scheme}://{f'{user}@' if user != ':' else ''}{place}", plain(place))
