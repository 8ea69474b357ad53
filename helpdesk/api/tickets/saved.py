"""Saved views: a filter with its order under a name, for oneself, a team, or everyone at the desk."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models import User
from accounts.models.tokens import Area
from helpdesk.api import paging
from helpdesk.api.asking import Request
from helpdesk.api.describing import PAGING, described, listed
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.inputs import Choice, Input, TeamKey, Text
from helpdesk.api.problems import Problem
from helpdesk.desk.columns import COLUMNS
from helpdesk.desk.forms.views import EVERYONE, OWN, TEAM, may_share_with_all
from helpdesk.desk.nav import saved_views
from tickets.models import SavedView
from tickets.permissions import is_desk
from tickets.queries.listing import DEFAULT_SORT, SORTS
from tickets.vocabulary import Unreadable, parse, to_json


class ViewShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    owner = serializers.IntegerField()
    audience = serializers.ChoiceField(choices=[OWN, TEAM, EVERYONE])
    team = serializers.IntegerField(allow_null=True)
    filter = serializers.DictField(help_text="As the parameter `filter` of the list takes it.")
    sort = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField())
    tickets = serializers.CharField(help_text="The address that lists what it shows.")


EXAMPLE = {
    "id": 3,
    "name": "Urgent of the wards",
    "owner": 7,
    "audience": OWN,
    "team": None,
    "filter": {"all": [{"field": "priority", "op": "is", "value": ["1"]}]},
    "sort": "due",
    "columns": [],
    "tickets": "/api/v1/tickets/?view=3",
}


class ViewBody(Input):
    name = Text(max_length=60)
    audience = Choice(choices=[OWN, TEAM, EVERYONE], required=False)
    team = TeamKey(required=False, help_text="A team of yours.")
    filter = serializers.JSONField(required=False, help_text="A tree of all, any, not and conditions.")
    sort = Choice(choices=list(SORTS), required=False)
    columns = serializers.ListField(child=Choice(choices=list(COLUMNS)), required=False, max_length=50)

    def validate_filter(self, tree: Any) -> Any:
        if not isinstance(tree, dict):
            raise serializers.ValidationError(_("Send an object: a tree of all, any, not and conditions."))
        try:
            return to_json(parse(tree, self.person)) if tree else {}
        except (Unreadable, RecursionError) as trouble:
            raise serializers.ValidationError(str(trouble)) from None

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        audience = attrs.get("audience")
        if audience == EVERYONE and not may_share_with_all(self.person):
            raise serializers.ValidationError(
                {"audience": [_("Leads and managers keep views for everyone.")]}
            )
        if audience == TEAM and getattr(attrs.get("team"), "pk", None) not in self.person.team_ids:
            raise serializers.ValidationError({"team": [_("Name a team of yours.")]})
        return attrs


def _shown(view: SavedView) -> dict[str, Any]:
    audience = EVERYONE if view.for_everyone else TEAM if view.team_id else OWN
    return {
        "id": view.pk,
        "name": view.name,
        "owner": view.owner_id,
        "audience": audience,
        "team": view.team_id,
        "filter": view.filter,
        "sort": view.sort,
        "columns": view.columns,
        "tickets": f"/api/v1/tickets/?view={view.pk}",
    }


def _save(view: SavedView, given: dict[str, Any]) -> SavedView:
    audience = given.pop("audience", None)
    team = given.pop("team", None)
    if audience is not None:
        view.team, view.for_everyone = (team if audience == TEAM else None), audience == EVERYONE
    for name, value in given.items():
        setattr(view, name, " ".join(value.split()) if name == "name" else value)
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        raise serializers.ValidationError({"name": [_("You have a view of this name already.")]}) from None
    return view


class _Views(Endpoint):
    area = Area.VIEWS

    def let_in(self) -> None:
        if not is_desk(self.person):
            raise Problem("not_allowed", _("Saved views are for the desk."))


class Views(_Views):
    params = paging.PARAMS

    @described(
        "Saved views",
        "Yours, those of your teams, and those for everyone.",
        response=listed(ViewShape),
        example={"results": [EXAMPLE], "next": None, "previous": None},
        params=PAGING,
        operation="list_views",
    )
    def get(self, request: Request) -> Response:
        return paging.answer(request, paging.page_of(request, of_person(self.person)), _shown)

    @described(
        "Keep a view",
        "A filter under a name. The filter is as the list's parameter `filter` takes it.",
        request=ViewBody,
        response=ViewShape,
        status=201,
        sent={"name": EXAMPLE["name"], "filter": EXAMPLE["filter"]},
        example=EXAMPLE,
        writes=True,
        operation="keep_view",
    )
    def post(self, request: Request) -> Response:
        view = _save(SavedView(owner=self.person, sort=DEFAULT_SORT), self.read(ViewBody))
        return Response(_shown(view), status=201, headers={"Location": f"/api/v1/views/{view.pk}/"})


class OneView(_Views):
    @described(
        "One saved view",
        "What it shows and for whom it is.",
        response=ViewShape,
        example=EXAMPLE,
        operation="get_view",
    )
    def get(self, request: Request, key: int) -> Response:
        return Response(_shown(_found(of_person(self.person), key)))

    @described(
        "Change a view of yours",
        "What is not given stays.",
        request=ViewBody,
        response=ViewShape,
        sent={"name": "Urgent"},
        example=EXAMPLE,
        writes=True,
        operation="change_view",
    )
    def patch(self, request: Request, key: int) -> Response:
        view = _found(SavedView.objects.filter(owner=self.person), key)
        body = ViewBody(data=request.data, context={"user": self.person}, partial=True)
        body.is_valid(raise_exception=True)
        return Response(_shown(_save(view, dict(body.validated_data))))

    @described("Delete a view of yours", "It is gone for everybody.", status=204, operation="delete_view")
    def delete(self, request: Request, key: int) -> Response:
        _found(SavedView.objects.filter(owner=self.person), key).delete()
        return Response(status=204)


def of_person(user: User) -> "QuerySet[SavedView]":
    rows: QuerySet[SavedView] = saved_views(user)
    return rows


def _found(rows: "QuerySet[SavedView]", key: int) -> SavedView:
    view = rows.filter(pk=key).first()
    if view is None:
        raise Http404
    return view
