"""Acts on one article, each one call: review, publish, archive, who reads it, what is known of it, its versions."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.keys import key_of
from accounts.views.answers import UNPROCESSABLE
from accounts.views.guards import AuthenticatedRequest, for_the_desk
from knowledgebase.forms.editing import (
    AddressForm,
    AudienceForm,
    ChapterForm,
    DescribeForm,
    NextLanguageForm,
    NoteForm,
    RelatedForm,
)
from knowledgebase.models import Article, ArticleFile, ArticleVersion
from knowledgebase.operations import describing, reviewing, writing
from knowledgebase.operations.files import remove_file
from knowledgebase.operations.voting import settle_comment
from knowledgebase.permissions import may_publish
from knowledgebase.queries.comparing import compare
from knowledgebase.views.answers import article_of, attempt, tried
from knowledgebase.views.editing import overview_of

MOST_VERSIONS = 100


@require_POST
@for_the_desk
def submit(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    return _act(
        request, pk, reviewing.submit, _("Submitted. The reviewers of the section find it in their list.")
    )


@require_POST
@for_the_desk
def publish(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    article = article_of(request.user, pk)
    number, _dot, revision = request.POST.get("seen", "").partition(".")
    seen = (key_of(number), key_of(revision)) if number else None

    def act() -> None:
        reviewing.publish(article, seen=seen, by=request.user, at=timezone.now())

    tried(request, act, _("Published. Readers see it from now on."))
    return redirect("article", pk)


@require_POST
@for_the_desk
def approve(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    return _act(request, pk, reviewing.approve, _("Approved. It can be published now."))


@require_POST
@for_the_desk
def send_back(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    form = NoteForm(request.POST, prefix="back")
    return _with_form(
        request, pk, form, "send_back_form", reviewing.send_back, _("Sent back, with what you wrote.")
    )


@require_POST
@for_the_desk
def archive(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    return _act(request, pk, reviewing.archive, _("Archived. Readers do not find it any more."))


@require_POST
@for_the_desk
def unarchive(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    return _act(request, pk, reviewing.unarchive, _("Back as it was."))


@require_POST
@for_the_desk
def discard(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    return _act(request, pk, writing.discard_draft, _("The draft is gone. What is published stays."))


@require_POST
@for_the_desk
def still_right(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    article, until = article_of(request.user, pk), _day(request.POST.get("until", ""))

    def act() -> None:
        reviewing.still_right(article, until=until, by=request.user, at=timezone.now())

    tried(request, act, _("Noted: still right. You are reminded again in time."))
    return redirect("article", pk)


@require_POST
@for_the_desk
def add_chapter(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    form = ChapterForm(request.POST, prefix="chapter")
    return _begun(request, pk, form, "chapter_form", writing.add_chapter)


@require_POST
@for_the_desk
def translate(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    form = NextLanguageForm(request.POST, prefix="language")
    return _begun(request, pk, form, "language_form", writing.translate)


@require_POST
@for_the_desk
def comment_done(request: AuthenticatedRequest, pk: int, comment: int) -> HttpResponse:
    article = article_of(request.user, pk)
    row = get_object_or_404(article.comments.all(), pk=comment)
    tried(request, lambda: settle_comment(row, by=request.user, at=timezone.now()), _("Settled."))
    return redirect("article", pk)


@require_POST
@for_the_desk
def drop_file(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    article = article_of(request.user, pk)
    try:
        row = article.files.get(pk=request.POST.get("file", ""))
    except (ArticleFile.DoesNotExist, forms.ValidationError, ValueError):
        raise Http404 from None
    tried(request, lambda: remove_file(row, by=request.user, at=timezone.now()), _("The file is gone."))
    return redirect("article-edit", pk)


# --- Versions ---


@require_safe
@for_the_desk
def versions(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Every version, and what the chosen one changed against the one before it, or against any other."""
    article = article_of(request.user, pk)
    rows = list(article.versions.select_related("written_by", "reviewed_by", "published_by")[:MOST_VERSIONS])
    by_number = {row.number: row for row in rows}
    shown = by_number.get(key_of(request.GET.get("version", "")), rows[0])
    against = by_number.get(key_of(request.GET.get("against", ""))) or _before(rows, shown)
    context = {
        "article": article,
        "here": "versions",
        "versions": rows,
        "shown": shown,
        "against": against,
        "differences": compare(against, shown),
        "may_publish": may_publish(request.user, article.section),
    }
    return render(request, "knowledgebase/editing/versions.html", context)


@require_POST
@for_the_desk
def restore(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    article, number = article_of(request.user, pk), key_of(request.POST.get("version", ""))
    get_object_or_404(article.versions.all(), number=number)

    def act() -> None:
        reviewing.restore(article, number=number, by=request.user, at=timezone.now())

    tried(request, act, _("Version %(n)d stands in the draft. Publish it when it is right.") % {"n": number})
    return redirect("article", pk)


# --- What is known of it ---


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_desk
def settings(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Four small forms: what is known of it, who reads it, its address, what is related."""
    article = article_of(request.user, pk)
    sent = request.POST.get("form", "")
    data = {name: request.POST if sent == name else None for name in _FORMS}
    shown: dict[str, forms.Form] = {
        "describe": DescribeForm(
            data["describe"], prefix="describe", article=article, user=request.user, initial=_known(article)
        ),
        "audience": AudienceForm(
            data["audience"],
            prefix="audience",
            initial={"audience": article.audience, "organisations": article.organisations.all()},
        ),
        "address": AddressForm(data["address"], prefix="address", initial={"slug": article.slug}),
        "related": RelatedForm(
            data["related"],
            prefix="related",
            user=request.user,
            initial={"others": "\n".join(article.related.order_by("slug").values_list("slug", flat=True))},
        ),
    }
    form = shown.get(sent)
    if form is not None and form.is_valid():
        act = _FORMS[sent]
        if attempt(form, lambda: act(article, by=request.user, at=timezone.now(), **form.cleaned_data)):
            messages.success(request, _("Saved."))
            return redirect("article-settings", pk)
    status = UNPROCESSABLE if form is not None else 200
    context = {
        "article": article,
        "here": "settings",
        **{f"{name}_form": each for name, each in shown.items()},
    }
    return render(request, "knowledgebase/editing/settings.html", context, status=status)


_FORMS: dict[str, Callable[..., Article]] = {
    "describe": describing.describe,
    "audience": describing.set_audience,
    "address": describing.rename,
    "related": describing.relate,
}


def _known(article: Article) -> dict[str, Any]:
    return {
        "section": article.section,
        "owner": article.owner_id,
        "tags": ", ".join(article.tags),
        "review_by": article.review_by,
        "position": article.position,
        "error_status": article.error_status,
        "problem": article.problem.number if article.problem else "",
    }


# --- below ---


def _act(request: AuthenticatedRequest, pk: int, act: Callable[..., Article], done: str) -> HttpResponse:
    article = article_of(request.user, pk)
    tried(request, lambda: act(article, by=request.user, at=timezone.now()), done)
    return redirect("article", pk)


def _with_form(
    request: AuthenticatedRequest,
    pk: int,
    form: forms.Form,
    name: str,
    act: Callable[..., Article],
    done: str,
) -> HttpResponse:
    article = article_of(request.user, pk)
    made = None
    if form.is_valid():
        made = attempt(form, lambda: act(article, by=request.user, at=timezone.now(), **form.cleaned_data))
    if made is not None:
        messages.success(request, done)
        return redirect("article", pk)
    return _again(request, pk, form, name)


def _begun(
    request: AuthenticatedRequest, pk: int, form: forms.Form, name: str, act: Callable[..., Article]
) -> HttpResponse:
    """A chapter or a translation: on to its first words."""
    article = article_of(request.user, pk)
    made = None
    if form.is_valid():
        made = attempt(form, lambda: act(article, by=request.user, at=timezone.now(), **form.cleaned_data))
    return redirect("article-edit", made.pk) if made is not None else _again(request, pk, form, name)


def _again(request: AuthenticatedRequest, pk: int, form: forms.Form, name: str) -> HttpResponse:
    context = overview_of(request, pk, **{name: form})
    return render(request, "knowledgebase/editing/overview.html", context, status=UNPROCESSABLE)


def _before(rows: list[ArticleVersion], shown: ArticleVersion) -> ArticleVersion | None:
    return next((row for row in rows if row.number < shown.number), None)


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
