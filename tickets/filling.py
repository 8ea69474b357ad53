"""What ready-made texts name in double braces: a closed list, filled in from ticket, requester, agent and desk.

Nothing is executed: a name is looked up, and its value is put in as it is. What has no value leaves a mark that nobody
can send, so that no requester reads "Dear ,".
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.current import current_desk
from accounts.models import User
from tickets.models import Ticket
from tickets.refusals import Invalid

_NAMED = re.compile(r"\{\{([^{}]*)\}\}")
"""Blanks beside a name are taken off afterwards: an expression for them tries a long row of blanks in every way."""
_MARK = re.compile(r"⟦([^⟦⟧\n]{1,60})⟧")


@dataclass(frozen=True)
class Source:
    """What a text is filled in from; without an agent (a rule sends it) theirs have no value."""

    ticket: Ticket
    agent: User | None = None


@dataclass(frozen=True)
class Variable:
    label: Any
    read: Callable[[Source], Any]


def _seat(source: Source) -> str:
    """The agent's team: the one that has the ticket where they sit there, else their first."""
    seats = source.agent.seats if source.agent else ()
    here = next((seat for seat in seats if seat.team_id == source.ticket.team_id), None)
    if here is not None:
        return here.team_name
    return seats[0].team_name if seats else ""


VARIABLES: Mapping[str, Variable] = {
    "requester.first_name": Variable(
        gettext_lazy("the requester's first name"), lambda source: source.ticket.requester.first_name
    ),
    "requester.name": Variable(
        gettext_lazy("the requester's name"), lambda source: source.ticket.requester.name
    ),
    "requester.organisation": Variable(
        gettext_lazy("the requester's organisation"),
        lambda source: source.ticket.organisation.name if source.ticket.organisation else "",
    ),
    "requester.phone": Variable(
        gettext_lazy("the requester's phone"), lambda source: source.ticket.requester.phone
    ),
    "requester.location": Variable(
        gettext_lazy("the place"), lambda source: source.ticket.location or source.ticket.requester.location
    ),
    "requester.device": Variable(
        gettext_lazy("the device"), lambda source: source.ticket.device or source.ticket.requester.device
    ),
    "ticket.number": Variable(gettext_lazy("the ticket's number"), lambda source: source.ticket.number),
    "ticket.subject": Variable(gettext_lazy("the ticket's subject"), lambda source: source.ticket.subject),
    "ticket.category": Variable(
        gettext_lazy("the ticket's category"),
        lambda source: source.ticket.category.name if source.ticket.category else "",
    ),
    "ticket.priority": Variable(
        gettext_lazy("the ticket's priority"), lambda source: f"P{source.ticket.priority}"
    ),
    "ticket.team": Variable(
        gettext_lazy("the team that has the ticket"), lambda source: source.ticket.team.name
    ),
    "ticket.vendor_reference": Variable(
        gettext_lazy("the vendor's number"), lambda source: source.ticket.vendor_reference
    ),
    "ticket.link": Variable(
        gettext_lazy("the address of the request"),
        lambda source: f"{settings.BASE_URL.rstrip('/')}/requests/{source.ticket.number}/",
    ),
    "agent.name": Variable(
        gettext_lazy("your name"), lambda source: source.agent.name if source.agent else ""
    ),
    "agent.first_name": Variable(
        gettext_lazy("your first name"), lambda source: source.agent.first_name if source.agent else ""
    ),
    "agent.team": Variable(gettext_lazy("your team"), _seat),
    "desk.name": Variable(gettext_lazy("the company's name"), lambda _source: current_desk().name),
    "desk.phone": Variable(gettext_lazy("the desk's phone"), lambda _source: current_desk().phone),
    "desk.hours": Variable(gettext_lazy("the desk's hours"), lambda _source: current_desk().hours_text),
}
"""All that a text may name."""


def check(text: str, *, field: str) -> str:
    """A text as it may be kept.

    Raises:
        Invalid: it names a variable that there is not, or opens braces that it does not close.
    """
    for name in _names(text):
        if name not in VARIABLES:
            raise Invalid(
                _("“{{ %(name)s }}” cannot be filled in. These can: %(known)s.")
                % {"name": name[:60], "known": ", ".join(VARIABLES)},
                field=field,
            )
    rest = _NAMED.sub("", text)
    if "{{" in rest or "}}" in rest:
        raise Invalid(
            _("Double braces are opened and not closed, or the other way round. Write {{ ticket.number }}."),
            field=field,
        )
    return text


def names_in(text: str) -> list[str]:
    """The variables that a text names, each once."""
    return [name for name in _names(text) if name in VARIABLES]


def _names(text: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in _NAMED.findall(text)))


def fill(text: str, source: Source) -> str:
    """The text with its variables replaced. What has no value becomes a mark: ⟦the device⟧."""
    return _replaced(text, _values(text, source))


def fill_whole(text: str, source: Source, *, field: str = "text") -> str:
    """The same where nobody looks at it before it leaves. What its values say is nothing to be filled in.

    Raises:
        Invalid: naming what has no value.
    """
    values = _values(text, source)
    _require_none([str(VARIABLES[name].label) for name, value in values.items() if not value], field=field)
    return _replaced(text, values)


def _values(text: str, source: Source) -> dict[str, str]:
    """What each variable of a text stands for, in one line; "" where it has no value."""
    return {name: _value(name, source) for name in names_in(text)}


def fill_for_new(text: str, *, requester: User | None, agent: User) -> str:
    """The same for a ticket that is being filed: what is known of requester, agent and desk; its own is marked."""
    known = Ticket(requester=requester, organisation=requester.organisation) if requester else Ticket()
    unknown = ("ticket.",) if requester else ("ticket.", "requester.")
    source = Source(known, agent)
    values = {name: "" if name.startswith(unknown) else _value(name, source) for name in names_in(text)}
    return _replaced(text, values)


def _value(name: str, source: Source) -> str:
    return " ".join(str(VARIABLES[name].read(source) or "").split())


def _replaced(text: str, values: Mapping[str, str]) -> str:
    def value(found: "re.Match[str]") -> str:
        name = found[1].strip()
        return found[0] if name not in values else values[name] or f"⟦{VARIABLES[name].label}⟧"

    return _NAMED.sub(value, text)


def missing(text: str) -> list[str]:
    """What is still to be filled in: marks, and variables that were never replaced."""
    left = [f"{{{{ {name} }}}}" for name in names_in(text)]
    return [*dict.fromkeys(_MARK.findall(text)), *left]


def require_filled(text: str, *, field: str = "text") -> None:
    """Refuse what would leave with a gap in it.

    Raises:
        Invalid: naming what is to be filled in.
    """
    _require_none(missing(text), field=field)


def _require_none(gaps: list[str], *, field: str) -> None:
    if gaps:
        raise Invalid(_("Fill in before you send: %(gaps)s.") % {"gaps": ", ".join(gaps)}, field=field)
