"""Whom a note may call: people and teams of the desk, each with the reason where they may not read it."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from accounts.models import Membership, Organisation, Team, User
from tickets.models import Ticket
from tickets.queries.seeing import who_sees, with_seats

MOST_MEMBERS = 100
"""Of one team: a call to more is an announcement."""


def people_of_desk() -> QuerySet[User]:
    """Whoever works at the desk: technicians, managers and administrators, not a vendor's guests."""
    seats = Membership.objects.filter(user=OuterRef("pk"), team__is_active=True)
    house = seats.exclude(team__organisation__kind=Organisation.Kind.VENDOR)
    return User.objects.active().filter(
        Q(Exists(house)) | Q(is_manager=True) | Q(is_administrator=True), is_service=False
    )


def teams_of_desk() -> QuerySet[Team]:
    return Team.objects.active().exclude(organisation__kind=Organisation.Kind.VENDOR)


def people_named(names: Iterable[str]) -> list[User]:
    """By their whole name or their mail address."""
    wanted = list(names)
    mails = [name.lower() for name in wanted if "@" in name]
    is_named = Q(name__in=wanted)
    if mails:
        is_named |= Q(mail__in=mails)
    return list(people_of_desk().alias(mail=Lower("email")).filter(is_named).order_by("pk"))


def readers_of(
    ticket: Ticket, people: Iterable[User], teams: Iterable[Team], *, min_tier: int = 0
) -> tuple[set[int], dict[int, list[User]]]:
    """Which of the people may read a note of the ticket, and by team which of its members. Three queries."""
    people, members = list(people), _members(teams)
    everybody = {each.pk: each for each in [*people, *(one for some in members.values() for one in some)]}
    if not everybody:
        return set(), {}
    known = with_seats(everybody.values())
    cleared = [each for each in known if each.clearance >= min_tier]
    seen = who_sees(ticket, cleared)
    by_team = {
        team: [everybody[each.pk] for each in some if each.pk in seen] for team, some in members.items()
    }
    return {each.pk for each in people if each.pk in seen}, by_team


def _members(teams: Iterable[Team]) -> dict[int, list[User]]:
    found: dict[int, list[User]] = {team.pk: [] for team in teams}
    if not found:
        return {}
    rows = Membership.objects.filter(team__in=found, user__is_active=True).select_related("user")
    for row in rows.order_by("team_id", "user_id"):
        if len(found[row.team_id]) < MOST_MEMBERS:
            found[row.team_id].append(row.user)
    return found
