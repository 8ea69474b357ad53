import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from accounts.moment import one_moment
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


Checked = tuple[Ticket, list[Difference]]


def _checked(tickets: TicketQuerySet) -> Iterator[Checked]:
    """Every ticket with its differences, in batches of three queries, so that memory stays flat."""
    last = 0
    while batch := _batch(tickets.filter(pk__gt=last)):
        last = batch[-1][0].pk
        yield from batch


def _batch(tickets: TicketQuerySet) -> list[Checked]:
    """The next of them, rows and histories as of one moment: somebody may be at work on them.

    A moment for each batch, not for all: on a large desk that would keep what is deleted from being cleared away.
    """
    with one_moment():
        batch = list(tickets.order_by("pk")[:BATCH])
        if not batch:
            return []
        rows = Event.objects.filter(ticket__in=batch).order_by("ticket_id", "id")
        events = {key: list(group) for key, group in groupby(rows, key=lambda event: event.ticket_id)}
        wanted = [key for ticket in batch for key in revision_ids(ticket)]
        texts = dict(Revision.objects.filter(pk__in=wanted).values_list("pk", "text"))
    return [(ticket, check(ticket, events.get(ticket.pk, []), texts)) for ticket in batch]
