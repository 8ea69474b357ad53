import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from intake.models import Mailbox
from intake.operations.receiving import Outcome, process, store

ATTEMPTS = 3
TRY_LATER = 75
"""EX_TEMPFAIL of sysexits.h: a mail server that pipes a message here keeps it and tries again."""


class Command(BaseCommand):
    help = "File one message, read from standard input, and print what became of it as one JSON object."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--mailbox", required=True, help="name of the mailbox that it came to, as in settings"
        )
        parser.add_argument(
            "--to", default="", help="address that the mail server delivered it to, if it tells"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        mailbox = Mailbox.objects.filter(name=options["mailbox"]).first()
        if mailbox is None:
            names = ", ".join(Mailbox.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(
                f"There is no mailbox named {options['mailbox']!r}. Those that there are: {names}. "
                "They are made in the settings, under Mail."
            )
        raw = sys.stdin.buffer.read()
        if not raw.strip():
            raise CommandError("Standard input is empty: pipe a message into the command.")
        try:
            stored = store(
                raw, mailbox=mailbox, at=timezone.now(), source="command", envelope_to=options["to"]
            )
            outcome = self._process(stored.pk)
        except (OperationalError, InterfaceError) as trouble:
            # What was stored is filed by a worker; the same message again does no harm.
            raise CommandError(f"The database does not answer: {trouble}", returncode=TRY_LATER) from trouble
        self.stdout.write(
            json.dumps({"result": outcome.result, "ticket": outcome.ticket, "reason": outcome.reason})
        )

    def _process(self, key: int) -> Outcome:
        for _attempt in range(ATTEMPTS - 1):
            try:
                return process(key, at=timezone.now())
            except OperationalError:  # two messages were in each other's way; one of them is through now
                continue
        return process(key, at=timezone.now())
