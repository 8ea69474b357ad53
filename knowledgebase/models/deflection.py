import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from knowledgebase.models.articles import Article
from tickets.models import Category


class SuggestionSettings(models.Model):
    """How suggestions are given: exactly one row, made when it is first asked for."""

    MOST_WITHOUT = 50

    control_percent = models.PositiveSmallIntegerField(
        _("forms without suggestions, percent"),
        default=0,
        help_text=_(
            "So many of a hundred forms show no articles, so that it can be measured what articles prevent. "
            "0: none, and nothing is measured."
        ),
    )
    lexemes_at = models.DateTimeField(null=True, editable=False)
    """When the words of tickets were counted last."""
    lexeme_texts = models.PositiveIntegerField(default=0, editable=False)
    """How many tickets were counted."""

    class Meta:
        verbose_name = _("settings of suggestions")
        verbose_name_plural = _("settings of suggestions")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="suggestions_are_set_once"),
            models.CheckConstraint(
                condition=Q(control_percent__lte=50), name="suggestions_reach_half_at_least"
            ),
        ]

    def __str__(self) -> str:
        return str(_("Suggestions"))

    @classmethod
    def load(cls) -> "SuggestionSettings":
        return cls.objects.get_or_create(pk=1)[0]


class RepeatKey(models.Model):
    """A secret by which somebody who comes back within a week is recognised: used for a week, gone after two.

    With it every mark that was made with it is worth nothing: nobody can say any more whose it was.
    """

    secret = models.BinaryField()
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("key of marks")
        verbose_name_plural = _("keys of marks")

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d}"


class FormOutcome(models.TextChoices):
    OPEN = "", _("open")
    SOLVED = "solved", _("an article solved it")
    FILED = "filed", _("filed")
    LEFT = "left", _("left")
    REPEATED = "repeated", _("said to be solved, and filed within a week")


class FilingForm(models.Model):
    """One form that somebody began to fill in, of nobody: no person, address, session or ticket. Forgotten after two
    weeks; what is left are sums.

    The key is random and belongs to the form. `mark` is a keyed hash of the person, only of forms that an
    article ended, and only until it is known whether they came back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    day = models.DateField()
    """When it was begun (UTC)."""
    category = models.ForeignKey(Category, models.SET_NULL, null=True, related_name="+", db_index=False)
    is_control = models.BooleanField(default=False)
    """Nothing is shown in it, whatever is found."""
    has_found = models.BooleanField(default=False)
    """There were articles for what was typed, shown or not."""
    outcome = models.CharField(max_length=8, choices=FormOutcome, blank=True, default=FormOutcome.OPEN)
    solved_by = models.ForeignKey(Article, models.SET_NULL, null=True, related_name="+", db_index=False)
    solved_at = models.DateTimeField(null=True)
    mark = models.CharField(max_length=64, blank=True, default="")
    key = models.ForeignKey(RepeatKey, models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        verbose_name = _("form")
        verbose_name_plural = _("forms")
        indexes = [
            models.Index(fields=["day"], name="form_to_prune"),
            models.Index(fields=["solved_at"], name="form_to_settle", condition=Q(solved_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Suggestion(models.Model):
    """That an article was shown beside a form, and whether it was read there."""

    form = models.ForeignKey(FilingForm, models.CASCADE, related_name="suggestions", db_index=False)
    article = models.ForeignKey(Article, models.CASCADE, related_name="+", db_index=False)
    is_read = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("suggestion")
        verbose_name_plural = _("suggestions")
        constraints = [models.UniqueConstraint(fields=["form", "article"], name="suggested_once_a_form")]

    def __str__(self) -> str:
        return f"{self.form_id} {self.article_id}"


class FormCount(models.Model):
    """What became of the forms that were begun on a day, by category: of those that have ended."""

    day = models.DateField()
    category = models.ForeignKey(Category, models.CASCADE, null=True, related_name="+", db_index=False)
    is_control = models.BooleanField(default=False)
    nothing = models.PositiveIntegerField(default=0, db_default=0)
    """Forms for which there was no article. They count in none of the others."""
    forms = models.PositiveIntegerField(default=0, db_default=0)
    shown = models.PositiveIntegerField(default=0, db_default=0)
    read = models.PositiveIntegerField(default=0, db_default=0)
    solved = models.PositiveIntegerField(default=0, db_default=0)
    repeated = models.PositiveIntegerField(default=0, db_default=0)
    filed = models.PositiveIntegerField(default=0, db_default=0)
    filed_anyway = models.PositiveIntegerField(default=0, db_default=0)
    """Filed although an article had been read."""

    class Meta:
        verbose_name = _("count of forms")
        verbose_name_plural = _("counts of forms")
        constraints = [
            models.UniqueConstraint(
                fields=["day", "category", "is_control"],
                name="one_count_a_category_and_day",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.category_id}"


class Lexeme(models.Model):
    """A word as tickets have it, and how many of the newest have it: counted each night."""

    text = models.CharField(max_length=100, primary_key=True)
    tickets = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("word of tickets")
        verbose_name_plural = _("words of tickets")

    def __str__(self) -> str:
        return self.text
