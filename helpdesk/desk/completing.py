"""What is offered while one types: people and teams behind @, tickets behind #, articles behind [[.

Each offer says what is put into the text. What the reader of the text may not read is shown with the reason, and
cannot be chosen: so nobody wonders why it is not found.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.models import Team, User
from helpdesk.desk.forms.conversation import NOTE, REPLY, VENDOR
from helpdesk.desk.guard import DeskRequest, technicians_page, ticket_or_404, with_people
from knowledgebase.models import Article, ArticleQuerySet
from knowledgebase.queries.quoting import link_to
from knowledgebase.queries.wording import visible_to
from tickets.models import Ticket
from tickets.naming import status_name
from tickets.queries.mentionable import people_of_desk, readers_of, teams_of_desk
from tickets.queries.searching import search

LONGEST = 80
MOST = 8
MOST_WORDS = 6

Offer = dict[str, Any]


@require_safe
@technicians_page
def complete(request: DeskRequest, number: str) -> JsonResponse:
    """`?what=mention|ticket|article&q=…&kind=reply|note|vendor`: at most eight offers, in at most six queries."""
    ticket = ticket_or_404(request.user, number, with_people)
    words = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    offers = OFFERS.get(request.GET.get("what", ""))
    return JsonResponse({"offers": offers(request, ticket, words) if offers else []})


def _mentions(request: DeskRequest, ticket: Ticket, words: str) -> list[Offer]:
    people = list(_begun(people_of_desk().exclude(pk=request.user.pk), words)[:MOST])
    teams = list(_begun(teams_of_desk().select_related("tier"), words)[:MOST])[: max(2, MOST - len(people))]
    people = people[: MOST - len(teams)]
    tier = _tier(request)
    seen, by_team = readers_of(ticket, people, teams, min_tier=tier)
    names = [each.name for each in people]
    return [
        *(_person(each, reads=each.pk in seen, is_shared=names.count(each.name) > 1) for each in people),
        *(_team(each, readers=len(by_team[each.pk])) for each in teams),
    ]


def _begun(rows: "QuerySet[Any]", words: str) -> "QuerySet[Any]":
    """Whoever has every word in their name; first those whose name begins with the first one."""
    parts = words.split()[:MOST_WORDS]
    for part in parts:
        rows = rows.filter(name__icontains=part)
    if not parts:
        return rows.order_by("name", "pk")
    first = Case(
        When(name__istartswith=parts[0], then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    return rows.order_by(first, "name", "pk")


def _person(person: User, *, reads: bool, is_shared: bool) -> Offer:
    seat = next((seat for seat in person.seats if not seat.is_vendor), None)
    return {
        "label": person.name,
        "sub": person.email if is_shared or seat is None else f"{seat.team_name} · L{seat.tier}",
        "insert": f"@{person.email if is_shared else person.name} ",
        "icon": "user",
        "why_not": "" if reads else _("may not read this ticket, or not this note"),
    }


def _team(team: Team, *, readers: int) -> Offer:
    return {
        "label": team.name,
        "sub": ngettext("team · %(n)d person is told", "team · %(n)d people are told", readers)
        % {"n": readers},
        "insert": f"@{team.name} ",
        "icon": "users",
        "why_not": "" if readers else _("nobody of this team may read it"),
    }


def _tickets(request: DeskRequest, ticket: Ticket, words: str) -> list[Offer]:
    found = [each for each in search(request.user, words, limit=MOST + 1) if each.pk != ticket.pk][:MOST]
    kind = request.GET.get("kind", NOTE)
    theirs: set[int] = set()
    if kind == REPLY and found:
        visible = Ticket.objects.visible_to(ticket.requester).filter(pk__in=[each.pk for each in found])
        theirs = set(visible.values_list("pk", flat=True))
    return [_ticket(each, kind, is_theirs=each.pk in theirs) for each in found]


def _ticket(ticket: Ticket, kind: str, *, is_theirs: bool) -> Offer:
    """For colleagues its page; for the requester theirs, where they may open it; else the number alone."""
    page = {NOTE: f"/desk/tickets/{ticket.number}/", REPLY: f"/requests/{ticket.number}/"}.get(kind, "")
    is_link = bool(page) and (kind == NOTE or is_theirs)
    return {
        "label": f"{ticket.number} {ticket.subject}",
        "sub": status_name(ticket.status)
        + ("" if is_link else f" · {_('its number alone: the reader may not open it')}"),
        "insert": f"[{ticket.number}]({_base()}{page}) " if is_link else f"{ticket.number} ",
        "icon": "inbox",
        "why_not": "",
    }


def _articles(request: DeskRequest, ticket: Ticket, words: str) -> list[Offer]:
    rows: ArticleQuerySet = Article.objects.visible_to(request.user)
    for part in words.split()[:MOST_WORDS]:
        rows = rows.filter(title__icontains=part)
    found = list(rows.order_by("title", "pk")[:MOST])
    kind = request.GET.get("kind", NOTE)
    readable = {each.pk for each in found}
    if kind != NOTE and found:
        reader = ticket.requester if kind == REPLY else AnonymousUser()
        readable = visible_to(reader).among(readable)
    why = {
        REPLY: _("%(name)s may not read it") % {"name": ticket.requester.first_name},
        VENDOR: _("not for everybody"),
    }
    return [
        {
            "label": each.title,
            "sub": "",
            "insert": f"{link_to(each, _base())} ",
            "icon": "book",
            "why_not": "" if each.pk in readable else why.get(kind, ""),
        }
        for each in found
    ]


OFFERS: dict[str, Callable[[DeskRequest, Ticket, str], list[Offer]]] = {
    "mention": _mentions,
    "ticket": _tickets,
    "article": _articles,
}


def _tier(request: DeskRequest) -> int:
    given = request.GET.get("tier", "")
    return int(given) if request.GET.get("kind") == NOTE and given in ("1", "2", "3", "4") else 0


def _base() -> str:
    return settings.BASE_URL.rstrip("/")
