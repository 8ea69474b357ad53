"""Asking somebody in: a mail with a link to choose a password, by the way of allauth's password reset."""

from collections.abc import Iterable
from datetime import datetime

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.db import transaction

from accounts import events
from accounts.models import User


@transaction.atomic
def invite(people: Iterable[User], *, by: User | None, at: datetime) -> int:
    """Write one invitation each into the outbox; answers how many. Who is deactivated gets none."""
    adapter, sent = get_adapter(), 0
    for person in people:
        if not person.is_active:
            continue
        key = f"{user_pk_to_url_str(person)}-{default_token_generator.make_token(person)}"
        context = {
            "user": person,
            "by": by,
            "password_reset_url": adapter.get_reset_password_from_key_url(key),
        }
        adapter.send_mail("account/email/invitation", person.email, context)
        events.record(events.PERSON_INVITED, by=by, at=at, person=person)
        sent += 1
    return sent
