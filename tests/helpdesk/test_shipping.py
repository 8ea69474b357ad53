"""What is shipped: the same commands everywhere, texts that compile, lock files that name no registry."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from honcho.environ import parse_procfile

from helpdesk.local.places import BASE_DIR
from scripts import lint
from scripts.compile_catalogues import compile_all


def test_compose_runs_the_commands_of_the_procfile() -> None:
    compose = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())
    procfile = parse_procfile((BASE_DIR / "Procfile").read_text()).processes
    ours = {name: service["command"] for name, service in compose["services"].items() if "build" in service}
    migrate = ours.pop("migrate")
    assert ours == procfile
    assert migrate == "python manage.py migrate --no-input"


def test_the_image_starts_the_web_command_of_the_procfile() -> None:
    procfile = parse_procfile((BASE_DIR / "Procfile").read_text()).processes
    command = (BASE_DIR / "Dockerfile").read_text().strip().splitlines()[-1]
    assert json.loads(command.removeprefix("CMD ")) == procfile["web"].split()


@pytest.mark.parametrize(
    "lock",
    ["requirements.lock", "requirements-dev.lock", "requirements-node.lock", "package-lock.json"],
)
def test_lock_files_name_no_registry(lock: str) -> None:
    text = (BASE_DIR / lock).read_text()
    if lock.endswith(".json"):
        packages = json.loads(text)["packages"].values()
        assert [package["resolved"] for package in packages if "resolved" in package] == []
    else:
        assert re.findall(r"https?://\S+|^--(?:extra-)?index-url.*", text, flags=re.M) == []


def test_every_locked_package_has_hashes() -> None:
    text = (BASE_DIR / "requirements-dev.lock").read_text().replace("\\\n", " ")
    pins = [line for line in text.splitlines() if "==" in line and not line.lstrip().startswith("#")]
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []


def test_production_is_a_part_of_what_is_tested() -> None:
    pins = [set(re.findall(r"^(\S+==\S+)", (BASE_DIR / name).read_text(), flags=re.M)) for name in LOCKS]
    assert pins[0] - pins[1] == set()


LOCKS = ("requirements.lock", "requirements-dev.lock")


def test_catalogues_compile_and_a_second_time_nothing_is_done(tmp_path: Path) -> None:
    folder = tmp_path / "locale" / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Ticket"\nmsgstr "Fall"\n'
    )
    assert compile_all(tmp_path) == [folder / "django.mo"]
    assert b"Fall" in (folder / "django.mo").read_bytes()
    assert compile_all(tmp_path) == []


def test_our_catalogues_compile(tmp_path: Path) -> None:
    sources = sorted(BASE_DIR.glob("locale/*/LC_MESSAGES/*.po"))
    for source in sources:
        copy = tmp_path / source.relative_to(BASE_DIR)
        copy.parent.mkdir(parents=True)
        copy.write_bytes(source.read_bytes())
    assert len(compile_all(tmp_path)) == len(sources)


def production() -> dict[str, str]:
    """An installation's environment. The browser tests allow themselves what the check rightly refuses."""
    ours = {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    return ours | lint.PRODUCTION | {"DJANGO_SETTINGS_MODULE": "helpdesk.settings"}


@pytest.mark.long  # `make lint` asks the same
def test_production_settings_pass_the_deployment_check() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=BASE_DIR,
        env=production(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_production_demands_https_and_refuses_demo_passwords() -> None:
    asked = [
        "SECURE_SSL_REDIRECT",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "ALLOW_DEMO_PASSWORDS",
        "DEBUG",
    ]
    program = f"from django.conf import settings as s; print([getattr(s, n) for n in {asked!r}])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=BASE_DIR,
        env=production(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("[True, True, True, False, False]", "")
