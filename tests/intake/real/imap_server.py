"""A real IMAP server for a test: Dovecot, on ports and in a folder of its own, as root or as anybody else.

Debian has it as `dovecot-imapd`; where there is none, the tests that need it are skipped and say so.
"""

from __future__ import annotations

import getpass
import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from imapclient import IMAPClient

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NO_SERVER = "no IMAP server found; install one: apt-get install -y dovecot-imapd"
PASSWORD = "letter-box"
PATIENCE = 15

_2_3 = """
protocols = imap
listen = 127.0.0.1
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/dovecot.log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
default_vsz_limit = 512M
first_valid_uid = 1
first_valid_gid = 0
ssl = yes
ssl_cert = <{root}/cert.pem
ssl_key = <{root}/key.pem
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:{root}/mail/%u/Maildir
mail_fsync = never
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/mail/%u
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
"""
_2_4 = """
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
protocols = imap
listen = 127.0.0.1
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/dovecot.log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 0
ssl = yes
ssl_server_cert_file = {root}/cert.pem
ssl_server_key_file = {root}/key.pem
auth_allow_cleartext = yes
auth_failure_delay = 0
mail_driver = maildir
mail_path = {root}/mail/%{{user}}/Maildir
mail_home = {root}/mail/%{{user}}
mail_uid = {uid}
mail_gid = {gid}
passdb static {{
  password = {password}
}}
userdb static {{
  fields {{
    uid = {uid}
    gid = {gid}
    home = {root}/mail/%{{user}}
  }}
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
"""


def executable() -> str | None:
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@dataclass
class ImapServer:
    """Where it listens; and its mailboxes as another mail program sees them. Every user has `PASSWORD`."""

    root: Path
    tls: int
    plain: int
    process: subprocess.Popen[bytes]

    @contextmanager
    def opened(self, user: str) -> Iterator[IMAPClient]:
        client = IMAPClient("127.0.0.1", port=self.plain, ssl=False, timeout=PATIENCE)
        try:
            client.login(user, PASSWORD)
            yield client
        finally:
            client.logout()

    def put(self, user: str, *messages: bytes, folder: str = "INBOX") -> None:
        """Lay messages into a folder, as a mail server does that receives them."""
        with self.opened(user) as client:
            for message in messages:
                client.append(folder, message)

    def put_many(self, user: str, messages: Iterable[bytes]) -> int:
        """As files into the mailbox's folder: thousands in a second."""
        with self.opened(user) as client:
            client.select_folder("INBOX")
        new = self.root / "mail" / user / "Maildir" / "new"
        owner, count = new.stat(), 0
        for count, message in enumerate(messages, 1):
            path = new / f"{1_700_000_000 + count}.M{count:06}P1.test"
            path.write_bytes(message)
            os.chown(path, owner.st_uid, owner.st_gid)
        return count

    def flags(self, user: str, folder: str = "INBOX") -> list[set[bytes]]:
        """The flags of its messages, oldest first."""
        with self.opened(user) as client:
            client.select_folder(folder, readonly=True)
            found = client.get_flags(client.search())
            return [set(found[uid]) - {b"\\Recent"} for uid in sorted(found)]

    def count(self, user: str, folder: str = "INBOX") -> int:
        with self.opened(user) as client:
            return int(client.folder_status(folder, ["MESSAGES"])[b"MESSAGES"])

    def make_anew(self, user: str, folder: str) -> None:
        """Delete a folder and make it again: its numbers begin anew (UIDVALIDITY)."""
        with self.opened(user) as client:
            if client.folder_exists(folder):
                client.delete_folder(folder)
            client.create_folder(folder)

    def stop(self) -> None:
        """At once: asked politely it waits for each of its children."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        for child in family:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        self.process.wait(PATIENCE)


def start(certificate: bytes, key: bytes) -> ImapServer:
    """A server with this certificate; it answers when this returns.

    Raises:
        RuntimeError: it does not start; the message holds its log.
    """
    root = Path(tempfile.mkdtemp(prefix="tierdesk-imap-"))
    root.chmod(0o755)
    (root / "cert.pem").write_bytes(certificate)
    (root / "key.pem").write_bytes(key)
    owner = _owner()
    mail = root / "mail"
    mail.mkdir()
    if os.geteuid() == 0:
        os.chown(mail, owner.pw_uid, owner.pw_gid)
    tls, plain = _free_ports(2)
    program = executable()
    assert program
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    template = _2_3 if version.startswith("2.3") else _2_4
    text = template.format(
        root=root,
        user=owner.pw_name,
        group=grp.getgrgid(owner.pw_gid).gr_name,
        uid=owner.pw_uid,
        gid=owner.pw_gid,
        password=PASSWORD,
        tls=tls,
        plain=plain,
    )
    config = root / "dovecot.conf"
    config.write_text(text)
    process = subprocess.Popen(
        [program, "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    server = ImapServer(root, tls, plain, process)
    _wait(server)
    return server


def remove(server: ImapServer) -> None:
    server.stop()
    if server.process.stderr:
        server.process.stderr.close()
    shutil.rmtree(server.root, ignore_errors=True)


def _owner() -> pwd.struct_passwd:
    """Whom its processes run as: never root, which Dovecot refuses."""
    return pwd.getpwnam("nobody" if os.geteuid() == 0 else getpass.getuser())


def _free_ports(number: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _wait(server: ImapServer) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if server.process.poll() is not None:
            said = server.process.stderr.read().decode() if server.process.stderr else ""
            raise RuntimeError(f"Dovecot does not start: {said}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", server.plain), timeout=1) as line:
            if line.recv(4) == b"* OK":
                return
        time.sleep(0.05)
    raise RuntimeError(f"Dovecot does not answer: {(server.root / 'dovecot.log').read_text()}")
