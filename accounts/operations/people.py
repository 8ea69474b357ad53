"""People: added, changed, sent away and let back in. The only writers of who may do what company-wide."""

from datetime import datetime
from typing import TypedDict, Unpack

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.models import Organisation, User
from accounts.refusals import AddressTaken, LastAdministrator, ManagersInACircle, NotAllowed, NotOneself

RIGHTS = ("is_manager", "is_administrator", "is_staff", "sees_organisation")


class PersonDetails(TypedDict, total=False):
    organisation: Organisation | None
    employee_number: str
    phone: str
    location: str
    device: str
    manager: User | None
    is_vip: bool
    reach_by: str
    reach_when: str
    timezone: str
    language: str
    sees_organisation: bool
    is_manager: bool
    is_administrator: bool
    is_staff: bool
    single_keys: bool


class PersonChanges(PersonDetails, total=False):
    name: str
    email: str


@transaction.atomic
def create_person(
    *,
    email: str,
    name: str,
    by: User | None,
    at: datetime,
    password: str | None = None,
    **details: Unpack[PersonDetails],
) -> User:
    """Add a person. Without a password they cannot log in until they set one through an invitation.

    Raises:
        AddressTaken: somebody has this address already.
    """
    _require_administrator(by, [name for name in RIGHTS if details.get(name)])
    try:
        with transaction.atomic():
            person = User.objects.create_user(email, password, name=name, date_joined=at, **details)
            _vouch_for_address(person)
    except IntegrityError as trouble:
        raise AddressTaken(email) from trouble
    rights: list[events.Fact] = [name for name in RIGHTS if details.get(name)]
    events.record(events.PERSON_CREATED, by=by, at=at, person=person, rights=rights)
    return person


@transaction.atomic
def change_person(person: User, *, by: User | None, at: datetime, **changes: Unpack[PersonChanges]) -> User:
    """Change what is known of a person, or what they may do company-wide. What is not named stays.

    Raises:
        AddressTaken, LastAdministrator, ManagersInACircle
        NotAllowed: rights are given and taken by administrators only.
    """
    person = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if "email" in changes:
        changes["email"] = changes["email"].lower()
    found = events.differences(person, dict(changes))
    if not found:
        return person
    _require_administrator(by, [name for name in RIGHTS if name in found])
    if "is_administrator" in found and not person.is_administrator:
        _require_another_administrator(person, field="is_administrator")
    if "manager" in found:
        _require_no_circle(person)
    try:
        with transaction.atomic():
            fields = events.changed_fields(found)
            if "email" in fields:
                person.mail_bounced_at, person.mail_bounce = None, ""
                fields += ["mail_bounced_at", "mail_bounce"]
            person.save(update_fields=fields)
            if "email" in _words(found):
                _vouch_for_address(person)
    except IntegrityError as trouble:
        raise AddressTaken(person.email) from trouble
    events.record(events.PERSON_CHANGED, by=by, at=at, person=person, changes=found)
    return person


@transaction.atomic
def deactivate(person: User, *, by: User | None, at: datetime) -> User:
    """Let somebody in no more: every session ends now. Their tickets and their history stay.

    What they have open is handed on by `helpdesk.desk.leaving`, which can see tickets.

    Raises:
        NotOneself, LastAdministrator
    """
    person = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
    _require_administrator(by, ["is_active"])
    if not person.is_active:
        return person
    if by is not None and by.pk == person.pk:
        raise NotOneself
    if person.is_administrator:
        _require_another_administrator(person)
    person.is_active = False
    person.save(update_fields=["is_active"])
    sessions = _end_sessions(person)
    events.record(events.PERSON_DEACTIVATED, by=by, at=at, person=person, sessions=sessions)
    return person


@transaction.atomic
def reactivate(person: User, *, by: User | None, at: datetime) -> User:
    """Let somebody in again, with the teams and rights they had."""
    person = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
    _require_administrator(by, ["is_active"])
    if not person.is_active:
        person.is_active = True
        person.save(update_fields=["is_active"])
        events.record(events.PERSON_REACTIVATED, by=by, at=at, person=person)
    return person


@transaction.atomic
def log_out(person: User, *, by: User | None, at: datetime) -> int:
    """End every session of this person, as after a lost laptop; answers how many there were."""
    _require_administrator(by, ["sessions"])
    ended = _end_sessions(person)
    events.record(events.PERSON_LOGGED_OUT, by=by, at=at, person=person, sessions=ended)
    return ended


def _vouch_for_address(person: User) -> None:
    """allauth keeps addresses of its own: the old ones must not log in any more.

    Whoever wrote the new one down answers for it: the person need not confirm it after choosing a password.
    """
    EmailAddress.objects.filter(user_id=person.pk).delete()
    EmailAddress.objects.create(user_id=person.pk, email=person.email, verified=True, primary=True)


def _end_sessions(person: User) -> int:
    sessions = list(UserSession.objects.filter(user_id=person.pk))
    for session in sessions:
        session.end()
    return len(sessions)


def _require_administrator(by: User | None, rights: list[str]) -> None:
    """`by=None` is the system: the set-up, the demo, a command on the server."""
    if rights and by is not None and not by.is_administrator:
        raise NotAllowed(_("Only administrators can change what people may do."), field=rights[0])


def _require_another_administrator(person: User, *, field: str | None = None) -> None:
    """Locks the administrators, so that two of them cannot send each other away at once."""
    others = User.objects.active().filter(is_administrator=True).exclude(pk=person.pk)
    if not list(others.select_for_update(of=("self",)).values_list("pk", flat=True)):
        raise LastAdministrator(field=field)


def _require_no_circle(person: User) -> None:
    """Reads each manager anew: the rows at hand may be older than the database."""
    seen, above = {person.pk}, person.manager_id
    while above is not None:
        if above in seen:
            raise ManagersInACircle
        seen.add(above)
        above = User.objects.filter(pk=above).values_list("manager_id", flat=True).first()


def _words(found: dict[str, events.Fact]) -> list[events.Fact]:
    words = found.get("words", [])
    return words if isinstance(words, list) else []
