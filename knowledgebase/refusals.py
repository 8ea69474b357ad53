"""Why an operation on articles refuses, beside what is said of tickets (tickets/refusals.py)."""

from django.utils.translation import gettext as _

from knowledgebase.models import Article, ArticleVersion, Section
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
