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
