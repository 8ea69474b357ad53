"""When rules and policies were changed: what a trend is read against."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from escalation.models import RuleVersion
from insights.cuts import Period
from insights.queries.narrowing import during
from sla.models import PolicyVersion

MOST_SHOWN = 12
"""A year of busy rules would hide the lines; the newest are kept."""


@dataclass(frozen=True)
class Changed:
    at: datetime
    words: str
    """ "Rule “VIP to L2”, version 4: note"."""


def changes(period: Period) -> list[Changed]:
    """The newest publications of rules and policies in the period, oldest first; two queries."""
    rules = RuleVersion.objects.order_by("-at").filter(during("at", period))
    policies = PolicyVersion.objects.order_by("-at").filter(during("at", period))
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
