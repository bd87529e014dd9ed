"""Who the user is: the account that a command may use, and where it may go."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

from pmtui import checks, config
from pmtui.venues import offers

if TYPE_CHECKING:
    from pmtui.config import Settings
    from pmtui.core.ports import Login
    from pmtui.credentials import Found


def account(settings: Settings) -> Found:
    """The account that may be used with these addresses; what is only ours never goes to a simulated exchange."""
    from pmtui import credentials
    from pmtui.credentials.keyring import NoKeyring

    public = [offer.entry.setting for offer in offers() if offer.entry.setting]
    if not checks.is_here(*settings.addresses[offers()[0].name].values()):
        return credentials.find(os.environ, config.file_path(), public=public)

    def none() -> NoReturn:
        raise NoKeyring("the exchange is on this machine: only the environment is looked at")

    return credentials.find(os.environ, None, none)


def said(found: Found, settings: Settings) -> list[str]:
    """What the search came to; that nothing was found is no word to somebody who follows an account by its address."""
    from pmtui.credentials import NOTHING

    return [line for line in found.lines if line != NOTHING or not settings.accounts]


def login_of(found: Found, settings: Settings, *, elsewhere: bool) -> Login:
    """What venues are told of an account; credentials go `elsewhere` only when the user says so."""
    from pmtui.core.ports import Login

    return Login(found.credentials, found.trouble, settings.wallet, elsewhere, settings.accounts)


def login(settings: Settings, *, elsewhere: bool) -> Login:
    """Who the user is, for a screen that is up already."""
    import logging

    found = account(settings)
    for line in said(found, settings):
        logging.getLogger("pmtui").info("account: %s", line)
    if found.credentials is not None:
        forget_link_keys()
    return login_of(found, settings, elsewhere=elsewhere)


def forget_link_keys() -> None:
    """With credentials on a link, nobody else is told its keys."""
    os.environ.pop("SSLKEYLOGFILE", None)
