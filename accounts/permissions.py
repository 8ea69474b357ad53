"""Who may change people, teams and settings. `by=None` is the system and may do all."""

from accounts.models import Membership, Team, User


def may_administer(by: User | None) -> bool:
    return by is None or (by.is_active and by.is_administrator)


def leads_team(by: User | None, team: Team) -> bool:
    return by is None or team.pk in by.led_team_ids


def leads_person(by: User | None, person: User) -> bool:
    """Whether this person sits in a team that `by` leads."""
    return by is None or Membership.objects.filter(user=person, team_id__in=by.led_team_ids).exists()


def may_find_people(user: User) -> bool:
    """Look people up by name, mail or phone: the desk, not requesters and not a vendor's guests."""
    return user.is_technician or user.is_manager or user.is_administrator
