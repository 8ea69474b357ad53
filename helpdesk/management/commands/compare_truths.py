import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from helpdesk.truths import from_desk, from_file
from helpdesk.truths.comparing import Line, compare
from insights.operations.truths import keep_truths
from intake.mapping import Mapping, load_mapping
from intake.yamlfile import MappingError


class Command(BaseCommand):
    help = (
        "Compare what an audit log of another tool says of itself with what the desk says of the tickets that were "
        "imported from it: numbers, reassignments, reopenings, SLA, times, states. Ends with 0 when all are equal or "
        "it is explained why not. See docs/kpis.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the CSV file that was imported")
        parser.add_argument("--mapping", type=Path, required=True, help="by which it was imported (YAML)")
        parser.add_argument("--json", type=Path, metavar="OUT", help="write the lines to this file")
        parser.add_argument("--keep", action="store_true", help="show them under Insights, Known truths")

    def handle(self, *args: Any, **options: Any) -> None:
        file, path = options["file"], options["mapping"]
        try:
            mapping, told = load_mapping(path), from_file.count(file, path)
        except (MappingError, from_file.Unusable) as error:
            raise CommandError(str(error)) from None
        lines = self._lines(mapping, told, file, path)
        if options["json"]:
            _write(lines, options["json"])
        if options["keep"]:
            keep_truths(
                file=file.name,
                system=mapping.system,
                lines=[line.as_json() for line in lines],
                at=timezone.now(),
            )
        self._say(lines, told)
        unsettled = sum(not line.is_settled for line in lines)
        if unsettled:
            raise CommandError(f"{unsettled} of {len(lines)} truths differ and nobody knows why.")

    def _lines(self, mapping: Mapping, told: from_file.Told, file: Path, path: Path) -> list[Line]:
        if not told.keys:
            raise CommandError(f"{file} has no incident that can be read.")
        with transaction.atomic():
            tickets = from_desk.imported(mapping.system, told.keys)
            if not tickets:
                raise CommandError(
                    f"None of the {len(told.keys)} incidents of {file.name} is here as a ticket of "
                    f"“{mapping.system}”. Import it first: manage.py import_tickets {file} --mapping {path}"
                )
            source = from_desk.Source(
                mapping.system, mapping.remarks, mapping.people.nobody, mapping.no_group.team
            )
            return compare(told, from_desk.count(source, tickets))

    def _say(self, lines: list[Line], told: from_file.Told) -> None:
        widest = max(len(line.name) for line in lines)
        self.stdout.write(f"{'':{widest}}  {'here':>26}  {'in the file':>26}")
        for line in lines:
            mark = "" if line.equal else "  explained" if line.explained else "  DIFFERS"
            self.stdout.write(
                f"{line.name:{widest}}  {_shown(line.ours):>26}  {_shown(line.from_file):>26}{mark}"
            )
            if line.explained:
                self.stdout.write(f"    {line.explained}")
        for reason in told.unreadable:
            self.stdout.write(f"Left out on both sides. {reason}.")
        equal = sum(line.equal for line in lines)
        explained = sum(not line.equal and line.is_settled for line in lines)
        self.stdout.write(f"{len(lines)} truths: {equal} equal, {explained} different and explained.")


def _shown(value: from_desk.Number) -> str:
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _write(lines: list[Line], path: Path) -> None:
    try:
        path.write_text(
            json.dumps([line.as_json() for line in lines], indent=2, ensure_ascii=False) + "\n",
            encoding="utf-8",
        )
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from None
