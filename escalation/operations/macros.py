"""Writing and changing macros; whose they may be is asked as for all that is ready-made."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import SettingVersion, Team, User
from escalation.macros.acts import act_named
from escalation.macros.arguments import clean
from escalation.macros.running import MOST_ACTS
from escalation.models import Macro
from tickets.operations import ready
from tickets.refusals import Invalid
from tickets.vocabulary import Unreadable, parse

MACROS = ready.Sort("macro", ("name", "folder", "acts", "filter", "slot", "is_active"))

Acts = Sequence[tuple[str, Mapping[str, Any]]]


def create_macro(
    *,
    name: str,
    acts: Acts,
    by: User | None,
    at: datetime,
    folder: str = "",
    owner: User | None = None,
    team: Team | None = None,
    filter: Mapping[str, Any] | None = None,  # noqa: A002
    slot: int | None = None,
    is_active: bool = True,
) -> Macro:
    """
    Raises:
        Invalid: no act, an unknown one, or one whose arguments cannot be used; a filter that cannot be read.
    """
    return ready.create(
        Macro,
        MACROS,
        by=by,
        at=at,
        owner=owner,
        team=team,
        name=name,
        folder=folder,
        acts=checked(acts),
        filter=_checked_filter(filter or {}),
        slot=slot,
        is_active=is_active,
    )


def change_macro(macro: Macro, *, by: User | None, at: datetime, **changes: Any) -> Macro:
    if "acts" in changes:
        changes["acts"] = checked(changes["acts"])
    if "filter" in changes:
        changes["filter"] = _checked_filter(changes["filter"] or {})
    return ready.change(macro, MACROS, by=by, at=at, **changes)


def names_of_deleted(keys: Iterable[int]) -> dict[int, str]:
    """What macros that are gone were called last, as their versions have it."""
    kept = SettingVersion.objects.filter(subject=MACROS.subject, key__in=list(keys))
    newest = kept.order_by("key", "-number").distinct("key").values_list("key", "content")
    return {key: content["name"] for key, content in newest if content.get("name")}


def checked(acts: Acts) -> list[list[Any]]:
    """Acts as they are kept."""
    if not acts:
        raise Invalid(_("A macro does at least one thing."), field="acts")
    if len(acts) > MOST_ACTS:
        raise Invalid(_("A macro does at most %(n)d things.") % {"n": MOST_ACTS}, field="acts")
    found: list[list[Any]] = []
    for number, (name, args) in enumerate(acts, 1):
        try:
            found.append([name, clean(act_named(name), args)])
        except Invalid as invalid:
            message = _("Act %(n)d: %(why)s") % {"n": number, "why": invalid}
            raise Invalid(message, field="acts", act=number, argument=invalid.field) from invalid
    return found


def _checked_filter(json: Mapping[str, Any]) -> dict[str, Any]:
    if not json:
        return {}
    try:
        parse(dict(json))
    except Unreadable as unreadable:
        raise Invalid(str(unreadable), field="filter") from unreadable
    return dict(json)
