"""What is said of articles: in the history of tickets, in that of settings, and in an article's own."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts import sentences as settings
from accounts.models import AccountEvent, User
from knowledgebase import events, settings_events
from knowledgebase.models import (
    Article,
    ArticleAudience,
    ArticleEvent,
    Decision,
    LinkRole,
    Section,
    SuggestionSettings,
    Synonym,
)
from knowledgebase.permissions import desk_reads
from tickets import sentences
from tickets.sentences import Line, names
from tickets.sentences.desk import said
from tickets.sentences.names import label


def teach() -> None:
    """Called by `helpdesk.wiring`: tickets cannot know what is above them."""
    names.DATA |= {"article": Article, "articles": Article}
    sentences.register(events.LINKED, to_desk=linked)
    sentences.register(events.UNLINKED, to_desk=unlinked)
    sentences.register(events.DRAFTED, to_desk=drafted)
    sentences.register(events.FILED_ANYWAY, to_desk=filed_anyway)
    sentences.register(events.PROBLEM_RECORDED, to_desk=problem_recorded)
    sentences.register(events.PROBLEM_DECIDED, to_desk=problem_decided)
    settings.teach(settings_events.SECTION_CREATED, _lazy("added the section %(about)s"), about=Section)
    settings.teach(settings_events.SECTION_CHANGED, _lazy("changed the section %(about)s"), about=Section)
    settings.teach(settings_events.SECTION_DELETED, _lazy("deleted a section"), details=_deleted)
    settings.teach(settings_events.SYNONYMS_CREATED, _lazy("added the synonyms %(about)s"), about=Synonym)
    settings.teach(settings_events.SYNONYMS_CHANGED, _lazy("changed the synonyms %(about)s"), about=Synonym)
    settings.teach(settings_events.SYNONYMS_DELETED, _lazy("deleted synonyms"), details=_deleted)
    settings.teach(
        settings_events.SUGGESTIONS_CHANGED,
        _lazy("changed what requesters are suggested before they file"),
        about=SuggestionSettings,
        changed=True,
    )


# --- Tickets ---

ROLES = {
    LinkRole.SUGGESTED: _lazy("%(by)s put %(article)s beside it"),
    LinkRole.READ: _lazy("%(by)s has read %(article)s"),
    LinkRole.INSERTED: _lazy("%(by)s sent %(article)s"),
    LinkRole.SOLUTION: _lazy("%(by)s named %(article)s as the solution"),
    LinkRole.KNOWN_ERROR: _lazy("%(by)s named %(article)s as its known error"),
}


def linked(line: Line) -> str:
    role = line.data("role")
    text = ROLES[LinkRole(role)] if role in LinkRole.values else _lazy("%(by)s linked %(article)s")
    return said(str(text), line, article=_title(line))


def unlinked(line: Line) -> str:
    return said(_("%(by)s took the link to %(article)s away"), line, article=_title(line))


def drafted(line: Line) -> str:
    return said(_("%(by)s began an article with it: %(article)s"), line, article=_title(line))


def filed_anyway(line: Line) -> str:
    """What the requester was shown before filing, and what of it they opened."""
    shown, read = line.data("articles") or [], line.data("read_articles") or []
    if not read:
        return said(
            _("%(by)s filed it and opened none of: %(articles)s"), line, articles=_titles(line, shown)
        )
    return said(_("%(by)s had read %(articles)s and filed it anyway"), line, articles=_titles(line, read))


def problem_recorded(line: Line) -> str:
    return said(_("%(by)s wrote down what is known of the problem"), line)


def problem_decided(line: Line) -> str:
    return said(_("%(by)s decided: %(what)s"), line, what=label(Decision, line.data("decision")))


def _title(line: Line) -> str:
    return _title_of(line, line.data("article"))


def _titles(line: Line, keys: Iterable[int]) -> str:
    return get_text_list([_title_of(line, key) for key in keys], _("and"))


def _title_of(line: Line, key: int | None) -> str:
    """Its title, if the reader may read it now; who may not learns that there is one."""
    article: Article | None = line.names.row(Article, key)
    if article is None or (line.viewer is not None and not desk_reads(article, line.viewer)):
        return _("an article")
    return _("“%(title)s”") % {"title": article.title}


def _deleted(event: AccountEvent) -> str:
    return str(event.data["name"])


# --- Articles ---

ARTICLE_SENTENCES = {
    events.CREATED: _lazy("%(by)s began it"),
    events.WRITTEN: _lazy("%(by)s began version %(version)s"),
    events.SUBMITTED: _lazy("%(by)s submitted version %(version)s for review"),
    events.APPROVED: _lazy("%(by)s approved version %(version)s"),
    events.SENT_BACK: _lazy("%(by)s sent version %(version)s back"),
    events.PUBLISHED: _lazy("%(by)s published version %(version)s"),
    events.ARCHIVED: _lazy("%(by)s archived it"),
    events.UNARCHIVED: _lazy("%(by)s took it out of the archive"),
    events.RESTORED: _lazy("%(by)s restored version %(version)s"),
    events.DISCARDED: _lazy("%(by)s threw the draft of version %(version)s away"),
    events.STILL_RIGHT: _lazy("%(by)s looked at it: still right"),
    events.RENAMED: _lazy("%(by)s changed its address from %(before)s to %(after)s"),
    events.DESCRIBED: _lazy("%(by)s changed what is known about it"),
    events.RELATED: _lazy("%(by)s changed the related articles"),
    events.FILE_ADDED: _lazy("%(by)s added a file"),
    events.FILE_REMOVED: _lazy("%(by)s removed a file"),
    events.COMMENT_DONE: _lazy("%(by)s settled a comment"),
    events.ANNOUNCED: _lazy("%(by)s announced version %(version)s"),
    events.READERS_REMINDED: _lazy("%(by)s reminded those who had not read version %(version)s"),
    events.LOOKED_THROUGH: _lazy("%(by)s looked it through: nothing personal is left"),
}


@dataclass(frozen=True)
class Told:
    """One event of an article in words."""

    at: datetime
    sentence: str


def history(rows: Iterable[ArticleEvent]) -> list[Told]:
    """In words; `by` of the rows is read already."""
    return [Told(row.at, _sentence(row)) for row in rows]


def _sentence(event: ArticleEvent) -> str:
    by: User | None = event.by
    parts: dict[str, Any] = {"by": by.name if by else _("The system"), **event.data}
    if event.kind == events.AUDIENCE_SET:
        audience = label(ArticleAudience, event.data.get("after"))
        return _("%(by)s set the audience: %(audience)s") % {**parts, "audience": audience}
    text = ARTICLE_SENTENCES.get(event.kind, _lazy("%(by)s changed it"))
    try:
        return str(text) % parts
    except KeyError:  # an event of a version that said less
        return _("%(by)s changed it") % parts
