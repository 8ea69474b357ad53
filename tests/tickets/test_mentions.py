"""Calling a colleague by @name: found in the words, kept by key, told once, and only to those who may read it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import Team, User
from delivery.choosing import Choice
from delivery.models import Mail, Notice
from delivery.operations.choosing import choose_notices
from delivery.vocabulary import ByMail
from helpdesk import notices
from tests.conftest import seat
from tickets import operations, sentences
from tickets.markdown import render_with_mentions
from tickets.mentions import Mention, mentions_in, names_after
from tickets.models import Event, Ticket
from tickets.operations.mentioning import untold

Later = Callable[..., datetime]


@pytest.fixture
def noted(ticket: Ticket, mira: User, later: Later) -> Callable[..., Event]:
    """Mira leaves a note, and it is told to whom it concerns."""

    def note(text: str, **more: Any) -> Event:
        more.setdefault("by", mira)
        at = later(minutes=5)
        left = operations.note(ticket, text=text, at=at, **more)
        event = left.events.order_by("-id").first()
        assert event is not None
        notices.tell_of_note(event, at)
        return event

    return note


def told(event: Event) -> set[str]:
    return set(Notice.objects.filter(event_id=event.pk).values_list("person__name", flat=True))


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("@Mira Kask, please", {"Mira Kask,", "Mira Kask", "Mira"}),
        ("(@Mira)", {"Mira)", "Mira"}),
        ("ask @mira@desk.example now", {"mira@desk.example"}),
    ],
)
def test_names_behind_an_at_sign(text: str, first: set[str]) -> None:
    ((_start, names),) = names_after(text)
    assert first <= set(names)


@pytest.mark.parametrize(
    "text", ["mira@desk.example", "a@b", "@ Mira", "`@Mira Kask`", "```\n@Mira Kask\n```"]
)
def test_no_name_is_meant_by_an_address_or_in_code(text: str) -> None:
    assert list(names_after(text)) == []


def test_a_mention_is_kept_by_key_and_place(noted: Callable[..., Event], dario: User) -> None:
    event = noted("Hello @Dario Pek, see the log.")
    assert event.data["mentions"] == [[6, 10, "person", dario.pk]]
    assert told(event) == {"Dario Pek"}
    mail = Mail.objects.get()
    assert dario.email in mail.to
    assert "mentions you" in mail.text


def test_a_team_is_told_each_member_once_and_never_the_writer(
    noted: Callable[..., Event], mira: User, sara: User, lars: User, service_desk: Team
) -> None:
    event = noted("@Service desk and @Sara Amin: who has the key?")
    assert [each.kind for each in mentions_in(event.data)] == ["team", "person"]
    assert told(event) == {"Sara Amin", "Lars Holm"}
    assert Notice.objects.filter(person=sara).count() == 1


def test_who_works_on_it_and_is_mentioned_is_told_once(
    ticket: Ticket, noted: Callable[..., Event], lars: User, later: Later
) -> None:
    operations.take(ticket, by=lars, at=later(minutes=1))
    noted("@Lars Holm it is the dock.")
    assert Notice.objects.filter(person=lars).count() == 1
    assert Mail.objects.count() == 1


def test_who_may_not_read_it_is_not_told_and_the_writer_is(
    ticket: Ticket, noted: Callable[..., Event], mira: User, dario: User, ada: User, later: Later
) -> None:
    operations.restrict(ticket, people=[mira], teams=[], by=ada, at=later(minutes=1))
    event = noted("@Dario Pek may know.")
    assert "mentions" not in event.data
    assert told(event) == set()
    words = untold(ticket, "@Dario Pek may know.", by=mira, at=event.at)
    assert words == "Not told, because they may not read it: Dario Pek."


def test_a_note_for_a_higher_tier_calls_nobody_below(
    noted: Callable[..., Event], yuki: User, sara: User, service_desk: Team
) -> None:
    event = noted("@Sara Amin @Service desk see this", min_tier=3, by=yuki)
    assert told(event) == set()
    assert [kind for kind, _key in event.data["not_told"]] == ["person", "team"]


def test_requesters_and_guests_are_not_called(
    noted: Callable[..., Event], ines: User, vera: User, vendors: Team
) -> None:
    event = noted("@Ines Okafor @Vera Stone @Kestrel support")
    assert event.data == {}


def test_two_of_one_name_are_called_by_their_address(
    noted: Callable[..., Event], dario: User, network: Team
) -> None:
    namesake = User.objects.create_user("pek2@desk.example", "correct-horse-battery", name="Dario Pek")
    other = seat(namesake, network)
    assert "mentions" not in noted("@Dario Pek").data
    event = noted(f"@{other.email}")
    assert told(event) == {"Dario Pek"}
    assert Notice.objects.get(event_id=event.pk).person == other


def test_a_mention_in_a_reply_tells_the_colleague_and_the_requester_reads_a_name(
    ticket: Ticket, mira: User, dario: User, ines: User, later: Later
) -> None:
    at = later(minutes=5)
    operations.reply(ticket, text="My colleague @Dario Pek calls you.", by=mira, at=at)
    event = ticket.events.get(kind="ticket.replied")
    notices.tell_of_reply(event, at)
    assert Notice.objects.filter(person=dario, event_id=event.pk).exists()
    mail = next(mail for mail in Mail.objects.all() if ines.email in mail.to)
    assert "My colleague @Dario Pek calls you." in mail.text


def test_a_requester_calls_nobody(ticket: Ticket, ines: User, dario: User, later: Later) -> None:
    operations.reply(ticket, text="@Dario Pek help", by=ines, at=later(minutes=5))
    assert "mentions" not in ticket.events.get(kind="ticket.replied").data


def test_the_choice_of_the_reader_holds(noted: Callable[..., Event], dario: User, at: datetime) -> None:
    choose_notices(
        dario,
        choices={"mentioned": Choice(ByMail.OFF, True)},
        digest_hour=8,
        quiet_from=None,
        quiet_until=None,
        quiet_weekends=False,
        urgent_anyway=True,
        gathers=False,
        by=dario,
        at=at,
    )
    event = noted("@Dario Pek look")
    assert told(event) == {"Dario Pek"}
    assert not Mail.objects.exists()


def test_the_history_says_whom_it_calls(
    noted: Callable[..., Event], mira: User, dario: User, sara: User, network: Team
) -> None:
    event = noted("@Dario Pek and @Network, see the log")
    assert sentences.sentence(event, sara) == "Mira Kask left a note and mentioned Dario Pek and Network"
    assert sentences.sentence(event, dario) == "Mira Kask mentions you in a note"


def test_an_emptied_note_names_nobody(
    ticket: Ticket, noted: Callable[..., Event], mira: User, dario: User, sara: User, later: Later
) -> None:
    event = noted("@Dario Pek the password is 1234")
    assert event.message is not None
    operations.redact_message(event.message, reason="A password", by=mira, at=later(minutes=6))
    fresh = Event.objects.get(pk=event.pk)
    assert sentences.sentence(fresh, sara) == "Mira Kask left a note"
    assert "Dario" not in render_with_mentions("", mentions_in(fresh.data))


def test_without_an_at_sign_a_note_asks_nobody_anything(
    ticket: Ticket, mira: User, later: Later, django_assert_max_num_queries: Any
) -> None:
    operations.note(ticket, text="Warm up.", by=mira, at=later(minutes=1))
    with django_assert_max_num_queries(14) as plain:
        operations.note(ticket, text="Looks like the rekey bug.", by=mira, at=later(minutes=2))
    with django_assert_max_num_queries(len(plain) + 5):
        operations.note(ticket, text="@Nobody @Dario @Service desk", by=mira, at=later(minutes=3))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Hi @Bo, **go**", '<p>Hi <span class="mention">@Bo</span>, <strong>go</strong></p>\n'),
        ("@Bo", '<p><span class="mention">@Bo</span></p>\n'),
        (
            '[x](/a "to @Bo now")',
            '<p><a href="/a" title="to @Bo now" rel="nofollow noopener noreferrer">x</a></p>\n',
        ),
    ],
)
def test_a_mention_is_a_chip_and_breaks_no_markup(text: str, html: str) -> None:
    start = text.index("@Bo")
    assert render_with_mentions(text, [Mention(start, 3, "person", 1)]) == html


def test_marks_that_somebody_types_are_no_chips() -> None:
    assert "mention" not in render_with_mentions("\ue0000\ue001", [])
