"""My requests: the list, and one request in plain words."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.models import User
from helpdesk.portal import drafts
from helpdesk.portal.forms import RatingForm, ReplyForm, StillBrokenForm, WorksForm, colleagues
from helpdesk.portal.guard import PortalRequest, Visit, member_page, visit_page
from helpdesk.portal.narrowing import NarrowForm
from helpdesk.portal.promises import promised, promised_to
from tickets import sentences
from tickets.models import (
    Attachment,
    Audience,
    CustomField,
    FieldValue,
    Link,
    LinkType,
    Message,
    MessageKind,
    Status,
    Ticket,
    TicketQuerySet,
    Watch,
)
from tickets.permissions import is_desk
from tickets.queries import listing
from tickets.queries.searching import search
from tickets.refusals import Invalid

PAGE_SIZE = 25
MOST_FOUND = 8
FINAL = [Status.CLOSED, Status.CANCELLED]
USER = CustomField.Type.USER


@dataclass(frozen=True)
class Tab:
    name: str
    label: str | Promise
    condition: Q


def tabs_of(person: User) -> list[Tab]:
    """The lists that this person has: own, followed and, where allowed, those of the whole organisation."""
    watched = Watch.objects.filter(user=person).values("ticket_id")
    tabs = [
        Tab("mine", _("My requests"), Q(requester=person)),
        Tab("followed", _("I follow"), Q(pk__in=watched)),
    ]
    if person.sees_organisation and person.organisation_id:
        whole = Q(organisation_id=person.organisation_id)
        tabs.append(Tab("organisation", person.organisation.name, whole))  # type: ignore[union-attr]
    return tabs


@dataclass(frozen=True)
class Asked:
    """Which list an address names, and what it is narrowed to."""

    tab: Tab
    state: str
    narrow: NarrowForm | None
    condition: Q

    @property
    def scope(self) -> str:
        """A page of one list is none of another."""
        narrowed = f".{self.narrow.scope}" if self.narrow and self.narrow.is_narrowed else ""
        return f"portal.{self.tab.name}.{self.state}{narrowed}"


def asked_for(request: PortalRequest) -> Asked:
    tabs = tabs_of(request.user)
    tab = next((tab for tab in tabs if tab.name == request.GET.get("of")), tabs[0])
    state = "done" if request.GET.get("state") == "done" else "open"
    condition = tab.condition & (Q(status__in=FINAL) if state == "done" else ~Q(status__in=FINAL))
    if tab.name != "organisation":
        return Asked(tab, state, None, condition)
    narrow = NarrowForm(request.GET, is_open=state == "open")
    return Asked(tab, state, narrow, condition & narrow.condition())


@require_safe
@member_page
def index(request: PortalRequest) -> HttpResponseBase:
    asked = asked_for(request)
    words = request.GET.get("q", "").replace("\x00", "").strip()[:250]
    context: dict[str, Any] = {
        "tabs": tabs_of(request.user),
        "tab": asked.tab,
        "state": asked.state,
        "q": words,
        "narrow": None if words else asked.narrow,
        "export_url": f"/requests/export.csv?{_without_page(request)}",
    }
    if words:
        found = search(request.user, words, limit=listing.PAGE_SIZE, within=asked.tab.condition)
        context |= {"tickets": found, "is_cut": len(found) == listing.PAGE_SIZE}
    else:
        page = _page(request, asked)
        context |= {"tickets": page.tickets, "older": page.next, "newer": page.previous}
    told = promised_to(context["tickets"], at=timezone.now())
    context["rows"] = [(ticket, told.get(ticket.pk)) for ticket in context["tickets"]]
    return render(request, "portal/requests.html", context)


def _without_page(request: PortalRequest) -> str:
    asked = request.GET.copy()
    for name in ("after", "before", "q"):
        asked.pop(name, None)
    return asked.urlencode()


def _page(request: PortalRequest, asked: Asked) -> listing.Page:
    rows = Ticket.objects.visible_to(request.user).filter(asked.condition)
    cursor = request.GET.get("after") or request.GET.get("before")
    try:
        return listing.page(rows, sort="changed", scope=asked.scope, cursor=cursor, size=PAGE_SIZE)
    except Invalid:
        # A damaged or an old address: the first page is what was meant.
        return listing.page(rows, sort="changed", scope=asked.scope, size=PAGE_SIZE)


@require_safe
@visit_page
def detail(request: PortalRequest, visit: Visit) -> HttpResponseBase:
    return show(request, visit)


def show(request: PortalRequest, visit: Visit, *, status: int = 200, **forms: Any) -> HttpResponse:
    """The page of one request; `forms` are those that come back with an error."""
    kept = drafts.Kept() if visit.by_link else drafts.kept_at(request, visit.person, place_of(visit))
    ticket = visit.ticket
    context = {
        "ticket": ticket,
        "visit": visit,
        "place": place_of(visit),
        "kept": None if "reply" in forms else kept,
        "reply": forms.get("reply")
        or ReplyForm(None, person=visit.person, initial=kept.initial(), uploads=kept.uploads),
        "still_broken": forms.get("still_broken") or StillBrokenForm(auto_id="broken_%s"),
        "works": forms.get("works") or WorksForm(auto_id="works_%s"),
        "rating": forms.get("rating") or RatingForm(auto_id="rating_%s"),
        "upload_url": f"/files/upload/?for={ticket.number}" if visit.by_link else "/files/upload/",
        "max_bytes": settings.ATTACHMENT_MAX_BYTES,
        "drafts_sent": drafts.sent_since(request),
        **_story(visit),
        **_around(request, visit),
    }
    return render(request, "portal/request.html", context, status=status)


def place_of(visit: Visit) -> str:
    return f"request-{visit.ticket.pk}-reply"


@dataclass(frozen=True)
class Said:
    """One card of the conversation, or, without a body, one line of what happened."""

    at: datetime
    sentence: str = ""
    body: str = ""
    author: User | None = None
    about: str | Promise = ""
    is_mine: bool = False
    redacted: str | Promise = ""
    anchor: str = ""
    original: str = ""
    files: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_message(self) -> bool:
        return self.anchor != ""


ABOUT = {
    MessageKind.QUESTION: _("asks you"),
    MessageKind.RESOLUTION: _("solved it"),
    MessageKind.COMMENT: _("about the rating"),
}


def _story(visit: Visit) -> dict[str, Any]:
    """How it stands, and what was said, from public facts only."""
    ticket = visit.ticket
    where = sentences.where(ticket, visit.person)
    owed = promised(ticket, at=timezone.now())
    return {
        "where": where,
        "promised": owed,
        "steps": [(step, owed.solved_by if step.state == "todo" else "") for step in sentences.steps(ticket)],
        "conversation": _conversation(visit),
        "is_resolved": ticket.status == Status.RESOLVED,
        "asks_for_answer": ticket.status == Status.PENDING_REQUESTER,
        "may_act": visit.is_requester_side and not visit.by_link,
        "may_rate": visit.is_requester_side and ticket.status == Status.CLOSED,
    }


def dots(steps: Iterable[sentences.Step]) -> list[dict[str, str]]:
    return [{"text": step.label, "state": step.state} for step in steps]


def _conversation(visit: Visit) -> list[Said]:
    """Public messages, and the lines that a requester is told.

    A technician who asks for help reads here what every requester reads: their own side shows in the workspace.
    """
    hears_more = is_desk(visit.person)
    rows = []
    for item in sentences.timeline(visit.ticket, visit.person):
        if item.message is None and not hears_more:
            rows.append(Said(at=item.at, sentence=item.sentence))
        elif item.message is not None and item.message.audience == Audience.PUBLIC:
            rows.append(_card(item.message, item.attachments, visit.person, original=_original(visit, item)))
    return rows


def _original(visit: Visit, item: sentences.Item) -> str:
    """The page of the mail that a message came by. Who came by a link has no login, and that page wants one; of
    what the desk wrote or forwarded the original stays with the desk."""
    event, message = item.event, item.message
    if visit.by_link or event is None or message is None or "mail_in" not in event.data:
        return ""
    if message.from_desk or event.by_id != message.author_id:
        return ""
    return f"/tickets/{visit.ticket.number}/mails/{event.data['mail_in']}/"


def _card(message: Message, attachments: Iterable[Attachment], person: User, *, original: str = "") -> Said:
    is_redacted = message.redacted_at is not None
    return Said(
        at=message.at,
        body=message.body,
        author=message.author,
        about=ABOUT.get(MessageKind(message.kind), ""),
        is_mine=message.author_id == person.pk,
        redacted=_("This text was removed.") if is_redacted else "",
        anchor=f"message-{message.pk}",
        original="" if is_redacted else original,
        files=[
            {"url": f"/files/{row.pk}/", "name": row.name, "size": row.size}
            for row in attachments
            if row.redacted_at is None and (row.min_tier == 0 or row.uploaded_by_id == person.pk)
        ],
    )


def _around(request: PortalRequest, visit: Visit) -> dict[str, Any]:
    """What stands beside the conversation."""
    ticket, words = visit.ticket, request.GET.get("colleague", "")
    watchers = [row.user for row in Watch.objects.filter(ticket=ticket).select_related("user")]
    may_share = visit.is_requester_side and not visit.by_link
    return {
        "answers": _answers(ticket),
        "watchers": [user for user in watchers if user.organisation_id == ticket.organisation_id],
        "may_share": may_share,
        "colleague": words,
        "found": _addable(visit, watchers, words) if may_share else None,
        "related": [] if visit.by_link else _related(visit),
    }


def _answers(ticket: Ticket) -> list[tuple[str, Any]]:
    """What was asked besides, by its label."""
    rows = FieldValue.objects.filter(ticket=ticket, field__for_requesters=True, field__min_tier=0)
    found = list(rows.select_related("field").order_by("field__position"))
    named = [row.value for row in found if row.field.type == USER and row.value]
    people = User.objects.in_bulk(named) if named else {}
    return [(row.field.label, _shown(row, people)) for row in found if row.value not in (None, "", False)]


def _shown(row: FieldValue, people: dict[int, User]) -> Any:
    if row.field.type == USER:
        return people.get(row.value, "")
    if row.field.type == CustomField.Type.DATE:
        return formats.date_format(date.fromisoformat(row.value), "DATE_FORMAT")
    return _("yes") if row.value is True else row.value


def _addable(visit: Visit, watchers: list[User], words: str) -> list[User] | None:
    words = words.replace("\x00", "").strip()[:100]
    if len(words) < 2 or visit.person.organisation_id != visit.ticket.organisation_id:
        return None
    there = [user.pk for user in watchers] + [visit.ticket.requester_id]
    return list(colleagues(visit.person).find(words).exclude(pk__in=there).order_by("name")[:MOST_FOUND])


def _related(visit: Visit) -> TicketQuerySet:
    """What it follows or was joined with, as far as this person may see it."""
    ticket = visit.ticket
    ties = Link.objects.filter(type__in=[LinkType.FOLLOW_UP, LinkType.SPLIT])
    near = Q(pk__in=ties.filter(ticket=ticket).values("other")) | Q(
        pk__in=ties.filter(other=ticket).values("ticket")
    )
    if ticket.merged_into_id:
        near |= Q(pk=ticket.merged_into_id)
    mine = Q(requester=visit.person) | Q(organisation_id=ticket.organisation_id)
    return Ticket.objects.visible_to(visit.person).filter(near).filter(mine).order_by("pk")[:10]
