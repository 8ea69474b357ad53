import json
import sys
from argparse import ArgumentParser
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from sla.book import rules_in_force
from sla.drafts import Proposal, read
from sla.whatif import Answer, Question, ask, tickets_of
from tickets.refusals import Invalid

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Say what compliance would have been for the tickets of a period under a draft policy or calendar, beside "
        "what it was. Writes nothing to the database. See docs/sla.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--policy", type=Path, required=True, help="the draft: YAML as the page of a policy exports it"
        )
        parser.add_argument("--from", dest="since", required=True, help="first day, such as 2026-09-01")
        parser.add_argument("--to", dest="until", required=True, help="last day, such as 2026-09-30")
        parser.add_argument("--json", type=Path, help="write figures and changed verdicts to this file")

    def handle(self, *args: Any, policy: Path, since: str, until: str, **options: Any) -> None:
        first, last = _day(since, "--from"), _day(until, "--to")
        if last < first:
            raise CommandError("--to lies before --from.")
        proposal = _read(policy)
        _refuse_unwritable(options["json"])
        report = {
            "period": {"from": first.isoformat(), "to": last.isoformat()},
            "proposal": proposal.name,
            **self._ask(proposal, first, last).report(),
        }
        self._say(report)
        if options["json"]:
            options["json"].write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
            self.stdout.write(f"The whole answer: {options['json']}")

    def _ask(self, proposal: Proposal, first: date, last: date) -> Answer:
        since, until = _midnight(first), _midnight(last + timedelta(days=1))
        tickets, answer = tickets_of(since, until), Answer()
        question = Question.of(proposal, rules_in_force(), since=since, at=timezone.now())
        with tqdm(total=tickets.count(), unit=" tickets", disable=not sys.stderr.isatty()) as bar:

            def show(so_far: Answer) -> bool:
                bar.update(so_far.tickets - bar.n)
                return True

            ask(question, tickets, answer, goes_on=show)
        return answer

    def _say(self, report: dict[str, Any]) -> None:
        self.stdout.write(
            f"{report['tickets']} tickets of {report['period']['from']} to {report['period']['to']}; what it was is "
            f"recorded for {report['recorded']} of them, replayed for the others."
        )
        self.stdout.write(_line("", "was", "would be", "met was > would be", "breached was > would be"))
        for name, rows in (
            ("", {"": report["metrics"]}),
            ("P", report["priorities"]),
            ("L", report["tiers"]),
        ):
            for key, metrics in rows.items():
                for metric, sides in metrics.items():
                    self.stdout.write(_row(f"{name}{key} {metric}".strip(), sides["was"], sides["would_be"]))
        self.stdout.write(f"{report['changed_total']} clocks with another verdict.")
        for row in report["changed"][:SHOWN]:
            by = f", by {row['by_minutes']} min" if row["by_minutes"] is not None else ""
            self.stdout.write(
                f"  {row['ticket']} {row['clock']}: {row['was'] or 'none'} > {row['would_be'] or 'none'}{by}"
            )


def _row(name: str, was: dict[str, Any], would_be: dict[str, Any]) -> str:
    return _line(
        name,
        _percent(was["percent"]),
        _percent(would_be["percent"]),
        f"{was['met']} > {would_be['met']}",
        f"{was['breached']} > {would_be['breached']}",
    )


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value} %"


def _line(name: str, *cells: str) -> str:
    return f"{name:<22}" + "".join(f"{cell:>24}" for cell in cells)


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{option}: {text} is no date. Write it such as 2026-09-30.") from None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(0)))


def _read(path: Path) -> Proposal:
    try:
        return read(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CommandError(f"{path} is no text in UTF-8.") from None
    except Invalid as refusal:
        raise CommandError(f"{path}: {refusal}") from None


def _refuse_unwritable(path: Path | None) -> None:
    """Said before the work and not after it."""
    if path is None:
        return
    try:
        with path.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise CommandError(f"The answer cannot be written to {path}: {error.strerror}.") from None
