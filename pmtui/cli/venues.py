"""`pmtui venues`: where one can watch, what there is, and its limits."""

from __future__ import annotations

import click

from pmtui.cli import options
from pmtui.venues import offers


@click.command()
@options.address_options
def venues(**flags: object) -> None:
    """Each venue there is: what stands for it, where it is, what it offers and what limits it has."""
    settings = options.settings(flags)
    for offer in offers():
        bare = ", or nothing" if offer.bare else ""
        click.echo(f"{offer.title}  ({', '.join(f'{each}:' for each in sorted(offer.prefixes, key=len))}{bare})")
        for head, lines in (("offers", offer.has), ("limits", offer.limits)):
            for n, line in enumerate(lines):
                click.echo(f"  {head if not n else '':<8}{line}")
        for place in offer.places:
            address = settings.addresses[offer.name][place.key] or "-"
            click.echo(f"  {place.key:<8}{address}  ({settings.origins[place.setting]})")
        click.echo(f"  {'try':<8}{offer.example}\n")
