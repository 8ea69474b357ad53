from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from knowledgebase.models.articles import Article


class Word(models.Model):
    """A word that stands in published articles of a language: folded, with its stem. Only the index writes it.

    Nobody is shown a word because it stands here: it must stand in an article that they may read.
    """

    language = models.CharField(max_length=8)
    text = models.CharField(max_length=40)
    stem = models.CharField(max_length=40)
    articles = models.PositiveIntegerField(default=0)
    """In how many published articles it stands."""

    class Meta:
        verbose_name = _("word")
        verbose_name_plural = _("words")
        constraints = [models.UniqueConstraint(fields=["language", "text"], name="one_word_a_language")]
        indexes = [
            models.Index(fields=["language", "stem"], name="word_by_stem"),
            models.Index(OpClass("text", name="varchar_pattern_ops"), name="word_by_beginning"),
            GinIndex(OpClass("text", name="gin_trgm_ops"), name="word_by_likeness"),
        ]

    def __str__(self) -> str:
        return self.text


class Occurrence(models.Model):
    """That a word stands in an article, and what that is worth: more in the title, less in a long text.

    The primary key carries the worth (see the migration), so that a common word is read from the index alone.
    """

    pk = models.CompositePrimaryKey("word_id", "article_id")
    word = models.ForeignKey(Word, models.PROTECT, related_name="+", db_index=False)
    article = models.ForeignKey(Article, models.CASCADE, related_name="+", db_index=False)
    worth = models.FloatField()

    class Meta:
        verbose_name = _("word in an article")
        verbose_name_plural = _("words in articles")
        indexes = [
            models.Index(fields=["article"], name="words_of_article"),
            # The best articles of a common word, without a look at the others.
            models.Index(fields=["word", "-worth"], include=["article"], name="best_of_word"),
        ]

    def __str__(self) -> str:
        return f"{self.word_id} {self.article_id}"


class ArticleText(models.Model):
    """What a published article says, without marks: what the line below a hit is taken from."""

    article = models.OneToOneField(Article, models.CASCADE, primary_key=True, related_name="plain")
    text = models.TextField()

    class Meta:
        verbose_name = _("plain text of an article")
        verbose_name_plural = _("plain texts of articles")

    def __str__(self) -> str:
        return self.text[:80]


class Synonym(models.Model):
    """Words and short phrases that mean the same to those who search: whoever types one finds the others."""

    words = ArrayField(models.CharField(max_length=60), verbose_name=_("words"))
    """Folded, as searches are."""

    class Meta:
        ordering = ["words", "id"]
        verbose_name = _("synonyms")
        verbose_name_plural = _("synonyms")
        constraints = [
            models.UniqueConstraint(fields=["words"], name="one_group_of_the_same_synonyms"),
            models.CheckConstraint(condition=Q(words__len__gte=2), name="synonyms_are_at_least_two"),
        ]

    def __str__(self) -> str:
        return ", ".join(self.words)


class SearchTerm(models.Model):
    """One search, of nobody: no person, address or session, only the day. Addresses and digits are taken out of it.

    `form` holds together what was typed into one form and whether it was sent; it is random, and forgotten when
    the form ends.
    """

    text = models.CharField(_("words"), max_length=100)
    language = models.CharField(_("language"), max_length=8)
    day = models.DateField(_("day"))
    found = models.PositiveIntegerField(_("found"))
    form = models.UUIDField(null=True)
    is_filed = models.BooleanField(_("ended in a ticket"), default=False, db_default=False)

    class Meta:
        verbose_name = _("search")
        verbose_name_plural = _("searches")
        indexes = [
            models.Index(fields=["day"], name="search_term_to_prune"),
            models.Index(fields=["form"], name="search_term_of_form", condition=Q(form__isnull=False)),
            models.Index(fields=["text"], name="search_term_by_text"),
        ]

    def __str__(self) -> str:
        return self.text
