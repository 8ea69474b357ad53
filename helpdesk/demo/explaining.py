"""What the demo's leads said about broken promises, what was agreed about two of them, and what was published since."""

from datetime import datetime, timedelta

from accounts.models import Membership, Organisation, Role, User
from insights.breaches import Breach
from insights.models import Cause, FactState, PromiseFact
from insights.operations import causes, keeping, publishing, reports
from insights.queries import breaches
from insights.queries.breaches import Row
from sla.models import Metric
from sla.spec import VENDOR_METRICS
from sla.verdicts import Verdict

MANAGER = "manager@demo.example"
UNTOLD = timedelta(days=4)
"""What broke since then nobody has explained yet."""
EXCEPTIONS = 2
OF_HANDS = {"vendor": Cause.VENDOR, "requester": Cause.REQUESTER, "hand_off": Cause.WRONG_ROUTE}
TURNS = (Cause.HARD, Cause.NO_CAPACITY, Cause.INFORMATION, Cause.HARD)


def explain(*, now: datetime) -> None:
    """Facts are there already; what is agreed here is followed before the month is published.

    Without them nothing is said.
    """
    state = FactState.objects.filter(pk=1).first()
    if state is None or not state.is_whole:
        return
    max_ = User.objects.get(email=MANAGER)
    leads = dict(Membership.objects.filter(role=Role.LEAD).values_list("team_id", "user_id"))
    people = User.objects.in_bulk(leads.values())
    broken = PromiseFact.objects.filter(verdict=Verdict.BREACHED, breached_at__lt=now - UNTOLD)
    rows = [
        row
        for key in broken.order_by("breached_at", "pk").values_list("ticket_id", "metric", "scope")
        if (row := breaches.one(Breach(*key), max_, at=now)) is not None
    ]
    for turn, row in enumerate(rows):
        if turn % 6 == 5:
            continue
        by = people.get(leads.get(row.ticket.team_id, 0), max_)
        at = min(row.fact.breached_at + timedelta(days=1), now) if row.fact.breached_at else now
        causes.set_cause(
            row.ticket, metric=row.key.metric, scope=row.key.scope, cause=_cause(row, turn), by=by, at=at
        )
    late = [row for row in rows if row.key.metric == Metric.RESOLUTION][:EXCEPTIONS]
    for row in late:
        reason = "The line of the provider was down; agreed on the phone."
        causes.agree_exception(row.ticket, metric=row.key.metric, reason=reason, by=max_, at=now)
    keeping.follow_all(at=now)
    _publish(max_, now)


def _cause(row: Row, turn: int) -> str:
    """By whose hands used most of the time, where that is known."""
    if row.key.metric in VENDOR_METRICS:
        return Cause.VENDOR
    if row.key.metric in (Metric.FIRST_RESPONSE, Metric.ACCEPT):
        return Cause.NO_CAPACITY if turn % 3 == 0 else Cause.LATE_TAKEN
    most = row.shares[0].who if row.shares else ""
    return OF_HANDS.get(most, TURNS[turn % len(TURNS)])


def _publish(max_: User, now: datetime) -> None:
    """The month before, of the desk and of the customer with most to ask; and the report for the review."""
    last = now.replace(day=1) - timedelta(days=1)
    customer = Organisation.objects.filter(people__sees_organisation=True).order_by("name").last()
    for organisation in (None, customer):
        publishing.publish_month(month=last.date(), organisation=organisation, by=max_, at=now)
    reports.save_report(
        name="Service review",
        audience=reports.EVERYONE,
        period={"period": "last-month"},
        cut={},
        grouping="organisation",
        figures=["opened", "resolved", "kept_first_response", "kept_resolution", "first_tier", "reopened"],
        charts=["came", "kept"],
        by=max_,
        at=now,
    )
