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
