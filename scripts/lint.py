"""Runs the linters one after the other, tells all that failed, and ends with 1 if any did."""

import os
import subprocess
import sys
import tempfile

from helpdesk.local import servers

# What an installation really sets; whatever else `check --deploy` asks must be safe by default.
PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": "only-for-the-check-3f9d1c7b5a2e8064-only-for-the-check-and-nowhere-else",
    "ALLOWED_HOSTS": "help.example.com",
    "BASE_URL": "https://help.example.com",
    "EMAIL_URL": "smtp://mail.example.com:587?tls=1",
    "MAIL_FROM": "Help <help@example.com>",
}

LINTERS = {
    "style": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy", "."],
    "import contracts": ["lint-imports"],
    "migrations": ["python", "manage.py", "makemigrations", "--check", "--dry-run"],
    "deployment": ["python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
    "compose file": ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
}


def main() -> int:
    servers.use()
    linters = {name: LINTERS[name] for name in sys.argv[1:] or LINTERS}
    failed = [name for name, command in linters.items() if not passes(name, command)]
    print(f"lint: {', '.join(failed)} failed" if failed else f"lint: all {len(linters)} passed")
    return 1 if failed else 0


def passes(name: str, command: list[str]) -> bool:
    print(f"-- {name}: {' '.join(command)}", flush=True)
    if name != "deployment":
        return subprocess.run(command, check=False).returncode == 0
    with tempfile.TemporaryDirectory() as media:
        environment = {**os.environ, **PRODUCTION, "MEDIA_ROOT": media}
        return subprocess.run(command, check=False, env=environment).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
