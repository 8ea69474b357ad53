"""The rows without which nothing works: five tiers, one team, one desk. Idempotent; runs after every migrate."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from accounts.models import Desk, Sees, Team, Tier

SHIPPED_TIERS: tuple[dict[str, Any], ...] = (
    {"level": 0, "name": _("Triage"), "sees": Sees.SERVED, "clearance": 1, "writes_to_requesters": True},
    {
        "level": 1,
        "name": _("Service desk"),
        "sees": Sees.SERVED,
        "clearance": 1,
        "writes_to_requesters": True,
    },
    {"level": 2, "name": _("Technical"), "sees": Sees.SERVED, "clearance": 2, "writes_to_requesters": False},
    {"level": 3, "name": _("Expert"), "sees": Sees.EVERYTHING, "clearance": 4, "writes_to_requesters": True},
    {"level": 4, "name": _("Vendors"), "sees": Sees.HANDED, "clearance": 0, "writes_to_requesters": False},
)


def shipped_name(name: str) -> str:
    """What the set-up proposes: a name that nobody has changed yet, in the language that is active."""
    return gettext(name) if name in {row["name"] for row in SHIPPED_TIERS} else name


def ensure_defaults(*, using: str = DEFAULT_DB_ALIAS, **_more: Any) -> None:
    for row in SHIPPED_TIERS:
        Tier.objects.using(using).get_or_create(level=row["level"], defaults=row)
    if not Team.objects.using(using).exists():
        Team.objects.using(using).create(name="Service desk", tier_id=1, is_default=True)
    Desk.objects.using(using).get_or_create(pk=1)
