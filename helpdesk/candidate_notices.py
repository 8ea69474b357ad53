"""Who hears of a candidate for a problem: managers, and the leads of the teams that have its tickets; each once.

Carried out by the worker; it may run twice. What was settled meanwhile is told to nobody.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings

from accounts.current import current_desk
from accounts.models import Membership, User
from delivery.letters import Letter
from delivery.models import Delivery
from delivery.operations.telling import News, tell
from helpdesk.telling import numbers
from helpdesk.telling.writing import about_desk, compose, inline, link
from insights.candidate_words import words_of
from insights.models import Candidate
from insights.permissions import scope_of
from insights.queries.candidates import ShownCandidate, candidates_for, shown

RAISED = "insights.candidate_raised"
PAGE = "/insights/candidates/"


def tell_of_candidate(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    candidate = Candidate.objects.filter(pk=payload["candidate"], state=Candidate.State.OPEN).first()
    if candidate is None:
        return
    seen = {person.pk: row for person in _people(candidate) if (row := seen_by(person, candidate.pk))}
    news = News(
        kind="candidates",
        key=f"{RAISED}:{candidate.pk}",
        at=at,
        write=lambda person: _letter(seen[person.pk], person),
        event_kind=RAISED,
        event_id=numbers.of_candidate(candidate.pk),
    )
    tell(User.objects.filter(pk__in=seen), news)


def seen_by(person: User, key: int) -> ShownCandidate | None:
    """The candidate as this person's figures may tell it; None where they may not know of it."""
    scope = scope_of(person)
    row = candidates_for(person, scope).filter(pk=key).first() if scope else None
    return shown([row], scope)[0] if scope and row else None


def labels_for(person: User, keys: Iterable[int]) -> dict[int, str]:
    """What each is about, where this person may know of it still."""
    scope = scope_of(person)
    rows = candidates_for(person, scope).filter(pk__in=list(keys)) if scope else Candidate.objects.none()
    return {row.pk: row.label for row in rows}


# --- below ---


def _people(candidate: Candidate) -> list[User]:
    teams = candidate.rows.values("ticket__team")
    leads = Membership.objects.filter(team__in=teams, role="lead").values("user")
    people = User.objects.active()
    return list((people.filter(is_manager=True) | people.filter(pk__in=leads)).distinct().order_by("pk"))


def _letter(row: ShownCandidate, person: User) -> Letter:
    subject, known = words_of(row)
    values = {
        **about_desk(current_desk(), person.first_name),
        "what": inline(subject),
        "known": inline(known),
        "link": link(f"{settings.BASE_URL.rstrip('/')}{PAGE}{row.candidate.pk}/"),
    }
    return compose("candidate_raised", values, language=person.language, organisation=person.organisation_id)
