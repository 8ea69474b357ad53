"""The action that gives a ticket to somebody as its team's way of working wants it."""

from datetime import datetime

from django.utils.translation import gettext_lazy

from escalation.models import Firing
from escalation.operations.assigning import assign_by_strategy
from escalation.rules.actions import ActionType, Args, Said, nothing, register
from escalation.rules.book import Live
from tickets.models import Ticket


def teach() -> None:
    """Called by `helpdesk.wiring`.

    A simulation does not predict whom it would have been: that hangs on who was here and what they had that day.
    """
    register(
        ActionType(
            "assign_by_strategy",
            gettext_lazy("assign as the team does"),
            lambda _args: {},
            lambda _args: frozenset({"assignee_id"}),
            _assign,
            nothing,
        )
    )


def _assign(ticket: Ticket, args: Args, *, firing: Firing, rule: Live, at: datetime) -> Said:
    given = assign_by_strategy(ticket, at=at)
    return {"to": given.assignee_id}
