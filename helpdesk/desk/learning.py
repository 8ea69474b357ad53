"""An article on its way down: the draft that was made from a ticket is looked through, published and announced."""

from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from helpdesk.desk.forms.announcing import AnnounceForm
from helpdesk.desk.forms.learning import LookThroughForm
from helpdesk.desk.guard import DeskRequest, technicians_page
from helpdesk.desk.sending import Outcome, done, once, status_of
from helpdesk.refusals import problem, wants_problem
from knowledgebase.models import Article, ArticleVersion, Source
from knowledgebase.operations import announcing, learning, reviewing
from knowledgebase.permissions import may_publish
from knowledgebase.queries import reading
from knowledgebase.stripping import LABELS, What
from tickets.models import Ticket
from tickets.refusals import Refused

PUBLISH, ANNOUNCE = "publish", "announce"


# --- looked through ---


@require_http_methods(["GET", "HEAD", "POST"])
@technicians_page
def look_through(request: DeskRequest, key: int) -> HttpResponseBase:
    """The draft as the ticket gave it, to be corrected, and to be called clean."""
    article = _article_or_404(request.user, key)
    source = Source.objects.select_related("ticket").filter(article=article).first()
    version = article.draft or article.published
    if source is None or version is None:
        raise Http404
    if article.published is not None:
        return redirect(f"/desk/articles/{article.pk}/")  # it was looked through; the rest is the editor's
    data = request.POST if request.method == "POST" else None
    form = LookThroughForm(data, article=article, version=version, user=request.user)
    if request.method != "POST":
        return _show_draft(request, source, form, status=200)
    if not form.is_valid():
        return _show_draft(request, source, form, status=status_of(request, None))
    try:
        outcome = once(request, lambda at: _look_through(request, article, form, at))
    except Refused as refused:
        if wants_problem(request):
            return problem(refused)
        _show_at(form, refused)
        return _show_draft(request, source, form, status=status_of(request, refused))
    return done(request, outcome, to=outcome["to"])


def _look_through(request: DeskRequest, article: Article, form: LookThroughForm, at: Any) -> Outcome:
    article = learning.look_through(article, by=request.user, at=at, **form.arguments())
    if may_publish(request.user, article.section):
        return {
            "told": _("The draft is clean. Now publish it."),
            "to": f"/desk/articles/{article.pk}/announce/",
        }
    if request.POST.get("then") == "submit":
        reviewing.submit(article, by=request.user, at=at)
        told = _("The draft is clean and waits for a reviewer.")
    else:
        told = _("The draft is clean.")
    return {"told": told, "to": f"/desk/drafts/{article.pk}/"}


def _show_draft(request: DeskRequest, source: Source, form: LookThroughForm, *, status: int) -> HttpResponse:
    ticket = Ticket.objects.visible_to(request.user).filter(pk=source.ticket_id).first()
    context = {
        "article": source.article if source.article_id else form.article,
        "source": source,
        "ticket": ticket,
        "form": form,
        "taken_out": taken_out(source),
        "may_publish": may_publish(request.user, form.article.section),
        "url": f"/desk/drafts/{source.article_id}/",
    }
    return render(request, "desk/learning/draft.html", context, status=status)


def taken_out(source: Source) -> list[str]:
    """How many of what the stripping found, as words."""
    return [f"{LABELS[What(what)]} ({n})" for what, n in source.stripped.items() if what in set(What)]


# --- published and announced ---


@require_http_methods(["GET", "HEAD", "POST"])
@technicians_page
def announce(request: DeskRequest, key: int) -> HttpResponseBase:
    """Publish the draft, if there is one, and ask those below to read it."""
    article = _article_or_404(request.user, key)
    version = article.draft or article.published
    if version is None or not may_publish(request.user, article.section):
        raise Http404
    data = request.POST if request.method == "POST" else None
    form = AnnounceForm(data, article=article, version=version, user=request.user)
    if request.method != "POST":
        return _show_announcing(request, article, version, form, status=200)
    if not form.is_valid():
        return _show_announcing(request, article, version, form, status=status_of(request, None))
    try:
        outcome = once(request, lambda at: _announce(request, article, form, at))
    except Refused as refused:
        if wants_problem(request):
            return problem(refused)
        _show_at(form, refused)
        return _show_announcing(request, article, version, form, status=status_of(request, refused))
    return done(request, outcome, to=outcome["to"])


def _announce(request: DeskRequest, article: Article, form: AnnounceForm, at: Any) -> Outcome:
    given, facts = form.cleaned_data, {"by": request.user, "at": at}
    what = request.POST.get("what", "")
    if what == PUBLISH:
        reviewing.publish(article, seen=_seen(request), **facts)
        told = _("“%(title)s” is published.") % {"title": article.title}
    else:
        asked = {"tiers": given["tiers"], "teams": given["teams"]}
        if article.draft is not None and what != ANNOUNCE:
            announcing.publish_and_announce(article, seen=_seen(request), why=given["note"], **asked, **facts)
        else:
            announcing.announce(article, note=given["note"], **asked, **facts)
        told = _("“%(title)s” is announced.") % {"title": article.title}
    article.refresh_from_db()
    if article.is_known_error:
        return {"told": told, "to": f"/desk/matches/{article.pk}/"}
    return {"told": told, "to": article.address if what == PUBLISH else _announcement_url(article)}


def _announcement_url(article: Article) -> str:
    row = article.announcements.filter(is_current=True).first()
    return f"/desk/announcements/{row.pk}/" if row else article.address


def _seen(request: DeskRequest) -> tuple[int, int] | None:
    number, _dot, revision = request.POST.get("seen", "").partition(".")
    usable = all(part.isascii() and part.isdecimal() and len(part) < 9 for part in (number, revision))
    return (int(number), int(revision)) if usable else None


def _show_announcing(
    request: DeskRequest, article: Article, version: ArticleVersion, form: AnnounceForm, *, status: int
) -> HttpResponse:
    context = {
        "article": article,
        "version": version,
        "form": form,
        "reading": reading.shown(article, version, request.user),
        "current": article.announcements.filter(is_current=True).first(),
        "unchecked": Source.objects.filter(article=article, checked_at=None).exists(),
    }
    return render(request, "desk/learning/announce.html", context, status=status)


# --- below ---


def _article_or_404(user: User, key: int) -> Article:
    rows = Article.objects.editable_by(user).select_related("section", "draft", "published", "owner")
    found = rows.filter(pk=key).first()
    if found is None:
        raise Http404
    return found


def _show_at(form: Any, refused: Refused) -> None:
    """Beside the field that it is about, where the form has it."""
    name = refused.field if refused.field in form.fields and refused.field != "base" else None
    form.add_error(name, str(refused))
