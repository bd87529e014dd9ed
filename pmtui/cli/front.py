"""The front door: what is printed without a command, and the way to each command."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any, NoReturn

import click

from pmtui import __version__
from pmtui.cli.ends import Wrong, complain, safe, system, tell
from pmtui.core.exhausted import exhausted

OVERVIEW = """\
{b}pmtui{e} – live order books in the terminal, each proven to be the venue's own

  {b}pmtui demo{e}                a made-up exchange, right here: no network, no key
  {b}pmtui watch TOKEN …{e}       live books: token id, condition id, slug or link
  {b}pmtui sim{e}                 the made-up exchange alone, for any client
  {b}pmtui fault URL LINE{e}      make something go wrong in a running one
  {b}pmtui account{e}             your own orders and fills: is it found, is it right
  {b}pmtui venues{e}              where you can watch, what there is, and its limits
  {b}pmtui config{e}              every setting, and who set it
  {b}pmtui completion SHELL{e}    completion for bash, zsh or fish

Try
  pmtui demo --rate 500
  pmtui watch https://polymarket.com/event/fed-decision-in-december
  pmtui watch fed-decision-in-december hl:BTC
  pmtui sim --seed 7

pmtui COMMAND -h tells more. pmtui --version tells which this is.
"""

_COMMANDS = ("watch", "demo", "sim", "fault", "account", "venues", "config", "completion")
"""In the order in which they are useful; each is a file of its name beside this one."""


_NOT_WRITTEN = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EAGAIN)
"""What the system says of an output that takes no more. All else that is read or written has words of its own."""


@contextmanager
def _heard() -> Iterator[None]:
    """Say so where nobody reads the output; click would end without a word."""
    try:
        yield
    except BrokenPipeError:
        raise Wrong("nobody reads the output: its pipe was closed") from None


class _Front(click.Group):
    """Every error is one line, and a command is loaded when it is asked for or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        # For a name that is none, click looks for a similar one among all.
        for name in (cmd_name,) if cmd_name in _COMMANDS else _COMMANDS:
            if name not in self.commands:
                self.add_command(getattr(import_module(f"pmtui.cli.{name}"), name))
        return super().get_command(ctx, cmd_name)

    def make_context(self, *told: Any, **more: Any) -> click.Context:
        with _heard():
            return super().make_context(*told, **more)

    def invoke(self, ctx: click.Context) -> Any:
        with _heard():
            return super().invoke(ctx)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(_overview())

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, *_: Any, **extra: Any) -> NoReturn:
        try:
            result = super().main(args, prog_name, **{**extra, "standalone_mode": False})
            code = result if isinstance(result, int) else 0
        except click.ClickException as error:
            complain(error.format_message())
            code = error.exit_code
        except (click.Abort, KeyboardInterrupt):
            code = 130
        sys.exit(code)


def run() -> NoReturn:
    """The whole program, as a process."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    code: object = 1
    try:
        cli.main(prog_name="pmtui")
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt:
        code = 130
    except BaseException as error:
        if why := exhausted(error):
            # Nothing more can be loaded to tell it with, and what is half made would complain while it goes.
            tell(f"pmtui: {why}\n")
            os._exit(1)
        elif isinstance(error, OSError) and error.errno in _NOT_WRITTEN:
            complain(f"the output cannot be written: {system(error)}")
        else:
            # Ours: the whole traceback, but never the values of variables, which may hold what must stay secret.
            import traceback

            tell(safe(traceback.format_exc()))
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    # A name look-up that hangs in a thread cannot be stopped, and the interpreter's own end waits for it.
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


def _overview() -> str:
    bold = (
        bool(sys.stdout) and sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")
    )
    return OVERVIEW.format(b="\x1b[1m" if bold else "", e="\x1b[0m" if bold else "")


@click.group(
    cls=_Front,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", message="pmtui %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Live order books in the terminal."""
    if context.invoked_subcommand is None:
        click.echo(_overview(), nl=False)
