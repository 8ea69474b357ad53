"""The code of docs/webhooks.md does what it says there."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from accounts.models import User
from delivery import operations
from delivery.models import Delivery
from delivery.webhooks import headers_for
from tickets.feed import page

GUIDE = Path("docs/webhooks.md")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL)


def test_a_receiver_that_follows_the_guide_knows_our_messages(ada: User, at: datetime) -> None:
    (code,) = blocks("python")
    known: dict[str, Any] = {}
    exec(compile(code, str(GUIDE), "exec"), known)
    is_ours = known["is_ours"]
    hook, old = operations.create_webhook(name="Board", url="https://b.example.com/", by=ada, at=at)
    now = datetime.now(UTC)
    new = operations.renew_secret(hook, by=ada, at=now)
    hook.refresh_from_db()
    body = b'{"type":"test"}'
    headers = headers_for(hook, body, delivery=Delivery(pk=7, payload={}), at=now)
    assert (is_ours(old, headers, body), is_ours(new, headers, body)) == (True, True)
    assert not is_ours(new, headers, b'{"type":"tset"}')
    assert not is_ours(new, headers | {"webhook-timestamp": "1614265330"}, body)


def test_the_envelope_in_the_guide_has_the_members_that_are_sent(
    ticket: Any, ada: User, at: datetime
) -> None:
    (sent, *_rest) = page(ada, at=at, before=2**62).events
    (text,) = blocks("json")
    assert re.findall(r'^  "(\w+)":', text, flags=re.MULTILINE) == list(sent)
