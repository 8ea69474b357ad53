"""What webhooks can ask for. The app that has the events says which there are; this one knows no tickets."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.refusals import Refused

ALL = "*"
MOST_KINDS = 100


class Unusable(Refused):
    """A webhook cannot be kept as given; `field` names what is wrong with it."""

    code = "unusable"

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message, field=field)


@dataclass(frozen=True)
class Vocabulary:
    """The kinds of events, and how a filter is read for its owner: it answers its JSON or says why it is none."""

    kinds: Callable[[], Iterable[str]]
    read_filter: Callable[[Any, User], Mapping[str, Any]]
    describe_filter: Callable[[Mapping[str, Any], User | None], str]


_learnt: list[Vocabulary] = []


def learn(vocabulary: Vocabulary) -> None:
    """Called by `helpdesk.wiring`, once."""
    _learnt[:] = [vocabulary]


def known_kinds() -> list[str]:
    return sorted({kind for known in _learnt for kind in known.kinds()})


def groups() -> list[str]:
    """Each group of kinds as it is asked for: `ticket.*`."""
    return sorted({f"{kind.partition('.')[0]}.*" for kind in known_kinds()})


def checked_kinds(asked: Iterable[str]) -> list[str]:
    """What is asked for, each once; everything is everything alone.

    Raises:
        Unusable: there is no such kind of event.
    """
    wanted = sorted({kind.strip() for kind in asked if kind.strip()})
    known = {ALL, *groups(), *known_kinds()}
    unknown = [kind for kind in wanted if kind not in known]
    if unknown:
        raise Unusable(
            _("There are no events “%(kind)s”. Give “*”, a group such as “ticket.*”, or one of: %(known)s.")
            % {"kind": unknown[0][:60], "known": ", ".join(known_kinds())},
            "kinds",
        )
    if len(wanted) > MOST_KINDS:
        raise Unusable(
            _("That are more than %(n)d. Ask for their group, or for “*”.") % {"n": MOST_KINDS}, "kinds"
        )
    return [ALL] if ALL in wanted else wanted


def checked_filter(asked: Any, owner: User) -> dict[str, Any]:
    """The filter as it is kept, {} for every ticket.

    Raises:
        Unusable: it cannot be read.
    """
    if not asked:
        return {}
    if not _learnt:
        raise Unusable(_("Nothing can be filtered by here."), "filter")
    return dict(_learnt[0].read_filter(asked, owner))


def described(tree: Mapping[str, Any], reader: User | None) -> str:
    """The filter in words."""
    return _learnt[0].describe_filter(tree, reader) if tree and _learnt else ""
