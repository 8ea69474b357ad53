"""Sessions: where somebody is logged in, ended one by one or all at once."""

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.models import User
from accounts.permissions import may_administer
from accounts.refusals import NotAllowed


@transaction.atomic
def end_session(session: UserSession, *, by: User | None, at: datetime) -> None:
    """Log one browser out, as after a tablet was left at a customer's.

    Raises:
        NotAllowed: it is somebody else's, and `by` is no administrator.
    """
    person = User.objects.get(pk=session.user_id)
    _require_own(person, by)
    session.end()
    events.record(events.SESSION_ENDED, by=by, at=at, person=person)


@transaction.atomic
def end_other_sessions(person: User, *, keep: str | None, by: User | None, at: datetime) -> int:
    """End every session of this person but the one with the key `keep`; answers how many there were.

    Raises:
        NotAllowed: they are somebody else's, and `by` is no administrator.
    """
    _require_own(person, by)
    others = list(UserSession.objects.filter(user_id=person.pk).exclude(session_key=keep or ""))
    for session in others:
        session.end()
    if others:
        events.record(events.OTHER_SESSIONS_ENDED, by=by, at=at, person=person, sessions=len(others))
    return len(others)


def _require_own(person: User, by: User | None) -> None:
    if by != person and not may_administer(by):
        raise NotAllowed(_("Only administrators can end the sessions of others."))
