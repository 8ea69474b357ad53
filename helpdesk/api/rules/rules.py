"""Rules. Leads read them, managers and administrators write them; a version that was read is named by If-Match."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models.tokens import Area
from escalation.models import Firing, Rule
from escalation.operations import rules as operations
from escalation.permissions import may_read_rules
from escalation.queries import rules as queries
from escalation.rules.exchange import Draft, as_said, of_rule, read_piece
from escalation.rules.explaining import say
from escalation.rules.saying import differences
from escalation.rules.spec import from_json
from escalation.rules.whynot import Because, why_not
from helpdesk.api import paging
from helpdesk.api.asking import Request
from helpdesk.api.describing import IF_MATCH, PAGING, as_list, described, listed
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.inputs import Flag, Input, Person, Text, Whole
from helpdesk.api.problems import Problem, teach_conflict
from helpdesk.api.rendering import stamp
from helpdesk.api.rows import row_or_404
from helpdesk.api.versions import etag, seen
from helpdesk.desk.guard import ticket_or_404
from sla.queries.named import Named, named
from sla.yaml_lines import pieces
from tickets.models import NUMBER_PREFIX, Ticket

SAID = {
    "name": "Network trouble goes to L2",
    "note": "L1 cannot reach the switches",
    "enabled": True,
    "events": ["created"],
    "when": {"field": "category", "op": "is", "value": "Network"},
    "then": [{"move": {"team": "Network"}}],
}
ROW = {
    "id": 4,
    "name": "Network trouble goes to L2",
    "note": "L1 cannot reach the switches",
    "position": 2,
    "is_enabled": True,
    "owner": 9,
    "version": 3,
    "published_at": "2026-11-02T08:00:00Z",
    "published_by": 9,
    "fired_last_at": "2026-11-26T08:00:00Z",
    "fired_in_7_days": 12,
    "returned": 1,
}
FIRED = {
    "id": 88,
    "version": 3,
    "ticket": "TD-1042",
    "at": "2026-11-26T08:00:00Z",
    "state": "done",
    "why": ["category is Network"],
}


class RuleRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    note = serializers.CharField()
    position = serializers.IntegerField(help_text="Rules are asked in this order.")
    is_enabled = serializers.BooleanField()
    owner = serializers.IntegerField(allow_null=True, help_text="Who answers for it.")
    version = serializers.IntegerField()
    published_at = serializers.DateTimeField(allow_null=True)
    published_by = serializers.IntegerField(allow_null=True)
    fired_last_at = serializers.DateTimeField(allow_null=True)
    fired_in_7_days = serializers.IntegerField()
    returned = serializers.IntegerField(help_text="Hand-offs of it that were given back.")


class RuleShape(RuleRow):
    rule = serializers.DictField(help_text="What it says, as its page exports it in YAML.")


class RuleVersionShape(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    published_at = serializers.DateTimeField()
    published_by = serializers.IntegerField(allow_null=True)
    why = serializers.CharField()
    differences = serializers.ListField(child=serializers.CharField())


class FiringShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    version = serializers.IntegerField()
    ticket = serializers.CharField(allow_null=True, help_text="Null where you may not open it.")
    at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=Firing.State.values)
    why = serializers.ListField(
        child=serializers.CharField(), help_text="What held, with the values it found."
    )


class WhyNotShape(serializers.Serializer[Any]):
    because = serializers.ChoiceField(choices=[each.value for each in Because])
    sentence = serializers.CharField()
    conditions = serializers.ListField(child=serializers.CharField())


class _Rule(Input):
    rule = serializers.JSONField(help_text="What it says, in the form that its page exports in YAML.")
    why = Text(
        max_length=operations.LONGEST_WHY, required=False, allow_blank=True, help_text="Of this version."
    )
    owner = Person(required=False, help_text="Who answers for it; you, for a new one where nobody is named.")


class NewRule(_Rule):
    pass


class PublishedRule(_Rule):
    pass


class RuleInUse(Input):
    is_enabled = Flag()


class RuleMoved(Input):
    up = Flag(help_text="Earlier in the order; else later.")


class RuleVersionNumber(Input):
    version = Whole(min_value=1, max_value=2**31 - 1)


class RuleEndpoint(Endpoint):
    area = Area.RULES

    def let_in(self) -> None:
        if not may_read_rules(self.person):
            raise Problem("not_allowed", _("Rules are for leads, managers and administrators."))


def shown(row: Any) -> dict[str, Any]:
    version = row.current
    return {
        "id": row.pk,
        "name": row.name,
        "note": row.note,
        "position": row.position,
        "is_enabled": row.is_enabled,
        "owner": row.owner_id,
        "version": version.number if version else 0,
        "published_at": stamp(version.at) if version else None,
        "published_by": version.by_id if version else None,
        "fired_last_at": stamp(row.last_at),
        "fired_in_7_days": row.lately,
        "returned": row.returned,
    }


def whole(row: Any, known: Named) -> dict[str, Any]:
    return shown(row) | {"rule": as_said(of_rule(row), known)}


def answered(row: Rule, at: Any, *, status: int = 200) -> Response:
    fresh = queries.rules_with_deeds(at=at).get(pk=row.pk)
    return Response(whole(fresh, named()), status=status, headers={"ETag": etag(number_of(fresh))})


def rule_of(key: int) -> Rule:
    return row_or_404(queries.rules(), key)


def number_of(row: Rule) -> int:
    return row.current.number if row.current else 0


def _as_it_is_now(_conflict: Any, request: Any) -> dict[str, Any]:
    view = request.parser_context["view"]
    row = queries.rules_with_deeds(at=view.at).get(pk=request.parser_context["kwargs"]["key"])
    return whole(row, named()) | {"etag": etag(number_of(row))}


teach_conflict(operations.RuleChanged, _as_it_is_now)


def draft_of(said: Any) -> Draft:
    return read_piece(pieces(said, "rule"))


class Rules(RuleEndpoint):
    @described(
        "List rules",
        "All of them in their order, with what each did lately.",
        response=as_list(RuleRow),
        example={"results": [ROW]},
        operation="list_rules",
    )
    def get(self, request: Request) -> Response:
        return Response({"results": [shown(row) for row in queries.rules_with_deeds(at=self.at)]})

    @described(
        "Add a rule",
        "The last in the order, and out of use: try it on the past, then put it to use. What `enabled` says is not "
        "followed here.",
        request=NewRule,
        response=RuleShape,
        status=201,
        sent={"rule": SAID, "why": "As agreed with the network team"},
        example={**ROW, "is_enabled": False, "rule": {**SAID, "enabled": False}},
        writes=True,
        operation="add_rule",
    )
    def post(self, request: Request) -> Response:
        given = self.read(NewRule)
        draft = draft_of(given.pop("rule"))
        row = operations.create_rule(
            name=draft.name, spec=draft.spec, note=draft.note, **given, by=self.person, at=self.at
        )
        response = answered(row, self.at, status=201)
        response["Location"] = f"/api/v1/rules/{row.pk}/"
        return response


class OneRule(RuleEndpoint):
    @described(
        "One rule",
        "What it says, with names in place of keys. The header ETag is for If-Match.",
        response=RuleShape,
        example={**ROW, "rule": SAID},
        operation="get_rule",
    )
    def get(self, request: Request, key: int) -> Response:
        return answered(rule_of(key), self.at)

    @described(
        "Publish a version",
        "The whole rule as it is to be from now on. Whether it is in use stays as it is.",
        request=PublishedRule,
        response=RuleShape,
        sent={"rule": SAID, "why": "Also at night"},
        example={**ROW, "rule": SAID},
        params=(IF_MATCH,),
        errors=(412, 428),
        writes=True,
        operation="publish_rule",
    )
    def put(self, request: Request, key: int) -> Response:
        row = rule_of(key)
        version = seen(request, now=number_of(row), needed=True)
        given = self.read(PublishedRule)
        draft = draft_of(given.pop("rule"))
        row = operations.publish_rule(
            row,
            spec=draft.spec,
            name=draft.name,
            note=draft.note,
            **given,
            seen=version,
            by=self.person,
            at=self.at,
        )
        return answered(row, self.at)

    @described(
        "Delete a rule",
        "Only one that has never fired; any other is taken out of use.",
        status=204,
        params=(IF_MATCH,),
        errors=(409, 412, 428),
        operation="delete_rule",
    )
    def delete(self, request: Request, key: int) -> Response:
        row = rule_of(key)
        version = seen(request, now=number_of(row), needed=True)
        if version not in (None, number_of(row)) and row.current is not None:
            raise operations.RuleChanged(row.current)
        operations.delete_rule(row, by=self.person, at=self.at)
        return Response(status=204)


class RuleUse(RuleEndpoint):
    @described(
        "Put a rule to use, or out of use",
        "What it says is checked once more: a team may have gone since.",
        request=RuleInUse,
        response=RuleShape,
        sent={"is_enabled": True},
        example={**ROW, "rule": SAID},
        writes=True,
        operation="use_rule",
    )
    def post(self, request: Request, key: int) -> Response:
        row = rule_of(key)
        act = operations.enable_rule if self.read(RuleInUse)["is_enabled"] else operations.disable_rule
        return answered(act(row, by=self.person, at=self.at), self.at)


class RuleMove(RuleEndpoint):
    @described(
        "Move a rule in the order",
        "One place up or down; at an end nothing happens.",
        request=RuleMoved,
        response=as_list(RuleRow),
        sent={"up": True},
        example={"results": [ROW]},
        writes=True,
        operation="move_rule",
    )
    def post(self, request: Request, key: int) -> Response:
        operations.move_rule(rule_of(key), **self.read(RuleMoved), by=self.person, at=self.at)
        return Response({"results": [shown(row) for row in queries.rules_with_deeds(at=self.at)]})


class RuleVersions(RuleEndpoint):
    @described(
        "Versions of a rule",
        "The newest first, each with what it changed.",
        response=as_list(RuleVersionShape),
        example={
            "results": [
                {
                    "version": 3,
                    "published_at": "2026-11-02T08:00:00Z",
                    "published_by": 9,
                    "why": "Also at night",
                    "differences": ["Then: move to Network instead of Servers"],
                }
            ]
        },
        operation="list_rule_versions",
    )
    def get(self, request: Request, key: int) -> Response:
        rows = queries.versions_of(rule_of(key))
        specs = [from_json(row.spec) for row in rows]
        before, known = [*specs[1:], None], named()
        return Response(
            {
                "results": [
                    {
                        "version": row.number,
                        "published_at": stamp(row.at),
                        "published_by": row.by_id,
                        "why": row.note,
                        "differences": differences(old, new, known) if old else [],
                    }
                    for row, new, old in zip(rows, specs, before, strict=True)
                ]
            }
        )


class RuleRestore(RuleEndpoint):
    @described(
        "Publish an old version again",
        "It is checked anew: a team that it names may be gone.",
        request=RuleVersionNumber,
        response=RuleShape,
        sent={"version": 2},
        example={**ROW, "version": 4, "rule": SAID},
        writes=True,
        operation="restore_rule",
    )
    def post(self, request: Request, key: int) -> Response:
        row = rule_of(key)
        number = self.read(RuleVersionNumber)["version"]
        if not row.versions.filter(number=number).exists():
            raise Problem(
                "invalid", _("There is no version %(number)s.") % {"number": number}, field="version"
            )
        return answered(operations.restore_rule(row, number=number, by=self.person, at=self.at), self.at)


class RuleFirings(RuleEndpoint):
    params = paging.PARAMS

    @described(
        "What a rule did",
        "The newest first, each with why it fired.",
        response=listed(FiringShape),
        example={"results": [FIRED], "next": None, "previous": None},
        params=PAGING,
        operation="list_rule_firings",
    )
    def get(self, request: Request, key: int) -> Response:
        rows = queries.firings_of(rule_of(key)).select_related("version")
        chunk = paging.page_of(request, rows, descending=True)
        keys = {row.ticket_id for row in chunk.rows}
        open_to = Ticket.objects.visible_to(self.person).filter(pk__in=keys)
        visible = set(open_to.values_list("pk", flat=True))
        why = _words_of([row for row in chunk.rows if row.ticket_id in visible])
        return paging.answer(
            request, chunk, [_fired(row, row.ticket_id in visible, why.get(row.pk, [])) for row in chunk.rows]
        )


class RuleWhyNot(RuleEndpoint):
    @described(
        "Why a rule has or has not fired on a ticket",
        "Found out from what is kept; nothing is changed.",
        response=WhyNotShape,
        example={
            "because": "did_not_hold",
            "sentence": "It was asked, and its condition did not hold.",
            "conditions": ["category is Network: it was Printers"],
        },
        operation="explain_rule",
    )
    def get(self, request: Request, key: int, number: str) -> Response:
        row = rule_of(key)
        answer = why_not(row, ticket_or_404(self.person, number), at=self.at)
        return Response(
            {
                "because": answer.because,
                "sentence": answer.sentence,
                "conditions": say(answer.rows),
            }
        )


def _fired(row: Firing, is_visible: bool, why: list[str]) -> dict[str, Any]:
    """What it found on a ticket is for those who may open it."""
    return {
        "id": row.pk,
        "version": row.version.number,
        "ticket": f"{NUMBER_PREFIX}{row.ticket_id}" if is_visible else None,
        "at": stamp(row.at),
        "state": row.state,
        "why": why,
    }


def _words_of(rows: list[Firing]) -> dict[int, list[str]]:
    """Why each fired, in one query for all."""
    words = iter(say(line for row in rows for line in row.why))
    return {row.pk: [next(words) for _line in row.why] for row in rows}
