"""How it went, by the link of a mail: no login, no vote by opening it, and an end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from accounts import operations as accounts
from accounts.models import Desk, User
from delivery.privacy import without_keys
from helpdesk.telling.surveys import SALT, answer_url
from insights.models import Survey, WhyNot
from tests.insights.answering import links_in, mails_to, resolve, survey_of
from tickets import events, operations
from tickets.models import Event, Status, Ticket


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, at: Any) -> Callable[..., None]:
    """`clock(days=3)`: for the pages it is now Monday morning plus so much."""

    def set_to(**delta: float) -> None:
        monkeypatch.setattr(timezone, "now", lambda: at + timedelta(**delta))

    set_to()
    return set_to


@pytest.fixture
def links(ticket: Ticket, ines: User, mira: User, at: Any, clock: Any) -> dict[int, str]:
    """Of the mail that tells Ines of Mira's resolution."""
    resolve(ticket, mira, at)
    return links_in(mails_to(ines)[-1])


def html(response: Any) -> str:
    text: str = response.content.decode()
    return text


def votes(ticket: Ticket) -> int:
    return Event.objects.filter(ticket=ticket, kind=events.RATED).count()


def test_a_scanner_that_opens_every_link_votes_for_nothing(
    client: Client, links: dict[int, str], ticket: Ticket, django_assert_num_queries: Any
) -> None:
    before = Survey.objects.values().get()
    for path in links.values():
        for _time in range(2):
            assert client.get(path).status_code == 200
            assert client.head(path).status_code == 200
        assert client.get(path, headers={"Sec-Purpose": "prefetch", "Purpose": "prefetch"}).status_code == 200
        assert client.options(path).status_code == 405
    assert (votes(ticket), Survey.objects.values().get()) == (0, before)
    assert "sessionid" not in client.cookies


def test_the_page_has_the_answer_of_the_link_chosen_and_one_button_that_sends_it(
    client: Client, links: dict[int, str], ticket: Ticket, ines: User
) -> None:
    page = html(client.get(links[4]))
    assert 'value="4"' in page.split("checked")[0].rsplit("<input", 1)[1]
    assert page.count("checked") == 1

    sent = client.post(links[4], {"rating": "4", "comment": "Quick!"})
    assert (sent.status_code, sent.headers["Location"]) == (302, f"{links[4]}?done=answered")
    ticket.refresh_from_db()
    survey = survey_of(ticket)
    assert (ticket.rating, survey.score, survey.comment.body if survey.comment else "") == (4, 4, "Quick!")
    assert Event.objects.get(ticket=ticket, kind=events.RATED).by == ines
    assert "You gave 4 of 5." in html(client.get(sent.headers["Location"]))


def test_sent_twice_it_votes_once(client: Client, links: dict[int, str], ticket: Ticket) -> None:
    for _time in range(2):
        client.post(links[5], {"rating": "5", "comment": "Thanks"})
    assert votes(ticket) == 1


def test_an_answer_is_changed_by_another_link_or_on_the_page(
    client: Client, links: dict[int, str], ticket: Ticket
) -> None:
    client.post(links[5], {"rating": "5"})
    assert "You gave 5 of 5 before." in html(client.get(links[2]))
    client.post(links[2], {"rating": "3"})
    assert survey_of(ticket).score == 3


def test_a_form_without_a_score_says_so_and_keeps_the_words(client: Client, links: dict[int, str]) -> None:
    response = client.post(links[5], {"comment": "Nice people"})
    assert response.status_code == 422
    assert "This field is required" in html(response)
    assert "Nice people" in html(response)
    assert client.post(links[5], {"rating": "6"}).status_code == 422


@pytest.mark.parametrize("forge", ["cut", "other", "signed elsewhere", "nonsense", "unasked"])
def test_a_link_that_is_not_ours_leads_nowhere(
    client: Client, links: dict[int, str], ticket: Ticket, forge: str
) -> None:
    token = links[1].split("/")[2]
    match forge:
        case "cut":
            token = token[:-1]
        case "other":
            token = f"x{token}"
        case "signed elsewhere":
            token = signing.Signer(salt="tierdesk.portal.links").sign_object([survey_of(ticket).pk, 1])
        case "nonsense":
            token = signing.Signer(salt=SALT).sign_object(["a"])
        case "unasked":
            Survey.objects.update(asked_at=None, why_not=WhyNot.RECENT)
    assert client.get(f"/survey/{token}/").status_code == 404
    assert client.post(f"/survey/{token}/", {"rating": "1"}).status_code == 404
    assert votes(ticket) == 0


def test_a_link_ends_when_the_ticket_was_closed_for_long(
    client: Client, links: dict[int, str], ticket: Ticket, ines: User, clock: Any, later: Any
) -> None:
    operations.confirm(ticket, by=ines, at=later(days=5))
    clock(days=34)
    assert client.get(links[1]).status_code == 200
    clock(days=36)
    assert client.get(links[1]).status_code == 410
    assert client.post(links[1], {"rating": "1"}).status_code == 410
    assert votes(ticket) == 0


def test_a_link_ends_in_time_also_where_nothing_is_ever_closed(
    client: Client, links: dict[int, str], clock: Any
) -> None:
    clock(days=90)
    assert client.get(links[1]).status_code == 200
    clock(days=91)
    assert client.get(links[1]).status_code == 410


def test_a_link_ends_when_the_person_leaves(
    client: Client, links: dict[int, str], ines: User, ada: User, at: Any
) -> None:
    accounts.deactivate(ines, by=ada, at=at)
    assert client.get(links[1]).status_code == 410


def test_with_links_turned_off_it_opens_after_a_login(
    client: Client, links: dict[int, str], ines: User, signed_in: Callable[[User], Client], ticket: Ticket
) -> None:
    Desk.objects.update(signed_links=False)
    assert client.get(links[2]).headers["Location"].startswith("/accounts/login/?next=/survey/")
    assert client.post(links[2], {"rating": "2"}).status_code == 302
    assert votes(ticket) == 0
    assert signed_in(ines).get(links[2]).status_code == 200


def test_another_account_does_not_answer_for_her(
    links: dict[int, str], tomasz: User, signed_in: Callable[[User], Client], ticket: Ticket
) -> None:
    assert signed_in(tomasz).post(links[1], {"rating": "1"}).status_code == 410
    assert votes(ticket) == 0


def test_it_is_not_solved_opens_it_again_in_one_click(
    client: Client, links: dict[int, str], ticket: Ticket, ines: User
) -> None:
    sent = client.post(links[1], {"rating": "1"})
    page = html(client.get(sent.headers["Location"]))
    assert '<details class="more" open><summary>It is not solved</summary>' in page

    sent = client.post(links[1], {"unsolved": "1", "text": ""})
    ticket.refresh_from_db()
    assert (ticket.status, ticket.reopen_count) == (Status.OPEN, 1)
    message = Event.objects.get(ticket=ticket, kind=events.REOPENED).message
    assert message is not None
    assert (message.body, message.author) == ("It is not solved.", ines)
    assert "We take it up again" in html(client.get(sent.headers["Location"]))
    assert "We work on it again" in html(client.get(links[1]))
    assert client.post(links[5], {"rating": "5"}).status_code == 422


def test_what_is_closed_gets_a_follow_up(
    client: Client, links: dict[int, str], ticket: Ticket, ines: User, at: Any
) -> None:
    operations.confirm(ticket, by=ines, at=at)
    client.post(links[1], {"unsolved": "1", "text": "It is back"})
    assert Ticket.objects.count() == 2
    assert Ticket.objects.earliest("-pk").requester == ines


def test_the_page_speaks_the_language_and_keeps_to_the_width_of_its_reader(
    client: Client, links: dict[int, str], ines: User
) -> None:
    User.objects.filter(pk=ines.pk).update(language="de")
    assert 'lang="de"' in html(client.get(links[3]))


def test_whoever_reads_the_outbox_cannot_vote_with_what_stands_there(
    links: dict[int, str], ticket: Ticket, settings: Any
) -> None:
    settings.DEBUG = False
    shown = without_keys(f"5 very well: {answer_url(survey_of(ticket), 5)}")
    assert shown.endswith("/survey/•••")


def test_the_key_is_not_written_to_the_log(client: Client, links: dict[int, str], caplog: Any) -> None:
    with caplog.at_level("INFO", "helpdesk.request"):
        client.get(links[1])
    said = [record.msg for record in caplog.records if record.name == "helpdesk.request"]
    assert [line["path"] for line in said] == ["/survey/-/"]
