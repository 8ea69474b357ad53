"""Scripts in the workspace: the ticket's panel, a run step by step, the forms that it fills in."""

import re
from collections.abc import Callable
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Team, User
from delivery.models import Mail, Webhook
from knowledgebase.models import Article, ArticleAudience, Run, RunOutcome, StepSuggestion
from knowledgebase.operations.describing import set_audience
from knowledgebase.operations.running import start
from tests.knowledgebase.sops import PASSWORD, WIFI, go, sop
from tickets.models import Ticket

SignIn = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def hers(signed_in: SignIn, mira: User) -> Client:
    return signed_in(mira)


def words(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[:500]
    return unescape(answer.content.decode())


def url(of: Run | Ticket, act: str = "") -> str:
    if isinstance(of, Ticket):
        return f"/desk/tickets/{of.number}/{act}"
    return f"/desk/tickets/{of.ticket.number}/scripts/{of.pk}/{act}"


def post(client: Client, run: Run, act: str = "answer", **sent: Any) -> Any:
    run.refresh_from_db()
    where = {"place": run.place, "step": run.step}
    return client.post(url(run, f"{act}/"), {**where, **sent}, headers=HTMX)


def test_the_tickets_page_asks_for_the_panel_when_it_is_there(hers: Client, ticket: Ticket) -> None:
    assert f'hx-get="/desk/tickets/{ticket.number}/scripts/"' in words(hers.get(url(ticket)))


def test_a_script_is_started_from_the_panel_and_asks_there(
    hers: Client, ticket: Ticket, wifi: Article
) -> None:
    page = words(hers.get(url(ticket, "scripts/"), headers=HTMX))
    assert f'<option value="{wifi.pk}">Wi-Fi</option>' in page
    page = words(hers.post(url(ticket, "scripts/start/"), {"sop": wifi.pk}, headers=HTMX))
    assert ("Which device?" in page, 'value="laptop" data-key="1"' in page) == (True, True)
    assert Run.objects.get().started_by.email == "mira@desk.example"  # type: ignore[union-attr]


def test_starting_twice_goes_on_with_what_runs(hers: Client, run: Run, wifi: Article) -> None:
    answer = hers.post(url(run.ticket, "scripts/start/"), {"sop": wifi.pk})
    assert (answer.status_code, answer["Location"]) == (302, url(run))


def test_answers_lead_on_in_place(hers: Client, run: Run) -> None:
    assert "Is Wi-Fi on?" in words(post(hers, run, value="laptop"))
    page = words(post(hers, run, value="yes"))
    assert '<input type="text" name="value"' in page
    assert "Expected: [0-9.]+" in page


def test_what_is_no_answer_comes_back_with_what_was_typed(hers: Client, run: Run) -> None:
    post(hers, run, value="laptop")
    post(hers, run, value="yes")
    page = words(post(hers, run, value="none at all"), 422)
    assert ('value="none at all"' in page, "This does not look right" in page) == (True, True)


def test_whoever_answers_past_somebody_else_sees_where_it_stands(
    hers: Client, run: Run, sara: User, at: datetime
) -> None:
    go(run, ("device", "laptop"), by=sara, at=at)
    page = words(
        hers.post(url(run, "answer/"), {"place": 0, "step": "switch", "value": "yes"}, headers=HTMX), 409
    )
    assert ("stands at another step" in page, "Is Wi-Fi on?" in page) == (True, True)


def test_an_earlier_answer_is_changed_from_the_list(hers: Client, run: Run, mira: User, at: datetime) -> None:
    go(run, ("device", "laptop"), ("switch", "yes"), by=mira, at=at)
    page = words(hers.get(url(run, "?at=1"), headers=HTMX))
    assert "another answer overrules it" in page
    page = words(hers.post(url(run, "answer/"), {"place": 1, "step": "switch", "value": "no"}, headers=HTMX))
    assert "Turn it on" in page


def test_the_page_of_a_run_has_its_drawing_and_works_without_javascript(hers: Client, run: Run) -> None:
    page = words(hers.get(url(run)))
    assert '<g class="step choice start here">' in page
    answer = hers.post(url(run, "answer/"), {"place": 0, "step": "device", "value": "phone"})
    assert (answer.status_code, answer["Location"]) == (302, url(run))


def test_the_hand_over_is_filled_in_and_ends_the_run_when_it_is_sent(
    hers: Client, run: Run, network: Team, mira: User, at: datetime
) -> None:
    go(run, ("device", "laptop"), ("switch", "yes"), ("address", "169.254.1.1"), by=mira, at=at)
    link = re.search(r'hx-get="([^"]+hand-over/\?run=[^"]+)"', words(hers.get(url(run))))
    assert link
    form = hers.get(unescape(link[1]), headers=HTMX).context["form"]
    assert form["to"].value() == f"team:{network.pk}"
    assert form["summary"].value() == "Wi-Fi does not come up."
    sent = {name: form[name].value() for name in ("to", "reason", "summary", "tried")}
    assert hers.post(url(run.ticket, "hand-over/"), sent).status_code == 302
    run.refresh_from_db()
    assert (run.outcome, run.ticket.team) == (RunOutcome.HANDED_OVER, network)
    assert "brought to its end: handed over" in words(hers.get(url(run.ticket)))


def test_the_resolution_is_filled_in(hers: Client, run: Run, mira: User, at: datetime) -> None:
    go(run, ("device", "laptop"), ("switch", "no"), ("turn", ""), ("fixed", "yes"), by=mira, at=at)
    form = hers.get(url(run.ticket, f"resolve/?run={run.pk}"), headers=HTMX).context["form"]
    assert (form["code"].value(), form["summary"].value()) == ("fixed", "The switch was off.")
    sent = {"code": "fixed", "summary": form["summary"].value()}
    assert hers.post(url(run.ticket, "resolve/"), sent).status_code == 302
    run.refresh_from_db()
    assert run.outcome == RunOutcome.RESOLVED


def test_verifying_the_caller_shows_what_is_on_file_and_keeps_the_result(
    hers: Client, ticket: Ticket, lars: User, mira: User, ines: User, at: datetime, settings: Any
) -> None:
    settings.WEBHOOK_INSIDE_HOSTS = frozenset({"127.0.0.1"})
    Webhook.objects.create(name="Directory", url="http://127.0.0.1:9/", secret="x", created_at=at)
    sop(WIFI, title="Suspicious call", by=lars, at=at)
    run = start(ticket, article=sop(PASSWORD, title="Password", by=lars, at=at), by=mira, at=at)
    page = words(hers.get(url(run)))
    assert ("No phone number is on file" in page, ines.email in page) == (True, True)
    page = words(post(hers, run, "code"))
    assert "on its way" in page
    code = re.search(r"\d{6}", Mail.objects.get(subject__contains="code").text)
    assert code
    wrong = "000000" if code[0] != "000000" else "111111"
    assert "4 more tries" in words(post(hers, run, "verify", way="code", code=wrong, result="passed"))
    page = words(post(hers, run, "verify", way="code", code=code[0], result="passed"))
    assert "Do it now" in page
    page = words(post(hers, run, "act"))
    assert "It is being done" in page
    answer = hers.get(url(run, f"?waits={1}"), headers=HTMX)
    assert (answer.status_code, answer.get("HX-Trigger")) == (204, None)
    page = words(post(hers, run, "stop-waiting"))
    assert "Hand over" in page
    assert hers.get(url(run, "?waits=1"), headers=HTMX)["HX-Trigger"] == "runMoved"


def test_another_script_follows_in_place(
    hers: Client, ticket: Ticket, wifi: Article, lars: User, mira: User, at: datetime
) -> None:
    text = "start: a\nsteps:\n  a: {kind: outcome, act: next_sop, sop: wi-fi}"
    run = start(ticket, article=sop(text, title="First", by=lars, at=at), by=mira, at=at)
    assert "Another script follows: <b>Wi-Fi</b>" in words(hers.get(url(run)))
    assert "Which device?" in words(post(hers, run, "go-on"))


def test_links_in_a_step_lead_only_to_what_its_reader_may_read(
    hers: Client, ticket: Ticket, wifi: Article, lars: User, mira: User, max_: User, at: datetime
) -> None:
    text = (
        "start: a\nsteps:\n  a: {kind: link, article: wi-fi, text: 'See [this](article:wi-fi)', next: b}\n"
        "  b: {kind: outcome, act: resolve, code: fixed}"
    )
    run = start(ticket, article=sop(text, title="First", by=lars, at=at), by=mira, at=at)
    assert words(hers.get(url(run))).count(f'href="{wifi.address}"') == 2
    set_audience(wifi, audience=ArticleAudience.L3, by=max_, at=at)
    page = words(hers.get(url(run)))
    assert (wifi.address in page, "is not for you, or is gone" in page) == (False, True)


def test_giving_up_needs_a_word_why(hers: Client, run: Run) -> None:
    assert "cannot be empty" in words(post(hers, run, "give-up", why=" "), 422)
    assert "Given up" in words(post(hers, run, "give-up", why="They hung up"))


def test_a_change_to_a_step_is_suggested_where_it_is_run(hers: Client, run: Run) -> None:
    assert "Thank you" in words(post(hers, run, "suggest", text="Name the models"))
    assert StepSuggestion.objects.get().step == "device"


def test_a_run_of_a_script_that_is_not_for_this_person_cannot_be_told_from_none(
    hers: Client, run: Run, wifi: Article, max_: User, at: datetime
) -> None:
    set_audience(wifi, audience=ArticleAudience.L3, by=max_, at=at)
    assert hers.get(url(run)).status_code == 404
    assert post(hers, run, value="laptop").status_code == 404
    assert "Wi-Fi" not in words(hers.get(url(run.ticket, "scripts/"), headers=HTMX)).replace(
        run.ticket.subject, ""
    )


def test_requesters_and_vendors_find_no_scripts(signed_in: SignIn, run: Run, ines: User, vera: User) -> None:
    for user in (ines, vera):
        assert signed_in(user).get(url(run)).status_code == 404


def test_the_panel_costs_little(
    hers: Client, run: Run, mira: User, at: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    go(run, ("device", "laptop"), ("switch", "yes"), by=mira, at=at)
    hers.get(url(run.ticket, "scripts/"), headers=HTMX)
    with django_assert_max_num_queries(12):
        hers.get(url(run.ticket, "scripts/"), headers=HTMX)
