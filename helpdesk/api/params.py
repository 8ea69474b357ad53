"""Query parameters that many lists share: limit, fields, include."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from helpdesk.api.asking import Request
from helpdesk.api.problems import Problem, parameter_error

LIMIT, LARGEST = 50, 100


def refuse(name: str, detail: str) -> Problem:
    return Problem("invalid", detail, field=name, errors=[parameter_error(name, detail)])


def limit_of(request: Request, *, default: int = LIMIT, largest: int = LARGEST) -> int:
    given = request.query_params.get("limit")
    if given is None:
        return default
    if not (given.isascii() and given.isdecimal() and len(given) < 5 and 1 <= int(given) <= largest):
        raise refuse("limit", _("Give a number from 1 to %(largest)s.") % {"largest": largest})
    return int(given)


def names_of(request: Request, name: str, known: Collection[str]) -> tuple[str, ...] | None:
    """What `?fields=a,b` or `?include=a,b` names; None where it was not given."""
    if name not in request.query_params:
        return None
    given = ",".join(request.query_params.getlist(name)).split(",")
    wanted = tuple(dict.fromkeys(part.strip() for part in given if part.strip()))
    unknown = [part for part in wanted if part not in known]
    if unknown:
        raise refuse(
            name,
            _("There is no “%(name)s”. Choose from: %(known)s.")
            % {"name": unknown[0][:60], "known": ", ".join(sorted(known))},
        )
    return wanted


def choice_of(request: Request, name: str, known: Collection[str], default: str) -> str:
    given = request.query_params.get(name, default)
    if given not in known:
        raise refuse(name, _("Choose one of: %(known)s.") % {"known": ", ".join(known)})
    return given


def flag_of(request: Request, name: str) -> bool:
    given = request.query_params.get(name, "false").lower()
    if given not in ("true", "false", "1", "0"):
        raise refuse(name, _("Give true or false."))
    return given in ("true", "1")


def key_of(request: Request, name: str) -> int | None:
    """The id that a parameter names; None where it was not given."""
    given = request.query_params.get(name)
    if given is None:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) < 16):
        raise refuse(name, _("Give an id, a whole number."))
    return int(given)
