"""What a tier asks before it is handed a ticket, and what senders still owe."""

from django.db.models import FilteredRelation, Prefetch, Q, QuerySet

from accounts.models import User
from escalation.models import Checklist, ChecklistItem, HandoffItem
from tickets.models import Category, Ticket


def items_asked(tier: int, category: Category | None) -> list[ChecklistItem]:
    """The items in use of the checklist that holds there: of the nearest category up the tree, else of the tier.

    One query. A list without items in use asks nothing, also where one further up would.
    """
    above = [*category.ancestry, category.pk] if category else []
    in_use = FilteredRelation("items", condition=Q(items__retired_at__isnull=True))
    rows = (
        Checklist.objects.filter(Q(category__isnull=True) | Q(category_id__in=above), tier_id=tier)
        .filter(is_active=True)
        .annotate(in_use=in_use)
        .order_by("in_use__position", "in_use__id")
        .values_list("pk", "category_id", "in_use__pk", "in_use__text", "in_use__is_required")
    )
    found = list(rows)
    if not found:
        return []
    nearest = max(found, key=lambda row: above.index(row[1]) if row[1] else -1)[0]
    return [
        ChecklistItem(pk=key, checklist_id=checklist, text=text, is_required=required)
        for checklist, _category, key, text, required in found
        if checklist == nearest and key is not None
    ]


def checklists() -> QuerySet[Checklist]:
    """Those in use, with their items in use, in the order of tiers and categories."""
    items = ChecklistItem.objects.filter(retired_at__isnull=True)
    return (
        Checklist.objects.filter(is_active=True)
        .select_related("tier", "category")
        .prefetch_related(Prefetch("items", items, to_attr="in_use"))
        .order_by("tier_id", "category__full_name")
    )


def keepable(user: User) -> QuerySet[Checklist]:
    """Those that this person may change: administrators all, leads those of their teams' tiers."""
    rows = checklists()
    return rows if user.is_administrator else rows.filter(tier_id__in=led_tiers(user))


def led_tiers(user: User) -> list[int]:
    return sorted({seat.tier for seat in user.seats if seat.role == "lead" and not seat.is_vendor})


def answered_ids(checklist: Checklist) -> set[int]:
    """The items that a hand-off has answered: their words must stay as they were."""
    rows = HandoffItem.objects.filter(item__checklist=checklist).order_by().distinct()
    return set(rows.values_list("item_id", flat=True))


def owed(ticket: Ticket) -> QuerySet[HandoffItem]:
    """What the sender of a hand-off of this ticket has not answered yet."""
    return HandoffItem.objects.filter(handoff__ticket=ticket, is_done=False).select_related("item", "handoff")
