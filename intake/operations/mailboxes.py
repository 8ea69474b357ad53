"""Mailboxes: made, changed, put to use and out of it. The history of settings tells each."""

import re
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events as accounts
from accounts.models import Organisation, Team, User
from accounts.permissions import may_administer
from accounts.refusals import NotAllowed, Refused
from intake import events
from intake.models import Mailbox, Policy
from intake.queries.addresses import bare
from tickets.models import Category

NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,39}$")
MOST_ALIASES = 50
VENDOR_TIER = 4


class BadMailbox(Refused):
    """A mailbox cannot be kept as given; `field` names what is wrong with it."""

    code = "unusable"
    http_status = 400

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message, field=field)


@dataclass(frozen=True, kw_only=True)
class MailboxWanted:
    """All that can be set of a mailbox."""

    name: str
    address: str
    aliases: list[str] = field(default_factory=list)
    team: Team | None = None
    category: Category | None = None
    organisation: Organisation | None = None
    policy: str = Policy.DOMAIN_HOLD
    domains: list[str] = field(default_factory=list)
    adds_copied: bool = False
    accepts_automatic: bool = False
    takes_plus: bool = True
    is_default: bool = False
    sender_name: str = ""


@transaction.atomic
def create_mailbox(wanted: MailboxWanted, *, by: User | None, at: datetime) -> Mailbox:
    """A mailbox, in use from now on; the first one speaks for every team that has none.

    Raises:
        BadMailbox: naming the field.
        NotAllowed: only administrators do this.
    """
    _require_administrator(by)
    _check(wanted, but=None)
    values = _values(wanted)
    values["is_default"] = wanted.is_default or not Mailbox.objects.filter(is_default=True).exists()
    if values["is_default"]:
        Mailbox.objects.filter(is_default=True).update(is_default=False)
    mailbox = Mailbox(created_at=at, **values)
    mailbox.save(force_insert=True)
    accounts.record(events.MAILBOX_CREATED, by=by, at=at, about=mailbox.pk)
    return mailbox


@transaction.atomic
def change_mailbox(mailbox: Mailbox, wanted: MailboxWanted, *, by: User | None, at: datetime) -> Mailbox:
    """Other settings for a mailbox; what came in before stays as it was filed.

    Raises:
        BadMailbox: naming the field.
        NotAllowed: only administrators do this.
    """
    _require_administrator(by)
    mailbox = Mailbox.objects.select_for_update(of=("self",)).get(pk=mailbox.pk)
    _check(wanted, but=mailbox)
    if mailbox.is_default and not wanted.is_default:
        raise BadMailbox(
            _("One mailbox speaks for teams without one. Let another one do it; this one stops then."),
            "is_default",
        )
    if wanted.is_default and not mailbox.is_default:
        Mailbox.objects.filter(is_default=True).update(is_default=False)
    found = accounts.differences(mailbox, _values(wanted))
    if found:
        mailbox.save(update_fields=accounts.changed_fields(found))
        accounts.record(events.MAILBOX_CHANGED, by=by, at=at, changes=found, about=mailbox.pk)
    return mailbox


@transaction.atomic
def use_mailbox(mailbox: Mailbox, *, is_enabled: bool, by: User | None, at: datetime) -> Mailbox:
    """Put it to use, or out of use: then what comes in waits in quarantine, and nothing is sent in its name."""
    _require_administrator(by)
    mailbox = Mailbox.objects.select_for_update(of=("self",)).get(pk=mailbox.pk)
    if mailbox.is_enabled != is_enabled:
        mailbox.is_enabled = is_enabled
        mailbox.save(update_fields=["is_enabled"])
        kind = events.MAILBOX_ENABLED if is_enabled else events.MAILBOX_DISABLED
        accounts.record(kind, by=by, at=at, about=mailbox.pk)
    return mailbox


def _values(wanted: MailboxWanted) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(wanted, name) for name in (each.name for each in fields(wanted))}
    values["address"] = wanted.address.lower()
    values["aliases"] = [alias.lower() for alias in wanted.aliases]
    values["domains"] = [domain.lower() for domain in wanted.domains]
    values["sender_name"] = " ".join(wanted.sender_name.split())
    return values


def _check(wanted: MailboxWanted, *, but: Mailbox | None) -> None:
    if not NAME.match(wanted.name):
        raise BadMailbox(_("A name has small letters, digits and hyphens only, such as support."), "name")
    others = list(Mailbox.objects.exclude(pk=but.pk) if but else Mailbox.objects.all())
    if any(other.name == wanted.name for other in others):
        raise BadMailbox(_("There is a mailbox “%(name)s” already.") % {"name": wanted.name}, "name")
    _check_address(wanted.address, others, "address")
    if len(wanted.aliases) > MOST_ALIASES:
        raise BadMailbox(_("At most %(n)d further addresses.") % {"n": MOST_ALIASES}, "aliases")
    for alias in wanted.aliases:
        _check_address(alias, others, "aliases")
        if bare(alias) == bare(wanted.address):
            raise BadMailbox(_("%(address)s is the address itself.") % {"address": alias}, "aliases")
    if wanted.policy not in Policy.values:
        raise BadMailbox(_("Choose what becomes of unknown senders."), "policy")
    if wanted.team is not None and not Team.objects.in_use().filter(pk=wanted.team.pk).exists():
        raise BadMailbox(_("%(team)s is out of use.") % {"team": wanted.team}, "team")
    if wanted.team is not None and wanted.team.tier_id == VENDOR_TIER:
        raise BadMailbox(_("A vendor's team reads no mail of ours: choose a team of the house."), "team")
    if any(mark in wanted.sender_name for mark in '<>@"\r\n'):
        raise BadMailbox(_("A sender's name holds no address and none of < > @ and quotes."), "sender_name")


def _check_address(address: str, others: list[Mailbox], field: str) -> None:
    try:
        validate_email(address)
    except ValidationError:
        raise BadMailbox(
            _("“%(address)s” is no mail address. Write it like support@example.com.")
            % {"address": address[:80]},
            field,
        ) from None
    if "+" in address.rpartition("@")[0]:
        raise BadMailbox(
            _("Leave out the + and what follows: mail to such addresses arrives at the one without it."),
            field,
        )
    taken = next((row for row in others if bare(address) in {bare(own) for own in row.addresses}), None)
    if taken is not None:
        raise BadMailbox(
            _("%(address)s belongs to the mailbox “%(name)s” already.")
            % {"address": address, "name": taken.name},
            field,
        )
    if User.objects.filter(email__iexact=address).exists():
        raise BadMailbox(
            _("%(address)s is the address of a person. What they write would be taken for the desk's own.")
            % {"address": address},
            field,
        )


def _require_administrator(by: User | None) -> None:
    if not may_administer(by):
        raise NotAllowed(_("Only administrators change mailboxes."))
