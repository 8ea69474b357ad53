"""A ticket is judged by the first policy that matches, from its first moment on and whenever what was asked changes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import Organisation, User
from escalation.models import Reason
from escalation.operations import accept, hand_over
from sla.models import Calendar, Clock, ClockEvent, Metric
from sla.operations.policies import create_policy
from sla.spec import PolicySpec, Target
from tickets import operations
from tickets.models import Category, CustomField, Ticket


@pytest.fixture
def special(ada: User, at: datetime) -> Callable[..., None]:
    """`special("kind", "problem")`: a policy for such tickets, by which P4 is resolved in an hour."""

    def make(field: str, *values: Any, op: str = "is") -> None:
        hours = Calendar.objects.get(name="Business hours")
        row = {str(Metric.RESOLUTION): Target(60, hours.pk), str(Metric.FIRST_RESPONSE): Target(30, hours.pk)}
        when = {"field": field, "op": op, "value": [str(value) for value in values]}
        targets = {1: row, 2: row, 3: row, 4: row}
        create_policy(name="Special", spec=PolicySpec(when=when, targets=targets), by=ada, at=at)

    return make


def judged_by(ticket: Ticket) -> str:
    """The policy of its resolution clock."""
    clock = Clock.objects.select_related("policy__policy").get(
        ticket=ticket, metric=Metric.RESOLUTION, state="running"
    )
    assert clock.policy is not None
    return clock.policy.policy.name


def test_by_kind(special: Any, ticket: Ticket, mira: User, later: Callable[..., datetime]) -> None:
    special("kind", "problem")
    assert judged_by(ticket) == "Standard"
    operations.change(ticket, kind="problem", by=mira, at=later(minutes=1))
    assert judged_by(ticket) == "Special"


def test_by_category_and_all_above_it(
    special: Any, ticket: Ticket, vpn: Category, mira: User, later: Callable[..., datetime]
) -> None:
    special("category", vpn.parent_id, op="under")
    operations.change(ticket, category=vpn, by=mira, at=later(minutes=1))
    assert judged_by(ticket) == "Special"


def test_by_tag(special: Any, ticket: Ticket, mira: User, later: Callable[..., datetime]) -> None:
    special("tag", "hurry")
    operations.tag(ticket, names=["Hurry"], by=mira, at=later(minutes=1))
    assert judged_by(ticket) == "Special"
    operations.untag(ticket, name="hurry", by=mira, at=later(minutes=2))
    assert judged_by(ticket) == "Standard"


def test_by_a_custom_field_from_the_first_moment_on(
    special: Any, open_ticket: Any, mira: User, later: Callable[..., datetime]
) -> None:
    CustomField.objects.create(key="line", label="Line")
    special("field.line", "fast", op="contains")
    ticket = open_ticket(fields={"line": "The fast one"})
    assert judged_by(ticket) == "Special"
    operations.change(ticket, fields={"line": "slow"}, by=mira, at=later(minutes=1))
    assert judged_by(ticket) == "Standard"


def test_by_requester_and_their_organisation(
    special: Any,
    ticket: Ticket,
    harbour: Organisation,
    otto: User,
    mira: User,
    later: Callable[..., datetime],
) -> None:
    special("organisation", harbour.pk)
    operations.change(ticket, requester=otto, by=mira, at=later(minutes=1))
    assert judged_by(ticket) == "Special"


@pytest.mark.parametrize(
    ("field", "op", "value", "details"),
    [
        ("channel", "is", "phone", {"channel": "phone"}),
        ("impact", "is", "1", {"impact": 1}),
        ("urgency", "is", "3", {"urgency": 3}),
        ("location", "contains", "leeds", {"location": "Leeds, floor 2"}),
        ("device", "is", "nw-1180", {"device": "NW-1180"}),
        ("plan", "is", "proactive", {}),
        ("vip", "is", "false", {}),
    ],
)
def test_by_what_a_request_says_when_it_is_filed(
    field: str, op: str, value: str, details: dict[str, Any], special: Any, open_ticket: Any
) -> None:
    special(field, value, op=op)
    assert judged_by(open_ticket(**details)) == "Special"


def test_by_care(special: Any, ticket: Ticket, mira: User, later: Callable[..., datetime]) -> None:
    special("care", "true")
    operations.change(ticket, handle_with_care=True, by=mira, at=later(minutes=1))
    assert judged_by(ticket) == "Special"


def test_by_a_reference_to_another_system(
    special: Any, ticket: Ticket, mira: User, later: Callable[..., datetime]
) -> None:
    special("external", "status-page")
    operations.refer(ticket, system="status-page", key="7", by=mira, at=later(minutes=1))
    assert judged_by(ticket) == "Special"


def test_another_policy_keeps_the_time_already_used_and_moves_the_due_time(
    special: Any, ticket: Ticket, mira: User, later: Callable[..., datetime]
) -> None:
    special("kind", "problem")
    operations.change(ticket, kind="problem", by=mira, at=later(minutes=20))
    clock = Clock.objects.get(ticket=ticket, metric=Metric.RESOLUTION)
    assert (clock.started_at, clock.due_at) == (later(), later(minutes=60))
    told = ClockEvent.objects.get(ticket=ticket, metric=Metric.RESOLUTION, kind="retargeted")
    assert told.at == later(minutes=20)


def test_a_move_between_tiers_never_changes_the_policy(
    special: Any, ticket: Ticket, network: Any, mira: User, dario: User, later: Callable[..., datetime]
) -> None:
    special("kind", "problem")
    before = list(_of_requester(ticket))
    operations.take(ticket, by=mira, at=later(minutes=1))
    hand_over(
        ticket, team=network, reason=Reason.NEEDS_EXPERTISE, summary="Not ours", by=mira, at=later(minutes=2)
    )
    accept(ticket, by=dario, at=later(minutes=3))
    assert list(_of_requester(ticket)) == before


def _of_requester(ticket: Ticket) -> Any:
    rows = Clock.objects.filter(ticket=ticket, metric__in=[Metric.FIRST_RESPONSE, Metric.RESOLUTION])
    return rows.order_by("metric").values_list("metric", "policy", "target", "due_at", "generation")
