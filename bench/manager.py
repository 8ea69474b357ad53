"""Who reads figures in a bench database: `bench.beside` makes them on new ones and on those that were made before."""

from __future__ import annotations

from typing import Any

import django

django.setup()

from allauth.account.models import EmailAddress
from django.db.models import Count

from accounts.models import Organisation, User
from bench.names import CUSTOMER, MANAGER, PASSWORD
from tickets.models import Ticket


def main() -> None:
    _person(MANAGER, "Bench Manager", is_manager=True)
    _person(CUSTOMER, "Bench Customer", sees_organisation=True, organisation=_largest())


def _person(email: str, name: str, **facts: Any) -> None:
    if not User.objects.filter(email=email).exists():
        user = User.objects.create_user(email, PASSWORD, name=name, **facts)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)


def _largest() -> Organisation | None:
    rows = Ticket.objects.filter(organisation__isnull=False).order_by().values("organisation")
    found = rows.annotate(n=Count("pk")).order_by("-n").first()
    return Organisation.objects.get(pk=found["organisation"]) if found else None
