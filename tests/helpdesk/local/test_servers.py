"""The local servers: shared, stopped by the last one out, recovered after a kill -9."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from helpdesk.local.processes import DEMO_MARK
from tests.helpdesk.local.conftest import emptied, left_alone

pytestmark = pytest.mark.xdist_group("local servers")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("servers") / "local"
    with emptied(folder):
        yield folder


@pytest.fixture
def local(made: Path) -> Iterator[Path]:
    """One for all of these tests: the first makes the servers, and each leaves them stopped."""
    with left_alone(made):
        yield made


# Holds the servers, says where they are, and lets go when its input is closed.
HOLDER = """
import os, sys
from helpdesk.local import servers
servers.use()
print(os.environ["DATABASE_URL"], flush=True)
sys.stdin.read()
"""

QUERY = """
import os, psycopg2
from helpdesk.local import servers
servers.use()
connection = psycopg2.connect(os.environ["DATABASE_URL"])
cursor = connection.cursor()
cursor.execute("CREATE TABLE IF NOT EXISTS kept (word text)")
cursor.execute("SELECT count(*) FROM kept")
print(cursor.fetchone()[0])
cursor.execute("INSERT INTO kept VALUES ('a')")
connection.commit()
"""


def holder(environment: dict[str, str]) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("postgresql://")
    return process


def let_go(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=30)
    assert process.returncode == 0


def query(environment: dict[str, str]) -> int:
    done = subprocess.run(
        [sys.executable, "-c", QUERY],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def postmaster(environment: dict[str, str]) -> psutil.Process | None:
    cluster = Path(environment["TIERDESK_LOCAL"], "data").resolve() / "postgres"
    try:
        return psutil.Process(int((cluster / "postmaster.pid").read_text().split()[0]))
    except (FileNotFoundError, psutil.NoSuchProcess):
        return None


def redis_server(environment: dict[str, str]) -> psutil.Process | None:
    home = Path(environment["TIERDESK_LOCAL"], "redis")
    for process in psutil.process_iter(["name"]):
        # One that was killed may stay as a zombie until its parent looks.
        with contextlib.suppress(psutil.Error):
            if process.info["name"] in {"redis-server", "valkey-server"} and process.cwd() == str(home):
                return process
    return None


def test_the_last_one_out_stops_the_servers(environment: dict[str, str]) -> None:
    first, second = holder(environment), holder(environment)
    server = postmaster(environment)
    assert server is not None
    let_go(first)
    assert postmaster(environment) == server
    assert redis_server(environment) is not None
    let_go(second)
    assert postmaster(environment) is None
    assert redis_server(environment) is None


def test_servers_do_not_end_with_the_demo_that_started_them(environment: dict[str, str]) -> None:
    demo = holder(environment | {DEMO_MARK: "a demo"})
    server = postmaster(environment)
    assert server is not None
    assert DEMO_MARK not in server.environ()
    let_go(demo)


def test_what_is_written_stays(environment: dict[str, str]) -> None:
    before = query(environment)
    assert query(environment) == before + 1


def test_a_killed_holder_does_not_count(environment: dict[str, str]) -> None:
    killed, living = holder(environment), holder(environment)
    killed.kill()
    killed.communicate()
    let_go(living)
    assert postmaster(environment) is None


def test_after_everything_was_killed_the_next_start_recovers(environment: dict[str, str]) -> None:
    before = query(environment)
    killed = holder(environment)
    server, redis = postmaster(environment), redis_server(environment)
    assert server is not None
    assert redis is not None
    for number in (killed.pid, *[child.pid for child in server.children()], server.pid, redis.pid):
        # Some are gone already: a server ends with its children.
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    killed.communicate()
    _wait_until_gone(server)
    assert query(environment) == before + 1


def test_a_database_server_without_its_children_is_replaced(environment: dict[str, str]) -> None:
    """Only the parent is killed: its children hold the shared memory for a moment longer."""
    before = query(environment)
    killed = holder(environment)
    server = postmaster(environment)
    assert server is not None
    server.kill()
    killed.kill()
    killed.communicate()
    assert query(environment) == before + 1


def test_a_pid_file_that_names_a_stranger_is_set_aside(environment: dict[str, str]) -> None:
    before = query(environment)
    cluster = Path(environment["TIERDESK_LOCAL"], "data").resolve() / "postgres"
    (cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster}\n1\n5432\n/tmp\nlocalhost\n")
    assert query(environment) == before + 1


def test_servers_that_are_named_are_used_and_none_is_started(
    environment: dict[str, str], tmp_path: Path
) -> None:
    named = {"DATABASE_URL": "postgresql://x@db.example/x", "REDIS_URL": "redis://redis.example/0"}
    named["TIERDESK_LOCAL"] = str(tmp_path / "local")
    program = (
        "import os; from helpdesk.local import servers; servers.use(); print(os.environ['DATABASE_URL'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment | named, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == named["DATABASE_URL"]
    assert not (tmp_path / "local" / "data").exists()


def test_nobody_else_reads_the_passwords(environment: dict[str, str]) -> None:
    held = holder(environment)
    local = Path(environment["TIERDESK_LOCAL"])
    secrets = [local / "postgres-password", local / "redis" / "server.json", local / "redis" / "redis.conf"]
    assert [oct(secret.stat().st_mode)[-3:] for secret in secrets] == ["600"] * 3
    password = json.loads(secrets[1].read_text())["password"]
    told = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    assert [line for line in told if password in line] == []
    let_go(held)


def _wait_until_gone(process: psutil.Process) -> None:
    until = time.monotonic() + 10
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < until:
        time.sleep(0.05)
