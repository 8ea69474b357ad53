"""The bodies of the acts on a ticket. Field names are the operations' keywords."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Team, User
from escalation.models import HandoffRating, Invitation, Macro, Proposal, Reason, ReturnReason
from escalation.queries.checklists import owed
from helpdesk.api.inputs import (
    INTEGER,
    CategoryKey,
    Choice,
    FileOf,
    Flag,
    Input,
    Moment,
    Person,
    RowKey,
    RowOf,
    TeamKey,
    Text,
    TicketNumber,
    Values,
    VendorKey,
    Whole,
    files,
)
from knowledgebase.models import ArticleKind, Decision, Section
from knowledgebase.operations.learning import KINDS
from tickets.models import (
    NOT_A_REQUEST,
    Attachment,
    Audience,
    HoldReason,
    Impact,
    Kind,
    Link,
    LinkType,
    Message,
    Priority,
    ResolutionCode,
    SkipReason,
    Ticket,
    Urgency,
)
from tickets.permissions import readable_messages


class _Work(Input):
    """What is written and worked in one act."""

    attachments = files()
    minutes = Whole(required=False, min_value=0, max_value=1440)
    billable = Flag(required=False)


class _Public(Input):
    """What the requester reads. Where it repeats an internal note it is refused once (`repeats_note`)."""

    despite_note = Whole(
        required=False,
        min_value=1,
        max_value=2**53,
        help_text="After `repeats_note`: the key of the note, whose words may be read.",
    )


class Reply(_Work, _Public):
    text = Text(help_text="Markdown. The requester reads it.")


@extend_schema_field(INTEGER)
class MacroKey(RowKey):
    missing = _lazy("There is no macro with this id that you may use.")

    def find(self, key: int) -> Macro | None:
        return Macro.objects.usable_by(self.user).filter(is_active=True, pk=key).first()


class RunMacro(Input):
    macro = MacroKey(help_text="The id of a macro that you may use.")
    words = Text(
        required=False,
        allow_blank=True,
        help_text="What the requester reads in the place of the macro's own text.",
    )
    despite_note = Whole(
        required=False,
        min_value=1,
        help_text="The note of a refusal `repeats_note`, whose words may be read.",
    )


class Note(_Work):
    text = Text(
        help_text="Markdown. The desk reads it. `@Name` tells that person or team of the desk, where they may read it."
    )
    min_tier = Whole(required=False, min_value=0, max_value=4, help_text="From this tier on.")

    def validate_min_tier(self, level: int) -> int:
        if level > self.person.clearance:
            raise serializers.ValidationError(_("You would not read it yourself."))
        return level


class Said(Input):
    text = Text(help_text="Markdown.")
    attachments = files()


class _To(Input):
    """A team, or a tier, whichever team is first there."""

    team = TeamKey(required=False)
    summary = Text(required=False, allow_blank=True, default="", help_text="For the team that gets it.")
    items = serializers.ListField(
        child=Whole(min_value=1, max_value=2**53),
        required=False,
        max_length=100,
        help_text="Keys of the checklist's items that are done.",
    )
    override = Flag(required=False, help_text="Let it go with required items missing, as a lead.")


class HandOver(_To):
    tier = Whole(required=False, min_value=0, max_value=4, help_text="Instead of a team.")
    reason = Choice(choices=Reason.for_people())
    tried = Text(required=False, allow_blank=True)
    as_asked = Flag(required=False, help_text="Leave it with a team that is out of hours.")
    fields = Values(  # type: ignore[assignment]
        required=False, help_text="Custom fields by their keys; some are required on the way up."
    )
    attachments = files()
    minutes = Whole(required=False, min_value=0, max_value=1440)
    billable = Flag(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("team" in attrs) == ("tier" in attrs):
            raise serializers.ValidationError({"team": [_("Name a team or a tier, one of the two.")]})
        return attrs


class HandToVendor(_To):
    team = TeamKey(help_text="A team of a vendor.")
    summary = Text(help_text="What you ask the vendor: its guests and contacts read it.")
    reference = Text(required=False, max_length=80, allow_blank=True, help_text="The vendor's number.")
    responsible = Person(required=False, help_text="Stays responsible here.")
    attachments = files()
    minutes = Whole(required=False, min_value=0, max_value=1440)
    billable = Flag(required=False)

    def validate_team(self, team: Team) -> Team:
        if team.organisation is None or team.organisation.kind != "vendor":
            raise serializers.ValidationError(_("This is no vendor's team. Hand it over instead."))
        return team


class Return(Said):
    reason = Choice(choices=ReturnReason.choices)


class RateHandoff(Input):
    rating = Choice(choices=HandoffRating.choices)


class AnswerItem(Input):
    item = RowOf(lambda ticket, user: owed(ticket), help_text="What was missing, by its key.")


class NameOwner(Input):
    team = TeamKey(help_text="Which of the two keeps it.")
    text = Text(required=False, allow_blank=True)


def _proposals(ticket: Ticket, user: User) -> Any:
    return Proposal.objects.filter(ticket=ticket).select_related("message")


class SendProposal(_Public):
    proposal = RowOf(_proposals, required=False, help_text="What waits, where nothing is named.")
    text = Text(required=False, help_text="In other words than proposed.")


class RefuseProposal(Input):
    proposal = RowOf(_proposals, required=False)
    reason = Text(help_text="A note to its author.")


class ProposeReply(_Work, _Public):
    """A reply, a question or a resolution for the contact to send."""

    kind = Choice(choices=Proposal.Kind.choices)
    text = Text()
    code = Choice(choices=ResolutionCode.choices, required=False, help_text="Of a resolution.")
    category = CategoryKey(required=False)
    fields = Values(required=False)  # type: ignore[assignment]
    publish_fix = Flag(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["kind"] == Proposal.Kind.RESOLUTION and not attrs.get("code"):
            raise serializers.ValidationError({"code": [_("Say how it was resolved.")]})
        return attrs


class Invite(Input):
    user = Person(required=False)
    team = TeamKey(required=False)
    until = Moment(help_text="Then the help ends by itself.")
    question = Text(help_text="A note: the desk reads it.")


class EndHelp(Input):
    invitation = RowOf(lambda ticket, user: Invitation.objects.filter(ticket=ticket))
    minutes = Whole(required=False, min_value=0, max_value=1440)


class ToPerson(Input):
    to = Person()


class ToPersonOrNobody(Input):
    to = Person(allow_null=True, help_text="Null for nobody.")


class WaitRequester(_Work, _Public):
    question = Text(help_text="What the requester is asked: without a question nobody answers.")


class WaitVendor(Input):
    vendor = VendorKey(help_text="An organisation of kind vendor.")
    text = Text(required=False, allow_blank=True, help_text="What the vendor is asked.")
    reference = Text(required=False, max_length=80, allow_blank=True)
    attachments = files()


class HoldUntil(Input):
    reason = Choice(choices=HoldReason.choices)
    until = Moment(help_text="Then it is back in its queue by itself.")
    note = Text(required=False, allow_blank=True)


class Promise(Input):
    due = Moment(help_text="By when the requester hears from the desk.")


class Resolve(_Work, _Public):
    code = Choice(choices=ResolutionCode.choices)
    summary = Text(help_text="What the requester reads.")
    category = CategoryKey(required=False, help_text="What it was in the end.")
    fields = Values(required=False)  # type: ignore[assignment]
    publish_fix = Flag(required=False, help_text="The tiers below should learn it (from tiers 2 and 3).")


class Words(_Public):
    text = Text(help_text="Markdown. The requester reads it.")


class Cancel(Input):
    reason_text = Text(help_text="Why it is not done; kept as a note.")


class NotARequest(Input):
    reason = Choice(choices=[str(code) for code in NOT_A_REQUEST])


class Skip(Input):
    reason = Choice(choices=SkipReason.choices)


class Confirm(Input):
    rating = Whole(required=False, min_value=1, max_value=5)
    comment = Text(required=False, allow_blank=True)


class Rate(Input):
    rating = Whole(min_value=1, max_value=5)
    comment = Text(required=False, allow_blank=True)


class Change(Input):
    """What is not given stays as it is."""

    subject = Text(required=False, max_length=250)
    kind = Choice(choices=Kind.choices, required=False)
    category = CategoryKey(required=False, allow_null=True)
    impact = Choice(choices=Impact.choices, required=False)
    urgency = Choice(choices=Urgency.choices, required=False)
    location = Text(required=False, max_length=120, allow_blank=True)
    device = Text(required=False, max_length=80, allow_blank=True)
    handle_with_care = Flag(required=False)
    requester = Person(required=False)
    vendor_reference = Text(required=False, max_length=80, allow_blank=True)
    fields = Values(required=False)  # type: ignore[assignment]


class OverridePriority(Input):
    priority = Choice(choices=Priority.choices)
    reason = Text(max_length=2_000, help_text="Why not what the matrix says.")


class Tags(Input):
    names = serializers.ListField(child=Text(max_length=40), min_length=1, max_length=50)


class Untag(Input):
    name = Text(max_length=40)


class OfPerson(Input):
    user = Person(required=False, help_text="You, where nobody is named.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {"user": self.person, **attrs}


class LinkTo(Input):
    type = Choice(
        choices=[LinkType.CHILD, LinkType.DUPLICATE, LinkType.CAUSED_BY, LinkType.RELATED],
        help_text="This ticket is ... of the other.",
    )
    other = TicketNumber()
    blocks = Flag(required=False, help_text="The parent cannot be resolved before this child.")


def _links(ticket: Ticket, user: User) -> Any:
    return Link.objects.filter(ticket=ticket) | Link.objects.filter(other=ticket)


class Unlink(Input):
    link = RowOf(_links)


class Merge(Input):
    into = TicketNumber(help_text="The ticket that survives.")


def _public(ticket: Ticket, user: User) -> Any:
    return Message.objects.filter(ticket=ticket, audience=Audience.PUBLIC)


class Split(Input):
    message = RowOf(_public, help_text="A public message of this ticket.")
    subject = Text(max_length=250)


class Refer(Input):
    system = Text(max_length=60)
    key = Text(max_length=120)
    url = Text(max_length=500, required=False, allow_blank=True)


class LogWork(Input):
    minutes = Whole(min_value=1, max_value=1440)
    billable = Flag(required=False)


class Restrict(Input):
    people = serializers.ListField(child=Person(), required=False, max_length=100, default=list)
    teams = serializers.ListField(child=TeamKey(), required=False, max_length=100, default=list)


def _readable(ticket: Ticket, user: User) -> Any:
    return Message.objects.filter(readable_messages(user, ticket), ticket=ticket, redacted_at=None)


class RedactMessage(Input):
    message = RowOf(_readable)
    reason = Text(max_length=200)


def _files(ticket: Ticket, user: User) -> Any:
    return Attachment.objects.filter(ticket=ticket, redacted_at=None, min_tier__lte=user.clearance)


class RedactFile(Input):
    attachment = FileOf(_files)
    reason = Text(max_length=200)


class RedactSubject(Input):
    subject = Text(max_length=250)
    reason = Text(max_length=200)


class MakeArticle(Input):
    kind = Choice(choices=[(str(kind), ArticleKind(kind).label) for kind in KINDS])
    section = RowOf(lambda ticket, user: Section.objects.all(), required=False)


class Record(Input):
    base = Whole(required=False, min_value=0, max_value=2**31 - 1, help_text="The revision that was read.")
    reproduced_how = Text(required=False, max_length=20_000, allow_blank=True)
    reproduced_where = Text(required=False, max_length=200, allow_blank=True)
    root_cause = Text(required=False, max_length=20_000, allow_blank=True)


class Decide(Input):
    base = Whole(required=False, min_value=0, max_value=2**31 - 1, help_text="The revision that was read.")
    decision = Choice(choices=Decision.choices)
    why = Text(max_length=20_000)


class Gather(Input):
    incidents = serializers.ListField(child=TicketNumber(), min_length=1, max_length=100)


class Parent(Input):
    parent = TicketNumber()  # type: ignore[assignment]
    blocks = Flag(required=False)


class Problem(Input):
    problem = TicketNumber(help_text="A ticket of kind problem.")

    def validate_problem(self, problem: Ticket) -> Ticket:
        if problem.kind != Kind.PROBLEM:
            raise serializers.ValidationError(_("This ticket is no problem."))
        return problem
