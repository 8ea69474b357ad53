"""Two people at one ticket: what has changed since the page was opened, and what was typed, which is not lost."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render

from helpdesk.desk.guard import DeskRequest
from helpdesk.desk.merging import Merged, changes_since
from helpdesk.desk.sending import url_of
from helpdesk.refusals import problem, wants_problem
from tickets import sentences
from tickets.models import Event
from tickets.refusals import Conflict

TYPED = ("body", "text", "summary", "question", "note", "reason_text")
REWRITTEN = ("version", "csrfmiddlewaretoken")
MOST_SHOWN = 30


@dataclass(frozen=True)
class Change:
    sentence: str
    event: Event


def conflict_page(
    request: DeskRequest, conflict: Conflict, *, label: object, merged: Merged | None = None
) -> HttpResponse:
    """The answer 409: send anyway, copy, or go back to the ticket as it is now.

    Args:
        merged: where fields were corrected: what does not clash is put together, and sent by one press.
    """
    if wants_problem(request):
        return problem(conflict)
    sent = [(name, value) for name in request.POST for value in request.POST.getlist(name)]
    context = {
        "ticket": conflict.ticket,
        "url": url_of(conflict.ticket.pk),
        "label": label,
        "changes": _changes(request, conflict),
        "typed": [(name, value) for name, value in sent if name in TYPED and value.strip()],
        "kept": [
            (name, value)
            for name, value in sent
            if name not in REWRITTEN and not (name in TYPED and value.strip())
        ],
        "merged": merged,
    }
    if merged is not None:
        decided = {*(row.name for row in merged.rows), *(name for name, _value in merged.others)}
        left = [(name, value) for name, value in sent if name not in REWRITTEN and name not in decided]
        context |= {"typed": [], "kept": [*left, *merged.sent]}
    response = render(request, "desk/conflict.html", context, status=409)
    if request.htmx:
        response["HX-Retarget"] = "#main"
        response["HX-Reswap"] = "outerHTML show:window:top"
        response["HX-Trigger"] = "closeDialog"
    return response


def _changes(request: DeskRequest, conflict: Conflict) -> list[Change]:
    rows = changes_since(conflict.ticket, conflict.seen).select_related("by")
    known = list(reversed(rows[:MOST_SHOWN]))
    told = sentences.sentences(known, request.user)
    return [Change(text, event) for text, event in zip(told, known, strict=True) if text]
