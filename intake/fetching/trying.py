"""Trying a connection from its page: step by step, so that one sees how far it comes and what to mend."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from intake.fetching import line as lines
from intake.fetching.troubles import MailTrouble, is_about_the_line, trouble_of
from intake.fetching.wording import sentence
from intake.models import MailboxConnection
from intake.models.connections import Trouble

logger = logging.getLogger(__name__)

MOST_FOLDERS = 40


@dataclass(slots=True)
class Trial:
    """What worked, in order; and, where it went on no further, what is wrong."""

    steps: list[str] = field(default_factory=list)
    trouble: str = ""
    detail: str = ""
    folders: list[str] = field(default_factory=list)
    """Those that are there, where the wanted one is not."""

    @property
    def is_good(self) -> bool:
        return not self.trouble


def try_connection(connection: MailboxConnection, *, at: datetime) -> Trial:
    """Connect, log in, open the folder, count. Nothing is fetched and nothing is marked."""
    trial = Trial()
    client: IMAPClient | None = None
    try:
        client = lines.connect(connection)
        trial.steps.append(_connected(connection))
        with lines.Alarm(client, 60):
            lines.log_in(client, connection, at=at)
            trial.steps.append(_("%(user)s is let in.") % {"user": connection.user})
            _open(client, connection, trial)
    except Exception as error:  # whatever the server does is what was asked for
        trouble = trouble_of(error)
        trial.trouble, trial.detail = sentence(trouble.kind, connection), trouble.detail
        logger.info("trying %s: %s", connection, trouble)
    finally:
        if client is not None:
            lines.hang_up(client)
    return trial


def _connected(connection: MailboxConnection) -> str:
    facts = {"host": connection.host, "port": connection.port}
    if connection.security == MailboxConnection.Security.NONE:
        return _("%(host)s answers on port %(port)s, unencrypted.") % facts
    return _("%(host)s answers on port %(port)s, and its certificate is good.") % facts


def _open(client: IMAPClient, connection: MailboxConnection, trial: Trial) -> None:
    try:
        told = client.select_folder(connection.folder, readonly=True)
    except IMAPClientError as refusal:
        if is_about_the_line(refusal):
            raise
        trial.folders = sorted(str(name) for _flags, _by, name in client.list_folders())[:MOST_FOLDERS]
        raise MailTrouble(Trouble.FOLDER, trouble_of(refusal).detail) from refusal
    number = int(told.get(b"EXISTS") or 0)
    trial.steps.append(
        ngettext(
            "The folder %(folder)s is there, with %(n)d message.",
            "The folder %(folder)s is there, with %(n)d messages.",
            number,
        )
        % {"folder": connection.folder, "n": number}
    )
    if connection.mode == MailboxConnection.Mode.IDLE and not client.has_capability("IDLE"):
        trial.steps.append(
            _("The server cannot tell of news (IDLE): it is looked into again and again instead.")
        )
