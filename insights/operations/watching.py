"""Watching what arrives: every few minutes what is far above its own past becomes a candidate for a problem, once."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Min

from accounts.models import Organisation
from delivery.operations import enqueue
from insights.models import Candidate, CandidateTicket
from insights.queries.arrivals import Arrivals
from insights.spikes import Series, Spike, is_same_cause, spikes_among
from tickets.models import Category, Ticket

KIND = "insights.candidate_raised"
"""The delivery that tells leads and managers."""
REMEMBERED = timedelta(days=2)
"""So long after it was last seen a candidate's tickets tell that a spike is the same cause."""
PASSES = timedelta(days=7)
"""After so long without a sign of it, a candidate that nobody touched has passed."""
AFTER_PROBLEM = timedelta(days=1)
"""So long after its problem was opened a series is quiet, also when that problem is solved at once."""
_WATCHING = 7_403_011
"""Held in PostgreSQL by the one worker that looks: two would raise the same twice."""


@transaction.atomic
def watch(*, at: datetime) -> list[Candidate]:
    """Look at what has arrived, raise what is new, and keep up what goes on. The new ones are answered."""
    if not _is_alone():
        return []
    _let_pass(at)
    quiet = _quiet(at)
    going_on = {(row.by, row.value): row for row in Candidate.objects.filter(state=Candidate.State.OPEN)}
    arrivals = Arrivals(at, ZoneInfo(settings.TIME_ZONE))
    remembered = _remembered(at)
    raised = []
    for spike in spikes_among(arrivals, quiet=quiet):
        known = going_on.get(spike.series) or _of_same_cause(spike, remembered)
        if known is not None:
            _keep_up(known, spike, at)
        else:
            candidate = _raise(spike, at)
            remembered.append((candidate, spike.tickets))
            raised.append(candidate)
    return raised


# --- below ---


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_WATCHING])
        return bool(cursor.fetchone()[0])


def _let_pass(at: datetime) -> None:
    untouched = Candidate.objects.filter(state=Candidate.State.OPEN, last_at__lt=at - PASSES)
    untouched.update(state=Candidate.State.PASSED)


def _quiet(at: datetime) -> set[Series]:
    """Series that are not asked about: dismissed for a while, or somebody works on their problem."""
    dismissed = Candidate.objects.filter(state=Candidate.State.DISMISSED, quiet_until__gt=at)
    found = set(dismissed.values_list("by", "value"))
    problems = Candidate.objects.filter(state=Candidate.State.PROBLEM)
    worked_on = Ticket.objects.open().filter(pk__in=problems.values("problem_number"))
    found |= set(problems.filter(problem_number__in=worked_on.values("pk")).values_list("by", "value"))
    return found | set(problems.filter(settled_at__gt=at - AFTER_PROBLEM).values_list("by", "value"))


def _remembered(at: datetime) -> list[tuple[Candidate, frozenset[int]]]:
    rows = Candidate.objects.filter(last_at__gt=at - REMEMBERED).prefetch_related("rows")
    return [(row, frozenset(ticket.ticket_id for ticket in row.rows.all())) for row in rows]


def _of_same_cause(spike: Spike, remembered: Sequence[tuple[Candidate, frozenset[int]]]) -> Candidate | None:
    return next((row for row, tickets in remembered if is_same_cause(spike.tickets, tickets)), None)


def _keep_up(candidate: Candidate, spike: Spike, at: datetime) -> None:
    """It goes on. The numbers stay those of its own series; what was settled is left as it was settled."""
    candidate.last_at = at
    if candidate.is_open and (candidate.by, candidate.value) == spike.series:
        if spike.hours == candidate.hours and spike.seen > candidate.seen:
            candidate.seen, candidate.expected = spike.seen, spike.expected
        _tie(candidate, spike.tickets)
    candidate.save(update_fields=["last_at", "seen", "expected"])


def _raise(spike: Spike, at: datetime) -> Candidate:
    by, value = spike.series
    tickets = Ticket.objects.filter(pk__in=spike.tickets)
    candidate = Candidate.objects.create(
        by=by,
        value=value,
        label=_label(by, value, tickets),
        hours=spike.hours,
        since=tickets.aggregate(first=Min("created_at"))["first"] or at,
        raised_at=at,
        last_at=at,
        seen=spike.seen,
        expected=spike.expected,
        chance=spike.chance,
        weeks=spike.weeks,
    )
    _tie(candidate, spike.tickets)
    enqueue(KIND, {"candidate": candidate.pk}, dedupe_key=f"{KIND}:{candidate.pk}", at=at)
    return candidate


def _tie(candidate: Candidate, tickets: Iterable[int]) -> None:
    CandidateTicket.objects.bulk_create(
        [CandidateTicket(candidate=candidate, ticket_id=key) for key in sorted(tickets)],
        ignore_conflicts=True,
    )


def _label(by: str, value: str, tickets: Iterable[Ticket]) -> str:
    """As people read it. A place and a label as most of its tickets write it."""
    match by:
        case Candidate.By.CATEGORY:
            return Category.objects.filter(pk=int(value)).aggregate(name=Max("full_name"))["name"] or value
        case Candidate.By.ORGANISATION:
            return Organisation.objects.filter(pk=int(value)).aggregate(name=Max("name"))["name"] or value
    written = Counter(getattr(ticket, by) for ticket in tickets)
    return max(written, key=lambda text: (written[text], text), default=value) or value
