"""Keys: none means two things on one page, all of them stand on one page, and each person may switch them off."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import AccountEvent, User
from escalation import operations as escalation
from helpdesk.desk.acts import ACTS
from helpdesk.desk.bulk_acts import bulk_acts
from tickets import operations
from tickets.models import Ticket

SignIn = Callable[[User], Any]
KEY = re.compile(r'data-key="([^"]+)"')
SHOWN = re.compile(r"<kbd>([^<]+)</kbd>")


def keys_of(client: Any, address: str) -> list[str]:
    response = client.get(address)
    assert response.status_code == 200, address
    return KEY.findall(response.content.decode())


def twice(keys: list[str]) -> list[str]:
    return sorted({key for key in keys if keys.count(key) > 1})


@pytest.fixture
def in_every_state(
    open_ticket: Callable[..., Ticket], mira: User, dario: User, vpn: Any, later: Callable[..., datetime]
) -> list[Ticket]:
    """Tickets as technicians find them: new, taken, waiting, handed over, returned, resolved, closed, cancelled."""
    tickets = [open_ticket(f"State {n}", category=vpn) for n in range(8)]
    _new, _taken, waiting, handed, returned, resolved, closed, cancelled = tickets
    for ticket in tickets[1:]:
        operations.take(ticket, by=mira, at=later(minutes=1))
    operations.wait_for_requester(waiting, question="Is it back?", by=mira, at=later(minutes=2))
    for ticket in (handed, returned):
        escalation.hand_over(
            ticket, tier=2, reason="needs_expertise", summary="See the log.", by=mira, at=later(minutes=2)
        )
    escalation.return_(
        returned, reason="solvable_below", text="It is a password.", by=dario, at=later(minutes=3)
    )
    for ticket in (resolved, closed):
        operations.resolve(ticket, code="fixed", summary="Done.", category=vpn, by=mira, at=later(minutes=4))
    operations.close(closed, by=None, at=later(minutes=5))
    operations.cancel(cancelled, reason_text="Filed twice.", by=mira, at=later(minutes=4))
    return tickets


@pytest.mark.parametrize("step", [2, pytest.param(1, marks=pytest.mark.long)])
def test_no_key_means_two_things_on_a_ticket(
    step: int,
    signed_in: SignIn,
    in_every_state: list[Ticket],
    mira: User,
    dario: User,
    lars: User,
    max_: User,
    ada: User,
) -> None:
    """Whoever takes it sees it in every state; of the others each sees every second one, in turns."""
    for first, person in enumerate((mira, dario, lars, max_, ada)):
        client = signed_in(person)
        for ticket in in_every_state[first % step :: step] if person != mira else in_every_state:
            keys = keys_of(client, f"/desk/tickets/{ticket.number}/")
            assert twice(keys) == [], (person.name, ticket.subject)


def test_no_key_means_two_things_on_any_other_page(
    signed_in: SignIn, ticket: Ticket, lars: User, ada: User, mira: User
) -> None:
    pages = (
        "queues/all/",
        "queues/tier-1/",
        "new/",
        "notices/",
        "articles/",
        "sops/",
        "announcements/",
        "keys/",
    )
    for person in (mira, lars, ada):
        client = signed_in(person)
        for page in pages:
            assert twice(keys_of(client, f"/desk/{page}")) == [], (person.name, page)
    client = signed_in(ada)
    for page in ("categories", "fields", "replies", "people", "teams", "rules", "checklists"):
        assert twice(keys_of(client, f"/settings/{page}/")) == [], page


def test_acts_that_may_stand_side_by_side_have_keys_of_their_own() -> None:
    """Those that share one exclude each other: what waits goes on, what is watched is watched no more."""
    by_key: dict[str, list[str]] = {}
    for name, act in ACTS.items():
        if act.key:
            by_key.setdefault(act.key, []).append(name)
    shared = {key: names for key, names in by_key.items() if len(names) > 1}
    assert shared == {
        "w": ["wait", "resume"],
        "e": ["resolve", "propose-resolution"],
        "W": ["watch", "unwatch"],
    }
    of_many = [act.key for _name, act in bulk_acts() if act.key]
    of_lists = ["j", "k", "o", "x", "*", "F", "n", "c", "g", "/", "?"]
    assert twice([*of_many, *of_lists]) == []


def test_the_page_of_keys_knows_every_key_that_pages_have(
    signed_in: SignIn, in_every_state: list[Ticket], lars: User
) -> None:
    client = signed_in(lars)
    text = client.get("/desk/keys/").content.decode()
    shown = {key.removeprefix("⇧") if key.startswith("⇧") else key.lower() for key in SHOWN.findall(text)}
    for address in ("queues/all/", *(f"tickets/{ticket.number}/" for ticket in in_every_state)):
        for keys in keys_of(client, f"/desk/{address}"):
            assert set(keys.split(" ")) <= shown, (keys, address)
    assert "Take over a ticket" not in text
    assert "Back to the list" in text


def test_a_common_act_of_the_desk_has_a_key() -> None:
    """What a technician's hour is made of."""
    hour = [
        "take",
        "assign",
        "hand-over",
        "accept",
        "return",
        "wait",
        "resolve",
        "override-priority",
        "tag",
        "merge",
    ]
    assert [name for name in hour if not ACTS[name].key] == []


def test_keys_of_a_single_letter_are_switched_off_for_oneself(
    signed_in: SignIn, mira: User, sara: User
) -> None:
    client = signed_in(mira)
    assert "data-keys=" not in client.get("/desk/queues/mine/").content.decode()
    response = client.post("/desk/keys/", {}, follow=True)
    assert "Keys of a single letter are off." in response.content.decode()
    assert 'data-keys="off"' in client.get("/desk/queues/mine/").content.decode()
    mira.refresh_from_db()
    sara.refresh_from_db()
    assert (mira.single_keys, sara.single_keys) == (False, True)
    assert AccountEvent.objects.latest("pk").kind == "person.changed"
    client.post("/desk/keys/", {"single_keys": "on"})
    assert "data-keys=" not in client.get("/desk/queues/mine/").content.decode()
