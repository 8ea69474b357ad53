"""A person's own notices, newest first: what happened to tickets that they should know of."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.keys import key_of
from accounts.models import AccountEvent
from delivery.models import Notice
from delivery.operations import mark_read
from delivery.paging import page_of
from helpdesk.announcement_notices import KIND as ANNOUNCED
from helpdesk.announcement_notices import announcement_of
from helpdesk.desk.counts import forget_counts
from helpdesk.desk.guard import DeskRequest, technicians_page
from helpdesk.vendor_notices import CONTRACT_KINDS, contract_words
from knowledgebase.events import DRAFTED
from knowledgebase.models import Announcement
from sla import events
from sla.models import Metric
from tickets.models import NUMBER_PREFIX, Event, Ticket
from tickets.sentences import sentences

PAGE = "/desk/notices/"
PROMISES = (events.WARNED, events.BREACHED)


@dataclass(frozen=True)
class Line:
    """A notice in words. The ticket is None where its reader may not open it any more."""

    notice: Notice
    event: Event | None
    ticket: Ticket | None
    words: str = ""
    """The event as the ticket's history says it, where it is none of a clock."""

    @property
    def number(self) -> str:
        return f"{NUMBER_PREFIX}{self.notice.ticket_number}"

    @property
    def is_breach(self) -> bool:
        return self.notice.kind == events.BREACHED

    @property
    def is_contract(self) -> bool:
        """Whether it tells of a contract with a vendor: of no ticket, and `words` say all."""
        return self.notice.kind in CONTRACT_KINDS

    @property
    def is_announcement(self) -> bool:
        """Whether it asks to read an article: of no ticket, and `words` are its title."""
        return self.notice.kind == ANNOUNCED

    @property
    def url(self) -> str:
        """Where it leads, other than to its ticket."""
        if self.is_announcement:
            return f"/desk/announcements/{announcement_of(self.notice.event_id)}/"
        if self.notice.kind == DRAFTED and self.event is not None:
            return f"/desk/drafts/{self.event.data['article']}/"
        return ""

    @property
    def is_promise(self) -> bool:
        """Whether it tells of a clock; rules tell of anything."""
        return self.notice.kind in PROMISES

    @property
    def sentence(self) -> str:
        if self.is_contract or self.is_announcement:
            return self.words
        if self.event is None:
            return ""
        if not self.is_promise:
            return self.words
        data = self.event.data
        words = {"metric": Metric(data["metric"]).label, "share": data["share"]}
        if self.is_breach:
            return _("The time for “%(metric)s” is over.") % words
        return _("%(share)s %% of the time for “%(metric)s” is used.") % words


@require_safe
@technicians_page
def notices(request: DeskRequest) -> HttpResponse:
    own = Notice.objects.filter(person=request.user)
    page = page_of(own, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    context = {
        "lines": _lines(page.rows, request),
        "page": page,
        "has_unread": own.filter(read_at__isnull=True).exists(),
    }
    return render(request, "desk/notices.html", context)


@require_POST
@technicians_page
def read(request: DeskRequest) -> HttpResponseBase:
    """One notice is read (`notice`), or all; another's is left alone."""
    given = request.POST.get("notice")
    mark_read(by=request.user, at=timezone.now(), key=None if given is None else key_of(given))
    forget_counts(request.user)
    return redirect(PAGE)


def _lines(rows: Iterable[Notice], request: DeskRequest) -> list[Line]:
    rows = list(rows)
    told = Event.objects.in_bulk([row.event_id for row in rows])
    visible = Ticket.objects.visible_to(request.user).in_bulk([row.ticket_number for row in rows])
    others = [event for event in told.values() if event.kind not in PROMISES]
    words = {event.pk: text for event, text in zip(others, sentences(others, request.user), strict=True)}
    words |= _about_contracts(rows) | _about_articles(rows, request)
    return [
        Line(row, told.get(row.event_id), visible.get(row.ticket_number), words.get(row.event_id, ""))
        for row in rows
    ]


def _about_contracts(rows: list[Notice]) -> dict[int, str]:
    """By the notice's event, which is one of the settings' history and counted below nothing."""
    keys = [-row.event_id for row in rows if row.kind in CONTRACT_KINDS]
    events = list(AccountEvent.objects.filter(pk__in=keys)) if keys else []
    return {-event.pk: text for event, text in zip(events, contract_words(events), strict=True)}


def _about_articles(rows: list[Notice], request: DeskRequest) -> dict[int, str]:
    """The title of what is announced, where they may read it still."""
    keys = {announcement_of(row.event_id): row.event_id for row in rows if row.kind == ANNOUNCED}
    if not keys:
        return {}
    found = Announcement.objects.visible_to(request.user).filter(pk__in=keys).select_related("article")
    titles = {keys[row.pk]: row.article.title for row in found}
    return {
        event: titles.get(event, _("An article that you may not read any more")) for event in keys.values()
    }
