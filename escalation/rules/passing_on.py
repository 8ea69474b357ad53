"""Rules that pass a ticket on: to the vendor who takes such things, and with a checklist for whoever hands it over."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.models import AskedChecklist, Checklist, Firing
from escalation.operations.vendors import hand_to_vendor
from escalation.queries.vendors import teams_that_take, vendor_teams
from escalation.rules.actions import (
    MOVED,
    ActionType,
    Args,
    Said,
    no_columns,
    nothing,
    number,
    predict_move,
    register,
)
from escalation.rules.book import Live
from tickets.models import Category, Ticket
from tickets.refusals import Invalid, Refused
from tickets.state import State


class NoVendor(Refused):
    """No vendor takes what the ticket is about."""

    code = "no_vendor"


def teach() -> None:
    """Add these types; called once, by the wiring."""
    register(
        ActionType(
            "vendor",
            gettext_lazy("hand to a vendor"),
            _clean_vendor,
            lambda _args: MOVED,
            _vendor,
            _predict_vendor,
        ),
        ActionType(
            "checklist",
            gettext_lazy("ask a checklist at the next hand-over"),
            _clean_checklist,
            no_columns,
            _checklist,
            nothing,
        ),
    )


# --- vendors ---


def _clean_vendor(args: Args) -> dict[str, Any]:
    """A vendor's team; none for the one that takes the ticket's category or product."""
    if not args.get("team"):
        return {}
    team = vendor_teams().filter(pk=number(args["team"])).first()
    if team is None:
        raise Invalid(_("Choose a team of a vendor."), field="team")
    return {"team": team.pk}


def _vendor(ticket: Ticket, args: Args, *, firing: Firing, rule: Live, at: datetime) -> Said:
    key = args.get("team") or next(iter(teams_that_take(ticket)), None)
    if key is None:
        raise NoVendor(_("No vendor takes what this is about."))
    handed = hand_to_vendor(
        ticket,
        team=vendor_teams().get(pk=key),
        summary=_("Handed to the vendor by the rule “%(rule)s”.") % {"rule": rule.name},
        by=None,
        at=at,
        firing=firing,
    )
    return {"team": handed.ticket.team_id, "tier": handed.ticket.tier_id}


def _predict_vendor(state: State, args: Args, at: datetime) -> dict[str, Any]:
    """Without words, which a state does not hold: a vendor that is known by a product alone is not found."""
    category = Category.objects.filter(pk=state.category_id).first() if state.category_id else None
    key = args.get("team") or next(iter(teams_that_take(Ticket(category=category))), None)
    return predict_move(state, {"team": key}, at) if key is not None else {}


# --- checklists ---


def _clean_checklist(args: Args) -> dict[str, Any]:
    checklist = Checklist.objects.filter(pk=number(args.get("checklist")), is_active=True).first()
    if checklist is None:
        raise Invalid(_("Choose a checklist that is in use."), field="checklist")
    return {"checklist": checklist.pk}


def _checklist(ticket: Ticket, args: Args, *, firing: Firing, rule: Live, at: datetime) -> Said:
    checklist = Checklist.objects.get(pk=args["checklist"], is_active=True)
    AskedChecklist.objects.get_or_create(
        ticket=ticket, checklist=checklist, handoff=None, defaults={"at": at}
    )
    return {"checklist": checklist.pk}
