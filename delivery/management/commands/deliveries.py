from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from delivery import operations
from delivery.models import Delivery


class Command(BaseCommand):
    help = "List the deliveries that were given up, with their errors; --replay tries them again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", type=int, help="only these; else all given up")
        parser.add_argument("--kind", help="only of this kind, for example: mail")
        parser.add_argument("--replay", action="store_true", help="try them again now")

    def handle(self, *args: Any, **options: Any) -> None:
        dead = Delivery.objects.dead()
        if options["ids"]:
            dead = dead.filter(pk__in=options["ids"])
        if options["kind"]:
            dead = dead.filter(kind=options["kind"])
        if options["replay"]:
            ids = list(dead.values_list("pk", flat=True))
            count = operations.replay(ids, by=None, at=timezone.now())
            self.stdout.write(f"{count} tried again.")
            return
        for row in dead.order_by("-created_at", "-id").iterator():
            ticket = f" TD-{row.ticket_number}" if row.ticket_number else ""
            when = f"{row.created_at:%Y-%m-%d %H:%M}"
            self.stdout.write(f"{row.pk}\t{when}\t{row.kind}{ticket}\t{row.last_error}")
        self.stdout.write(f"{dead.count()} given up.")
