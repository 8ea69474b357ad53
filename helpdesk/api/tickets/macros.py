"""Macros that a person may use: what each does, and whether it is whole. They are written in the settings."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models.tokens import Area
from escalation.macros.running import what_is_broken
from escalation.models import Macro
from helpdesk.api import paging
from helpdesk.api.asking import Request
from helpdesk.api.describing import PAGING, described, listed
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.problems import Problem
from tickets.permissions import is_desk


class MacroActShape(serializers.Serializer[Any]):
    type = serializers.CharField()
    arguments = serializers.DictField()


class MacroShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    folder = serializers.CharField()
    owner = serializers.IntegerField(allow_null=True)
    team = serializers.IntegerField(allow_null=True, help_text="Neither owner nor team: everybody's.")
    key = serializers.IntegerField(allow_null=True, help_text="1 to 9, pressed behind x.")
    filter = serializers.DictField(help_text="Where it is offered; empty: everywhere.")
    acts = MacroActShape(many=True)
    broken = serializers.ListField(
        child=serializers.CharField(),
        help_text="What it names that is gone, with the remedy. Then it does not run.",
    )


EXAMPLE = {
    "id": 4,
    "name": "VPN drops",
    "folder": "Network",
    "owner": None,
    "team": 3,
    "key": 1,
    "filter": {},
    "acts": [{"type": "tag", "arguments": {"name": "vpn"}}],
    "broken": [],
}


def _shown(macro: Macro) -> dict[str, Any]:
    return {
        "id": macro.pk,
        "name": macro.name,
        "folder": macro.folder,
        "owner": macro.owner_id,
        "team": macro.team_id,
        "key": macro.slot,
        "filter": macro.filter,
        "acts": [{"type": name, "arguments": args} for name, args in macro.acts],
        "broken": what_is_broken(macro),
    }


class _Macros(Endpoint):
    area = Area.TICKETS

    def let_in(self) -> None:
        if not is_desk(self.person):
            raise Problem("not_allowed", _("Macros are for the desk."))


class Macros(_Macros):
    params = paging.PARAMS

    @described(
        "Macros",
        "Yours, those of your teams, and everybody's. `POST /tickets/{number}/macro/` runs one.",
        response=listed(MacroShape),
        example={"results": [EXAMPLE], "next": None, "previous": None},
        params=PAGING,
        operation="list_macros",
    )
    def get(self, request: Request) -> Response:
        rows: Any = Macro.objects.usable_by(self.person).filter(is_active=True)
        return paging.answer(request, paging.page_of(request, rows), _shown)


class OneMacro(_Macros):
    @described(
        "A macro", "One that you may use.", response=MacroShape, example=EXAMPLE, operation="show_macro"
    )
    def get(self, request: Request, key: int) -> Response:
        row: Any = Macro.objects.usable_by(self.person).filter(is_active=True, pk=key).first()
        if row is None:
            raise Http404
        return Response(_shown(row))
