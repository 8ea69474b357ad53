"""Policies. Managers read them, administrators change them; a version that was read is named by If-Match."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models.tokens import Area
from accounts.permissions import may_administer
from helpdesk.api.asking import Request
from helpdesk.api.describing import IF_MATCH, as_list, described
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.inputs import Flag, Input, Text, Whole
from helpdesk.api.problems import Problem, teach_conflict
from helpdesk.api.rendering import stamp
from helpdesk.api.rows import row_or_404
from helpdesk.api.versions import etag, seen
from sla.exchange import Draft, as_said, read_piece
from sla.models import Policy
from sla.operations import policies as operations
from sla.queries import policies as queries
from sla.queries.named import Named, named
from sla.spec import from_json
from sla.yaml_lines import pieces

SAID = {
    "name": "Standard",
    "when": {"field": "kind", "op": "is", "value": "incident"},
    "priorities": {"P1": {"first_response": {"time": "30m", "calendar": "Around the clock"}}},
}
ROW = {
    "id": 2,
    "name": "Standard",
    "position": 1,
    "is_enabled": True,
    "is_default": False,
    "version": 4,
    "published_at": "2026-11-02T08:00:00Z",
    "published_by": 1,
    "note": "P1 around the clock",
}


class PolicyRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    position = serializers.IntegerField(help_text="The first that matches a ticket judges it.")
    is_enabled = serializers.BooleanField()
    is_default = serializers.BooleanField()
    version = serializers.IntegerField()
    published_at = serializers.DateTimeField()
    published_by = serializers.IntegerField(allow_null=True)
    note = serializers.CharField()


class PolicyShape(PolicyRow):
    policy = serializers.DictField(help_text="What it promises, as its page exports it in YAML.")


class PolicyVersionShape(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    published_at = serializers.DateTimeField()
    published_by = serializers.IntegerField(allow_null=True)
    note = serializers.CharField()
    differences = serializers.ListField(
        child=serializers.CharField(), help_text="In words, from the version before."
    )


class _Policy(Input):
    policy = serializers.JSONField(help_text="What it promises, in the form that its page exports in YAML.")
    note = Text(max_length=operations.LONGEST_NOTE, required=False, allow_blank=True, help_text="Why.")


class NewPolicy(_Policy):
    is_enabled = Flag(required=False)


class PublishedPolicy(_Policy):
    pass


class InUse(Input):
    is_enabled = Flag()


class Moved(Input):
    up = Flag(help_text="Earlier in the order; else later.")


class WhichVersion(Input):
    version = Whole(min_value=1, max_value=2**31 - 1)


class Overseen(Endpoint):
    """For those who answer for the whole desk."""

    area = Area.SLA

    def let_in(self) -> None:
        if not (may_administer(self.person) or self.person.is_manager):
            raise Problem("not_allowed", _("Promises are for managers and administrators."))


def shown(row: Policy) -> dict[str, Any]:
    version = row.current
    return {
        "id": row.pk,
        "name": row.name,
        "position": row.position,
        "is_enabled": row.is_enabled,
        "is_default": row.is_default,
        "version": version.number if version else 0,
        "published_at": stamp(version.at) if version else None,
        "published_by": version.by_id if version else None,
        "note": version.note if version else "",
    }


def whole(row: Policy, known: Named) -> dict[str, Any]:
    said = as_said(row.name, from_json(row.current.spec), known) if row.current else {}
    return shown(row) | {"policy": said}


def answered(row: Policy, *, status: int = 200) -> Response:
    fresh = queries.policies().get(pk=row.pk)
    version = fresh.current.number if fresh.current else 0
    return Response(whole(fresh, named()), status=status, headers={"ETag": etag(version)})


def policy_of(key: int) -> Policy:
    return row_or_404(queries.policies().filter(current__isnull=False), key)


def _as_it_is_now(_conflict: Any, request: Any) -> dict[str, Any]:
    row = policy_of(request.parser_context["kwargs"]["key"])
    return whole(row, named()) | {"etag": etag(row.current.number if row.current else 0)}


teach_conflict(operations.PolicyChanged, _as_it_is_now)


def draft_of(said: Any) -> Draft:
    """What a body promises, checked as its page checks it."""
    return read_piece(pieces(said, "policy"), named())


class Policies(Overseen):
    @described(
        "List policies",
        "All of them in their order: the first in use that matches a ticket judges it, the default is the last.",
        response=as_list(PolicyRow),
        example={"results": [ROW]},
        operation="list_policies",
    )
    def get(self, request: Request) -> Response:
        return Response({"results": [shown(row) for row in queries.policies() if row.current]})

    @described(
        "Add a policy",
        "In use at once unless said otherwise, before the default and after all others. Open tickets that it matches "
        "are judged anew in the background.",
        request=NewPolicy,
        response=PolicyShape,
        status=201,
        sent={"policy": SAID, "note": "For incidents"},
        example={**ROW, "policy": SAID},
        writes=True,
        operation="add_policy",
    )
    def post(self, request: Request) -> Response:
        given = self.read(NewPolicy)
        draft = draft_of(given.pop("policy"))
        row = operations.create_policy(name=draft.name, spec=draft.spec, **given, by=self.person, at=self.at)
        response = answered(row, status=201)
        response["Location"] = f"/api/v1/policies/{row.pk}/"
        return response


class OnePolicy(Overseen):
    @described(
        "One policy",
        "What it promises, with the names of calendars and vendors. The header ETag is for If-Match.",
        response=PolicyShape,
        example={**ROW, "policy": SAID},
        operation="get_policy",
    )
    def get(self, request: Request, key: int) -> Response:
        return answered(policy_of(key))

    @described(
        "Publish a version",
        "The whole policy as it is to be from now on; what is left out is not promised. A publication that changes "
        "nothing writes no version.",
        request=PublishedPolicy,
        response=PolicyShape,
        sent={"policy": SAID, "note": "Half an hour for P1"},
        example={**ROW, "policy": SAID},
        params=(IF_MATCH,),
        errors=(412, 428),
        writes=True,
        operation="publish_policy",
    )
    def put(self, request: Request, key: int) -> Response:
        row = policy_of(key)
        version = seen(request, now=_number(row), needed=True)
        given = self.read(PublishedPolicy)
        draft = draft_of(given.pop("policy"))
        return answered(
            operations.publish(
                row, spec=draft.spec, name=draft.name, **given, seen=version, by=self.person, at=self.at
            )
        )

    @described(
        "Delete a policy",
        "Only one that has judged nothing yet; any other is taken out of use.",
        status=204,
        params=(IF_MATCH,),
        errors=(409, 412, 428),
        operation="delete_policy",
    )
    def delete(self, request: Request, key: int) -> Response:
        row = policy_of(key)
        version = seen(request, now=_number(row), needed=True)
        if version not in (None, _number(row)) and row.current is not None:
            raise operations.PolicyChanged(row.current)
        operations.delete_policy(row, by=self.person, at=self.at)
        return Response(status=204)


class PolicyUse(Overseen):
    @described(
        "Put a policy to use, or out of use",
        "Open tickets that it matches are judged anew.",
        request=InUse,
        response=PolicyShape,
        sent={"is_enabled": False},
        example={**ROW, "is_enabled": False, "policy": SAID},
        errors=(409,),
        writes=True,
        operation="use_policy",
    )
    def post(self, request: Request, key: int) -> Response:
        row = policy_of(key)
        act = operations.enable_policy if self.read(InUse)["is_enabled"] else operations.disable_policy
        return answered(act(row, by=self.person, at=self.at))


class PolicyMove(Overseen):
    @described(
        "Move a policy in the order",
        "One place up or down; at an end nothing happens.",
        request=Moved,
        response=as_list(PolicyRow),
        sent={"up": True},
        example={"results": [ROW]},
        errors=(409,),
        writes=True,
        operation="move_policy",
    )
    def post(self, request: Request, key: int) -> Response:
        operations.move_policy(policy_of(key), **self.read(Moved), by=self.person, at=self.at)
        return Response({"results": [shown(row) for row in queries.policies() if row.current]})


class PolicyVersions(Overseen):
    @described(
        "Versions of a policy",
        "The newest first, each with what it changed.",
        response=as_list(PolicyVersionShape),
        example={
            "results": [
                {
                    "version": 4,
                    "published_at": "2026-11-02T08:00:00Z",
                    "published_by": 1,
                    "note": "P1 around the clock",
                    "differences": ["P1, first response: 1h instead of 30m"],
                }
            ]
        },
        operation="list_policy_versions",
    )
    def get(self, request: Request, key: int) -> Response:
        rows = queries.history(policy_of(key), named())
        return Response(
            {
                "results": [
                    {
                        "version": row.version.number,
                        "published_at": stamp(row.version.at),
                        "published_by": row.version.by_id,
                        "note": row.version.note,
                        "differences": row.differences,
                    }
                    for row in rows
                ]
            }
        )


class PolicyRestore(Overseen):
    @described(
        "Publish an old version again",
        "It is checked anew: a calendar that it names may be gone.",
        request=WhichVersion,
        response=PolicyShape,
        sent={"version": 3},
        example={**ROW, "version": 5, "policy": SAID},
        writes=True,
        operation="restore_policy",
    )
    def post(self, request: Request, key: int) -> Response:
        row = policy_of(key)
        number = self.read(WhichVersion)["version"]
        if not row.versions.filter(number=number).exists():
            raise Problem(
                "invalid", _("There is no version %(number)s.") % {"number": number}, field="version"
            )
        return answered(operations.restore(row, number=number, by=self.person, at=self.at))


def _number(row: Policy) -> int:
    return row.current.number if row.current else 0
