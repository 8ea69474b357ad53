from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets.models.categories import Category
from tickets.models.choices import Kind
from tickets.models.history import Revision
from tickets.models.ticket import Ticket


class CustomField(models.Model):
    """A field that an administrator adds to tickets of some kinds or categories."""

    class Type(models.TextChoices):
        TEXT = "text", _("text")
        NUMBER = "number", _("number")
        CHOICE = "choice", _("choice")
        DATE = "date", _("date")
        USER = "user", _("person")
        CHECKBOX = "checkbox", _("checkbox")

    class Required(models.TextChoices):
        NEVER = "never", _("never")
        FILING = "filing", _("when it is filed")
        HANDING_OVER = "handover", _("when it is handed over to a higher tier")
        RESOLVING = "resolving", _("when it is resolved")

    key = models.SlugField(_("key"), max_length=40, unique=True)
    label = models.CharField(_("label"), max_length=80)
    help = models.CharField(_("help"), max_length=200, blank=True)
    type = models.CharField(_("type"), max_length=10, choices=Type, default=Type.TEXT)
    choices = ArrayField(models.CharField(max_length=80), verbose_name=_("choices"), default=list, blank=True)
    retired_choices = ArrayField(
        models.CharField(max_length=80),
        verbose_name=_("choices that are no longer offered"),
        default=list,
        db_default=[],
        blank=True,
        editable=False,
    )
    """Taken away while tickets had them: still read and searched for, not chosen any more."""
    required = models.CharField(_("required"), max_length=10, choices=Required, default=Required.NEVER)
    kinds = ArrayField(
        models.CharField(max_length=10, choices=Kind),
        verbose_name=_("only for kinds"),
        default=list,
        blank=True,
    )
    categories = models.ManyToManyField(
        Category, blank=True, related_name="fields", verbose_name=_("only for")
    )
    shown_when = models.JSONField(_("shown when"), default=dict, db_default={}, blank=True)
    """By key of another field the answers of which one must be given; every field named must agree. Empty: always."""
    for_requesters = models.BooleanField(_("asked in the portal"), default=True)
    min_tier = models.PositiveSmallIntegerField(_("shown from tier"), default=0)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["position", "label"]
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")

    def __str__(self) -> str:
        return self.label


class FieldValue(models.Model):
    """What a ticket says in a custom field. The words live in `revision`; `normal` is for filtering."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="field_values")
    field = models.ForeignKey(CustomField, models.PROTECT, related_name="+")
    value = models.JSONField()
    normal = models.CharField(max_length=200, blank=True)
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("field value")
        verbose_name_plural = _("field values")
        constraints = [models.UniqueConstraint(fields=["ticket", "field"], name="one_value_a_field")]
        indexes = [models.Index(fields=["field", "normal"], name="field_value_normal")]

    def __str__(self) -> str:
        return f"{self.field}: {self.value}"
