import os
import random
import sys
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from insights.operations import checking
from insights.operations.keeping import Step
from insights.operations.processes import workers

SHOWN = 100
FEW = 20_000


class Command(BaseCommand):
    help = (
        "Bring facts and cells up to the last event, count them anew from raw history, and print what differs. "
        "Exits with 1 when anything does."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--sample",
            type=_number,
            metavar="N",
            help="count so many tickets anew, drawn by lot, not all; cells are all compared with facts",
        )

    def handle(self, *args: Any, sample: int | None = None, **options: Any) -> None:
        try:
            self._catch_up()
            keys = checking.all_tickets()
            checked = random.sample(keys, min(sample, len(keys))) if sample else keys
            tickets = self._tickets(sorted(checked))
        except checking.NotCaughtUp as refusal:
            raise CommandError(str(refusal)) from None
        cells = checking.differing_cells()
        for line in [*map(str, tickets), *cells][:SHOWN]:
            self.stdout.write(line)
        differing = len({difference.ticket_id for difference in tickets})
        self.stdout.write(
            f"{len(checked)} tickets counted anew, {differing} differ from their facts; "
            f"{len(cells)} cells differ from what the facts add up to."
        )
        if tickets or cells:
            raise SystemExit(1)

    def _catch_up(self) -> None:
        with tqdm(unit=" tickets", desc="following", disable=not sys.stderr.isatty()) as bar:

            def show(step: Step) -> None:
                bar.update(step.written)

            checking.catch_up(at=timezone.now(), progress=show)

    def _tickets(self, keys: list[int]) -> list[checking.Difference]:
        found: list[checking.Difference] = []
        with tqdm(total=len(keys), unit=" tickets", desc="counting", disable=not sys.stderr.isatty()) as bar:
            with workers(_processes(len(keys))) as work:
                for size, differing in work(checking.compared, checking.batches(keys)):
                    found += differing
                    bar.update(size)
        return checking.still_differing(found, at=timezone.now())


def _processes(tickets: int) -> int:
    """Few are counted before other processes have begun."""
    return len(os.sched_getaffinity(0)) if tickets > FEW else 0


def _number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10**9:
        raise ArgumentTypeError("give a number of tickets, such as 1000")
    return int(text)
