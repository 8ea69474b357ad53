"""One notice an event and person, by that person's choices."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts.models import User
from accounts.refusals import Invalid
from delivery.choosing import Choice
from delivery.letters import Letter
from delivery.models import Delivery, Mail, Notice, NoticePreferences, Piece
from delivery.operations import telling
from delivery.operations.choosing import choose_notices, resume_mails, stop_mails
from delivery.operations.heading import read_stop
from delivery.operations.pruning import prune_pieces
from delivery.operations.redacting import empty_mails
from delivery.operations.telling import KIND, News, send_waiting, tell
from delivery.vocabulary import ByMail
from tests.conftest import MONDAY

Later = Callable[..., datetime]


@pytest.fixture(autouse=True)
def tickets_that_everybody_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    """This floor knows no tickets; who loses sight of one while a notice waits is tested in tests/helpdesk."""
    monkeypatch.setattr(telling, "_asked_first", [])


def letter(text: str = "Something happened", number: int = 7, **more: Any) -> Letter:
    return Letter(subject=f"[TD-{number}] VPN", text=text, html=f"<p>{text}</p>", greeting="Hello,", **more)


def news(
    event: int, *, kind: str = "noted", at: datetime = MONDAY, ticket: int | None = 7, **more: Any
) -> News:
    text = more.pop("text", f"event {event}")
    return News(
        kind=kind,
        key=f"event:{event}",
        at=at,
        write=more.pop("write", lambda person: letter(text, ticket or 0)),
        event_id=event,
        ticket_number=ticket,
        **more,
    )


def choose(person: User, **changes: Any) -> NoticePreferences:
    kept: dict[str, Any] = {
        "choices": {},
        "digest_hour": 8,
        "quiet_from": None,
        "quiet_until": None,
        "quiet_weekends": False,
        "urgent_anyway": True,
        "gathers": False,
    }
    return choose_notices(person, by=person, at=MONDAY, **kept | changes)


def send_due(at: datetime) -> None:
    """What the worker does with notices that wait and are due."""
    for row in Delivery.objects.filter(kind=KIND, next_at__lte=at).exclude(state="done").order_by("pk"):
        send_waiting(row.payload, row, at)


def texts(person: User) -> list[list[str]]:
    """Each mail as the events that it tells."""
    mails = Mail.objects.filter(person=person).order_by("pk")
    return [[line for line in mail.text.splitlines() if line.startswith("event")] for mail in mails]


def notices(person: User) -> list[int]:
    return list(Notice.objects.filter(person=person).order_by("event_id").values_list("event_id", flat=True))


def test_one_event_makes_one_notice_and_one_mail_however_often_it_is_told(mira: User) -> None:
    for _again in range(3):
        tell([mira, mira], news(1))

    assert (notices(mira), texts(mira)) == ([1], [["event 1"]])


def test_nobody_is_told_of_their_own_act_or_after_they_have_left(mira: User, sara: User) -> None:
    sara.is_active = False
    sara.save(update_fields=["is_active"])

    tell([mira, sara], news(1, by=mira.pk))

    assert not Notice.objects.exists()
    assert not Mail.objects.exists()


@pytest.mark.parametrize(
    ("mail", "inside", "expected"),
    [
        (ByMail.NOW, True, ([1], [["event 1"]])),
        (ByMail.NOW, False, ([], [["event 1"]])),
        (ByMail.OFF, True, ([1], [])),
        (ByMail.OFF, False, ([], [])),
    ],
)
def test_mail_the_product_both_or_none(mira: User, mail: ByMail, inside: bool, expected: Any) -> None:
    choose(mira, choices={"noted": Choice(mail, inside)})

    tell([mira], news(1))

    assert (notices(mira), texts(mira)) == expected


def test_several_changes_within_a_minute_leave_together_after_the_first(mira: User, later: Later) -> None:
    tell([mira], news(1))
    for second, event in ((5, 2), (20, 3), (50, 4)):
        tell([mira], news(event, at=later(seconds=second)))
        send_due(later(seconds=second))
    assert texts(mira) == [["event 1"]]

    send_due(later(seconds=60))
    assert texts(mira) == [["event 1"], ["event 2", "event 3", "event 4"]]
    tell([mira], news(5, at=later(seconds=125)))
    assert texts(mira)[2:] == [["event 5"]]


def test_another_ticket_and_another_person_wait_for_nobody(mira: User, sara: User, later: Later) -> None:
    tell([mira], news(1))
    tell([mira], news(2, ticket=8, at=later(seconds=1)))
    tell([sara], news(3, at=later(seconds=1)))

    assert (texts(mira), texts(sara)) == ([["event 1"], ["event 2"]], [["event 3"]])


def test_the_first_answer_after_a_receipt_leaves_at_once(ines: User, later: Later) -> None:
    tell([ines], news(1, kind="receipt", by=ines.pk))
    tell([ines], news(2, kind="answers", at=later(seconds=3)))

    assert texts(ines) == [["event 1"], ["event 2"]]


def test_a_breach_waits_for_no_minute(mira: User, later: Later) -> None:
    tell([mira], news(1))
    tell([mira], news(2, kind="breached", at=later(seconds=3)))

    assert texts(mira) == [["event 1"], ["event 2"]]


def test_who_gathers_waits_a_minute_with_the_first_as_well(mira: User, later: Later) -> None:
    choose(mira, gathers=True)
    tell([mira], news(1))
    tell([mira], news(2, at=later(seconds=30)))
    send_due(later(seconds=59))
    assert texts(mira) == []

    send_due(later(seconds=60))
    assert texts(mira) == [["event 1", "event 2"]]


def test_quiet_hours_hold_mails_and_their_end_brings_one(mira: User, later: Later) -> None:
    choose(mira, quiet_from=time(8), quiet_until=time(12))
    tell([mira], news(1))
    tell([mira], news(2, ticket=8))
    tell([mira], news(3, kind="breached"))
    assert notices(mira) == [1, 2, 3]
    assert texts(mira) == [["event 3"]]

    send_due(later(hours=3))
    assert texts(mira)[1:] == [["event 1", "event 2"]]
    assert Mail.objects.latest("pk").subject == "Tierdesk: 2 notices"


def test_a_digest_comes_at_an_hour_of_theirs(mira: User, later: Later) -> None:
    mira.timezone = "America/New_York"  # MONDAY is four in the morning there.
    mira.save(update_fields=["timezone"])
    choose(mira, choices={"noted": Choice(ByMail.DAILY, True)}, digest_hour=7)
    for event in (1, 2, 3):
        tell([mira], news(event, ticket=event))
    send_due(later(hours=2, minutes=59))
    assert texts(mira) == []

    send_due(later(hours=3))
    assert texts(mira) == [["event 1", "event 2", "event 3"]]


def test_the_link_in_a_digest_stops_each_of_its_kinds(mira: User, later: Later) -> None:
    choose(mira, choices={name: Choice(ByMail.HOURLY, True) for name in ("noted", "breached")})
    tell([mira], news(1, ticket=1))
    tell([mira], news(2, ticket=2, kind="breached"))

    send_due(later(hours=1))
    link = Mail.objects.get().headers["List-Unsubscribe"].strip("<>")
    assert read_stop(link.rstrip("/").rpartition("/")[2]) == (mira.pk, ["noted", "breached"])


def test_a_digest_of_one_ticket_belongs_to_its_conversation(mira: User, later: Later) -> None:
    choose(mira, choices={"noted": Choice(ByMail.HOURLY, True)})
    tell([mira], news(1))
    tell([mira], news(2))

    send_due(later(hours=1))
    mail = Mail.objects.get()
    assert (mail.subject, mail.about_ticket) == ("[TD-7] VPN", 7)
    assert mail.text.count("Hello,") == 1


def test_what_waited_and_was_told_again_is_mailed_once(mira: User, later: Later) -> None:
    choose(mira, choices={"noted": Choice(ByMail.HOURLY, True)})
    tell([mira], news(1))
    send_due(later(hours=1))
    tell([mira], news(1))
    send_due(later(hours=2))

    assert texts(mira) == [["event 1"]]
    assert Piece.objects.get().letter == {}


def test_a_notice_that_comes_late_for_its_bundle_is_still_sent(mira: User, later: Later) -> None:
    choose(mira, choices={"noted": Choice(ByMail.HOURLY, True)})
    tell([mira], news(1))
    send_due(later(hours=1))
    tell([mira], news(2, at=later(minutes=59)))

    send_due(later(hours=1, seconds=1))
    assert texts(mira) == [["event 1"], ["event 2"]]


def test_what_is_redacted_while_it_waits_does_not_leave(mira: User, later: Later) -> None:
    choose(mira, choices={"noted": Choice(ByMail.HOURLY, True)})
    tell([mira], news(1))
    tell([mira], news(2))
    empty_mails([1])

    send_due(later(hours=1))
    assert texts(mira) == [["event 2"]]


def test_what_is_redacted_after_it_was_gathered_is_emptied_in_the_outbox(mira: User, later: Later) -> None:
    choose(mira, choices={"noted": Choice(ByMail.HOURLY, True)})
    tell([mira], news(1))
    tell([mira], news(2))
    send_due(later(hours=1))

    assert empty_mails([2]) == 1
    assert texts(mira) == [[]]


def test_a_reader_without_an_address_is_told_inside_only(ines: User) -> None:
    ines.email = "caller-1@phone.invalid"
    ines.save(update_fields=["email"])

    tell([ines], news(1, kind="answers"))

    assert (notices(ines), texts(ines)) == ([1], [])


# --- choosing ---


def test_only_what_differs_from_the_default_is_kept(mira: User) -> None:
    row = choose(
        mira,
        choices={
            "noted": Choice(ByMail.NOW, True),
            "assigned": Choice(ByMail.OFF, True),
            "receipt": Choice(ByMail.OFF, False),
            "promises": Choice(ByMail.OFF, False),
        },
    )

    assert row.choices == {"assigned": {"mail": "off"}}


def test_one_click_stops_the_mails_of_a_kind_and_one_brings_them_back(mira: User) -> None:
    assert stop_mails(mira, kind="noted", at=MONDAY)
    tell([mira], news(1))
    assert (notices(mira), texts(mira)) == ([1], [])

    assert resume_mails(mira, kind="noted", at=MONDAY)
    tell([mira], news(2, at=MONDAY + timedelta(minutes=5)))
    assert texts(mira) == [["event 2"]]


@pytest.mark.parametrize("kind", ["receipt", "nonsense"])
def test_what_cannot_be_switched_off_is_not_stopped(mira: User, kind: str) -> None:
    assert not stop_mails(mira, kind=kind, at=MONDAY)
    assert not NoticePreferences.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quiet_from": time(22)}, "quiet_until"),
        ({"quiet_until": time(7)}, "quiet_from"),
        ({"quiet_from": time(7), "quiet_until": time(7)}, "quiet_until"),
        ({"digest_hour": 24}, "digest_hour"),
    ],
)
def test_choices_that_make_no_sense_are_refused_by_name(
    mira: User, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        choose(mira, **changes)
    assert refused.value.field == field


def test_nobody_chooses_for_another(mira: User, ada: User) -> None:
    with pytest.raises(PermissionDenied):
        choose_notices(
            mira,
            choices={},
            digest_hour=8,
            quiet_from=None,
            quiet_until=None,
            quiet_weekends=False,
            urgent_anyway=True,
            gathers=False,
            by=ada,
            at=timezone.now(),
        )


def test_what_has_left_is_forgotten_and_what_waits_is_not(mira: User, later: Later) -> None:
    choose(mira, choices={"noted": Choice(ByMail.HOURLY, True)})
    tell([mira], news(1))
    send_due(later(hours=1))
    tell([mira], news(2, at=later(hours=1)))

    assert prune_pieces(at=later(days=30)) == 0
    assert prune_pieces(at=later(days=30, hours=2)) == 1
    assert Piece.objects.get().key == "event:2"
