"""The rows of the rule builder: a condition of the vocabulary, an action of the registry. htmx draws them anew."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import yaml
from django import forms
from django.utils.translation import gettext as _

from accounts.models import Membership, Team, Tier, User
from delivery.models import Webhook
from escalation.models import Checklist, Reason
from escalation.rules.actions import SETTABLE, TYPES
from escalation.rules.answering import STATUS_LABELS
from escalation.rules.checking import VENDOR_TIER, readable
from escalation.rules.exchange import keys_of, names_of
from escalation.rules.spec import Action
from escalation.rules.telling import Who
from escalation.rules.wording import VARIABLES
from sla.forms.conditions import ConditionRow
from tickets.models import CannedReply, Category, HoldReason, ResolutionCode, Ticket
from tickets.vocabulary import Field, all_fields

CONDITION_URL, ACTION_URL = "/settings/rules/condition/", "/settings/rules/action/"
Choices = list[tuple[str, Any]]


def asked_fields() -> dict[str, Field]:
    """What a rule may ask, by name, in the order of labels."""
    found = sorted(all_fields(), key=lambda field: str(field.label).casefold())
    return {field.name: field for field in found}


class RuleConditionRow(ConditionRow):
    """A row that may ask everything."""

    url = CONDITION_URL

    @staticmethod
    def check(found: dict[str, Any]) -> object:
        return readable(found)

    @staticmethod
    def keys(name: str, raw: list[str]) -> list[str]:
        return keys_of(name, raw)

    @staticmethod
    def names(name: str, raw: list[str]) -> list[str]:
        return names_of(name, raw)


class ActionRow(forms.Form):
    """One action. Without a type it does nothing; `action` is what it does once it is valid, not checked yet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.action: Action | None = None
        redraw = {
            "hx-get": ACTION_URL,
            "hx-include": "closest [data-action]",
            "hx-target": "closest [data-action]",
            "hx-swap": "outerHTML",
            "hx-vals": f'{{"row": "{self.prefix}"}}',
        }
        types = sorted(TYPES.values(), key=lambda each: str(each.label))
        self.fields["do"] = forms.ChoiceField(
            label=_("Do"),
            choices=[("", _("choose what to do")), *((each.name, each.label) for each in types)],
            required=False,
            widget=forms.Select(redraw),
        )
        self.chosen = str(self["do"].value() or "")
        if self.chosen in TYPES:
            self.fields |= ARGUMENTS.get(self.chosen, _written)()

    @property
    def shown(self) -> list[tuple[forms.BoundField, str]]:
        """Each field with the condition under which it is asked, as `data-show-when` takes it."""
        return [(bound, self._when(bound.name)) for bound in self]

    def _when(self, name: str) -> str:
        other, values = SHOWN_WHEN.get((self.chosen, name), ("", ""))
        return f"{self.prefix}-{other}={values}" if other else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.chosen in TYPES and not self.errors:
            given = {
                name: value for name, value in cleaned.items() if name != "do" and value not in ("", None)
            }
            self.action = Action(self.chosen, _READ.get(self.chosen, dict)(given))
        return cleaned

    def refuse(self, argument: str, message: str) -> None:
        """A refusal of an argument, at the field where it was typed."""
        name = _FIELD_OF.get((self.chosen, argument), argument)
        self.add_error(name if name in self.fields else "do", message)


def initial_of(action: Action) -> dict[str, Any]:
    """The fields of a row for an action as it is kept."""
    write = _WRITE.get(action.do)
    args = dict(action.args)
    if write is not None:
        return {"do": action.do, **write(args)}
    if action.do in ARGUMENTS:
        return {"do": action.do, **args}
    return {"do": action.do, "args": yaml.safe_dump(args, allow_unicode=True) if args else ""}


# --- the fields of each type ---


def _choice(label: str, choices: Choices, *, pick: bool = False, help_text: str = "") -> forms.ChoiceField:
    widget = forms.Select({"data-pick": True} if pick else {})
    return forms.ChoiceField(label=label, choices=choices, required=False, widget=widget, help_text=help_text)


def _text(label: str, *, rows: int = 3, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=20_000,
        widget=forms.Textarea({"rows": rows}),
        help_text=help_text,
    )


def _variables() -> str:
    return _("These are filled in: %(names)s.") % {"names": " ".join(f"{{{name}}}" for name in VARIABLES)}


def _move_fields() -> dict[str, forms.Field]:
    tiers = [
        (f"tier:{tier.level}", _("%(tier)s, its first team") % {"tier": tier})
        for tier in Tier.objects.enabled().order_by("level")
    ]
    teams = [(f"team:{team.pk}", str(team)) for team in _teams()]
    return {
        "to": _choice(_("Where to"), [("", _("choose a tier or team")), *tiers, *teams], pick=True),
        "reason": _choice(_("Reason"), Reason.for_people()),
    }


def _teams() -> Iterable[Team]:
    return Team.objects.in_use().select_related("tier").order_by("tier_id", "name")


def _set_fields() -> dict[str, forms.Field]:
    groups: list[Any] = [("", _("choose a value"))]
    for name, codes in SETTABLE.items():
        label = str(Ticket._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        if name == "category":
            rows = Category.objects.filter(is_active=True).order_by("full_name")
            values = [(f"category:{row.pk}", row.full_name) for row in rows]
        else:
            values = [(f"{name}:{code}", text) for code, text in codes.choices]
        groups.append((label, [(key, f"{label}: {text}") for key, text in values]))
    return {"value": _choice(_("Field and value"), groups, pick=True)}


def _tag_fields() -> dict[str, forms.Field]:
    return {"name": forms.CharField(label=_("Tag"), required=False, max_length=40)}


def _people() -> Choices:
    seats = Membership.objects.filter(team__organisation__isnull=True).values("user")
    rows = User.objects.active().filter(pk__in=seats) | User.objects.active().filter(is_manager=True)
    return [
        ("", _("choose a person")),
        *((str(row.pk), row.name) for row in rows.distinct().order_by("name")),
    ]


def _reply_fields() -> dict[str, forms.Field]:
    rows = CannedReply.objects.filter(owner=None).order_by("name")
    templates = [("", _("the words below")), *((str(row.pk), row.name) for row in rows)]
    return {
        "template": _choice(_("Ready-made text"), templates),
        "text": _text(_("Or these words"), help_text=_variables()),
    }


def _status_fields() -> dict[str, forms.Field]:
    return {
        "to": _choice(_("Becomes"), [("", _("choose what becomes of it")), *STATUS_LABELS.items()]),
        "text": _text(_("Words to the requester"), help_text=_variables()),
        "code": _choice(_("How it was resolved"), list(ResolutionCode.choices)),
        "reason": _choice(_("Why it is set aside"), list(HoldReason.choices)),
        "minutes": forms.IntegerField(label=_("For how many minutes"), required=False, min_value=1),
    }


def _notify_fields() -> dict[str, forms.Field]:
    return {
        "who": _choice(_("Who"), list(Who.choices)),
        "person": _choice(_("The person"), _people(), pick=True),
        "text": _text(_("What to say"), help_text=_variables()),
    }


def _webhook_fields() -> dict[str, forms.Field]:
    rows = Webhook.objects.filter(is_enabled=True).order_by("name")
    return {
        "webhook": _choice(
            _("Webhook"), [("", _("choose a webhook")), *((str(row.pk), row.name) for row in rows)]
        )
    }


def _vendor_fields() -> dict[str, forms.Field]:
    teams = [(str(team.pk), str(team)) for team in _teams() if team.tier_id == VENDOR_TIER]
    return {"team": _choice(_("Vendor"), [("", _("the one who takes its category or product")), *teams])}


def _checklist_fields() -> dict[str, forms.Field]:
    rows = Checklist.objects.filter(is_active=True).select_related("tier", "category")
    return {
        "checklist": _choice(
            _("Checklist"), [("", _("choose a checklist")), *((str(row.pk), str(row)) for row in rows)]
        )
    }


def _written() -> dict[str, forms.Field]:
    """For a type that has no fields of its own here."""
    return {"args": _text(_("Arguments as YAML"))}


ARGUMENTS: Mapping[str, Callable[[], dict[str, forms.Field]]] = {
    "move": _move_fields,
    "set": _set_fields,
    "tag": _tag_fields,
    "untag": _tag_fields,
    "assign": lambda: {"to": _choice(_("Who"), _people(), pick=True)},
    "assign_by_strategy": dict,
    "note": lambda: {"text": _text(_("Note"))},
    "reply": _reply_fields,
    "status": _status_fields,
    "notify": _notify_fields,
    "webhook": _webhook_fields,
    "vendor": _vendor_fields,
    "checklist": _checklist_fields,
}
SHOWN_WHEN: Mapping[tuple[str, str], tuple[str, str]] = {
    ("status", "text"): ("to", "wait|resolve"),
    ("status", "code"): ("to", "resolve"),
    ("status", "reason"): ("to", "hold"),
    ("status", "minutes"): ("to", "hold"),
    ("notify", "person"): ("who", "person"),
}
"""Fields that are asked only where another field of the row has one of these values."""


# --- between fields and arguments ---


def _read_move(given: dict[str, Any]) -> dict[str, Any]:
    kind, _colon, key = given.get("to", "").partition(":")
    return {"reason": given.get("reason", ""), **({kind: key} if key else {})}


def _write_move(args: dict[str, Any]) -> dict[str, Any]:
    to = f"team:{args['team']}" if "team" in args else f"tier:{args.get('tier', '')}"
    return {"to": to, "reason": args.get("reason", "")}


def _read_set(given: dict[str, Any]) -> dict[str, Any]:
    name, _colon, value = given.get("value", "").partition(":")
    return {"field": name, "value": value}


def _read_reply(given: dict[str, Any]) -> dict[str, Any]:
    return {"template": given["template"]} if given.get("template") else {"text": given.get("text", "")}


def _read_written(given: dict[str, Any]) -> dict[str, Any]:
    """What cannot be read becomes nothing; the type then says what it needs."""
    try:
        found = yaml.safe_load(given.get("args", ""))
    except yaml.YAMLError:
        found = None
    return found if isinstance(found, dict) else {}


_READ: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "move": _read_move,
    "set": _read_set,
    "reply": _read_reply,
}
_WRITE: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "move": _write_move,
    "set": lambda args: {"value": f"{args.get('field')}:{args.get('value')}"},
}
_FIELD_OF: Mapping[tuple[str, str], str] = {
    ("move", "team"): "to",
    ("move", "tier"): "to",
    ("set", "field"): "value",
}
"""Where an argument is typed that has no field of its own name."""
