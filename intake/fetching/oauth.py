"""OAuth2 for mailboxes of Microsoft 365, Google and others: authorising once, and tokens that are renewed.

What the desk keeps is the refresh token; an access token lasts about an hour.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException
from urllib.parse import quote, urlencode

from delivery.webhooks import NotOutside, post, resolve
from intake.fetching.troubles import MailTrouble, trouble_of
from intake.models import MailboxConnection
from intake.models.connections import Trouble
from intake.sealing import seal, unseal

EARLY = timedelta(minutes=2)
"""An access token is renewed so long before it ends."""
USUAL_LIFE = 3600

_Provider = MailboxConnection.Provider
_SCOPES = {
    _Provider.MICROSOFT: "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
    _Provider.GOOGLE: "https://mail.google.com/",
}


@dataclass(frozen=True, slots=True)
class Tokens:
    access: str
    refresh: str
    lasts: timedelta


def access_token(connection: MailboxConnection, *, at: datetime) -> str:
    """A token that lets the desk in; it is renewed where it is about to end, and kept.

    Raises:
        MailTrouble: the provider gives none.
        Unreadable: SECRET_KEY has changed.
    """
    if connection.access_token and connection.access_until and at < connection.access_until - EARLY:
        return unseal(connection.access_token)
    return renew(connection, at=at)


def renew(connection: MailboxConnection, *, at: datetime) -> str:
    """Ask for a new access token. Some providers give a new refresh token with it: then the old one is forgotten."""
    refresh = unseal(connection.refresh_token)
    if not refresh:
        raise MailTrouble(Trouble.TOKEN, "no refresh token")
    given = _ask(connection, {"grant_type": "refresh_token", "refresh_token": refresh})
    _keep(connection, given, at=at)
    return given.access


def exchange(connection: MailboxConnection, *, code: str, verifier: str, redirect: str, at: datetime) -> None:
    """Turn the code that the provider's page sent back into tokens, and keep them."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": redirect,
    }
    given = _ask(connection, form)
    if not given.refresh and not connection.refresh_token:
        raise MailTrouble(Trouble.TOKEN, "the provider gave no refresh token")
    _keep(connection, given, at=at)


def authorise_url(connection: MailboxConnection, *, state: str, verifier: str, redirect: str) -> str:
    """The provider's page where the mailbox's owner lets the desk in; "" where the provider is not known."""
    if connection.provider == _Provider.MICROSOFT:
        tenant = quote(connection.tenant or "common", safe="")
        page = f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize"
    elif connection.provider == _Provider.GOOGLE:
        page = "https://accounts.google.com/o/oauth2/v2/auth"
    else:
        return ""
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "client_id": connection.client_id,
        "response_type": "code",
        "redirect_uri": redirect,
        "scope": _SCOPES[_Provider(connection.provider)],
        "state": state,
        "login_hint": connection.user,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        # Without these two Google gives no refresh token the second time.
        "access_type": "offline",
        "prompt": "consent",
    }
    return f"{page}?{urlencode(query)}"


def token_url(connection: MailboxConnection) -> str:
    if connection.token_url:
        return connection.token_url
    if connection.provider == _Provider.GOOGLE:
        return "https://oauth2.googleapis.com/token"
    tenant = quote(connection.tenant or "common", safe="")
    return f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"


def _ask(connection: MailboxConnection, form: Mapping[str, str]) -> Tokens:
    whole = {**form, "client_id": connection.client_id}
    if secret := unseal(connection.client_secret):
        whole["client_secret"] = secret
    if connection.provider in _SCOPES and form["grant_type"] == "refresh_token":
        whole["scope"] = _SCOPES[_Provider(connection.provider)]
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        answer = post(resolve(token_url(connection)), urlencode(whole).encode(), headers)
    except NotOutside as refusal:
        raise MailTrouble(Trouble.TOKEN, str(refusal)) from refusal
    except (OSError, HTTPException) as error:
        # The provider is away: that passes, and is no reason to authorise anew.
        raise MailTrouble(Trouble.SILENT, f"{token_url(connection)}: {trouble_of(error).detail}") from error
    return _read(answer.status, answer.text)


def _read(status: int, text: str) -> Tokens:
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        said = {}
    if status >= 500:
        raise MailTrouble(Trouble.SERVER, f"the provider's token service answered {status}")
    if not isinstance(said.get("access_token"), str):
        words = said.get("error_description") or said.get("error") or f"status {status}"
        raise MailTrouble(Trouble.TOKEN, str(words))
    refresh, lasts = said.get("refresh_token"), said.get("expires_in")
    seconds = int(str(lasts)) if str(lasts).isdecimal() else USUAL_LIFE
    return Tokens(
        said["access_token"], refresh if isinstance(refresh, str) else "", timedelta(seconds=seconds)
    )


def _keep(connection: MailboxConnection, given: Tokens, *, at: datetime) -> None:
    connection.access_token = seal(given.access)
    connection.access_until = at + given.lasts
    if given.refresh:
        connection.refresh_token = seal(given.refresh)
    connection.save(update_fields=["access_token", "access_until", "refresh_token"])
