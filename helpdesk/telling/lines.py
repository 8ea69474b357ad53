"""The notices of one person in words: what happened that they should know of, and where it leads."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from accounts.models import AccountEvent, User
from delivery.models import Notice
from helpdesk.announcement_notices import KIND as ANNOUNCED
from helpdesk.announcement_notices import announcement_of
from helpdesk.candidate_notices import PAGE as CANDIDATES_PAGE
from helpdesk.candidate_notices import RAISED, labels_for
from helpdesk.knowledge_notices import COMMENTED, LOOK_AGAIN, REVIEWS_PAGE
from helpdesk.survey_notices import page_of as answer_page
from helpdesk.telling import numbers
from helpdesk.vendor_notices import CONTRACT_KINDS, contract_words
from intake import connection_events, connection_sentences
from knowledgebase.events import DRAFTED
from knowledgebase.models import Announcement, Comment
from sla import events
from sla.models import Metric
from tickets.events import RATED
from tickets.models import NUMBER_PREFIX, Event, Ticket
from tickets.sentences import sentences

PROMISES = (events.WARNED, events.BREACHED)
CONTRACTS_PAGE = "/settings/vendors/"
MAILBOX_KINDS = (connection_events.TROUBLE, connection_events.MENDED)
MAILBOXES_PAGE = "/settings/mailboxes/"


@dataclass(frozen=True)
class Line:
    """A notice in words. The ticket is None where its reader may not open it any more."""

    notice: Notice
    event: Event | None
    ticket: Ticket | None
    words: str = ""
    """The event as the ticket's history says it, where it is none of a clock."""
    article: int = 0
    """Which article was written about."""
    leads_to: str = ""
    """Its page: the ticket's, for who works on it or who asked for it, or another."""

    @property
    def number(self) -> str:
        return f"{NUMBER_PREFIX}{self.notice.ticket_number}"

    @property
    def is_breach(self) -> bool:
        return self.notice.kind == events.BREACHED

    @property
    def is_contract(self) -> bool:
        """Whether it tells of a contract with a vendor: of no ticket, and `words` say all."""
        return self.notice.kind in CONTRACT_KINDS

    @property
    def is_mailbox(self) -> bool:
        """Whether it tells that a mailbox cannot be fetched, or can be again: of no ticket, and `words` say all."""
        return self.notice.kind in MAILBOX_KINDS

    @property
    def is_announcement(self) -> bool:
        """Whether it asks to read an article: of no ticket, and `words` are its title."""
        return self.notice.kind == ANNOUNCED

    @property
    def is_candidate(self) -> bool:
        """Whether it tells that something arrives far more often than usual: of no ticket, and `words` say what."""
        return self.notice.kind == RAISED

    @property
    def is_about_article(self) -> bool:
        """Whether it tells an owner of an article of theirs: of no ticket, and `words` say all."""
        return self.notice.kind in (COMMENTED, LOOK_AGAIN)

    @property
    def url(self) -> str:
        """Where it leads, other than to its ticket."""
        if self.is_announcement:
            return f"/desk/announcements/{announcement_of(self.notice.event_id)}/"
        if self.notice.kind == LOOK_AGAIN:
            return REVIEWS_PAGE
        if self.notice.kind == COMMENTED:
            return f"/desk/articles/{self.article}/" if self.article else ""
        if self.is_candidate:
            return f"{CANDIDATES_PAGE}{numbers.candidate_of(self.notice.event_id)}/" if self.words else ""
        if self.notice.kind == DRAFTED and self.event is not None:
            return f"/desk/drafts/{self.event.data['article']}/"
        return ""

    @property
    def is_promise(self) -> bool:
        """Whether it tells of a clock; rules tell of anything."""
        return self.notice.kind in PROMISES

    @property
    def sentence(self) -> str:
        if self.is_candidate and not self.words:
            return _("Nothing that you may still read.")
        if (
            self.is_contract
            or self.is_mailbox
            or self.is_announcement
            or self.is_about_article
            or self.is_candidate
        ):
            return self.words
        if self.event is None:
            return ""
        if not self.is_promise:
            return self.words
        data = self.event.data
        words = {"metric": Metric(data["metric"]).label, "share": data["share"]}
        if self.is_breach:
            return _("The time for “%(metric)s” is over.") % words
        return _("%(share)s %% of the time for “%(metric)s” is used.") % words


def lines_of(rows: Iterable[Notice], user: User) -> list[Line]:
    """In words, as this reader may know them."""
    rows = list(rows)
    told = Event.objects.in_bulk([row.event_id for row in rows])
    visible = Ticket.objects.visible_to(user).in_bulk([row.ticket_number for row in rows])
    others = [event for event in told.values() if event.kind not in PROMISES]
    words = {event.pk: text for event, text in zip(others, sentences(others, user), strict=True)}
    words |= (
        _about_contracts(rows)
        | _about_mailboxes(rows)
        | _about_articles(rows, user)
        | _about_own_articles(rows)
        | _about_candidates(rows, user)
    )
    articles = _articles_commented(rows)
    found = [
        Line(
            row,
            told.get(row.event_id),
            visible.get(row.ticket_number),
            words.get(row.event_id, ""),
            articles.get(row.event_id, (0, ""))[0],
        )
        for row in rows
    ]
    return [replace(line, leads_to=line.url or _page_of_ticket(line, user)) for line in found]


def _page_of_ticket(line: Line, user: User) -> str:
    if line.ticket is None:
        page = CONTRACTS_PAGE if line.is_contract else MAILBOXES_PAGE if line.is_mailbox else ""
        return page if user.is_administrator else ""
    if line.notice.kind == RATED and (user.is_lead or user.is_manager or user.is_administrator):
        return answer_page(line.number)  # a low score: what was said, and opening it again
    works_on_it = user.uses_desk and user.pk != line.ticket.requester_id
    return f"/desk/tickets/{line.number}/" if works_on_it else f"/requests/{line.number}/"


def _about_own_articles(rows: list[Notice]) -> dict[int, str]:
    reviews = {
        row.event_id: _("Articles of yours should be looked at again.")
        for row in rows
        if row.kind == LOOK_AGAIN
    }
    comments = {
        event: _("A reader writes about “%(title)s”.") % {"title": title}
        for event, (_key, title) in _articles_commented(rows).items()
    }
    return reviews | comments


def _articles_commented(rows: list[Notice]) -> dict[int, tuple[int, str]]:
    """By the notice's event: the article's key and title."""
    keys = {numbers.comment_of(row.event_id): row.event_id for row in rows if row.kind == COMMENTED}
    if not keys:
        return {}
    found = Comment.objects.filter(pk__in=keys).values_list("pk", "article_id", "article__title")
    return {keys[key]: (article, title) for key, article, title in found}


def _about_contracts(rows: list[Notice]) -> dict[int, str]:
    """By the notice's event, which is one of the settings' history and counted below nothing."""
    keys = [-row.event_id for row in rows if row.kind in CONTRACT_KINDS]
    events = list(AccountEvent.objects.filter(pk__in=keys)) if keys else []
    return {-event.pk: text for event, text in zip(events, contract_words(events), strict=True)}


def _about_mailboxes(rows: list[Notice]) -> dict[int, str]:
    keys = [-row.event_id for row in rows if row.kind in MAILBOX_KINDS]
    events = list(AccountEvent.objects.filter(pk__in=keys)) if keys else []
    return {-key: words for key, words in connection_sentences.notice_words(events).items()} if events else {}


def _about_articles(rows: list[Notice], user: User) -> dict[int, str]:
    """The title of what is announced, where they may read it still."""
    keys = {announcement_of(row.event_id): row.event_id for row in rows if row.kind == ANNOUNCED}
    if not keys:
        return {}
    found = Announcement.objects.visible_to(user).filter(pk__in=keys).select_related("article")
    titles = {keys[row.pk]: row.article.title for row in found}
    return {
        event: titles.get(event, _("An article that you may not read any more")) for event in keys.values()
    }


def _about_candidates(rows: list[Notice], user: User) -> dict[int, str]:
    """What arrives so often, where they may know of it still."""
    keys = {numbers.candidate_of(row.event_id): row.event_id for row in rows if row.kind == RAISED}
    return {keys[key]: label for key, label in labels_for(user, keys).items()} if keys else {}
