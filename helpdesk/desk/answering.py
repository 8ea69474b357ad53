"""One answer for several tickets: chosen from a list, each refusal told, the rest done."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.keys import key_of
from helpdesk.desk.forms.problems import AnswerManyForm
from helpdesk.desk.guard import DeskRequest
from helpdesk.desk.sending import Outcome, done, once, status_of
from knowledgebase.operations.answering import How
from tickets import operations
from tickets.models import NUMBER_PREFIX, Ticket
from tickets.queries.listing import LARGEST_PAGE

BECAME = {
    How.RESOLVED: gettext_lazy("%(n)d resolved"),
    How.REPLIED: gettext_lazy("%(n)d answered and left open"),
    How.PROPOSED: gettext_lazy("%(n)d proposed to the contact"),
}


@dataclass(frozen=True)
class Many:
    """What a page offers: the tickets, what is done with each (`act` answers how it went), and how it begins."""

    title: str
    tickets: Sequence[Ticket]
    act: Callable[..., How]
    text: str
    code: str
    url: str
    back: str
    nothing: str
    hint: str = ""
    shares: Mapping[int, int] = field(default_factory=dict)
    """By ticket how much of the words it has, in percent."""
    ticks_all: bool = False


def answer_page(request: DeskRequest, many: Many) -> HttpResponseBase:
    """The list, and what became of what was ticked. What the person does not see is as if it were not ticked."""
    if request.method != "POST":
        form = AnswerManyForm(initial={"text": many.text, "code": many.code}, auto_id="answer_%s")
        ticked = {ticket.pk for ticket in many.tickets} if many.ticks_all else set()
        return _show(request, many, form, ticked, status=200)
    form = AnswerManyForm(request.POST, auto_id="answer_%s")
    ticked = {key_of(key) for key in request.POST.getlist("ticket")}
    chosen = _chosen(request, ticked)
    if not chosen:
        form.add_error(None, _("Tick at least one ticket."))
    if not form.is_valid():
        return _show(request, many, form, ticked, status=status_of(request, None))
    outcome = once(request, lambda at: _carry_out(request, many, form, chosen, at))
    return _tell(request, many, outcome)


def _chosen(request: DeskRequest, keys: set[int]) -> list[Ticket]:
    """What is ticked, whether or not the list would still offer it: a form that is sent twice names the same."""
    rows = Ticket.objects.visible_to(request.user).select_related("team", "tier", "category")
    return list(rows.filter(pk__in=[*keys - {0}][:LARGEST_PAGE]).order_by("pk"))


def _carry_out(
    request: DeskRequest, many: Many, form: AnswerManyForm, chosen: Sequence[Ticket], at: datetime
) -> Outcome:
    became: Counter[str] = Counter()

    def act(ticket: Ticket, **facts: Any) -> None:
        became[many.act(ticket, **facts)] += 1

    result = operations.bulk(act, chosen, by=request.user, at=at, **form.cleaned_data)
    return {
        "done": [ticket.pk for ticket in result.done],
        "became": dict(became),
        "refused": [[ticket.pk, str(refused)] for ticket, refused in result.refused],
    }


def _tell(request: DeskRequest, many: Many, outcome: Outcome) -> HttpResponseBase:
    n = len(outcome["done"])
    ways = [str(BECAME[How(how)]) % {"n": count} for how, count in outcome["became"].items()]
    told = ngettext("%(n)d ticket is answered: %(ways)s.", "%(n)d tickets are answered: %(ways)s.", n)
    told %= {"n": n, "ways": ", ".join(ways)}
    if not outcome["refused"]:
        return done(request, {"told": told}, to=many.back)
    refused = [(f"{NUMBER_PREFIX}{pk}", why) for pk, why in outcome["refused"]]
    context = {
        "act": {"label": many.title},
        "told": told if n else "",
        "refused": refused,
        "back": many.back,
    }
    return render(request, "desk/queue/bulk_result.html", context)


def _show(
    request: DeskRequest, many: Many, form: AnswerManyForm, ticked: set[int], *, status: int
) -> HttpResponse:
    rows = [(ticket, many.shares.get(ticket.pk), ticket.pk in ticked) for ticket in many.tickets]
    context = {"many": many, "form": form, "rows": rows}
    return render(request, "desk/problems/answer.html", context, status=status)
