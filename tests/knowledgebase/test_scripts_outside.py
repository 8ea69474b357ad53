"""What a script does outside of itself: verifies the caller, calls a webhook, waits for a time."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from delivery import privacy
from delivery.models import Delivery, Mail, Webhook
from delivery.operations import claim, create_webhook, deliver
from knowledgebase.models import Article, CallerCode, Run, RunAction, RunAnswer
from knowledgebase.operations.acting import KIND, AlreadyCalled, NothingToWaitFor, act, stop_waiting
from knowledgebase.operations.ending import hand_over
from knowledgebase.operations.running import MovedOn, NotDueYet, answer, give_up, start
from knowledgebase.operations.verifying import MOST_TRIES, NoCode, NoSuchWay, NotYet, send_code, verify
from knowledgebase.queries.runs import action_at, standing
from tests.escalation.test_webhooks import Receiver
from tests.knowledgebase.sops import PASSWORD, WIFI, sop
from tickets import operations
from tickets.models import Attachment, Message, Ticket
from tickets.refusals import Invalid, NotAllowed

Later = Callable[..., datetime]
YES = b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\nTemporary: blue-otter"
NO = b"HTTP/1.1 422 Unprocessable\r\nContent-Length: 6\r\n\r\nlocked"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def receiver(settings: Any) -> Iterator[Callable[..., Receiver]]:
    settings.WEBHOOK_INSIDE_HOSTS = frozenset({"127.0.0.1"})
    made: list[Receiver] = []

    def make(answers: bytes) -> Receiver:
        made.append(Receiver(answers))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def directory(settings: Any, db: None, at: datetime) -> Webhook:
    settings.WEBHOOK_INSIDE_HOSTS = frozenset({"127.0.0.1"})
    return create_webhook(name="Directory", url="http://127.0.0.1:9/", by=None, at=at)[0]


@pytest.fixture
def password(directory: Webhook, lars: User, at: datetime) -> Article:
    sop(WIFI, title="Suspicious call", by=lars, at=at)
    return sop(PASSWORD, title="Password", by=lars, at=at)


@pytest.fixture
def run(ticket: Ticket, password: Article, mira: User, ines: User, greta: User, at: datetime) -> Run:
    ines.phone, ines.manager = "+44 113 496 0000", greta
    ines.save()
    return start(ticket, article=password, by=mira, at=at)


def at_step(run: Run) -> tuple[str, int]:
    run.refresh_from_db()
    return run.step, run.place


def code_in(mail: Mail) -> str:
    found = re.search(r"\b\d{6}\b", mail.text)
    assert found
    return found[0]


# --- who calls ---


def test_of_a_verification_only_the_result_and_the_way_are_kept(run: Run, mira: User, at: datetime) -> None:
    verify(run, place=0, step="verify", way="call_back", by=mira, at=at)
    row = RunAnswer.objects.get(run=run)
    assert (row.value, row.data) == ("passed", {"way": "call_back"})
    assert at_step(run) == ("reset", 1)


def test_a_caller_who_is_not_verified_comes_to_no_action(run: Run, mira: User, at: datetime) -> None:
    verify(run, place=0, step="verify", way="manager", passed=False, by=mira, at=at)
    assert at_step(run) == ("refused", 1)
    with pytest.raises(MovedOn):
        act(run, place=1, step="reset", by=mira, at=at)


def test_a_code_goes_to_the_address_on_file_and_is_compared_here(
    run: Run, ines: User, mira: User, sara: User, later: Later
) -> None:
    send_code(run, place=0, step="verify", by=mira, at=later(minutes=1))
    mail = Mail.objects.get(to=ines.email, subject="Your code for the service desk")
    assert code_in(mail) not in str(CallerCode.objects.values().get())
    done = verify(run, place=0, step="verify", way="code", code=code_in(mail), by=sara, at=later(minutes=3))
    assert done.is_decided
    assert (at_step(run), CallerCode.objects.count()) == (("reset", 1), 0)


def test_after_five_wrong_codes_the_caller_is_not_verified(run: Run, mira: User, at: datetime) -> None:
    send_code(run, place=0, step="verify", by=mira, at=at)
    left = [
        verify(run, place=0, step="verify", way="code", code="x", by=mira, at=at).tries_left
        for _try in range(MOST_TRIES)
    ]
    assert left == [4, 3, 2, 1, None]
    assert at_step(run) == ("refused", 1)


def test_a_code_is_good_for_a_quarter_of_an_hour_and_the_last_one_counts(
    run: Run, mira: User, later: Later
) -> None:
    with pytest.raises(NoCode):
        verify(run, place=0, step="verify", way="code", code="1", by=mira, at=later())
    send_code(run, place=0, step="verify", by=mira, at=later())
    with pytest.raises(NotYet):
        send_code(run, place=0, step="verify", by=mira, at=later(seconds=29))
    send_code(run, place=0, step="verify", by=mira, at=later(seconds=30))
    old, new = Mail.objects.filter(subject__contains="code").order_by("pk")
    if code_in(old) != code_in(new):
        assert not verify(
            run, place=0, step="verify", way="code", code=code_in(old), by=mira, at=later(minutes=1)
        ).is_decided
    with pytest.raises(NoCode, match="too old"):
        verify(run, place=0, step="verify", way="code", code=code_in(new), by=mira, at=later(minutes=16))


def test_nobody_reads_a_code_in_the_outbox(run: Run, mira: User, ada: User, at: datetime) -> None:
    send_code(run, place=0, step="verify", by=mira, at=at)
    assert Mail.objects.filter(subject__contains="code").exists()
    assert not privacy.readable_by(ada).filter(subject__contains="code").exists()


def test_what_is_not_on_file_is_no_way(run: Run, ines: User, mira: User, at: datetime) -> None:
    User.objects.filter(pk=ines.pk).update(phone="", manager=None)
    for way, missing in {"call_back": "No phone number", "manager": "No manager"}.items():
        with pytest.raises(NoSuchWay, match=missing) as refused:
            verify(run, place=0, step="verify", way=way, by=mira, at=at)
        assert refused.value.field == "way"


def test_nobody_verifies_themselves(
    password: Article, mira: User, open_ticket: Callable[..., Ticket], at: datetime
) -> None:
    run = start(open_ticket(requester=mira), article=password, by=mira, at=at)
    with pytest.raises(NotAllowed):
        verify(run, place=0, step="verify", way="code", code="1", by=mira, at=at)


# --- actions ---


def work(at: datetime) -> Delivery | None:
    """What a worker does with the deliveries that are due; the call of the script among them."""
    for delivery in claim(limit=100, worker="test", at=at):
        deliver(delivery, at=at)
    return Delivery.objects.filter(kind=KIND).first()


@pytest.fixture
def verified(run: Run, mira: User, at: datetime) -> Run:
    return verify(run, place=0, step="verify", way="call_back", by=mira, at=at).run


def point(webhook: Webhook, there: Receiver) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(url=f"http://127.0.0.1:{there.port}/")


def test_the_webhook_is_called_by_the_worker_and_its_answer_leads_on_and_is_shown(
    receiver: Callable[..., Receiver], directory: Webhook, verified: Run, mira: User, ines: User, later: Later
) -> None:
    there = receiver(YES)
    point(directory, there)
    action = act(verified, place=1, step="reset", by=mira, at=later(minutes=1))
    assert (at_step(verified), action.state) == (("reset", 1), "waiting")
    with pytest.raises(AlreadyCalled):
        act(verified, place=1, step="reset", by=mira, at=later(minutes=1))
    work(later(minutes=1, seconds=5))
    action.refresh_from_db()
    assert (action.state, action.status, action.text) == ("ok", 200, "Temporary: blue-otter")
    assert at_step(verified) == ("wait", 2)
    body = json.loads(there.got[0].partition(b"\r\n\r\n")[2])
    assert (body["type"], body["step"], body["verified"]) == ("script.action", "reset", True)
    assert body["answers"] == {"verify": "passed"}
    assert body["ticket"]["requester_id"] == ines.pk
    assert "VPN" not in json.dumps(body)


def test_a_refusal_leads_to_failed_at_once(
    receiver: Callable[..., Receiver], directory: Webhook, verified: Run, mira: User, later: Later
) -> None:
    point(directory, receiver(NO))
    act(verified, place=1, step="reset", by=mira, at=later())
    work(later(seconds=1))
    row = RunAnswer.objects.filter(run=verified).latest("id")
    assert (row.value, row.data["status"]) == ("failed", 422)
    found = action_at(verified, 1)
    assert found
    assert (found.text, at_step(verified)) == ("locked", ("hand", 2))


def test_who_is_busy_is_asked_again_and_then_given_up(
    receiver: Callable[..., Receiver], directory: Webhook, verified: Run, mira: User, later: Later
) -> None:
    there = receiver(BUSY)
    point(directory, there)
    act(verified, place=1, step="reset", by=mira, at=later())
    work(later(seconds=1))
    assert at_step(verified) == ("reset", 1)
    work(later(minutes=1))
    delivery = work(later(minutes=2))
    assert delivery
    assert (len(there.got), delivery.state, at_step(verified)) == (3, "dead", ("hand", 2))


def test_nobody_has_to_wait_and_a_late_answer_changes_nothing(
    receiver: Callable[..., Receiver], directory: Webhook, verified: Run, mira: User, later: Later
) -> None:
    there = receiver(YES)
    point(directory, there)
    with pytest.raises(NothingToWaitFor):
        stop_waiting(verified, place=1, step="reset", by=mira, at=later())
    act(verified, place=1, step="reset", by=mira, at=later())
    stop_waiting(verified, place=1, step="reset", by=mira, at=later(seconds=30))
    work(later(minutes=1))
    assert (at_step(verified), there.got) == (("hand", 2), [])


def test_a_run_that_was_given_up_does_not_call(
    receiver: Callable[..., Receiver], directory: Webhook, verified: Run, mira: User, later: Later
) -> None:
    there = receiver(YES)
    point(directory, there)
    act(verified, place=1, step="reset", by=mira, at=later())
    give_up(verified, why="They hung up", by=mira, at=later(seconds=1))
    work(later(minutes=1))
    assert (there.got, RunAction.objects.get().state) == ([], "left")


def test_a_webhook_that_is_gone_is_refused_with_what_to_do(
    directory: Webhook, verified: Run, mira: User, at: datetime
) -> None:
    assert directory.is_enabled
    Webhook.objects.update(is_enabled=False)
    with pytest.raises(Invalid, match="Do it by hand") as refused:
        act(verified, place=1, step="reset", by=mira, at=at)
    assert refused.value.field == "webhook"


# --- time ---


def test_a_timer_is_a_time_in_a_row_and_nobody_goes_on_before(
    receiver: Callable[..., Receiver], directory: Webhook, verified: Run, mira: User, later: Later
) -> None:
    point(directory, receiver(YES))
    act(verified, place=1, step="reset", by=mira, at=later())
    work(later(minutes=1))
    verified.refresh_from_db()
    assert verified.due_at == later(minutes=6)
    with pytest.raises(NotDueYet):
        answer(verified, place=2, step="wait", by=mira, at=later(minutes=5))
    answer(verified, place=2, step="wait", by=mira, at=later(minutes=6))
    assert at_step(verified) == ("done", 3)
    assert not verified.due_at


# --- files ---


def test_a_file_goes_onto_the_ticket_at_once(
    ticket: Ticket, lars: User, mira: User, sara: User, northwind: Any, at: datetime
) -> None:
    text = (
        "start: a\nsteps:\n  a: {kind: file, label: Screenshot, next: b}\n"
        "  b: {kind: outcome, act: hand_over, tier: L2}"
    )
    run = start(ticket, article=sop(text, title="Files", by=lars, at=at), by=mira, at=at)
    with pytest.raises(Invalid) as refused:
        answer(run, place=0, step="a", by=mira, at=at)
    assert refused.value.field == "attachments"
    file = operations.store_upload(file=SimpleUploadedFile("a.png", b"a", "image/png"), by=mira, at=at)
    with pytest.raises(Invalid):
        answer(run, place=0, step="a", attachments=[str(file.pk)], by=sara, at=at)
    answer(run, place=0, step="a", attachments=[str(file.pk)], by=mira, at=at)
    assert Attachment.objects.get(pk=file.pk).ticket == ticket
    assert standing(run).passed[0].data["names"] == ["a.png"]
    assert Message.objects.filter(ticket=ticket).latest("id").body == "For the script “Files”: Screenshot"


def test_a_hand_over_that_is_refused_leaves_the_run_as_it_was(
    ticket: Ticket, run: Run, mira: User, at: datetime
) -> None:
    verify(run, place=0, step="verify", way="call_back", by=mira, at=at)
    with pytest.raises(Invalid):
        hand_over(ticket, tier=2, reason="dance", summary="x", by=mira, at=at)
    assert at_step(run) == ("reset", 1)
