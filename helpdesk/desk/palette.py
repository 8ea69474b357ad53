"""What the palette (Ctrl K) asks the server: the pages of a person once, and what typed words find."""

from typing import Any

from django.db.models import Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.permissions import may_find_people
from accounts.queries import find_people
from helpdesk.desk.guard import DeskRequest, desk_page, is_guest, pk_of
from helpdesk.desk.sending import url_of
from knowledgebase.models import Article, ArticleQuerySet
from tickets.naming import status_name
from tickets.queries.searching import search

LONGEST = 200
"""Characters that are looked for; what is longer is cut, and that is said."""
MOST_TICKETS, MOST_PEOPLE, MOST_ARTICLES = 8, 5, 5
MOST_WORDS = 6
SHORTEST = 2
"""A single letter finds too much to help."""
LIKE = 3
"""Where one part has so many letters, all are looked for anywhere in a title; else words begin with them."""


@require_safe
@desk_page
def found(request: DeskRequest) -> HttpResponse:
    """`?q=` a number or words: tickets, people and articles that this person may see, at most six queries."""
    typed = request.GET.get("q", "").replace("\x00", "").strip()
    words = typed[:LONGEST]
    if len(words) < SHORTEST and not pk_of(words):
        return JsonResponse({"groups": [], "cut": 0})
    groups = [
        {"label": _("Tickets"), "items": _tickets(request, words)},
        {"label": _("People"), "items": _people(request, words)},
        {"label": _("Articles"), "items": _articles(request, words)},
    ]
    shown = [group for group in groups if group["items"]]
    return JsonResponse({"groups": shown, "cut": LONGEST if len(typed) > LONGEST else 0})


@require_safe
@desk_page
def pages(request: DeskRequest) -> HttpResponse:
    """Every page that this person can go to, as links: the palette asks once and looks through them by itself."""
    return render(request, "desk/palette/_pages.html")


def _tickets(request: DeskRequest, words: str) -> list[dict[str, Any]]:
    rows = search(request.user, words, limit=MOST_TICKETS)
    return [
        {
            "label": ticket.subject or ticket.number,
            "sub": f"{ticket.number} · {status_name(ticket.status)}",
            "url": url_of(ticket.pk),
        }
        for ticket in rows
    ]


def _people(request: DeskRequest, words: str) -> list[dict[str, Any]]:
    """Whoever is found leads to their open tickets; for administrators to their page in the settings."""
    if not may_find_people(request.user) or not any(map(str.isalpha, words)):
        return []
    page = (
        "/settings/people/{}/"
        if request.user.is_administrator
        else "/desk/queues/all/?requester={}&open=true"
    )
    return [
        {"label": row["text"], "sub": row["sub"], "url": page.format(row["value"])}
        for row in find_people(" ".join(words.split()[:MOST_WORDS]))[:MOST_PEOPLE]
    ]


def _with_word(rows: ArticleQuerySet, beginning: str) -> ArticleQuerySet:
    return rows.filter(Q(title__istartswith=beginning) | Q(title__icontains=f" {beginning}"))


def _articles(request: DeskRequest, words: str) -> list[dict[str, Any]]:
    """By words of their titles: whoever looks for what stands in a text uses the search of articles."""
    parts = words.split()[:MOST_WORDS]
    if is_guest(request.user) or not parts:
        return []
    rows: ArticleQuerySet = Article.objects.visible_to(request.user)
    is_long = any(len(part) >= LIKE for part in parts)
    for part in parts:
        rows = rows.filter(title__icontains=part) if is_long else _with_word(rows, part)
    return [
        {"label": title, "sub": "", "url": f"/desk/articles/{key}/"}
        for key, title in rows.order_by("title", "id").values_list("pk", "title")[:MOST_ARTICLES]
    ]
