"""The history of articles: its kinds, and `record`, its one writer.

What has to do with a ticket is an event of the ticket: the kinds that begin with `knowledge` stand in its history,
quietly.
"""

from datetime import datetime

from accounts.models import User
from accounts.prepared import insert
from knowledgebase.models import Article, ArticleEvent

CREATED = "article.created"
WRITTEN = "article.written"
SUBMITTED = "article.submitted"
APPROVED = "article.approved"
SENT_BACK = "article.sent_back"
PUBLISHED = "article.published"
ARCHIVED = "article.archived"
UNARCHIVED = "article.unarchived"
RESTORED = "article.restored"
DISCARDED = "article.draft_discarded"
STILL_RIGHT = "article.still_right"
RENAMED = "article.renamed"
DESCRIBED = "article.described"
AUDIENCE_SET = "article.audience_set"
RELATED = "article.related"
FILE_ADDED = "article.file_added"
FILE_REMOVED = "article.file_removed"
COMMENT_DONE = "article.comment_done"
ANNOUNCED = "article.announced"
READERS_REMINDED = "article.readers_reminded"
LOOKED_THROUGH = "article.looked_through"

LINKED = "knowledge.article_linked"
UNLINKED = "knowledge.article_unlinked"
DRAFTED = "knowledge.article_drafted"
FILED_ANYWAY = "knowledge.filed_anyway"
PROBLEM_RECORDED = "knowledge.problem_recorded"
PROBLEM_DECIDED = "knowledge.problem_decided"

Fact = str | int | bool | None | list["Fact"]


def record(article: Article, kind: str, *, by: User | None, at: datetime, **data: Fact) -> ArticleEvent:
    """`data` holds ids, codes, numbers and slugs."""
    event = ArticleEvent(article=article, kind=kind, by=by, at=at, data=data)
    insert(event)
    return event
