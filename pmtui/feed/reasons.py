"""Why there is no connection, in words for the user.

They are the system's, which may name the far end's host and port; what else an address holds it was never told.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl

_NUMBERS: dict[type[OSError], int] = {
    ConnectionRefusedError: errno.ECONNREFUSED,
    ConnectionResetError: errno.ECONNRESET,
    ConnectionAbortedError: errno.ECONNABORTED,
    BrokenPipeError: errno.EPIPE,
}
"""Of errors that libraries make up themselves, and give no number."""
_TELLING = (errno.ECONNREFUSED, errno.ECONNRESET, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH)
"""Of several addresses' reasons the one that counts: the farther somebody got, the more it tells."""


def plain(text: str) -> str:
    """A far end's words, without anything that a terminal might obey."""
    return re.sub(r"[^\x20-\x7e]+", " ", text)[:120].strip()


def unconnected(error: OSError) -> str:
    """What the system says of a connection that could not be made."""
    if isinstance(error, ssl.SSLCertVerificationError):
        # A sentence there, and a part of one here.
        return f"certificate refused: {plain(error.verify_message).rstrip('.')}"
    if isinstance(error, ssl.SSLError):
        words = plain(error.reason or "").replace("_", " ").lower()  # a constant's name, there
        return f"TLS failed: {words}" if words else "TLS failed"
    if isinstance(error, socket.gaierror):
        return "name lookup failed"
    number = min(
        _numbers(error), key=lambda each: _TELLING.index(each) if each in _TELLING else len(_TELLING), default=0
    )
    if number == errno.ECONNREFUSED:
        return "connection refused"
    return f"network: {plain(os.strerror(number))}" if number else "no connection could be made"


def unsent(error: OSError) -> str:
    """What the system says of a message that could not be sent."""
    number = next(iter(_numbers(error)), 0)
    return f"cannot send: {plain(os.strerror(number))}" if number else "cannot send"


def _numbers(error: OSError) -> list[int]:
    """The system's error, or one for each address of a host that has several.

    Its words are those of a library by now. One joins them all and keeps the numbers in them only, another keeps the
    errors in a group.
    """
    if number := error.errno or _NUMBERS.get(type(error)):
        return [number]
    if isinstance(group := error.__cause__, BaseExceptionGroup):
        return [each.errno for each in group.exceptions if isinstance(each, OSError) and each.errno]
    return [int(number) for number in re.findall(r"\[Errno (\d{1,4})\]", str(error))]
