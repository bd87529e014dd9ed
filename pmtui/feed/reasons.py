"""Why there is no connection, in words for the user.

They are the system's, which may name the far end's host and port; what else an address holds it was never told.
"""

from __future__ import annotations

import re
import socket
import ssl


def plain(text: str) -> str:
    """A far end's words, without anything that a terminal might obey."""
    return re.sub(r"[^\x20-\x7e]+", " ", text)[:120].strip()


def unconnected(error: OSError) -> str:
    """What the system says of a connection that could not be made."""
    if isinstance(error, ssl.SSLCertVerificationError):
        # A sentence there, and a part of one here.
        return f"certificate refused: {plain(error.verify_message).rstrip('.')}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {plain(error.reason or '')}"
    if isinstance(error, socket.gaierror):
        return "name lookup failed"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return f"network: {plain(error.strerror)}" if error.strerror else "no connection could be made"
