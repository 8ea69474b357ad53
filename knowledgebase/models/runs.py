from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from delivery.models import Webhook
from knowledgebase.models.articles import Article, ArticleVersion
from tickets.models import Ticket


class RunOutcome(models.TextChoices):
    RESOLVED = "resolved", _("ticket resolved")
    HANDED_OVER = "handed_over", _("ticket handed over")
    NEXT_SOP = "next_sop", _("another script followed")
    GIVEN_UP = "given_up", _("given up")
    OVERTAKEN = "overtaken", _("the ticket ended without it")


class RunQuerySet(models.QuerySet["Run"]):
    def running(self) -> "RunQuerySet":
        return self.filter(ended_at=None)


class Run(models.Model):
    """One script that is gone through for one ticket. It keeps the version that it was started with.

    `step`, `place`, `reached_at` and `due_at` say where it stands; they follow from the answers and are kept for
    lists. The answers themselves are `RunAnswer` rows.
    """

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="script_runs", db_index=False)
    article = models.ForeignKey(Article, models.PROTECT, related_name="runs", db_index=False)
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="runs")
    started_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    started_at = models.DateTimeField(_("started"))
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    ended_at = models.DateTimeField(_("ended"), null=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=RunOutcome, blank=True, default="")
    why = models.CharField(_("why it was given up"), max_length=500, blank=True, default="")
    step = models.CharField(_("step"), max_length=40)
    place = models.PositiveSmallIntegerField(default=0)
    reached_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    """When a timer that it stands at may be gone on from."""
    readings = models.JSONField(default=dict)
    """What branches have read of the ticket, by field: kept from then on, so that the way does not change."""
    previous = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="followers", db_index=False, verbose_name=_("follows")
    )

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("run of a script")
        verbose_name_plural = _("runs of scripts")
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, outcome="") | (Q(ended_at__isnull=False) & ~Q(outcome="")),
                name="an_ended_run_has_an_outcome",
            ),
            models.UniqueConstraint(
                fields=["ticket", "article"],
                condition=Q(ended_at__isnull=True),
                name="one_run_of_a_script_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["ticket", "-id"], name="run_of_ticket"),
            models.Index(fields=["article", "-id"], name="run_of_article"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.article_id} {self.outcome or self.step}"

    @property
    def is_running(self) -> bool:
        return self.ended_at is None


class RunAnswer(models.Model):
    """One answer, never changed: a newer row at the same place of the way overrules an older one.

    The ticket is named beside the run, so that deleting it for good finds these rows, too.

    `value` decides where it leads; `data` holds what goes with it: the way of a verification, keys and names of
    files, the status of a webhook. Of a verification only the result is kept.
    """

    run = models.ForeignKey(Run, models.PROTECT, related_name="answers", db_index=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="script_answers")
    place = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=40)
    value = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()
    seconds = models.PositiveIntegerField(default=0)
    """How long the step was before somebody."""

    class Meta:
        ordering = ["id"]
        verbose_name = _("answer in a script")
        verbose_name_plural = _("answers in scripts")
        indexes = [models.Index(fields=["run", "id"], name="answer_of_run")]

    def __str__(self) -> str:
        return f"{self.run_id}.{self.place} {self.step}"


class RunAction(models.Model):
    """A webhook that a run has called: asked, then answered by the worker."""

    class State(models.TextChoices):
        WAITING = "waiting", _("is being done")
        OK = "ok", _("done")
        FAILED = "failed", _("failed")
        LEFT = "left", _("not waited for")

    run = models.ForeignKey(Run, models.PROTECT, related_name="actions", db_index=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="script_actions")
    place = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=40)
    webhook = models.ForeignKey(Webhook, models.SET_NULL, null=True, related_name="+", db_index=False)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    status = models.PositiveSmallIntegerField(null=True)
    """The HTTP status that came back; none where nobody answered."""
    text = models.TextField(blank=True)
    """The first words of the answer."""
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("action of a script")
        verbose_name_plural = _("actions of scripts")
        constraints = [
            models.UniqueConstraint(
                fields=["run"], condition=Q(state="waiting"), name="one_action_of_a_run_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["run", "id"], name="action_of_run")]

    def __str__(self) -> str:
        return f"{self.run_id}.{self.place} {self.step} {self.state}"


class CallerCode(models.Model):
    """A code that was sent to a caller: a keyed hash of it, until it is used up. Then the row is deleted."""

    run = models.OneToOneField(Run, models.PROTECT, related_name="code")
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="script_codes")
    place = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    until = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("code sent to a caller")
        verbose_name_plural = _("codes sent to callers")

    def __str__(self) -> str:
        return f"{self.run_id}.{self.place}"


class RunCount(models.Model):
    """How often runs of a version came to a step, were answered there, and ended there without an outcome."""

    version = models.ForeignKey(ArticleVersion, models.CASCADE, related_name="+", db_index=False)
    step = models.CharField(max_length=40)
    reached = models.PositiveIntegerField(default=0, db_default=0)
    answered = models.PositiveIntegerField(default=0, db_default=0)
    dropped = models.PositiveIntegerField(default=0, db_default=0)
    seconds = models.PositiveBigIntegerField(default=0, db_default=0)
    """Of all answers together."""

    class Meta:
        verbose_name = _("count of a step")
        verbose_name_plural = _("counts of steps")
        constraints = [
            models.UniqueConstraint(fields=["version", "step"], name="one_count_a_version_and_step"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.step} {self.reached}"


class StepSuggestion(models.Model):
    """What somebody who ran a script would change about one of its steps; open until its keepers have looked."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        TAKEN = "taken", _("taken up")
        DECLINED = "declined", _("not taken up")

    article = models.ForeignKey(Article, models.CASCADE, related_name="step_suggestions", db_index=False)
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="+")
    step = models.CharField(_("step"), max_length=40)
    text = models.CharField(_("what to change"), max_length=2000)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    answer = models.CharField(_("answer"), max_length=500, blank=True, default="")
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("suggestion for a step")
        verbose_name_plural = _("suggestions for steps")
        indexes = [models.Index(fields=["article", "state", "-id"], name="suggestion_of_article")]

    def __str__(self) -> str:
        return f"{self.article_id} {self.step} {self.state}"
