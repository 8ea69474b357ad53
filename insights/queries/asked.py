"""A cut as programs ask for it: by names and words, checked one by one.

The names are those of the addresses of pages (`insights.forms.cut.address_of`), so that what a page asks for can be
asked for here. Saved reports and exports ask by the form of the pages.
"""

from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as _

from insights import periods
from insights.cuts import LABELS, NONE, Cut, Dimension, Period, Scope
from insights.queries.names import is_known
from tickets.models import Channel, Kind
from tickets.refusals import Invalid

PERIOD = ("period", "from", "to")
NARROWS = ("kind", "priority", "tier", "team", "organisation", "category", "alone", "channel", "policy")
WITHOUT = ("none", str(NONE))
"""Asks for those that have none."""
MAY_LACK = (Dimension.ORGANISATION, Dimension.CATEGORY, Dimension.POLICY)
INNER = ("tier", "team", "organisation", "channel", "policy")
"""How the desk is built inside: not for the manager of an organisation."""


def cut_asked(given: Mapping[str, str], *, scope: Scope, today: date) -> Cut:
    """The cut of these words, in the reader's scope. Empty ones ask for nothing; without a period the last 30 days.

    Raises:
        Invalid: a word that cannot be used; `field` names it. What was deleted, or is not the reader's, is said to be
            not there (any more).
    """
    words = {name: given.get(name, "").strip() for name in (*PERIOD, *NARROWS)}
    if scope.organisation:
        asked = next((name for name in INNER if words[name]), None)
        if asked is not None:
            raise Invalid(
                _("This cannot be asked of the figures of an organisation. Leave it out."), field=asked
            )
    level = _number(words, Dimension.TIER, scope) if words["tier"] else None
    category = _number(words, Dimension.CATEGORY, scope)
    return Cut(
        _period(words, today),
        scope,
        kind=_choice(words, "kind", Kind.values),
        priority=int(_choice(words, "priority", ["1", "2", "3", "4"]) or 0),
        level=level,
        team=_number(words, Dimension.TEAM, scope),
        organisation=_number(words, Dimension.ORGANISATION, scope),
        category=category,
        category_alone=category > 0 and words["alone"] == "1",
        channel=_choice(words, "channel", Channel.values),
        policy=_number(words, Dimension.POLICY, scope),
    )


def dimension_asked(name: str, *, scope: Scope) -> Dimension | None:
    """None for an empty name. Raises Invalid (`field` is "by")."""
    known = [str(one) for one in Dimension if not scope.organisation or str(one) not in INNER]
    if name and name not in known:
        raise Invalid(_no_such(name, known), field="by")
    return Dimension(name) if name else None


def _period(words: Mapping[str, str], today: date) -> Period:
    if words["from"] or words["to"]:
        return periods.between(words["from"], words["to"])
    return periods.named(words["period"] or periods.USUAL, today=today)


def _choice(words: Mapping[str, str], name: str, known: list[str]) -> str:
    if words[name] and words[name] not in known:
        raise Invalid(_no_such(words[name], known), field=name)
    return words[name]


def _no_such(text: str, known: list[str]) -> str:
    return _("There is no “%(text)s”. Choose one of: %(known)s.") % {
        "text": text[:40],
        "known": ", ".join(known),
    }


def _number(words: Mapping[str, str], dimension: Dimension, scope: Scope) -> int:
    """The key of something that is there and the reader's; 0 where nothing was asked."""
    text = words[dimension]
    if not text:
        return 0
    if text in WITHOUT and dimension in MAY_LACK:
        return NONE
    is_key = text.isascii() and text.isdigit() and len(text) < 10
    is_theirs = dimension != Dimension.TEAM or scope.teams is None or (is_key and int(text) in scope.teams)
    if not is_key or not is_theirs or not is_known(dimension, int(text)):
        raise Invalid(
            _("There is no %(what)s %(key)s, or not any more. Choose another one, or leave it out.")
            % {"what": LABELS[dimension], "key": text[:20]},
            field=str(dimension),
        )
    return int(text)
