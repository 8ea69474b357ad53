"""Who is told that there is something to read, and that a draft waits for them: by mail, and in their notices.

Carried out by the worker; each may run twice.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.current import current_desk
from accounts.models import User
from delivery.letters import Letter
from delivery.models import Delivery
from delivery.operations.telling import News, tell
from helpdesk.telling import numbers
from helpdesk.telling.writing import about_desk, compose, inline, link, written
from knowledgebase import events
from knowledgebase.models import Announcement
from knowledgebase.queries.announcing import asked_whom, who_has_not_read
from tickets.models import Event

KIND = events.ANNOUNCED
NO_TICKET = numbers.NO_TICKET
notice_key, announcement_of = numbers.of_announcement, numbers.announcement_of


def tell_of_announcement(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """To everybody who is asked to read it and may. One that was overtaken meanwhile tells nobody."""
    rows = Announcement.objects.current().select_related("article", "version", "by")
    row = rows.filter(pk=payload["announcement"]).first()
    if row is not None and row.article.is_published:
        tell(asked_whom(row), _news(row, at))


def remind_readers(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """To everybody who has not read it when this is carried out."""
    rows = Announcement.objects.current().select_related("article", "version", "by")
    row = rows.filter(pk=payload["announcement"]).first()
    if row is not None:
        tell(who_has_not_read(row), _news(row, at, reminder=payload["day"]))


def tell_of_draft(event: Event, at: datetime) -> None:
    """To whoever found the fix, in their notices: a draft of it waits to be looked through."""
    if event.data.get("asked") and event.by is not None:
        news = News(
            kind="drafts",
            key=f"event:{event.pk}",
            at=at,
            event_kind=event.kind,
            event_id=event.pk,
            ticket_number=event.ticket_id,
        )
        tell([event.by], news)


def _news(row: Announcement, at: datetime, *, reminder: str = "") -> News:
    """`reminder` is the day of it: one mail a day and person."""

    def write(person: User) -> Letter:
        return _letter(row, person, "still_to_read" if reminder else "announced")

    return News(
        kind="announcements",
        key=f"announcement:{row.pk}" + (f":{reminder}" if reminder else ""),
        at=at,
        write=write,
        event_kind=KIND,
        event_id=notice_key(row.pk),
        again=bool(reminder),
    )


def _letter(row: Announcement, person: User, name: str) -> Letter:
    by, title = row.by.name if row.by else "", row.article.title
    asks = (
        _("%(name)s asks you to read “%(title)s”, and to say that you have.") % {"name": by, "title": title}
        if by
        else _("Please read “%(title)s”, and say that you have.") % {"title": title}
    )
    desk = current_desk()
    values = {
        **about_desk(desk, person.first_name),
        "title": inline(title),
        "by": inline(by or desk.name),
        "asks": inline(asks),
        "note": written(row.note),
        "summary": written(row.version.summary),
        "link": link(f"{settings.BASE_URL.rstrip('/')}/desk/announcements/{row.pk}/"),
    }
    return compose(
        name, values, language=person.language, organisation=person.organisation_id, sender_name=by
    )
