"""Articles beside the form for a new request, as the page asks for them."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from knowledgebase.indexing import index_article
from knowledgebase.models import Article, ArticleAudience, FilingForm, FormOutcome, LinkRole, TicketArticle
from knowledgebase.models import DailyCount as Days
from tests.knowledgebase.conftest import networks, write_article
from tickets.models import Draft, Ticket

__all__ = ["networks", "write_article"]
FORM = "00000000-0000-4000-8000-00000000004d"
Form = Callable[..., dict[str, Any]]


@pytest.fixture
def article(write_article: Callable[..., Article]) -> Article:
    found = write_article("VPN drops every 20 minutes", summary="Renew the profile.", body="Open the client.")
    index_article(found)
    return found


def ask(client: Client, **said: Any) -> Any:
    said = {"form_id": FORM, "subject": "my vpn dorps", "description": "", "category": "", **said}
    return client.post("/requests/new/suggestions/", said, headers={"HX-Request": "true"})


def test_the_page_carries_a_new_form_each_time_and_keeps_it_when_it_comes_back(
    as_ines: Client, file_form: Form, service_desk: Any
) -> None:
    first, second = (as_ines.get("/requests/new/").context["form"]["form_id"].value() for _ in range(2))
    again = as_ines.post("/requests/new/", file_form(subject="", form_id=FORM))

    assert first != second
    assert f'value="{FORM}"' in again.content.decode()


def test_what_may_answer_it_is_listed_while_it_is_typed(as_ines: Client, article: Article) -> None:
    response = ask(as_ines)

    assert [hit.article for hit in response.context["hits"]] == [article]
    assert b'href="/help/vpn-drops-every-20-minutes/"' in response.content
    assert b"1 article may answer this" in response.content


def test_the_list_that_stands_there_already_is_not_sent_again(as_ines: Client, article: Article) -> None:
    seen = ask(as_ines).context["seen"]

    assert ask(as_ines, description="Since Friday.", seen=seen).status_code == 204
    assert ask(as_ines, subject="qqqq wwww", seen=seen).status_code == 200


@pytest.mark.parametrize("form", ["", "nonsense", "\x00"])
def test_without_a_form_nothing_is_suggested_and_nothing_breaks(
    as_ines: Client, article: Article, form: str
) -> None:
    response = ask(as_ines, form_id=form)

    assert (response.status_code, response.context["hits"]) == (200, [])


def test_what_is_very_long_or_only_punctuation_suggests_nothing_worse(
    as_ines: Client, article: Article
) -> None:
    assert ask(as_ines, subject="?!", description="… --- !!!").context["hits"] == []
    assert ask(as_ines, description="word " * 20_000).status_code == 200


def test_an_article_is_read_in_the_page_and_counted(as_ines: Client, article: Article) -> None:
    ask(as_ines)
    address = f"/requests/new/suggestions/{article.slug}/?form_id={FORM}"
    response = as_ines.get(address, headers={"HX-Request": "true"})

    assert b"Open the client." in response.content
    assert b"This solved it" in response.content
    assert Days.objects.values_list("shown", "read", "views").get() == (1, 1, 1)


def test_without_a_script_it_opens_on_its_own_page(as_ines: Client, article: Article) -> None:
    response = as_ines.get(f"/requests/new/suggestions/{article.slug}/")

    assert response.headers["Location"] == article.address


def test_nobody_reads_there_what_they_may_not_read(as_ines: Client, article: Article) -> None:
    ask(as_ines)
    Article.objects.update(audience=ArticleAudience.L2)

    assert as_ines.get(f"/requests/new/suggestions/{article.slug}/").status_code == 404
    said = {"form_id": FORM, "article": article.slug}
    assert as_ines.post("/requests/new/solved/", said).status_code == 404


def test_this_solved_it_ends_the_form_drops_the_draft_and_says_thanks(
    as_ines: Client, article: Article, ines: User, at: Any
) -> None:
    Draft.objects.create(owner=ines, place="new-request", fields={"subject": ["my vpn"]}, at=at)
    ask(as_ines)
    response = as_ines.post("/requests/new/solved/", {"form_id": FORM, "article": article.slug}, follow=True)

    assert response.redirect_chain == [(f"/requests/new/solved/?article={article.slug}", 302)]
    assert b'<meta name="draft-clear" content="new-request">' in response.content
    assert b"Good that it works" in response.content
    assert not Draft.objects.exists()
    assert not Ticket.objects.exists()
    assert FilingForm.objects.get().outcome == FormOutcome.SOLVED


def test_what_was_not_suggested_cannot_end_the_form(as_ines: Client, article: Article) -> None:
    said = {"form_id": FORM, "article": article.slug}

    assert as_ines.post("/requests/new/solved/", said).status_code == 400
    assert as_ines.post("/requests/new/solved/", said | {"form_id": "x"}).status_code == 404


def test_filing_anyway_tells_the_desk_what_was_read(
    as_ines: Client, article: Article, file_form: Form, ines: User, service_desk: Any
) -> None:
    ask(as_ines)
    as_ines.get(f"/requests/new/suggestions/{article.slug}/?form_id={FORM}", headers={"HX-Request": "true"})
    for _twice in range(2):
        as_ines.post("/requests/new/", file_form(form_id=FORM))

    link = TicketArticle.objects.get()
    assert (link.ticket, link.article, link.role, link.by) == (
        Ticket.objects.get(),
        article,
        LinkRole.READ,
        ines,
    )
    assert FilingForm.objects.get().outcome == FormOutcome.FILED


def test_a_form_is_filed_with_an_id_that_is_none(as_ines: Client, file_form: Form, service_desk: Any) -> None:
    as_ines.post("/requests/new/", file_form(form_id="nonsense"))
    as_ines.post("/requests/new/", file_form(key="k2", form_id=str(uuid.uuid4())))

    assert Ticket.objects.count() == 2
    assert not TicketArticle.objects.exists()


def test_a_draft_does_not_keep_whose_form_it_was(as_ines: Client, ines: User) -> None:
    fields = {"subject": ["my vpn"], "form_id": [FORM]}
    as_ines.post("/drafts/", {"place": "new-request", "fields": fields}, content_type="application/json")

    assert Draft.objects.get().fields == {"subject": ["my vpn"]}
