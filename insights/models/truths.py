from django.db import models
from django.utils.translation import gettext_lazy as _


class KnownTruths(models.Model):
    """What `manage.py compare_truths --keep` found: the desk's numbers beside those of an imported file.

    `lines` are those of its file: name, ours, from_file, equal, explained. The last one of a file is shown.
    """

    system = models.CharField(_("system"), max_length=60)
    file = models.CharField(_("file"), max_length=255)
    lines = models.JSONField()
    at = models.DateTimeField(_("compared"))

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("known truths of a file")
        verbose_name_plural = _("known truths of files")
        constraints = [models.UniqueConstraint(fields=["system", "file"], name="known_truths_once_a_file")]

    def __str__(self) -> str:
        return self.file
