"""Redacting, merging, splitting, linking, tagging, in bulk; and history that nobody rewrites."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction

from tickets import events, operations
from tickets.models import Event, Link, Message, Revision, Status, Ticket, TicketText
from tickets.refusals import Invalid, NotAllowed


class TestRedacting:
    def test_a_text_is_emptied_and_who_and_why_stay(self, ticket, mira, at):
        message = operations.note(ticket, text="password: hunter2", by=mira, at=at).messages.last()
        operations.redact_message(message, reason="a password", by=mira, at=at)
        message.refresh_from_db()
        assert (message.body, message.redacted_by, message.redacted_why) == ("", mira, "a password")
        assert ticket.events.last().kind == events.REDACTED
        assert "hunter2" not in str(TicketText.objects.get(ticket=ticket).internal)
        with pytest.raises(Exception, match="before"):
            operations.redact_message(message, reason="again", by=mira, at=at)

    def test_it_needs_a_reason(self, ticket, mira, at):
        with pytest.raises(Invalid) as refused:
            operations.redact_message(ticket.messages.get(), reason="", by=mira, at=at)
        assert refused.value.field == "reason"

    @pytest.mark.django_db(transaction=True)
    def test_a_file_is_gone_from_the_disk(self, open_ticket, ines, mira, at):
        file = operations.store_upload(file=SimpleUploadedFile("secret.txt", b"key"), by=ines, at=at)
        ticket = open_ticket(attachments=[file.pk])
        stored = file.file
        assert stored.storage.exists(stored.name)
        operations.redact_file(ticket.attachments.get(), reason="a key", by=mira, at=at)
        assert not stored.storage.exists(stored.name)
        assert (ticket.attachments.get().name, ticket.attachments.get().size) == ("", 0)

    def test_a_subject_is_emptied_in_all_its_revisions(self, ticket, mira, at):
        ticket = operations.redact_subject(ticket, subject="VPN", reason="a name", by=mira, at=at)
        assert [row.text for row in Revision.objects.filter(ticket=ticket, column="subject")] == ["", "VPN"]

    def test_the_requester_cannot(self, ticket, ines, at):
        with pytest.raises(NotAllowed):
            operations.redact_message(ticket.messages.get(), reason="x", by=ines, at=at)


class TestMerging:
    def test_conversation_and_watchers_move_and_later_replies_follow(
        self, open_ticket, ines, tomasz, mira, at
    ):
        source, target = open_ticket("Once"), open_ticket("Twice")
        operations.watch(source, user=tomasz, by=ines, at=at)
        target = operations.merge(source, into=target, by=mira, at=at)
        source.refresh_from_db()
        assert (source.status, source.cancel_reason, source.merged_into) == (
            Status.CANCELLED,
            "merged",
            target,
        )
        assert target.messages.count() == 2
        assert target.watches.get().user == tomasz
        operations.reply(source, text="One more thing", by=ines, at=at)
        assert target.messages.count() == 3

    def test_two_people_are_never_merged(self, open_ticket, tomasz, mira, at):
        one, other = open_ticket(), open_ticket(requester=tomasz)
        with pytest.raises(Invalid, match="children") as refused:
            operations.merge(one, into=other, by=mira, at=at)
        assert refused.value.field == "into"
        assert Ticket.objects.open().count() == 2

    def test_nothing_is_merged_into_itself(self, ticket, mira, at):
        with pytest.raises(Invalid):
            operations.merge(ticket, into=ticket, by=mira, at=at)

    def test_a_message_becomes_a_ticket_of_its_own(self, ticket, ines, mira, at):
        operations.reply(ticket, text="And the printer jams.", by=ines, at=at)
        new = operations.split(ticket, message=ticket.messages.last(), subject="Printer", by=mira, at=at)
        assert new.messages.get().body == "And the printer jams."
        assert new.links.get().type == "split"

    def test_a_note_is_not_split_off(self, ticket, mira, at):
        operations.note(ticket, text="internal", by=mira, at=at)
        with pytest.raises(Invalid):
            operations.split(ticket, message=ticket.messages.last(), subject="x", by=mira, at=at)


class TestLinking:
    def test_both_histories_tell_it(self, open_ticket, mira, at):
        one, other = open_ticket(), open_ticket()
        operations.link(one, other=other, type="caused_by", by=mira, at=at)
        assert {event.ticket_id for event in Event.objects.filter(kind=events.LINKED)} == {one.pk, other.pk}
        operations.unlink(one, link=Link.objects.get(), by=mira, at=at)
        assert not Link.objects.exists()

    def test_no_circle_and_one_parent(self, open_ticket, mira, at):
        a, b, c = open_ticket(), open_ticket(), open_ticket()
        operations.link(b, other=a, type="child", by=mira, at=at)
        operations.link(c, other=b, type="child", by=mira, at=at)
        with pytest.raises(Invalid, match="below"):
            operations.link(a, other=c, type="child", by=mira, at=at)
        with pytest.raises(Invalid, match="parent"):
            operations.link(c, other=a, type="child", by=mira, at=at)

    def test_tags_know_no_case(self, ticket, mira, at):
        operations.tag(ticket, names=["Home Office", "home office", "VPN"], by=mira, at=at)
        assert sorted(row.tag.name for row in ticket.taggings.all()) == ["home office", "vpn"]
        operations.untag(ticket, name="VPN", by=mira, at=at)
        assert ticket.taggings.count() == 1

    def test_a_requester_adds_colleagues_only(self, ticket, ines, tomasz, otto, at):
        operations.watch(ticket, user=tomasz, by=ines, at=at)
        with pytest.raises(NotAllowed):
            operations.watch(ticket, user=otto, by=ines, at=at)

    def test_an_external_key_is_on_one_ticket(self, open_ticket, mira, at):
        operations.refer(open_ticket(), system="jira", key="NET-7", by=mira, at=at)
        with pytest.raises(Exception, match="another ticket") as refused:
            operations.refer(open_ticket(), system="jira", key="NET-7", by=mira, at=at)
        assert refused.value.field == "key"

    def test_a_link_is_a_web_address(self, ticket, mira, at):
        with pytest.raises(Invalid):
            operations.refer(ticket, system="x", key="1", url="javascript:alert(1)", by=mira, at=at)


def test_a_bulk_act_reports_each_refusal_and_does_the_rest(open_ticket, mira, sara, at):
    free, taken = open_ticket(), operations.take(open_ticket(), by=sara, at=at)
    result = operations.bulk(operations.take, [free, taken], by=mira, at=at)
    assert [ticket.pk for ticket in result.done] == [free.pk]
    assert [(ticket.pk, refused.code) for ticket, refused in result.refused] == [(taken.pk, "already_taken")]


class TestHistory:
    @pytest.mark.parametrize(
        "sql", ["UPDATE tickets_event SET kind = 'x'", "DELETE FROM tickets_event"], ids=["update", "delete"]
    )
    def test_nobody_rewrites_it(self, ticket, sql):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            connection.cursor().execute(sql)
        assert Event.objects.filter(ticket=ticket).count() == 1

    def test_retention_has_its_one_door(self, ticket):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL tierdesk.retention = 'on'")
            cursor.execute("DELETE FROM sla_clockevent")
            cursor.execute("DELETE FROM tickets_event")
        assert not Event.objects.exists()

    def test_an_event_says_in_which_transaction_it_was_written(self, ticket):
        assert Event.objects.get(ticket=ticket).xid > 0

    def test_a_ticket_with_history_is_not_deleted(self, ticket):
        with pytest.raises(Exception, match="protected"):
            ticket.delete()

    def test_words_never_enter_an_event(self, ticket, mira, at):
        operations.note(ticket, text="a secret word", by=mira, at=at)
        operations.change(ticket, subject="another secret", device="secret-7", by=mira, at=at)
        for event in Event.objects.filter(ticket=ticket):
            assert "secret" not in f"{event.changes}{event.data}"
        assert Message.objects.filter(body="a secret word").exists()
