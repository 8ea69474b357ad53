"""Every event of accounts as a sentence that a person understands."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import events
from accounts.models import (
    AccountEvent,
    Branding,
    Contract,
    Desk,
    Organisation,
    Role,
    Skill,
    Team,
    Tier,
    User,
    VendorContact,
)

Details = Callable[[AccountEvent], str]
Names = dict[tuple[type[models.Model] | None, int], str]

SENTENCES = {
    events.PERSON_CREATED: gettext_lazy("added %(person)s"),
    events.PERSON_CHANGED: gettext_lazy("changed %(person)s"),
    events.PERSON_DEACTIVATED: gettext_lazy("deactivated %(person)s and ended all sessions"),
    events.PERSON_REACTIVATED: gettext_lazy("reactivated %(person)s"),
    events.PERSON_INVITED: gettext_lazy("invited %(person)s"),
    events.PERSON_LOGGED_OUT: gettext_lazy("ended all sessions of %(person)s"),
    events.MAIL_BOUNCED: gettext_lazy("marked the address of %(person)s: mail comes back"),
    events.MAIL_TRUSTED: gettext_lazy("trusts the address of %(person)s again"),
    events.SESSION_ENDED: gettext_lazy("ended one session of %(person)s"),
    events.OTHER_SESSIONS_ENDED: gettext_lazy("ended all other sessions of %(person)s"),
    events.SKILL_SET: gettext_lazy("set the skill %(about)s of %(person)s"),
    events.SKILL_DROPPED: gettext_lazy("dropped the skill %(about)s of %(person)s"),
    events.TEAM_CREATED: gettext_lazy("made the team %(team)s on %(tier)s"),
    events.TEAM_CHANGED: gettext_lazy("changed the team %(team)s"),
    events.TEAM_RETIRED: gettext_lazy("retired the team %(team)s"),
    events.TEAM_REVIVED: gettext_lazy("put the team %(team)s back in use"),
    events.TEAM_JOINED: gettext_lazy("put %(person)s into %(team)s as %(role)s"),
    events.TEAM_LEFT: gettext_lazy("took %(person)s out of %(team)s"),
    events.ROLE_CHANGED: gettext_lazy("changed the role of %(person)s in %(team)s: %(role)s"),
    events.TIER_CHANGED: gettext_lazy("changed the tier %(tier)s"),
    events.TIER_ENABLED: gettext_lazy("turned on the tier %(tier)s"),
    events.TIER_DISABLED: gettext_lazy("turned off the tier %(tier)s"),
    events.ORGANISATION_CREATED: gettext_lazy("added the organisation %(about)s"),
    events.ORGANISATION_CHANGED: gettext_lazy("changed the organisation %(about)s"),
    events.CONTRACT_ADDED: gettext_lazy("added the contract %(about)s"),
    events.CONTRACT_CHANGED: gettext_lazy("changed the contract %(about)s"),
    events.CONTRACT_REMOVED: gettext_lazy("removed a contract of %(about)s"),
    events.CONTRACT_ENDING: gettext_lazy("warned that the contract %(about)s comes to its end"),
    events.CONTRACT_ENDED: gettext_lazy("said that the contract %(about)s has ended"),
    events.CONTACT_ADDED: gettext_lazy("added the contact %(about)s"),
    events.CONTACT_CHANGED: gettext_lazy("changed the contact %(about)s"),
    events.CONTACT_REMOVED: gettext_lazy("removed a contact of %(about)s"),
    events.SKILL_CREATED: gettext_lazy("added the skill %(about)s"),
    events.SKILL_CHANGED: gettext_lazy("renamed the skill %(about)s"),
    events.SKILL_DELETED: gettext_lazy("deleted a skill"),
    events.BRANDING_CHANGED: gettext_lazy("changed the look for %(about)s"),
    events.DESK_CHANGED: gettext_lazy("changed the company's settings"),
    events.DESK_SET_UP: gettext_lazy("finished the set-up"),
    events.TOKEN_CREATED: gettext_lazy("made a token of the API for %(person)s"),
    events.TOKEN_REVOKED: gettext_lazy("revoked a token of the API of %(person)s"),
}
CHANGED: dict[str, type[models.Model]] = {
    events.PERSON_CHANGED: User,
    events.TEAM_CHANGED: Team,
    events.TIER_CHANGED: Tier,
    events.ORGANISATION_CHANGED: Organisation,
    events.CONTRACT_CHANGED: Contract,
    events.CONTACT_CHANGED: VendorContact,
    events.BRANDING_CHANGED: Branding,
    events.DESK_CHANGED: Desk,
}
"""Whose fields the details of an event name."""
ABOUT: dict[str, type[models.Model]] = {
    events.ORGANISATION_CREATED: Organisation,
    events.ORGANISATION_CHANGED: Organisation,
    events.CONTRACT_ADDED: Contract,
    events.CONTRACT_CHANGED: Contract,
    events.CONTRACT_REMOVED: Organisation,
    events.CONTRACT_ENDING: Contract,
    events.CONTRACT_ENDED: Contract,
    events.CONTACT_ADDED: VendorContact,
    events.CONTACT_CHANGED: VendorContact,
    events.CONTACT_REMOVED: Organisation,
    events.BRANDING_CHANGED: Branding,
    events.SKILL_SET: Skill,
    events.SKILL_DROPPED: Skill,
    events.SKILL_CREATED: Skill,
    events.SKILL_CHANGED: Skill,
}
"""Which row the `about` of an event is."""


def _last_day(event: AccountEvent) -> str:
    day = date.fromisoformat(event.data["ends_on"])
    return _("last day %(day)s") % {"day": date_format(day, "DATE_FORMAT")}


DETAILS: dict[str, Details] = {
    events.TOKEN_CREATED: lambda event: f"td_{event.data['token']}_: {', '.join(event.data['scopes'])}",
    events.TOKEN_REVOKED: lambda event: f"td_{event.data['token']}_",
    events.CONTRACT_REMOVED: lambda event: str(event.data["number"]),
    events.CONTRACT_ENDING: _last_day,
    events.CONTRACT_ENDED: _last_day,
}


def teach(
    kind: str,
    sentence: Any,
    *,
    about: type[models.Model] | None = None,
    changed: bool | type[models.Model] = False,
    details: Details | None = None,
) -> None:
    """Teach the history a kind that an app above writes.

    Args:
        sentence: what was done, after the actor's name; `%(about)s` is the row's name.
        about: the model of the row that `about` in the event's data is the key of.
        changed: the data holds `differences` of that row, told by the labels of its fields; or, where there is but
            one such row, its model.
        details: what else there is to say, where `differences` do not fit.
    """
    SENTENCES[kind] = sentence
    if about is not None:
        ABOUT[kind] = about
        if changed:
            CHANGED[kind] = about
    if isinstance(changed, type):
        CHANGED[kind] = changed
    if details is not None:
        DETAILS[kind] = details


@dataclass(frozen=True)
class Line:
    """One event as a list shows it."""

    event: AccountEvent
    actor: str
    sentence: str
    details: str


def lines(rows: Iterable[AccountEvent]) -> list[Line]:
    """The events in words; names of what they are about are read once for all of them."""
    shown = list(rows)
    names = _names(shown)
    return [
        Line(
            event,
            str(event.by) if event.by_id else _("The system"),
            str(SENTENCES[event.kind]) % _words(event, names),
            _details(event),
        )
        for event in shown
    ]


def _names(shown: list[AccountEvent]) -> Names:
    wanted: dict[type[models.Model], set[int]] = {}
    for event in shown:
        if event.kind in ABOUT:
            wanted.setdefault(ABOUT[event.kind], set()).add(event.data["about"])
    found: Names = {}
    for model, keys in wanted.items():
        manager: Any = model._meta.default_manager
        found |= {(model, key): str(row) for key, row in manager.in_bulk(keys).items()}
    return found


def _words(event: AccountEvent, names: Names) -> dict[str, Any]:
    data = event.data
    return {
        "person": event.person,
        "team": event.team,
        "tier": f"L{data.get('tier', '?')}",
        "role": _role(data.get("role", "")),
        "about": names.get((ABOUT.get(event.kind), data.get("about", 0)), _("(deleted)")),
    }


def _role(codes: Any) -> str:
    known = dict(Role.choices)
    return " → ".join(str(known.get(code, code)) for code in (codes if isinstance(codes, list) else [codes]))


def _details(event: AccountEvent) -> str:
    """What changed: codes with before and after, words by the name of their field."""
    if event.kind == events.PERSON_CREATED:
        return ", ".join(_label(User, name) for name in event.data.get("rights", []))
    if event.kind in DETAILS:
        return DETAILS[event.kind](event)
    model = CHANGED.get(event.kind)
    if model is None:
        return ""
    parts = [_label(model, name) for name in event.data.get("words", [])]
    for name, value in event.data.items():
        if name in ("words", "tier", "about"):
            continue
        is_code = isinstance(value, list) and len(value) == 2 and name not in ("serves",)
        parts.append(
            f"{_label(model, name)}: {_value(model, name, value[0])} → {_value(model, name, value[1])}"
            if is_code and not _is_key(model, name)
            else _label(model, name)
        )
    return "; ".join(parts)


def _label(model: type[models.Model], name: str) -> str:
    field: Any = next((each for each in model._meta.get_fields() if each.name == name), None)
    return str(getattr(field, "verbose_name", None) or name.replace("_", " "))


def _is_key(model: type[models.Model], name: str) -> bool:
    return any(each.name == name and each.is_relation for each in model._meta.get_fields())


def _value(model: type[models.Model], name: str, code: Any) -> str:
    if isinstance(code, bool):
        return _("yes") if code else _("no")
    field: Any = model._meta.get_field(name)
    if isinstance(code, list):
        chosen = dict(field.base_field.choices or [])
        return ", ".join(str(chosen.get(each, each)) for each in code) or _("none")
    choices = dict(getattr(field, "choices", None) or [])
    return str(choices.get(code, code)) or _("none")
