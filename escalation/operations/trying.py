"""Trying rules on the past in the background: asked for by a page, worked out by deliveries."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from escalation.permissions import may_read_rules
from escalation.rules.exchange import Draft, read, write
from escalation.rules.outcomes import Outcome
from escalation.rules.reports import report
from escalation.rules.simulating import Question, ask, tickets_of
from sla.book import Rules
from sla.models import Simulation
from sla.operations.simulating import LONGEST, GoesOn, period, put
from tickets.refusals import Invalid, NotAllowed


@transaction.atomic
def try_rules(*, text: str, since: date, until: date, by: User | None, at: datetime) -> Simulation:
    """Have these rules tried on the days from `since` to `until` (both included, in the desk's zone).

    Args:
        text: all the rules in their order, as YAML (escalation.rules.exchange); those out of use are left out.

    Raises:
        NotAllowed: who may not read rules.
        Invalid: about `text`, `since` or `until`.
    """
    if by is not None and not may_read_rules(by):
        raise NotAllowed(_("Only leads, managers and administrators try rules."))
    if until < since:
        raise Invalid(_("The last day lies before the first."), field="until")
    if until - since > LONGEST:
        raise Invalid(_("A period is at most five years long."), field="until")
    try:
        drafts = read(text)
    except Invalid as refusal:
        raise Invalid(str(refusal), field="text") from refusal
    names = [draft.name for draft in drafts if draft.is_enabled]
    if not names:
        raise Invalid(_("None of these rules is in use: there is nothing to try."), field="text")
    asked = {"text": text, "since": since.isoformat(), "until": until.isoformat(), "names": names}
    return put(Simulation.Kind.RULES, asked, tickets_of(*period(asked)).count(), by, at)


def with_changed(drafts: Iterable[Draft], changed: Draft) -> str:
    """The rules as YAML with one of them in another wording; last in the order where none has its name."""
    said = list(drafts)
    names = [draft.name.casefold() for draft in said]
    if changed.name.casefold() in names:
        said[names.index(changed.name.casefold())] = changed
    else:
        said.append(changed)
    return write(said)


def work_out(
    row: Simulation, _rules: Rules, found: dict[str, Any] | None, at: datetime, goes_on: GoesOn
) -> tuple[dict[str, Any], bool]:
    """Go on with a trial for as long as `goes_on` says: the report and yes at its end, else what there is so far."""
    since, until = period(row.asked)
    question = Question.of(read(row.asked["text"]), since=since, until=until, at=row.at)
    outcome = Outcome.from_json(found) if found else Outcome()
    is_done = ask(question, tickets_of(since, until), outcome, goes_on=lambda _outcome: goes_on())
    row.seen = outcome.tickets
    return (report(outcome) if is_done else outcome.to_json()), is_done


DAYS_BEFORE = 30


def usual_period(today: date) -> tuple[date, date]:
    """The thirty days up to yesterday, and today."""
    return today - timedelta(days=DAYS_BEFORE), today
