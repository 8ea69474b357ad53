"""The knowledge pages of the portal: everybody reads what is meant for them, without a login what is for everyone."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.paging import page_in
from accounts.views.answers import UNPROCESSABLE
from knowledgebase.forms.feedback import CommentForm, VoteForm
from knowledgebase.models import Article, Reader, Section, Vote
from knowledgebase.operations import counting, voting
from knowledgebase.permissions import may_write
from knowledgebase.queries import reading
from knowledgebase.queries.listing import BY_TITLE
from tickets.refusals import Refused

PAGE = 50


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Sections with what they hold, and what is read most."""
    language = _language(request)
    context = {
        "shelves": reading.shelves(_reader(request)),
        "popular": reading.popular(_reader(request), language=language),
    }
    return _private(render(request, "knowledgebase/home.html", context))


@require_safe
def section(request: HttpRequest, path: str) -> HttpResponse:
    """What stands in a section, by title. One that holds nothing for this reader does not exist."""
    reader = _reader(request)
    row = get_object_or_404(Section, path=path.replace("\x00", ""))
    trees = reading.shelves(reader)
    shelf = _shelf(trees, row.pk)
    if shelf is None:
        raise Http404
    articles: QuerySet[Article] = reading.of_section(row, reader)
    page = page_in(
        BY_TITLE,
        articles,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE,
    )
    above = Section.objects.filter(pk__in=row.ancestry[:-1]).order_by("path")
    context = {
        "section": row,
        "above": above,
        "shelf": shelf,
        "entries": reading.entries(page.rows, reader, language=_language(request)),
        "page": page,
    }
    return _private(render(request, "knowledgebase/section.html", context))


ReaderView = Callable[[HttpRequest, Article], HttpResponse]


def for_readers(view: ReaderView) -> Callable[[HttpRequest, str], HttpResponse]:
    """Finds the article for this reader. Who is not signed in is asked to, whether it is there or not."""

    @wraps(view)
    def found(request: HttpRequest, slug: str) -> HttpResponse:
        row = reading.find(slug, request.user)
        if row is not None:
            return view(request, row)
        if not isinstance(request.user, User):
            return redirect_to_login(request.get_full_path())
        raise Http404

    return found


@require_safe
@for_readers
def article(request: HttpRequest, found: Article) -> HttpResponse:
    """One article; an address that it once had leads to the one it has."""
    if request.path != found.address:
        query = request.GET.urlencode()
        return HttpResponsePermanentRedirect(found.address + (f"?{query}" if query else ""))
    other = reading.in_language(found, request.user, request.GET.get("language", ""))
    if other is not None:
        return redirect(other.address)
    if request.method == "GET":
        counting.count([found.pk], column=counting.VIEWS, at=timezone.now())
    return _private(render(request, "knowledgebase/article.html", _page(request, found)))


@require_POST
@for_readers
def vote(request: HttpRequest, found: Article) -> HttpResponse:
    """That it helped, or not and why. Once a person, or once a session."""
    form = VoteForm(request.POST)
    visitor = _visitor(request, found)
    done = form.is_valid() and _carried_out(
        form,
        lambda: voting.vote(found, by=request.user, visitor=visitor, at=timezone.now(), **form.cleaned_data),
    )
    return _answer(request, found, done=done, vote_form=form)


@require_POST
@for_readers
def comment(request: HttpRequest, found: Article) -> HttpResponse:
    """A word to the owner; for who is signed in, so that the owner can ask back."""
    person = request.user
    if not isinstance(person, User):
        return redirect_to_login(found.address)
    form = CommentForm(request.POST)
    done = form.is_valid() and _carried_out(
        form, lambda: voting.comment(found, text=form.cleaned_data["text"], by=person, at=timezone.now())
    )
    return _answer(request, found, done=done, comment_form=form)


# --- below ---


def _reader(request: HttpRequest) -> Reader:
    return request.user


def _language(request: HttpRequest) -> str:
    return reading.reads_language(
        request.user, request.GET.get("language", ""), request.headers.get("Accept-Language", "")
    )


def _shelf(trees: list[reading.Shelf], key: int) -> reading.Shelf | None:
    for shelf in trees:
        found = shelf if shelf.section.pk == key else _shelf(shelf.below, key)
        if found is not None:
            return found
    return None


def _visitor(request: HttpRequest, found: Article) -> str:
    """What stands for a session in the votes of one article: nobody can tell which session, nor join two articles."""
    if isinstance(request.user, User):
        return ""
    if not request.session.session_key:
        request.session.create()
    return salted_hmac(
        "knowledge.vote", f"{request.session.session_key}:{found.pk}", algorithm="sha256"
    ).hexdigest()


def _page(request: HttpRequest, found: Article) -> dict[str, Any]:
    person = request.user
    may_edit = isinstance(person, User) and may_write(person)
    return {**_feedback(request, found), "reading": reading.read(found, person), "may_edit": may_edit}


def _feedback(request: HttpRequest, found: Article) -> dict[str, Any]:
    """Whether this reader has voted, and the two small forms below an article."""
    mine = None
    if isinstance(request.user, User):
        mine = Vote.objects.filter(article=found, user=request.user).first()
    elif request.session.session_key:
        mine = Vote.objects.filter(article=found, visitor=_visitor(request, found)).first()
    return {"article": found, "mine": mine, "vote_form": VoteForm(), "comment_form": CommentForm()}


def _carried_out(form: forms.Form, act: Callable[[], object]) -> bool:
    """Whether it was done; its refusal has become an error of the form."""
    try:
        act()
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return False
    return True


def _answer(request: HttpRequest, found: Article, *, done: bool, **sent: forms.Form) -> HttpResponse:
    """The feedback part alone for htmx; without it, back to the page, or the page again with what is wrong."""
    is_part = bool(request.headers.get("HX-Request"))
    if done and not is_part:
        return redirect(f"{found.address}#feedback")
    context = _feedback(request, found) if is_part else _page(request, found)
    context |= {"is_sent": "comment_form" in sent} if done else sent
    template = "knowledgebase/_feedback.html" if is_part else "knowledgebase/article.html"
    return render(request, template, context, status=200 if done else UNPROCESSABLE)


def _private(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["HX-Request", "Cookie", "Accept-Language"])
    patch_cache_control(response, private=True, no_cache=True)
    return response
