from django.db import models
from django.utils.translation import gettext_lazy as _


class Feed(models.Model):
    """Where the change feed stands: its epoch, and up to where webhooks were told. One row, number 1.

    A cursor of the feed speaks of transactions of one database as it ran without a break. A restore begins
    another life of it, with an epoch of its own: cursors of the one before are refused, for nobody can say what
    their holders have seen.
    """

    epoch = models.CharField(max_length=16)
    system = models.CharField(max_length=20)
    """Of the PostgreSQL cluster; with the timeline it tells a restored one from the one that was."""
    timeline = models.BigIntegerField()
    base = models.BigIntegerField(default=0)
    """Events up to this id were written before the epoch began: their transactions mean nothing here any more, and
    they are told by id."""
    renewed_at = models.DateTimeField()

    told_until = models.BigIntegerField(default=0)
    """Webhooks were told of all that transactions before this one wrote."""
    window_end = models.BigIntegerField(null=True)
    """While a batch of transactions is being told: those from `told_until` to before this one."""
    window_last = models.BigIntegerField(default=0)
    """In that batch, up to this event."""

    class Meta:
        verbose_name = _("change feed")
        verbose_name_plural = _("change feeds")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="there_is_one_feed")]

    def __str__(self) -> str:
        return self.epoch
