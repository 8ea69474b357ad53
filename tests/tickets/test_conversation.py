import pytest

from escalation.operations import hand_over
from tickets import events, operations
from tickets.models import Audience, Event, Message, Status, Ticket
from tickets.permissions import readable_messages
from tickets.refusals import Conflict, NotAllowed


def resolved(ticket, mira, at):
    return operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=at)


def test_the_first_answer_opens_it_and_the_requester_waits_no_more(ticket, mira, later):
    assert ticket.requester_waiting_since == ticket.created_at
    ticket = operations.reply(ticket, text="Hello", by=mira, at=later(minutes=3))
    assert (ticket.status, ticket.requester_waiting_since) == (Status.OPEN, None)
    assert ticket.last_public_reply_at == later(minutes=3)
    assert ticket.contact == mira


def test_waiting_counts_from_the_oldest_unanswered_message(ticket, ines, mira, later):
    operations.reply(ticket, text="Hello", by=mira, at=later(minutes=1))
    operations.reply(ticket, text="One", by=ines, at=later(minutes=2))
    ticket = operations.reply(ticket, text="Two", by=ines, at=later(minutes=3))
    assert ticket.requester_waiting_since == later(minutes=2)


def test_a_tier_that_does_not_write_to_requesters_is_told_what_to_do(ticket, dario, at):
    with pytest.raises(NotAllowed, match="note"):
        operations.reply(ticket, text="Hello", by=dario, at=at)


def test_the_contact_writes_whatever_the_tier_says(ticket, dario, mira, at):
    operations.set_contact(ticket, to=dario, by=mira, at=at)
    assert operations.reply(ticket, text="Hello", by=dario, at=at).last_public_reply_at == at


def test_a_stranger_cannot_write(ticket, otto, at):
    with pytest.raises(NotAllowed):
        operations.reply(ticket, text="Hello", by=otto, at=at)
    with pytest.raises(NotAllowed):
        operations.note(ticket, text="Hello", by=otto, at=at)


def test_a_watching_colleague_writes_as_the_requesters_side(ticket, ines, tomasz, at):
    operations.watch(ticket, user=tomasz, by=ines, at=at)
    ticket = operations.reply(ticket, text="Me too", by=tomasz, at=at)
    assert ticket.messages.last().from_desk is False


def test_a_question_waits_and_the_answer_resumes(ticket, ines, mira, at, later):
    ticket = operations.wait_for_requester(ticket, question="Which laptop?", by=mira, at=at)
    assert ticket.status == Status.PENDING_REQUESTER
    ticket = operations.reply(ticket, text="NW-7", by=ines, at=later(hours=1))
    assert (ticket.status, ticket.status_since) == (Status.OPEN, later(hours=1))


def test_nobody_waits_for_a_requester_without_asking(ticket, mira, at):
    with pytest.raises(Exception, match="empty") as refused:
        operations.wait_for_requester(ticket, question=" ", by=mira, at=at)
    assert refused.value.field == "question"


def test_a_reply_to_what_is_resolved_reopens_it(ticket, ines, mira, at, later):
    resolved(ticket, mira, at)
    ticket = operations.reply(ticket, text="Again!", by=ines, at=later(hours=1))
    assert (ticket.status, ticket.reopen_count, ticket.resolved_at) == (Status.OPEN, 1, None)


def test_only_thanks_takes_the_reopening_back_as_if_it_never_was(ticket, ines, mira, at, later):
    resolved(ticket, mira, at)
    operations.reply(ticket, text="Thanks!", by=ines, at=later(hours=1))
    ticket = operations.only_thanks(ticket, by=mira, at=later(hours=2))
    assert (ticket.status, ticket.reopen_count, ticket.resolved_at, ticket.resolution_code) == (
        Status.RESOLVED,
        0,
        at,
        "fixed",
    )
    with pytest.raises(Exception, match="did not reopen"):
        operations.only_thanks(ticket, by=mira, at=later(hours=3))


def test_a_reply_to_what_is_closed_opens_a_follow_up_with_the_same_contact(ticket, ines, mira, at, later):
    resolved(ticket, mira, at)
    operations.confirm(ticket, by=ines, at=at)
    new = operations.reply(ticket, text="It is back.", by=ines, at=later(days=1))
    assert new.pk != ticket.pk
    assert (new.contact, new.requester, new.subject) == (mira, ines, ticket.subject)
    assert new.links.get().type == "follow_up"
    assert Ticket.objects.get(pk=ticket.pk).status == Status.CLOSED


def test_each_act_writes_exactly_one_event(ticket, ines, mira, at):
    before = Event.objects.filter(ticket=ticket).count()
    operations.reply(ticket, text="Hello", by=mira, at=at)
    operations.note(ticket, text="Hm", by=mira, at=at)
    operations.wait_for_requester(ticket, question="Which?", by=mira, at=at)
    operations.reply(ticket, text="That", by=ines, at=at)
    assert Event.objects.filter(ticket=ticket).count() == before + 4


def test_an_edit_on_top_of_somebody_elses_is_a_conflict(ticket, mira, sara, at):
    operations.note(ticket, text="First", by=sara, at=at)
    with pytest.raises(Conflict) as refused:
        operations.reply(ticket, text="Second", by=mira, at=at, seen=ticket.version)
    assert (refused.value.seen, refused.value.ticket.version) == (1, 2)


class TestWhoReadsWhat:
    @pytest.fixture
    def told(self, ticket, mira, yuki, kestrel, at):
        operations.note(ticket, text="for L1", by=mira, at=at)
        operations.note(ticket, text="for L3", by=yuki, at=at, min_tier=3)
        operations.wait_for_vendor(ticket, vendor=kestrel, text="for the vendor", by=mira, at=at)
        return ticket

    def reads(self, user, ticket):
        rows = Message.objects.filter(readable_messages(user, ticket), ticket=ticket).order_by("id")
        return [row.body.split()[-1] for row in rows]

    def test_the_requester_reads_what_is_public(self, told, ines):
        assert self.reads(ines, told) == ["home."]

    def test_l1_does_not_read_what_is_marked_for_l3(self, told, mira):
        assert self.reads(mira, told) == ["home.", "L1", "vendor"]

    def test_l3_reads_all(self, told, yuki):
        assert self.reads(yuki, told) == ["home.", "L1", "L3", "vendor"]

    def test_the_vendor_reads_what_was_shared_once_it_has_the_ticket(self, told, vera, vendors, mira, at):
        ticket = hand_over(
            told, team=vendors, reason="needs_vendor", summary="Over to you", by=mira, at=at
        ).ticket
        assert self.reads(vera, ticket) == ["vendor", "you"]
        assert Message.objects.filter(audience=Audience.INTERNAL).count() == 2


class TestAskingForNews:
    def test_it_is_counted_and_recorded(self, ticket, ines, at):
        assert operations.ask_news(ticket, by=ines, at=at).news_asked_count == 1
        assert Event.objects.filter(kind=events.NEWS_ASKED).count() == 1

    def test_once_a_working_day(self, ticket, ines, at, later):
        operations.ask_news(ticket, by=ines, at=at)
        with pytest.raises(operations.AskedAlready):
            operations.ask_news(ticket, by=ines, at=later(hours=10))
        assert operations.ask_news(ticket, by=ines, at=later(hours=16)).news_asked_count == 2

    def test_what_is_asked_on_friday_may_be_asked_again_on_monday(self, ticket, ines, later):
        operations.ask_news(ticket, by=ines, at=later(days=4))
        with pytest.raises(operations.AskedAlready, match="Monday"):
            operations.ask_news(ticket, by=ines, at=later(days=6))
        assert operations.ask_news(ticket, by=ines, at=later(days=7)).news_asked_count == 2

    def test_the_desk_does_not_ask_itself(self, ticket, mira, at):
        with pytest.raises(NotAllowed):
            operations.ask_news(ticket, by=mira, at=at)
