"""Calendars: administrators keep them. Times are wall times of the calendar's zone."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models.tokens import Area
from accounts.permissions import may_administer
from helpdesk.api.asking import Request
from helpdesk.api.describing import IF_MATCH, as_list, described
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.inputs import Input, Text
from helpdesk.api.problems import Problem, teach_conflict
from helpdesk.api.rendering import stamp
from helpdesk.api.rows import row_or_404
from helpdesk.api.versions import etag, seen
from sla.calendar_spec import DAYS, CalendarSpec
from sla.drafts import ALWAYS, read_calendar
from sla.hours_text import spell_day, spell_own_days
from sla.models import Calendar
from sla.operations import calendars as operations
from sla.queries import calendars as queries
from sla.yaml_lines import pieces

SAID = {
    "zone": "Europe/Berlin",
    "hours": {"monday": "08:00-12:00, 13:00-18:00", "tuesday": "08:00-18:00"},
    "country": "DE",
    "subdivision": "BE",
    "own_days": ["2026-12-24 08:00-12:00 Christmas Eve"],
}
ROW = {
    "id": 2,
    "name": "Business hours",
    "version": 3,
    "published_at": "2026-11-02T08:00:00Z",
    "published_by": 1,
    "policies": ["Standard"],
    "calendar": SAID,
}
DAY = {
    "date": "2026-12-24",
    "open": ["08:00-12:00"],
    "minutes": 240,
    "special": "Christmas Eve",
    "is_holiday": False,
}


class CalendarShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    published_at = serializers.DateTimeField()
    published_by = serializers.IntegerField(allow_null=True)
    policies = serializers.ListField(
        child=serializers.CharField(), help_text="Those in force that promise in it."
    )
    calendar = serializers.DictField(help_text="Zone, hours, public holidays and days of its own.")


class CalendarDayShape(serializers.Serializer[Any]):
    date = serializers.DateField()
    open = serializers.ListField(child=serializers.CharField())
    minutes = serializers.IntegerField(help_text="Of working time on that day.")
    special = serializers.CharField(help_text="Why other hours hold than on its weekday; empty if none do.")
    is_holiday = serializers.BooleanField()


class _Calendar(Input):
    name = Text(max_length=operations.LONGEST_NAME)
    calendar = serializers.JSONField(
        help_text="`zone`; `hours` by weekday, or `always`; `country`, `subdivision`, `own_days`."
    )


class Administered(Endpoint):
    area = Area.SLA

    def let_in(self) -> None:
        if not may_administer(self.person):
            raise Problem("not_allowed", _("Calendars are for administrators."))


def said_by(spec: CalendarSpec) -> dict[str, Any]:
    """As bodies say it, so that what was read can be sent back."""
    if spec.is_always_open:
        return {"zone": spec.zone, "hours": ALWAYS}
    said: dict[str, Any] = {
        "zone": spec.zone,
        "hours": {name: spell_day(day) for name, day in zip(DAYS, spec.weekly, strict=True) if day},
    }
    for name in ("country", "subdivision"):
        if value := getattr(spec, name):
            said[name] = value
    if spec.own_days:
        said["own_days"] = spell_own_days(spec.own_days).splitlines()
    return said


def shown(row: Calendar, users: dict[int, Any]) -> dict[str, Any]:
    version = row.current
    return {
        "id": row.pk,
        "name": row.name,
        "version": version.number if version else 0,
        "published_at": stamp(version.at) if version else None,
        "published_by": version.by_id if version else None,
        "policies": [policy.name for policy in users.get(row.pk, ())],
        "calendar": said_by(queries.spec_of(version)) if version else {},
    }


def calendar_of(key: int) -> Calendar:
    return row_or_404(queries.calendars().filter(current__isnull=False), key)


def answered(row: Calendar, *, status: int = 200) -> Response:
    fresh = queries.calendars().get(pk=row.pk)
    body = shown(fresh, queries.policies_by_calendar())
    return Response(body, status=status, headers={"ETag": etag(body["version"])})


def _as_it_is_now(_conflict: Any, request: Any) -> dict[str, Any]:
    row = calendar_of(request.parser_context["kwargs"]["key"])
    body = shown(row, queries.policies_by_calendar())
    return body | {"etag": etag(body["version"])}


teach_conflict(operations.CalendarChanged, _as_it_is_now)


class Calendars(Administered):
    @described(
        "List calendars",
        "All of them, with what they say and which policies promise in them.",
        response=as_list(CalendarShape),
        example={"results": [ROW]},
        operation="list_calendars",
    )
    def get(self, request: Request) -> Response:
        users = queries.policies_by_calendar()
        rows = queries.calendars().filter(current__isnull=False).prefetch_related("current__days")
        return Response({"results": [shown(row, users) for row in rows]})

    @described(
        "Add a calendar",
        "Nothing counts in it until a policy names it.",
        request=_Calendar,
        response=CalendarShape,
        status=201,
        sent={"name": "Business hours", "calendar": SAID},
        example=ROW,
        writes=True,
        operation="add_calendar",
    )
    def post(self, request: Request) -> Response:
        given = self.read(_Calendar)
        spec = read_calendar(pieces(given["calendar"], "calendar"))
        row = operations.create_calendar(name=given["name"], spec=spec, by=self.person, at=self.at)
        response = answered(row, status=201)
        response["Location"] = f"/api/v1/calendars/{row.pk}/"
        return response


class OneCalendar(Administered):
    @described(
        "One calendar",
        "The header ETag is for If-Match.",
        response=CalendarShape,
        example=ROW,
        operation="get_calendar",
    )
    def get(self, request: Request, key: int) -> Response:
        return answered(calendar_of(key))

    @described(
        "Publish a version",
        "The whole calendar as it is to be from now on. Open clocks that count in it are judged anew.",
        request=_Calendar,
        response=CalendarShape,
        sent={"name": "Business hours", "calendar": SAID},
        example=ROW,
        params=(IF_MATCH,),
        errors=(412, 428),
        writes=True,
        operation="publish_calendar",
    )
    def put(self, request: Request, key: int) -> Response:
        row = calendar_of(key)
        version = seen(request, now=_number(row), needed=True)
        given = self.read(_Calendar)
        spec = read_calendar(pieces(given["calendar"], "calendar"))
        return answered(
            operations.publish_version(
                row, spec=spec, name=given["name"], seen=version, by=self.person, at=self.at
            )
        )

    @described(
        "Delete a calendar",
        "Only one in which nothing is promised and no clock was counted.",
        status=204,
        params=(IF_MATCH,),
        errors=(409, 412, 428),
        operation="delete_calendar",
    )
    def delete(self, request: Request, key: int) -> Response:
        row = calendar_of(key)
        version = seen(request, now=_number(row), needed=True)
        if version not in (None, _number(row)):
            raise operations.CalendarChanged(_("It was published anew since."), now=_number(row))
        operations.delete_calendar(row, by=self.person, at=self.at)
        return Response(status=204)


class CalendarDays(Administered):
    @described(
        "The next sixty days",
        "As they will be counted: open hours, public holidays, days of its own.",
        response=as_list(CalendarDayShape),
        example={"results": [DAY]},
        operation="list_calendar_days",
    )
    def get(self, request: Request, key: int) -> Response:
        row = calendar_of(key)
        days = queries.preview_of(row.current, at=self.at).days if row.current else ()
        return Response({"results": [_day(day) for day in days]})


def _day(day: Any) -> dict[str, Any]:
    on: date = day.date
    return {
        "date": on.isoformat(),
        "open": list(day.open),
        "minutes": int(day.worked.total_seconds() // 60),
        "special": day.special.name if day.special else "",
        "is_holiday": bool(day.special and not day.special.is_own),
    }


def _number(row: Calendar) -> int:
    return row.current.number if row.current else 0
