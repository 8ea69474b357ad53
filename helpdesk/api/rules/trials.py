"""Rules on trial: all rules as they might be, and a period; a worker finds what would have become of its tickets."""

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.response import Response

from escalation.operations.trying import try_rules
from helpdesk.api.asking import Request
from helpdesk.api.describing import described
from helpdesk.api.inputs import Input, Text
from helpdesk.api.rendering import stamp
from helpdesk.api.rules.rules import RuleEndpoint
from sla.models import Simulation
from sla.yaml_lines import LONGEST_TEXT
from tickets.models import NUMBER_PREFIX, Ticket

ROW = {
    "id": 12,
    "state": "running",
    "rules": ["Network trouble goes to L2"],
    "since": "2026-10-01",
    "until": "2026-10-31",
    "tickets": 812,
    "looked_at": 300,
    "error": "",
    "asked_at": "2026-11-26T08:00:00Z",
    "done_at": None,
    "answer": None,
}


class TrialShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Simulation.State.values)
    rules = serializers.ListField(child=serializers.CharField(), help_text="Those in use in the proposal.")
    since = serializers.DateField()
    until = serializers.DateField()
    tickets = serializers.IntegerField()
    looked_at = serializers.IntegerField()
    error = serializers.CharField()
    asked_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)
    answer = serializers.DictField(
        allow_null=True, help_text="When it is done: what each rule would have done, beside what people did."
    )


class Proposal(Input):
    text = Text(max_length=LONGEST_TEXT, help_text="All rules in their order, as their page exports them.")
    since = serializers.DateField(help_text="The first day, in the desk's zone.")
    until = serializers.DateField(help_text="The last day.")


def shown(row: Simulation, person: Any) -> dict[str, Any]:
    answer = row.answer if row.state == Simulation.State.DONE else None
    if answer:
        answer = _for(person, answer)
    return {
        "id": row.pk,
        "state": row.state,
        "rules": row.asked["names"],
        "since": row.asked["since"],
        "until": row.asked["until"],
        "tickets": row.total,
        "looked_at": row.seen,
        "error": row.error,
        "asked_at": stamp(row.at),
        "done_at": stamp(row.done_at),
        "answer": answer,
    }


def _for(person: Any, answer: dict[str, Any]) -> dict[str, Any]:
    """Without the rows of tickets that this person may not open; of a cycle only its example is left out."""
    rows, cycles = answer.get("rows", []), answer.get("cycles", [])
    keys = {_key(row) for row in [*rows, *cycles]}
    seen = set(Ticket.objects.visible_to(person).filter(pk__in=keys).values_list("pk", flat=True))
    return answer | {
        "rows": [row for row in rows if _key(row) in seen],
        "cycles": [row if _key(row) in seen else row | {"ticket": None} for row in cycles],
    }


def _key(row: dict[str, Any]) -> int:
    return int(row["ticket"].removeprefix(NUMBER_PREFIX))


class Trials(RuleEndpoint):
    reads_by = frozenset({"post"})

    @described(
        "Try rules on the past",
        "A worker replays the tickets of the period under these rules; nothing of it is stored but the answer.",
        request=Proposal,
        response=TrialShape,
        status=202,
        sent={
            "text": 'rules: [{name: "To L2", events: [created], then: [{move: {tier: L2}}]}]',
            "since": "2026-10-01",
            "until": "2026-10-31",
        },
        example={**ROW, "state": "waiting", "looked_at": 0},
        writes=True,
        operation="try_rules",
    )
    def post(self, request: Request) -> Response:
        row = try_rules(**self.read(Proposal), by=self.person, at=self.at)
        response = Response(shown(row, self.person), status=202)
        response["Location"] = f"/api/v1/rules/trials/{row.pk}/"
        return response


class Trial(RuleEndpoint):
    @described(
        "What a trial has found",
        "Ask until `state` is `done` or `failed`.",
        response=TrialShape,
        example=ROW,
        operation="get_rule_trial",
    )
    def get(self, request: Request, key: int) -> Response:
        rows = Simulation.objects.filter(kind=Simulation.Kind.RULES)
        row = rows.filter(pk=key).first() if key < 2**63 else None
        if row is None:
            raise Http404
        return Response(shown(row, self.person))
