from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from tickets.models.ticket import Ticket


class XidField(models.Field):  # type: ignore[type-arg]
    """PostgreSQL's 64-bit transaction id: when a row was written, in commit-feed order."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else str(value)


class Event(models.Model):
    """One thing that happened to a ticket. Append-only: a trigger refuses UPDATE and DELETE.

    `at` is when it happened (an import gives the original time), `id` and `xid` when it was written.
    `changes` holds {column: [before, after]} of every ticket column that changed, `data` further ids,
    codes and numbers. No words: those live in messages and revisions, so that they can be redacted.
    A quiet event tells something about the ticket without changing it (a clock ran out): neither its version
    nor `changed_at` know of it, so that nobody's open form collides with it.
    """

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="events", db_index=False)
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    message = models.ForeignKey(
        "tickets.Message", models.PROTECT, null=True, related_name="+", db_index=False
    )
    changes = models.JSONField(default=dict)
    data = models.JSONField(default=dict)
    is_quiet = models.BooleanField(default=False, db_default=False)
    xid = XidField(db_default=models.Func(function="pg_current_xact_id"))

    class Meta:
        ordering = ["id"]
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["ticket", "id"], name="event_of_ticket"),
            models.Index(fields=["xid", "id"], name="event_feed"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.kind}"


class Revision(models.Model):
    """One text that a ticket's column held, so that an event can name it and a redaction empty it."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="revisions")
    column = models.CharField(max_length=40)
    text = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    redacted_at = models.DateTimeField(null=True)
    redacted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    redacted_why = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.column}"
