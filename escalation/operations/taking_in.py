"""Rules that come as YAML: all of a text are taken in, or none."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from escalation.models import Rule
from escalation.operations.rules import create_rule, publish_rule
from escalation.rules.exchange import Draft


@dataclass(frozen=True)
class TakenIn:
    made: int
    changed: int


@transaction.atomic
def take_in(drafts: Iterable[Draft], *, by: User | None, at: datetime, why: str = "") -> TakenIn:
    """A rule of this name says what the text says; a name that is new makes a rule, not in use yet, last in the order.

    Raises:
        NotAllowed, Invalid: as for a rule that is written on its page.
    """
    known = {rule.name.casefold(): rule for rule in Rule.objects.select_related("current")}
    made = changed = 0
    for draft in drafts:
        rule = known.get(draft.name.casefold())
        if rule is None:
            create_rule(name=draft.name, spec=draft.spec, note=draft.note, why=why, by=by, at=at)
            made += 1
        else:
            after = publish_rule(rule, spec=draft.spec, note=draft.note, why=why, by=by, at=at)
            changed += after.current_id != rule.current_id
    return TakenIn(made, changed)
