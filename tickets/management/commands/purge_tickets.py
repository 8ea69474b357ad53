from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tickets.operations.retaining import due, purge


class Command(BaseCommand):
    help = "Delete tickets for good that were closed before a date, with all that hangs on them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--closed-before", required=True, metavar="YYYY-MM-DD")
        parser.add_argument("--reason", default="", help="kept with the run, for example the retention rule")
        parser.add_argument("--dry-run", action="store_true", help="count only")

    def handle(self, **options: Any) -> None:
        try:
            before = datetime.fromisoformat(options["closed_before"]).replace(tzinfo=UTC)
        except ValueError:
            raise CommandError("--closed-before takes a date such as 2024-12-31.") from None
        if options["dry_run"]:
            self.stdout.write(f"Tickets that ended before {before:%Y-%m-%d}: {due(before).count()}")
            return
        if not options["reason"]:
            raise CommandError("--reason is needed: it is all that stays of what is deleted.")
        total = 0
        while run := purge(closed_before=before, reason=options["reason"], by=None, at=timezone.now()):
            total += run.tickets
            self.stdout.write(f"\rDeleted for good: {total}", ending="")
        self.stdout.write(f"\rDeleted for good: {total}")
