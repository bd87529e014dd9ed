"""What flags there are, and what they come to together with the environment and the user's file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from pmtui import checks, config
from pmtui.checks import Refused
from pmtui.cli.ends import Wrong
from pmtui.config import Settings
from pmtui.venues import offers

Command = TypeVar("Command", bound=Callable[..., Any])


def screen_options(command: Command) -> Command:
    """What every command with a screen understands."""
    for option in (
        click.option("--compress", is_flag=True, default=None, help="Ask for compressed sockets, for thin links."),
        click.option("--state", "state_file", metavar="FILE", help="Where choices are remembered."),
        click.option("--remember/--no-remember", default=None, help="Begin with what was chosen last time."),
        click.option("--flash/--no-flash", default=None, help="Flash at a tick change."),
        click.option("--bell/--no-bell", default=None, help="Ring at a tick change and at a fill of yours."),
        click.option("--scale", metavar="NAME", help=f"Bars: {', '.join(checks.SCALES)}."),
        click.option("--axis", metavar="NAME", help=f"The ladder's prices: {', '.join(checks.AXES)}."),
        click.option("--theme", metavar="NAME", help=f"Colours: {', '.join(checks.THEMES[:4])}."),
        click.option("--ascii", is_flag=True, default=None, help="Draw with plain ASCII only."),
        click.option("--log-level", metavar="LEVEL", help=f"One of {', '.join(checks.LEVELS)}."),
        click.option("--log", "log_file", metavar="FILE", help="Write a log; secrets stay out."),
    ):
        command = option(command)
    return command


def address_options(command: Command) -> Command:
    """What every command understands that may meet a venue: where it is."""
    for place in reversed([place for offer in offers() for place in offer.places]):
        words = f"{place.help} [{place.variable}]."
        command = click.option(f"--{place.setting.replace('_', '-')}", place.setting, metavar="URL", help=words)(
            command
        )
    return click.option("--testnet", is_flag=True, default=None, help="The venues' test networks.")(command)


def account_options(command: Command) -> Command:
    """What every command understands that may use an account: whose it is, and where it may go."""
    elsewhere = click.option(
        "--account-elsewhere",
        "elsewhere",
        is_flag=True,
        help="Credentials may go to hosts that are not the venue's own.",
    )
    return elsewhere(owner_options(command))


def owner_options(command: Command) -> Command:
    """Whose account it is."""
    words = f"Of the account, for its cash: {', '.join(checks.WALLETS)}."
    command = click.option("--wallet", metavar="KIND", help=words)(command)
    for offer in offers():
        if entry := offer.entry.setting:
            words = f"Your account at {offer.title}, by its address [{offer.entry.variable}]."
            command = click.option(f"--{entry.replace('_', '-')}", entry, metavar="0x…", help=words)(command)
    return command


def settings(flags: dict[str, object], *, without: Sequence[str] = ()) -> Settings:
    """What applies to this command; `without` are settings that the command makes itself."""
    defaults = {"ascii": config.is_plain_terminal(os.environ), "state_file": config.state_path()}
    path = config.file_path()
    try:
        file = config.read_file(path, offers())
    except Refused as error:
        raise Wrong(f"{error} ({path})") from error
    try:
        return config.resolve(flags, os.environ, file, defaults=defaults, offers=offers(), without=without)
    except Refused as error:
        raise Wrong(str(error)) from error
