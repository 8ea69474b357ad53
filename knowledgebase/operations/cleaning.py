"""What an article may be and say: each value cleaned, or refused at its field."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from knowledgebase.markup import render
from knowledgebase.models import (
    LANGUAGES,
    Article,
    ArticleAudience,
    ArticleKind,
    ArticleVersion,
    ErrorStatus,
    Permalink,
)
from knowledgebase.operations.scripting import kept
from knowledgebase.permissions import may_edit
from knowledgebase.refusals import SlugTaken
from tickets.models import Kind, Ticket
from tickets.operations.guards import line, words
from tickets.permissions import may_see
from tickets.refusals import Invalid, NotAllowed

LONGEST_TITLE, LONGEST_SUMMARY, LONGEST_NOTE, LONGEST_SLUG = 200, 500, 200, 120
LONGEST_BODY = 100_000
"""Characters: what is longer is a manual, and has chapters."""
LONGEST_PART = 20_000
MOST_TAGS, LONGEST_TAG = 20, 40
RESERVED = frozenset({"files", "new", "search", "sections", "suggest", "tags"})
"""Addresses below /help/ that are pages of their own."""
ERROR_PARTS = ("symptom", "cause", "workaround", "fix")


def clean_words(kind: str, said: Mapping[str, Any]) -> dict[str, Any]:
    cleaners: dict[str, Any] = {
        "title": clean_title,
        "summary": lambda text: line(text, "summary", longest=LONGEST_SUMMARY),
        "note": lambda text: line(text, "note", longest=LONGEST_NOTE),
        "body": lambda text: words(text, "body", longest=LONGEST_BODY, needed=False),
        "script": lambda script: clean_script(kind, script),
    }
    for part in ERROR_PARTS:
        cleaners[part] = lambda text, part=part: _part(kind, part, text)
    unknown = said.keys() - cleaners.keys()
    if unknown:
        raise TypeError(f"An article says nothing in {sorted(unknown)}.")
    return {name: cleaners[name](value) for name, value in said.items()}


def headings_of(version: ArticleVersion) -> list[list[Any]]:
    return [[each.level, each.text, each.anchor] for each in render(version.body).headings]


def clean_title(title: str) -> str:
    return line(title, "title", longest=LONGEST_TITLE, needed=True)


def clean_kind(kind: str) -> ArticleKind:
    if kind not in ArticleKind.values:
        raise Invalid(
            _("“%(kind)s” is no kind of article. There are: %(known)s.")
            % {"kind": kind, "known": ", ".join(ArticleKind.values)},
            field="kind",
        )
    return ArticleKind(kind)


def clean_language(language: str) -> str:
    if language not in LANGUAGES:
        raise Invalid(
            _("“%(language)s” is no language that articles are written in. There are: %(known)s.")
            % {"language": language, "known": ", ".join(LANGUAGES)},
            field="language",
        )
    return language


def clean_tags(tags: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(line(str(tag), "tags", longest=LONGEST_TAG).lower() for tag in tags))
    found = [tag for tag in found if tag]
    if len(found) > MOST_TAGS:
        raise Invalid(_("At most %(n)d tags.") % {"n": MOST_TAGS}, field="tags")
    return found


def own_slug(slug: str, article: Article | None = None) -> str:
    """An address that somebody chose: usable, and nobody else's, now or once."""
    found = slugify(slug)[:LONGEST_SLUG].strip("-")
    if not found or found != slug.strip().lower():
        raise Invalid(
            _("An address has small letters, digits and hyphens, such as reset-your-password."), field="slug"
        )
    taken = Permalink.objects.filter(slug=found)
    if found in RESERVED or (taken.exclude(article=article) if article else taken).exists():
        raise SlugTaken(found)
    return found


def new_slug(title: str) -> str:
    stem = slugify(title)[: LONGEST_SLUG - 6].strip("-") or "article"
    begins = Permalink.objects.filter(slug__startswith=stem)
    taken = RESERVED | set(begins.values_list("slug", flat=True))
    for number in range(1, len(taken) + 2):
        found = stem if number == 1 else f"{stem}-{number}"
        if found not in taken:
            return found
    raise AssertionError("more addresses are taken than there are")


def put_below(article: Article, original: Article | None, manual: Article | None, by: User | None) -> None:
    if manual is not None:
        if manual.kind != ArticleKind.MANUAL or manual.manual_id is not None:
            raise Invalid(_("Chapters belong to a manual that is no chapter itself."), field="manual")
        if article.kind in (ArticleKind.SOP, ArticleKind.KNOWN_ERROR):
            raise Invalid(_("An SOP or a known error is no chapter of a manual."), field="kind")
    if original is not None:
        if original.original_id is not None:
            raise Invalid(
                _("That is a translation itself. Name the article it was translated from."), field="original"
            )
        taken = {original.language, *original.translations.values_list("language", flat=True)}
        if article.language in taken:
            raise Invalid(
                _("There is this article in %(language)s already.")
                % {"language": LANGUAGES[article.language]},
                field="language",
            )
    for leader in (original, manual):
        if leader is not None and not may_edit(by, leader):
            raise NotAllowed(_("Only people of the desk who may read this article can change it."))
    article.original, article.manual = original, manual


def know_error(article: Article, error_status: str, problem: Ticket | None, by: User | None) -> None:
    if article.kind != ArticleKind.KNOWN_ERROR:
        if error_status:
            raise Invalid(_("Only a known error has a state."), field="error_status")
        if problem is not None:
            raise Invalid(_("Only a known error belongs to a problem."), field="problem")
        return
    status = error_status or ErrorStatus.OPEN
    if status not in ErrorStatus.values:
        raise Invalid(
            _("A known error is one of: %(known)s.") % {"known": ", ".join(ErrorStatus.values)},
            field="error_status",
        )
    if problem is not None and (problem.kind != Kind.PROBLEM or not may_see(by, problem)):
        raise Invalid(_("Name a ticket of kind problem that you can see."), field="problem")
    article.error_status, article.problem = status, problem


def clean_audience(
    article: Article, audience: str, organisations: Iterable[Organisation], by: User | None
) -> tuple[ArticleAudience, list[Organisation]]:
    """The audience that this person may give it; a chapter or translation has that of whom it belongs to."""
    if leader := article.manual or article.original:
        return ArticleAudience(leader.audience), list(leader.organisations.all())
    if audience not in ArticleAudience.values:
        raise Invalid(
            _("“%(audience)s” is no audience. There are: %(known)s.")
            % {"audience": audience, "known": ", ".join(ArticleAudience.values)},
            field="audience",
        )
    found, named = ArticleAudience(audience), list(organisations)
    if found == ArticleAudience.ORGANISATIONS and not named:
        raise Invalid(_("Name at least one organisation."), field="organisations")
    return found, named if found == ArticleAudience.ORGANISATIONS else []


def clean_script(kind: str, script: object) -> Mapping[str, Any] | None:
    """The steps of an SOP as they may be stored: a mapping, or none yet."""
    if script in (None, ""):
        return None
    if kind != ArticleKind.SOP:
        raise Invalid(_("Only an SOP has a script."), field="script")
    if not isinstance(script, dict):
        raise Invalid(_("A script is a mapping with `start` and `steps`."), field="script")
    return kept(script)


def _part(kind: str, part: str, text: str) -> str:
    text = words(text, part, longest=LONGEST_PART, needed=False)
    if text and kind != ArticleKind.KNOWN_ERROR:
        raise Invalid(_("Only a known error has symptom, cause, workaround and fix."), field=part)
    return text
