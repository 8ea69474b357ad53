"""Questions that a worker answers on paper: what if, and rules on trial."""

from collections.abc import Callable
from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from helpdesk.api.inputs import Input, Text
from helpdesk.api.rendering import stamp
from sla.models import Simulation
from sla.yaml_lines import LONGEST_TEXT

ROW = {
    "id": 7,
    "state": "running",
    "since": "2026-10-01",
    "until": "2026-10-31",
    "tickets": 812,
    "looked_at": 300,
    "error": "",
    "asked_at": "2026-11-26T08:00:00Z",
    "done_at": None,
    "answer": None,
}


class SimulationShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Simulation.State.values)
    since = serializers.DateField()
    until = serializers.DateField()
    tickets = serializers.IntegerField()
    looked_at = serializers.IntegerField()
    error = serializers.CharField()
    asked_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)


class Question(Input):
    text = Text(max_length=LONGEST_TEXT, help_text="The proposal in YAML, as its page exports it.")
    since = serializers.DateField(help_text="The first day, in the desk's zone.")
    until = serializers.DateField(help_text="The last day.")


def shown(
    row: Simulation, readable: Callable[[dict[str, Any]], dict[str, Any]], **more: Any
) -> dict[str, Any]:
    """Args: readable: the answer without what its reader may not see."""
    is_done = row.state == Simulation.State.DONE and row.answer
    return {
        "id": row.pk,
        "state": row.state,
        **more,
        "since": row.asked["since"],
        "until": row.asked["until"],
        "tickets": row.total,
        "looked_at": row.seen,
        "error": row.error,
        "asked_at": stamp(row.at),
        "done_at": stamp(row.done_at),
        "answer": readable(row.answer) if is_done and row.answer else None,
    }


def asked(body: dict[str, Any], address: str) -> Response:
    """The answer to a question: accepted, and where its answer will be."""
    return Response(body, status=202, headers={"Location": f"{address}{body['id']}/"})
