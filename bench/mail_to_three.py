"""`python -m bench.mail_to_three N REFUSED`: N mails to three people of whom one is refused; prints their ids."""

from __future__ import annotations

import json
import sys

import django

django.setup()

from django.utils import timezone

from delivery.operations import send_mail_row


def main(number: int, refused: str) -> None:
    mails = [
        send_mail_row(
            to="one@world.example",
            cc=[refused, "two@world.example"],
            subject=f"To three {count}",
            text="Words.",
            at=timezone.now(),
        )
        for count in range(number)
    ]
    print(json.dumps([mail.message_id for mail in mails]))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
