"""Makes a token of the API and prints it alone, for scripts that set a desk up."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from accounts.operations import create_token
from accounts.refusals import Refused


class Command(BaseCommand):
    help = "Prints a new token of the API that acts for this person. It is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="whose token it is: the mail address that they log in with")
        parser.add_argument("--scopes", required=True, help="with commas, such as tickets:read,tickets:write")
        parser.add_argument("--name", default="made on the server", help="what it is for (%(default)s)")
        parser.add_argument("--days", type=int, help="how long it lasts; without an end if not given")
        parser.add_argument("--max-tier", type=int, help="act as somebody on this tier at most (0 to 4)")

    def handle(
        self,
        *args: Any,
        email: str,
        scopes: str,
        name: str,
        days: int | None,
        max_tier: int | None,
        **options: Any,
    ) -> None:
        person = User.objects.filter(email__iexact=email).first()
        if person is None:
            raise CommandError(f"Nobody has the address {email}.")
        at = timezone.now()
        try:
            _token, text = create_token(
                person,
                name=name,
                scopes=[scope.strip() for scope in scopes.split(",") if scope.strip()],
                max_tier=max_tier,
                expires_at=at + timedelta(days=days) if days is not None else None,
                by=None,
                at=at,
            )
        except (Refused, OverflowError) as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(text)
