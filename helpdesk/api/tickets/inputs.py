"""The bodies of requests about tickets themselves. Field names are the operations' keywords."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk.api.inputs import CategoryKey, Choice, Flag, Input, Person, TeamKey, Text, Values, Whole, files
from tickets.models import Channel, Impact, Kind, ResolutionCode, Urgency
from tickets.permissions import is_desk

OPENED_BY_PROGRAMS = [code for code in Channel.values if code != Channel.IMPORT]
FOR_THE_DESK = (
    "team",
    "tier",
    "answer",
    "resolve_as",
    "minutes",
    "billable",
    "contact",
    "watchers",
    "channel",
)


class NewTicket(Input):
    """A request. The subject and the description are enough: it is then of whom the token is."""

    subject = Text(max_length=250, help_text="In one line.")
    description = Text(allow_blank=True, help_text="Markdown.")
    requester = Person(required=False, help_text="Who has the trouble; you, where nobody is named.")
    kind = Choice(choices=Kind.choices, required=False, default=Kind.INCIDENT)
    category = CategoryKey(required=False, allow_null=True)
    impact = Choice(choices=Impact.choices, required=False, default=int(Impact.PERSON))
    urgency = Choice(choices=Urgency.choices, required=False, default=int(Urgency.HINDERED))
    channel = Choice(choices=OPENED_BY_PROGRAMS, required=False, default=Channel.API)
    location = Text(max_length=120, required=False, allow_blank=True)
    device = Text(max_length=80, required=False, allow_blank=True)
    attachments = files()
    fields = Values(required=False, help_text="Custom fields by their keys.")  # type: ignore[assignment]
    contact = Person(required=False, help_text="Who tracks it for the requester.")
    team = TeamKey(required=False, help_text="Who gets it; else the category says so.")
    tier = Whole(required=False, min_value=0, max_value=4, help_text="Or: the tier that gets it.")
    watchers = serializers.ListField(child=Person(), required=False, max_length=50)
    answer = Text(required=False, help_text="A public reply in the same act.")
    resolve_as = Choice(choices=ResolutionCode.choices, required=False, help_text="The answer solves it.")
    minutes = Whole(required=False, min_value=0, max_value=1440)
    billable = Flag(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = [name for name in FOR_THE_DESK if name in self.initial_data]
        if given and not is_desk(self.person):
            raise serializers.ValidationError({name: [_("Only the desk says this.")] for name in given})
        if attrs.get("resolve_as") and not attrs.get("answer"):
            raise serializers.ValidationError(
                {"answer": [_("Say what solved it: the requester reads this.")]}
            )
        return attrs
