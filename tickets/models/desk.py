"""What people keep beside tickets: saved views, drafts, and the keys of submitted forms."""

from django.contrib.auth import get_user_model
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User


class SavedView(models.Model):
    """A filter with its sort and columns, kept under a name: for its owner, a team, or everyone."""

    name = models.CharField(_("name"), max_length=60)
    owner = models.ForeignKey(User, models.CASCADE, related_name="saved_views", verbose_name=_("owner"))
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="saved_views", verbose_name=_("for team")
    )
    for_everyone = models.BooleanField(_("for everyone"), default=False)
    filter = models.JSONField(default=dict)
    sort = models.CharField(max_length=10, default="due")
    columns = ArrayField(models.CharField(max_length=40), default=list, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="one_view_a_name")]

    def __str__(self) -> str:
        return self.name


class Draft(models.Model):
    """What somebody has typed and not sent; found again after a reload, a lost session, on another machine."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="drafts")
    place = models.CharField(max_length=60)
    fields = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [models.UniqueConstraint(fields=["owner", "place"], name="one_draft_a_place")]

    def __str__(self) -> str:
        return f"{self.owner_id} {self.place}"


class Submission(models.Model):
    """A form or request that was carried out, so that sending it twice does it once. Kept 24 hours.

    Written in the operation's own transaction. Serves a form's hidden key and `Idempotency-Key`
    (draft-ietf-httpapi-idempotency-key-header).
    """

    key = models.CharField(max_length=80)
    person = models.ForeignKey(get_user_model(), models.CASCADE, related_name="+")
    body_hash = models.CharField(max_length=64)
    outcome = models.JSONField(default=dict)
    at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="a_submission_once"),
            models.CheckConstraint(condition=~Q(key=""), name="a_submission_has_a_key"),
        ]

    def __str__(self) -> str:
        return self.key
