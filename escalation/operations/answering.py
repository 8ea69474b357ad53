"""The checklist of a hand-over up: what the sender has answered, what is missing, and whether it goes nevertheless."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from accounts.models import Team, User
from accounts.prepared import insert
from escalation.models import AskedChecklist, ChecklistItem, Handoff, HandoffItem
from escalation.queries.checklists import items_asked
from tickets.models import Priority, Ticket
from tickets.operations import guards
from tickets.permissions import leads
from tickets.refusals import Invalid


class ItemsMissing(Invalid):
    """Required items of the receiving tier's checklist are not done."""

    code = "items_missing"


@dataclass(frozen=True)
class Answers:
    """The items that were asked, those of them that are done, and whether a lead let it go without the rest."""

    asked: tuple[ChecklistItem, ...] = ()
    done: frozenset[int] = frozenset()
    is_overridden: bool = False


def answer(ticket: Ticket, *, to: Team, items: Iterable[int], override: bool, by: User) -> Answers:
    """What `by` answers of the checklist that holds for this ticket on its way up to a team. One query.

    Raises:
        ItemsMissing: naming the required items that are not done.
        NotAllowed: an override by somebody who does not lead.
    """
    asked, done = items_asked(to.tier_id, ticket.category, ticket), frozenset(items)
    missing = [item for item in asked if item.is_required and item.pk not in done]
    if not missing or ticket.priority == Priority.P1:
        return Answers(tuple(asked), done)
    if override:
        guards.require(leads(by, ticket), _("Only a lead lets it go up with required items missing."))
        return Answers(tuple(asked), done, is_overridden=True)
    names = get_text_list([_("“%(title)s”") % {"title": item.text} for item in missing], _("and"))
    raise ItemsMissing(
        _("%(tier)s asks first: %(items)s. Tick what is done, or ask your lead to let it go without.")
        % {"tier": to.tier.code, "items": names},
        field="items",
        items=[item.pk for item in missing],
    )


def keep_answers(handoff: Handoff, answers: Answers) -> None:
    """Write each item as it stands now. What is required and missing stays open with the sender."""
    rows = [
        HandoffItem(
            handoff=handoff,
            item=item,
            was_required=item.is_required,
            is_done=item.pk in answers.done,
            done_at=handoff.at if item.pk in answers.done else None,
        )
        for item in answers.asked
    ]
    if rows:
        insert(*rows)
        AskedChecklist.objects.filter(ticket=handoff.ticket_id, handoff=None).update(handoff=handoff)
