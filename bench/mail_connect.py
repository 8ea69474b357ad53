"""`python -m bench.mail_connect ADDRESS PORT PASSWORD`: the mailbox of `bench.faults_mail`, fetched from this port."""

from __future__ import annotations

import sys

import django

django.setup()

from django.utils import timezone

from intake.models import Mailbox, MailboxConnection
from intake.operations.connections import Wanted, connect


def main(address: str, port: str, password: str) -> None:
    at = timezone.now()
    MailboxConnection.objects.all().delete()
    is_default = not Mailbox.objects.filter(is_default=True).exclude(address=address).exists()
    mailbox, _ = Mailbox.objects.get_or_create(
        address=address, defaults={"name": "faults", "is_default": is_default, "created_at": at}
    )
    wanted = Wanted(
        host="127.0.0.1", port=int(port), security="none", user="support", secret=password, every_seconds=15
    )
    connect(mailbox, wanted, by=None, at=at)


if __name__ == "__main__":
    main(*sys.argv[1:])
