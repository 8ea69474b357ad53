from datetime import UTC, datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Team, Tier, User
from tickets.models.categories import Category
from tickets.models.choices import (
    OPEN_STATUSES,
    CancelReason,
    Channel,
    CloseReason,
    HoldReason,
    Impact,
    Kind,
    Priority,
    ResolutionCode,
    Status,
    Urgency,
)
from tickets.models.querysets import TicketQuerySet
from tickets.naming import status_name

NUMBER_PREFIX = "TD-"
FAR = datetime(9000, 1, 1, tzinfo=UTC)
"""Stands for "no date" in columns that lists sort by: they are NOT NULL, so that keyset paging holds."""

WORD_COLUMNS = ("subject", "location", "device", "vendor_reference")
"""Columns of words. History holds ids only, so an event names the revision row that keeps the text."""

PLAIN_COLUMNS = {"subject": "subject_plain", "location": "location_plain", "device": "device_plain"}
"""The words that filters compare, folded in Python when `record` writes them (tickets.words.fold_words)."""

CACHES = ("id", "version", "next_due_at", "in_queue", *WORD_COLUMNS, *PLAIN_COLUMNS.values())
"""Columns that folding the history does not yield: keys, caches, and words (kept by `words`)."""


REPLY_SINCE = Case(
    When(
        last_public_reply_at__isnull=False,
        requester_waiting_since__isnull=False,
        then=F("requester_waiting_since"),
    ),
    default=Value(FAR),
    output_field=models.DateTimeField(),
)
"""Since when a reply waits; far away where none does. Lists are ordered by it."""


class Ticket(models.Model):
    """A request and where it stands. Written by operations only; every change has one event.

    The primary key is the number that people say: TD-1042 has the id 1042.
    Folding the events of a ticket gives every column except `CACHES` at any moment.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.INCIDENT)
    subject = models.CharField(_("subject"), max_length=250)
    status = models.CharField(_("status"), max_length=18, choices=Status, default=Status.NEW)
    in_queue = models.GeneratedField(
        expression=Case(
            When(status__in=[str(s) for s in OPEN_STATUSES], then=Value(True)), default=Value(False)
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    tier = models.ForeignKey(Tier, models.PROTECT, related_name="+", verbose_name=_("tier"), db_index=False)
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", verbose_name=_("team"), db_index=False)
    assignee = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("assignee"), db_index=False
    )
    contact = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("contact"), db_index=False
    )
    requester = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("requester"), db_index=False
    )
    opened_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("opened by"), db_index=False
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("organisation"),
        db_index=False,
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.PORTAL)
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, related_name="+", verbose_name=_("category")
    )
    category_confirmed = models.BooleanField(_("category confirmed"), default=False)

    impact = models.PositiveSmallIntegerField(_("impact"), choices=Impact, default=Impact.PERSON)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency, default=Urgency.HINDERED)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.P4)
    priority_confirmed = models.BooleanField(_("priority confirmed"), default=False)
    priority_overridden = models.BooleanField(_("priority overridden"), default=False)

    location = models.CharField(_("location"), max_length=120, blank=True, default="")
    device = models.CharField(_("device"), max_length=80, blank=True, default="")
    handle_with_care = models.BooleanField(_("handle with care"), default=False)
    is_restricted = models.BooleanField(_("restricted"), default=False)

    hold_reason = models.CharField(
        _("on hold because"), max_length=12, choices=HoldReason, blank=True, default=""
    )
    hold_until = models.DateTimeField(_("on hold until"), null=True)
    vendor = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="+", verbose_name=_("vendor")
    )
    vendor_reference = models.CharField(_("vendor's number"), max_length=80, blank=True, default="")

    resolution_code = models.CharField(
        _("resolved as"), max_length=14, choices=ResolutionCode, blank=True, default=""
    )
    close_reason = models.CharField(
        _("closed because"), max_length=10, choices=CloseReason, blank=True, default=""
    )
    cancel_reason = models.CharField(
        _("cancelled because"), max_length=10, choices=CancelReason, blank=True, default=""
    )
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    rating = models.PositiveSmallIntegerField(_("rating"), null=True)

    created_at = models.DateTimeField(_("created"))
    changed_at = models.DateTimeField(_("last changed"))
    resolved_at = models.DateTimeField(_("resolved"), null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)
    tier_since = models.DateTimeField(_("in this tier since"))
    status_since = models.DateTimeField(_("in this status since"))
    unaccepted_since = models.DateTimeField(_("handed over, not accepted since"), null=True)
    requester_waiting_since = models.DateTimeField(_("requester waits since"), null=True)
    last_public_reply_at = models.DateTimeField(_("last public reply"), null=True)
    proposal_since = models.DateTimeField(_("a proposed reply waits since"), null=True)
    reopen_count = models.PositiveSmallIntegerField(_("reopened"), default=0)
    handoff_count = models.PositiveSmallIntegerField(_("hand-offs"), default=0)
    bounce_count = models.PositiveSmallIntegerField(_("bounces"), default=0)
    news_asked_count = models.PositiveSmallIntegerField(_("asked for news"), default=0)
    path = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("path through the tiers"), default=list
    )
    words = models.JSONField(_("revisions of the words"), default=dict)

    subject_plain = models.TextField(editable=False, default="")
    location_plain = models.TextField(editable=False, default="")
    device_plain = models.TextField(editable=False, default="")

    version = models.PositiveIntegerField(_("version"), default=0)
    next_due_at = models.DateTimeField(_("due next"), default=FAR)

    objects = TicketQuerySet.as_manager()

    known: dict[str, Any]
    """The columns as the history tells them so far; set and read by tickets.events alone."""
    stored: dict[str, Any]
    """The columns as they are in the row: the same, unless the ticket is new and not told yet."""

    class Meta:
        ordering = ["-id"]
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints = [
            models.CheckConstraint(condition=Q(priority__range=(1, 4)), name="priority_is_p1_to_p4"),
            models.CheckConstraint(condition=Q(impact__range=(1, 3)), name="impact_is_1_to_3"),
            models.CheckConstraint(condition=Q(urgency__range=(1, 3)), name="urgency_is_1_to_3"),
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__range=(1, 5)), name="rating_is_1_to_5"
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.ON_HOLD) | Q(hold_until__isnull=False), name="a_hold_has_an_end"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[Status.RESOLVED]) | Q(resolved_at__isnull=False),
                name="resolved_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.CLOSED) | Q(closed_at__isnull=False), name="closed_has_a_time"
            ),
        ]
        # Lists page by (key, id) inside a scope: DESIGN, quality bars. `due` and friends are partial on open.
        indexes = [
            *(
                models.Index(
                    fields=[*scope, key, "id"], name=f"tkt_{name}_{short}", condition=Q(in_queue=True)
                )
                for name, scope in (
                    ("open", []),
                    ("tier", ["tier"]),
                    ("team", ["team"]),
                    ("asg", ["assignee"]),
                )
                for key, short in (
                    ("next_due_at", "due"),
                    ("created_at", "new"),
                    ("changed_at", "chg"),
                    ("priority", "prio"),
                )
            ),
            *(
                models.Index(fields=[*scope, key, "id"], name=f"tkt_all_{name}_{short}")
                for name, scope in (("any", []), ("req", ["requester"]), ("org", ["organisation"]))
                for key, short in (("created_at", "new"), ("changed_at", "chg"))
            ),
            models.Index(
                fields=["team", "next_due_at", "id"],
                name="tkt_free_due",
                condition=Q(in_queue=True, assignee__isnull=True),
            ),
            models.Index(
                fields=["team", "requester_waiting_since", "id"],
                name="tkt_reply_waits",
                condition=Q(
                    in_queue=True, requester_waiting_since__isnull=False, last_public_reply_at__isnull=False
                ),
            ),
            models.Index(
                fields=["team", "unaccepted_since"],
                name="tkt_unaccepted",
                condition=Q(in_queue=True, unaccepted_since__isnull=False),
            ),
            models.Index(F("tier"), REPLY_SINCE, F("id"), name="tkt_tier_reply", condition=Q(in_queue=True)),
            models.Index(fields=["hold_until"], name="tkt_hold_ends", condition=Q(hold_until__isnull=False)),
            models.Index(fields=["resolved_at"], name="tkt_to_close", condition=Q(status=Status.RESOLVED)),
            models.Index(
                fields=["tier", "team", "organisation", "assignee", "is_restricted", "status"],
                include=["next_due_at"],
                name="tkt_open_load",
                condition=Q(in_queue=True),
            ),
            # What has been so for long: rules that wait look for it every few seconds.
            *(
                models.Index(fields=[since], name=f"tkt_open_{short}", condition=Q(in_queue=True))
                for since, short in (("tier_since", "tier_since"), ("status_since", "status_since"))
            ),
            *(
                models.Index(
                    fields=[since],
                    name=f"tkt_open_{short}",
                    condition=Q(("in_queue", True), (f"{since}__isnull", False)),
                )
                for since, short in (
                    ("unaccepted_since", "unaccepted"),
                    ("requester_waiting_since", "req_waits"),
                    ("last_public_reply_at", "last_reply"),
                )
            ),
            # What else they have open stands beside each of their tickets; a watched system asks a hundred a day.
            models.Index(fields=["requester", "id"], name="tkt_open_req", condition=Q(in_queue=True)),
            models.Index(fields=["opened_by"], name="tkt_opener"),
            models.Index(fields=["contact"], name="tkt_open_contact", condition=Q(in_queue=True)),
            # What may not be counted for everybody is left out of figures of many.
            models.Index(fields=["id"], name="tkt_restricted", condition=Q(is_restricted=True)),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.subject}"

    @property
    def number(self) -> str:
        return f"{NUMBER_PREFIX}{self.pk}"

    def get_status_display(self) -> str:  # type: ignore[no-redef]  # the stubs have Django's own
        """The desk's word for the status in this installation."""
        return status_name(self.status)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    @property
    def is_final(self) -> bool:
        """Closed, withdrawn or merged: a reply opens a follow-up."""
        return self.status in (Status.CLOSED, Status.CANCELLED)

    @property
    def has_due_date(self) -> bool:
        return self.next_due_at < FAR

    @property
    def waits_for_acceptance(self) -> bool:
        return self.unaccepted_since is not None

    @property
    def reply_waits(self) -> bool:
        return self.requester_waiting_since is not None and self.last_public_reply_at is not None


def folded_columns() -> list[str]:
    """The columns whose every change an event carries, by attribute name (`team_id`, not `team`)."""
    return [field.attname for field in Ticket._meta.concrete_fields if field.name not in CACHES]
