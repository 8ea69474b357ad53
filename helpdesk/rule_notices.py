"""What rules have people told: a line in their notices, and a mail."""

from datetime import datetime

from accounts.models import User
from escalation.models import Firing
from escalation.rules.spec import from_json
from escalation.rules.telling import Who
from escalation.rules.wording import fill
from helpdesk.notices import send
from helpdesk.sla_notices import people_called
from helpdesk.telling.writing import written
from tickets.models import Event, Ticket


def tell_of_rule(event: Event, at: datetime) -> None:
    """A rule wants somebody to know of a ticket, perhaps in words of its own."""
    firing = Firing.objects.select_related("version__rule").get(pk=event.data["firing"])
    action = from_json(firing.version.spec).actions[event.data["action"]]
    text = fill(str(action.args.get("text", "")), event.ticket)
    send(event, _people(event), "rule_told", at, rule=firing.version.rule.name, text=written(text))


def tell_of_stopped_chain(event: Event, at: datetime) -> None:
    """Rules set off one another without end on a ticket of this team: its leads should mend them."""
    firing = Firing.objects.select_related("version__rule").get(pk=event.data["firing"])
    people = _first_found(event.ticket, (Who.LEAD, Who.MANAGERS))
    send(event, people, "rule_stopped", at, rule=firing.version.rule.name)


def _people(event: Event) -> list[User]:
    who = Who(event.data["who"])
    if who != Who.PERSON:
        return _first_found(event.ticket, tuple(Who)[tuple(Who).index(who) : -1])
    return list(User.objects.active().filter(pk=event.data["user"])) or _first_found(
        event.ticket, (Who.LEAD, Who.MANAGERS)
    )


def _first_found(ticket: Ticket, names: tuple[Who, ...]) -> list[User]:
    """The first of these that somebody is who is here: what a rule wants known is not lost with who has left."""
    for name in names:
        found = [person for person in people_called(name.value, ticket) if person.is_active]
        if found:
            return found
    return []
