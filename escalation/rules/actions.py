"""What rules can do. Each type says which columns it writes, carries itself out by the same operation that a
person uses, and predicts for a simulation what that would change.

Apps above add types through `register` (helpdesk.wiring): mails, webhooks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, Tier, User
from escalation.models import Firing, Reason
from escalation.operations.handing_over import hand_over
from escalation.queries.landings import receiving
from escalation.rules.book import Live
from tickets import operations
from tickets.models import Category, Impact, Kind, Priority, Status, Ticket, Urgency
from tickets.operations.filing import matrix_priority
from tickets.refusals import Invalid
from tickets.state import State

Args = Mapping[str, Any]
Said = dict[str, Any] | None


@dataclass(frozen=True)
class ActionType:
    """One kind of action.

    clean: checks arguments as typed and answers those that are stored. Raises Invalid naming the argument.
    columns: the ticket's columns that it writes; a person's later change of one of them goes before.
    carry_out: does it (`by=None`), and says what came of it as codes. Raises Refused.
    predict: the columns that carrying it out would change, from the state alone.
    """

    name: str
    label: str | Promise
    clean: Callable[[Args], dict[str, Any]]
    columns: Callable[[Args], frozenset[str]]
    carry_out: Callable[..., Said]
    predict: Callable[[State, Args, datetime], dict[str, Any]]


TYPES: dict[str, ActionType] = {}


def register(*types: ActionType) -> None:
    for one in types:
        TYPES[one.name] = one


def nothing(_state: State, _args: Args, _at: datetime) -> dict[str, Any]:
    return {}


def no_columns(_args: Args) -> frozenset[str]:
    return frozenset()


def number(value: Any) -> int:
    """A key or a count as typed; 0, which is nobody's, where it is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


# --- move ---

MOVED = frozenset({"team_id", "tier_id"})


def _clean_move(args: Args) -> dict[str, Any]:
    reason = str(args.get("reason") or Reason.NEEDS_EXPERTISE)
    if reason not in dict(Reason.for_people()):
        raise Invalid(_("Choose a reason."), field="reason")
    if args.get("team"):
        team = Team.objects.filter(pk=number(args["team"])).first()
        if team is None:
            raise Invalid(_("Choose a team that exists."), field="team")
        return {"team": team.pk, "reason": reason}
    if args.get("tier") in (None, ""):
        raise Invalid(_("Choose a tier or a team."), field="team")
    level = str(args["tier"])
    if level not in ("0", "1", "2", "3", "4") or not Tier.objects.filter(level=level).exists():
        raise Invalid(_("Tiers go from L0 to L4."), field="tier")
    return {"tier": int(level), "reason": reason}


def _move(ticket: Ticket, args: Args, *, firing: Firing, rule: Live, at: datetime) -> Said:
    handed = hand_over(
        ticket,
        team=Team.objects.select_related("tier").get(pk=args["team"]) if "team" in args else None,
        tier=args.get("tier"),
        reason=args["reason"],
        summary=_("Moved by the rule “%(rule)s”.") % {"rule": rule.name},
        by=None,
        at=at,
        firing=firing,
    )
    instead_of = {"covers": handed.covered.instead_of.pk} if handed.covered is not None else {}
    return {"team": handed.ticket.team_id, "tier": handed.ticket.tier_id, **instead_of}


def predict_move(state: State, args: Args, at: datetime) -> dict[str, Any]:
    team = receiving(
        state.tier_id,
        tier=args.get("tier"),
        team=args.get("team"),
        sender=state.team_id,
        is_restricted=state.is_restricted,
        at=at,
    )
    if team is None or team.pk == state.team_id or not state.is_open:
        return {}
    changed: dict[str, Any] = {
        "team_id": team.pk,
        "tier_id": team.tier_id,
        "assignee_id": None,
        "unaccepted_since": at,
        "handoff_count": state.handoff_count + 1,
    }
    if team.tier_id != state.tier_id:
        changed |= {"tier_since": at, "path": (*state.path, team.tier_id)}
    if team.tier_id == 4:
        changed["vendor_id"] = team.organisation_id
    if state.status in (Status.ON_HOLD, Status.PENDING_VENDOR):
        changed |= {"status": str(Status.OPEN), "status_since": at, "hold_reason": "", "hold_until": None}
    return changed


# --- fields and tags ---

SETTABLE: dict[str, Any] = {
    "priority": Priority,
    "impact": Impact,
    "urgency": Urgency,
    "kind": Kind,
    "category": Category,
}


def _clean_set(args: Args) -> dict[str, Any]:
    name, value = args.get("field"), args.get("value")
    if name not in SETTABLE:
        raise Invalid(_("Choose one of: %(names)s.") % {"names": ", ".join(SETTABLE)}, field="field")
    if name == "category":
        if not Category.objects.filter(pk=number(value), is_active=True).exists():
            raise Invalid(_("Choose a category that is in use."), field="value")
        return {"field": name, "value": number(value)}
    codes = SETTABLE[name].values
    typed = number(value) if isinstance(codes[0], int) else value
    if typed not in codes:
        raise Invalid(_("Choose one of: %(codes)s.") % {"codes": ", ".join(map(str, codes))}, field="value")
    return {"field": name, "value": typed}


def _set_columns(args: Args) -> frozenset[str]:
    column = "category_id" if args["field"] == "category" else args["field"]
    return frozenset({column, "priority"} if column in ("impact", "urgency") else {column})


def _set(ticket: Ticket, args: Args, *, firing: Firing, rule: Live, at: datetime) -> Said:
    name, value = args["field"], args["value"]
    if name == "priority":
        if ticket.priority != value:
            why = _("Set by the rule “%(rule)s”.") % {"rule": rule.name}
            operations.override_priority(ticket, priority=value, reason=why, by=None, at=at)
    elif name == "category":
        operations.change(ticket, category=Category.objects.get(pk=value), by=None, at=at)
    else:
        operations.change(ticket, **{name: value}, by=None, at=at)
    return {"field": name, "value": value}


def _predict_set(state: State, args: Args, at: datetime) -> dict[str, Any]:
    name, value = args["field"], args["value"]
    if name == "priority":
        return {"priority": value, "priority_overridden": True, "priority_confirmed": True}
    if name == "category":
        return {"category_id": value, "category_confirmed": True}
    if name in ("impact", "urgency"):
        impact = value if name == "impact" else state.impact
        urgency = value if name == "urgency" else state.urgency
        priority = matrix_priority(impact, urgency)
        return {name: value, "priority": priority, "priority_overridden": False, "priority_confirmed": True}
    return {name: value}


def _clean_tag(args: Args) -> dict[str, Any]:
    name = " ".join(str(args.get("name") or "").split())
    if not 0 < len(name) <= 40:
        raise Invalid(_("A tag has 1 to 40 characters."), field="name")
    return {"name": name}


def _tag(ticket: Ticket, args: Args, *, firing: Firing, rule: Live, at: datetime) -> Said:
    operations.tag(ticket, names=[args["name"]], by=None, at=at)
    return {"name": args["name"]}


def _untag(ticket: Ticket, args: Args, *, firing: Firing, rule: Live, at: datetime) -> Said:
    operations.untag(ticket, name=args["name"], by=None, at=at)
    return {"name": args["name"]}


# --- people ---


def _clean_assign(args: Args) -> dict[str, Any]:
    key = number(args.get("to"))
    if not User.objects.active().filter(pk=key).exists():
        raise Invalid(_("Choose somebody who is here."), field="to")
    return {"to": key}


def _assign(ticket: Ticket, args: Args, *, firing: Firing, rule: Live, at: datetime) -> Said:
    operations.assign(ticket, to=User.objects.get(pk=args["to"]), by=None, at=at)
    return {"to": args["to"]}


def _predict_assign(state: State, args: Args, at: datetime) -> dict[str, Any]:
    opened = {"status": str(Status.OPEN), "status_since": at} if state.status == Status.NEW else {}
    return {"assignee_id": args["to"], "unaccepted_since": None, **opened}


# --- words ---


def _clean_text(args: Args) -> dict[str, Any]:
    text = str(args.get("text") or "").strip()
    if not text:
        raise Invalid(_("This cannot be empty."), field="text")
    return {"text": text[:20_000]}


def _note(ticket: Ticket, args: Args, *, firing: Firing, rule: Live, at: datetime) -> Said:
    operations.note(ticket, text=args["text"], by=None, at=at)
    return None


register(
    ActionType(
        "move", gettext_lazy("move to a tier or team"), _clean_move, lambda _a: MOVED, _move, predict_move
    ),
    ActionType("set", gettext_lazy("set a field"), _clean_set, _set_columns, _set, _predict_set),
    ActionType("tag", gettext_lazy("tag"), _clean_tag, no_columns, _tag, nothing),
    ActionType("untag", gettext_lazy("take a tag off"), _clean_tag, no_columns, _untag, nothing),
    ActionType(
        "assign",
        gettext_lazy("assign to a person"),
        _clean_assign,
        lambda _a: frozenset({"assignee_id"}),
        _assign,
        _predict_assign,
    ),
    ActionType("note", gettext_lazy("leave a note"), _clean_text, no_columns, _note, nothing),
)
