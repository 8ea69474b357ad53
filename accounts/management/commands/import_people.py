import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from accounts.csv_people import Unreadable, decode, read
from accounts.operations.importing import Plan, carry_out, plan


class Command(BaseCommand):
    help = (
        "Reads people from a CSV file (columns: name, email, organisation, phone, location, manager, teams, role, "
        "vip, timezone ...). Known by their mail address: the same file twice changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the CSV file, UTF-8")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument(
            "--add-organisations", action="store_true", help="add organisations that are not here yet"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sheet = read(decode(Path(options["file"]).read_bytes()))
        except OSError as trouble:
            raise CommandError(f"{options['file']}: {trouble.strerror}.") from trouble
        except Unreadable as trouble:
            raise CommandError(str(trouble)) from trouble
        planned = plan(sheet, adds_organisations=options["add_organisations"])
        if not options["dry_run"]:
            with tqdm(total=len(planned.rows), unit="row", file=sys.stderr, disable=None) as bar:
                carry_out(planned, by=None, at=timezone.now(), tick=bar.update)
        self._report(planned, dry_run=options["dry_run"])

    def _report(self, planned: Plan, *, dry_run: bool) -> None:
        for problem in planned.problems:
            self.stdout.write(f"row {problem.row}, {problem.column or 'row'}: skipped. {problem.message}")
        for remark in planned.remarks:
            self.stdout.write(f"row {remark.row}, {remark.column}: {remark.message}")
        if planned.ignored_columns:
            self.stdout.write(f"columns not read: {', '.join(planned.ignored_columns)}")
        counts = ", ".join(f"{count} {outcome}" for outcome, count in planned.counts.items())
        self.stdout.write(f"{len(planned.rows)} rows: {counts}{' (nothing written)' if dry_run else ''}")
