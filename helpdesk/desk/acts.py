"""The acts on one ticket: what each is called, what it asks, which operation carries it out.

One view serves them all (`act.py`); a page offers those within reach (`offers.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from escalation import operations as escalation
from helpdesk.desk.forms import conversation, ending, facts, learning, moving, problems, proposals, vendors
from helpdesk.desk.forms.base import ActForm
from helpdesk.desk.wall import walled
from knowledgebase.operations import ending as scripts
from knowledgebase.operations import learning as articles
from knowledgebase.operations import problems as records
from knowledgebase.queries.problems import incidents_of
from sla.operations.promising import promise_update
from tickets import operations
from tickets.models import Kind, Ticket
from tickets.operations.mentioning import untold

Words = str | Promise


@dataclass(frozen=True, eq=False)
class Act:
    """One act. `done` is the sentence afterwards; `versioned` acts refuse what changed since the page."""

    label: Words
    carry_out: Callable[..., Any]
    done: Words
    form: type[ActForm] = ActForm
    title: Words = ""
    icon: str = ""
    key: str = ""
    versioned: bool = False
    is_wide: bool = False
    is_grave: bool = False
    public: str = ""
    """The argument that the requester reads: it is compared with the notes before (helpdesk/desk/wall.py)."""

    @property
    def asks(self) -> bool:
        """Whether a dialog opens; else one press does it."""
        return self.form is not ActForm


def asking_first(act: Act) -> Callable[..., Any]:
    """How it is carried out where no dialog can ask: what the requester reads is compared with the notes before."""
    return walled(act.carry_out, act.public) if act.public else act.carry_out


def shown_key(key: str) -> str:
    """As one reads it: a capital letter with the arrow of the shift key."""
    if len(key) > 1:
        return key
    return f"⇧{key}" if key.isupper() else key.upper()


def wait(ticket: Ticket, *, what: str, by: User, at: datetime, **facts: Any) -> Ticket:
    """Wait for the requester, a vendor or a date: three operations behind one dialog."""
    ways: dict[str, Callable[..., Ticket]] = {
        conversation.WaitForm.REQUESTER: operations.wait_for_requester,
        conversation.WaitForm.VENDOR: operations.wait_for_vendor,
        conversation.WaitForm.HOLD: operations.hold,
    }
    return ways[what](ticket, by=by, at=at, **facts)


def redact_message(ticket: Ticket, *, message: Any, **facts: Any) -> Ticket:
    return operations.redact_message(message, **facts)


def redact_file(ticket: Ticket, *, attachment: Any, **facts: Any) -> Ticket:
    return operations.redact_file(attachment, **facts)


def answer_item(ticket: Ticket, *, item: Any, **facts: Any) -> Ticket:
    escalation.answer_item(item, **facts)
    return ticket


def propose_resolution(ticket: Ticket, *, summary: str, **facts: Any) -> Ticket:
    return scripts.propose_resolution(ticket, summary=summary, **facts)


@dataclass(frozen=True)
class Led:
    """What an act came to, where something else follows than its ticket's page, or where not all went well."""

    ticket: Ticket
    to: str = ""
    notice: str = ""


def telling(carry_out: Callable[..., Ticket], name: str = "text") -> Callable[..., Ticket | Led]:
    """An act that writes, and says afterwards whom its text has mentioned in vain."""

    def write(ticket: Ticket, *, by: User, at: datetime, **facts: Any) -> Ticket | Led:
        left = carry_out(ticket, by=by, at=at, **facts)
        notice = untold(left, facts[name], by=by, at=at)
        return Led(left, notice=notice) if notice else left

    return write


def resolve(ticket: Ticket, *, by: User, **facts: Any) -> Ticket | Led:
    """Who solves a problem goes on to its incidents, which wait for the same answer."""
    ticket = scripts.resolve(ticket, by=by, **facts)
    if ticket.kind == Kind.PROBLEM and incidents_of(ticket, by).open().exists():
        return Led(ticket, to=f"/desk/tickets/{ticket.number}/incidents/")
    return ticket


def make_article(ticket: Ticket, **facts: Any) -> Led:
    """On to the draft: somebody has to look through it."""
    article = articles.publish_from_ticket(ticket, **facts)
    return Led(ticket, to=f"/desk/drafts/{article.pk}/")


def write_record(ticket: Ticket, **facts: Any) -> Ticket:
    records.write_record(ticket, **facts)
    return ticket


def decide(ticket: Ticket, **facts: Any) -> Ticket:
    records.decide(ticket, **facts)
    return ticket


def gather(ticket: Ticket, *, incidents: list[Ticket], **facts: Any) -> Led:
    """Each that is refused is told."""
    result = records.gather(ticket, incidents=incidents, **facts)
    refused = [f"{each.number}: {why}" for each, why in result.refused]
    return Led(ticket, notice=" ".join(refused))


def end_help(ticket: Ticket, *, invitation: Any, **facts: Any) -> Ticket:
    return escalation.end_invitation(invitation, **facts)


ACTS: dict[str, Act] = {
    # Between tiers
    "hand-over": Act(
        _("Hand over"),
        scripts.hand_over,
        _("%(number)s is handed to %(team)s."),
        moving.HandOverForm,
        icon="hand-over",
        key="h",
        versioned=True,
        is_wide=True,
    ),
    "accept": Act(_("Accept"), escalation.accept, _("%(number)s is yours."), icon="accept", key="y"),
    "return": Act(
        _("Return"),
        escalation.return_,
        _("%(number)s is back with %(team)s."),
        moving.ReturnForm,
        icon="return",
        key="b",
    ),
    "rate-handoff": Act(
        _("Rate the hand-off"),
        escalation.rate_handoff,
        _("Thank you: the hand-off is rated."),
        moving.RateHandoffForm,
        icon="star",
    ),
    "answer-item": Act(
        _("Answer what was missing"),
        answer_item,
        _("Answered."),
        moving.AnswerItemForm,
        icon="check",
    ),
    "name-owner": Act(
        _("Name who keeps it"),
        escalation.name_owner,
        _("%(number)s stays with %(team)s."),
        moving.NameOwnerForm,
        icon="users",
    ),
    # With the contact, and with those who help
    "send-proposal": Act(
        _("Send the proposed reply"),
        escalation.send_proposal,
        _("Sent to the requester."),
        proposals.SendProposalForm,
        icon="check",
    ),
    "edit-proposal": Act(
        _("Edit and send"),
        escalation.send_proposal,
        _("Sent to the requester."),
        proposals.EditProposalForm,
        icon="edit",
        is_wide=True,
        public="text",
    ),
    "refuse-proposal": Act(
        _("Refuse"),
        escalation.refuse_proposal,
        _("Not sent: its author is told why."),
        proposals.RefuseProposalForm,
        title=_("Do not send it"),
        icon="close",
    ),
    "invite": Act(
        _("Ask for help"),
        escalation.invite,
        _("Asked. The ticket stays with you."),
        proposals.InviteForm,
        icon="users",
        key="l",
    ),
    "end-help": Act(
        _("End the help"), end_help, _("The help has ended."), proposals.EndHelpForm, icon="check"
    ),
    # With a vendor
    "hand-to-vendor": Act(
        _("Hand to vendor"),
        escalation.hand_to_vendor,
        _("%(number)s is handed to %(team)s."),
        vendors.HandToVendorForm,
        icon="building",
        key="V",
        versioned=True,
        is_wide=True,
    ),
    "chase-vendor": Act(
        _("Chase now"), escalation.chase, _("The vendor is asked how it stands."), icon="bell"
    ),
    "vendor-responsible": Act(
        _("Responsible here"),
        escalation.set_responsible,
        _("Said who is responsible."),
        vendors.ResponsibleForm,
        icon="user",
    ),
    "confirm-fix": Act(
        _("Confirm the fix"),
        escalation.confirm_fix,
        _("The fix is confirmed: %(number)s can be resolved."),
        icon="check",
    ),
    "refuse-fix": Act(
        _("Not fixed"),
        escalation.refuse_fix,
        _("%(number)s is back with %(team)s."),
        vendors.NotFixedForm,
        icon="return",
    ),
    # Who has it
    "take": Act(_("Take"), operations.take, _("%(number)s is yours."), icon="user", key="a"),
    "release": Act(
        _("Release"), operations.release, _("%(number)s is back in its queue."), icon="users", key="A"
    ),
    "assign": Act(
        _("Assign"),
        operations.assign,
        _("%(number)s is assigned."),
        moving.AssignForm,
        icon="user",
        key="s",
        versioned=True,
    ),
    "contact": Act(
        _("Contact"),
        operations.set_contact,
        _("The contact is set."),
        moving.ContactForm,
        icon="phone",
        key="S",
    ),
    # Waiting and ending
    "wait": Act(
        _("Wait…"),
        wait,
        _("%(number)s waits."),
        conversation.WaitForm,
        title=_("Wait"),
        icon="wait",
        key="w",
        public="question",
    ),
    "promise": Act(
        _("Promise an update"),
        promise_update,
        _("Promised: the requester reads it, and you are reminded."),
        conversation.PromiseForm,
        icon="clock",
        key="U",
    ),
    "resume": Act(_("Go on"), operations.resume, _("%(number)s is open again."), icon="bolt", key="w"),
    "resolve": Act(
        _("Resolve"),
        resolve,
        _("%(number)s is resolved."),
        ending.ResolveForm,
        icon="resolve",
        key="e",
        versioned=True,
        is_wide=True,
        public="summary",
    ),
    "propose-resolution": Act(
        _("Propose the solution"),
        propose_resolution,
        _("Proposed: the contact sends it to the requester."),
        ending.ResolveForm,
        icon="resolve",
        key="e",
        versioned=True,
        is_wide=True,
        public="summary",
    ),
    "reopen": Act(
        _("Reopen"),
        operations.reopen,
        _("%(number)s is open again."),
        ending.ReopenForm,
        icon="reply",
        key="E",
        public="text",
    ),
    "only-thanks": Act(
        _("Only thanks"), operations.only_thanks, _("Taken back: it was only thanks."), icon="check", key="o"
    ),
    "close": Act(_("Close"), operations.close, _("%(number)s is closed."), icon="check", key="X"),
    "cancel": Act(
        _("Cancel the ticket"),
        operations.cancel,
        _("%(number)s is cancelled."),
        ending.CancelForm,
        icon="close",
        key="D",
        is_grave=True,
    ),
    "not-a-request": Act(
        _("Not a request"),
        operations.not_a_request,
        _("%(number)s is set aside."),
        ending.NotARequestForm,
        icon="trash",
    ),
    "restore": Act(_("Restore"), operations.restore, _("%(number)s is open again."), icon="return"),
    "skip": Act(
        _("Skip"),
        operations.skip,
        _("%(number)s is back in its queue."),
        ending.SkipForm,
        icon="chevron-right",
    ),
    # What it says
    "change": Act(
        _("Change fields"),
        operations.change,
        _("%(number)s is changed."),
        facts.ChangeForm,
        icon="edit",
        key="f",
        versioned=True,
        is_wide=True,
    ),
    "confirm-priority": Act(
        _("Confirm the priority"),
        operations.confirm_priority,
        _("The priority is confirmed."),
        icon="check",
        key="p",
    ),
    "override-priority": Act(
        _("Override the priority"),
        operations.override_priority,
        _("The priority is set."),
        facts.OverridePriorityForm,
        icon="alert",
        key="P",
    ),
    "tag": Act(_("Tag"), operations.tag, _("Tagged."), facts.TagForm, icon="tag", key="t"),
    "untag": Act(
        _("Take the tag off"), operations.untag, _("The tag is off."), facts.UntagForm, icon="close"
    ),
    "watch": Act(
        _("Watch"),
        operations.watch,
        _("Watching."),
        facts.WatchForm,
        title=_("Add a watcher"),
        icon="eye",
        key="W",
    ),
    "unwatch": Act(
        _("Stop watching"),
        operations.unwatch,
        _("No longer watching."),
        facts.UnwatchForm,
        icon="eye",
        key="W",
    ),
    "refer": Act(_("External reference"), operations.refer, _("Noted."), facts.ReferForm, icon="external"),
    "log-work": Act(
        _("Log work"), operations.log_work, _("Logged."), facts.LogWorkForm, icon="clock", key="T"
    ),
    # With others
    "link": Act(_("Link"), operations.link, _("Linked."), facts.LinkForm, icon="link", key="L"),
    "unlink": Act(
        _("Take the link off"), operations.unlink, _("The link is off."), facts.UnlinkForm, icon="close"
    ),
    "merge": Act(
        _("Merge"),
        operations.merge,
        _("Merged into %(number)s."),
        facts.MergeForm,
        icon="merge",
        key="M",
        is_grave=True,
    ),
    "split": Act(
        _("Split"), operations.split, _("%(number)s was split off."), conversation.SplitForm, icon="split"
    ),
    # What others learn from it
    "make-article": Act(
        _("Make an article"),
        make_article,
        _("A draft is begun. Look through it before anybody reads it."),
        learning.MakeArticleForm,
        title=_("Make an article from this ticket"),
        icon="book",
    ),
    "problem-record": Act(
        _("Write down"),
        write_record,
        _("Written down."),
        problems.ProblemRecordForm,
        title=_("What is known of the problem"),
        icon="edit",
        is_wide=True,
    ),
    "problem-decide": Act(
        _("Decide"),
        decide,
        _("Decided."),
        problems.DecideForm,
        title=_("What becomes of the problem"),
        icon="check",
    ),
    "gather": Act(
        _("Gather incidents"),
        gather,
        _("The incidents are linked."),
        problems.GatherForm,
        icon="link",
    ),
    # Who may know
    "restrict": Act(
        _("Restrict"), operations.restrict, _("%(number)s is restricted."), facts.RestrictForm, icon="lock"
    ),
    "unrestrict": Act(
        _("Lift the restriction"),
        operations.unrestrict,
        _("%(number)s is open to its tier again."),
        icon="lock",
    ),
    "redact-message": Act(
        _("Redact"),
        redact_message,
        _("The text is emptied."),
        conversation.RedactMessageForm,
        icon="trash",
        is_grave=True,
    ),
    "redact-file": Act(
        _("Redact the file"),
        redact_file,
        _("The file is deleted."),
        facts.RedactFileForm,
        icon="trash",
        is_grave=True,
    ),
    "redact-subject": Act(
        _("Redact the subject"),
        operations.redact_subject,
        _("Earlier subjects are emptied."),
        facts.RedactSubjectForm,
        icon="trash",
        is_grave=True,
    ),
}

GUEST_ACTS: dict[str, Act] = {
    "accept": ACTS["accept"],
    "return": ACTS["return"],
    "fixed": Act(
        _("We think it is fixed"),
        escalation.claim_fix,
        _("Thank you: the desk tries it."),
        vendors.FixedForm,
        icon="check",
    ),
    "message": Act(
        _("Send to the desk"),
        operations.share_with_vendor,
        _("Sent."),
        conversation.GuestMessageForm,
        icon="reply",
    ),
}
"""All that a vendor's guest may do."""
