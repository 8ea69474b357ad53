"""What a tier asks before it is handed a ticket, and what senders still owe."""

from collections.abc import Collection, Iterable, Mapping

from django.db.models import Exists, FilteredRelation, OuterRef, Prefetch, Q, QuerySet, Value

from accounts.models import User
from escalation.models import AskedChecklist, Checklist, ChecklistItem, Handoff, HandoffItem
from tickets.models import Category, Ticket


def items_asked(tier: int, category: Category | None, ticket: Ticket | None = None) -> list[ChecklistItem]:
    """The items in use of the checklist that holds there: of the nearest category up the tree, else of the tier.

    One query. A list without items in use asks nothing, also where one further up would. What a rule has put on the
    ticket is asked beside it.
    """
    above = [*category.ancestry, category.pk] if category else []
    in_use = FilteredRelation("items", condition=Q(items__retired_at__isnull=True))
    of_tier = Q(Q(category__isnull=True) | Q(category_id__in=above), tier_id=tier)
    put_on = AskedChecklist.objects.filter(ticket=ticket, handoff=None, checklist=OuterRef("pk"))
    extra = Exists(put_on) if ticket is not None else Value(False)
    rows = (
        Checklist.objects.annotate(is_extra=extra, in_use=in_use)
        .filter(of_tier | Q(is_extra=True), is_active=True)
        .order_by("in_use__position", "in_use__id")
        .values_list(
            "pk", "tier_id", "category_id", "is_extra", "in_use__pk", "in_use__text", "in_use__is_required"
        )
    )
    found = list(rows)
    usual = [row for row in found if row[1] == tier and (row[2] is None or row[2] in above)]
    nearest = max(usual, key=lambda row: above.index(row[2]) if row[2] else -1)[0] if usual else None
    return [
        ChecklistItem(pk=key, checklist_id=checklist, text=text, is_required=required)
        for checklist, _tier, _category, is_extra, key, text, required in found
        if (checklist == nearest or is_extra) and key is not None
    ]


def items_asked_of_many(tier: int, tickets: Collection[Ticket]) -> dict[int, list[ChecklistItem]]:
    """By ticket what `items_asked` says of it; three queries for all. Needs each ticket's category."""
    put_on: dict[int, set[int]] = {ticket.pk: set() for ticket in tickets}
    waiting = AskedChecklist.objects.filter(ticket__in=put_on, handoff=None)
    for key, checklist in waiting.values_list("ticket_id", "checklist_id"):
        put_on[key].add(checklist)
    lists = {
        row.pk: row for row in checklists().filter(Q(tier=tier) | Q(pk__in=set().union(*put_on.values())))
    }
    by_category = {row.category_id: row.pk for row in lists.values() if row.tier_id == tier}
    return {ticket.pk: _items(lists, _nearest(by_category, ticket), put_on[ticket.pk]) for ticket in tickets}


def _nearest(by_category: Mapping[int | None, int], ticket: Ticket) -> set[int]:
    """The list of the nearest category up the tree, else the tier's own."""
    category = ticket.category
    above: list[int | None] = [None, *([*category.ancestry, category.pk] if category else [])]
    found = next((by_category[key] for key in reversed(above) if key in by_category), None)
    return set() if found is None else {found}


def _items(lists: Mapping[int, Checklist], *wanted: set[int]) -> list[ChecklistItem]:
    keys = set().union(*wanted) & lists.keys()
    items: list[ChecklistItem] = [item for key in keys for item in lists[key].in_use]  # type: ignore[attr-defined]
    return sorted(items, key=lambda item: (item.position, item.pk))


def missing(handoffs: Iterable[Handoff]) -> dict[int, list[str]]:
    """By hand-off the required items that were not done when it was made, in their words; one query."""
    rows = HandoffItem.objects.filter(handoff__in=handoffs, was_required=True, is_done=False)
    found: dict[int, list[str]] = {}
    for key, text in rows.order_by("pk").values_list("handoff_id", "item__text"):
        found.setdefault(key, []).append(text)
    return found


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
