"""The bench works: its data is true, and each row can be measured. How long anything takes is no test."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from django.db import connection

from bench import data
from bench.client import Answer, forms_of
from bench.life import vector
from bench.run import AT_ONCE, ROWS, WORK
from tests.intake.real import imap_server
from tickets import indexing

TICKETS = 300

of_filled = pytest.mark.xdist_group("bench")  # one database serves all


@pytest.fixture(scope="module")
def filled(django_db_modify_db_settings: None) -> Iterator[str]:
    """A bench database of this run; its name is one that the next run clears away after a crash."""
    name = f"test_{os.getpid()}_bench"
    template = connection.settings_dict["TEST"].get("TEMPLATE") or "template1"
    url = data.fill(TICKETS, name=name, template=template)
    yield url
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as home:
        home.autocommit = True
        home.cursor().execute(f"DROP DATABASE {name}_{TICKETS} WITH (FORCE)")


CHECKS = """
import contextlib, io, json, django
django.setup()
from django.core.management import call_command
said = {}
for check in ("check_history", "check_facts", "check_clocks"):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        call_command(check, stdout=out)
    said[check] = out.getvalue()
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said(filled: str) -> dict[str, str]:
    """What each check says of the filled database, asked in one process of its own: Django knows one database."""
    done = subprocess.run(
        [sys.executable, "-c", CHECKS],
        env=os.environ | {"DATABASE_URL": filled, "DJANGO_SETTINGS_MODULE": "helpdesk.settings"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


@of_filled
def test_the_history_of_bench_data_folds_to_its_rows(said: dict[str, str]) -> None:
    assert f"{TICKETS} tickets checked, 0 differ" in said["check_history"]


@of_filled
def test_the_facts_of_bench_data_are_a_recount_of_its_history(said: dict[str, str]) -> None:
    assert said["check_facts"] == (
        f"{TICKETS} tickets counted anew, 0 differ from their facts; 0 cells differ from what the facts add up to.\n"
    )


@of_filled
def test_the_clocks_of_bench_data_are_the_replay_of_their_events(said: dict[str, str]) -> None:
    replayed = re.search(
        rf"(\d+) clocks of {TICKETS} tickets replayed, 0 tickets differ", said["check_clocks"]
    )
    assert replayed
    assert int(replayed[1]) > TICKETS


@of_filled
def test_open_bench_tickets_have_running_clocks_and_what_was_late_stands_in_their_history(
    filled: str,
) -> None:
    with closing(psycopg2.connect(filled)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM tickets_ticket t WHERE in_queue AND NOT EXISTS"
            " (SELECT FROM sla_clock c WHERE c.ticket_id = t.id AND c.state <> 'ended')"
        )
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM sla_clock WHERE breached_at IS NOT NULL")
        (breached,) = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM tickets_event WHERE kind = 'sla.breached' AND is_quiet")
        (told,) = cursor.fetchone()
    assert 0 < told <= breached


@of_filled
def test_bench_data_is_skewed_and_has_what_is_rare(filled: str) -> None:
    with closing(psycopg2.connect(filled)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FILTER (WHERE in_queue), count(*) FROM tickets_ticket")
        is_open, every = cursor.fetchone()
        cursor.execute("SELECT count(*)::float / %s FROM tickets_event", [every])
        (events_a_ticket,) = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM tickets_tickettext WHERE public @@ 'zyzzyva'")
        (rare,) = cursor.fetchone()
    assert every == TICKETS
    assert 0.05 < is_open / every < 0.2
    assert 4 < events_a_ticket < 7
    assert rare == 20


def test_words_are_indexed_as_the_desk_indexes_them() -> None:
    texts = [("bafen colin bafen", "A"), ("colin mer", "B")]
    assert vector((text.split(), weight) for text, weight in texts) == indexing.vector(texts)


def test_a_form_is_sent_as_a_browser_would_send_it() -> None:
    page = """
        <form action="/away/"><input name="other" value="1"></form>
        <form><input name="a" value="1"><input type="checkbox" name="b" value="2">
        <input type="radio" name="c" value="3" checked><select name="d"><option value="4"><option value="5" selected>
        </select><textarea name="e">words</textarea><button name="f" value="6">Send</button></form>
    """
    answer = Answer("/here/", 200, "", page, 0, 0, 0, 0, 0)
    assert [(form.action, form.filled(e="other words")) for form in forms_of(answer)] == [
        ("/away/", [("other", "1"), ("e", "other words")]),
        ("/here/", [("a", "1"), ("c", "3"), ("d", "5"), ("e", "other words")]),
    ]


def test_an_unknown_row_is_refused_with_the_known_ones() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.run", "--rows", "queue,quue"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "no row quue. The rows are: queue, " in done.stderr


@pytest.fixture
def own_servers(tmp_path: Path) -> Iterator[Path]:
    """A folder for servers of this test alone. As root, PostgreSQL keeps its data elsewhere, with a link to it."""
    yield tmp_path
    data_of_postgres = (tmp_path / "faults" / "data").resolve()
    shutil.rmtree(data_of_postgres, ignore_errors=True)


@pytest.mark.long
@pytest.mark.xdist_group("celery")
def test_a_killed_worker_neither_misses_nor_doubles_a_deadline(own_servers: Path) -> None:
    found = own_servers / "faults.json"
    options = ["--deadlines", "100", "--faults", "worker_killed", "--json", str(found)]
    subprocess.run(
        [sys.executable, "-m", "bench.faults_sla", *options],
        env=os.environ | {"TIERDESK_LOCAL": str(own_servers)},
        check=True,
    )
    result = json.loads(found.read_text())["worker_killed"]
    assert result.pop("worst_lag_s") > 0
    assert result == {
        "deadlines": 100,
        "fired": 100,
        "twice": 0,
        "missed": 0,
        "early": 0,
        "wrong_time": 0,
    }


@pytest.mark.long
@pytest.mark.xdist_group("celery")
def test_killed_processes_and_broken_lines_neither_lose_nor_double_a_mail(own_servers: Path) -> None:
    if imap_server.executable() is None:
        pytest.skip(imap_server.NO_SERVER)
    found = own_servers / "faults.json"
    faults = ["imap_dropping", "fetcher_killed", "worker_killed", "smtp_down", "smtp_refusing_one"]
    options = ["--messages", "50", "--faults", ",".join(faults), "--json", str(found)]
    subprocess.run(
        [sys.executable, "-m", "bench.faults_mail", *options],
        env=os.environ | {"TIERDESK_LOCAL": str(own_servers)},
        check=True,
    )
    results = json.loads(found.read_text())
    counted = ("stored", "filed", "lost", "doubled", "mails_lost", "mails_doubled")
    assert {name: [result[fact] for fact in counted] for name, result in results.items()} == {
        name: [50, 50, 0, 0, 0, 0] for name in faults
    }
    to_three = {name: results["smtp_refusing_one"][name] for name in ("to_three", "told")}
    assert to_three == {"to_three": 5, "told": 5}
    assert results["smtp_refusing_one"]["lost_to_others"] == 0
    assert results["smtp_refusing_one"]["doubled_to_others"] == 0


def test_an_odd_number_of_deadlines_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.faults_sla", "--deadlines", "7"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "an even number of deadlines between 2 and 100000" in done.stderr


@pytest.mark.long
def test_every_row_is_measured_through_the_real_server(tmp_path: Path) -> None:
    """All that measure time through it; what insights find, and how well articles are found, takes minutes alone."""
    results = tmp_path / "latest.json"
    timed = [*ROWS, *AT_ONCE, *WORK.keys() - {"kb_quality", "clusters", "spikes"}]
    subprocess.run(
        [
            sys.executable,
            "-m",
            "bench.run",
            "--tickets",
            "1000",
            "--rows",
            ",".join(timed),
            "--requests",
            "3",
            "--results",
            str(results),
        ],
        check=True,
    )
    found = json.loads(results.read_text())
    assert sorted(row["row"] for row in found) == sorted(timed)
    usual = {"tickets", "p50_ms", "p95_ms", "queries", "bytes", "n"}
    assert [row["row"] for row in found if not usual <= row.keys()] == ["business_time"]
    deadlines = [
        (row["n"], row["missed"], row["twice"]) for row in found if row["row"] in ("sla_drain", "sla_steady")
    ]
    assert deadlines == [(1_500, 0, 0), (15, 0, 0)]
