"""The acts on one ticket: what each is called, what it asks, which operation carries it out.

One view serves them all (`act.py`); a page offers those within reach (`offers.py`).
"""

from django.utils.translation import gettext_lazy as _

from escalation import operations as escalation
from helpdesk.desk.doing import (
    Act,
    answer_item,
    decide,
    end_help,
    gather,
    make_article,
    propose_resolution,
    redact_file,
    redact_message,
    resolve,
    wait,
    write_record,
)
from helpdesk.desk.forms import conversation, ending, facts, learning, moving, problems, proposals, vendors
from knowledgebase.operations import ending as scripts
from sla.operations.promising import promise_update
from tickets import operations

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
