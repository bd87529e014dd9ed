"""Ways to end other than well: one line on the error stream, and nothing secret in it."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress

import click


class Wrong(click.ClickException):
    """The user's mistake: one line, code 2."""

    exit_code = 2


class Unreachable(click.ClickException):
    """Somebody else's trouble: one line, code 1."""


def system(error: OSError) -> str:
    """What the system says, and not what Python or a library made of it."""
    return os.strerror(error.errno) if error.errno else str(error) or type(error).__name__


def complain(message: str) -> None:
    """One line about what went wrong."""
    tell(f"pmtui: {harmless(' '.join(message.split()))}\n")


_LONGEST_QUOTE = 100


def quoted(text: str) -> str:
    """What was typed, to be repeated: covered before it is cut, for half a secret has no shape any more."""
    # What stands in a link's query is nothing to find a mistake by, and may be a secret that has no shape.
    text = re.sub(r"(://[^\s?#]*)[?#].+", r"\1?…", harmless(text))
    return repr(text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 1]}…")


def harmless(text: str) -> str:
    """Words that repeat what was typed, which may be a secret at the wrong place."""
    from pmtui.masks import shapeless

    return shapeless(safe(text))


def safe(text: str) -> str:
    """The text without anything secret in it."""
    from pmtui import logs

    logs.SECRETS.add(*logs.credentials_in(os.environ))
    logs.hide_proxies(os.environ)
    return logs.safe(text)


def tell(text: str) -> None:
    """Write to the error stream, if there is anybody at its other end."""
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(text)
        sys.stderr.flush()
