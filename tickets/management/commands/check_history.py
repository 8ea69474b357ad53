import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from tickets.models import NUMBER_PREFIX, Event, Revision, Ticket, TicketQuerySet
from tickets.state import Difference, check, revision_ids

BATCH = 1_000


class Command(BaseCommand):
    help = "Fold the history of every ticket and compare it with its row. Exits with 1 when any differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--ticket", help="check this one only, such as TD-1042")

    def handle(self, *args: Any, ticket: str | None = None, **options: Any) -> None:
        tickets = Ticket.objects.filter(pk=_key(ticket)) if ticket else Ticket.objects.all()
        total = tickets.count()
        if ticket and not total:
            raise CommandError(f"There is no ticket {ticket}.")
        checked = differing = 0
        with tqdm(total=total, unit=" tickets", disable=not sys.stderr.isatty()) as bar:
            for row, differences in _checked(tickets):
                checked += 1
                differing += bool(differences)
                for difference in differences:
                    self.stdout.write(f"{row.number} {difference}")
                bar.update()
        self.stdout.write(f"{checked} tickets checked, {differing} differ from their history.")
        if differing:
            raise SystemExit(1)


def _key(number: str) -> int:
    digits = number.upper().removeprefix(NUMBER_PREFIX)
    if not digits.isdecimal() or len(digits) > 15:
        raise CommandError(f"{number} is no ticket number. Give one such as {NUMBER_PREFIX}1042.")
    return int(digits)


def _checked(tickets: TicketQuerySet) -> Iterator[tuple[Ticket, list[Difference]]]:
    """Every ticket with its differences, in batches of three queries, so that memory stays flat."""
    last = 0
    while batch := list(tickets.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        rows = Event.objects.filter(ticket__in=batch).order_by("ticket_id", "id")
        events = {key: list(group) for key, group in groupby(rows, key=lambda event: event.ticket_id)}
        wanted = [key for ticket in batch for key in revision_ids(ticket)]
        texts = dict(Revision.objects.filter(pk__in=wanted).values_list("pk", "text"))
        for ticket in batch:
            yield ticket, check(ticket, events.get(ticket.pk, []), texts)
