"""Addresses at which mail comes back: marked by what came back, trusted again by somebody's word."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.models import User
from accounts.permissions import may_find_people
from accounts.refusals import NotAllowed

LONGEST_REASON = 300


@transaction.atomic
def mark_bounced(person: User, *, reason: str, at: datetime) -> User:
    """Mail to this person comes back for good: nothing more is written to the address. The first reason stays."""
    person = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if person.mail_bounced_at is None:
        person.mail_bounced_at = at
        person.mail_bounce = " ".join(reason.replace("\x00", "").split())[:LONGEST_REASON]
        person.save(update_fields=["mail_bounced_at", "mail_bounce"])
        events.record(events.MAIL_BOUNCED, by=None, at=at, person=person)
    return person


@transaction.atomic
def trust_address(person: User, *, by: User | None, at: datetime) -> User:
    """The address works (again): mail goes there from now on.

    Raises:
        NotAllowed: only the desk says so.
    """
    if by is not None and not may_find_people(by):
        raise NotAllowed(_("Only people of the desk say that an address works again."), field="email")
    person = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if person.mail_bounced_at is not None:
        person.mail_bounced_at, person.mail_bounce = None, ""
        person.save(update_fields=["mail_bounced_at", "mail_bounce"])
        events.record(events.MAIL_TRUSTED, by=by, at=at, person=person)
    return person
