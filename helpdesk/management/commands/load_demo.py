"""Loads the demo company: people, teams, categories, and ninety days of tickets made by the operations."""

import sys
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from tqdm import tqdm

from accounts.models import Desk
from helpdesk.demo import (
    changing,
    explaining,
    knowledge,
    mails,
    promises,
    readers,
    rules,
    statements,
    story,
    surveys,
    vendors,
    ways,
)
from helpdesk.demo import company as companies
from insights.operations import keeping
from tickets.models import Ticket


class Command(BaseCommand):
    help = "Loads the demo company with 90 days of tickets. Does nothing where it is loaded already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", help="the moment the story ends, such as 2026-11-23T10:54+00:00")
        parser.add_argument("--tickets", type=int, default=story.TICKETS, help="how many (%(default)s)")

    def handle(self, *args: Any, now: str | None = None, tickets: int, **options: Any) -> None:
        if not settings.ALLOW_DEMO_PASSWORDS:
            raise CommandError("The demo's passwords are public: it is loaded only where DEBUG is on.")
        if companies.is_loaded():
            self.stdout.write("The demo company is here already.")
            return
        if Desk.load().is_set_up or Ticket.objects.exists():
            raise CommandError("This desk is in use. The demo company goes into an empty database only.")
        try:
            story.plans(tickets)
        except story.TooFew as trouble:
            raise CommandError(f"Give at least {trouble} tickets: one of each kind.") from None
        self._load(_moment(now), tickets)
        keeping.follow_all(at=timezone.now())  # figures from the first page on
        changing.find(now=_moment(now))
        explaining.explain(now=_moment(now))

    @transaction.atomic
    def _load(self, now: datetime, tickets: int) -> None:
        """All or nothing, so that a killed load leaves an empty database."""
        with statements.plain():
            self._tell(now, tickets)

    def _tell(self, now: datetime, tickets: int) -> None:
        started = timezone.now()
        with connection.cursor() as cursor:
            # Each act reads its ticket by key with six joins. Looking for their best order costs more than
            # carrying them out, and takes a fifth of the whole load.
            cursor.execute("SET LOCAL join_collapse_limit = 1")
        begun = now - timedelta(days=story.DAYS + 30)
        company = companies.build(at=begun)
        promises.make(at=begun)
        vendors.make(company, at=begun)
        rules.make(company, at=begun)
        knowledge.make(at=begun)
        reading = readers.Readers(company)
        reading.count(now=now)
        moments = story.write(company, reading, now=now, tickets=tickets)
        with tqdm(total=len(moments), unit=" acts", disable=not sys.stderr.isatty()) as bar:
            story.play(company, moments, now=now, tick=bar.update)
        promises.catch_up(now=now)
        surveys.catch_up(company, now=now)
        reading.tell(now=now)
        ways.make(company, at=now)
        mails.make(company, at=now)
        companies.send_away_leavers(company, at=now)
        seconds = (timezone.now() - started).total_seconds()
        self.stdout.write(
            f"Loaded {len(company.people)} people, {len(company.teams)} teams and "
            f"{Ticket.objects.count()} tickets in {seconds:.0f} s."
        )


def _moment(given: str | None) -> datetime:
    """To the minute: a load is the same for the same minute."""
    now = parse_datetime(given) if given else timezone.now()
    if now is None:
        raise CommandError(f"{given} is no moment. Give one such as 2026-11-23T10:54+00:00.")
    if timezone.is_naive(now):
        now = timezone.make_aware(now)
    return now.replace(second=0, microsecond=0)
