"""The shapes of answers about tickets, for the description; `showing` tells what they hold, and a test compares."""

from typing import Any

from rest_framework import serializers

from tickets.models import (
    CancelReason,
    Channel,
    CloseReason,
    HoldReason,
    Impact,
    Kind,
    ResolutionCode,
    Status,
    Urgency,
)

Shape = serializers.Serializer[Any]


class Ref(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class PersonRef(Ref):
    email = serializers.CharField(required=False, help_text="With `include`.")
    phone = serializers.CharField(required=False, help_text="With `include`.")
    organisation_id = serializers.IntegerField(required=False, allow_null=True, help_text="With `include`.")
    timezone = serializers.CharField(required=False, help_text="With `include`.")
    language = serializers.CharField(required=False, help_text="With `include`.")
    location = serializers.CharField(required=False, help_text="With `include`.")
    is_vip = serializers.BooleanField(required=False, help_text="With `include`.")


class TeamRef(Ref):
    tier = serializers.IntegerField(required=False, help_text="With `include`.")
    takes = serializers.CharField(required=False, help_text="With `include`: what it takes, in words.")
    organisation_id = serializers.IntegerField(required=False, allow_null=True, help_text="With `include`.")


class OrganisationRef(Ref):
    kind = serializers.CharField(required=False, help_text="With `include`.")
    support_plan = serializers.CharField(required=False, help_text="With `include`.")


class TierRef(serializers.Serializer[Any]):
    level = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()


class Hold(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=HoldReason.choices)
    until = serializers.DateTimeField()


class FileShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    size = serializers.IntegerField()
    content_type = serializers.CharField()
    sha256 = serializers.CharField()
    min_tier = serializers.IntegerField()
    message = serializers.IntegerField(allow_null=True)
    uploaded_at = serializers.DateTimeField()
    url = serializers.CharField()


class MentionShape(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["person", "team"])
    id = serializers.IntegerField()
    name = serializers.CharField(help_text="As it was written.")


class MessageShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    audience = serializers.CharField()
    author = PersonRef(allow_null=True)
    from_desk = serializers.BooleanField()
    min_tier = serializers.IntegerField()
    vendor = serializers.IntegerField(allow_null=True)
    body = serializers.CharField(help_text="Markdown; empty where it was redacted.")
    mentions = MentionShape(many=True, help_text="Whom the text calls by @name; empty for all but the desk.")
    at = serializers.DateTimeField()
    redacted_at = serializers.DateTimeField(allow_null=True)
    attachments = FileShape(many=True)


class EventShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    at = serializers.DateTimeField()
    by = PersonRef(allow_null=True)
    sentence = serializers.CharField(help_text="What happened, in words for the reader.")
    message = serializers.IntegerField(allow_null=True)
    changes = serializers.DictField(
        child=serializers.ListField(child=serializers.JSONField()),
        help_text="By column, what it was and what it became. The desk alone reads it.",
        required=False,
    )
    data = serializers.DictField(required=False)  # type: ignore[assignment]


class LinkShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    type = serializers.CharField(help_text="Read from the ticket: it is a ... of the other.")
    direction = serializers.ChoiceField(choices=["out", "in"])
    other = serializers.CharField()
    subject = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    blocks = serializers.BooleanField()


class ReferenceShape(serializers.Serializer[Any]):
    system = serializers.CharField()
    key = serializers.CharField()
    url = serializers.CharField()


class WorkShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    by = PersonRef(allow_null=True)
    minutes = serializers.IntegerField()
    billable = serializers.BooleanField()
    at = serializers.DateTimeField()


class ClockShape(serializers.Serializer[Any]):
    metric = serializers.CharField()
    target = serializers.CharField()
    due_at = serializers.DateTimeField(allow_null=True)
    state = serializers.CharField()


class TicketShape(serializers.Serializer[Any]):
    """A ticket. What the reader's side is not told is absent: requesters read what the portal shows."""

    number = serializers.CharField(help_text="As people say it: TD-12.")
    id = serializers.IntegerField()
    url = serializers.CharField()
    version = serializers.IntegerField(help_text="Counts every change; the ETag holds it.")
    subject = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    status = serializers.ChoiceField(choices=Status.choices)
    is_open = serializers.BooleanField()
    priority = serializers.IntegerField(min_value=1, max_value=4)
    impact = serializers.ChoiceField(choices=Impact.choices)
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    priority_confirmed = serializers.BooleanField()
    priority_overridden = serializers.BooleanField()
    tier = TierRef()
    team = TeamRef()
    assignee = PersonRef(allow_null=True)
    contact = PersonRef(allow_null=True)
    requester = PersonRef()
    opened_by = PersonRef(allow_null=True)
    organisation = OrganisationRef(allow_null=True)
    channel = serializers.ChoiceField(choices=Channel.choices)
    category = Ref(allow_null=True)
    category_confirmed = serializers.BooleanField()
    location = serializers.CharField()
    device = serializers.CharField()
    handle_with_care = serializers.BooleanField()
    is_restricted = serializers.BooleanField()
    hold = Hold(allow_null=True)
    vendor = Ref(allow_null=True)
    vendor_reference = serializers.CharField()
    resolution_code = serializers.ChoiceField(choices=["", *ResolutionCode.values])
    close_reason = serializers.ChoiceField(choices=["", *CloseReason.values])
    cancel_reason = serializers.ChoiceField(choices=["", *CancelReason.values])
    merged_into = serializers.CharField(allow_null=True)
    rating = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True, help_text="The next deadline.")
    tier_since = serializers.DateTimeField()
    status_since = serializers.DateTimeField()
    unaccepted_since = serializers.DateTimeField(allow_null=True)
    requester_waiting_since = serializers.DateTimeField(allow_null=True)
    last_public_reply_at = serializers.DateTimeField(allow_null=True)
    proposal_since = serializers.DateTimeField(allow_null=True)
    reopen_count = serializers.IntegerField()
    handoff_count = serializers.IntegerField()
    bounce_count = serializers.IntegerField()
    news_asked_count = serializers.IntegerField()
    path = serializers.ListField(child=serializers.IntegerField(), help_text="The tiers that it has been on.")

    description = serializers.CharField(help_text="Of one ticket alone.")
    messages = MessageShape(many=True, help_text="With `include`: the newest, oldest first.")
    attachments = FileShape(many=True, help_text="With `include`.")
    tags = serializers.ListField(child=serializers.CharField(), help_text="With `include`.")
    watchers = PersonRef(many=True, help_text="With `include`.")
    links = LinkShape(many=True, help_text="With `include`.")
    references = ReferenceShape(many=True, help_text="With `include`.")
    work = WorkShape(many=True, help_text="With `include`.")
    fields = serializers.DictField(  # type: ignore[assignment]
        help_text="With `include`: custom fields by key."
    )
    clocks = ClockShape(many=True, help_text="With `include`.")

    def get_fields(self) -> Any:
        """All are optional: `fields` chooses, and no side is told all."""
        found = super().get_fields()
        for field in found.values():
            field.required = False
        return found


EXAMPLE = {
    "number": "TD-1042",
    "id": 1042,
    "url": "/api/v1/tickets/TD-1042/",
    "version": 1,
    "subject": "VPN drops every 20 minutes",
    "kind": "incident",
    "status": "new",
    "is_open": True,
    "priority": 4,
    "tier": {"level": 1, "code": "L1", "name": "Service desk"},
    "team": {"id": 1, "name": "Service desk"},
    "assignee": None,
    "requester": {"id": 12, "name": "Ines Okafor"},
    "created_at": "2026-11-27T09:00:00Z",
    "description": "Since Friday, when I work from home.",
}
