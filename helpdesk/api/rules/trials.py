"""Rules on trial: all rules as they might be, and a period; a worker finds what would have become of its tickets."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from accounts.models import User
from escalation.operations.trying import try_rules
from helpdesk.api import simulations
from helpdesk.api.asking import Request
from helpdesk.api.describing import described
from helpdesk.api.rows import row_or_404
from helpdesk.api.rules.rules import RuleEndpoint
from sla.models import Simulation
from tickets.queries.openable import openable

ROW = {**simulations.ROW, "rules": ["Network trouble goes to L2"]}


class TrialShape(simulations.SimulationShape):
    rules = serializers.ListField(child=serializers.CharField(), help_text="Those in use in the proposal.")
    answer = serializers.DictField(
        allow_null=True, help_text="When it is done: what each rule would have done, beside what people did."
    )


class TrialQuestion(simulations.Question):
    """All rules in their order."""


def shown(row: Simulation, person: User) -> dict[str, Any]:
    def readable(answer: dict[str, Any]) -> dict[str, Any]:
        """Without the rows of hidden tickets; of a cycle only its example is left out."""
        rows, cycles = answer.get("rows", []), answer.get("cycles", [])
        seen = {line["ticket"] for line in openable([*rows, *cycles], person)}
        return answer | {
            "rows": [line for line in rows if line["ticket"] in seen],
            "cycles": [line if line["ticket"] in seen else line | {"ticket": None} for line in cycles],
        }

    return simulations.shown(row, readable, rules=row.asked["names"])


class Trials(RuleEndpoint):
    reads_by = frozenset({"post"})

    @described(
        "Try rules on the past",
        "A worker replays the tickets of the period under these rules; nothing of it is stored but the answer.",
        request=TrialQuestion,
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
        row = try_rules(**self.read(TrialQuestion), by=self.person, at=self.at)
        return simulations.asked(shown(row, self.person), "/api/v1/rules/trials/")


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
        return Response(shown(row_or_404(rows, key), self.person))
