import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from intake.importing import Importer
from intake.mapping import load_mapping
from intake.reading import FileUnusable
from intake.reporting import Report
from intake.yamlfile import MappingError
from tickets.operations.importing import MOST_AT_ONCE


class Command(BaseCommand):
    help = (
        "Import tickets of another tool from a CSV file. Running it again imports what is missing, also "
        "after it was stopped. No mail is sent, no rule and no clock starts. See docs/import.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the CSV file")
        parser.add_argument(
            "--mapping", type=Path, required=True, help="how its columns become tickets (YAML)"
        )
        parser.add_argument("--report", type=Path, help="write the report to this file (JSON)")
        parser.add_argument("--dry-run", action="store_true", help="read and check everything, write nothing")
        parser.add_argument(
            "--batch", type=int, default=500, help=f"rows in one transaction, 1 to {MOST_AT_ONCE} (500)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["batch"] <= MOST_AT_ONCE:
            raise CommandError(f"--batch takes 1 to {MOST_AT_ONCE}.")
        _refuse_unwritable(options["report"])
        with Report() as report:
            began = time.monotonic()
            try:
                importer = self._import(report, options)
            except (MappingError, FileUnusable) as error:
                raise CommandError(str(error)) from None
            seconds = time.monotonic() - began
            if options["report"]:
                self._write(report, importer, seconds, options)
            self._say(report, importer, seconds, options)

    def _import(self, report: Report, options: dict[str, Any]) -> Importer:
        path = options["file"]
        mapping = load_mapping(options["mapping"])
        size = path.stat().st_size if path.is_file() else 0
        with tqdm(total=size, unit="B", unit_scale=True, desc=path.name) as bar:
            importer = Importer(
                path,
                mapping,
                report=report,
                at=timezone.now(),
                dry_run=options["dry_run"],
                batch=options["batch"],
                progress=lambda read: bar.update(read - bar.n),
            )
            importer.run()
        return importer

    def _write(self, report: Report, importer: Importer, seconds: float, options: dict[str, Any]) -> None:
        directory = importer.directory
        report.write(
            options["report"],
            file=str(options["file"]),
            mapping=str(options["mapping"]),
            system=importer.mapping.system,
            dry_run=options["dry_run"],
            seconds=round(seconds, 1),
            created={
                "teams": directory.created_teams,
                "people": directory.created_people,
                "categories": directory.created_categories,
            },
        )

    def _say(self, report: Report, importer: Importer, seconds: float, options: dict[str, Any]) -> None:
        directory = importer.directory
        done = "would become" if options["dry_run"] else "became"
        self.stdout.write(
            f"{report.rows} rows: {report.rows_taken} taken, {report.skipped.count} skipped. They {done} "
            f"{report.tickets} tickets with {report.events} events ({report.unchanged} rows change nothing), "
            f"{report.open_tickets} of them open. {report.already_imported} tickets were imported before. "
            f"New: {len(directory.created_teams)} teams, {directory.created_people} people, "
            f"{len(directory.created_categories)} categories. {report.warnings.count} warnings, "
            f"{report.differs.count} tickets whose reassignments differ from the file's own count. {seconds:.1f} s."
        )
        for note, count in report.notes.most_common(10):
            self.stdout.write(f"  {count} x {note}")
        if options["report"]:
            self.stdout.write(f"The whole report: {options['report']}")


def _refuse_unwritable(path: Path | None) -> None:
    """Said before the import and not after it."""
    if path is None:
        return
    try:
        with path.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise CommandError(f"The report cannot be written to {path}: {error.strerror}.") from None
