import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from intake.fetching.looking import LOOK_SECONDS, look
from intake.fetching.wording import with_words_of_server
from intake.models import Mailbox, MailboxConnection


class Command(BaseCommand):
    help = (
        "Fetch mail now, until nothing waits: of all mailboxes that are in use, or of one. Prints a JSON object for "
        "each. The process `mail` does the same by itself; this is for trying and for machines without it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mailbox", metavar="NAME", help="only this one, also where it is out of use")

    def handle(self, *args: Any, **options: Any) -> None:
        connections = self._connections(options["mailbox"])
        if not all([self._fetch(connection) for connection in connections]):  # noqa: C419  (all are fetched)
            raise CommandError("Not everything could be fetched; the reasons stand above.")

    def _connections(self, name: str | None) -> list[MailboxConnection]:
        if name is None:
            return list(MailboxConnection.objects.in_use().select_related("mailbox"))
        mailbox = Mailbox.objects.filter(name=name).first()
        if mailbox is None:
            names = ", ".join(Mailbox.objects.values_list("name", flat=True)) or "none"
            raise CommandError(f"There is no mailbox {name!r}. The mailboxes are: {names}.")
        found = list(MailboxConnection.objects.filter(mailbox=mailbox).select_related("mailbox"))
        if not found:
            raise CommandError(
                f"The mailbox {name!r} has no server to be fetched from: Settings, Mailboxes, {name}."
            )
        return found

    def _fetch(self, connection: MailboxConnection) -> bool:
        stored = missed = 0
        while True:
            found = look(connection.pk, now=timezone.now, seconds=LOOK_SECONDS)
            stored, missed = stored + found.taken.stored, missed + found.taken.missed
            if not found.goes_on:
                break
        connection.refresh_from_db()
        result = {
            "mailbox": connection.mailbox.name,
            "stored": stored,
            "missed": missed,
            "waiting": connection.waiting,
            "error": found.trouble.kind.value if found.trouble else "",
            "reason": self._reason(connection, found.trouble is not None, was_free=found.was_free),
        }
        self.stdout.write(json.dumps(result, ensure_ascii=False))
        return found.trouble is None and found.was_free

    @staticmethod
    def _reason(connection: MailboxConnection, is_troubled: bool, *, was_free: bool) -> str:
        if not was_free:
            return "Somebody else is fetching it just now."
        return (
            with_words_of_server(connection.error, connection.error_detail, connection) if is_troubled else ""
        )
