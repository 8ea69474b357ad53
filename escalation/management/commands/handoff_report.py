import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from escalation.queries.report import as_json, handoff_report


class Command(BaseCommand):
    help = (
        "Hand-offs in figures, by pair of teams and by reason: how many, how many came back (bounces), how often a "
        "ticket went A > B and straight back (ping-pong), the time that took, and how receivers found them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", type=Path, required=True, metavar="FILE", help="where to write it")

    def handle(self, *args: Any, **options: Any) -> None:
        report = as_json(handoff_report())
        try:
            options["json"].write_text(
                json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
            )
        except OSError as error:
            raise CommandError(f"{options['json']} cannot be written: {error.strerror}.") from None
        self.stdout.write(
            f"{report['handoffs']} hand-offs of {report['tickets']} tickets: {report['bounces']} bounces, "
            f"{report['ping_pong']} times there and back ({report['ping_pong_again']} of them once more), "
            f"{report['lost_seconds'] // 3600} hours lost."
        )
