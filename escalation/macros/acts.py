"""The acts that a macro is made of, each with the operation behind it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from escalation.macros.arguments import Arg, Args, MacroAct, Of
from escalation.models import Reason
from escalation.operations.handing_over import hand_over
from tickets import operations
from tickets.models import (
    Category,
    CustomField,
    HoldReason,
    Impact,
    Kind,
    Priority,
    ResolutionCode,
    Ticket,
    Urgency,
)
from tickets.refusals import Invalid

LONGEST_HOLD = 365

ACTS: dict[str, MacroAct] = {}


def act_named(name: object) -> MacroAct:
    """
    Raises:
        Invalid: there is no such act.
    """
    act = ACTS.get(str(name))
    if act is None:
        raise Invalid(_("Choose one of: %(names)s.") % {"names": ", ".join(ACTS)}, field="type")
    return act


def _reply(ticket: Ticket, args: Args, *, by: User, at: datetime) -> Any:
    return operations.reply(ticket, text=args["text"], by=by, at=at)


def _note(ticket: Ticket, args: Args, *, by: User, at: datetime) -> Any:
    return operations.note(ticket, text=args["text"], by=by, at=at)


def _wait(ticket: Ticket, args: Args, *, by: User, at: datetime) -> Any:
    return operations.wait_for_requester(ticket, question=args["text"], by=by, at=at)


def _hold(ticket: Ticket, args: Args, *, by: User, at: datetime) -> Any:
    until = at + timedelta(days=args["days"])
    return operations.hold(ticket, reason=args["reason"], until=until, by=by, at=at)


def _resume(ticket: Ticket, args: Args, *, by: User, at: datetime) -> Any:
    return operations.resume(ticket, by=by, at=at)


def _resolve(ticket: Ticket, args: Args, *, by: User, at: datetime) -> Any:
    return _resolvers[0](ticket, code=args["code"], summary=args["text"], by=by, at=at)


_resolvers: list[Callable[..., Any]] = [operations.resolve]


def resolve_by(carry_out: Callable[..., Any]) -> None:
    """Let an app above resolve: `knowledgebase` ends the scripts that run in the ticket (`helpdesk.wiring`)."""
    _resolvers[:] = [carry_out]


def _take(ticket: Ticket, args: Args, *, by: User, at: datetime) -> Any:
    return operations.take(ticket, by=by, at=at) if ticket.assignee_id != by.pk else ticket


def _release(ticket: Ticket, args: Args, *, by: User, at: datetime) -> Any:
    return operations.release(ticket, by=by, at=at)


def _assign(ticket: Ticket, args: Args, *, by: User, at: datetime) -> Any:
    return operations.assign(ticket, to=User.objects.get(pk=args["to"]), by=by, at=at)


def _hand_over(ticket: Ticket, args: Args, *, by: User, at: datetime) -> Any:
    team = Team.objects.select_related("tier").get(pk=args["team"])
    summary = args.get("summary", "")
    return hand_over(ticket, team=team, reason=args["reason"], summary=summary, by=by, at=at)


def _tag(ticket: Ticket, args: Args, *, by: User, at: datetime) -> Any:
    return operations.tag(ticket, names=[args["name"]], by=by, at=at)


def _untag(ticket: Ticket, args: Args, *, by: User, at: datetime) -> Any:
    return operations.untag(ticket, name=args["name"], by=by, at=at)


def _category(ticket: Ticket, args: Args, *, by: User, at: datetime) -> Any:
    return operations.change(ticket, category=Category.objects.get(pk=args["category"]), by=by, at=at)


def _kind(ticket: Ticket, args: Args, *, by: User, at: datetime) -> Any:
    return operations.change(ticket, kind=args["kind"], by=by, at=at)


def _urgency(ticket: Ticket, args: Args, *, by: User, at: datetime) -> Any:
    return operations.change(ticket, impact=args["impact"], urgency=args["urgency"], by=by, at=at)


def _priority(ticket: Ticket, args: Args, *, by: User, at: datetime) -> Any:
    if ticket.priority == args["priority"]:
        return ticket
    return operations.override_priority(
        ticket, priority=args["priority"], reason=args["reason"], by=by, at=at
    )


def _field(ticket: Ticket, args: Args, *, by: User, at: datetime) -> Any:
    key = CustomField.objects.values_list("key", flat=True).get(pk=args["field"])
    return operations.change(ticket, fields={key: args.get("value", "")}, by=by, at=at)


def _watch(ticket: Ticket, args: Args, *, by: User, at: datetime) -> Any:
    return operations.watch(ticket, user=by, by=by, at=at)


def _unwatch(ticket: Ticket, args: Args, *, by: User, at: datetime) -> Any:
    return operations.unwatch(ticket, user=by, by=by, at=at)


TEXT = Arg("text", gettext_lazy("Text"), Of.TEXT)


def _choices(of: Any) -> Callable[[], list[tuple[Any, Any]]]:
    return lambda: list(of.choices)


def _named(of: Any, key: Any) -> str:
    return str(dict(of.choices).get(key, key))


def _row(model: Any, key: Any) -> str:
    return str(model.objects.filter(pk=key).first() or f"#{key}")


def _plain(text: Any) -> Callable[[Args], str]:
    return lambda _args: str(text)


def _register(*acts: MacroAct) -> None:
    for one in acts:
        ACTS[one.name] = one


_register(
    MacroAct(
        "reply",
        gettext_lazy("reply to the requester"),
        (TEXT,),
        _reply,
        _plain(gettext_lazy("Reply to the requester")),
        "text",
    ),
    MacroAct(
        "note", gettext_lazy("leave a note"), (TEXT,), _note, _plain(gettext_lazy("Leave an internal note"))
    ),
    MacroAct(
        "wait",
        gettext_lazy("ask the requester and wait"),
        (TEXT,),
        _wait,
        _plain(gettext_lazy("Ask the requester and wait for the answer")),
        "text",
    ),
    MacroAct(
        "resolve",
        gettext_lazy("resolve"),
        (
            Arg("code", gettext_lazy("Resolved as"), Of.CHOICE, choices=_choices(ResolutionCode)),
            Arg("text", gettext_lazy("What the requester reads"), Of.TEXT),
        ),
        _resolve,
        lambda args: _("Resolve: %(code)s") % {"code": _named(ResolutionCode, args.get("code"))},
        "text",
    ),
    MacroAct(
        "hold",
        gettext_lazy("set aside"),
        (
            Arg("reason", gettext_lazy("Because"), Of.CHOICE, choices=_choices(HoldReason)),
            Arg("days", gettext_lazy("For how many days"), Of.NUMBER, least=1, most=LONGEST_HOLD),
        ),
        _hold,
        lambda args: (
            _("Set aside for %(n)s days: %(why)s")
            % {"n": args.get("days"), "why": _named(HoldReason, args.get("reason"))}
        ),
    ),
    MacroAct("resume", gettext_lazy("go on with it"), (), _resume, _plain(gettext_lazy("Go on with it"))),
    MacroAct("take", gettext_lazy("take it"), (), _take, _plain(gettext_lazy("Take it"))),
    MacroAct(
        "release",
        gettext_lazy("put it back into the queue"),
        (),
        _release,
        _plain(gettext_lazy("Release it")),
    ),
    MacroAct(
        "assign",
        gettext_lazy("assign to a person"),
        (Arg("to", gettext_lazy("Person"), Of.PERSON),),
        _assign,
        lambda args: _("Assign to %(name)s") % {"name": _row(User, args.get("to"))},
    ),
    MacroAct(
        "hand_over",
        gettext_lazy("hand over to a team"),
        (
            Arg("team", gettext_lazy("Team"), Of.TEAM),
            Arg("reason", gettext_lazy("Reason"), Of.CHOICE, choices=lambda: list(Reason.for_people())),
            Arg(
                "summary",
                gettext_lazy("Summary"),
                Of.TEXT,
                is_needed=False,
                help=gettext_lazy("Needed on the way up; sideways and down the reason is enough."),
            ),
        ),
        _hand_over,
        lambda args: _("Hand over to %(team)s") % {"team": _row(Team, args.get("team"))},
    ),
    MacroAct(
        "tag",
        gettext_lazy("tag"),
        (Arg("name", gettext_lazy("Tag")),),
        _tag,
        lambda args: _("Tag: %(tag)s") % {"tag": args.get("name")},
    ),
    MacroAct(
        "untag",
        gettext_lazy("take a tag off"),
        (Arg("name", gettext_lazy("Tag")),),
        _untag,
        lambda args: _("Take the tag off: %(tag)s") % {"tag": args.get("name")},
    ),
    MacroAct(
        "category",
        gettext_lazy("set the category"),
        (Arg("category", gettext_lazy("Category"), Of.CATEGORY),),
        _category,
        lambda args: _("Category: %(name)s") % {"name": _row(Category, args.get("category"))},
    ),
    MacroAct(
        "kind",
        gettext_lazy("set the kind"),
        (Arg("kind", gettext_lazy("Kind"), Of.CHOICE, choices=_choices(Kind)),),
        _kind,
        lambda args: _("Kind: %(name)s") % {"name": _named(Kind, args.get("kind"))},
    ),
    MacroAct(
        "urgency",
        gettext_lazy("set impact and urgency"),
        (
            Arg("impact", gettext_lazy("Who is affected"), Of.CHOICE, choices=_choices(Impact)),
            Arg("urgency", gettext_lazy("Can they work"), Of.CHOICE, choices=_choices(Urgency)),
        ),
        _urgency,
        lambda args: (
            _("Impact: %(impact)s; urgency: %(urgency)s")
            % {
                "impact": _named(Impact, args.get("impact")),
                "urgency": _named(Urgency, args.get("urgency")),
            }
        ),
    ),
    MacroAct(
        "priority",
        gettext_lazy("override the priority"),
        (
            Arg("priority", gettext_lazy("Priority"), Of.CHOICE, choices=_choices(Priority)),
            Arg("reason", gettext_lazy("Why, for the desk")),
        ),
        _priority,
        lambda args: _("Priority: %(name)s") % {"name": _named(Priority, args.get("priority"))},
    ),
    MacroAct(
        "field",
        gettext_lazy("fill in a field"),
        (
            Arg("field", gettext_lazy("Field"), Of.FIELD),
            Arg("value", gettext_lazy("Value"), is_needed=False, help=gettext_lazy("Empty: emptied.")),
        ),
        _field,
        lambda args: (
            _("%(field)s: %(value)s")
            % {"field": _row(CustomField, args.get("field")), "value": args.get("value", "–")}
        ),
    ),
    MacroAct("watch", gettext_lazy("watch it"), (), _watch, _plain(gettext_lazy("Watch it"))),
    MacroAct("unwatch", gettext_lazy("stop watching"), (), _unwatch, _plain(gettext_lazy("Stop watching"))),
)
