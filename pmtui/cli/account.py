"""`pmtui account`: one's own orders and fills – is the account found, and is it right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pmtui.checks import Refused
from pmtui.cli import asking, identity, options, screen
from pmtui.cli.ends import Wrong, safe
from pmtui.venues import offers

if TYPE_CHECKING:
    from pmtui.core.access import Access


class _AccountGroup(click.Group):
    """Repeats nothing that was typed: it may be a secret at the wrong place."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args:
            raise Wrong(f"pmtui account has the commands {', '.join(self.commands)}: try pmtui account check")
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            raise Wrong(f"pmtui account has the commands {', '.join(self.commands)}")
        return super().resolve_command(ctx, args)


def _nothing_typed(context: click.Context, _: click.Parameter, typed: tuple[str, ...]) -> None:
    if typed:
        raise Wrong(
            f"pmtui account {context.info_name} takes no such argument; secrets are never given on the command line"
        )


def _no_arguments(command: options.Command) -> options.Command:
    return click.argument(
        "typed", nargs=-1, type=click.UNPROCESSED, callback=_nothing_typed, expose_value=False, metavar=""
    )(command)


_QUIET = {"ignore_unknown_options": True}


@click.group(cls=_AccountGroup)
@click.pass_context
def account(context: click.Context) -> None:
    """Your own orders and fills, read only: by API credentials, or by an address where accounts are public.

    \b
    pmtui account check     what was found, what it can do, and whether the venue accepts it
    pmtui account save      keep it in the system keyring, after hidden prompts
    pmtui account forget    remove it from there

    Looked for in the environment, then in [account] of your settings file, then in the keyring; addresses also as
    --hl-address. A private key is never asked for.
    """
    from pmtui import logs

    context.with_resource(logs.guarded())


@account.command(context_settings=_QUIET)
@options.address_options
@options.account_options
@_no_arguments
def check(elsewhere: bool, **flags: object) -> int:
    """What was found and whether the venue accepts it.

    Exit code 0: it works; 1: the venue was not reached; 2: something in it is wrong; 3: there is none;
    4: the venue refuses it.
    """
    from pmtui.core.ports import VenueError

    settings = options.settings(flags)
    found = identity.account(settings)
    for line in identity.said(found, settings):
        click.echo(line)
    if found.credentials is not None:
        identity.forget_link_keys()
    login, codes = identity.login_of(found, settings, elsewhere=elsewhere), [2] if found.trouble else []
    for offer in offers():
        try:
            access = asking.venue(offer.name, settings).account(login)
        except VenueError as error:
            raise Wrong(f"{error.reason} (--account-elsewhere allows it)") from error
        if address := settings.accounts.get(offer.name):
            click.echo(f"the account at {offer.title} is {address}, from {settings.origins[offer.entry.setting]}")
        if access is not None:
            asking.check_way(offer.name, settings)
            codes.append(asking.run(_try_out(access)))
    return max(codes, default=3)


async def _try_out(access: Access) -> int:
    """Ask the venue about an account, and tell what it says; the exit code."""
    from pmtui.feed.http import HttpFetcher
    from pmtui.feed.live import LiveTransport
    from pmtui.feed.trial import trial

    fetcher = HttpFetcher()
    try:
        results = await trial(access, fetcher, LiveTransport())
    finally:
        await fetcher.close()
    for result in results:
        click.echo(safe(f"{result.what}: {result.words}"))
    return max(int(result.verdict) for result in results)


@account.command(context_settings=_QUIET)
@_no_arguments
def save() -> None:
    """Keep an account in the system keyring, asked for by hidden prompts."""
    from pmtui import credentials

    screen.need_terminal("hidden prompts need one")
    try:
        credentials.ready()
        texts = {part: click.prompt(_ASKED[part], hide_input=True, default="", show_default=False) for part in _ASKED}
        wallet = "address of the wallet that made the key (may be empty)"
        texts["address"] = click.prompt(wallet, default="", show_default=False).strip()
        credentials.save(credentials.typed(texts))
    except Refused as error:
        raise Wrong(str(error)) from error
    click.echo("saved in the system keyring. 'pmtui account check' asks the venue.")


_ASKED = {"key": "API key (hidden)", "secret": "secret (hidden)", "passphrase": "passphrase (hidden)"}


@account.command(context_settings=_QUIET)
@_no_arguments
def forget() -> int:
    """Remove the account from the system keyring."""
    from pmtui import credentials

    try:
        gone = credentials.forget()
    except Refused as error:
        raise Wrong(str(error)) from error
    click.echo("it is gone from the system keyring" if gone else "there was no account in the system keyring")
    return 0 if gone else 3
