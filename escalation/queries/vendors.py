"""Which vendor takes a ticket, what is agreed with it, and what lies there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from accounts.models import Contract, Organisation, Team
from accounts.queries import longest
from escalation.models import Fix, Handoff, VendorFor
from sla.queries.staffed import desk_hours
from tickets.models import FAR, Ticket

VENDOR_TIER = 4
USUAL_CHASE_HOURS = 8
"""Working hours without an answer until a vendor without a contract is chased."""


@dataclass(frozen=True)
class Cover:
    """What is agreed with a vendor on a day: `state` is one of none, coming, runs, ends, ended."""

    contract: Contract | None
    state: str

    @property
    def holds(self) -> bool:
        return self.state in ("runs", "ends")


def vendor_teams() -> QuerySet[Team]:
    """The teams of vendors that receive tickets, by name."""
    vendors = Organisation.Kind.VENDOR
    rows = Team.objects.in_use().filter(tier_id=VENDOR_TIER, organisation__kind=vendors)
    return rows.select_related("tier", "organisation").order_by("organisation__name", "-is_default", "name")


def teams_that_take(ticket: Ticket) -> list[int]:
    """The keys of the vendors' teams that take this ticket, the nearest first: by its category or one above, or by
    a product that its subject or device names."""
    category = ticket.category
    above = [*category.ancestry, category.pk] if category else []
    rows = VendorFor.objects.filter(Q(category_id__in=above) | ~Q(product=""))
    about = f"{ticket.subject} {ticket.device}".casefold()
    found = [
        (above.index(row.category_id) if row.category_id else -1, row.team_id)
        for row in rows.order_by("team_id")
        if (row.category_id is None or row.category_id in above)
        and (not row.product or row.product.casefold() in about)
    ]
    return list(dict.fromkeys(team for _depth, team in sorted(found, key=lambda each: -each[0])))


def covers(vendors: Iterable[int], day: date) -> dict[int, Cover]:
    """By vendor what is agreed with it on this day of the desk; one query, and every vendor has its line."""
    wanted = set(vendors)
    by_vendor: dict[int, list[Contract]] = {key: [] for key in wanted}
    for contract in Contract.objects.filter(vendor_id__in=wanted):
        by_vendor[contract.vendor_id].append(contract)
    return {key: _cover(rows, day) for key, rows in by_vendor.items()}


def _cover(contracts: list[Contract], day: date) -> Cover:
    best = longest(contracts, day)
    return Cover(best, best.state(day) if best else "none")


def chase_after(vendor: int | None, *, at: datetime, day: date) -> datetime | None:
    """When a vendor that has been silent since `at` is to be chased: so many hours of the desk as its contract says.

    None where the desk has no hours in which that would come.
    """
    contract = Contract.objects.filter(vendor_id=vendor).in_force(day).order_by("chase_hours").first()
    hours = contract.chase_hours if contract else USUAL_CHASE_HOURS
    due = desk_hours().add_working_time(at, timedelta(hours=hours))
    return due if due < FAR else None


def with_vendor(ticket: Ticket) -> Handoff | None:
    """The hand-off by which a vendor has the ticket, or says that it is done, until somebody here confirms it."""
    rows = Handoff.objects.filter(ticket=ticket, fix__in=[Fix.AWAITED, Fix.CLAIMED])
    return rows.select_related("to_team__organisation", "from_team", "responsible").order_by("-id").first()
