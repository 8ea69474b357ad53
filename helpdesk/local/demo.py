"""`make demo`: the local servers, the demo company, and the processes of the Procfile, until Ctrl-C."""

from __future__ import annotations

import contextlib
import ctypes
import json
import multiprocessing.util
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable

import psutil
from honcho.compat import ProcessManager
from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.printer import Printer

from helpdesk.local import prepared, processes, servers
from helpdesk.local.places import BASE_DIR, LOCAL
from helpdesk.local.processes import DEMO_MARK, LocalServerTrouble

LOGINS = ("requester", "l1", "l2", "l3", "vendor", "lead", "manager", "admin")
PASSWORD = "tierdesk-demo"  # noqa: S105  (refused wherever DEBUG is off)


def main() -> int:
    try:
        _end_orphans()
        port = _choose_port(int(os.environ.get("PORT") or 8000))
        os.environ.update(_environment(port, live_port=processes.free_port(port + 1)))
        servers.use()
        _prepare_data()
    except LocalServerTrouble as trouble:
        print(f"tierdesk: {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return _run(f"http://127.0.0.1:{port}")


def _choose_port(wanted: int) -> int:
    port = processes.free_port(wanted)
    if port != wanted:
        print(f"tierdesk: port {wanted} is taken, using {port} instead", flush=True)
    return port


def _environment(port: int, *, live_port: int) -> dict[str, str]:
    ours = {"PORT": str(port), "BIND": "127.0.0.1", "PYTHONUNBUFFERED": "1", DEMO_MARK: _me()}
    defaults = {
        "LIVE_PORT": str(live_port),
        "DEBUG": "1",
        "BASE_URL": f"http://127.0.0.1:{port}",
        "WORKER_CONCURRENCY": "1",
        # A developer who is root in a container knows it.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
    }
    return ours | {name: os.environ.get(name) or value for name, value in defaults.items()}


def _prepare_data() -> None:
    if prepared.is_prepared(os.environ["DATABASE_URL"]):
        return
    done = subprocess.run([sys.executable, "manage.py", "prepare_demo"], cwd=BASE_DIR, check=False)
    if done.returncode:
        raise LocalServerTrouble("The demo's data could not be prepared; the reason stands above.")


def _run(url: str) -> int:
    manager = Foreman(Printer(sys.stdout))
    for name, command in parse_procfile((BASE_DIR / "Procfile").read_text()).processes.items():
        # Without exec a shell stands between: it dies at once and hides that its program still shuts down.
        manager.add_process(name, f"exec {command}", env=dict(os.environ), cwd=str(BASE_DIR))
    multiprocessing.util.register_after_fork(manager, _die_with_the_runner)
    # A closed terminal is a Ctrl-C as well.
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    threading.Thread(target=_announce, args=[url], daemon=True).start()
    try:
        manager.loop()
    except OSError:
        # Nobody reads our output any more, as in `make demo | head`.
        manager.returncode = 1
    finally:
        processes.end(_marked(lambda runner: runner == os.environ[DEMO_MARK]), within=5)
    stopped_by_us = manager.returncode in {130, 143}
    return 0 if stopped_by_us else int(manager.returncode or 1)


class Foreman(Manager):
    """Asks the programs to end and not their children as well: a worker lets its children finish their work."""

    def __init__(self, printer: Printer) -> None:
        super().__init__(printer)
        self._procmgr = _AskingOne()


class _AskingOne(ProcessManager):
    def terminate(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def _die_with_the_runner(_manager: object) -> None:
    """For the forks in which honcho reads each program: without us they would wait for ever."""
    if sys.platform == "linux":
        set_signal_at_parents_death = 1  # PR_SET_PDEATHSIG in <sys/prctl.h>
        ctypes.CDLL(None).prctl(set_signal_at_parents_death, signal.SIGKILL)


def _announce(url: str) -> None:
    """Says `ready:` once, when web, live, worker, timers and beat all answer."""
    since, told = time.monotonic(), False
    while (said := _ask(f"{url}/readyz")).get("status") != "ok":
        if not told and time.monotonic() - since > 60:
            told = True
            print(f"tierdesk: still waiting; {url}/readyz says {json.dumps(said)}", flush=True)
        time.sleep(0.1)
    width = max(map(len, LOGINS)) + len("@demo.example")
    logins = "".join(f"\n  {f'{login}@demo.example':<{width}}  {PASSWORD}" for login in LOGINS)
    print(f"ready: {url}\nlog in as one of these; Ctrl-C stops everything{logins}", flush=True)


def _ask(url: str) -> dict[str, object]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  (our own address)
            return dict(json.load(answer))
    except urllib.error.HTTPError as refused:
        with contextlib.suppress(ValueError):
            return dict(json.load(refused))
        return {"status": refused.code}
    except (OSError, ValueError):
        return {"status": "no answer"}


def _end_orphans() -> None:
    """Ends web and workers whose runner was killed. A runner that lives keeps its own: two demos may run."""
    orphans = _marked(lambda runner: runner.startswith(f"{LOCAL}:") and not _lives(runner))
    if orphans:
        print(f"tierdesk: ending {len(orphans)} processes that an earlier start left behind", flush=True)
        processes.end(orphans, within=2)


def _marked(wanted: Callable[[str], bool]) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            runner = process.environ().get(DEMO_MARK)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        if runner and wanted(runner):
            found.append(process)
    return found


def _me() -> str:
    """Place, number and birth: a number alone may pass to another process."""
    return f"{LOCAL}:{os.getpid()}:{psutil.Process().create_time()}"


def _lives(runner: str) -> bool:
    _place, number, _birth = runner.rsplit(":", 2)
    try:
        # By its command: the time of its birth is reckoned from the clock, and moves when the clock is set.
        return "helpdesk.local.demo" in psutil.Process(int(number)).cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # somebody else's has our number now
        return False


if __name__ == "__main__":
    sys.exit(main())
