"""The loop back down: a fix becomes a draft, the draft is looked through, published, announced, and read."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, Tier, User
from delivery.models import Delivery
from escalation import operations as escalation
from escalation.models import Proposal
from knowledgebase.models import (
    Announcement,
    Article,
    ArticleEvent,
    Confirmation,
    Lexeme,
    ProblemRecord,
    ProblemRevision,
    Section,
    Source,
    SuggestionSettings,
    TicketArticle,
)
from knowledgebase.operations import announcing, answering, learning, problems, reviewing, writing
from knowledgebase.operations.describing import set_audience
from knowledgebase.queries import matching
from knowledgebase.queries.announcing import asked, usual_tiers
from knowledgebase.queries.matching import open_tickets_like
from knowledgebase.queries.problems import incidents_of
from knowledgebase.refusals import (
    ChangedSince,
    NotAProblem,
    NotLookedThrough,
    NotPublished,
    ReadByNobody,
    RecordChanged,
    RestrictedTicket,
)
from knowledgebase.scripts.checking import faults_of
from knowledgebase.scripts.reading import read
from tickets import operations
from tickets.models import Category, Event, Link, Ticket
from tickets.operations.retaining import purge
from tickets.refusals import Invalid, NotAllowed

Later = Callable[..., datetime]
Write = Callable[..., Article]
File = Callable[..., Ticket]


# --- announced, read and understood ---


def again(user: User) -> User:
    """As the next request finds this person."""
    return User.objects.get(pk=user.pk)


@pytest.fixture
def by_yuki(write_article: Write, yuki: User) -> Article:
    """Written by Yuki of L3."""
    article = write_article("VPN drops", body="Rekey.", audience="l1")
    assert article.published is not None
    article.published.author_ids = [yuki.pk]
    article.published.save(update_fields=["author_ids"])
    return Article.objects.get(pk=article.pk)


def unread(user: User) -> list[Article]:
    rows = Announcement.objects.unread_by(again(user)).select_related("article")
    return [row.article for row in rows]


def test_it_is_announced_to_the_tiers_below_its_author(
    by_yuki: Article, lars: User, mira: User, dario: User, yuki: User, ines: User, vera: User, at: datetime
) -> None:
    row = announcing.announce(by_yuki, note="Stop rebooting.", by=lars, at=at)
    assert (row.tiers, row.version, row.note) == ([1, 2], by_yuki.published, "Stop rebooting.")
    assert [unread(who) for who in (mira, dario)] == [[by_yuki], [by_yuki]]
    assert [unread(who) for who in (lars, yuki, ines, vera)] == [[], [], [], []]  # Lars announces it
    assert ArticleEvent.objects.filter(article=by_yuki).latest("pk").kind == "article.announced"
    assert Delivery.objects.filter(kind=announcing.KIND, payload={"announcement": row.pk}).count() == 1


def test_read_and_understood_is_said_once_and_kept(
    by_yuki: Article, lars: User, mira: User, dario: User, at: datetime, later: Later
) -> None:
    row = announcing.announce(by_yuki, by=lars, at=at)
    done = announcing.confirm(row, by=mira, at=later(hours=1), version=by_yuki.published)
    assert announcing.confirm(row, by=mira, at=later(hours=2)) == done
    assert (done.person, done.version, done.at) == (mira, by_yuki.published, later(hours=1))
    assert (unread(mira), unread(dario)) == ([], [by_yuki])
    assert [(each.person, each.has_read) for each in asked(row)] == [(dario, False), (mira, True)]


def test_a_new_version_is_asked_about_again_only_when_it_is_announced(
    by_yuki: Article, lars: User, mira: User, at: datetime, later: Later
) -> None:
    first = announcing.announce(by_yuki, by=lars, at=at)
    announcing.confirm(first, by=mira, at=at)
    writing.write(by_yuki, body="Rekey slowly.", by=lars, at=later(hours=1))
    reviewing.publish(by_yuki, by=lars, at=later(hours=1))
    assert unread(mira) == []
    second = announcing.announce(by_yuki, tiers=[1], by=lars, at=later(hours=2))
    first.refresh_from_db()
    assert (first.is_current, second.is_current, unread(mira)) == (False, True, [by_yuki])


def test_whoever_read_an_older_version_has_to_read_again(
    by_yuki: Article, lars: User, mira: User, at: datetime, later: Later
) -> None:
    row = announcing.announce(by_yuki, by=lars, at=at)
    before = by_yuki.published
    writing.write(by_yuki, body="Rekey slowly.", by=lars, at=later(hours=1))
    reviewing.publish(by_yuki, by=lars, at=later(hours=1))
    with pytest.raises(ChangedSince, match="VPN drops"):
        announcing.confirm(row, by=mira, at=later(hours=2), version=before)
    assert announcing.confirm(row, by=mira, at=later(hours=2)).version.number == 2


def test_what_is_archived_or_closed_to_somebody_is_not_asked_of_them(
    by_yuki: Article, lars: User, mira: User, yuki: User, ada: User, at: datetime
) -> None:
    row = announcing.announce(by_yuki, tiers=[1, 2], by=lars, at=at)
    set_audience(by_yuki, audience="l3", by=ada, at=at)
    assert (unread(mira), asked(Announcement.objects.get(pk=row.pk))) == ([], [])
    with pytest.raises(NotAllowed):
        announcing.confirm(row, by=mira, at=at)


def test_a_team_is_asked_too(
    by_yuki: Article, lars: User, dario: User, mira: User, network: Team, at: datetime
) -> None:
    announcing.announce(by_yuki, tiers=[], teams=[network], by=lars, at=at)
    assert (unread(dario), unread(mira)) == ([by_yuki], [])


@pytest.mark.parametrize(
    ("facts", "refusal", "field"),
    [
        ({"tiers": []}, Invalid, "tiers"),
        ({"tiers": [4]}, Invalid, "tiers"),
        ({"tiers": [9]}, Invalid, "tiers"),
        ({"tiers": [0, 1]}, ReadByNobody, "tiers"),
    ],
)
def test_nobody_or_people_who_cannot_read_it_is_refused(
    by_yuki: Article, lars: User, at: datetime, facts: dict[str, Any], refusal: type[Invalid], field: str
) -> None:
    Tier.objects.update(is_enabled=True)
    with pytest.raises(refusal) as refused:
        announcing.announce(by_yuki, by=lars, at=at, **facts)
    assert refused.value.field == field
    assert not Announcement.objects.exists()


def test_a_vendors_team_and_a_team_below_its_readers_are_refused(
    write_article: Write, lars: User, vendors: Team, service_desk: Team, at: datetime
) -> None:
    article = write_article(audience="l2")
    for team, refusal in ((vendors, Invalid), (service_desk, ReadByNobody)):
        with pytest.raises(refusal) as refused:
            announcing.announce(article, tiers=[2], teams=[team], by=lars, at=at)
        assert refused.value.field == "teams"


def test_only_what_is_published_is_announced_and_only_by_who_publishes(
    by_yuki: Article, write_article: Write, mira: User, lars: User, at: datetime
) -> None:
    with pytest.raises(NotAllowed):
        announcing.announce(by_yuki, by=mira, at=at)
    with pytest.raises(NotPublished):
        announcing.announce(write_article("Draft", published=False), tiers=[1], by=lars, at=at)


def test_publishing_and_announcing_are_one_act(
    write_article: Write, lars: User, mira: User, at: datetime
) -> None:
    draft = write_article("Printers", published=False, body="Turn it on.", audience="l1")
    with pytest.raises(Invalid):
        announcing.publish_and_announce(draft, tiers=[], by=lars, at=at)
    assert not Article.objects.get(pk=draft.pk).is_published
    announcing.publish_and_announce(draft, tiers=[1], why="New printers.", by=lars, at=at)
    assert unread(mira) == [draft]


def test_by_default_it_is_for_those_who_may_read_it(write_article: Write, yuki: User, at: datetime) -> None:
    article = write_article(audience="l2")
    assert article.published is not None
    assert usual_tiers(article, article.published, yuki) == [2]


def test_one_announcement_of_an_article_is_the_current_one(
    by_yuki: Article, lars: User, at: datetime
) -> None:
    row = announcing.announce(by_yuki, by=lars, at=at)
    with pytest.raises(IntegrityError), transaction.atomic():
        Announcement.objects.create(article=by_yuki, version=row.version, at=at)


# --- from a ticket to a draft ---


@pytest.fixture
def solved(open_ticket: File, vpn: Category, mira: User, yuki: User, platform: Team, at: datetime) -> Ticket:
    """Ines' ticket, which Yuki of L3 has solved, with names and numbers in it."""
    ticket = open_ticket(
        "VPN of Ines Okafor drops",
        category=vpn,
        description="Hi, Ines here. My laptop NW-1180 drops the VPN. Call me: +44 113 496 0001",
    )
    operations.take(ticket, by=mira, at=at)
    operations.note(ticket, text="Ines calls daily from 10.1.2.3.", by=mira, at=at)
    operations.note(ticket, text="The key of the gateway is s3cret.", min_tier=3, by=yuki, at=at)
    escalation.hand_over(ticket, tier=3, reason="needs_expertise", summary="Drops.", by=mira, at=at)
    escalation.accept(ticket, by=yuki, at=at)
    return operations.resolve(
        ticket, code="fixed", summary="1. Open the client\n2. Set the rekey to 8 h", by=None, at=at
    )


@pytest.fixture
def drafted(solved: Ticket, networks: Section, yuki: User, at: datetime) -> Article:
    return learning.publish_from_ticket(solved, kind="known_error", by=yuki, at=at)


def test_a_ticket_becomes_a_draft_without_what_is_personal(
    drafted: Article, solved: Ticket, yuki: User
) -> None:
    draft = drafted.draft
    assert draft is not None
    assert (drafted.status, drafted.audience, drafted.owner) == ("draft", "l1", yuki)
    assert (drafted.kind, drafted.error_status) == ("known_error", "fixed")
    assert drafted.title == "VPN of [name] drops"
    assert draft.symptom == "Hi, [name] here. My laptop [serial] drops the VPN. Call me: [number]"
    assert draft.fix == "1. Open the client\n2. Set the rekey to 8 h"
    assert "[name] calls daily from [network address]." in draft.body
    everything = " ".join([drafted.title, draft.symptom, draft.fix, draft.body])
    for personal in ("Ines", "Okafor", "Mira", "NW-1180", "496", "10.1.2.3"):
        assert personal not in everything
    source = Source.objects.get(article=drafted)
    assert (source.ticket, source.checked_at) == (solved, None)
    assert source.stripped == {"name": 3, "serial": 1, "phone": 1, "network": 1}


def test_what_is_marked_for_a_higher_tier_does_not_flow_down(drafted: Article) -> None:
    assert drafted.draft is not None
    assert "gateway" not in drafted.draft.body


def test_the_ticket_tells_of_the_draft_quietly(drafted: Article, solved: Ticket) -> None:
    event = Event.objects.filter(ticket=solved).latest("pk")
    assert (event.kind, event.is_quiet, event.data) == (
        "knowledge.article_drafted",
        True,
        {"article": drafted.pk},
    )


def test_asked_for_twice_it_is_the_same_draft(
    drafted: Article, solved: Ticket, yuki: User, at: datetime
) -> None:
    assert learning.publish_from_ticket(solved, kind="known_error", by=yuki, at=at) == drafted
    assert learning.publish_from_ticket(solved, kind="how_to", by=yuki, at=at) != drafted


def test_a_how_to_has_the_solution_and_a_script_its_steps(
    solved: Ticket, networks: Section, yuki: User, at: datetime
) -> None:
    how_to = learning.publish_from_ticket(solved, kind="how_to", by=yuki, at=at).draft
    assert how_to is not None
    assert "## What to do\n\n1. Open the client" in how_to.body
    sop = learning.publish_from_ticket(solved, kind="sop", by=yuki, at=at).draft
    assert sop is not None
    assert sop.script is not None
    assert sop.script["steps"]["step_2"] == {
        "kind": "instruction",
        "text": "Set the rekey to 8 h",
        "next": "works",
    }
    script, faults = read(sop.script)
    assert (list(faults), list(faults_of(script))) == ([], [])


def test_it_stands_where_its_category_belongs(
    solved: Ticket, networks: Section, vpn: Category, yuki: User, at: datetime
) -> None:
    other = Section.objects.create(name="VPN", slug="vpn", path="vpn")
    Section.objects.create(name="Aaa", slug="aaa", path="aaa")
    other.ticket_categories.add(vpn)
    assert learning.publish_from_ticket(solved, kind="how_to", by=yuki, at=at).section == other


def test_without_a_section_a_kind_or_the_ticket_there_is_no_draft(
    solved: Ticket, ines: User, yuki: User, at: datetime
) -> None:
    for kind, field in (("faq", "kind"), ("how_to", "section")):
        with pytest.raises(Invalid) as refused:
            learning.publish_from_ticket(solved, kind=kind, by=yuki, at=at)
        assert refused.value.field == field
    with pytest.raises(NotAllowed):
        learning.publish_from_ticket(solved, kind="how_to", by=ines, at=at)


def test_a_restricted_ticket_becomes_no_article(
    ticket: Ticket, networks: Section, ada: User, at: datetime
) -> None:
    operations.restrict(ticket, people=[], teams=[], by=ada, at=at)
    with pytest.raises(RestrictedTicket, match=ticket.number):
        learning.publish_from_ticket(ticket, kind="how_to", by=ada, at=at)


def test_nothing_goes_out_before_somebody_has_looked_it_through(
    drafted: Article, solved: Ticket, yuki: User, lars: User, at: datetime, later: Later
) -> None:
    for act in (reviewing.submit, reviewing.publish):
        with pytest.raises(NotLookedThrough, match="VPN"):
            act(drafted, by=lars, at=at)
    with pytest.raises(Invalid) as refused:
        learning.look_through(drafted, is_clean=False, by=yuki, at=at)
    assert refused.value.field == "is_clean"
    learning.look_through(drafted, is_clean=True, title="VPN drops", body="", by=yuki, at=later(hours=1))
    source = Source.objects.get()
    assert (source.checked_by, source.checked_at) == (yuki, later(hours=1))
    article = reviewing.publish(drafted, by=lars, at=later(hours=2))
    assert article.title == "VPN drops"
    link = TicketArticle.objects.get(ticket=solved)
    assert (link.article, link.role, link.by) == (article, "known_error", lars)


def test_looking_through_may_make_it_another_kind(
    drafted: Article, yuki: User, networks: Section, at: datetime
) -> None:
    other = Section.objects.create(name="VPN", slug="vpn", path="vpn")
    article = learning.look_through(
        drafted,
        is_clean=True,
        kind="how_to",
        section=other,
        audience="signed_in",
        body="Rekey.",
        by=yuki,
        at=at,
    )
    article.refresh_from_db()
    assert (article.kind, article.section, article.audience, article.error_status) == (
        "how_to",
        other,
        "signed_in",
        "",
    )
    assert article.draft is not None
    assert (article.draft.body, article.draft.symptom, article.draft.fix) == ("Rekey.", "", "")


# --- open tickets that match a new known error ---


@pytest.fixture
def known(write_article: Write, vpn: Category) -> Article:
    return write_article(
        "VPN rekey fails",
        kind="known_error",
        error_status="workaround",
        symptom="The VPN drops every twenty minutes and the client says that rekeying failed.",
        audience="l1",
    )


def test_open_tickets_with_the_words_of_the_symptom_are_found_likest_first(
    known: Article, open_ticket: File, dario: User, mira: User, at: datetime
) -> None:
    same = open_ticket("VPN client drops", description="It says rekeying failed after twenty minutes")
    near = open_ticket("VPN drops", description="Every twenty minutes my client stops")
    open_ticket("Printer is out of paper", description="The tray is empty")
    ended = open_ticket("VPN client drops", description="rekeying failed every twenty minutes")
    operations.cancel(ended, reason_text="Twice", by=mira, at=at)
    open_ticket("VPN client drops", description="rekeying failed every twenty minutes", kind="problem")
    assert [match.ticket for match in open_tickets_like(known, mira)] == [same, near]


def test_a_category_in_common_counts(
    known: Article, networks: Section, vpn: Category, open_ticket: File, mira: User
) -> None:
    networks.ticket_categories.add(vpn)
    far = open_ticket("The client fails", description="No VPN", category=None)
    near = open_ticket("The client fails", description="No VPN", category=vpn)
    found = open_tickets_like(known, mira)
    assert [(match.ticket, match.is_of_category) for match in found][:1] == [(near, True)]
    assert far.pk < near.pk


def test_tickets_are_looked_for_by_the_rarer_words(known: Article, open_ticket: File, mira: User) -> None:
    rare = open_ticket("VPN drops", description="rekeying failed every twenty minutes")
    common = open_ticket("The VPN client drops every twenty minutes", description="")
    assert {match.ticket for match in open_tickets_like(known, mira)} == {rare, common}
    SuggestionSettings.objects.update_or_create(pk=1, defaults={"lexeme_texts": 200_000})
    counts = {
        "rekeying": 50,
        "failed": 900,
        "twenty": 4_000,
        "drops": 30_000,
        "client": 30_000,
        "vpn": 90_000,
    }
    Lexeme.objects.bulk_create(Lexeme(text=text, tickets=many) for text, many in counts.items())
    Lexeme.objects.bulk_create(Lexeme(text=text, tickets=20_000) for text in ("every", "minutes", "says"))
    assert [match.ticket for match in open_tickets_like(known, mira)] == [rare, common]
    Lexeme.objects.filter(text="twenty").update(tickets=10_000)
    assert [match.ticket for match in open_tickets_like(known, mira)] == [rare]


def test_of_words_that_very_many_have_the_newest_tickets_are_looked_through(
    write_article: Write, open_ticket: File, mira: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = write_article(
        "Gateway", kind="known_error", error_status="open", symptom="gateway", audience="l1"
    )
    filed = [open_ticket("The gateway is down", description="") for _number in range(10)]
    assert len(open_tickets_like(known, mira)) == 10
    SuggestionSettings.objects.update_or_create(pk=1, defaults={"lexeme_texts": 100_000})
    Lexeme.objects.create(text="gateway", tickets=100_000)
    monkeypatch.setattr(matching, "MOST_WITH_THEM", 3)
    assert [match.ticket for match in open_tickets_like(known, mira)] == filed[:-4:-1]


def test_only_tickets_that_the_person_sees_match(
    known: Article, open_ticket: File, otto: User, vera: User, mira: User
) -> None:
    open_ticket("VPN drops", description="rekeying failed every twenty minutes")
    assert open_tickets_like(known, vera) == []
    assert len(open_tickets_like(known, mira)) == 1


def test_matching_asks_as_often_whether_one_matches_or_five(
    known: Article, open_ticket: File, mira: User, django_assert_num_queries: Any
) -> None:
    said = {"subject": "VPN drops", "description": "rekeying failed every twenty minutes"}
    open_ticket(**said)
    open_tickets_like(known, mira)
    with CaptureQueriesContext(connection) as one:
        open_tickets_like(known, mira)
    for _each in range(4):
        open_ticket(**said)
    with django_assert_num_queries(len(one)):
        assert len(open_tickets_like(known, mira)) == 5


def test_a_match_is_linked_and_answered_in_one_act(
    known: Article, ticket: Ticket, mira: User, vpn: Category, at: datetime
) -> None:
    operations.change(ticket, category=vpn, by=mira, at=at)
    how = answering.answer_with(ticket, article=known, text="Reconnect.", code="known_error", by=mira, at=at)
    ticket.refresh_from_db()
    assert (how, ticket.status, ticket.resolution_code) == ("resolved", "resolved", "known_error")
    assert TicketArticle.objects.get(ticket=ticket).role == "known_error"
    assert [match.is_linked for match in open_tickets_like(known, mira)] == []


def test_what_is_refused_is_neither_linked_nor_answered(
    known: Article, ticket: Ticket, mira: User, vpn: Category, at: datetime
) -> None:
    result = operations.bulk(answering.answer_with, [ticket], article=known, text="", code="", by=mira, at=at)
    assert [str(refused) for _ticket, refused in result.refused] == ["This cannot be empty."]
    assert not TicketArticle.objects.exists()


def test_who_does_not_write_to_requesters_proposes(
    known: Article, ticket: Ticket, mira: User, dario: User, at: datetime
) -> None:
    operations.take(ticket, by=mira, at=at)
    how = answering.answer_with(ticket, article=known, text="Reconnect.", code="known_error", by=dario, at=at)
    assert how == "proposed"
    assert Proposal.objects.get(ticket=ticket).kind == "reply"  # it lies with L1: Dario cannot resolve it


# --- problems ---


@pytest.fixture
def problem(open_ticket: File, mira: User, yuki: User, platform: Team, at: datetime) -> Ticket:
    """Lies with Yuki's team of L3."""
    ticket = open_ticket("Gateway drops tunnels", kind="problem")
    escalation.hand_over(ticket, tier=3, reason="needs_expertise", summary="Drops.", by=mira, at=at)
    return escalation.accept(ticket, by=yuki, at=at)


def test_the_record_of_a_problem_keeps_every_state(
    problem: Ticket, yuki: User, at: datetime, later: Later
) -> None:
    facts: dict[str, Any] = {"reproduced_how": "Two clients, 20 minutes", "reproduced_where": "Lab 2"}
    record = problems.write_record(problem, by=yuki, at=at, **facts)
    problems.write_record(problem, root_cause="The rekey timer", by=yuki, at=later(hours=1), **facts)
    record = problems.decide(
        problem, decision="fix", why="One setting", by=yuki, at=later(hours=2), base=record.revision + 1
    )
    assert (record.root_cause, record.decision, record.decided_by, record.decided_at) == (
        "The rekey timer",
        "fix",
        yuki,
        later(hours=2),
    )
    states = ProblemRevision.objects.filter(ticket=problem).order_by("number")
    assert [(row.number, row.root_cause, row.decision) for row in states] == [
        (1, "", ""),
        (2, "The rekey timer", ""),
        (3, "The rekey timer", "fix"),
    ]
    told = Event.objects.filter(ticket=problem, kind__startswith="knowledge.").values_list("kind", flat=True)
    assert list(told) == [
        "knowledge.problem_recorded",
        "knowledge.problem_recorded",
        "knowledge.problem_decided",
    ]


def test_to_say_the_same_again_is_no_new_state(problem: Ticket, yuki: User, at: datetime) -> None:
    for _twice in range(2):
        problems.write_record(problem, root_cause="The timer", by=yuki, at=at)
    assert ProblemRevision.objects.count() == 1


def test_a_record_is_refused_where_it_does_not_belong(
    problem: Ticket, ticket: Ticket, yuki: User, mira: User, ada: User, at: datetime
) -> None:
    with pytest.raises(NotAProblem, match=ticket.number):
        problems.write_record(ticket, root_cause="x", by=ada, at=at)
    with pytest.raises(NotAllowed):
        problems.write_record(problem, root_cause="x", by=mira, at=at)
    for decision, why, field in (("pray", "x", "decision"), ("fix", " ", "why")):
        with pytest.raises(Invalid) as refused:
            problems.decide(problem, decision=decision, why=why, by=yuki, at=at)
        assert refused.value.field == field
    problems.write_record(problem, root_cause="x", by=yuki, at=at)
    with pytest.raises(RecordChanged, match="Yuki"):
        problems.write_record(problem, root_cause="y", base=0, by=yuki, at=at)


def test_states_of_a_record_are_never_changed(problem: Ticket, yuki: User, at: datetime) -> None:
    problems.write_record(problem, root_cause="x", by=yuki, at=at)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProblemRevision.objects.update(root_cause="y")
    assert ProblemRecord.objects.get().root_cause == "x"


def test_an_expert_gathers_incidents_that_lie_with_others(
    problem: Ticket, open_ticket: File, yuki: User, ada: User, at: datetime
) -> None:
    one, two = open_ticket("VPN drops"), open_ticket("VPN is slow")
    result = problems.gather(problem, incidents=[one, two, problem], by=yuki, at=at)
    assert ([each.pk for each in result.done], [str(why) for _each, why in result.refused]) == (
        [one.pk, two.pk],
        ["A ticket cannot be linked to itself."],
    )
    assert Link.objects.filter(other=problem, type="caused_by").count() == 2
    assert list(incidents_of(problem, yuki)) == [two, one]
    refused = problems.gather(one, incidents=[two], by=ada, at=at).refused
    assert isinstance(refused[0][1], NotAProblem)


def test_a_stranger_to_both_tickets_does_not_gather(
    problem: Ticket, open_ticket: File, dario: User, mira: User, network: Team, platform: Team, at: datetime
) -> None:
    """Dario of L2 keeps neither the one, which lies with L1, nor the problem, which lies with L3."""
    assert isinstance(
        problems.gather(problem, incidents=[open_ticket("VPN")], by=dario, at=at).refused[0][1], NotAllowed
    )


def test_solving_answers_all_incidents_each_as_it_may_be(
    problem: Ticket, open_ticket: File, mira: User, yuki: User, at: datetime
) -> None:
    Tier.objects.filter(level=3).update(writes_to_requesters=False)
    incident = open_ticket("VPN drops")
    operations.take(incident, by=mira, at=at)
    problems.gather(problem, incidents=[incident], by=yuki, at=at)
    result = operations.bulk(
        answering.say, [incident], text="It is fixed.", code="fixed", by=again(yuki), at=at
    )
    assert result.refused == []
    assert Proposal.objects.get(ticket=incident).state == "waiting"
    escalation.send_proposal(incident, by=mira, at=at)
    assert incident.messages.filter(audience="public").latest("pk").body == "It is fixed."


def test_the_root_cause_becomes_the_cause_of_a_known_error(
    problem: Ticket, open_ticket: File, networks: Section, yuki: User, at: datetime
) -> None:
    incident = open_ticket("VPN drops")
    problems.gather(problem, incidents=[incident], by=yuki, at=at)
    problems.write_record(problem, root_cause="The timer; ask Yuki Mori", by=yuki, at=at)
    for source in (problem, incident):
        draft = learning.publish_from_ticket(source, kind="known_error", by=yuki, at=at).draft
        assert draft is not None
        assert draft.cause == "The timer; ask [name]"
    assert Article.objects.get(source__ticket=problem).problem == problem


def test_confirmations_stay_when_the_person_has_left(
    by_yuki: Article, lars: User, mira: User, at: datetime
) -> None:
    row = announcing.announce(by_yuki, by=lars, at=at)
    announcing.confirm(row, by=mira, at=at)
    User.objects.filter(pk=mira.pk).update(is_active=False)
    assert Confirmation.objects.get().person == mira
    assert mira not in [each.person for each in asked(row)]


def test_what_is_purged_takes_its_record_with_it_and_the_problem_of_a_known_error_stays(
    problem: Ticket, open_ticket: File, networks: Section, yuki: User, ada: User, at: datetime, later: Later
) -> None:
    other = open_ticket("The printer server is slow", kind="problem")
    for each, by in ((problem, yuki), (other, ada)):
        problems.write_record(each, root_cause="The timer", by=by, at=at)
    learning.publish_from_ticket(problem, kind="known_error", by=yuki, at=at)
    Source.objects.all().delete()
    Ticket.objects.update(status="closed", closed_at=at, resolved_at=at)
    done = purge(closed_before=later(days=1), reason="Old", by=ada, at=later(days=2))
    assert done is not None
    assert done.tickets == 1
    assert list(ProblemRecord.objects.values_list("ticket", flat=True)) == [problem.pk]
    assert ProblemRevision.objects.count() == 1
