"""Articles beside the form for a new request: shown while it is typed, read in the page, its end if one helps."""

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from helpdesk.portal import drafts
from helpdesk.portal.forms import category_for_requesters
from helpdesk.portal.guard import PortalRequest, member_page
from knowledgebase.forms.searching import form_id
from knowledgebase.models import Article
from knowledgebase.operations import deflecting
from knowledgebase.queries import reading

PLACE = "new-request"
LONGEST_SUBJECT, LONGEST_TEXT = 250, 4_000
"""Characters that are read for words."""


@require_POST
@member_page
def suggestions(request: PortalRequest) -> HttpResponse:
    """The list for what is typed so far; nothing at all where it is the list that stands there already."""
    form = form_id(request.POST.get("form_id", ""))
    hits = []
    if form is not None:
        hits = deflecting.suggest(
            form,
            subject=_text(request, "subject", LONGEST_SUBJECT),
            description=_text(request, "description", LONGEST_TEXT),
            category=category_for_requesters(request.POST.get("category")),
            language=_language(request),
            by=request.user,
            at=timezone.now(),
        )
    keys = ",".join(str(hit.article.pk) for hit in hits) or "none"
    if keys == request.POST.get("seen"):
        return HttpResponse(status=204)
    return render(request, "portal/_suggested.html", {"hits": hits, "seen": keys})


@require_GET
@member_page
def read(request: PortalRequest, slug: str) -> HttpResponseBase:
    """One article, in a dialog above the form; without a script, on its own page."""
    found = _found(request, slug)
    if not request.htmx:
        return redirect(found.address)
    form = form_id(request.GET.get("form_id", ""))
    deflecting.note_reading(form, article=found, at=timezone.now())
    return render(request, "portal/_suggested_article.html", _read(request, found, form))


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def solved(request: PortalRequest) -> HttpResponseBase:
    """“This solved it”: the form ends and its draft goes. A GET is the page that says so."""
    if request.method != "POST":
        return _thanks(request)
    found = _found(request, request.POST.get("article", ""))
    form = form_id(request.POST.get("form_id", ""))
    if form is None:
        raise Http404
    deflecting.solve(form, article=found, by=request.user, at=timezone.now())
    drafts.forget(request, request.user, PLACE)
    return redirect(f"/requests/new/solved/?article={found.slug}")


# --- below ---


def _thanks(request: PortalRequest) -> HttpResponse:
    slug = request.GET.get("article", "")
    context = {
        "article": reading.find(slug, request.user) if slug else None,
        "drafts_sent": drafts.sent_since(request),
    }
    return render(request, "portal/solved.html", context)


def _found(request: PortalRequest, slug: str) -> Article:
    found = reading.find(slug.replace("\x00", ""), request.user)
    if found is None:
        raise Http404
    return found


def _read(request: PortalRequest, found: Article, form: uuid.UUID | None) -> dict[str, Any]:
    return {"article": found, "reading": reading.read(found, request.user), "form_id": form}


def _text(request: PortalRequest, name: str, longest: int) -> str:
    return request.POST.get(name, "").replace("\x00", "")[:longest]


def _language(request: PortalRequest) -> str:
    return reading.reads_language(request.user, "", request.headers.get("Accept-Language", ""))
