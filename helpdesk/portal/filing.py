"""Filing a request: one page, guided, that loses nothing."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import F, FloatField, Func, Value
from django.db.models.functions import Greatest
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import operations as accounts
from accounts.models import User
from helpdesk.portal import drafts
from helpdesk.portal.expecting import expectation, kind_of
from helpdesk.portal.forms import FilingForm, category_for_requesters, colleagues
from helpdesk.portal.guard import PortalRequest, member_page
from helpdesk.portal.promises import promised
from helpdesk.portal.uploads import with_uploads
from helpdesk.refusals import problem, wants_problem
from knowledgebase.forms.searching import form_id
from knowledgebase.operations import deflecting
from tickets import operations
from tickets.models import Category, Ticket
from tickets.operations import KeyReused
from tickets.refusals import Refused
from tickets.words import tokens

PLACE = "new-request"
USUAL = 5
MOST_FOUND = 8
MOST_ALIKE = 3
ALIKE = 0.5
"""Word similarity from which two subjects are taken to tell of the same trouble."""
FROM_ADDRESS = ("subject", "category", "kind", "description", "form_id")


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def new(request: PortalRequest) -> HttpResponseBase:
    if request.method != "POST":
        return _page(request, *_blank(request))
    data, refusals = with_uploads(request, request.user)
    if "find" in data or "look" in data:
        # Without JavaScript: the same page, with whom was found, or what belongs to the answers so far.
        form = FilingForm(None, person=request.user, initial=data.dict(), uploads=data.getlist("attachments"))
        found = _people(request.user, data.get("colleague", "")) if "find" in data else None
        return _page(request, form, found=found)
    form = FilingForm(data, person=request.user)
    for sentence in refusals:
        form.add_error("attachments", sentence)
    return _file(request, form) or _page(request, form, status=form.http_status)


def _blank(request: PortalRequest) -> tuple[FilingForm, drafts.Kept]:
    """What a home page's tile or search said, else what was kept."""
    said: dict[str, Any] = {name: request.GET[name] for name in FROM_ADDRESS if request.GET.get(name)}
    if said and (begun := form_id(request.GET.get("form_id", ""))):
        said["form_id"] = begun  # what was searched for before belongs to the same form
    kept = drafts.kept_at(request, request.user, PLACE)
    if said and not kept.was_refused:
        # New words begin a new request: an older draft is offered, not mixed in.
        kept = drafts.Kept(at=timezone.now(), older=kept.fields)
        return FilingForm(None, person=request.user, initial=said), kept
    return FilingForm(None, person=request.user, initial=kept.initial(), uploads=kept.uploads), kept


def _file(request: PortalRequest, form: FilingForm) -> HttpResponseBase | None:
    """Carry it out and show the ticket; None when it was refused."""
    if not form.is_valid():
        return None
    at, person, ticket = timezone.now(), request.user, None
    try:
        with operations.once(key=form.cleaned_data["key"], by=person, body=form.body(), at=at) as submission:
            if not submission.outcome:
                ticket = operations.open_ticket(**form.arguments(), by=person, at=at)
                if reach := form.reach():
                    accounts.change_person(person, by=person, at=at, **reach)  # type: ignore[arg-type]
                if begun := form.cleaned_data["form_id"]:
                    deflecting.file_anyway(begun, ticket=ticket, by=person, at=at)
                submission.outcome = {"ticket": ticket.pk}
            drafts.forget(request, person, PLACE)
    except KeyReused:
        form.add_error(
            None, _("You have sent this form before. If you want to file this too, send it again.")
        )
        form.renew_key()
        form.http_status = 409
        return None
    except Refused as refused:
        if wants_problem(request):
            return problem(refused)
        form.show(refused)
        return None
    ticket = ticket or Ticket.objects.get(pk=submission.outcome["ticket"])
    messages.success(request, _received(ticket, at))
    return redirect(f"/requests/{ticket.number}/")


def _received(ticket: Ticket, at: datetime) -> str:
    """The number, and what is promised with it at once."""
    lines = promised(ticket, at=at).lines or [_("You hear from us here and by mail.")]
    return " ".join([_("We have it: %(number)s.") % {"number": ticket.number}, *lines])


def _page(
    request: PortalRequest,
    form: FilingForm,
    kept: drafts.Kept | None = None,
    *,
    found: Any = None,
    status: int = 200,
) -> HttpResponse:
    categories = list(Category.objects.active().filter(for_requesters=True))
    usual = sorted((row for row in categories if row.is_common), key=lambda row: row.position)[:USUAL]
    chosen = str(form["category"].value() or "")
    context = {
        "form": form,
        "usual": usual,
        "others": [row for row in categories if row not in usual],
        "other_is_chosen": chosen != "" and chosen not in {str(row.pk) for row in usual},
        "chosen_category": chosen,
        "expectation": _expectation(request.user, chosen, form["kind"].value()),
        "colleague": form.colleague,
        "found": found,
        "asks_for": str(form["requester"].value() or ""),
        "place": PLACE,
        "max_bytes": settings.ATTACHMENT_MAX_BYTES,
        "kept": kept,
        "drafts_sent": drafts.sent_since(request),
        "alike": alike(request.user, str(form["subject"].value() or "")) if form.is_bound else [],
    }
    return render(request, "portal/new_request.html", context, status=status)


def _expectation(person: User, chosen: str, kind: Any) -> str:
    """Once a category is chosen; before that the first page has said it of all requests."""
    category = category_for_requesters(chosen)
    return expectation(person, category, kind=kind_of(kind), at=timezone.now()) if category else ""


@require_POST
@member_page
def fields(request: PortalRequest) -> HttpResponse:
    """What else we need to know for the chosen kind and category; what was typed there stays."""
    form = FilingForm(None, person=request.user, initial=request.POST.dict(), asked=request.POST)
    return render(request, "portal/_extra_fields.html", {"form": form})


@require_GET
@member_page
def people(request: PortalRequest) -> HttpResponse:
    """Colleagues to file for, while their name is typed."""
    context = {"found": _people(request.user, request.GET.get("colleague", ""))}
    return render(request, "portal/_colleagues.html", context)


@require_GET
@member_page
def similar(request: PortalRequest) -> HttpResponse:
    """One's own open requests that tell of the same, while the subject is typed."""
    context = {"alike": alike(request.user, request.GET.get("subject", ""))}
    return render(request, "portal/_alike.html", context)


def _people(person: User, words: str) -> list[User] | None:
    """None while too little is typed: nobody reads through a whole company by letters."""
    words = words.replace("\x00", "").strip()
    if len(words) < 2:
        return None
    return list(colleagues(person).find(words[:100]).order_by("name")[:MOST_FOUND])


def alike(person: User, subject: str) -> list[Ticket]:
    words = [word for word in tokens(subject[:250]) if len(word) > 2]
    if not words:
        return []
    rows = Ticket.objects.visible_to(person).open().filter(requester=person)
    typed = " ".join(words)
    # Both ways, since either of the two may be the longer one.
    likeness = Greatest(
        TrigramWordSimilarity(typed, "subject"),
        Func(F("subject"), Value(typed), function="word_similarity", output_field=FloatField()),
    )
    return list(
        rows.alias(likeness=likeness).filter(likeness__gte=ALIKE).order_by("-likeness", "-pk")[:MOST_ALIKE]
    )
