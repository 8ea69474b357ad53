"""The rows without which nothing works: five tiers, one team, one desk. Idempotent; runs after every migrate."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS

from accounts.models import Desk, Sees, Team, Tier

SHIPPED_TIERS: tuple[dict[str, Any], ...] = (
    {"level": 0, "name": "Triage", "sees": Sees.SERVED, "clearance": 1, "writes_to_requesters": True},
    {"level": 1, "name": "Service desk", "sees": Sees.SERVED, "clearance": 1, "writes_to_requesters": True},
    {"level": 2, "name": "Technical", "sees": Sees.SERVED, "clearance": 2, "writes_to_requesters": False},
    {"level": 3, "name": "Expert", "sees": Sees.EVERYTHING, "clearance": 4, "writes_to_requesters": True},
    {"level": 4, "name": "Vendors", "sees": Sees.HANDED, "clearance": 0, "writes_to_requesters": False},
)


def ensure_defaults(*, using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    for row in SHIPPED_TIERS:
        Tier.objects.using(using).get_or_create(level=row["level"], defaults=row)
    if not Team.objects.using(using).exists():
        Team.objects.using(using).create(name="Service desk", tier_id=1, is_default=True)
    Desk.objects.using(using).get_or_create(pk=1)
