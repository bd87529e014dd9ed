"""Commands and flags: each command is a file of its name. Whatever it needs beyond them is imported when it runs."""

from pmtui.cli.front import cli, run

__all__ = ["cli", "run"]
