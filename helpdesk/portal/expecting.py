"""How long it will take, before somebody writes: what such requests took lately, else what one sent now is promised.

Never a figure that nobody has: without enough requests and without a promise the page says nothing.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import User
from helpdesk.portal.forms import category_for_requesters
from helpdesk.portal.guard import PortalRequest, member_page
from helpdesk.portal.promises import when
from helpdesk.spans import spell
from insights.queries.usual import ALL, DAYS, Usual, usual
from sla.book import rules_in_force
from sla.models import Metric
from sla.queries.hours import hours_of
from tickets.models import Category, Impact, Kind, Status, Ticket, Urgency
from tickets.operations.filing import lands_with, matrix_priority
from tickets.state import State
from tickets.vocabulary import Facts

PROMISE_KEPT_SECONDS = 60
Target = tuple[int, int | None]
"""Minutes, and the version of the calendar in which they count."""
NO_TARGET: Target = (0, None)


@require_GET
@member_page
def expect(request: PortalRequest) -> HttpResponse:
    """The line below the chosen category, while a request is written."""
    category = category_for_requesters(request.GET.get("category", ""))
    kind = kind_of(request.GET.get("kind"))
    line = expectation(request.user, category, kind=kind, at=timezone.now())
    return render(request, "portal/_expect.html", {"expectation": line})


def kind_of(said: Any) -> str:
    """A kind; nonsense is what most requests are."""
    return said if said in Kind.values else str(Kind.INCIDENT)


def expectation(person: User, category: Category | None, *, kind: str = Kind.INCIDENT, at: datetime) -> str:
    """A whole sentence, or nothing."""
    key = category.pk if category else ALL
    taken = usual([key], today=timezone.localdate(at))[key]
    return (told(taken) if category else told_of_all(taken)) or _promise(person, category, kind, at)


def of_tiles(categories: Iterable[Category], *, at: datetime) -> dict[int, str]:
    """By category a few words for its tile, where enough requests tell."""
    found = usual([category.pk for category in categories], today=timezone.localdate(at))
    return {key: short(each) for key, each in found.items() if each.is_known}


def told(each: Usual) -> str:
    """Of one category, as it is chosen."""
    said = _said(each)
    if each.answered is not None and each.solved is not None:
        return (
            _(
                "In the last %(days)s days half of such requests were answered within %(answer)s"
                " and solved within %(solution)s."
            )
            % said
        )
    if each.answered is not None:
        return _("In the last %(days)s days half of such requests were answered within %(answer)s.") % said
    if each.solved is not None:
        return _("In the last %(days)s days half of such requests were solved within %(solution)s.") % said
    return ""


def told_of_all(each: Usual) -> str:
    """Before anybody has said what it is about."""
    said = _said(each)
    if each.answered is not None and each.solved is not None:
        return (
            _(
                "In the last %(days)s days half of all requests were answered within %(answer)s"
                " and solved within %(solution)s."
            )
            % said
        )
    if each.answered is not None:
        return _("In the last %(days)s days half of all requests were answered within %(answer)s.") % said
    if each.solved is not None:
        return _("In the last %(days)s days half of all requests were solved within %(solution)s.") % said
    return ""


def short(each: Usual) -> str:
    said = _said(each)
    if each.answered is not None:
        return _("usually answered in %(span)s") % {"span": said["answer"]}
    return _("usually solved in %(span)s") % {"span": said["solution"]} if each.solved is not None else ""


def _said(each: Usual) -> dict[str, Any]:
    return {
        "answer": spell(about(each.answered)) if each.answered is not None else "",
        "solution": spell(about(each.solved)) if each.solved is not None else "",
        "days": DAYS,
    }


def about(span: timedelta) -> timedelta:
    """As exact as an expectation may sound: from two hours on the next half hour, before it the next five minutes."""
    step = timedelta(minutes=30 if span > timedelta(hours=2) else 5)
    return max(step, -(-span // step) * step)


def _promise(person: User, category: Category | None, kind: str, at: datetime) -> str:
    """By when a request of this kind is answered if it is sent now: by the policy that would judge it."""
    name = f"promise:{person.organisation_id}:{person.is_vip}:{category.pk if category else ALL}:{kind}"
    target = cache.get(name)
    if target is None:
        target = _target(person, category, kind, at)
        cache.set(name, target, PROMISE_KEPT_SECONDS)
    if target == NO_TARGET:
        return ""
    minutes, calendar = target
    due = hours_of(calendar).add_working_time(at, timedelta(minutes=minutes))
    return _("If you send it now, we answer by %(when)s at the latest.") % {"when": when(due, at=at)}


def _target(person: User, category: Category | None, kind: str, at: datetime) -> Target:
    state, facts = _as_filed(person, category, kind, at)
    rules = rules_in_force()
    rule = rules.match(state, facts, at=at)
    target = rule.spec.target(Metric.FIRST_RESPONSE, priority=state.priority) if rule else None
    return (target.minutes, rules.versions.get(target.calendar)) if target else NO_TARGET


def _as_filed(person: User, category: Category | None, kind: str, at: datetime) -> tuple[State, Facts]:
    """What the ticket would be, as the form begins: nobody else affected, work goes on with trouble."""
    team = lands_with(category)
    ticket = Ticket(
        kind=kind,
        status=Status.NEW,
        tier_id=team.tier_id,
        team=team,
        requester=person,
        opened_by=person,
        organisation_id=person.organisation_id,
        category=category,
        impact=Impact.PERSON,
        urgency=Urgency.HINDERED,
        priority=matrix_priority(Impact.PERSON, Urgency.HINDERED),
        created_at=at,
        changed_at=at,
        tier_since=at,
        status_since=at,
        requester_waiting_since=at,
        path=[team.tier_id],
    )
    facts = Facts(
        plan=person.organisation.support_plan if person.organisation else "",
        categories=tuple(category.ancestry) if category else (),
        requester_is_vip=person.is_vip,
    )
    return State.of(ticket), facts
