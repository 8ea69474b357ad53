"""The bodies of requests about webhooks. Field names are the operations' keywords."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from delivery.operations.webhooks import LONGEST_NAME, LONGEST_URL
from delivery.subscribing import MOST_KINDS
from helpdesk.api.inputs import LARGEST_KEY, Flag, Input, Moment, Person, Text, Whole

MOST_IDS = 1_000


class _About(Input):
    kinds = serializers.ListField(
        child=Text(max_length=60),
        required=False,
        max_length=MOST_KINDS,
        help_text="Kinds of events, groups such as `ticket.*`, or `*`. None: only rules and scripts call it.",
    )
    filter = serializers.JSONField(
        required=False, help_text="A tree of all, any, not and conditions; {} for every ticket."
    )
    owner = Person(
        required=False, help_text="Whose rights decide what it is told; you, where nobody is named."
    )

    def validate_filter(self, tree: Any) -> Any:
        if not isinstance(tree, dict):
            raise serializers.ValidationError(_("Send an object: a tree of all, any, not and conditions."))
        return tree


class NewWebhook(_About):
    name = Text(max_length=LONGEST_NAME)
    url = Text(max_length=LONGEST_URL, help_text="https:// and in the internet.")


class ChangedWebhook(_About):
    name = Text(max_length=LONGEST_NAME, required=False)
    url = Text(max_length=LONGEST_URL, required=False, help_text="https:// and in the internet.")


class WebhookInUse(Input):
    is_enabled = Flag()


class WhichMessages(Input):
    """Some by their ids, or all that were given up and written since a time."""

    ids = serializers.ListField(
        child=Whole(min_value=1, max_value=LARGEST_KEY), required=False, max_length=MOST_IDS
    )
    since = Moment(required=False, help_text="All that was given up of what was written since then.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("ids" in attrs) == ("since" in attrs):
            raise serializers.ValidationError({"ids": [_("Give either `ids` or `since`.")]})
        return attrs
