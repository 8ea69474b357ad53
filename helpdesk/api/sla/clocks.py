"""A ticket's clocks, and by which policy it is judged and why. Spans are business time, in seconds."""

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models.tokens import Area
from helpdesk.api.asking import Request
from helpdesk.api.describing import as_list, described
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.rendering import stamp
from helpdesk.api.sla.policies import Overseen
from helpdesk.desk.guard import ticket_or_404
from helpdesk.desk.rows import metrics_for
from sla.book import read_rules
from sla.cycles import Cycle
from sla.explaining import judged_now, try_policies
from sla.models import Clock, Metric, PolicyVersion
from sla.operations.keeping import COLUMNS
from sla.queries.clocks import standing

CLOCK = {
    "metric": "resolution",
    "tier": None,
    "cycle": 1,
    "state": "running",
    "outcome": "",
    "priority": 2,
    "policy": "Standard",
    "policy_version": 4,
    "target": 28800,
    "used": 3600,
    "started_at": "2026-11-26T08:00:00Z",
    "due_at": "2026-11-26T16:00:00Z",
    "ended_at": None,
    "breached_at": None,
    "is_late": False,
}


class TicketClockShape(serializers.Serializer[Any]):
    metric = serializers.ChoiceField(choices=Metric.values)
    tier = serializers.IntegerField(
        allow_null=True, help_text="Whose promise it is, for those between tiers."
    )
    cycle = serializers.IntegerField(help_text="Counts on where a clock begins again.")
    state = serializers.ChoiceField(choices=Clock.State.values)
    outcome = serializers.CharField(help_text="How it ended; empty while it is open.")
    priority = serializers.IntegerField()
    policy = serializers.CharField(help_text="Empty where a person promised it.")
    policy_version = serializers.IntegerField(allow_null=True)
    target = serializers.IntegerField()
    used = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True, help_text="Null while it rests, and at its end.")
    ended_at = serializers.DateTimeField(allow_null=True)
    breached_at = serializers.DateTimeField(allow_null=True)
    is_late = serializers.BooleanField()


class ConditionShape(serializers.Serializer[Any]):
    depth = serializers.IntegerField()
    asks = serializers.CharField()
    found = serializers.CharField(help_text="What the ticket says to it.")
    holds = serializers.BooleanField()


class TriedShape(serializers.Serializer[Any]):
    policy = serializers.CharField()
    matches = serializers.BooleanField()
    conditions = ConditionShape(many=True)


class JudgedShape(serializers.Serializer[Any]):
    policy = serializers.CharField()
    version = serializers.IntegerField()
    clocks = serializers.ListField(child=serializers.CharField())
    is_match = serializers.BooleanField(help_text="False: its clocks are about to be judged anew.")


class PolicyOfTicket(serializers.Serializer[Any]):
    policy = serializers.CharField(allow_null=True, help_text="The first that matches the ticket now.")
    tried = TriedShape(many=True)
    judged_by = JudgedShape(many=True)


class TicketClocks(Endpoint):
    area = Area.SLA

    @described(
        "Clocks of a ticket",
        "Those that technicians see; a vendor's guest those of its own contract.",
        response=as_list(TicketClockShape),
        example={"results": [CLOCK]},
        operation="list_ticket_clocks",
    )
    def get(self, request: Request, number: str) -> Response:
        person = self.person
        ticket = ticket_or_404(person, number)
        if not person.uses_desk:
            raise Http404
        rows = Clock.objects.filter(ticket=ticket, metric__in=metrics_for(person))
        found = rows.order_by("started_at", "id").values_list(*COLUMNS)
        cycles = [Cycle(*row) for row in found]
        keys = {cycle.policy_id for cycle in cycles if cycle.policy_id}
        versions = PolicyVersion.objects.filter(pk__in=keys).select_related("policy").in_bulk()
        at = self.at
        return Response({"results": [_clock(cycle, versions, at) for cycle in cycles]})


class TicketPolicy(Overseen):
    @described(
        "Which policy judges a ticket, and why",
        "Every policy in its order up to the one that matches, with what the ticket says to each condition.",
        response=PolicyOfTicket,
        example={
            "policy": "Standard",
            "tried": [
                {
                    "policy": "Standard",
                    "matches": True,
                    "conditions": [
                        {"depth": 0, "asks": "kind is incident", "found": "incident", "holds": True}
                    ],
                }
            ],
            "judged_by": [{"policy": "Standard", "version": 4, "clocks": ["resolution"], "is_match": True}],
        },
        operation="explain_ticket_policy",
    )
    def get(self, request: Request, number: str) -> Response:
        ticket = ticket_or_404(self.person, number)
        tried = try_policies(ticket, read_rules(), reader=self.person, at=self.at)
        match = next((each.rule for each in tried if each.matches), None)
        return Response(
            {
                "policy": match.name if match else None,
                "tried": [
                    {
                        "policy": each.rule.name,
                        "matches": each.matches,
                        "conditions": [
                            {"depth": line.depth, "asks": line.asks, "found": line.found, "holds": line.holds}
                            for line in each.lines
                        ],
                    }
                    for each in tried
                ],
                "judged_by": [
                    {
                        "policy": each.version.policy.name,
                        "version": each.version.number,
                        "clocks": [clock.metric for clock in each.clocks],
                        "is_match": each.is_match,
                    }
                    for each in judged_now(ticket, match)
                ],
            }
        )


def _clock(cycle: Cycle, versions: dict[int, PolicyVersion], at: Any) -> dict[str, Any]:
    now = standing(cycle, at=at)
    version = versions.get(cycle.policy_id) if cycle.policy_id else None
    return {
        "metric": cycle.metric,
        "tier": cycle.scope if cycle.metric in (Metric.ACCEPT, Metric.WORK) else None,
        "cycle": cycle.cycle,
        "state": cycle.state,
        "outcome": cycle.outcome,
        "priority": cycle.priority,
        "policy": version.policy.name if version else "",
        "policy_version": version.number if version else None,
        "target": int(cycle.target.total_seconds()),
        "used": int(now.used.total_seconds()),
        "started_at": stamp(cycle.started_at),
        "due_at": stamp(cycle.due_at),
        "ended_at": stamp(cycle.ended_at),
        "breached_at": stamp(cycle.breached_at),
        "is_late": now.is_late,
    }
