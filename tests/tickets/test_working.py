"""Taking, waiting, resolving, ending."""

import pytest

from accounts.models import Skill, UserSkill
from escalation.operations import hand_over
from tickets import events, operations
from tickets.models import Category, CustomField, Status, Ticket, rebuild_category_tree
from tickets.refusals import IllegalMove, Invalid, NotAllowed


class TestTaking:
    def test_taking_makes_it_mine_and_open(self, ticket, mira, at):
        ticket = operations.take(ticket, by=mira, at=at)
        assert (ticket.assignee, ticket.contact, ticket.status) == (mira, mira, Status.OPEN)

    def test_a_colleague_who_is_late_is_told_who_has_it(self, ticket, mira, sara, at):
        operations.take(ticket, by=mira, at=at)
        with pytest.raises(operations.AlreadyTaken, match="Mira"):
            operations.take(ticket, by=sara, at=at)

    def test_only_members_of_its_team_take_it(self, ticket, dario, at):
        with pytest.raises(NotAllowed):
            operations.take(ticket, by=dario, at=at)

    def test_it_is_assigned_to_members_only(self, ticket, mira, sara, dario, at):
        assert operations.assign(ticket, to=sara, by=mira, at=at).assignee == sara
        with pytest.raises(Invalid) as refused:
            operations.assign(ticket, to=dario, by=mira, at=at)
        assert refused.value.field == "to"

    def test_released_it_is_back_in_the_queue(self, ticket, mira, at):
        operations.take(ticket, by=mira, at=at)
        assert operations.release(ticket, by=mira, at=at).assignee is None


class TestTakeNext:
    def test_a_waiting_reply_comes_before_all(self, open_ticket, ines, mira, at, later):
        first = open_ticket("Old")
        mine = operations.reply(open_ticket("Answered"), text="Try this", by=mira, at=at)
        operations.assign(mine, to=mira, by=mira, at=at)
        operations.reply(mine, text="No luck", by=ines, at=later(minutes=5))
        taken = operations.take_next(by=mira, at=later(minutes=6))
        assert taken.ticket == mine
        assert "answered" in taken.why
        operations.reply(mine, text="And this?", by=mira, at=later(minutes=7))
        assert operations.take_next(by=mira, at=later(minutes=8)).ticket == first

    def test_then_what_is_due_next_then_the_oldest(self, open_ticket, mira, at, later):
        old, due = open_ticket("Old"), open_ticket("Due")
        Ticket.objects.filter(pk=due.pk).update(next_due_at=later(minutes=30))
        assert operations.take_next(by=mira, at=at).ticket == due
        assert operations.take_next(by=mira, at=at).ticket == old
        assert operations.take_next(by=mira, at=at) is None

    def test_what_waits_is_not_offered(self, ticket, mira, at, later):
        operations.hold(ticket, reason="part", until=later(days=1), by=mira, at=at)
        assert operations.take_next(by=mira, at=at) is None

    def test_only_within_my_skills(self, open_ticket, mira, at):
        skill = Skill.objects.create(name="Networks")
        category = Category.objects.create(name="Network", skill=skill)
        rebuild_category_tree()
        ticket = open_ticket(category=Category.objects.get(pk=category.pk))
        assert operations.take_next(by=mira, at=at) is None
        UserSkill.objects.create(user=mira, skill=skill)
        assert operations.take_next(by=mira, at=at).ticket == ticket

    def test_what_i_skipped_is_not_offered_to_me_before_it_changes(self, ticket, mira, sara, at, later):
        operations.take_next(by=mira, at=at)
        operations.skip(ticket, reason="needs_time", by=mira, at=later(minutes=1))
        assert operations.take_next(by=mira, at=later(minutes=2)) is None
        assert operations.take_next(by=sara, at=later(minutes=3)).ticket == ticket

    def test_skipping_needs_a_reason(self, ticket, mira, at):
        with pytest.raises(Invalid):
            operations.skip(ticket, reason="", by=mira, at=at)


class TestWaiting:
    def test_on_hold_it_has_a_reason_and_an_end_and_comes_back_by_itself(self, ticket, mira, at, later):
        ticket = operations.hold(ticket, reason="part", until=later(days=1), by=mira, at=at)
        assert (ticket.status, ticket.hold_reason) == (Status.ON_HOLD, "part")
        assert operations.end_holds(at=later(hours=23)) == 0
        assert operations.end_holds(at=later(days=1)) == 1
        ticket.refresh_from_db()
        assert (ticket.status, ticket.hold_until, ticket.hold_reason) == (Status.OPEN, None, "")
        assert ticket.events.filter(is_quiet=False).last().kind == events.HOLD_ENDED

    def test_an_end_in_the_past_is_refused(self, ticket, mira, at):
        with pytest.raises(Invalid) as refused:
            operations.hold(ticket, reason="part", until=at, by=mira, at=at)
        assert refused.value.field == "until"

    def test_waiting_for_a_vendor_ends_with_the_vendors_word(self, ticket, mira, vera, kestrel, at):
        ticket = operations.wait_for_vendor(ticket, vendor=kestrel, text="Please look", by=mira, at=at)
        assert ticket.status == Status.PENDING_VENDOR
        assert Ticket.objects.visible_to(vera).get() == ticket
        ticket = operations.share_with_vendor(ticket, text="Found it", by=vera, at=at)
        assert (ticket.status, ticket.events.last().kind) == (Status.OPEN, events.VENDOR_REPLIED)

    def test_only_a_vendor_can_be_waited_for(self, ticket, mira, northwind, at):
        with pytest.raises(Invalid):
            operations.wait_for_vendor(ticket, vendor=northwind, by=mira, at=at)


class TestResolving:
    def test_the_requester_reads_why_and_confirms(self, ticket, ines, mira, at, later):
        ticket = operations.resolve(ticket, code="fixed", summary="New cable.", by=mira, at=at)
        assert (ticket.status, ticket.resolved_at, ticket.assignee) == (Status.RESOLVED, at, mira)
        assert ticket.messages.last().is_public
        ticket = operations.confirm(ticket, by=ines, at=later(hours=1))
        assert (ticket.status, ticket.close_reason) == (Status.CLOSED, "confirmed")

    def test_the_category_is_confirmed_with_it(self, ticket, mira, vpn, at):
        with pytest.raises(Invalid) as refused:
            operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=at)
        assert refused.value.field == "category"
        ticket = operations.resolve(ticket, code="fixed", summary="Done.", category=vpn, by=mira, at=at)
        assert (ticket.category, ticket.category_confirmed) == (vpn, True)

    def test_a_parent_waits_for_the_children_that_block_it(self, open_ticket, mira, at):
        parent, child = open_ticket("Outage"), open_ticket("Mine too")
        operations.link(child, other=parent, type="child", blocks=True, by=mira, at=at)
        with pytest.raises(operations.ChildrenOpen, match=child.number):
            operations.resolve(parent, code="fixed", summary="Done.", by=mira, at=at)
        operations.resolve(child, code="fixed", summary="Done.", by=mira, at=at)
        assert operations.resolve(parent, code="fixed", summary="Done.", by=mira, at=at).status == "resolved"

    def test_nobody_else_confirms(self, ticket, mira, otto, at):
        operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=at)
        for person in (mira, otto):
            with pytest.raises(NotAllowed):
                operations.confirm(ticket, by=person, at=at)

    def test_the_timer_closes_after_so_many_days(self, ticket, mira, at, later):
        operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=at)
        assert operations.close_stale(at=later(days=4), days=5) == 0
        assert operations.close_stale(at=later(days=5), days=5) == 1
        ticket.refresh_from_db()
        assert (ticket.status, ticket.close_reason) == (Status.CLOSED, "timer")

    def test_a_lead_closes_and_a_technician_does_not(self, ticket, mira, lars, at):
        operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=at)
        with pytest.raises(NotAllowed):
            operations.close(ticket, by=mira, at=at)
        assert operations.close(ticket, by=lars, at=at).close_reason == "lead"

    def test_still_broken_reopens(self, ticket, ines, mira, at):
        operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=at)
        ticket = operations.reopen(ticket, text="Still broken", by=ines, at=at)
        assert (ticket.status, ticket.reopen_count, ticket.requester_waiting_since) == (Status.OPEN, 1, at)

    @pytest.mark.parametrize("rating", [0, 6])
    def test_a_rating_is_one_to_five(self, ticket, ines, mira, at, rating):
        operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=at)
        with pytest.raises(Invalid):
            operations.rate(ticket, rating=rating, by=ines, at=at)

    def test_an_illegal_move_names_the_legal_ones(self, ticket, ines, mira, at):
        operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=at)
        with pytest.raises(IllegalMove, match="open or closed") as refused:
            operations.resolve(ticket, code="fixed", summary="Twice.", by=mira, at=at)
        assert (refused.value.http_status, refused.value.facts["legal"]) == (409, ["open", "closed"])
        operations.confirm(ticket, by=ines, at=at)
        with pytest.raises(IllegalMove, match="final"):
            operations.reopen(ticket, text="Again", by=mira, at=at)


class TestEnding:
    def test_the_requester_withdraws(self, ticket, ines, at):
        ticket = operations.withdraw(ticket, by=ines, at=at)
        assert (ticket.status, ticket.cancel_reason) == (Status.CANCELLED, "withdrawn")

    def test_noise_is_outside_all_figures_and_can_be_restored(self, ticket, mira, at):
        operations.not_a_request(ticket, reason="spam", by=mira, at=at)
        assert not Ticket.objects.countable().exists()
        ticket = operations.restore(ticket, by=mira, at=at)
        assert (ticket.status, ticket.cancel_reason) == (Status.OPEN, "")

    def test_the_desk_cancels_with_a_reason(self, ticket, mira, ines, at):
        with pytest.raises(Invalid) as refused:
            operations.cancel(ticket, reason_text="", by=mira, at=at)
        assert refused.value.field == "reason_text"
        assert (
            operations.cancel(ticket, reason_text="Twice here", by=mira, at=at).cancel_reason == "cancelled"
        )


class TestChanging:
    def test_a_new_impact_sets_the_priority_and_confirms_it(self, ticket, mira, at):
        ticket = operations.change(ticket, impact=1, urgency=1, by=mira, at=at)
        assert (ticket.priority, ticket.priority_confirmed) == (1, True)

    def test_overriding_the_matrix_needs_a_reason(self, ticket, mira, at):
        with pytest.raises(Invalid) as refused:
            operations.override_priority(ticket, priority=1, reason="", by=mira, at=at)
        assert refused.value.field == "reason"
        ticket = operations.override_priority(ticket, priority=1, reason="The board waits", by=mira, at=at)
        assert (ticket.priority, ticket.priority_overridden) == (1, True)
        ticket = operations.change(ticket, impact=3, urgency=2, by=mira, at=at)
        assert (ticket.priority, ticket.priority_overridden) == (4, False)

    def test_requesters_never_choose_a_priority(self, ticket, ines, at):
        with pytest.raises(NotAllowed):
            operations.override_priority(ticket, priority=1, reason="Hurry", by=ines, at=at)
        with pytest.raises(NotAllowed):
            operations.change(ticket, impact=1, by=ines, at=at)

    def test_nothing_changed_is_no_event(self, ticket, mira, at):
        assert operations.change(ticket, subject=ticket.subject, by=mira, at=at).version == ticket.version

    def test_a_new_requester_brings_their_organisation(self, ticket, mira, otto, harbour, at):
        assert operations.change(ticket, requester=otto, by=mira, at=at).organisation_id == harbour.pk

    def test_a_new_subject_is_a_new_revision(self, ticket, mira, at):
        ticket = operations.change(ticket, subject="VPN: rekey bug", by=mira, at=at)
        assert [row.text for row in ticket.revisions.filter(column="subject")] == [
            "VPN drops every 20 minutes",
            "VPN: rekey bug",
        ]


class TestWhatIsAskedAtTheEnd:
    @pytest.fixture
    def cause(self):
        return CustomField.objects.create(key="cause", label="Cause", required="resolving")

    def test_a_required_field_is_named(self, ticket, mira, cause, at):
        with pytest.raises(Invalid) as refused:
            operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=at)
        assert refused.value.field == "fields.cause"

    def test_nobody_can_know_it_of_a_duplicate(self, ticket, mira, cause, at):
        ticket = operations.resolve(ticket, code="duplicate", summary="See TD-1.", by=mira, at=at)
        assert ticket.status == Status.RESOLVED


def test_l2_resolves_what_it_asked_for_itself(open_ticket, dario, network, at):
    ticket = open_ticket(requester=dario, by=dario, team=network)
    assert operations.resolve(ticket, code="fixed", summary="Done.", by=dario, at=at).status == "resolved"


def test_who_handed_it_to_the_vendor_still_answers_the_vendor(ticket, mira, dario, network, vendors, at):
    hand_over(ticket, team=network, reason="needs_access", summary="Look", by=mira, at=at)
    hand_over(ticket, team=vendors, reason="needs_vendor", summary="Look", by=dario, at=at)
    ticket = operations.share_with_vendor(ticket, text="Version 5.1.2", by=dario, at=at)
    assert ticket.events.last().kind == events.SHARED
