"""Ready-made texts while one writes: filled in for the ticket, found by typing `/`, most used first, and macros."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from escalation.macros.running import offered
from helpdesk.desk.guard import DeskRequest, technicians_page, ticket_or_404, with_people
from tickets import filling
from tickets.models import CannedReply, ReadyUse, Ticket
from tickets.queries.ready import matching, most_used_first, uses

MOST, MOST_IN_MENU = 8, 60
LONGEST = 80
PREVIEW = 160


@require_safe
@technicians_page
def canned(request: DeskRequest, number: str) -> HttpResponseBase:
    """`?q=`: what has these words in its name, folder or text. JSON for who types, else the composer's menu."""
    ticket = ticket_or_404(request.user, number, with_people)
    words = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    found = _found(request, ticket, words)
    if "json" in request.headers.get("Accept", ""):
        return JsonResponse({"offers": [*found[:MOST], *_macros(request, ticket, words)][:MOST]})
    return _menu(request, found[:MOST_IN_MENU], len(found))


def _menu(request: DeskRequest, texts: list[dict[str, Any]], count: int) -> HttpResponse:
    context = {"texts": texts, "more": max(0, count - len(texts))}
    return render(request, "desk/ticket/_canned.html", context)


def _found(request: DeskRequest, ticket: Ticket, words: str) -> list[dict[str, Any]]:
    counts = uses(ReadyUse.Of.REPLY, at=timezone.now())
    rows = most_used_first(CannedReply.objects.usable_by(request.user).select_related("team"), counts)
    source = filling.Source(ticket, request.user)
    return [_offer(row, source) for row in (matching(rows, words) if words else rows)]


def _offer(row: CannedReply, source: filling.Source) -> dict[str, Any]:
    text = filling.fill(row.body, source)
    gaps = filling.missing(text)
    return {
        "key": str(row.pk),
        "id": row.pk,
        "kind": "reply",
        "name": row.name,
        "folder": row.folder,
        "text": text,
        "missing": gaps,
        "label": row.name,
        "sub": row.folder or _whose(row),
        "preview": " ".join(text.split())[:PREVIEW],
        "insert": text,
        "icon": "book",
        "why_not": "",
    }


def _whose(row: CannedReply) -> str:
    if row.owner_id:
        return _("my own")
    return row.team.name if row.team else ""


def _macros(request: DeskRequest, ticket: Ticket, words: str) -> list[dict[str, Any]]:
    """Macros stand in the same list: chosen, they run."""
    rows = offered(ticket, request.user, at=timezone.now())
    return [
        {
            "key": "",
            "id": row.pk,
            "kind": "macro",
            "name": row.name,
            "folder": row.folder,
            "label": row.name,
            "sub": _("macro"),
            "preview": "",
            "insert": "",
            "icon": "bolt",
            "run": f"/desk/tickets/{ticket.number}/macros/{row.pk}/",
            "why_not": "",
        }
        for row in (matching(rows, words) if words else rows)
    ]
