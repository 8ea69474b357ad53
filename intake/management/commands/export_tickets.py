import sys
from argparse import ArgumentParser
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.http import QueryDict
from django.utils import timezone
from tqdm import tqdm

from intake.exporting import export_csv, export_jsonl
from tickets.models import Ticket, TicketQuerySet
from tickets.vocabulary import as_q, tree_from_params

FORMATS = {"jsonl": export_jsonl, "csv": export_csv}


class Command(BaseCommand):
    help = (
        "Export tickets: as JSON Lines with conversation and history, or as flat CSV. Nothing is hidden from "
        "the operator who runs this; keep the file as safe as the database."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=FORMATS, default="jsonl")
        parser.add_argument("--out", required=True, help="the file to write; - for standard output")
        parser.add_argument(
            "--filter",
            action="append",
            default=[],
            metavar="FIELD=VALUE",
            help="only these, as in the address of a list: 'status=open', 'tier=2&priority=1'; may be repeated",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tickets = self._tickets("&".join(options["filter"]))
        to_stdout = options["out"] == "-"
        path = Path(options["out"])
        # The name appears when the file is whole: a run that was stopped leaves only the part.
        part = path.with_name(f"{path.name}.part")
        write = FORMATS[options["format"]]
        try:
            with (
                nullcontext(sys.stdout) if to_stdout else part.open("w", encoding="utf-8", newline="") as out,
                tqdm(total=tickets.count(), unit=" tickets") as bar,
            ):
                count = write(tickets, out, told=bar.update)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from None
        if not to_stdout:
            part.replace(path)
            self.stdout.write(f"{count} tickets in {path}.")

    def _tickets(self, filter_: str) -> TicketQuerySet:
        tree, errors = tree_from_params(QueryDict(filter_))
        if errors:
            raise CommandError("\n".join(str(error) for error in errors))
        return Ticket.objects.filter(as_q(tree, at=timezone.now()))
