"""What a rule says, in words: when, if, then; and how two versions of it differ."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from accounts.models import Team, User
from delivery.models import Webhook
from escalation.models import Checklist, Reason
from escalation.rules.actions import TYPES
from escalation.rules.answering import STATUS_LABELS
from escalation.rules.explaining import trigger_label
from escalation.rules.spec import Action, RuleSpec, TimeTrigger
from escalation.rules.telling import Who
from sla.comparing import condition_words
from sla.durations import spell
from sla.queries.named import Named
from tickets.models import CannedReply, Category, Impact, Kind, Priority, ResolutionCode, Ticket, Urgency

MOST_WORDS = 60
"""Characters of a text that are shown of it."""


def when_words(spec: RuleSpec, known: Named) -> str:
    """What sets it off."""
    if spec.time is not None:
        return time_words(spec.time, known)
    return get_text_list([trigger_label(name) for name in spec.events], _("or"))


def time_words(time: TimeTrigger, known: Named) -> str:
    label = since_label(time.since)
    if time.calendar is None:
        return _("%(since)s for %(span)s around the clock") % {"since": label, "span": spell(time.minutes)}
    return _("%(since)s for %(span)s in %(calendar)s") % {
        "since": label,
        "span": spell(time.minutes),
        "calendar": known.calendar(time.calendar),
    }


def since_label(column: str) -> str:
    """What is measured from this column, as people say it."""
    return {
        "tier_since": _("in its tier"),
        "unaccepted_since": _("handed over and not accepted"),
        "status_since": _("in its status"),
        "requester_waiting_since": _("the requester waits for an answer"),
        "last_public_reply_at": _("no public reply"),
        "changed_at": _("nothing happened"),
    }[column]


def if_words(spec: RuleSpec) -> str:
    return condition_words(spec.when)


def then_words(spec: RuleSpec) -> list[str]:
    """Each action in a few words."""
    return [action_words(action) for action in spec.actions]


def action_words(action: Action) -> str:
    say = _SAY.get(action.do)
    if say is not None:
        return say(action.args)
    known = TYPES.get(action.do)
    label = str(known.label) if known is not None else action.do
    rest = ", ".join(f"{name}: {value}" for name, value in action.args.items())
    return f"{label} ({rest})" if rest else label


def _name(rows: Any, column: str, key: Any) -> str:
    found = rows.filter(pk=key).values_list(column, flat=True).first()
    return str(found) if found is not None else f"#{key}"


def _move(args: Mapping[str, Any]) -> str:
    to = _name(Team.objects, "name", args["team"]) if "team" in args else f"L{args['tier']}"
    return _("move to %(to)s (%(reason)s)") % {"to": to, "reason": Reason(args["reason"]).label}


_CODES: Mapping[str, Any] = {"priority": Priority, "impact": Impact, "urgency": Urgency, "kind": Kind}


def _set(args: Mapping[str, Any]) -> str:
    name, value = args["field"], args["value"]
    label = Ticket._meta.get_field(name).verbose_name  # type: ignore[union-attr]
    shown = (
        _name(Category.objects, "full_name", value) if name == "category" else str(_CODES[name](value).label)
    )
    return _("set %(field)s to %(value)s") % {"field": label, "value": shown}


def _assign(args: Mapping[str, Any]) -> str:
    return _("assign to %(who)s") % {"who": _name(User.objects, "name", args["to"])}


def _reply(args: Mapping[str, Any]) -> str:
    if "template" in args:
        return _("reply with “%(name)s”") % {"name": _name(CannedReply.objects, "name", args["template"])}
    return _("reply: %(text)s") % {"text": shortly(args["text"])}


def _status(args: Mapping[str, Any]) -> str:
    label = str(STATUS_LABELS[args["to"]])
    if "code" in args:
        return f"{label} ({ResolutionCode(args['code']).label})"
    if "minutes" in args:
        return _("%(act)s for %(span)s") % {"act": label, "span": spell(args["minutes"])}
    return label


def _notify(args: Mapping[str, Any]) -> str:
    who = _name(User.objects, "name", args["person"]) if "person" in args else str(Who(args["who"]).label)
    words = _("tell %(who)s") % {"who": who}
    return f"{words}: {shortly(args['text'])}" if args.get("text") else words


def _vendor(args: Mapping[str, Any]) -> str:
    if "team" not in args:
        return _("hand to the vendor who takes it")
    return _("hand to %(team)s") % {"team": _name(Team.objects, "name", args["team"])}


def _checklist(args: Mapping[str, Any]) -> str:
    row = Checklist.objects.select_related("tier", "category").filter(pk=args["checklist"]).first()
    return _("ask the checklist of %(checklist)s") % {"checklist": row or f"#{args['checklist']}"}


_SAY: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "move": _move,
    "set": _set,
    "tag": lambda args: _("tag “%(name)s”") % args,
    "untag": lambda args: _("take the tag “%(name)s” off") % args,
    "assign": _assign,
    "note": lambda args: _("note: %(text)s") % {"text": shortly(args["text"])},
    "reply": _reply,
    "status": _status,
    "notify": _notify,
    "webhook": lambda args: _("call %(name)s") % {"name": _name(Webhook.objects, "name", args["webhook"])},
    "vendor": _vendor,
    "checklist": _checklist,
}


def shortly(text: str) -> str:
    """The beginning of a text, in quotes."""
    words = " ".join(text.split())
    shown = words if len(words) <= MOST_WORDS else f"{words[: MOST_WORDS - 1]}…"
    return _("“%(title)s”") % {"title": shown}


# --- versions ---


def differences(old: RuleSpec, new: RuleSpec, known: Named) -> list[str]:
    """One line for each part that says something else; empty where both say the same."""
    return [
        *_line(_("When"), when_words(old, known), when_words(new, known)),
        *_line(_("If"), if_words(old), if_words(new)),
        *_actions(old, new),
        *_line(_("Stops here"), _yes_no(old.stops), _yes_no(new.stops)),
    ]


def _actions(old: RuleSpec, new: RuleSpec) -> Iterator[str]:
    """Words that are the same where only a long text differs are told as such."""
    if old.actions == new.actions:
        return
    before, after = then_words(old), then_words(new)
    if before == after:
        yield _("Then: the text is another: %(actions)s") % {"actions": ", ".join(after)}
    yield from _line(_("Then"), ", ".join(before), ", ".join(after))


def _line(label: str, before: str, after: str) -> Iterator[str]:
    if before != after:
        yield f"{label}: {before} → {after}"


def _yes_no(value: bool) -> str:
    return _("yes") if value else _("no")
