"""`make bench N=10000,100000 ROWS=queue,ticket`: what the pages cost through the real server.

One client on a connection that stays open, logged in through the login page, 200 requests after 20 warm
ones. Server time, queries and bytes come from the answers themselves. Writes bench/results/latest.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql

from bench import (
    api_rows,
    change_rows,
    data,
    facts_rows,
    knowledge_rows,
    mail_rows,
    rules_rows,
    server,
    sla_rows,
    wrk,
)
from bench.client import Answer
from bench.rows import ROWS as PAGES
from bench.rows import Stage
from bench.sla_rows import Room
from bench.throughput import open_at_once
from helpdesk.local import servers
from helpdesk.local.places import BASE_DIR

SIZES = "10000,100000,1000000"
WARM, MEASURED = 20, 200
RESULTS = BASE_DIR / "bench" / "results" / "latest.json"
FACTS = (
    "row",
    "tickets",
    "p50_ms",
    "p95_ms",
    "calm_ms",
    "cpu_ms",
    "db_ms",
    "queries",
    "bytes",
    "n",
    "per_second",
    "wrk_per_second",
    "recall_at_5",
    "mrr",
    "purity",
    "clusters",
    "in_clusters",
    "seconds",
    "alarms_a_week",
    "found",
)
CALM = 50
"""So many requests in a row make a stretch. The host of a rented machine has other tenants, who slow it by half for
seconds at a time, which no load average shows: the calmest stretch tells what the code costs."""

Result = dict[str, Any]
ROWS = {**PAGES, **api_rows.ROWS}
AT_ONCE: dict[str, Callable[[int], tuple[list[Answer], float]]] = {
    "open_4": open_at_once,
    **knowledge_rows.AT_ONCE,
    **api_rows.AT_ONCE,
}
WORK: dict[str, Callable[[Room], Result]] = {
    **sla_rows.WORK,
    **rules_rows.WORK,
    **knowledge_rows.WORK,
    **mail_rows.WORK,
    **facts_rows.WORK,
    **change_rows.WORK,
}
"""Rows that ask no page: each does its work on the database, with whatever processes it starts, and says what
it came to. Of `n` and `per_second` each says what they count."""
WRITING = {
    "open",
    "api_list",
    "api_detail",
    "api_create",
    *AT_ONCE,
    "reply",
    "hand_over",
    "take_next",
    *WORK,
} - {*("business_time", "rules_simulate", "kb_quality", *change_rows.WORK)}


def main() -> None:
    arguments = argparse.ArgumentParser(prog="make bench", description=__doc__)
    arguments.add_argument("--tickets", type=_sizes, default=_sizes(SIZES), metavar=SIZES)
    arguments.add_argument("--rows", type=_rows, default=[*ROWS, *AT_ONCE, *WORK], metavar="queue,ticket")
    arguments.add_argument("--requests", type=int, default=MEASURED, metavar=str(MEASURED))
    arguments.add_argument("--results", type=Path, default=RESULTS)
    given = arguments.parse_args()
    servers.use()
    results: list[Result] = []
    for tickets in given.tickets:
        url = data.fill(tickets)
        with _writable(url, given.rows) as here:
            print(_line(FACTS))
            for result in _results(here, tickets, given.rows, given.requests):
                results.append(result)
                print(_line([result.get(fact, "") for fact in FACTS]), flush=True)
                given.results.parent.mkdir(exist_ok=True)
                given.results.write_text(json.dumps(results, indent=1) + "\n")
    print(f"written: {given.results}")


def _sizes(text: str) -> list[int]:
    return [data.size(part) for part in text.split(",")]


def _rows(text: str) -> list[str]:
    known, wanted = [*ROWS, *AT_ONCE, *WORK], text.split(",")
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise argparse.ArgumentTypeError(f"no row {', '.join(unknown)}. The rows are: {', '.join(known)}")
    return wanted


@contextmanager
def _writable(url: str, rows: Sequence[str]) -> Iterator[str]:
    """Rows that write work on a copy, so that every run begins with the same tickets."""
    if WRITING.isdisjoint(rows):
        yield url
        return
    original = urlsplit(url).path.strip("/")
    copy = f"{original}_run"
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        names = {"copy": sql.Identifier(copy), "original": sql.Identifier(original)}
        drop = sql.SQL("DROP DATABASE IF EXISTS {copy} WITH (FORCE)").format(**names)
        cursor.execute(drop)
        cursor.execute(
            sql.SQL("CREATE DATABASE {copy} TEMPLATE {original} STRATEGY file_copy").format(**names)
        )
        try:
            yield urlsplit(url)._replace(path=f"/{copy}").geturl()
        finally:
            cursor.execute(drop)


def _results(url: str, tickets: int, rows: Sequence[str], requests: int) -> Iterator[Result]:
    """First the pages, then what is done behind them, with the machine to itself."""
    pages, work = [name for name in rows if name not in WORK], [name for name in rows if name in WORK]
    if pages:
        with server.running(url) as running:
            yield from _measure(running, url, tickets, pages, requests)
            for rss, pss in running.memory():
                print(f"web worker: {rss:.0f} MB resident, {pss:.0f} MB with its share of what is shared")
    for name in work:
        yield {"row": name, "tickets": tickets, **WORK[name](Room(url, tickets, requests))}


def _measure(
    running: server.Server, url: str, tickets: int, rows: Sequence[str], requests: int
) -> Iterator[Result]:
    warm = min(WARM, requests)
    with closing(Stage(running.port, url, tickets)) as stage:
        for name in rows:
            if name in AT_ONCE:
                answers, seconds = AT_ONCE[name](running.port)
                rate = {"per_second": round(len(answers) / seconds, 1)}
                if name == "api_mixed" and wrk.is_here():
                    rate |= api_rows.mixed_by_wrk(running.port)
                yield {"row": name, "tickets": tickets, **_summary(answers), **rate}
                continue
            answers = list(islice(ROWS[name](stage), warm + requests))[warm:]
            yield {"row": name, "tickets": tickets, **_summary(answers)}


def _summary(answers: Sequence[Answer]) -> Result:
    times = sorted(answer.ms for answer in answers)
    return {
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[-(-len(times) * 95 // 100) - 1], 1),
        "calm_ms": round(_calmest([answer.ms for answer in answers]), 1),
        "cpu_ms": round(statistics.median(answer.cpu_ms for answer in answers), 1),
        "db_ms": round(statistics.median(answer.db_ms for answer in answers), 1),
        "queries": round(statistics.median(answer.queries for answer in answers)),
        "queries_most": max(answer.queries for answer in answers),
        "bytes": round(statistics.median(answer.size for answer in answers)),
        "n": len(answers),
    }


def _calmest(times: Sequence[float]) -> float:
    """The median of the quickest `CALM` requests in a row: what the machine does while nobody else slows it."""
    last = max(1, len(times) - CALM + 1)
    return min(statistics.median(times[first : first + CALM]) for first in range(last))


def _line(cells: Iterable[Any]) -> str:
    first, *others = map(str, cells)
    return f"{first:<21}" + "".join(
        f"{cell:>{max(9, len(fact) + 1)}}" for fact, cell in zip(FACTS[1:], others, strict=True)
    )


if __name__ == "__main__":
    main()
