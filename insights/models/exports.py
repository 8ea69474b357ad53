from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User

LONGEST_QUERY = 4_000


class Export(models.Model):
    """A list that is written into a file behind the page: what was asked, how far it is, and where the file lies.

    Rows are written piece by piece (`pieces` of them lie in the store), so that a worker that dies loses one piece.
    Only who asked may fetch it, and only while they may see what they might when it was written.
    """

    class Format(models.TextChoices):
        CSV = "csv", _("CSV")
        XLSX = "xlsx", _("XLSX")
        PARTS = "parts", _("several XLSX files")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("being written")
        PACKING = "packing", _("being packed")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    source = models.CharField(max_length=20)
    """As `insights.exporting.teach` was told of it."""
    asked = models.CharField(max_length=LONGEST_QUERY, blank=True, default="")
    """Its query, as it stands in an address."""
    title = models.CharField(_("what"), max_length=200)
    name = models.CharField(max_length=80)
    """Of the file, without its ending."""
    format = models.CharField(_("format"), max_length=5, choices=Format)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    total = models.PositiveIntegerField(_("rows"), default=0)
    seen = models.PositiveIntegerField(_("written"), default=0)
    cursor = models.JSONField(null=True)
    """Behind which row the next piece begins."""
    pieces = models.PositiveIntegerField(default=0)
    packed = models.CharField(max_length=200, blank=True, default="")
    """The name of the packed file in the store; none for CSV, which is sent piece by piece."""
    error = models.CharField(_("error"), max_length=300, blank=True, default="")
    access = models.CharField(max_length=64)
    """A hash of all that decides what the person may see."""
    by = models.ForeignKey(User, models.CASCADE, related_name="exports", verbose_name=_("asked by"))
    at = models.DateTimeField(_("asked"))
    touched_at = models.DateTimeField(_("last progress"), null=True)
    done_at = models.DateTimeField(_("done"), null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("export")
        verbose_name_plural = _("exports")

    def __str__(self) -> str:
        return f"{self.source} {self.pk} ({self.state})"

    @property
    def is_finished(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)
