"""Names and colours of statuses: by installation and language, for the desk and for requesters apart."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import current
from accounts import events as accounts
from accounts.models import Desk, User
from tickets.settings import events, kept
from tickets.settings.operations import require_administrator


@transaction.atomic
def change_statuses(statuses: Mapping[str, Any], *, by: User | None, at: datetime) -> Desk:
    """Set names and colours by code of a status; what is not named is as shipped. Tickets are not touched."""
    require_administrator(by)
    Desk.load()
    desk = Desk.objects.select_for_update().get()
    kept.begin_statuses(desk, at)
    before, after = desk.statuses, dict(statuses)
    changed = sorted(code for code in {*before, *after} if before.get(code) != after.get(code))
    if changed:
        desk.statuses = after
        desk.save(update_fields=["statuses"])
        kept.keep_statuses(desk, accounts.record(events.STATUSES_CHANGED, by=by, at=at, statuses=changed))
        current.forget()
        transaction.on_commit(current.forget)
    return desk
