"""Somebody who sees all in a bench database: `bench.data` runs it on new ones and on those that were made before."""

from __future__ import annotations

import django

django.setup()

from allauth.account.models import EmailAddress

from accounts.models import User
from bench.names import MANAGER, PASSWORD


def main() -> None:
    manager = User.objects.filter(email=MANAGER).first()
    if manager is None:
        manager = User.objects.create_user(MANAGER, PASSWORD, name="Bench Manager", is_manager=True)
        EmailAddress.objects.create(user=manager, email=MANAGER, verified=True, primary=True)


if __name__ == "__main__":
    main()
