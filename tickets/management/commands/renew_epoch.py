from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from tickets.operations.feeding import renew_epoch


class Command(BaseCommand):
    help = (
        "Begin a new epoch of the change feed, after a restore: cursors from before are refused (410), and webhooks "
        "are told of what happens from now on. A restore into another cluster or timeline is found without it."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        feed = renew_epoch(at=timezone.now())
        self.stdout.write(f"Epoch {feed.epoch} has begun.")
