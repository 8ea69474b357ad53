"""Why is it here? What a rule did to a ticket: the rule, its version, each condition with the value it had."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Team, User
from escalation.models import Firing, Handoff
from escalation.permissions import may_read_rules
from escalation.rules.explaining import say, say_found
from escalation.rules.saying import action_words
from escalation.rules.spec import from_json
from escalation.rules.triggers import FIRING
from helpdesk.desk.guard import DeskRequest, technicians_page, ticket_or_404, with_people
from helpdesk.desk.sending import url_of
from tickets.models import Event, Ticket
from tickets.sentences import sentences


@dataclass(frozen=True)
class Reason:
    """What the ticket says of a rule behind "why?"."""

    sentence: str
    url: str


@require_safe
@technicians_page
def why(request: DeskRequest, number: str, firing: int) -> HttpResponse:
    """One firing on a ticket that this person may open."""
    ticket = ticket_or_404(request.user, number, with_people)
    rows = Firing.objects.select_related("version__rule", "version__by", "event__by")
    found = rows.filter(pk=firing, ticket=ticket).first()
    if found is None:
        raise Http404
    context = {
        "ticket": ticket,
        "url": url_of(ticket.pk),
        "firing": found,
        "conditions": [
            (words, bool(row["held"]) != bool(row.get("not")))
            for words, row in zip(say(found.why), found.why, strict=True)
        ],
        "cause": _cause(found),
        "effects": _effects(found),
        "returned": Handoff.objects.filter(firing=found, state=Handoff.State.RETURNED).exists(),
        "may_read": may_read_rules(request.user),
    }
    return render(request, "desk/ticket/why.html", context)


def _cause(firing: Firing) -> str:
    """What set it off, as the history tells it; empty for time that has passed."""
    if firing.event is None:
        return ""
    (words,) = sentences([firing.event])
    return words


def _effects(firing: Firing) -> list[dict[str, Any]]:
    """Each action of the version, and what came of it."""
    actions = from_json(firing.version.spec).actions
    done = [effect for effect in firing.effects if "do" in effect]
    return [
        {
            "words": action_words(action),
            "done": effect["done"],
            "code": effect.get("code", ""),
            "instead": _instead(effect),
        }
        for action, effect in zip(actions, done, strict=False)
    ]


def _instead(effect: Mapping[str, Any]) -> str:
    """Where it was moved to while the team that the rule names was out of hours; empty where it was not so."""
    if "covers" not in effect:
        return ""
    names = dict(Team.objects.filter(pk__in=[effect["covers"], effect["team"]]).values_list("pk", "name"))
    team, instead = (names.get(key, f"#{key}") for key in (effect["covers"], effect["team"]))
    return _("%(team)s was out of hours: %(instead)s has it.") % {"team": team, "instead": instead}


# --- on the ticket's page ---


def reasons(ticket: Ticket, events: Iterable[Event], user: User) -> Mapping[int, Reason]:
    """Why rules did what the history tells, by event; one query, and none where no rule did anything.

    Requesters and vendors' guests have no page that asks.
    """
    told = {event.pk: event for event in events if FIRING in event.data}
    if not told:
        return {}
    keys = {event.data[FIRING] for event in told.values()}
    firings = Firing.objects.filter(ticket=ticket).select_related("version__rule").in_bulk(keys)
    return {
        key: Reason(_sentence(event, firing), f"{url_of(ticket.pk)}why/{firing.pk}/")
        for key, event in told.items()
        if (firing := firings.get(event.data[FIRING])) is not None
    }


def _sentence(event: Event, firing: Firing) -> str:
    """Moved to Network by the rule P1 goes up: priority was P1."""
    rule, held = firing.version.rule.name, ", ".join(say_found(firing.why))
    moved = event.changes.get("team_id")
    if moved is not None:
        team = Team.objects.filter(pk=moved[1]).values_list("name", flat=True).first() or f"#{moved[1]}"
        words = _("Moved to %(team)s by the rule “%(rule)s”") % {"team": team, "rule": rule}
    else:
        words = _("By the rule “%(rule)s”") % {"rule": rule}
    return _("%(words)s: %(why)s") % {"words": words, "why": held} if held else words
