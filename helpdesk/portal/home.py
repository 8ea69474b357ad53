"""The portal's first page: one search box, the common requests, and how one's own stand."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from helpdesk.portal import drafts
from helpdesk.portal.expecting import expectation, of_tiles
from helpdesk.portal.guard import PortalRequest, member_page
from helpdesk.portal.promises import promised_to
from helpdesk.portal.requests import dots
from knowledgebase.forms.searching import form_id
from knowledgebase.operations.searches import log_search
from knowledgebase.queries.searching import search as find_articles
from tickets.models import Category, Message, MessageKind, Status, Ticket
from tickets.queries.searching import search
from tickets.sentences import steps_of

MOST_ANSWERS = 6
MOST_ARTICLES = 4
MOST_TILES = 8
MOST_SHOWN = 6
MOST_READ = 50
WAITING = (Status.PENDING_REQUESTER, Status.RESOLVED)


@require_safe
@member_page
def home(request: PortalRequest) -> HttpResponseBase:
    answers = _answers(request)
    if request.htmx and not request.htmx.boosted:
        return render(request, "portal/_answers.html", answers)
    return render(request, "portal/home.html", {**answers, **_own(request)})


def _answers(request: PortalRequest) -> dict[str, Any]:
    """Articles and one's own requests with these words, and the way to write to us with them."""
    person, words = request.user, request.GET.get("q", "").replace("\x00", "").strip()[:250]
    form = form_id(request.GET.get("form", "")) or uuid.uuid4()
    found = search(person, words, limit=MOST_ANSWERS, within=Q(requester=person)) if words else []
    articles = find_articles(words, person, language=person.language, limit=MOST_ARTICLES)
    if request.method == "GET" and words and not articles.trouble:
        log_search(words, found=articles.total, language=person.language, form=form, at=timezone.now())
    return {
        "q": words,
        "found": found,
        "articles": articles,
        "form_id": form,
        "write_url": f"/requests/new/?{urlencode({'subject': words, 'form_id': form})}",
    }


def _own(request: PortalRequest) -> dict[str, Any]:
    person = request.user
    rows = Ticket.objects.visible_to(person).filter(requester=person).with_people()
    rows = rows.exclude(status__in=[Status.CLOSED, Status.CANCELLED]).order_by("-changed_at", "-pk")
    tickets = list(rows[:MOST_READ])
    waiting = [ticket for ticket in tickets if ticket.status in WAITING]
    moving = [ticket for ticket in tickets if ticket.status not in WAITING]
    how_far = steps_of(moving[:MOST_SHOWN])
    asked_by = _askers([ticket for ticket in waiting if ticket.status == Status.PENDING_REQUESTER])
    told = promised_to(moving[:MOST_SHOWN], at=timezone.now())
    common = Category.objects.active().filter(is_common=True, for_requesters=True)
    tiles = list(common.order_by("position", "name")[:MOST_TILES])
    took = of_tiles(tiles, at=timezone.now())
    return {
        "common": [(category, took.get(category.pk, "")) for category in tiles],
        "expectation": expectation(person, None, at=timezone.now()),
        "is_first_visit": not tickets
        and not Ticket.objects.visible_to(person).filter(requester=person).exists(),
        "waiting": [(ticket, asked_by.get(ticket.pk)) for ticket in waiting[:MOST_SHOWN]],
        "moving": [(ticket, dots(how_far[ticket.pk]), told.get(ticket.pk)) for ticket in moving[:MOST_SHOWN]],
        "more": max(0, len(moving) - MOST_SHOWN) + max(0, len(waiting) - MOST_SHOWN),
        "drafts_sent": drafts.sent_since(request),
    }


def _askers(tickets: list[Ticket]) -> dict[int, User | None]:
    """By ticket who asked the last question."""
    if not tickets:
        return {}
    rows = Message.objects.filter(ticket__in=tickets, kind=MessageKind.QUESTION).select_related("author")
    return {row.ticket_id: row.author for row in rows.order_by("ticket_id", "-at").distinct("ticket_id")}
