"""Which of several people may open one ticket: asked for all of them at once, by `visible` itself."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, OuterRef, Value, When

from accounts.models import Membership, Organisation, User
from accounts.models.people import Seat
from tickets.models import Ticket
from tickets.models.querysets import visible

AT_ONCE = 40


def with_seats(people: Iterable[User]) -> list[User]:
    """The same people, who know where they sit: one query, however many they are."""
    people = list(people)
    served = Organisation.served_by.through.objects.filter(team=OuterRef("team"))
    rows = Membership.objects.filter(user__in=[each.pk for each in people], team__is_active=True)
    found: dict[int, list[Seat]] = defaultdict(list)
    for person, *seat in rows.order_by("team__tier_id", "team__name").values_list(
        "user_id",
        "team_id",
        "team__name",
        "role",
        "team__tier_id",
        "team__tier__sees",
        "team__tier__clearance",
        "team__tier__writes_to_requesters",
        "team__organisation_id",
        "team__organisation__kind",
        ArraySubquery(served.values("organisation_id")),
    ):
        found[person].append(Seat(*seat))
    for each in people:
        each.seats = found[each.pk]
    return people


def who_sees(ticket: Ticket, people: Iterable[User]) -> set[int]:
    """The keys of those who may open it. The people know their seats (`with_seats`)."""
    seen: set[int] = set()
    people = list(people)
    for start in range(0, len(people), AT_ONCE):
        some = people[start : start + AT_ONCE]
        asked: dict[str, Any] = {
            f"sees_{each.pk}": Case(When(visible(each), then=Value(True)), default=Value(False))
            for each in some
        }
        row = Ticket.objects.filter(pk=ticket.pk).order_by().values_list(*asked.values()).first()
        seen |= {each.pk for each, sees in zip(some, row or (), strict=False) if sees}
    return seen
