"""When rules and policies were changed: what a trend is read against."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from escalation.models import RuleVersion
from insights.cuts import Period
from insights.queries.narrowing import during
from sla.models import PolicyVersion

MOST_SHOWN = 40
"""A year of busy rules would hide the trend; the newest are kept."""


@dataclass(frozen=True)
class Changed:
    at: datetime
    words: str
    """ "Rule “VIP to L2”, version 4: note"."""


def changes(period: Period) -> list[Changed]:
    """What people published of rules and policies in the period, oldest first; two queries.

    What the desk came with was published by nobody and changed nothing.
    """
    by_people = during("at", period) & Q(by__isnull=False)
    rules = RuleVersion.objects.order_by("-at").filter(by_people)
    policies = PolicyVersion.objects.order_by("-at").filter(by_people)
    found = [
        *_told(_("Rule “%(name)s”"), rules.values_list("at", "rule__name", "number", "note")[:MOST_SHOWN]),
        *_told(
            _("Policy “%(name)s”"), policies.values_list("at", "policy__name", "number", "note")[:MOST_SHOWN]
        ),
    ]
    return sorted(found, key=lambda change: change.at)[-MOST_SHOWN:]


def _told(what: str, versions: Iterable[tuple[datetime, str, int, str]]) -> Iterator[Changed]:
    for at, name, number, note in versions:
        words = _("%(what)s, version %(number)s") % {"what": what % {"name": name}, "number": number}
        yield Changed(at, f"{words}: {note}" if note else words)
