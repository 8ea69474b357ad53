"""Working something out on paper in the background: what if, and what starting the missing clocks would do.

Apps above have their own worked out here, too (`teach`). A delivery carries it on for some seconds at a time; in
between, what has been found is kept with the question.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.operations import enqueue
from sla import whatif
from sla.book import Rules, rules_in_force
from sla.drafts import read
from sla.models import Simulation
from sla.operations import starting
from tickets.refusals import Invalid

KIND = "sla.simulate"
LONGEST = timedelta(days=5 * 366)
MOST_KEPT = 50
"""Simulations, the newest: each may hold thousands of lines."""
MOST_TRIES = 3
GoesOn = Callable[[], bool]


@transaction.atomic
def ask_what_if(*, text: str, since: date, until: date, by: User | None, at: datetime) -> Simulation:
    """Have the tickets created from `since` to `until` (both days included, in the desk's zone) replayed.

    Args:
        text: the proposal in YAML (`sla.drafts`).

    Raises:
        PermissionDenied: neither a manager nor an administrator.
        Invalid: about `text`, `since` or `until`.
    """
    if by is not None and not (by.is_manager or by.is_administrator):
        raise PermissionDenied(_("Only managers and administrators ask what if."))
    if until < since:
        raise Invalid(_("The last day lies before the first."), field="until")
    if until - since > LONGEST:
        raise Invalid(_("A period is at most five years long."), field="until")
    try:
        proposal = read(text)
    except Invalid as refusal:
        raise Invalid(str(refusal), field="text") from refusal
    asked = {"text": text, "since": since.isoformat(), "until": until.isoformat(), "name": proposal.name}
    total = whatif.tickets_of(*period(asked)).count()
    return put(Simulation.Kind.WHAT_IF, asked, total, by, at)


@transaction.atomic
def ask_forecast(*, by: User | None, at: datetime) -> Simulation:
    """Have it counted how many open tickets have no clocks, and how many would breach at once.

    Raises:
        PermissionDenied: not an administrator.
    """
    if by is not None and not by.is_administrator:
        raise PermissionDenied(_("Only an administrator starts the clocks of imported tickets."))
    return put(Simulation.Kind.START, {}, starting.without_clocks().count(), by, at)


@transaction.atomic
def step(key: int, *, at: datetime, goes_on: GoesOn = lambda: True) -> bool:
    """Work on a simulation until `goes_on` says no, asked after each batch; say whether there is more to do.

    No where it is finished, or in the hands of another worker at this moment. A publication in between makes it
    begin anew, so that its answer is by one book.
    """
    row = Simulation.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=key).first()
    if row is None or row.is_finished:
        return False
    rules = rules_in_force()
    so_far: dict[str, Any] = row.answer or {}
    if so_far.get("stamp") != str(rules.stamp):
        so_far, row.seen = {}, 0
    row.state, row.touched_at = Simulation.State.RUNNING, at
    found, is_done = _work[Simulation.Kind(row.kind)](row, rules, so_far.get("found"), at, goes_on)
    if is_done:
        row.answer, row.state, row.done_at = found, Simulation.State.DONE, at
    else:
        row.answer = {"stamp": str(rules.stamp), "found": found}
    row.save()
    return not is_done


def fail(key: int, *, error: str, at: datetime) -> None:
    """Say why it has no answer."""
    Simulation.objects.filter(pk=key).exclude(state=Simulation.State.DONE).update(
        state=Simulation.State.FAILED, error=error[:500], answer=None, done_at=at
    )


def carry_on_later(key: int, *, at: datetime) -> None:
    enqueue(KIND, {"simulation": key}, at=at, max_attempts=MOST_TRIES)


def run(simulation: Simulation, *, at: datetime) -> Simulation:
    """Work it out to its end, here and now."""
    while step(simulation.pk, at=at):
        pass
    simulation.refresh_from_db()
    return simulation


def put(
    kind: Simulation.Kind, asked: dict[str, Any], total: int, by: User | None, at: datetime
) -> Simulation:
    """Write a question down and have it worked out; whether it can be asked the caller has seen to."""
    row = Simulation.objects.create(kind=kind, asked=asked, total=total, by=by, at=at)
    old = Simulation.objects.filter(kind=kind).order_by("-pk").values_list("pk", flat=True)[MOST_KEPT:]
    Simulation.objects.filter(pk__in=list(old)).delete()
    carry_on_later(row.pk, at=at)
    return row


def period(asked: dict[str, Any]) -> tuple[datetime, datetime]:
    """From the first midnight to the one after the last day."""
    first, last = date.fromisoformat(asked["since"]), date.fromisoformat(asked["until"])
    return _midnight(first), _midnight(last + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(0)), timezone.get_default_timezone())


def _what_if(
    row: Simulation, rules: Rules, found: dict[str, Any] | None, at: datetime, goes_on: GoesOn
) -> tuple[dict[str, Any], bool]:
    since, until = period(row.asked)
    question = whatif.Question.of(read(row.asked["text"]), rules, since=since, at=row.at)
    answer = whatif.Answer.from_json(found) if found else whatif.Answer()
    is_done = whatif.ask(question, whatif.tickets_of(since, until), answer, goes_on=lambda _answer: goes_on())
    row.seen = answer.tickets
    return (answer.report() if is_done else answer.to_json()), is_done


def _forecast(
    row: Simulation, rules: Rules, found: dict[str, Any] | None, at: datetime, goes_on: GoesOn
) -> tuple[dict[str, Any], bool]:
    forecast = starting.Forecast.from_json(found) if found else starting.Forecast()
    is_done = starting.forecast_further(forecast, rules, at=at, goes_on=goes_on)
    row.seen = forecast.tickets
    return forecast.to_json(), is_done


Found = dict[str, Any] | None
Work = Callable[[Simulation, Rules, Found, datetime, GoesOn], tuple[dict[str, Any], bool]]
"""Goes on from what was found, and answers what is found now, and whether it is the answer."""
_work: dict[Simulation.Kind, Work] = {Simulation.Kind.WHAT_IF: _what_if, Simulation.Kind.START: _forecast}


def teach(kind: Simulation.Kind, work: Work) -> None:
    """Have an app above work this kind out; `helpdesk.wiring` calls it."""
    _work[kind] = work
