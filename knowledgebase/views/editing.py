"""The pages of those who write articles: their list, a new one, one with all its acts, its words with a preview."""

from typing import Any

from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.keys import key_of
from accounts.views.answers import UNPROCESSABLE, form_page
from accounts.views.guards import AuthenticatedRequest, for_the_desk
from knowledgebase.forms.editing import BeginForm, ChapterForm, NextLanguageForm, NoteForm, WriteForm, base_of
from knowledgebase.models import (
    LANGUAGES,
    Article,
    ArticleAudience,
    ArticleEvent,
    ArticleKind,
    ArticleVersion,
    LinkRole,
    Section,
    TicketArticle,
)
from knowledgebase.operations import writing
from knowledgebase.permissions import may_arrange, may_publish
from knowledgebase.queries import listing, reading
from knowledgebase.queries.comparing import compare
from knowledgebase.refusals import DraftChanged
from knowledgebase.sentences import history
from knowledgebase.views.answers import article_of, attempt
from tickets.models import Ticket
from tickets.refusals import Refused

LATELY = 20
FILTERS = ("q", "state", "kind", "audience", "language", "section", "mine", "order")
STATES = {
    "": _("all but archived"),
    "review": _("waiting for a review"),
    "draft": _("drafts"),
    "published": _("published"),
    "changed": _("published, with a draft"),
    "look_again": _("to be looked at again"),
    "comments": _("with open comments"),
    "archived": _("archived"),
}


@require_safe
@for_the_desk
def index(request: AuthenticatedRequest) -> HttpResponse:
    """Every article that this person may work on; filters stand in the address."""
    today = timezone.localdate()
    asked = {name: request.GET.get(name, "").replace("\x00", "")[:200] for name in FILTERS}
    wanted = listing.Wanted(
        words=asked["q"],
        state=asked["state"],
        kind=asked["kind"],
        audience=asked["audience"],
        language=asked["language"],
        section=Section.objects.filter(pk=key_of(asked["section"])).first(),
        mine=bool(asked["mine"]),
        order=asked["order"],
    )
    page = listing.page_of(
        wanted,
        request.user,
        on=today,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "page": page,
        "asked": asked,
        "is_narrowed": any(asked.values()),
        "sections": Section.objects.order_by("full_name"),
        "states": STATES,
        "kinds": ArticleKind.choices,
        "audiences": ArticleAudience.choices,
        "languages": LANGUAGES,
        "waiting": listing.waiting(request.user, on=today),
        "may_arrange": may_arrange(request.user),
        "today": today,
    }
    return render(request, "knowledgebase/editing/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_desk
def new(request: AuthenticatedRequest) -> HttpResponse:
    asked = {name: request.GET[name] for name in ("kind", "section", "title") if request.GET.get(name)}
    form = BeginForm(request.POST or None, initial={"language": request.user.language, **asked})
    if form.is_valid():
        made = attempt(
            form, lambda: writing.create_article(by=request.user, at=timezone.now(), **form.cleaned_data)
        )
        if made is not None:
            return redirect("article-edit", made.pk)
    return form_page(request, "knowledgebase/editing/new.html", form)


@require_safe
@for_the_desk
def overview(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Where an article stands, what can be done with it, what readers made of it, and its history."""
    return render(request, "knowledgebase/editing/overview.html", overview_of(request, pk))


def overview_of(request: AuthenticatedRequest, pk: int, **changes: Any) -> dict[str, Any]:
    article, today = article_of(request.user, pk), timezone.localdate()
    version = article.draft or article.published
    events = ArticleEvent.objects.filter(article=article).select_related("by").order_by("-pk")[:LATELY]
    solved = TicketArticle.objects.filter(article=article, role=LinkRole.SOLUTION)
    tickets = Ticket.objects.visible_to(request.user).filter(article_links__in=solved)
    return {
        "article": article,
        "here": "overview",
        "reading": reading.shown(article, version, request.user) if version else None,
        "may_publish": may_publish(request.user, article.section),
        "is_owner": article.owner_id == request.user.pk,
        "history": history(events),
        "comments": article.comments.select_related("by").order_by("done_at", "-pk")[:LATELY],
        "votes": article.votes.filter(is_helpful=False).exclude(reason="", text="")[:LATELY],
        "numbers": article.days.aggregate(
            views=Sum("views"), shown=Sum("shown"), read=Sum("read"), ended=Sum("solved")
        ),
        "tickets": tickets.order_by("-pk")[:LATELY],
        "today": today,
        "send_back_form": NoteForm(prefix="back"),
        "chapter_form": ChapterForm(prefix="chapter"),
        "language_form": NextLanguageForm(prefix="language"),
        **changes,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_desk
def edit(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """The words. Saving writes the draft; readers see nothing of it before it is published."""
    article = article_of(request.user, pk)
    version = article.draft or article.published
    if version is None:
        raise AssertionError("An article has a draft or a published version.")
    if request.method != "POST":
        return _editor(request, article, WriteForm.showing(article, version))
    form = WriteForm(request.POST, article=article)
    if not form.is_valid():
        return _editor(request, article, form)
    try:
        writing.write(article, by=request.user, at=timezone.now(), **form.cleaned_data)
    except DraftChanged as refused:
        return _conflict(request, article, form, refused)
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return _editor(request, article, form)
    return redirect("article-edit" if "stay" in request.POST else "article", pk)


@require_POST
@for_the_desk
def preview(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """What is typed, as readers would see it; nothing is kept."""
    article = article_of(request.user, pk)
    form = WriteForm(request.POST, article=article)
    if not form.is_valid():
        return render(request, "knowledgebase/editing/_preview.html", {"form": form}, status=UNPROCESSABLE)
    said = {name: value for name, value in form.cleaned_data.items() if name not in ("base", "note")}
    typed = ArticleVersion(article=article, **said)
    context = {"reading": reading.shown(article, typed, request.user)}
    return render(request, "knowledgebase/editing/_preview.html", context)


def _editor(request: AuthenticatedRequest, article: Article, form: WriteForm, **more: Any) -> HttpResponse:
    context = {"article": article, "form": form, "here": "edit", "files": article.files.all(), **more}
    version = article.draft or article.published
    if version is not None and not form.is_bound:
        context["reading"] = reading.shown(article, version, request.user)
    return render(
        request, "knowledgebase/editing/edit.html", context, status=UNPROCESSABLE if form.errors else 200
    )


def _conflict(
    request: AuthenticatedRequest, article: Article, form: WriteForm, refused: DraftChanged
) -> HttpResponse:
    """Both texts: what was typed stays in the form, and what stands there now is compared with it.

    The form is now based on what stands there: saving once more is a decision, not an accident.
    """
    said = {name: value for name, value in form.cleaned_data.items() if name != "base"}
    typed = ArticleVersion(article=article, script=refused.theirs.script, **said)
    data = request.POST.copy()
    data["base"] = base_of(refused.theirs)
    again = WriteForm(data, article=article)
    again.add_error(None, str(refused))
    return _editor(
        request, article_of(request.user, article.pk), again, differences=compare(refused.theirs, typed)
    )
