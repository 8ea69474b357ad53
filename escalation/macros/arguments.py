"""What an act of a macro is and what it is given: how that is kept, and what is wrong with it by now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Team, User
from tickets import filling
from tickets.models import Category, CustomField, Tag
from tickets.refusals import Invalid

LONGEST_TEXT, LONGEST_LINE = 10_000, 250

Args = Mapping[str, Any]


class Of(StrEnum):
    """What an argument is."""

    TEXT = "text"
    LINE = "line"
    CHOICE = "choice"
    NUMBER = "number"
    TEAM = "team"
    PERSON = "person"
    CATEGORY = "category"
    FIELD = "field"


@dataclass(frozen=True)
class Arg:
    """One thing that an act is given. Words are filled in as in canned replies."""

    name: str
    label: Any
    of: Of = Of.LINE
    is_needed: bool = True
    choices: Callable[[], list[tuple[Any, Any]]] = list
    least: int = 0
    most: int = 0
    help: Any = ""


@dataclass(frozen=True)
class MacroAct:
    """`carry_out(ticket, args, by=, at=)` with words filled in; `says` tells it in a line. `public` is what the
    requester reads."""

    name: str
    label: Any
    args: tuple[Arg, ...]
    carry_out: Callable[..., Any]
    says: Callable[[Args], str]
    public: str = ""


# --- arguments as they are kept ---


def clean(act: MacroAct, given: Args) -> dict[str, Any]:
    """What was typed or sent, as it is kept.

    Raises:
        Invalid: naming the argument.
    """
    return {arg.name: found for arg in act.args if (found := _clean(arg, given.get(arg.name))) is not None}


def _clean(arg: Arg, value: Any) -> Any:
    text = str(value if value is not None else "").replace("\x00", "").replace("\r\n", "\n").strip()
    if not text:
        if arg.is_needed:
            raise Invalid(_("%(what)s is missing.") % {"what": arg.label}, field=arg.name)
        return None
    match arg.of:
        case Of.TEXT | Of.LINE:
            longest = LONGEST_TEXT if arg.of == Of.TEXT else LONGEST_LINE
            if len(text) > longest:
                raise Invalid(_("A text has at most %(n)d characters.") % {"n": longest}, field=arg.name)
            return filling.check(text, field=arg.name)
        case Of.CHOICE:
            known = {str(code): code for code, _label in arg.choices()}
            if text not in known:
                raise Invalid(_("Choose one of: %(names)s.") % {"names": ", ".join(known)}, field=arg.name)
            return known[text]
        case Of.NUMBER:
            n = number(text)
            if not arg.least <= n <= arg.most:
                between = {"least": arg.least, "most": arg.most}
                raise Invalid(_("Give a number from %(least)d to %(most)d.") % between, field=arg.name)
            return n
    if broken(arg, number(text)):
        raise Invalid(broken(arg, number(text)), field=arg.name)
    return number(text)


def number(value: Any) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


# --- what has gone since it was written ---


def broken_in(act: MacroAct, args: Args) -> list[str]:
    """What this act refers to that is gone by now, each with the remedy."""
    found = [broken(arg, args[arg.name]) for arg in act.args if arg.name in args]
    lacks = [
        _("%(what)s is missing: say it anew.") % {"what": arg.label}
        for arg in act.args
        if arg.is_needed and arg.name not in args
    ]
    if act.name == "untag" and not Tag.objects.filter(name__iexact=str(args.get("name", ""))).exists():
        found.append(_("There is no tag “%(tag)s” any more: take this act out.") % {"tag": args.get("name")})
    return [*filter(None, found), *lacks]


def broken(arg: Arg, value: Any) -> str:
    """Why a row that an argument names cannot be used, with the remedy; "" where it can."""
    check = _CHECKS.get(arg.of)
    return check(value) if check else ""


def _team(key: Any) -> str:
    team = Team.objects.filter(pk=key).select_related("tier").first()
    if team is None:
        return _("The team is gone: choose another one.")
    if not team.is_active:
        return _("The team “%(team)s” is turned off: choose another one.") % {"team": team.name}
    if not team.tier.is_enabled:
        return _("The tier of “%(team)s” is turned off: choose another team.") % {"team": team.name}
    return ""


def _person(key: Any) -> str:
    person = User.objects.filter(pk=key).first()
    if person is not None and person.is_active:
        return ""
    return _("%(name)s has left: choose somebody who is here.") % {"name": person.name if person else "?"}


def _category_of(key: Any) -> str:
    category = Category.objects.filter(pk=key).first()
    if category is None:
        return _("The category is gone: choose another one.")
    if not category.is_active:
        return _("The category “%(name)s” is retired: choose another one.") % {"name": category.full_name}
    return ""


def _custom_field(key: Any) -> str:
    field = CustomField.objects.filter(pk=key).first()
    if field is not None and field.is_active:
        return ""
    return _("The field “%(name)s” is not in use: choose another one.") % {
        "name": field.label if field else "?"
    }


_CHECKS: dict[Of, Callable[[Any], str]] = {
    Of.TEAM: _team,
    Of.PERSON: _person,
    Of.CATEGORY: _category_of,
    Of.FIELD: _custom_field,
}
