"""What if: a proposal and a period go in, and a worker finds what would have become of its tickets."""

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.response import Response

from helpdesk.api.asking import Request
from helpdesk.api.describing import described
from helpdesk.api.inputs import Input, Text
from helpdesk.api.rendering import stamp
from helpdesk.api.sla.policies import Overseen
from sla.models import Simulation
from sla.operations import simulating
from sla.yaml_lines import LONGEST_TEXT
from tickets.models import NUMBER_PREFIX, Ticket

ROW = {
    "id": 7,
    "state": "running",
    "proposal": "Standard",
    "since": "2026-10-01",
    "until": "2026-10-31",
    "tickets": 812,
    "looked_at": 300,
    "error": "",
    "asked_at": "2026-11-26T08:00:00Z",
    "done_at": None,
    "answer": None,
}


class WhatIfShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Simulation.State.values)
    proposal = serializers.CharField()
    since = serializers.DateField()
    until = serializers.DateField()
    tickets = serializers.IntegerField()
    looked_at = serializers.IntegerField()
    error = serializers.CharField()
    asked_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)
    answer = serializers.DictField(
        allow_null=True,
        help_text="When it is done: figures as they were and would be, and the clocks with another verdict.",
    )


class Question(Input):
    text = Text(
        max_length=LONGEST_TEXT,
        help_text="The proposal in YAML: a policy as its page exports it, calendars, or both.",
    )
    since = serializers.DateField(help_text="The first day, in the desk's zone.")
    until = serializers.DateField(help_text="The last day.")


def shown(row: Simulation, person: Any) -> dict[str, Any]:
    answer = row.answer if row.state == Simulation.State.DONE else None
    if answer:
        answer = {**answer, "changed": _visible(answer.get("changed", []), person)}
    return {
        "id": row.pk,
        "state": row.state,
        "proposal": row.asked["name"],
        "since": row.asked["since"],
        "until": row.asked["until"],
        "tickets": row.total,
        "looked_at": row.seen,
        "error": row.error,
        "asked_at": stamp(row.at),
        "done_at": stamp(row.done_at),
        "answer": answer,
    }


def _visible(changed: list[dict[str, Any]], person: Any) -> list[dict[str, Any]]:
    """Without the tickets that this person may not open."""
    keys = {int(row["ticket"].removeprefix(NUMBER_PREFIX)) for row in changed}
    seen = set(Ticket.objects.visible_to(person).filter(pk__in=keys).values_list("pk", flat=True))
    return [row for row in changed if int(row["ticket"].removeprefix(NUMBER_PREFIX)) in seen]


class WhatIf(Overseen):
    reads_by = frozenset({"post"})

    @described(
        "Ask what if",
        "A worker replays the tickets of the period under the proposal; nothing of it is stored but the answer.",
        request=Question,
        response=WhatIfShape,
        status=202,
        sent={"text": "name: Standard\npriorities: {}\n", "since": "2026-10-01", "until": "2026-10-31"},
        example={**ROW, "state": "waiting", "looked_at": 0},
        writes=True,
        operation="ask_what_if",
    )
    def post(self, request: Request) -> Response:
        row = simulating.ask_what_if(**self.read(Question), by=self.person, at=self.at)
        response = Response(shown(row, self.person), status=202)
        response["Location"] = f"/api/v1/what-if/{row.pk}/"
        return response


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
        row = rows.filter(pk=key).first() if key < 2**63 else None
        if row is None:
            raise Http404
        return Response(shown(row, self.person))
