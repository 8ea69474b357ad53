"""What if: a proposal and a period go in, and a worker finds what would have become of its tickets."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from accounts.models import User
from helpdesk.api import simulations
from helpdesk.api.asking import Request
from helpdesk.api.describing import described
from helpdesk.api.rows import row_or_404
from helpdesk.api.sla.policies import Overseen
from sla.models import Simulation
from sla.operations import simulating
from tickets.queries.openable import openable

ROW = {**simulations.ROW, "proposal": "Standard"}


class WhatIfShape(simulations.SimulationShape):
    proposal = serializers.CharField()
    answer = serializers.DictField(
        allow_null=True,
        help_text="When it is done: figures as they were and would be, and the clocks with another verdict.",
    )


class WhatIfQuestion(simulations.Question):
    """A policy, calendars, or both."""


def shown(row: Simulation, person: User) -> dict[str, Any]:
    def readable(answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"changed": openable(answer.get("changed", []), person)}

    return simulations.shown(row, readable, proposal=row.asked["name"])


class WhatIf(Overseen):
    reads_by = frozenset({"post"})

    @described(
        "Ask what if",
        "A worker replays the tickets of the period under the proposal; nothing of it is stored but the answer.",
        request=WhatIfQuestion,
        response=WhatIfShape,
        status=202,
        sent={"text": "name: Standard\npriorities: {}\n", "since": "2026-10-01", "until": "2026-10-31"},
        example={**ROW, "state": "waiting", "looked_at": 0},
        writes=True,
        operation="ask_what_if",
    )
    def post(self, request: Request) -> Response:
        row = simulating.ask_what_if(**self.read(WhatIfQuestion), by=self.person, at=self.at)
        return simulations.asked(shown(row, self.person), "/api/v1/what-if/")


class WhatIfAnswer(Overseen):
    @described(
        "What was found",
        "Ask until `state` is `done` or `failed`.",
        response=WhatIfShape,
        example=ROW,
        operation="get_what_if",
    )
    def get(self, request: Request, key: int) -> Response:
        rows = Simulation.objects.filter(kind=Simulation.Kind.WHAT_IF)
        return Response(shown(row_or_404(rows, key), self.person))
