"""Bodies about people and places, and fields that several of them have."""

from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError as FormError
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from accounts.fields import DomainsField
from accounts.models import Organisation, Role, Skill, SupportPlan, Team, Tier
from accounts.models.people import ReachBy
from helpdesk.api.inputs import INTEGER, Choice, Flag, Input, Moment, Person, RowKey, Text, Whole
from sla.models import Calendar

MOST_ROWS = 500


@extend_schema_field(INTEGER)
class OrganisationKey(RowKey):
    def find(self, key: int) -> Organisation | None:
        return Organisation.objects.filter(pk=key).first()


@extend_schema_field(INTEGER)
class AnyTeamKey(RowKey):
    """Also one that is out of use."""

    def find(self, key: int) -> Team | None:
        return Team.objects.filter(pk=key).first()


@extend_schema_field(INTEGER)
class CalendarKey(RowKey):
    def find(self, key: int) -> Calendar | None:
        return Calendar.objects.filter(pk=key, current__isnull=False).first()


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": 4})
class TierLevel(serializers.Field[Any, Any, Any, Any]):
    """A tier in use, by its level."""

    def to_internal_value(self, data: Any) -> Tier:
        is_level = isinstance(data, int) and not isinstance(data, bool) and 0 <= data <= 4
        tier = Tier.objects.enabled().filter(pk=data).first() if is_level else None
        if tier is None:
            raise ValidationError(_("Give the level of a tier in use, from 0 to 4."))
        return tier

    def to_representation(self, value: Any) -> Any:
        return value.level


def rows(child: Any) -> serializers.ListField:
    return serializers.ListField(child=child, required=False, max_length=MOST_ROWS)


class _Unique(Input):
    """Something whose name nobody else of its kind has; `of` is the row that is changed, if any."""

    model: Any = None

    def validate_name(self, name: str) -> str:
        name = " ".join(name.split())
        of = self.context.get("of")
        others = self.model.objects.filter(name__iexact=name)
        if (others.exclude(pk=of.pk) if of is not None else others).exists():
            raise ValidationError(_("Another one has this name."))
        return name


class _Details(Input):
    """What is known of a person, and what they may do company-wide."""

    organisation = OrganisationKey(required=False, allow_null=True)
    employee_number = Text(max_length=40, required=False, allow_blank=True)
    phone = Text(max_length=40, required=False, allow_blank=True)
    location = Text(max_length=120, required=False, allow_blank=True)
    device = Text(max_length=80, required=False, allow_blank=True)
    manager = Person(required=False, allow_null=True)
    is_vip = Flag(required=False)
    reach_by = Choice(choices=ReachBy.choices, required=False)
    reach_when = Text(max_length=120, required=False, allow_blank=True)
    timezone = Text(max_length=60, required=False)
    language = Choice(choices=settings.LANGUAGES, required=False)
    sees_organisation = Flag(required=False, help_text="The tickets of the whole organisation.")
    is_manager = Flag(required=False)
    is_administrator = Flag(required=False)

    def validate_timezone(self, name: str) -> str:
        if name not in available_timezones():
            raise ValidationError(_("Give a time zone such as Europe/Berlin."))
        return name


class NewPerson(_Details):
    email = serializers.EmailField(max_length=254)
    name = Text(max_length=120)
    invite = Flag(required=False, help_text="Send a mail with which they choose their password.")


class ChangedPerson(_Details):
    email = serializers.EmailField(max_length=254, required=False)
    name = Text(max_length=120, required=False)


class _Team(_Unique):
    model = Team
    organisation = OrganisationKey(
        required=False, allow_null=True, help_text="The vendor, for a vendor's team."
    )
    serves = rows(OrganisationKey())
    takes = Text(max_length=200, required=False, allow_blank=True)
    takes_not = Text(max_length=200, required=False, allow_blank=True)
    is_default = Flag(required=False, help_text="Receives what is handed to its tier without naming a team.")


class NewTeam(_Team):
    name = Text(max_length=80)
    tier = TierLevel()


class ChangedTeam(_Team):
    name = Text(max_length=80, required=False)


class Seated(Input):
    role = Choice(choices=Role.choices, required=False)


class _Organisation(_Unique):
    model = Organisation
    kind = Choice(choices=Organisation.Kind.choices, required=False)
    support_plan = Choice(choices=SupportPlan.choices, required=False)
    phone = Text(max_length=40, required=False, allow_blank=True)
    note = Text(max_length=500, required=False, allow_blank=True)
    is_active = Flag(required=False)
    domains = rows(Text(max_length=253))
    served_by = rows(AnyTeamKey())

    def validate_domains(self, domains: list[str]) -> list[str]:
        try:
            return list(DomainsField().clean("\n".join(domains)))
        except FormError as wrong:
            raise ValidationError(wrong.messages) from wrong


class NewOrganisation(_Organisation):
    name = Text(max_length=120)


class ChangedOrganisation(_Organisation):
    name = Text(max_length=120, required=False)


class SkillNamed(_Unique):
    model = Skill
    name = Text(max_length=60)


class Level(Input):
    level = Whole(min_value=1, max_value=3, help_text="1 learning, 2 able, 3 expert.")


class Away(Input):
    until = Moment(required=False, allow_null=True, help_text="When they are back; null where nobody knows.")


class Duty(Input):
    hours = CalendarKey(required=False, allow_null=True, help_text="A calendar; null is around the clock.")
    capacity = Whole(
        min_value=0, max_value=500, required=False, allow_null=True, help_text="Open tickets at most."
    )
