"""Faults of mail, with real servers: `python -m bench.faults_mail --messages 1000 --json out.json`.

Letters lie in an IMAP mailbox (Dovecot), the desk's own processes fetch, file and answer them, and something breaks.
Afterwards each letter must be stored once and filed once, and each answer must have come once to the mail server that
stands for the world. `lost` letters or mails are nowhere; `doubled` ones are there twice.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import trustme

from bench import data
from bench.letters import Person, letters
from bench.post import Post
from bench.programs import Programs
from helpdesk.local import servers
from helpdesk.local.places import BASE_DIR
from tests.intake.real import imap_server
from tests.intake.real.proxy import Proxy

FACTS = ("messages", "stored", "filed", "lost", "doubled", "mails", "mails_lost", "mails_doubled", "seconds")
ADDRESS = "support@faults.example"
PREFIX = "faults-mail"
PATIENCE = 1800
PROGRAMS = ("worker", "mail", "timers", "beat")
KILLS = 4
SMTP_AWAY_SECONDS = 15.0

Result = dict[str, Any]


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m bench.faults_mail", description=__doc__)
    arguments.add_argument("--messages", type=_number, default=1000, metavar="N")
    arguments.add_argument("--json", type=Path, metavar="FILE", help="write the table there too")
    arguments.add_argument("--faults", type=_faults, default=list(FAULTS), metavar="smtp_down,imap_dropping")
    given = arguments.parse_args()
    if imap_server.executable() is None:
        sys.exit(imap_server.NO_SERVER)
    servers.use()
    url = data.fill(data.SMALLEST, force=True, name="faults_mail")
    results: dict[str, Result] = {}
    print(f"{'fault':<22}" + "".join(f"{fact:>14}" for fact in FACTS), flush=True)
    for name in given.faults:
        with Stage.opened(url, name, given.messages) as stage:
            FAULTS[name](stage)
            results[name] = stage.result()
        print(f"{name:<22}" + "".join(f"{results[name][fact]:>14}" for fact in FACTS), flush=True)
        if given.json:
            given.json.write_text(json.dumps(results, indent=1) + "\n")
    if any(_is_wrong(result) for result in results.values()):
        sys.exit(1)


def _number(text: str) -> int:
    if not text.isdecimal() or not 10 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError("N is a number of messages between 10 and 100000")
    return int(text)


def _faults(text: str) -> list[str]:
    unknown = [name for name in text.split(",") if name not in FAULTS]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"no fault {', '.join(unknown)}. The faults are: {', '.join(FAULTS)}"
        )
    return text.split(",")


def _is_wrong(result: Result) -> bool:
    return any(result[fact] for fact in ("lost", "doubled", "mails_lost", "mails_doubled"))


# --- the faults ---


def nothing(stage: Stage) -> None:
    """Everything works: what the others are compared with."""
    stage.start(*PROGRAMS)
    stage.wait_until_filed()


def imap_dropping(stage: Stage) -> None:
    """The line to the mail server breaks after 200 kB, again and again; each look comes a little further."""
    stage.proxy.cut_after = 200_000
    stage.start(*PROGRAMS)
    stage.wait_until_filed(hurry=True)
    stage.note(cuts=stage.proxy.cuts)


def fetcher_killed(stage: Stage) -> None:
    """kill -9 of the process that fetches, between what it stored and what it remembers of that."""
    stage.start("timers", "beat", "worker")
    for number in range(1, KILLS + 1):
        stage.start("mail")
        stage.wait_until(
            lambda number=number: stage.stored() >= stage.messages * number // (KILLS + 1),  # type: ignore[misc]
            "a part was stored",
        )
        stage.kill("mail")
        stage.hurry()
    stage.start("mail")
    stage.wait_until_filed(hurry=True)
    stage.note(kills=KILLS)


def worker_killed(stage: Stage) -> None:
    """kill -9 of the worker in the middle of filing: a letter is read, its ticket not committed."""
    stage.start("mail", "timers", "beat")
    stage.wait_until(lambda: stage.stored() == stage.messages, "all were stored")
    in_the_middle = 0
    for number in range(1, KILLS + 1):
        with closing(stage.connect()) as other:
            stage.start("worker")
            stage.wait_until(
                lambda number=number: stage.filed() >= stage.messages * number // (KILLS + 2),  # type: ignore[misc]
                "a part was filed",
            )
            # Nobody commits a new ticket while this stands, and whoever files one waits in the middle of it.
            other.autocommit = False
            other.cursor().execute("LOCK TABLE intake_mailwords IN SHARE MODE")
            in_the_middle += stage.comes(stage.is_filing, within=10)
            stage.kill("worker")
            other.rollback()
    stage.start("worker")
    stage.release_leases()
    stage.wait_until_filed()
    stage.note(kills=KILLS, in_the_middle=in_the_middle)


def smtp_down(stage: Stage) -> None:
    """The mail server for what goes out is away, in the middle of it all; then it is back."""
    stage.start(*PROGRAMS)
    stage.wait_until(lambda: stage.filed() >= stage.messages // 4, "a quarter was filed")
    stage.post.close()
    time.sleep(SMTP_AWAY_SECONDS)
    stage.wait_until_filed()
    stage.post.open()
    stage.try_again_at_once()


def smtp_slow(stage: Stage) -> None:
    """Each mail takes the mail server a while."""
    stage.post.dawdles = 0.1
    stage.start(*PROGRAMS)
    stage.wait_until_filed()


def smtp_refusing_one(stage: Stage) -> None:
    """A mail to three of whom one is refused for good: the other two get it, once; the desk says whom not."""
    stage.start(*PROGRAMS)
    stage.wait_until_filed()
    refused = "gone@world.example"
    stage.post.refuses.add(refused)
    done = stage.run("bench.mail_to_three", str(stage.messages // 10), refused)
    ids = json.loads(done)
    stage.wait_until_sent()
    both = ("one@world.example", "two@world.example")
    counts = [stage.post.taken[(address, name)] for name in ids for address in both]
    stage.note(
        to_three=len(ids),
        lost_to_others=counts.count(0),
        doubled_to_others=sum(count > 1 for count in counts),
        told=stage.ask(
            "SELECT count(*) FROM delivery_mail WHERE message_id = ANY(%(ids)s) AND refused::text LIKE %(who)s",
            ids=ids,
            who=f"%{refused}%",
        ),
    )


FAULTS: dict[str, Callable[[Stage], None]] = {
    "nothing": nothing,
    "imap_dropping": imap_dropping,
    "fetcher_killed": fetcher_killed,
    "worker_killed": worker_killed,
    "smtp_down": smtp_down,
    "smtp_slow": smtp_slow,
    "smtp_refusing_one": smtp_refusing_one,
}


# --- the stage ---


class Stage(Programs):
    """One fault: a mailbox full of letters, the desk's programs, and what is found in the database afterwards."""

    def __init__(self, url: str, name: str, messages: int, server: imap_server.ImapServer) -> None:
        self.post = Post()
        super().__init__(
            url,
            prefix=PREFIX,
            patience=PATIENCE,
            EMAIL_URL=f"smtp://127.0.0.1:{self.post.port}",
            MAIL_FROM=f"Help desk <{ADDRESS}>",
        )
        self.name, self.messages, self.server = name, messages, server
        self.proxy = Proxy(server.plain)
        self.notes: Result = {}
        self.mark, self.since = "", None
        self.begun = time.monotonic()

    @classmethod
    @contextmanager
    def opened(cls, url: str, name: str, messages: int) -> Iterator[Stage]:
        certificate = trustme.CA().issue_cert("localhost")
        chain = b"".join(pem.bytes() for pem in certificate.cert_chain_pems)
        server = imap_server.start(chain, certificate.private_key_pem.bytes())
        stage = cls(url, name, messages, server)
        stage.post.open()
        try:
            stage.prepare()
            yield stage
        finally:
            stage.kill_all()
            stage.proxy.close()
            stage.post.close()
            imap_server.remove(server)

    def prepare(self) -> None:
        """Letters into the mailbox, and the mailbox to its server."""
        people = [
            Person(name, email)
            for name, email in self.rows(
                "SELECT name, email FROM accounts_user WHERE email LIKE 'person%%' ORDER BY id LIMIT 200"
            )
        ]
        self.mark, self.since = f"{self.name}-{time.time_ns()}", self.ask("SELECT now()")
        # Who has written much within an hour gets no receipt any more; each fault begins with people who have not.
        self.ask(
            "WITH done AS (UPDATE intake_mailmessage SET received_at = received_at - interval '2 days' RETURNING 1)"
            " SELECT count(*) FROM done"
        )
        wanted = letters(people, self.messages, to=ADDRESS, run=self.mark)
        self.server.put_many("support", (letter.raw for letter in wanted))
        self.run("bench.mail_connect", ADDRESS, str(self.proxy.port), imap_server.PASSWORD)

    def run(self, module: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env=self.environment,
            cwd=BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{module} failed:\n{done.stderr[-2000:]}")
        return done.stdout.splitlines()[-1] if done.stdout else ""

    # --- what is there ---

    def stored(self) -> int:
        return int(self.ask(f"SELECT count(*) FROM intake_mailmessage WHERE {_MINE}", mark=self._mine))

    def filed(self) -> int:
        query = f"SELECT count(*) FROM intake_mailmessage WHERE {_MINE} AND state = 'filed'"
        return int(self.ask(query, mark=self._mine))

    def is_filing(self) -> bool:
        return bool(
            self.ask(
                "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock' AND query LIKE '%%intake_mailwords%%')"
            )
        )

    @property
    def _mine(self) -> str:
        return f"<{self.mark}.%"

    def hurry(self) -> None:
        """Pauses after failures are minutes; here nobody waits for them."""
        self.ask("UPDATE intake_mailboxconnection SET next_at = now() RETURNING 1")
        self.ask(
            "WITH done AS (UPDATE intake_missedmail SET next_at = now() RETURNING 1) SELECT count(*) FROM done"
        )

    def release_leases(self) -> None:
        """What a killed worker had leased comes back after two minutes; here at once."""
        self.ask(
            "WITH done AS (UPDATE delivery_delivery SET state = 'waiting', lease_until = NULL, next_at = now()"
            " WHERE state = 'leased' RETURNING 1) SELECT count(*) FROM done"
        )

    def try_again_at_once(self) -> None:
        self.ask(
            "WITH done AS (UPDATE delivery_delivery SET next_at = now() WHERE state = 'waiting' RETURNING 1)"
            " SELECT count(*) FROM done"
        )

    def wait_until_filed(self, *, hurry: bool = False) -> None:
        looked = time.monotonic()

        def is_so() -> bool:
            nonlocal looked
            if hurry and time.monotonic() - looked > 1:
                looked = time.monotonic()
                self.hurry()
            return self.filed() >= self.messages

        self.comes(is_so, within=PATIENCE)

    def wait_until_sent(self) -> None:
        left = "state IN ('waiting', 'leased') AND kind <> 'notices'"
        query = f"SELECT NOT EXISTS (SELECT FROM delivery_delivery WHERE {left})"
        self.comes(lambda: bool(self.ask(query)), within=PATIENCE)

    def result(self) -> Result:
        self.wait_until_sent()
        # Who would store or file a second time has had every chance now.
        self.hurry()
        time.sleep(8)
        self.wait_until_sent()
        doubled = self.ask(
            f"SELECT count(*) FROM (SELECT 1 FROM intake_mailmessage WHERE {_MINE} GROUP BY message_id"
            " HAVING count(*) > 1) AS twice",
            mark=self._mine,
        )
        filed_twice = self.ask(
            f"SELECT count(*) - count(DISTINCT written_id) FROM intake_mailmessage WHERE {_MINE} AND state = 'filed'",
            mark=self._mine,
        )
        sent = [row[0] for row in self.rows("SELECT message_id FROM delivery_mail WHERE state = 'sent'")]
        waiting = self.ask("SELECT count(*) FROM delivery_mail WHERE state = 'waiting'")
        given_up = self.ask(
            "SELECT count(*) FROM delivery_delivery WHERE state = 'dead' AND created_at >= %(since)s",
            since=self.since,
        )
        taken = {name for (_to, name) in self.post.taken}
        mine = [name for name in sent if name in taken]
        return {
            "messages": self.messages,
            "stored": self.stored(),
            "filed": self.filed(),
            "lost": self.messages
            - self.ask(
                f"SELECT count(DISTINCT message_id) FROM intake_mailmessage WHERE {_MINE} AND state = 'filed'",
                mark=self._mine,
            ),
            "doubled": doubled + filed_twice,
            "mails": len(mine),
            "mails_lost": waiting + given_up + self._sent_and_not_taken(),
            "mails_doubled": sum(count > 1 for count in self.post.taken.values()),
            "seconds": round(time.monotonic() - self.begun, 1),
            **self.notes,
        }

    def _sent_and_not_taken(self) -> int:
        """Mails that this fault has sent, as the desk says, and that never came."""
        names = {name for (_to, name) in self.post.taken}
        since = self.rows(
            "SELECT message_id FROM delivery_mail WHERE state = 'sent' AND created_at >= %(since)s",
            since=self.since,
        )
        return sum(name not in names for (name,) in since)

    def note(self, **facts: Any) -> None:
        self.notes |= facts

    def ask(self, query: str, **facts: Any) -> Any:
        return self.rows(query, **facts)[0][0]

    def rows(self, query: str, **facts: Any) -> list[Any]:
        with closing(self.connect()) as database, database.cursor() as cursor:
            cursor.execute(query, facts or None)
            return list(cursor.fetchall())


_MINE = "message_id LIKE %(mark)s"


if __name__ == "__main__":
    main()
