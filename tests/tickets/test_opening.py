import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Team, Tier
from tickets import events, operations
from tickets.models import (
    Attachment,
    Category,
    CustomField,
    Event,
    Revision,
    Status,
    Ticket,
    rebuild_category_tree,
)
from tickets.operations.writing import clean_name
from tickets.refusals import Invalid, NotAllowed


def test_a_request_lands_with_the_service_desk_when_triage_is_not_staffed(ticket, service_desk):
    assert (ticket.team, ticket.tier_id, ticket.status, ticket.path) == (service_desk, 1, Status.NEW, [1])


def test_a_request_lands_at_triage_where_it_is_staffed(open_ticket, mira, tiers):
    triage = Team.objects.create(name="Triage", tier=tiers[0])
    triage.memberships.create(user=mira)
    assert open_ticket().team == triage


def test_a_category_sends_it_to_its_team_and_a_subcategory_inherits_it(open_ticket, network, vpn):
    vpn.parent.team = network
    vpn.parent.save()
    assert open_ticket(category=vpn).team == network


def test_a_category_whose_team_is_off_falls_back_to_the_first_line(open_ticket, network, vpn, service_desk):
    vpn.team = network
    vpn.save()
    Tier.objects.filter(level=2).update(is_enabled=False)
    assert open_ticket(category=vpn).team == service_desk


def test_number_reads_as_people_say_it(ticket):
    assert ticket.number == f"TD-{ticket.pk}"
    assert ticket.pk > 1000


def test_two_plain_answers_set_the_priority_by_the_matrix(open_ticket):
    assert open_ticket(impact=1, urgency=1).priority == 1
    assert open_ticket(impact=3, urgency=3).priority == 4


def test_the_opening_event_carries_every_column_and_the_words_as_revisions(ticket):
    event = Event.objects.get(ticket=ticket)
    assert event.kind == events.OPENED
    assert event.changes["status"] == [None, "new"]
    assert event.changes["requester_id"] == [None, ticket.requester_id]
    revision = Revision.objects.get(pk=event.changes["words"][1]["subject"])
    assert (revision.column, revision.text) == ("subject", ticket.subject)


def test_a_colleague_may_file_for_a_colleague_and_a_stranger_may_not(open_ticket, ines, tomasz, otto):
    filed = open_ticket(requester=tomasz, by=ines)
    assert (filed.requester, filed.opened_by) == (tomasz, ines)
    with pytest.raises(NotAllowed):
        open_ticket(requester=ines, by=otto)


def test_nothing_is_filed_for_somebody_who_has_left(open_ticket, tomasz, mira):
    tomasz.is_active = False
    tomasz.save()
    with pytest.raises(Invalid) as refused:
        open_ticket(requester=tomasz, by=mira)
    assert refused.value.field == "requester"


def test_a_call_is_opened_answered_and_resolved_in_one_act(open_ticket, ines, mira):
    ticket = open_ticket(requester=ines, by=mira, channel="phone", answer="Restart it.", resolve_as="how_to")
    assert (ticket.status, ticket.contact, ticket.assignee, ticket.opened_by) == (
        Status.RESOLVED,
        mira,
        mira,
        mira,
    )
    assert ticket.messages.first().author == ines
    assert [event.kind for event in ticket.events.all()] == [events.OPENED, events.RESOLVED]


@pytest.mark.parametrize("subject", ["", "   ", "\x00", "x" * 251], ids=["empty", "blank", "nul", "too long"])
def test_an_unusable_subject_is_refused_by_name(open_ticket, subject):
    with pytest.raises(Invalid) as refused:
        open_ticket(subject=subject)
    assert refused.value.field == "subject"
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    "subject", ["<script>alert(1)</script>", "מדפסת לא עובדת", "🖨️ kaputt", "a'; DROP TABLE"]
)
def test_odd_words_are_kept_as_they_are(open_ticket, subject):
    assert open_ticket(subject=subject).subject == subject


class TestCustomFields:
    @pytest.fixture
    def asset(self, vpn: Category) -> CustomField:
        field = CustomField.objects.create(key="asset", label="Asset", required="filing")
        assert vpn.parent is not None
        field.categories.add(vpn.parent)
        return field

    def test_a_field_that_is_required_is_named_when_it_is_missing(self, open_ticket, vpn, asset):
        with pytest.raises(Invalid) as refused:
            open_ticket(category=vpn)
        assert refused.value.field == "fields.asset"

    def test_it_is_asked_only_where_it_applies(self, open_ticket, asset):
        other = Category.objects.create(name="Mail")
        rebuild_category_tree()
        other.refresh_from_db()
        assert open_ticket(category=other).category == other

    def test_its_words_are_a_revision_that_the_history_names(self, open_ticket, vpn, asset):
        ticket = open_ticket(category=vpn, fields={"asset": "NW-7"})
        value = ticket.field_values.get()
        assert (value.value, value.normal, value.revision.text) == ("NW-7", "nw-7", "NW-7")
        assert ticket.words[f"field:{asset.pk}"] == value.revision_id

    @pytest.mark.parametrize(
        ("type_", "good", "kept", "bad"),
        [
            ("number", "1,5", "1.5", "many"),
            ("date", "2026-11-23", "2026-11-23", "tomorrow"),
            ("choice", "red", "red", "blue"),
            ("checkbox", "on", True, None),
        ],
    )
    def test_each_type_takes_its_values_and_names_what_it_takes(
        self, open_ticket, type_, good, kept, bad, ines
    ):
        CustomField.objects.create(key="f", label="F", type=type_, choices=["red"])
        assert open_ticket(fields={"f": good}).field_values.get().value == kept
        if bad is not None:
            with pytest.raises(Invalid) as refused:
                open_ticket(fields={"f": bad})
            assert refused.value.field == "fields.f"

    def test_an_unknown_field_is_refused_by_name(self, open_ticket):
        with pytest.raises(Invalid) as refused:
            open_ticket(fields={"nonsense": "1"})
        assert refused.value.field == "fields.nonsense"


class TestFiles:
    def upload(self, by, at, name="log.txt", content=b"hello"):
        return operations.store_upload(file=SimpleUploadedFile(name, content, "text/plain"), by=by, at=at)

    def test_a_file_belongs_to_its_uploader_until_its_message_is_sent(self, open_ticket, ines, at):
        file = self.upload(ines, at)
        assert file.ticket is None
        ticket = open_ticket(attachments=[file.pk])
        assert ticket.messages.get().attachments.get() == file

    def test_somebody_elses_upload_cannot_be_attached(self, open_ticket, ines, otto, at):
        file = self.upload(otto, at)
        with pytest.raises(Invalid) as refused:
            open_ticket(attachments=[file.pk])
        assert refused.value.field == "attachments"
        with pytest.raises(Invalid):
            open_ticket(attachments=[uuid.uuid4()])
        with pytest.raises(Invalid):
            open_ticket(attachments=["nonsense"])

    def test_a_pasted_image_hangs_on_the_message_that_shows_it(self, open_ticket, ines, at):
        file = self.upload(ines, at, "screen.png")
        ticket = open_ticket(description=f"See ![screen](/files/{file.pk}/)")
        assert ticket.attachments.get() == file

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("../../x", "x"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("a" * 4000 + ".pdf", "a" * 146 + ".pdf"),
            ("con\u202egnp.exe", "con_gnp.exe"),
            ("...", "file"),
            ("résumé.pdf", "résumé.pdf"),
        ],
    )
    def test_a_name_from_outside_is_shown_safely_and_never_touches_the_disk(self, ines, at, given, kept):
        assert clean_name(given) == kept
        stored = self.upload(ines, at, "x.txt")
        assert stored.file.name == f"attachments/{stored.pk.hex[:2]}/{stored.pk.hex}"

    def test_a_file_over_the_limit_is_refused_with_the_limit(self, ines, at, settings):
        settings.ATTACHMENT_MAX_BYTES = 10
        with pytest.raises(operations.TooLarge) as refused:
            self.upload(ines, at, content=b"x" * 11)
        assert refused.value.http_status == 413
        assert not Attachment.objects.exists()

    def test_an_empty_file_is_refused(self, ines, at):
        with pytest.raises(Invalid):
            self.upload(ines, at, content=b"")


class TestOnce:
    def test_two_submits_of_one_form_make_one_ticket(self, open_ticket, ines, at):
        def submit():
            with operations.once(key="k1", by=ines, body={"s": 1}, at=at) as submission:
                if not submission.outcome:
                    submission.outcome = {"ticket": open_ticket().pk}
            return submission.outcome["ticket"]

        assert submit() == submit()
        assert Ticket.objects.count() == 1

    def test_the_same_key_with_other_words_is_refused(self, open_ticket, ines, at):
        with operations.once(key="k1", by=ines, body={"s": 1}, at=at) as submission:
            submission.outcome = {"ticket": open_ticket().pk}
        with (
            pytest.raises(operations.KeyReused),
            operations.once(key="k1", by=ines, body={"s": 2}, at=at),
        ):
            pass

    def test_a_refused_submit_may_be_sent_again(self, open_ticket, ines, at):
        with pytest.raises(Invalid), operations.once(key="k1", by=ines, body={"s": 1}, at=at):
            open_ticket(subject="")
        with operations.once(key="k1", by=ines, body={"s": 1}, at=at) as submission:
            assert submission.outcome == {}

    def test_the_key_of_one_person_is_not_the_key_of_another(self, ines, otto, at):
        with operations.once(key="k1", by=ines, body={"s": 1}, at=at) as submission:
            submission.outcome = {"ticket": 1}
        with operations.once(key="k1", by=otto, body={"s": 2}, at=at) as submission:
            assert submission.outcome == {}

    def test_keys_are_forgotten_after_a_day(self, ines, at, later):
        with operations.once(key="k1", by=ines, body={}, at=at) as submission:
            submission.outcome = {"ticket": 1}
        assert operations.forget_submissions(at=later(hours=23)) == 0
        assert operations.forget_submissions(at=later(hours=25)) == 1


def test_who_files_for_a_colleague_has_written_it_and_the_desk_writes_down_what_was_said(
    open_ticket, ines, tomasz, mira
):
    assert open_ticket(requester=tomasz, by=ines).messages.get().author == ines
    assert open_ticket(requester=tomasz, by=mira).messages.get().author == tomasz
