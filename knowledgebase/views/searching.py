"""The pages of search: the readers' and the desk's, what is looked for in vain, and the words that mean the same."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.prepared import Prepared, any_of
from accounts.refusals import Refused
from accounts.views.answers import form_page
from accounts.views.guards import AuthenticatedRequest, for_the_desk
from knowledgebase.forms.searching import Asked, SynonymsForm, asked_in
from knowledgebase.models import LANGUAGES, ArticleKind, Section, Synonym
from knowledgebase.operations import searches, synonyms
from knowledgebase.permissions import may_keep_words
from knowledgebase.queries import gaps
from knowledgebase.queries.reading import reads_language
from knowledgebase.queries.searching import Page, search
from knowledgebase.views.answers import attempt, tried

MOST_GROUPS = 2_000


@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """What the readers' search finds; for htmx the list alone, while it is typed."""
    template = "knowledgebase/_found.html" if _is_part(request) else "knowledgebase/search.html"
    return _private(render(request, template, _found(request)))


@require_safe
@for_the_desk
def desk_results(request: AuthenticatedRequest) -> HttpResponse:
    """The same within the desk."""
    template = "knowledgebase/_found.html" if _is_part(request) else "knowledgebase/desk_search.html"
    return _private(render(request, template, {**_found(request), "is_desk": True}))


@require_safe
@for_the_desk
def missing(request: AuthenticatedRequest) -> HttpResponse:
    """What people looked for and did not find, and what they found and still filed a ticket."""
    context = {
        "nothing": gaps.found_nothing(),
        "filed": gaps.ended_in_ticket(),
        "fewest": gaps.FEWEST,
        "days": searches.KEPT.days,
        "may_keep": may_keep_words(request.user),
    }
    return render(request, "knowledgebase/gaps.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_desk
def groups(request: AuthenticatedRequest) -> HttpResponse:
    """All synonyms, and one more."""
    form = SynonymsForm(request.POST or None, initial={"words": request.GET.get("words", "")[:1000]})
    if form.is_valid():
        made = attempt(
            form, lambda: synonyms.create_synonyms(by=request.user, at=timezone.now(), **form.cleaned_data)
        )
        if made is not None:
            messages.success(request, _("Whoever types one of them finds the others from now on."))
            return redirect("synonyms")
    rows = list(Synonym.objects.all()[:MOST_GROUPS])
    there = {tuple(row.words) for row in rows}
    context = {
        "groups": rows,
        "may_keep": may_keep_words(request.user),
        "offered": sum(words not in there for words in synonyms.starter()),
    }
    return form_page(request, "knowledgebase/synonyms.html", form, **context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_desk
def group(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Synonym, pk=pk)
    form = SynonymsForm(request.POST or None, initial={"words": ", ".join(row.words)})
    if form.is_valid():
        saved = attempt(
            form,
            lambda: synonyms.change_synonyms(row, by=request.user, at=timezone.now(), **form.cleaned_data),
        )
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect("synonyms")
    context = {"group": row, "may_keep": may_keep_words(request.user)}
    return form_page(request, "knowledgebase/synonym.html", form, **context)


@require_POST
@for_the_desk
def delete_group(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Synonym, pk=pk)
    tried(
        request,
        lambda: synonyms.delete_synonyms(row, by=request.user, at=timezone.now()),
        _("These words find one another no more."),
    )
    return redirect("synonyms")


@require_POST
@for_the_desk
def take_starter(request: AuthenticatedRequest) -> HttpResponse:
    try:
        taken = synonyms.take_starter(by=request.user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        words = ngettext("%(n)d group is taken over.", "%(n)d groups are taken over.", taken)
        messages.success(request, words % {"n": taken})
    return redirect("synonyms")


# --- below ---


def _found(request: HttpRequest) -> dict[str, Any]:
    asked = asked_in(request.GET)
    language = reads_language(request.user, "", request.headers.get("Accept-Language", ""))
    page = search(
        asked.text,
        request.user,
        language=language,
        section=asked.section,
        kind=asked.kind,
        only_language=asked.language,
        after=asked.after,
    )
    if request.method == "GET" and not page.trouble and not asked.after and not asked.is_narrowed:
        searches.log_search(
            asked.text, found=page.total, language=language, form=asked.form, at=timezone.now()
        )
    return {
        "asked": asked,
        "q": asked.text if not page.trouble else asked.text[:250],
        "page": page,
        "language": language,
        "write_url": _write_url(asked),
        **_filters(asked, page),
    }


def _filters(asked: Asked, page: Page) -> dict[str, Any]:
    """What narrows it: kinds, sections and languages of what is found, with how much there is of each."""
    wanted = {*page.sections, *([asked.section.pk] if asked.section else [])}
    names = sorted(_sections(keys=list(wanted)), key=lambda row: row[1]) if wanted else []
    chosen = asked.section.pk if asked.section else None
    kinds = [(kind.value, kind.label) for kind in ArticleKind if kind in page.kinds or kind == asked.kind]
    languages = [
        (code, name) for code, name in LANGUAGES.items() if code in page.languages or code == asked.language
    ]
    return {
        "kinds": _options(kinds, page.kinds, asked.kind),
        "sections": _options(names, page.sections, chosen),
        "languages": _options(languages, page.languages, asked.language)
        if len(languages) > 1 or asked.language
        else "",
    }


def _options(rows: Iterable[tuple[Any, Any]], counts: Mapping[Any, int], chosen: Any) -> SafeString:
    """Written here: a template takes longer for fifty of them than the search."""
    lines = (
        (value, mark_safe(" selected") if value == chosen else "", name, counts.get(value, 0))
        for value, name in rows
    )
    return format_html_join("", '<option value="{}"{}>{} ({})</option>', lines)


_sections: Prepared[tuple[int, str]] = Prepared(
    lambda keys: Section.objects.filter(any_of("pk", keys)).order_by().values_list("pk", "full_name"), "keys"
)


def _write_url(asked: Asked) -> str:
    """To the form of a request, with the words and the id under which the search is kept."""
    return "/requests/new/?" + urlencode({"subject": asked.text[:200], "form_id": str(asked.form)})


def _is_part(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request")) and not request.headers.get("HX-Boosted")


def _private(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["HX-Request", "Cookie", "Accept-Language"])
    patch_cache_control(response, private=True, no_cache=True)
    return response
