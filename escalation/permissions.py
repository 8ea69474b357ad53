"""Who may set up escalation. `by=None` is the system and may do all."""

from accounts.models import User
from accounts.permissions import may_administer


def may_keep_checklists(by: User | None, level: int) -> bool:
    """Administrators, and whoever leads a team of the receiving tier."""
    return by is None or may_administer(by) or leads_on(by, level)


def leads_on(user: User, level: int) -> bool:
    return any(seat.role == "lead" and seat.tier == level and not seat.is_vendor for seat in user.seats)


def leads_one_of(user: User, team_ids: tuple[int, ...]) -> bool:
    """Leads one of these teams, or looks after the whole desk."""
    return user.is_administrator or user.is_manager or any(key in user.led_team_ids for key in team_ids)


def may_write_rules(by: User | None) -> bool:
    """Rules move everybody's tickets: managers and administrators write them."""
    return by is None or (by.is_active and (by.is_administrator or by.is_manager))


def may_read_rules(user: User) -> bool:
    """Leads read what moves the tickets of their teams."""
    return may_write_rules(user) or bool(user.led_team_ids)


def may_keep_work(by: User | None, team: int) -> bool:
    """How a team works is said by administrators and by those who lead it."""
    return by is None or may_administer(by) or team in by.led_team_ids


def leads_person(user: User, other: User) -> bool:
    """Leads a team that the other sits in, or looks after the whole desk."""
    return user.is_active and leads_one_of(user, tuple(other.team_ids))


def may_say_where(by: User | None, person: User) -> bool:
    """Whether somebody is here is said by themselves and by those who lead them."""
    return by is None or by.pk == person.pk or leads_person(by, person)


def may_keep_capacity(by: User | None, person: User) -> bool:
    """When somebody works, and how much they can have, is said by those who lead them."""
    return by is None or leads_person(by, person)
