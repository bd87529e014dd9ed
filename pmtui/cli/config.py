"""`pmtui config`: every setting, and who set it."""

from __future__ import annotations

import click

from pmtui.cli import options
from pmtui.config import described, file_path
from pmtui.venues import offers


@click.command()
@options.address_options
@options.owner_options
@options.screen_options
def config(**flags: object) -> None:
    """Every setting, and who set it: a flag, the environment, your own file or nobody."""
    rows = described(options.settings(flags), offers())
    path = file_path()
    click.echo(f"file  {path}{'' if path and path.exists() else '  (there is none)'}\n")
    keys, values = (max(len(row[column]) for row in rows) for column in (0, 1))
    for key, value, origin in rows:
        click.echo(f"{key:<{keys}}  {value:<{values}}  {origin}")
