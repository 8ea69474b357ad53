"""Tokens of the API: made, shown once, used, revoked. And the accounts of services that hold some."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import events
from accounts.models import Organisation, Token, User
from accounts.models.tokens import SCOPES
from accounts.operations.people import create_person
from accounts.permissions import may_administer
from accounts.prepared import Prepared
from accounts.refusals import Invalid, NotAllowed

KEPT = timedelta(days=90)
"""How long a token that is over is still listed."""
NOTED_EVERY = timedelta(minutes=1)
"""`last_used_at` is written so often at most: a busy client would else write with every request."""
MOST = 50
LONGEST_TEXT = 100
SERVICE_DOMAIN = "service.invalid"
"""A login is a mail address; a service gets one that no mail can reach (RFC 2606)."""


@transaction.atomic
def create_token(
    person: User,
    *,
    name: str,
    scopes: Iterable[str],
    by: User | None,
    at: datetime,
    max_tier: int | None = None,
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """A new token and its text, which nobody can read again.

    Raises:
        NotAllowed: it is for somebody else, and `by` is no administrator, or the person is no service.
        Invalid: `field` says what cannot be used.
    """
    _require_own(person, by)
    chosen = _checked(name=name, scopes=scopes, max_tier=max_tier, expires_at=expires_at, at=at)
    if not person.is_active:
        raise Invalid(_("%(name)s has left.") % {"name": person}, field="person")
    if person.tokens.filter(revoked_at=None).count() >= MOST:
        raise Invalid(_("%(n)d tokens are enough. Revoke one that is not used.") % {"n": MOST}, field="name")
    secret = secrets.token_urlsafe(32)
    token = Token.objects.create(
        person=person,
        name=name.strip(),
        digest=_digest(secret),
        scopes=chosen,
        max_tier=max_tier,
        created_at=at,
        created_by=by,
        expires_at=expires_at,
    )
    events.record(events.TOKEN_CREATED, by=by, at=at, person=person, token=token.pk, scopes=list(chosen))
    return token, f"{token.start}{secret}"


@transaction.atomic
def revoke_token(token: Token, *, by: User | None, at: datetime) -> Token:
    """Let it in no more, from this moment on.

    Raises:
        NotAllowed: it is somebody else's, and `by` is no administrator.
    """
    token = Token.objects.select_for_update(of=("self",)).select_related("person").get(pk=token.pk)
    if by != token.person and not may_administer(by):
        raise NotAllowed(_("Only administrators can revoke the tokens of others."))
    if token.revoked_at is None:
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
        events.record(events.TOKEN_REVOKED, by=by, at=at, person=token.person, token=token.pk)
    return token


@transaction.atomic
def create_service(
    *, name: str, by: User | None, at: datetime, organisation: Organisation | None = None
) -> User:
    """An account that a program acts with. Nobody can log in with it; it sits in teams as anybody does.

    Raises:
        NotAllowed: `by` is no administrator.
    """
    if not may_administer(by):
        raise NotAllowed(_("Only administrators make accounts for services."))
    name = " ".join(name.split())
    if not name or len(name) > 120:
        raise Invalid(_("Give it a name of at most 120 letters."), field="name")
    email = f"service-{secrets.token_hex(6)}@{SERVICE_DOMAIN}"
    service = create_person(email=email, name=name, organisation=organisation, by=by, at=at)
    service.is_service = True
    service.save(update_fields=["is_service"])
    return service


def use_token(text: str, *, at: datetime) -> Token | None:
    """The token with this text, with its person, if both may still come in; notes that it was used."""
    parts = text.split("_", 2)
    usable = len(text) <= LONGEST_TEXT and len(parts) == 3 and parts[0] == "td"
    if not usable or not (parts[1].isascii() and parts[1].isdecimal() and len(parts[1]) < 19):
        return None
    token = _tokens.first(key=int(parts[1]))
    if token is None or not hmac.compare_digest(token.digest, _digest(parts[2])):
        return None
    if token.revoked_at is not None or is_over(token, at=at) or not token.person.is_active:
        return None
    if token.last_used_at is None or at - token.last_used_at >= NOTED_EVERY:
        # In one statement, so that a slow request never puts the time back.
        Token.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=at), pk=token.pk).update(
            last_used_at=at
        )
    return token


def is_over(token: Token, *, at: datetime) -> bool:
    return token.expires_at is not None and token.expires_at <= at


def forget_tokens(*, at: datetime) -> int:
    """Drop what was revoked or has ended long ago; the history of accounts still tells of them."""
    long_ago = at - KEPT
    return Token.objects.filter(Q(revoked_at__lt=long_ago) | Q(expires_at__lt=long_ago)).delete()[0]


_tokens: Prepared[Token] = Prepared(
    lambda key: Token.objects.filter(pk=key).select_related("person").order_by(), "key"
)


def _digest(secret: str) -> str:
    """The secret has 256 bits of chance, so that a plain digest is enough: nobody can try them all."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _require_own(person: User, by: User | None) -> None:
    """An administrator makes tokens for services; for a colleague that would be to act in their name."""
    if by is None or by == person or (may_administer(by) and person.is_service):
        return
    raise NotAllowed(_("A token acts in its owner's name, so only they can make one."))


def _checked(
    *, name: str, scopes: Iterable[str], max_tier: int | None, expires_at: datetime | None, at: datetime
) -> list[str]:
    if not name.strip() or len(name) > 80:
        raise Invalid(_("Give the token a name of at most 80 letters, such as its program's."), field="name")
    chosen = sorted(set(scopes))
    unknown = [scope for scope in chosen if scope not in SCOPES]
    if unknown or not chosen:
        raise Invalid(
            _("There is no scope “%(scope)s”. Choose from: %(known)s.")
            % {"scope": ", ".join(unknown)[:60], "known": ", ".join(SCOPES)},
            field="scopes",
        )
    if max_tier is not None and max_tier not in range(5):
        raise Invalid(_("A tier is a number from 0 to 4."), field="max_tier")
    if expires_at is not None and expires_at <= at:
        raise Invalid(_("The end lies in the past. Choose a later time."), field="expires_at")
    return chosen
