from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from escalation.models import Firing, Rule
from escalation.rules.explaining import say
from escalation.rules.whynot import why_not
from tickets.models import NUMBER_PREFIX, Event, Ticket
from tickets.sentences import sentences


class Command(BaseCommand):
    help = (
        "Say why a ticket is where it is: each move with the rule's version and its conditions as they were. "
        "With --rule, say why that rule did or did not fire on it. See docs/escalation.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ticket", help="its number, such as TD-1042")
        parser.add_argument("--rule", help="the number or the name of a rule")

    def handle(self, *args: Any, ticket: str, rule: str | None, **options: Any) -> None:
        found = _ticket(ticket)
        lines = _of_rule(_rule(rule), found) if rule else _of_ticket(found)
        for line in lines:
            self.stdout.write(line)


def _ticket(number: str) -> Ticket:
    key = number.upper().removeprefix(NUMBER_PREFIX)
    rows = Ticket.objects.select_related("tier", "team")
    found = rows.filter(pk=int(key)).first() if key.isascii() and key.isdecimal() and len(key) < 19 else None
    if found is None:
        raise CommandError(f"There is no ticket {number}. Write its number like TD-1042.")
    return found


def _rule(named: str) -> Rule:
    rows = Rule.objects.select_related("current")
    if named.isascii() and named.isdecimal() and len(named) < 19:
        found = rows.filter(pk=int(named)).first()
    else:
        found = rows.filter(name__iexact=named.strip()).first()
    if found is None:
        known = "".join(f"\n  {rule.pk}  {rule.name}" for rule in rows)
        raise CommandError(f"There is no rule “{named}”. There are:{known or ' none'}")
    return found


def _of_ticket(ticket: Ticket) -> Iterator[str]:
    """Where it is, and everything that moved it or that a rule did."""
    yield _("%(ticket)s: %(tier)s, %(team)s, %(status)s") % {
        "ticket": ticket,
        "tier": ticket.tier.code,
        "team": ticket.team,
        "status": ticket.get_status_display(),
    }
    events = list(Event.objects.filter(ticket=ticket).select_related("by").order_by("id"))
    told = [event for event in events if _is_told(event)]
    keys = {event.data["firing"] for event in told if "firing" in event.data}
    firings = Firing.objects.select_related("version__rule").in_bulk(keys)
    explained: set[int] = set()
    for event, words in zip(told, sentences(told), strict=True):
        yield f"{_when(event)}  {words}"
        firing = firings.get(event.data.get("firing", 0))
        if firing is not None and firing.pk not in explained:
            explained.add(firing.pk)
            yield from _conditions(firing)
    if not told:
        yield "  " + _("Nobody and no rule has moved it since it was filed.")


def _is_told(event: Event) -> bool:
    moved = event.changes.get("team_id")
    return "firing" in event.data or (moved is not None and moved[0] is not None)


def _conditions(firing: Firing) -> Iterator[str]:
    yield "    " + _("because of “%(rule)s”, version %(n)d (rule %(key)d):") % {
        "rule": firing.version.rule.name,
        "n": firing.version.number,
        "key": firing.version.rule_id,
    }
    for line in say(firing.why) or [_("it asks nothing: every such ticket")]:
        yield f"      {line}"


def _of_rule(rule: Rule, ticket: Ticket) -> Iterator[str]:
    answer = why_not(rule, ticket, at=timezone.now())
    version = rule.current.number if rule.current else 0
    yield _("%(number)s and “%(rule)s” (rule %(key)d, version %(n)d): %(sentence)s") % {
        "number": ticket.number,
        "rule": rule.name,
        "key": rule.pk,
        "n": version,
        "sentence": answer.sentence,
    }
    if answer.event is not None:
        (words,) = sentences([answer.event])
        yield _("  asked at: %(when)s  %(event)s") % {"when": _when(answer.event), "event": words}
    for line in say(answer.rows):
        yield f"    {line}"


def _when(event: Event) -> str:
    return formats.date_format(timezone.localtime(event.at), "Y-m-d H:i")
