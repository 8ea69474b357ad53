from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from helpdesk.desk import setup_token


class Command(BaseCommand):
    help = "Prints the token that the first-run pages ask for. Only while nobody has an account."

    def handle(self, *args: Any, **options: Any) -> None:
        if not setup_token.is_open_to_strangers():
            raise CommandError("The desk is set up, or somebody has an account already: no token opens it.")
        self.stdout.write(f"{settings.BASE_URL}/setup/\n{setup_token.token()}")
