import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from sla.models import Recompute
from sla.operations import recomputing
from sla.operations.starting import Forecast, forecast, start, without_clocks

POLL_SECONDS = 0.2


class Command(BaseCommand):
    help = (
        "Start the clocks of open tickets that have none, such as imported ones. Says first how many tickets "
        "these are and how many would breach at once, and asks."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        with tqdm(total=without_clocks().count(), unit=" tickets", disable=not sys.stderr.isatty()) as bar:
            found = forecast(at=timezone.now(), progress=lambda tickets: bar.update(tickets - bar.n))
        self._say(found)
        if options["dry_run"] or not found.tickets:
            return
        if not options["yes"] and not self._agrees(found):
            self.stdout.write("Nothing was written.")
            return
        job = start(reason="Clocks of tickets that had none", by=None, at=timezone.now())
        job = self._carry_out(job)
        self.stdout.write(f"{job.started} clocks started, {job.breached} breached at once.")

    def _carry_out(self, job: Recompute) -> Recompute:
        """Here rather than in the worker, so that the command ends when it is done."""
        with tqdm(total=0, unit=" tickets", disable=not sys.stderr.isatty()) as bar:
            while job.state in recomputing.UNFINISHED:
                if not recomputing.step(job.pk, at=timezone.now()):
                    time.sleep(POLL_SECONDS)  # a worker has it, or it is done
                job.refresh_from_db()
                bar.total = job.total
                bar.update(job.seen - bar.n)
        return job

    def _say(self, found: Forecast) -> None:
        self.stdout.write(
            f"{found.tickets} open tickets have no clocks. They would get {found.clocks}; "
            f"{found.breaching_tickets} of the tickets would breach at once."
        )
        for priority, tickets in sorted(found.by_priority.items()):
            breaching = found.breaching_by_priority[priority]
            self.stdout.write(f"  P{priority}: {tickets} tickets, {breaching} would breach")
        for metric, clocks in found.breaching_by_metric.most_common():
            self.stdout.write(f"  {metric}: {clocks} clocks would breach")
        if found.unpromised:
            self.stdout.write(f"  {found.unpromised} tickets stay without: no policy promises them anything.")

    def _agrees(self, found: Forecast) -> bool:
        if not sys.stdin.isatty():
            raise CommandError("Nobody can be asked here: read the figures above, then add --yes.")
        return input(f"Start the clocks of {found.tickets} tickets? [y/N] ").strip().lower() in {"y", "yes"}
