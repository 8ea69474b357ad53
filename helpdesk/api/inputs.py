"""What comes in: serializers that refuse unknown members by name, and fields that take no type for another."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django_stubs_ext import StrOrPromise
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from accounts.models import Organisation, Team, User
from helpdesk.desk.guard import pk_of
from tickets.models import Category, Ticket
from tickets.permissions import is_desk

LONGEST_TEXT = 100_000
LARGEST_KEY = 2**53
"""Keys are numbers that every JSON reader keeps exactly."""
INTEGER = {"type": "integer", "minimum": 1, "maximum": LARGEST_KEY}


class Input(serializers.Serializer[Any]):
    """The body of a request. Field names are the operation's keywords; what is not named here is refused."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise ValidationError({"non_field_errors": [_("Send a JSON object.")]})
        unknown = [str(name) for name in data if name not in self.fields]
        if unknown:
            known = ", ".join(self.fields) or _("none")
            told = _("There is no field “%(name)s”. Known: %(known)s.")
            raise ValidationError({name: [told % {"name": name[:60], "known": known}] for name in unknown})
        return super().to_internal_value(data)

    @property
    def person(self) -> User:
        user: User = self.context["user"]
        return user


class Nothing(Input):
    """For acts that need no facts: an empty object, or no body at all."""


class Text(serializers.CharField):
    """A text; numbers and flags are none."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", LONGEST_TEXT)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A whole number; texts and flags are none."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """true or false, and nothing that reads like it."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Choice(serializers.ChoiceField):
    """One of a closed list, written as it is: 1 is not "1"."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool) or not isinstance(data, str | int):
            self.fail("invalid_choice", input=str(data)[:60])
        found = super().to_internal_value(data)
        if isinstance(data, str) != isinstance(found, str):
            self.fail("invalid_choice", input=str(data)[:60])
        return found


@extend_schema_field(OpenApiTypes.DATETIME)
class Moment(serializers.Field[Any, Any, Any, Any]):
    """A moment with its offset, as RFC 3339 writes it."""

    def to_internal_value(self, data: Any) -> datetime:
        try:
            found = parse_datetime(data) if isinstance(data, str) else None
        except ValueError:
            found = None
        if found is None or found.tzinfo is None or not 1970 <= found.year <= 2999:
            raise ValidationError(_("Give a time with its offset, such as 2026-11-27T09:00:00Z."))
        return found

    def to_representation(self, value: Any) -> Any:
        return value


class RowKey(serializers.Field[Any, Any, Any, Any]):
    """A row by its key."""

    missing: StrOrPromise = _lazy("There is none with this id.")

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool) or not isinstance(data, int) or not 0 < data <= LARGEST_KEY:
            raise ValidationError(_("Give the id, a whole number."))
        row = self.find(data)
        if row is None:
            raise ValidationError(self.missing)
        return row

    def find(self, key: int) -> Any:
        raise NotImplementedError

    def to_representation(self, value: Any) -> Any:
        return value.pk

    @property
    def user(self) -> User:
        user: User = self.context["user"]
        return user


@extend_schema_field({"oneOf": [INTEGER, {"type": "string", "format": "email"}]})
class Person(RowKey):
    """An active person by id or mail address. Who is no technician knows the people of their own house only."""

    missing = _lazy("There is nobody here with this id or address.")

    def to_internal_value(self, data: Any) -> User:
        if not isinstance(data, str):
            found: User = super().to_internal_value(data)
            return found
        row = self._people().filter(email__iexact=data[:254]).first()
        if row is None:
            raise ValidationError(self.missing)
        known: User = row
        return known

    def find(self, key: int) -> User | None:
        return self.user if key == self.user.pk else self._people().filter(pk=key).first()

    def _people(self) -> Any:
        people = User.objects.active()
        if is_desk(self.user):
            return people
        if self.user.organisation_id is None:
            return people.filter(pk=self.user.pk)
        return people.filter(organisation_id=self.user.organisation_id)


@extend_schema_field(INTEGER)
class TeamKey(RowKey):
    def find(self, key: int) -> Team | None:
        return Team.objects.in_use().select_related("tier", "organisation").filter(pk=key).first()


@extend_schema_field(INTEGER)
class CategoryKey(RowKey):
    def find(self, key: int) -> Category | None:
        return Category.objects.active().filter(pk=key).first()


@extend_schema_field(INTEGER)
class VendorKey(RowKey):
    def find(self, key: int) -> Organisation | None:
        kind = Organisation.Kind.VENDOR
        return Organisation.objects.filter(kind=kind, is_active=True, pk=key).first()


@extend_schema_field(
    {"oneOf": [INTEGER, {"type": "string", "pattern": r"^([Tt][Dd]-)?[0-9]{1,15}$"}]},
)
class TicketNumber(RowKey):
    """Another ticket as people write it, `TD-12`, or by its id. One that the person may not see is unknown."""

    missing = _lazy("There is no ticket with this number.")

    def to_internal_value(self, data: Any) -> Ticket:
        if isinstance(data, bool) or not isinstance(data, int | str):
            raise ValidationError(_("Give a ticket's number, such as TD-12."))
        row = Ticket.objects.visible_to(self.user).filter(pk=pk_of(str(data))).first()
        if row is None:
            raise ValidationError(self.missing)
        return row


@extend_schema_field(INTEGER)
class RowOf(RowKey):
    """A row of what hangs on the ticket in question: `rows(ticket, user)` says which there are."""

    def __init__(self, rows: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rows = rows

    def __deepcopy__(self, memo: Any) -> "RowOf":
        given: dict[str, Any] = self._kwargs  # type: ignore[attr-defined]  # what the framework keeps of __init__
        kwargs = {name: value for name, value in given.items() if name != "rows"}
        return type(self)(self.rows, **kwargs)

    def find(self, key: int) -> Any:
        ticket = self.context.get("ticket")
        return None if ticket is None else self.rows(ticket, self.user).filter(pk=key).first()


@extend_schema_field(OpenApiTypes.UUID)
class FileKey(serializers.Field[Any, Any, Any, Any]):
    """A file that was uploaded before."""

    def to_internal_value(self, data: Any) -> uuid.UUID:
        try:
            return uuid.UUID(data) if isinstance(data, str) and len(data) <= 45 else uuid.UUID("")
        except ValueError:
            raise ValidationError(_("Give the id that the upload was answered with.")) from None

    def to_representation(self, value: Any) -> Any:
        return str(value)


def files(**kwargs: Any) -> serializers.ListField:
    return serializers.ListField(
        child=FileKey(),
        max_length=50,
        required=False,
        help_text="Ids of uploads, see `POST /uploads/`.",
        **kwargs,
    )


@extend_schema_field({"type": "object", "additionalProperties": True})
class Values(serializers.Field[Any, Any, Any, Any]):
    """Custom fields by their keys. A null empties one."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise ValidationError(_("Send an object of the custom fields by their keys."))
        for name, value in data.items():
            if isinstance(value, dict | list):
                raise ValidationError({name: [_("Give a text, a number, true or false.")]})
        return data

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field(OpenApiTypes.UUID)
class FileOf(RowOf):
    """A file by its id; `rows(ticket, user)` says which there are."""

    def to_internal_value(self, data: Any) -> Any:
        row = self.find(FileKey().to_internal_value(data))  # type: ignore[arg-type]
        if row is None:
            raise ValidationError(self.missing)
        return row
