from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class BulkJob(models.Model):
    """One act on many tickets: whose, on which, how far it is, what came of it.

    Long ones are carried out behind the page; of short ones this is what the page of results reads, and what undoing
    begins from. Kept for a week. What was asked (it may hold words of people) is emptied when it is carried out.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("under way")
        DONE = "done", _("done")
        FAILED = "failed", _("broken off")

    act = models.CharField(max_length=40)
    """The name of the act; of what undoes another job, its act."""
    undoes = models.OneToOneField("self", models.CASCADE, null=True, related_name="undone_by")
    asked = models.JSONField(default=dict)
    """The fields of the form, as they were sent."""
    keys: Any = ArrayField(models.BigIntegerField(), default=list)
    """Of the tickets, in the order in which their turns come."""
    position = models.PositiveIntegerField(default=0)
    """How many have had their turn."""
    done = models.JSONField(default=list)
    """Keys of the tickets on which it was carried out."""
    changed = models.JSONField(default=dict)
    """By ticket the event that told it: what undoing reads. A ticket on which nothing changed has none."""
    refused = models.JSONField(default=list)
    """Pairs of a ticket's key and the sentence that says why."""
    noted = models.JSONField(default=list)
    """The same of what was done and should be known."""
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    error = models.CharField(max_length=300, blank=True, default="")
    back = models.CharField(max_length=1000, blank=True, default="")
    """The list that the tickets were chosen in."""
    by = models.ForeignKey(User, models.CASCADE, related_name="bulk_jobs")
    at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("act on many tickets")
        verbose_name_plural = _("acts on many tickets")
        indexes = [
            models.Index(fields=["by", "-id"], name="bulk_job_of_person"),
            models.Index(fields=["at"], name="bulk_job_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.pk} ({self.state})"

    @property
    def is_finished(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)

    @property
    def went_well(self) -> bool:
        """Nothing is left to be told but that it is done."""
        return self.is_finished and not (self.refused or self.noted or self.error)

    @property
    def total(self) -> int:
        return len(self.keys)
