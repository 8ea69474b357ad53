"""What a tier wants to know before it is handed a ticket: lists of items, kept by administrators and leads.

Nothing is deleted: hand-offs have answered it. A list or an item that is taken away is retired, and a dialog that
was open at that moment is carried out all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import events as accounts
from accounts.models import Tier, User
from escalation import events, settings_events
from escalation.models import Checklist, ChecklistItem, HandoffItem
from escalation.permissions import may_keep_checklists
from escalation.queries.checklists import answered_ids
from tickets import events as ticket_events
from tickets.models import Category
from tickets.operations import guards
from tickets.permissions import may_track
from tickets.refusals import Invalid, NotAllowed, Refused

MOST_ITEMS = 30


@dataclass(frozen=True)
class Wanted:
    """An item as the list should have it; `key` is None for one that is new."""

    text: str
    is_required: bool = False
    key: int | None = None


@transaction.atomic
def create_checklist(
    *, tier: Tier, category: Category | None = None, items: Sequence[Wanted], by: User | None, at: datetime
) -> Checklist:
    """A list for what is handed to a tier, of a category (and all below it) or of any.

    Raises:
        Invalid: there is one already, or its items are not usable.
    """
    _require_keeper(by, tier.level)
    try:
        with transaction.atomic():
            checklist = Checklist.objects.create(tier=tier, category=category)
    except IntegrityError:
        raise Invalid(
            _("There is a checklist for this tier and category already: change that one."), field="category"
        ) from None
    _put(checklist, items, at)
    accounts.record(settings_events.CHECKLIST_CREATED, by=by, at=at, about=checklist.pk)
    return checklist


@transaction.atomic
def change_checklist(
    checklist: Checklist, *, items: Sequence[Wanted], by: User | None, at: datetime
) -> Checklist:
    """Make the list say this, in this order. What is no longer named is retired.

    An item that a hand-off has answered keeps its words: with others it is another item.
    """
    checklist = _locked(checklist)
    _require_keeper(by, checklist.tier_id)
    if _put(checklist, items, at):
        accounts.record(settings_events.CHECKLIST_CHANGED, by=by, at=at, about=checklist.pk)
    return checklist


@transaction.atomic
def retire_checklist(checklist: Checklist, *, by: User | None, at: datetime) -> Checklist:
    """Take the list out of use. What hand-offs have answered of it stays with them."""
    checklist = _locked(checklist)
    _require_keeper(by, checklist.tier_id)
    if checklist.is_active:
        checklist.is_active = False
        checklist.save(update_fields=["is_active"])
        accounts.record(settings_events.CHECKLIST_RETIRED, by=by, at=at, about=checklist.pk)
    return checklist


@transaction.atomic
def answer_item(handoff_item: HandoffItem, *, by: User, at: datetime) -> HandoffItem:
    """The sender has seen to an item that was missing when a P1 was handed over.

    Raises:
        AlreadyAnswered: somebody was faster.
    """
    ticket = ticket_events.lock(handoff_item.handoff.ticket_id)
    handoff_item = HandoffItem.objects.select_related("handoff", "item").get(pk=handoff_item.pk)
    handoff = handoff_item.handoff
    guards.require(
        by.pk == handoff.by_id or handoff.from_team_id in by.team_ids or may_track(by, ticket),
        _("Only those who handed %(number)s over, and those who track it, can answer this.")
        % {"number": ticket.number},
    )
    if handoff_item.is_done:
        raise AlreadyAnswered(_("“%(item)s” is answered already.") % {"item": handoff_item.item})
    handoff_item.is_done, handoff_item.done_at = True, at
    handoff_item.save(update_fields=["is_done", "done_at"])
    ticket_events.record(
        ticket, events.ITEM_ANSWERED, by=by, at=at, handoff=handoff, checklist_item=handoff_item.item_id
    )
    return handoff_item


class AlreadyAnswered(Refused):
    code = "already_answered"


def _locked(checklist: Checklist) -> Checklist:
    return Checklist.objects.select_for_update(of=("self",)).get(pk=checklist.pk)


def _require_keeper(by: User | None, level: int) -> None:
    if not may_keep_checklists(by, level):
        raise NotAllowed(_("Only administrators, and leads of the tier's teams, can change its checklists."))


def _put(checklist: Checklist, items: Sequence[Wanted], at: datetime) -> bool:
    """Write the items; answers whether anything changed."""
    wanted = _usable(items)
    kept = {row.pk: row for row in checklist.items.filter(retired_at__isnull=True)}
    answered = answered_ids(checklist) if kept else set()
    changed = False
    for position, each in enumerate(wanted):
        row = kept.get(each.key or 0)
        if row is None or (row.text != each.text and row.pk in answered):
            ChecklistItem.objects.create(
                checklist=checklist, text=each.text, is_required=each.is_required, position=position
            )
            changed = True
            continue
        del kept[row.pk]
        after = (each.text, each.is_required, position)
        if (row.text, row.is_required, row.position) != after:
            row.text, row.is_required, row.position = after
            row.save(update_fields=["text", "is_required", "position"])
            changed = True
    gone = ChecklistItem.objects.filter(pk__in=kept).update(retired_at=at)
    return changed or bool(gone)


def _usable(items: Sequence[Wanted]) -> list[Wanted]:
    """Items with usable words, each once.

    Raises:
        Invalid: none, too many, the same twice, or words that are too long.
    """
    found = [
        Wanted(guards.line(each.text, "items", longest=200, needed=True), each.is_required, each.key)
        for each in items
    ]
    if not found:
        raise Invalid(_("Write at least one item."), field="items")
    if len(found) > MOST_ITEMS:
        raise Invalid(
            _("A checklist has at most %(most)d items; nobody reads more.") % {"most": MOST_ITEMS},
            field="items",
        )
    seen: set[str] = set()
    for each in found:
        if each.text.casefold() in seen:
            raise Invalid(_("“%(item)s” stands there twice.") % {"item": each.text}, field="items")
        seen.add(each.text.casefold())
    return found
