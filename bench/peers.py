"""django-helpdesk's API under the load of `api_mixed`, where its package can be installed: `python -m bench.peers`.

It makes a virtual environment outside the tree, installs the newest django-helpdesk with gunicorn there, makes a
project with its settings as its documentation has them, a database of its own in the same PostgreSQL, loads tickets,
starts as many processes and threads as our server has, and asks with four clients: of ten requests four lists of 50,
three tickets, two new ones and a follow-up. What it prints stands beside the row `api_mixed` of `make bench`.
bench/peers.md says what is compared and what is not.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
import venv
from contextlib import closing
from multiprocessing.synchronize import Barrier
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql

from bench import wrk
from helpdesk.local import processes, servers

CLIENTS, EACH, WARM = 4, 150, 10
# Seconds of one list: beyond them the mix, of which four in ten requests are lists, would take an hour or more.
TOO_LONG = 5
NAME = "bench_peer_django_helpdesk"
USER, PASSWORD = "peer", "peer-only-passphrase"
# Two of them its templates and settings need, and its package does not name.
PACKAGES = (
    "django-helpdesk",
    "django-bootstrap4-form",
    "packaging",
    "gunicorn",
    "psycopg2-binary",
    "djangorestframework",
)

SETTINGS = """
import os
SECRET_KEY = "only-for-a-measurement"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "peer_urls"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.sites",
    "django.contrib.humanize", "django.contrib.messages", "django.contrib.staticfiles", "django.contrib.admin",
    "bootstrap4form", "rest_framework", "helpdesk",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]
SITE_ID = 1
STATIC_URL = "/static/"
HELPDESK_ACTIVATE_API_ENDPOINT = True
HELPDESK_TEAMS_MODE_ENABLED = False
HELPDESK_PUBLIC_ENABLED = False
HELPDESK_KB_ENABLED = True
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql", "NAME": os.environ["PEER_NAME"], "USER": os.environ["PEER_USER"],
    "PASSWORD": os.environ["PEER_PASSWORD"], "HOST": os.environ["PEER_HOST"], "PORT": os.environ["PEER_PORT"],
    "CONN_MAX_AGE": 600,
}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
"""

URLS = """
from django.contrib import admin
from django.urls import include, path
urlpatterns = [path("admin/", admin.site.urls), path("", include("helpdesk.urls"))]
"""

LOAD = """
import sys
import django
django.setup()
from django.contrib.auth import get_user_model
from django.contrib.sites.models import Site
from django.utils import timezone
from helpdesk.models import Queue, Ticket
Site.objects.get_or_create(pk=1, defaults={"domain": "127.0.0.1", "name": "peer"})
get_user_model().objects.create_superuser(sys.argv[1], "peer@example.com", sys.argv[2])
queue = Queue.objects.create(title="Service desk", slug="desk")
now, left = timezone.now(), int(sys.argv[3])
while left:
    some = min(left, 5000)
    Ticket.objects.bulk_create([
        Ticket(queue=queue, title=f"The printer on floor {n % 40} says error {n % 900}", status=1 + n % 4,
               priority=1 + n % 5, submitter_email="ines@example.com", created=now, modified=now,
               description="It stopped in the middle of a job. " + "The light blinks and nothing moves. " * 8)
        for n in range(some)
    ])
    left -= some
"""


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    arguments.add_argument("--tickets", type=int, default=100_000)
    given = arguments.parse_args()
    servers.use()
    with tempfile.TemporaryDirectory(prefix="tierdesk-peer-") as folder:
        home = Path(folder)
        python = _install(home)
        environment = _database(home)
        try:
            _run(python, "-m", "django", "migrate", "--verbosity=0", env=environment)
            _run(python, "load.py", USER, PASSWORD, str(given.tickets), env=environment)
            _measure(python, environment, given.tickets)
        finally:
            _drop()


def _install(home: Path) -> Path:
    venv.create(home / "venv", with_pip=True)
    python = home / "venv" / "bin" / "python"
    try:
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    except subprocess.CalledProcessError:
        sys.exit("django-helpdesk cannot be installed here: nothing to compare with.")
    for name, text in (("peer_settings", SETTINGS), ("peer_urls", URLS), ("load", LOAD)):
        (home / f"{name}.py").write_text(text)
    return python


def _database(home: Path) -> dict[str, str]:
    _drop()
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as connection:
        connection.autocommit = True
        connection.cursor().execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
        there = connection.get_dsn_parameters()
    url = urlsplit(os.environ["DATABASE_URL"])
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "peer_settings",
        "PYTHONPATH": str(home),
        "PEER_HOME": str(home),
        "PEER_NAME": NAME,
        "PEER_USER": there.get("user", ""),
        "PEER_PASSWORD": url.password or "",
        "PEER_HOST": there.get("host", ""),
        "PEER_PORT": there.get("port", ""),
    }


def _drop() -> None:
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as connection:
        connection.autocommit = True
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME))
        connection.cursor().execute(drop)


def _run(python: Path, *command: str, env: dict[str, str]) -> None:
    subprocess.run([python, *command], check=True, env=env, cwd=env["PEER_HOME"])


def _measure(python: Path, environment: dict[str, str], tickets: int) -> None:
    port = processes.free_port(8790)
    gunicorn = ("-m", "gunicorn", "django.core.wsgi:get_wsgi_application()", "--bind", f"127.0.0.1:{port}")
    size = ("--workers", "2", "--threads", "2", "--log-level", "error")
    with subprocess.Popen([python, *gunicorn, *size], env=environment, cwd=environment["PEER_HOME"]) as web:
        try:
            _wait(port)
            alone = _list_alone(port)
            print(f"django-helpdesk, {tickets} tickets: a list of 50, alone, takes {alone:.1f} s")
            if alone > TOO_LONG:
                print("The mix of requests would take an hour or more: not tried.")
                return
            if wrk.is_here():
                print(f"django-helpdesk, {tickets} tickets, by wrk: {wrk.ask(port, _drawn())}")
            context = multiprocessing.get_context("fork")
            barrier = context.Barrier(CLIENTS)
            with context.Pool(CLIENTS, _begin, [barrier]) as pool:
                found = pool.starmap(_ask, [(port, number) for number in range(CLIENTS)], chunksize=1)
        finally:
            web.terminate()
    seconds = max(ended for *_, ended in found) - min(started for _, started, _ in found)
    times = sorted(ms for of_client, _started, _ended in found for ms in of_client)
    print(
        f"django-helpdesk, {tickets} tickets: {len(times) / seconds:.1f} requests/s, "
        f"p50 {times[len(times) // 2]:.0f} ms, p95 {times[len(times) * 95 // 100]:.0f} ms (as the client sees it)"
    )


def _wait(port: int) -> None:
    for _attempt in range(100):
        try:
            _Client(port).ask("GET", "/api/tickets/?page_size=1")
        except (OSError, http.client.HTTPException):
            time.sleep(0.2)
        else:
            return
    sys.exit("django-helpdesk did not start.")


def _list_alone(port: int) -> float:
    """Seconds of one list that no other client disturbs."""
    begun = time.monotonic()
    _Client(port).ask("GET", "/api/tickets/?page_size=50&page=1")
    return time.monotonic() - begun


class _Client:
    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self.headers = _headers()

    def ask(self, method: str, path: str, body: object = None) -> dict[str, object]:
        sent = None if body is None else json.dumps(body)
        self.connection.request(method, path, sent, self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path} answered {answer.status}: {text[:300]!r}")
        found: dict[str, object] = json.loads(text)
        return found


_barrier: Barrier


def _begin(barrier: Barrier) -> None:
    global _barrier  # noqa: PLW0603  (of the client's process)
    _barrier = barrier


def _ask(port: int, number: int) -> tuple[list[float], float, float]:
    client, chance = _Client(port), random.Random(number)
    for _warm in range(WARM):
        _one(client, chance)
    _barrier.wait()
    started, times = time.monotonic(), []
    for _number in range(EACH):
        begun = time.monotonic()
        _one(client, chance)
        times.append((time.monotonic() - begun) * 1000)
    return times, started, time.monotonic()


def _one(client: _Client, chance: random.Random) -> None:
    client.ask(*_request(chance))


def _request(chance: random.Random) -> tuple[str, str, object]:
    kind = chance.random()
    if kind < 0.4:
        return "GET", f"/api/tickets/?page_size=50&page={chance.randint(1, 20)}", None
    if kind < 0.7:
        return "GET", f"/api/tickets/{chance.randint(1, 1000)}/", None
    if kind < 0.9:
        ticket = {
            "queue": 1,
            "title": f"The printer on floor {chance.randint(1, 40)} says error",
            "description": "It stopped in the middle of a job. " + "The light blinks. " * 16,
            "submitter_email": "ines@example.com",
            "priority": 3,
        }
        return "POST", "/api/tickets/", ticket
    note = {"ticket": chance.randint(1, 1000), "comment": "Looked at it again: the same error. " * 4}
    return "POST", "/api/followups/", note | {"public": False, "title": "Note"}


def _drawn() -> list[wrk.Asked]:
    """A thousand requests, drawn beforehand, for wrk."""
    chance = random.Random(11)
    return [wrk.Asked(_headers(), *_request(chance)) for _number in range(1_000)]


def _headers() -> dict[str, str]:
    key = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    return {"Authorization": f"Basic {key}", "Content-Type": "application/json"}


if __name__ == "__main__":
    main()
