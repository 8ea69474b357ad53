"""The loop back down as the workspace shows it: a fix is wished for, written down, looked through, announced, read."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import Team, Tier, User
from delivery.models import Delivery, Mail, Notice
from delivery.operations import claim, deliver
from escalation import operations as escalation
from escalation.models import Proposal
from knowledgebase import reactions
from knowledgebase.models import (
    Announcement,
    Article,
    Confirmation,
    ProblemRecord,
    Section,
    Source,
    TicketArticle,
    rebuild_section_tree,
)
from knowledgebase.operations import announcing, learning, problems
from knowledgebase.operations.reviewing import publish
from knowledgebase.operations.writing import create_article
from tests.answers import text_of
from tickets import operations
from tickets.models import Category, Link, Ticket

SignIn = Callable[[User], Any]
Later = Callable[..., datetime]
File = Callable[..., Ticket]
RESOLVE = {"code": "fixed", "summary": "1. Open the client\n2. Set the rekey to 8 h, Ines"}


@pytest.fixture
def networks(db: None) -> Section:
    section = Section.objects.create(name="Networks", slug="networks")
    rebuild_section_tree()
    return Section.objects.get(pk=section.pk)


@pytest.fixture
def with_experts(
    open_ticket: File, vpn: Category, mira: User, yuki: User, platform: Team, networks: Section, at: datetime
) -> Ticket:
    """Ines' ticket lies with Yuki of L3, who writes to requesters."""
    Tier.objects.filter(level=3).update(writes_to_requesters=True)
    ticket = open_ticket("VPN of Ines drops", category=vpn, description="Ines here, from NW-1180.")
    operations.take(ticket, by=mira, at=at)
    escalation.hand_over(ticket, tier=3, reason="needs_expertise", summary="Drops.", by=mira, at=at)
    return escalation.accept(ticket, by=yuki, at=at)


@pytest.fixture
def draft(with_experts: Ticket, yuki: User, at: datetime) -> Article:
    return learning.publish_from_ticket(with_experts, kind="known_error", by=yuki, at=at)


@pytest.fixture
def known(networks: Section, lars: User, at: datetime) -> Article:
    """A known error for technicians, published by Lars."""
    article = create_article(
        section=networks,
        title="VPN rekey fails",
        kind="known_error",
        symptom="The VPN drops every twenty minutes and the client says rekeying failed.",
        workaround="Reconnect.",
        error_status="workaround",
        audience="l1",
        by=lars,
        at=at,
    )
    return publish(article, by=lars, at=at)


def work(at: datetime) -> None:
    """What the worker does, until nothing is due."""
    while rows := claim(limit=50, worker="w1", at=at):
        for row in rows:
            deliver(row, at=at)


def desk(ticket: Ticket, act: str = "") -> str:
    return f"/desk/tickets/{ticket.number}/" + (f"{act}/" if act else "")


# --- the wish at the end of the work ---


@pytest.mark.parametrize(("level", "question"), [(3, "Should L1 and L2 learn"), (2, "Should L1 learn")])
def test_who_resolves_above_l1_is_asked_whether_those_below_should_learn_it(
    with_experts: Ticket, yuki: User, dario: User, signed_in: SignIn, later: Later, level: int, question: str
) -> None:
    if level == 2:
        escalation.hand_over(
            with_experts, tier=2, reason="fix_found", summary="x", by=yuki, at=later(hours=1)
        )
    client = signed_in(yuki if level == 3 else dario)
    act = "resolve" if level == 3 else "propose-resolution"
    assert question in text_of(client.get(desk(with_experts, act)))


def test_the_wish_becomes_a_draft_and_a_notice_of_whoever_found_the_fix(
    with_experts: Ticket, yuki: User, signed_in: SignIn, later: Later
) -> None:
    client = signed_in(yuki)
    sent = {**RESOLVE, "category": with_experts.category_id, "publish_fix": "on"}
    assert client.post(desk(with_experts, "resolve"), sent).status_code == 302
    assert not Source.objects.exists()  # the worker does it
    work(later(minutes=1))
    source = Source.objects.get()
    assert (source.ticket, source.article.owner, source.article.kind) == (with_experts, yuki, "known_error")
    assert source.article.draft is not None
    assert source.article.draft.fix == "1. Open the client\n2. Set the rekey to 8 h, [name]"
    assert Notice.objects.filter(person=yuki, kind="knowledge.article_drafted").count() == 1
    assert f'href="/desk/drafts/{source.article_id}/"' in text_of(client.get("/desk/notices/"))
    row = Delivery.objects.get(kind=reactions.FIX_KIND)
    reactions.write_down_fix(row.payload, row, later(minutes=2))  # a worker that died runs it again
    assert Source.objects.count() == 1


def test_without_the_wish_nothing_is_written_down(
    with_experts: Ticket, yuki: User, signed_in: SignIn, later: Later
) -> None:
    signed_in(yuki).post(desk(with_experts, "resolve"), {**RESOLVE, "category": with_experts.category_id})
    work(later(minutes=1))
    assert not Source.objects.exists()


def test_a_proposed_fix_is_its_authors_draft_once_the_contact_has_sent_it(
    with_experts: Ticket, yuki: User, mira: User, signed_in: SignIn, later: Later
) -> None:
    Tier.objects.filter(level=3).update(writes_to_requesters=False)
    sent = {**RESOLVE, "category": with_experts.category_id, "publish_fix": "on"}
    signed_in(yuki).post(desk(with_experts, "propose-resolution"), sent)
    work(later(minutes=1))
    assert not Source.objects.exists()
    escalation.send_proposal(with_experts, by=mira, at=later(minutes=5))
    work(later(minutes=6))
    assert Source.objects.get().article.owner == yuki


# --- an article from a ticket ---


def test_an_article_is_made_from_the_ticket_page_and_leads_to_its_draft(
    with_experts: Ticket, yuki: User, signed_in: SignIn
) -> None:
    client = signed_in(yuki)
    assert 'data-dialog-title="Make an article from this ticket"' in text_of(client.get(desk(with_experts)))
    section = Section.objects.get()
    answer = client.post(desk(with_experts, "make-article"), {"kind": "how_to", "section": section.pk})
    article = Article.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/desk/drafts/{article.pk}/")
    assert article.kind == "how_to"


def test_a_desk_without_sections_says_what_to_do(ticket: Ticket, mira: User, signed_in: SignIn) -> None:
    assert "Ask a lead to add one" in text_of(signed_in(mira).get(desk(ticket, "make-article")))


def test_the_draft_says_what_was_taken_out_and_is_not_published_unseen(
    draft: Article, yuki: User, lars: User, signed_in: SignIn
) -> None:
    page = text_of(signed_in(yuki).get(f"/desk/drafts/{draft.pk}/"))
    assert "Taken out" in page
    assert "serials and inventory numbers (1)" in page
    assert "[name] here, from [serial]." in page
    client = signed_in(lars)
    assert "nobody has looked through it yet" in text_of(client.get(f"/desk/articles/{draft.pk}/announce/"))
    answer = client.post(f"/desk/articles/{draft.pk}/announce/", {"tiers": ["1"]})
    assert "First look through its draft" in text_of(answer, 409)
    assert not Article.objects.get(pk=draft.pk).is_published


def said(draft: Article, **facts: Any) -> dict[str, Any]:
    assert draft.draft is not None
    return {
        "title": "VPN drops",
        "kind": draft.kind,
        "section": draft.section_id,
        "audience": "l1",
        "symptom": "It drops.",
        "base": f"{draft.draft.number}.{draft.draft.revision}",
        **facts,
    }


def test_a_draft_that_nobody_calls_clean_keeps_what_was_typed(
    draft: Article, yuki: User, signed_in: SignIn
) -> None:
    answer = signed_in(yuki).post(f"/desk/drafts/{draft.pk}/", said(draft, symptom="Typed just now"))
    page = text_of(answer, 400)
    assert "Look through the words first" in page
    assert "Typed just now" in page


def test_a_clean_draft_is_submitted_by_who_may_not_publish(
    draft: Article, yuki: User, signed_in: SignIn
) -> None:
    client = signed_in(yuki)
    client.post(f"/desk/drafts/{draft.pk}/", said(draft, is_clean="on", then="submit"))
    article = Article.objects.get(pk=draft.pk)
    assert (article.status, article.source.checked_by) == ("review", yuki)


def test_another_kind_keeps_the_words_in_its_text(draft: Article, yuki: User, signed_in: SignIn) -> None:
    sent = said(draft, is_clean="on", kind="how_to", fix="Rekey.", body="More.")
    signed_in(yuki).post(f"/desk/drafts/{draft.pk}/", sent)
    article = Article.objects.get(pk=draft.pk)
    assert article.draft is not None
    assert (article.kind, article.draft.symptom) == ("how_to", "")
    assert article.draft.body == "## Symptom\n\nIt drops.\n\n## What to do\n\nRekey.\n\nMore."


def test_whoever_meets_a_newer_draft_is_told(draft: Article, yuki: User, signed_in: SignIn) -> None:
    answer = signed_in(yuki).post(f"/desk/drafts/{draft.pk}/", said(draft, is_clean="on", base="1.9"))
    assert "has written in this article since" in text_of(answer, 409)


# --- announced, and read ---


def test_from_the_draft_to_the_tier_that_has_read_it(
    draft: Article, lars: User, mira: User, sara: User, signed_in: SignIn, later: Later
) -> None:
    client = signed_in(lars)
    answer = client.post(f"/desk/drafts/{draft.pk}/", said(draft, is_clean="on"))
    assert answer.headers["Location"] == f"/desk/articles/{draft.pk}/announce/"
    page = text_of(client.get(f"/desk/articles/{draft.pk}/announce/"))
    assert re.search(r'name="tiers" value="1"[^>]* checked', page)
    seen = re.search(r'name="seen" value="([\d.]+)"', page)
    assert seen
    sent = {"tiers": ["1"], "note": "Stop rebooting.", "seen": seen[1]}
    answer = client.post(f"/desk/articles/{draft.pk}/announce/", sent)
    assert answer.headers["Location"] == f"/desk/matches/{draft.pk}/"
    row = Announcement.objects.get()
    work(later(minutes=1))
    assert {mail.to for mail in Mail.objects.filter(subject="Please read: VPN drops")} == {
        mira.email,
        sara.email,
    }
    client = signed_in(mira)
    assert "Stop rebooting." in text_of(client.get("/desk/announcements/"))
    assert f'href="/desk/announcements/{row.pk}/"' in text_of(client.get("/desk/notices/"))
    assert 'id="count-announcements" hx-swap-oob="true">1<' in text_of(client.get("/desk/counts/"))
    version = Article.objects.get(pk=draft.pk).published_id
    client.post(f"/desk/announcements/{row.pk}/confirm/", {"version": version})
    assert Confirmation.objects.get().person == mira
    assert "Nothing to read" in text_of(client.get("/desk/announcements/"))
    assert "VPN drops" in text_of(client.get("/desk/announcements/?show=read"))
    assert not Notice.objects.filter(person=mira, read_at=None).exists()
    assert 'id="count-announcements" hx-swap-oob="true"><' in text_of(client.get("/desk/counts/"))
    page = text_of(signed_in(lars).get(f"/desk/announcements/{row.pk}/"))
    missing, read = page.split("Who has read it")
    assert "Sara Amin" in missing
    assert "Mira Kask" not in missing[missing.index("Who has not read it") :]
    assert "Mira Kask" in read


def test_technicians_do_not_see_who_has_not(
    known: Article, lars: User, mira: User, signed_in: SignIn, at: datetime
) -> None:
    row = announcing.announce(known, tiers=[1], by=lars, at=at)
    client = signed_in(mira)
    page = text_of(client.get(f"/desk/announcements/{row.pk}/"))
    assert "Read and understood" in page
    assert "Who has not read it" not in page
    assert client.get("/desk/announcements/?show=all").status_code == 404
    assert "1 has read it" not in text_of(signed_in(lars).get("/desk/announcements/?show=all"))


def test_a_lead_reminds_those_who_have_not_and_nobody_else_does(
    known: Article, lars: User, mira: User, signed_in: SignIn, later: Later
) -> None:
    row = announcing.announce(known, tiers=[1], by=lars, at=later())
    work(later(minutes=1))
    lead = signed_in(lars)
    assert "Remind them" in text_of(lead.get(f"/desk/announcements/{row.pk}/"))
    assert lead.post(f"/desk/announcements/{row.pk}/remind/").status_code == 302
    assert "Last reminded:" in text_of(lead.get(f"/desk/announcements/{row.pk}/"))
    refused = lead.post(f"/desk/announcements/{row.pk}/remind/", {}, headers={"HX-Request": "true"})
    assert "less than a day ago" in refused.headers["HX-Trigger"]
    assert signed_in(mira).post(f"/desk/announcements/{row.pk}/remind/").status_code == 404


def test_what_changed_under_the_reader_is_refused_and_says_so(
    known: Article, lars: User, mira: User, signed_in: SignIn, at: datetime
) -> None:
    row = announcing.announce(known, tiers=[1], by=lars, at=at)
    client = signed_in(mira)
    answer = client.post(f"/desk/announcements/{row.pk}/confirm/", {"version": known.published_id})
    assert answer.status_code == 302
    other = announcing.announce(known, tiers=[1], by=lars, at=at)
    answer = client.post(f"/desk/announcements/{row.pk}/confirm/", {}, headers={"HX-Request": "true"})
    assert answer.status_code == 204  # it was confirmed before
    assert Confirmation.objects.filter(announcement=other).count() == 0


def test_an_announcement_that_is_not_for_a_person_does_not_exist(
    known: Article, lars: User, mira: User, signed_in: SignIn, at: datetime
) -> None:
    row = announcing.announce(known, tiers=[1], by=lars, at=at)
    Article.objects.update(audience="l3")
    client = signed_in(mira)
    assert client.get(f"/desk/announcements/{row.pk}/").status_code == 404
    assert client.post(f"/desk/announcements/{row.pk}/confirm/").status_code == 404


def test_only_publishing_asks_nobody(draft: Article, lars: User, signed_in: SignIn) -> None:
    client = signed_in(lars)
    client.post(f"/desk/drafts/{draft.pk}/", said(draft, is_clean="on"))
    client.post(f"/desk/articles/{draft.pk}/announce/", {"what": "publish"})
    assert Article.objects.get(pk=draft.pk).is_published
    assert not Announcement.objects.exists()


def test_announcing_to_nobody_is_refused_at_the_field(known: Article, lars: User, signed_in: SignIn) -> None:
    answer = signed_in(lars).post(f"/desk/articles/{known.pk}/announce/", {"what": "announce"})
    assert "Choose at least one tier or team" in text_of(answer, 400)


# --- open tickets that match ---


def test_matching_tickets_are_linked_and_answered_in_one_act_and_refusals_told(
    known: Article, open_ticket: File, vpn: Category, mira: User, signed_in: SignIn
) -> None:
    words = "rekeying failed every twenty minutes"
    one = open_ticket("VPN drops", description=words, category=vpn)
    other = open_ticket("VPN client drops", description=words)  # without a category it cannot be resolved
    client = signed_in(mira)
    page = text_of(client.get(f"/desk/matches/{known.pk}/"))
    assert one.number in page
    assert "Reconnect." in page
    sent = {"ticket": [one.pk, other.pk], "text": "Reconnect, please.", "code": "known_error"}
    answer = text_of(client.post(f"/desk/matches/{known.pk}/", sent))
    assert "1 ticket is answered: 1 resolved." in answer
    assert "Choose the category" in answer
    assert [link.ticket for link in TicketArticle.objects.filter(role="known_error")] == [one]
    page = text_of(client.get(f"/desk/matches/{known.pk}/"))
    assert (one.number in page, other.number in page) == (False, True)


def test_nothing_ticked_is_nothing_done(
    known: Article, open_ticket: File, mira: User, signed_in: SignIn
) -> None:
    open_ticket("VPN drops", description="rekeying failed every twenty minutes")
    answer = signed_in(mira).post(f"/desk/matches/{known.pk}/", {"text": "Typed"})
    assert "Tick at least one ticket." in text_of(answer, 400)
    assert "Typed" in text_of(answer, 400)


def test_only_known_errors_have_matches(known: Article, mira: User, signed_in: SignIn) -> None:
    client = signed_in(mira)
    Article.objects.filter(pk=known.pk).update(kind="how_to", error_status="")
    assert client.get(f"/desk/matches/{known.pk}/").status_code == 404


# --- problems ---


@pytest.fixture
def problem(with_experts: Ticket, yuki: User, at: datetime) -> Ticket:
    return operations.change(with_experts, kind="problem", by=yuki, at=at)


def test_a_problem_shows_its_record_and_other_tickets_none(
    problem: Ticket, open_ticket: File, yuki: User, signed_in: SignIn
) -> None:
    client = signed_in(yuki)
    assert f'hx-get="{desk(problem, "problem")}"' in text_of(client.get(desk(problem)))
    other = open_ticket("Printer")
    assert "/problem/" not in text_of(client.get(desk(other)))
    assert client.get(desk(other, "problem")).status_code == 404
    sent = {"reproduced_how": "Two clients", "reproduced_where": "Lab 2", "root_cause": "The **timer**"}
    client.post(desk(problem, "problem-record"), sent)
    client.post(desk(problem, "problem-decide"), {"decision": "fix", "why": "One setting", "base": "1"})
    page = text_of(client.get(desk(problem, "problem")))
    for words in (
        "Two clients",
        "Lab 2",
        "<strong>timer</strong>",
        "it is fixed",
        "Yuki Mori",
        "One setting",
    ):
        assert words in page
    assert ProblemRecord.objects.get().revision == 2


def test_a_record_that_somebody_else_has_changed_is_not_overwritten(
    problem: Ticket, yuki: User, signed_in: SignIn, at: datetime
) -> None:
    client = signed_in(yuki)
    problems.write_record(problem, root_cause="The timer", by=yuki, at=at)
    answer = client.post(desk(problem, "problem-record"), {"root_cause": "The cable", "base": "0"})
    page = text_of(answer, 409)
    assert "has written in this record since" in page
    assert "The cable" in page
    assert ProblemRecord.objects.get().root_cause == "The timer"


def test_incidents_are_gathered_by_number_and_from_a_queue(
    problem: Ticket, open_ticket: File, yuki: User, signed_in: SignIn
) -> None:
    one, two = open_ticket("VPN drops"), open_ticket("VPN is slow")
    client = signed_in(yuki)
    answer = client.post(desk(problem, "gather"), {"incidents": f"{one.number}, TD-999999"})
    assert "There is no ticket with this number: TD-999999." in text_of(answer, 400)
    client.post(desk(problem, "gather"), {"incidents": f"{one.number} {problem.number}"})
    client.post("/desk/bulk/problem/", {"ticket": [two.pk], "problem": problem.number})
    assert set(Link.objects.filter(type="caused_by", other=problem).values_list("ticket", flat=True)) == {
        one.pk,
        two.pk,
    }
    assert "A ticket cannot be linked to itself." in text_of(client.get(desk(problem)))
    answer = client.post("/desk/bulk/problem/", {"ticket": [two.pk], "problem": one.number})
    assert "This ticket is no problem." in text_of(answer, 400)


def test_who_solves_a_problem_goes_on_to_its_incidents(
    problem: Ticket, open_ticket: File, mira: User, yuki: User, signed_in: SignIn, at: datetime
) -> None:
    Tier.objects.filter(level=3).update(writes_to_requesters=True)
    mine, theirs = open_ticket("VPN drops"), open_ticket("VPN is slow")
    problems.gather(problem, incidents=[mine, theirs], by=yuki, at=at)
    client = signed_in(yuki)
    answer = client.post(desk(problem, "resolve"), {**RESOLVE, "category": problem.category_id})
    assert answer.headers["Location"] == desk(problem, "incidents")
    page = text_of(client.get(desk(problem, "incidents")))
    assert "Set the rekey to 8 h" in page
    assert page.count(" checked") == 2
    assert "2 incidents are still open" in text_of(client.get(desk(problem, "problem")))
    sent = {"ticket": [mine.pk, theirs.pk], "text": "It is fixed.", "code": "fixed"}
    answer = client.post(desk(problem, "incidents"), sent, follow=True)
    assert "2 tickets are answered: 2 answered and left open." in text_of(answer)
    assert mine.messages.filter(body="It is fixed.").count() == 1


def test_an_expert_who_does_not_write_proposes_to_the_contacts(
    problem: Ticket, open_ticket: File, mira: User, yuki: User, signed_in: SignIn, at: datetime
) -> None:
    incident = open_ticket("VPN drops")
    operations.take(incident, by=mira, at=at)
    problems.gather(problem, incidents=[incident], by=yuki, at=at)
    Tier.objects.filter(level=3).update(writes_to_requesters=False)
    sent = {"ticket": [incident.pk], "text": "It is fixed.", "code": "fixed"}
    answer = signed_in(yuki).post(desk(problem, "incidents"), sent, follow=True)
    assert "1 ticket is answered: 1 proposed to the contact." in text_of(answer)
    assert Proposal.objects.get(ticket=incident).state == "waiting"
