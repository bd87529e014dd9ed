"""What a system can run out of: nobody's mistake, and not a line of our code would tell the user anything."""

from __future__ import annotations

from errno import EMFILE, ENFILE, ENOMEM

_GONE = {
    EMFILE: "no more files may be open here (ulimit -n)",
    ENFILE: "the system has no room for one more open file",
    ENOMEM: "there is no memory left",
}


def exhausted(error: BaseException | None) -> str:
    """What there was no more of when this error came, or one that led to it; nothing for any other error."""
    while error is not None:
        if isinstance(error, MemoryError):
            return _GONE[ENOMEM]
        if isinstance(error, OSError) and error.errno in _GONE:
            return _GONE[error.errno]
        error = error.__cause__ or error.__context__
    return ""
