"""Form fields for what operations take: people, tickets, files, minutes, and custom fields."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.models import ModelChoiceIterator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.keys import key_of
from accounts.models import User
from helpdesk.desk.guard import pk_of
from tickets.conditions import answer_text, deciding, shown
from tickets.models import Attachment, Category, CustomField, Kind, Ticket
from tickets.queries.asked import fields_that_apply

PEOPLE_URL = "/people/find"
Option = tuple[Any, Any]


class _Chosen(ModelChoiceIterator):  # type: ignore[type-arg]
    """Only the chosen rows become options: the rest is found by typing."""

    field: "PersonField | PeopleField"

    def __iter__(self) -> Iterator[Option]:
        if self.field.empty_label is not None:
            yield ("", self.field.empty_label)
        chosen = [key for key in map(key_of, self.field.chosen) if key]
        for row in self.queryset.filter(pk__in=chosen) if chosen else ():
            yield self.choice(row)

    def __len__(self) -> int:
        return len(self.field.chosen)


class RemoteSelect(forms.Select):
    """A select whose options are fetched while one types."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"data-pick": True, "data-url": PEOPLE_URL, **(attrs or {})})

    def use_required_attribute(self, initial: Any) -> bool:
        """The picker hides the select, so a browser could not show where the answer is missing."""
        return False

    def optgroups(self, name: str, value: list[Any], attrs: dict[str, Any] | None = None) -> list[Any]:
        self.choices.field.chosen = [key for key in value if key]  # type: ignore[attr-defined]
        return super().optgroups(name, value, attrs)


class RemoteSelectMultiple(forms.SelectMultiple):
    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"data-pick": True, "data-url": PEOPLE_URL, **(attrs or {})})

    def optgroups(self, name: str, value: list[Any], attrs: dict[str, Any] | None = None) -> list[Any]:
        self.choices.field.chosen = [key for key in value if key]  # type: ignore[attr-defined]
        return super().optgroups(name, value, attrs)


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One active person, found by name, mail, phone or number."""

    iterator = _Chosen
    widget = RemoteSelect
    chosen: Sequence[Any] = ()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=User.objects.active(), **kwargs)


class PeopleField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    iterator = _Chosen
    widget = RemoteSelectMultiple
    chosen: Sequence[Any] = ()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=User.objects.active(), **kwargs)


class CategoryField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A category in use, by its full name."""

    def __init__(self, *, keep: int | None = None, **kwargs: Any) -> None:
        rows: QuerySet[Category] = Category.objects.active()
        if keep is not None:
            rows = rows | Category.objects.filter(pk=keep)
        kwargs.setdefault("label", _("Category"))
        kwargs.setdefault("widget", forms.Select({"data-pick": True}))
        super().__init__(queryset=rows.order_by("full_name"), **kwargs)


class TicketField(forms.CharField):
    """Another ticket by its number. One that the person may not see is unknown."""

    def __init__(self, *, user: User, **kwargs: Any) -> None:
        super().__init__(max_length=30, widget=forms.TextInput({"placeholder": "TD-1042"}), **kwargs)
        self.user = user

    def clean(self, value: Any) -> Ticket | None:
        text = super().clean(value)
        if not text:
            return None
        ticket = Ticket.objects.visible_to(self.user).filter(pk=pk_of(text)).first()
        if ticket is None:
            raise ValidationError(_("There is no ticket with this number."))
        return ticket


class MinutesField(forms.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs = {"label": _("Minutes worked"), "required": False, **kwargs}
        super().__init__(
            min_value=0, max_value=1440, widget=forms.NumberInput({"inputmode": "numeric"}), **kwargs
        )

    def clean(self, value: Any) -> int:
        return super().clean(value) or 0


class UploadsWidget(forms.MultipleHiddenInput):
    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return list(data.getlist(name)) if hasattr(data, "getlist") else list(data.get(name, ()))


class UploadsField(forms.Field):
    """The files that were uploaded before the form was sent, by their ids."""

    widget = UploadsWidget

    def __init__(self) -> None:
        super().__init__(required=False, label=_("Files"))

    def to_python(self, value: Any) -> list[uuid.UUID]:
        try:
            return [uuid.UUID(str(key)) for key in value or ()]
        except ValueError:
            raise ValidationError(_("A file is missing. Attach it again, please.")) from None


def kept_files(form: forms.Form, user: User) -> list[Attachment]:
    """The uploads of a form that came back with an error, so that nobody attaches them twice."""
    if "attachments" not in form.fields or not form.is_bound:
        return []
    try:
        keys = form.fields["attachments"].clean(form["attachments"].data)
    except ValidationError:
        return []
    return list(Attachment.objects.filter(pk__in=keys, uploaded_by=user, ticket=None))


PREFIX = "fields."


def custom_controls(
    fields: Sequence[CustomField],
    values: Mapping[int, Any],
    user: User,
    *,
    required: str | None = None,
    sent: Mapping[str, Any] | None = None,
    within: Sequence[CustomField] | None = None,
) -> dict[str, forms.Field]:
    """A control for each custom field that this person may read and that is shown now, named `fields.<key>`.

    Args:
        values: what the ticket says, by the keys of the fields' rows.
        sent: what the form says already, which goes before that.
        within: all the fields that apply here, where these are but some of them.
    """
    within = fields if within is None else within
    mine = {field.key for field in fields if field.min_tier <= user.clearance}
    said = {key: sent.get(PREFIX + key) for key in mine if _is_said(sent, PREFIX + key)} if sent else {}
    answers = {field.key: answer_text(field, said.get(field.key, values.get(field.pk))) for field in within}
    decides, now = deciding(within), shown(within, answers)
    found = {}
    for field in now:
        if field.key in mine:
            control = _control(field, values.get(field.pk), is_required=required == field.required)
            if field.key in said:
                control.initial = said[field.key]
            if field.key in decides:
                control.widget.attrs["data-decides"] = True
            found[PREFIX + field.key] = control
    return found


def offered_fields(asked: Mapping[str, Any]) -> list[CustomField]:
    """The custom fields of the chosen kind and category; nonsense offers those of all."""
    kind = asked.get("kind")
    rows = Category.objects.active().filter(pk=key_of(asked.get("category")))
    ancestry = rows.values_list("ancestry", flat=True).first() if asked.get("category") else None
    return fields_that_apply(kind if kind in Kind.values else str(Kind.INCIDENT), ancestry or [])


def _is_said(sent: Mapping[str, Any], name: str) -> bool:
    """A form that was sent says all, for a box that is not ticked is left out; what an address says is only that."""
    return name in sent or isinstance(sent, QueryDict)


def custom_values(cleaned: dict[str, Any]) -> dict[str, Any]:
    """Takes the custom fields out of a form's cleaned data, by key."""
    names = [name for name in cleaned if name.startswith(PREFIX)]
    return {name.removeprefix(PREFIX): cleaned.pop(name) for name in names}


def _control(field: CustomField, value: Any, *, is_required: bool) -> forms.Field:
    common: dict[str, Any] = {
        "label": field.label,
        "help_text": field.help,
        "required": is_required,
        "initial": value,
    }
    match field.type:
        case CustomField.Type.NUMBER:
            return forms.DecimalField(**{**common, "initial": Decimal(value) if value else None})
        case CustomField.Type.DATE:
            common["initial"] = date.fromisoformat(value) if value else None
            return forms.DateField(widget=forms.DateInput({"type": "date"}), **common)
        case CustomField.Type.USER:
            return PersonField(**common)
        case CustomField.Type.CHECKBOX:
            return forms.BooleanField(**{**common, "required": False})
        case CustomField.Type.CHOICE:
            options = [("", ""), *((choice, choice) for choice in field.choices)]
            if value and value not in field.choices:
                options.append((value, _("%(choice)s (no longer offered)") % {"choice": value}))
            return forms.ChoiceField(choices=options, **common)
    return forms.CharField(max_length=2_000, **common)
