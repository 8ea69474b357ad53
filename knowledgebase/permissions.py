"""Who may write, review and publish articles. `by=None` is the system and may do all."""

from accounts.models import User
from knowledgebase.models import TIER_AUDIENCES, Announcement, Article, ArticleAudience, Reader, Section


def may_write(user: User | None) -> bool:
    """Draft an article: everybody of the desk. What they draft goes out through a reviewer."""
    if user is None:
        return True
    return user.is_active and (user.is_technician or user.is_manager or user.is_administrator)


def may_edit(user: User | None, article: Article) -> bool:
    """Write in this article: who may write at all, and may see it."""
    if user is None:
        return True
    return may_write(user) and Article.objects.editable_by(user).filter(pk=article.pk).exists()


def may_publish(user: User | None, section: Section) -> bool:
    """Decide what readers see: the section's reviewers, leads of the desk, managers and administrators."""
    if user is None or oversees(user):
        return True
    return may_write(user) and section.reviewers.filter(pk=user.pk).exists()


def may_arrange(user: User | None) -> bool:
    """Make sections, move them, and say who reviews in them."""
    return user is None or oversees(user)


def may_keep_words(user: User | None) -> bool:
    """Keep synonyms, which change what everybody finds: those who may publish in some section."""
    if user is None or oversees(user):
        return True
    return may_write(user) and user.reviewed_sections.exists()


def oversees(user: User) -> bool:
    """Answers for what others write: leads of the desk's own teams, managers, administrators."""
    if not may_write(user):
        return False
    leads = any(seat.role == "lead" and not seat.is_vendor for seat in user.seats)
    return leads or user.is_manager or user.is_administrator


def sees_readers(user: User, announcement: Announcement) -> bool:
    """Who has read what was announced, and who has not: leads, who owns the article, and who announced it."""
    article = announcement.article
    return user.pk in (article.owner_id, announcement.by_id) or may_publish(user, article.section)


def desk_reads(article: Article, user: User) -> bool:
    """The same for somebody of the desk, from rows at hand: no query for each line of a history."""
    if not article.is_published or not may_write(user):
        return False
    if user.is_manager or user.is_administrator:
        return True
    level = TIER_AUDIENCES.get(ArticleAudience(article.audience), 0)
    return any(seat.tier >= level for seat in user.seats if not seat.is_vendor)


def readable_now(article: Article, user: Reader) -> bool:
    """Whether this person may read it at this moment, whatever was so when they were shown it."""
    return Article.objects.visible_to(user).filter(pk=article.pk).exists()
