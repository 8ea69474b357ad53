"""Why an operation on articles refuses, beside what is said of tickets (tickets/refusals.py)."""

from django.utils.translation import gettext as _

from knowledgebase.models import Article, ArticleVersion, Section
from tickets.models import Ticket
from tickets.refusals import Invalid, Refused


class CircularSection(Invalid):
    """A section would lie below itself."""

    code = "circular_section"

    def __init__(self, section: Section, parent: Section) -> None:
        super().__init__(
            _("“%(parent)s” lies below “%(section)s” already, so it cannot hold it. Choose another parent.")
            % {"parent": parent.full_name, "section": section.name},
            field="parent",
        )


class SectionNotEmpty(Refused):
    code = "section_not_empty"

    def __init__(self, section: Section) -> None:
        super().__init__(
            _("“%(name)s” still holds articles or sections. Move them first.") % {"name": section.full_name}
        )


class SlugTaken(Invalid):
    """Another article has this address, or had it once and keeps it."""

    code = "slug_taken"

    def __init__(self, slug: str) -> None:
        super().__init__(
            _("“%(slug)s” is the address of another article, or once was. Choose another one.")
            % {"slug": slug},
            field="slug",
        )


class DraftChanged(Refused):
    """Somebody else has written in it since the page was opened. `theirs` is what stands there now."""

    code = "draft_changed"

    def __init__(self, theirs: ArticleVersion) -> None:
        name = theirs.written_by.name if theirs.written_by else _("Somebody")
        super().__init__(
            _("%(name)s has written in this article since you opened it. Compare, then save again.")
            % {"name": name},
            field="base",
        )
        self.theirs = theirs


class NothingToReview(Refused):
    """There is no draft."""

    code = "no_draft"

    def __init__(self, article: Article) -> None:
        super().__init__(_("“%(title)s” has no draft.") % {"title": article.title})


class NotSubmitted(Refused):
    """The draft does not wait for a review."""

    code = "not_submitted"

    def __init__(self, article: Article) -> None:
        super().__init__(
            _("The draft of “%(title)s” was not submitted for review.") % {"title": article.title}
        )


class ReviewRequired(Refused):
    """Nobody but its authors has looked at it, and the section wants that."""

    code = "review_required"

    def __init__(self, section: Section) -> None:
        super().__init__(
            _(
                "In “%(section)s” nothing is published without a review. Submit it: somebody who has not "
                "written in it has to approve it."
            )
            % {"section": section.full_name}
        )


class OwnReview(Refused):
    """Whoever wrote it cannot be the one who approves it."""

    code = "own_review"

    def __init__(self) -> None:
        super().__init__(
            _("You have written in this draft, so somebody else has to approve it."), field="reviewed_by"
        )


class NotPublished(Refused):
    """Only what is published can be sent, linked or voted on."""

    code = "not_published"

    def __init__(self, article: Article) -> None:
        super().__init__(_("“%(title)s” is not published.") % {"title": article.title})


class FollowsAnother(Refused):
    """A chapter or translation has its audience and its section from the article that it belongs to."""

    code = "follows_another"

    def __init__(self, leader: Article, field: str) -> None:
        super().__init__(
            _("This belongs to “%(title)s” and follows it. Change it there.") % {"title": leader.title},
            field=field,
        )


class NotLookedThrough(Refused):
    """It was made from a ticket, and nobody has said that nothing personal is left in it."""

    code = "not_looked_through"

    def __init__(self, article: Article) -> None:
        super().__init__(
            _(
                "“%(title)s” was made from a ticket. First look through its draft: what is personal has to be out."
            )
            % {"title": article.title}
        )


class RestrictedTicket(Refused):
    """Few may read the ticket, so nothing of it becomes an article."""

    code = "restricted_ticket"

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(
            _("%(number)s is restricted: what stands in it does not become an article.")
            % {"number": ticket.number}
        )


class ReadByNobody(Invalid):
    """Something would be announced to people who may not read it."""

    code = "read_by_nobody"

    def __init__(self, article: Article, field: str) -> None:
        super().__init__(
            _("“%(title)s” is for %(audience)s. Change its audience first, or announce it to them alone.")
            % {"title": article.title, "audience": article.get_audience_display()},
            field=field,
        )


class ChangedSince(Refused):
    """There is a newer version than the one that was before the person."""

    code = "changed_since"

    def __init__(self, article: Article) -> None:
        super().__init__(
            _("“%(title)s” has changed since you opened it. Read it again, please.")
            % {"title": article.title}
        )


class NobodyToRemind(Refused):
    """All who are asked to read it have, or it asks nobody any more."""

    code = "nobody_to_remind"

    def __init__(self) -> None:
        super().__init__(_("There is nobody to remind: everybody who is asked has read it."))


class RemindedToday(Refused):
    """They were reminded within the last day."""

    code = "reminded_today"

    def __init__(self) -> None:
        super().__init__(_("They were reminded less than a day ago. Talk to them, or wait until tomorrow."))


class NotAProblem(Refused):
    """What is known of a cause is kept with tickets of kind problem."""

    code = "not_a_problem"

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(
            _("%(number)s is no problem. Change its kind first, or use the ticket of the problem.")
            % {"number": ticket.number}
        )


class RecordChanged(Refused):
    """Somebody else has written in the record meanwhile."""

    code = "record_changed"

    def __init__(self, name: str) -> None:
        super().__init__(
            _("%(name)s has written in this record since you opened it. Look at it again, then save.")
            % {"name": name}
        )
