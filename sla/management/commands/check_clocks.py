import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from sla.operations.repairing import Checked, check_all, repair
from tickets.models import NUMBER_PREFIX, Ticket


class Command(BaseCommand):
    help = (
        "Replay every clock from its events and compare it with its row, and each ticket's due time with its "
        "clocks. Exits with 0 only when all agree. --repair writes what the events say, after showing it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--ticket", help="check this one only, such as TD-1042")
        parser.add_argument(
            "--repair", action="store_true", help="show the differences, ask, and write them anew"
        )
        parser.add_argument("--yes", action="store_true", help="with --repair: do not ask")

    def handle(self, *args: Any, ticket: str | None = None, **options: Any) -> None:
        if options["yes"] and not options["repair"]:
            raise CommandError("--yes goes with --repair.")
        differing = self._check(ticket)
        if differing and options["repair"]:
            repaired = self._repair(differing, asks=not options["yes"])
            differing = [found for found in differing if found.ticket_id not in repaired]
            if repaired:
                self.stdout.write(
                    f"{len(repaired)} tickets repaired. What was wrong is kept with each of them."
                )
        if differing:
            raise SystemExit(1)

    def _check(self, number: str | None) -> list[Checked]:
        tickets = Ticket.objects.filter(pk=_key(number)) if number else Ticket.objects.all()
        total = tickets.count()
        if number and not total:
            raise CommandError(f"There is no ticket {number}.")
        replayed, differing = 0, list[Checked]()
        with tqdm(total=total, unit=" tickets", disable=not sys.stderr.isatty()) as bar:
            for found in check_all(tickets, progress=bar.update):
                replayed += found.clocks
                if found.differences:
                    differing.append(found)
                for difference in found.differences:
                    self.stdout.write(f"{NUMBER_PREFIX}{found.ticket_id} {difference}")
        self.stdout.write(
            f"{replayed} clocks of {total} tickets replayed, {len(differing)} tickets differ from their events."
        )
        return differing

    def _repair(self, differing: list[Checked], *, asks: bool) -> set[int]:
        """The tickets that were written anew."""
        wrong = [found for found in differing if found.can_be_replayed]
        if not wrong:
            self.stdout.write("Nothing can be repaired: the events themselves cannot be replayed.")
            return set()
        if asks and not self._agrees(len(wrong)):
            self.stdout.write("Nothing was written.")
            return set()
        at = timezone.now()
        return {found.ticket_id for found in wrong if repair(found.ticket_id, by=None, at=at) is not None}

    def _agrees(self, number: int) -> bool:
        if not sys.stdin.isatty():
            raise CommandError("Nobody can be asked here: read the differences above, then add --yes.")
        return input(f"Write {number} tickets as their events say? [y/N] ").strip().lower() in {"y", "yes"}


def _key(number: str) -> int:
    digits = number.upper().removeprefix(NUMBER_PREFIX)
    if not digits.isdecimal() or len(digits) > 15:
        raise CommandError(f"{number} is no ticket number. Give one such as {NUMBER_PREFIX}1042.")
    return int(digits)
