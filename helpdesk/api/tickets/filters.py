"""Filters as query parameters: a FilterSet of django-filter, generated from the vocabulary that the pages speak.

`status=open,new`, `priority=1`, `created.after=2026-11-01`, `not.team=3`, `field.asset=...`; Django's way of
writing them (`priority__in=1,2`, `created__after=...`) is read too.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter

from accounts.models import User
from helpdesk.api.asking import Request
from helpdesk.api.problems import Problem, parameter_error
from tickets.models import Ticket, TicketQuerySet
from tickets.permissions import is_desk
from tickets.vocabulary import EVERYTHING, Field, Op, Tree, as_q, registered, tree_from_params

NOT, WHOLE, CUSTOM = "not.", "filter", "field."
FOR_REQUESTERS = frozenset(
    {"status", "open", "kind", "category", "subject", "created", "changed", "resolved", "closed", "requester"}
)
"""What the portal shows; by any other field a requester would learn what it does not."""


class Conditions(forms.Field):
    """The values of one parameter, read as a part of a filter."""

    widget = forms.SelectMultiple

    def __init__(self, *, parameter: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parameter = parameter
        self.user: User | None = None

    def clean(self, value: Any) -> Tree:
        params: MultiValueDict[str, str] = MultiValueDict({self.parameter: list(value or [])})
        tree, errors = tree_from_params(params, self.user)
        if errors:
            raise ValidationError(str(errors[0]))
        return tree


class ByVocabulary(django_filters.Filter):
    """One parameter. It knows its field; how it compares is the vocabulary's business."""

    field_class = Conditions

    def filter(self, rows: TicketQuerySet, value: Tree) -> TicketQuerySet:
        moment: Any = self.parent
        return rows if value == EVERYTHING else rows.filter(as_q(value, at=moment.at, user=moment.user))


class TicketFilters(django_filters.FilterSet):
    """Subclasses are made by `filters_for`, with a filter for each parameter that a request names."""

    def __init__(self, params: Any, rows: TicketQuerySet, *, user: User, at: datetime) -> None:
        self.user, self.at = user, at
        super().__init__(params, rows)
        for field in self.form.fields.values():
            field.user = user


def filtered(request: Request, rows: TicketQuerySet, *, at: datetime) -> TicketQuerySet:
    """What the request's parameters leave of the rows.

    Raises:
        Problem: 400, naming each parameter that cannot be used; 403 for those who may not filter by a field.
    """
    user: User = request.user
    names = [name for name in request.query_params if is_filter(name)]
    if not names:
        return rows
    _require_may_filter(user, names)
    params: MultiValueDict[str, str] = MultiValueDict()
    for name in names:
        params.setlist(name, params.getlist(name) + request.query_params.getlist(name))
    found = filters_for(tuple(sorted(names)))(params, rows, user=user, at=at)
    if not found.is_valid():
        errors = [parameter_error(name, str(texts[0])) for name, texts in found.errors.items()]
        raise Problem("invalid", errors[0]["detail"], field=errors[0]["field"], errors=errors)
    left: TicketQuerySet = found.qs
    return left


def is_filter(name: str) -> bool:
    """Whether a parameter is written like a filter. Custom fields are looked up when it is read."""
    stem = canonical(name).removeprefix(NOT)
    known = registered()
    if stem == WHOLE or stem in known or stem.startswith(CUSTOM):
        return True
    field, _dot, op = stem.rpartition(".")
    return field in known and op in {*Op, "not"}


def canonical(name: str) -> str:
    """`priority__in` is `priority`, `created__after` is `created.after`."""
    return name.removesuffix("__in").replace("__", ".")


@lru_cache(maxsize=500)
def filters_for(names: tuple[str, ...]) -> type[TicketFilters]:
    """The FilterSet of these parameters. A set of them all would be copied and cleaned whole for each request."""
    filters = {name: ByVocabulary(parameter=canonical(name)) for name in names}
    meta = type("Meta", (), {"model": Ticket, "fields": []})
    return type("FiltersOfRequest", (TicketFilters,), {**filters, "Meta": meta})


def _require_may_filter(user: User, names: Iterable[str]) -> None:
    if is_desk(user):
        return
    if user.is_vendor_guest:
        raise Problem("not_allowed", _("Guests of a vendor have no filters."), field=next(iter(names)))
    for name in names:
        field = canonical(name).removeprefix(NOT).partition(".")[0]
        if field not in FOR_REQUESTERS:
            known = ", ".join(sorted(FOR_REQUESTERS))
            raise Problem("not_allowed", _("You can filter by: %(known)s.") % {"known": known}, field=name)


def parameters() -> list[OpenApiParameter]:
    """Every filter, for the description."""
    rows = []
    for field in registered().values():
        rows += [_parameter(field, op) for op in field.operators]
    rows.append(
        OpenApiParameter(
            WHOLE,
            str,
            description="A whole filter as JSON: a tree of `all`, `any`, `not` and conditions"
            ' such as `{"field": "status", "op": "is", "value": "open"}`.',
        )
    )
    return rows


def _parameter(field: Field, op: Op) -> OpenApiParameter:
    name = field.name if op == field.default_op else f"{field.name}.{op}"
    options = [value for value, _label in field.options()] if field.type in ("choice", "flag") else []
    words = f"{field.label}. {'Several with commas. ' if op == Op.IS else ''}Prefix `not.` for the opposite."
    if options and op != Op.EMPTY:
        words += f" Of: {', '.join(options)}."
    return OpenApiParameter(name, str, description=words)
