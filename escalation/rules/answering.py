"""What rules say to requesters and how they end or set aside the work: a reply, a status.

What a rule writes is never an answer of a person: no clock stops for it, and nobody has spoken with the requester.
"""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.models import Firing
from escalation.rules.actions import ActionType, Args, Said, no_columns, nothing, number, register
from escalation.rules.book import Live
from escalation.rules.wording import checked_text, fill_whole
from tickets import filling, operations
from tickets.models import CannedReply, CloseReason, HoldReason, ResolutionCode, Status, Ticket
from tickets.operations.guards import NotOpen
from tickets.refusals import Invalid
from tickets.state import State
from tickets.statuses import legal_from

LONGEST_HOLD = 2 * 365 * 24 * 60
"""Minutes: two years."""

WAIT, HOLD, RESUME, RESOLVE, CLOSE = "wait", "hold", "resume", "resolve", "close"
BECOMES = {
    WAIT: Status.PENDING_REQUESTER,
    HOLD: Status.ON_HOLD,
    RESUME: Status.OPEN,
    RESOLVE: Status.RESOLVED,
    CLOSE: Status.CLOSED,
}
STATUS_LABELS = {
    WAIT: gettext_lazy("ask the requester and wait"),
    HOLD: gettext_lazy("set aside"),
    RESUME: gettext_lazy("go on with it"),
    RESOLVE: gettext_lazy("resolve"),
    CLOSE: gettext_lazy("close what is resolved"),
}


def teach() -> None:
    """Add these types; called once, by the wiring."""
    register(
        ActionType(
            "reply", gettext_lazy("reply to the requester"), _clean_reply, no_columns, _reply, nothing
        ),
        ActionType(
            "status",
            gettext_lazy("change the status"),
            _clean_status,
            lambda _args: frozenset({"status"}),
            _status,
            _predict_status,
        ),
    )


# --- reply ---


def _clean_reply(args: Args) -> dict[str, Any]:
    """Words of its own, or a ready-made text that everyone may use."""
    if not args.get("template"):
        return {"text": checked_text(args.get("text"))}
    template = CannedReply.objects.filter(pk=number(args["template"]), owner=None).first()
    if template is None:
        raise Invalid(_("Choose a ready-made text that is shared, or write one here."), field="template")
    checked_text(template.body, field="template")
    if any(name.startswith("agent.") for name in filling.names_in(template.body)):
        raise Invalid(
            _("This text names its sender, and a rule is nobody. Choose another one."), field="template"
        )
    return {"template": template.pk}


def _reply(ticket: Ticket, args: Args, *, firing: Firing, rule: Live, at: datetime) -> Said:
    if ticket.is_final:
        raise NotOpen(ticket)  # a person's reply would open a follow-up: a rule opens nothing
    operations.reply(ticket, text=fill_whole(_words(args), ticket), by=None, at=at)
    return None


def _words(args: Args) -> str:
    if "text" in args:
        return str(args["text"])
    template = CannedReply.objects.filter(pk=args["template"], owner=None).first()
    if template is None:
        raise Invalid(_("The ready-made text is gone."), field="template")
    return str(template.body)


# --- status ---


def _clean_status(args: Args) -> dict[str, Any]:
    to = args.get("to")
    if to not in BECOMES:
        raise Invalid(_("Choose one of: %(names)s.") % {"names": ", ".join(BECOMES)}, field="to")
    if to == WAIT:
        return {"to": to, "text": checked_text(args.get("text"))}
    if to == RESOLVE:
        if args.get("code") not in ResolutionCode.values:
            raise Invalid(_("Choose how it was resolved."), field="code")
        return {"to": to, "code": str(args["code"]), "text": checked_text(args.get("text"))}
    return {"to": to, **_clean_hold(args)} if to == HOLD else {"to": to}


def _clean_hold(args: Args) -> dict[str, Any]:
    reason, minutes = args.get("reason"), number(args.get("minutes"))
    if reason not in HoldReason.values:
        raise Invalid(_("Choose a reason from the list."), field="reason")
    if not 0 < minutes <= LONGEST_HOLD:
        raise Invalid(_("Say for how many minutes: 1 to two years."), field="minutes")
    return {"reason": str(reason), "minutes": minutes}


def _status(ticket: Ticket, args: Args, *, firing: Firing, rule: Live, at: datetime) -> Said:
    match args["to"]:
        case "wait":
            operations.wait_for_requester(ticket, question=fill_whole(args["text"], ticket), by=None, at=at)
        case "hold":
            until = at + timedelta(minutes=args["minutes"])
            operations.hold(ticket, reason=args["reason"], until=until, by=None, at=at)
        case "resume":
            operations.resume(ticket, by=None, at=at)
        case "resolve":
            summary = fill_whole(args["text"], ticket)
            operations.resolve(ticket, code=args["code"], summary=summary, by=None, at=at)
        case _:
            operations.close(ticket, by=None, at=at)
    return {"to": args["to"]}


def _predict_status(state: State, args: Args, at: datetime) -> dict[str, Any]:
    to = BECOMES[args["to"]]
    only_from_resolved = to == Status.CLOSED
    if to == state.status or (only_from_resolved != (state.status == Status.RESOLVED)):
        return {}
    if not only_from_resolved and (not state.is_open or to not in legal_from(state.status)):
        return {}
    changed: dict[str, Any] = {"status": str(to), "status_since": at}
    if state.status == Status.ON_HOLD:
        changed |= {"hold_reason": "", "hold_until": None}
    match args["to"]:
        case "hold":
            changed |= {"hold_reason": args["reason"], "hold_until": at + timedelta(minutes=args["minutes"])}
        case "resolve":
            changed |= {
                "resolved_at": at,
                "resolution_code": args["code"],
                "unaccepted_since": None,
                "last_public_reply_at": at,
                "requester_waiting_since": None,
            }
        case "close":
            changed |= {"closed_at": at, "close_reason": str(CloseReason.LEAD)}
    return changed
