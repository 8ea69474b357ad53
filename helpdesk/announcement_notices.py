"""Who is told that there is something to read, and that a draft waits for them: by mail, and in their notices.

Carried out by the worker; each may run twice.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Desk, User
from delivery.models import Delivery
from delivery.operations import notify, notify_again, send_mail_row
from knowledgebase import events
from knowledgebase.models import Announcement
from knowledgebase.queries.announcing import asked_whom, who_has_not_read
from tickets.models import Event

KIND = events.ANNOUNCED
NO_TICKET = 0
BELOW_SETTINGS = 10**12
"""Notices of announcements have no event of a ticket: they count below nothing, and below all that the history of
settings will ever count there (helpdesk/vendor_notices.py)."""


def notice_key(announcement: int) -> int:
    return -(BELOW_SETTINGS + announcement)


def announcement_of(notice_event: int) -> int:
    """The announcement that a notice tells of."""
    return -notice_event - BELOW_SETTINGS


def tell_of_announcement(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """To everybody who is asked to read it and may. One that was overtaken meanwhile tells nobody."""
    rows = Announcement.objects.current().select_related("article", "version", "by")
    row = rows.filter(pk=payload["announcement"]).first()
    if row is None or not row.article.is_published:
        return
    people = asked_whom(row)
    notify(people, kind=KIND, ticket_number=NO_TICKET, event_id=notice_key(row.pk), at=at)
    desk = Desk.load()
    for person in people:
        _send(row, person, desk, at)


def remind_readers(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """To everybody who has not read it when this is carried out."""
    rows = Announcement.objects.current().select_related("article", "version", "by")
    row = rows.filter(pk=payload["announcement"]).first()
    people = who_has_not_read(row) if row is not None else []
    if row is None or not people:
        return
    notify_again(people, kind=KIND, ticket_number=NO_TICKET, event_id=notice_key(row.pk), at=at)
    desk = Desk.load()
    for person in people:
        _send(row, person, desk, at, reminder=payload["day"])


def tell_of_draft(event: Event, at: datetime) -> None:
    """To whoever found the fix, in their notices: a draft of it waits to be looked through."""
    if event.data.get("asked") and event.by is not None and event.by.is_active:
        notify([event.by], kind=event.kind, ticket_number=event.ticket_id, event_id=event.pk, at=at)


def _send(row: Announcement, person: User, desk: Desk, at: datetime, *, reminder: str = "") -> None:
    """Nothing to addresses that nobody has. `reminder` is the day of it: one mail a day and person."""
    if person.email.endswith(".invalid"):
        return
    with translation.override(person.language), timezone.override(person.zone):
        context = {
            "person": person,
            "desk": desk,
            "announcement": row,
            "is_reminder": bool(reminder),
            "url": f"{settings.BASE_URL.rstrip('/')}/desk/announcements/{row.pk}/",
        }
        subject = _("Still to be read: %(title)s") if reminder else _("Please read: %(title)s")
        text = render_to_string("mail/announced.txt", context)
    send_mail_row(
        to=person.email,
        subject=subject % {"title": row.article.title},
        text=text,
        person=person,
        dedupe_key=f"announcement:{row.pk}:{person.pk}" + (f":{reminder}" if reminder else ""),
        at=at,
    )
