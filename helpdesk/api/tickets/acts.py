"""Everything that people do with a ticket, each as `POST /tickets/{number}/<act>/`: the operations of the pages.

A test holds this list against the acts of the pages (helpdesk/desk/acts.py), so that none is forgotten.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from escalation import operations as escalation
from helpdesk.api.inputs import Input, Nothing
from helpdesk.api.tickets import bodies
from helpdesk.api.tickets.showing import DESK, GUEST, REQUESTER
from helpdesk.desk.acts import ACTS as OF_PAGES
from helpdesk.desk.bulk_acts import attach, bulk_acts, macro_at_once
from helpdesk.desk.doing import asking_first, telling
from helpdesk.desk.forms.ending import LEARNED_FROM
from helpdesk.desk.wall import walled
from knowledgebase.operations import problems
from tickets import operations
from tickets.models import Ticket
from tickets.refusals import Invalid


@dataclass(frozen=True)
class Act:
    """`seen`: the operation takes the version that was read, and a stale one matters: If-Match is asked for."""

    summary: str
    carry_out: Callable[..., Any]
    body: type[Input] = Nothing
    sent: Any = field(default_factory=dict)
    sides: tuple[str, ...] = (DESK,)
    seen: bool = False


def page(name: str) -> Callable[..., Any]:
    """As the pages carry it out. What the requester reads is compared with the notes before."""
    return asking_first(OF_PAGES[name])


def resolve(ticket: Ticket, *, publish_fix: bool = False, **facts: Any) -> Any:
    """Only what experts have found out is for the tiers below to learn."""
    if publish_fix and ticket.tier_id not in LEARNED_FROM:
        raise Invalid(_("Only what is found on tier 2 or 3 is for others to learn."), field="publish_fix")
    return page("resolve")(ticket, publish_fix=publish_fix, **facts)


BOTH, ALL = (DESK, REQUESTER), (DESK, REQUESTER, GUEST)
SENTENCE = "The tunnel is up again since 09:40."
UNTIL = "2026-12-01T08:00:00Z"

ACTS: dict[str, Act] = {
    # Writing
    "reply": Act(
        "Reply to the requester",
        walled(telling(operations.reply), "text"),
        bodies.Reply,
        {"text": SENTENCE},
        BOTH,
    ),
    "note": Act(
        "Leave a note for the desk", telling(operations.note), bodies.Note, {"text": "MTU is 1,500."}
    ),
    "share": Act(
        "Write to the vendor, or as its guest to the desk",
        telling(operations.share_with_vendor),
        bodies.Said,
        {"text": "Please look at circuit 7."},
        (DESK, GUEST),
    ),
    "macro": Act(
        "Run a macro: all of its acts, or none",
        walled(macro_at_once, "words"),
        bodies.RunMacro,
        {"macro": 4},
    ),
    "ask-news": Act("Ask for news of one's request", operations.ask_news, sides=BOTH),
    "only-thanks": Act("Take back a reopening: the reply was only thanks", page("only-thanks")),
    # Between tiers
    "hand-over": Act(
        "Hand over to a tier or a team",
        page("hand-over"),
        bodies.HandOver,
        {"tier": 2, "reason": "needs_expertise", "summary": "Drops every 20 minutes, MTU checked."},
        seen=True,
    ),
    "accept": Act("Accept what was handed over", page("accept"), sides=(DESK, GUEST)),
    "return": Act(
        "Return a hand-off to its sender",
        page("return"),
        bodies.Return,
        {"reason": "information_missing", "text": "Which access point?"},
        (DESK, GUEST),
    ),
    "rate-handoff": Act(
        "Rate the hand-off that brought it here",
        page("rate-handoff"),
        bodies.RateHandoff,
        {"rating": "complete"},
    ),
    "answer-item": Act(
        "Answer what was missing at a hand-off", page("answer-item"), bodies.AnswerItem, {"item": 4}
    ),
    "name-owner": Act("Name which of two teams keeps it", page("name-owner"), bodies.NameOwner, {"team": 2}),
    # With the contact, and with those who help
    "propose-reply": Act(
        "Propose a reply for the contact to send",
        walled(escalation.propose_reply, "text"),
        bodies.ProposeReply,
        {"kind": "reply", "text": SENTENCE},
    ),
    "propose-resolution": Act(
        "Propose the solution for the contact to send",
        page("propose-resolution"),
        bodies.Resolve,
        {"code": "fixed", "summary": SENTENCE},
        seen=True,
    ),
    "send-proposal": Act(
        "Send what was proposed, as it is or in other words",
        walled(page("send-proposal"), "text"),
        bodies.SendProposal,
        {"text": SENTENCE},
    ),
    "refuse-proposal": Act(
        "Do not send what was proposed",
        page("refuse-proposal"),
        bodies.RefuseProposal,
        {"reason": "Ask about the dock first."},
    ),
    "invite": Act(
        "Ask somebody to help, without handing it over",
        page("invite"),
        bodies.Invite,
        {"team": 2, "until": UNTIL, "question": "Does the log tell you anything?"},
    ),
    "end-help": Act("End the help", page("end-help"), bodies.EndHelp, {"invitation": 3, "minutes": 10}),
    # With a vendor
    "hand-to-vendor": Act(
        "Hand to a vendor",
        page("hand-to-vendor"),
        bodies.HandToVendor,
        {"team": 9, "summary": "Circuit 7 drops every 20 minutes."},
        seen=True,
    ),
    "chase-vendor": Act("Ask the vendor how it stands", page("chase-vendor")),
    "vendor-responsible": Act(
        "Name who sees to it here", page("vendor-responsible"), bodies.ToPerson, {"to": 7}
    ),
    "claim-fix": Act(
        "Say as the vendor that it is fixed",
        escalation.claim_fix,
        bodies.Said,
        {"text": "The line card was replaced."},
        (GUEST,),
    ),
    "confirm-fix": Act("Confirm the vendor's fix", page("confirm-fix")),
    "refuse-fix": Act(
        "Say that the vendor's fix does not work",
        page("refuse-fix"),
        bodies.Said,
        {"text": "It still drops."},
    ),
    # Who has it
    "take": Act("Take it", page("take")),
    "release": Act("Put it back into its queue", page("release")),
    "assign": Act(
        "Assign it to a member of its team", page("assign"), bodies.ToPersonOrNobody, {"to": 7}, seen=True
    ),
    "contact": Act(
        "Name who tracks it for the requester", page("contact"), bodies.ToPersonOrNobody, {"to": 7}
    ),
    "skip": Act("Pass on what take-next has given", page("skip"), bodies.Skip, {"reason": "not_my_skill"}),
    # Waiting and ending
    "wait-requester": Act(
        "Ask the requester, and wait for the answer",
        walled(operations.wait_for_requester, "question"),
        bodies.WaitRequester,
        {"question": "Does it happen on the cable too?"},
    ),
    "wait-vendor": Act(
        "Wait for a vendor",
        operations.wait_for_vendor,
        bodies.WaitVendor,
        {"vendor": 3, "text": "When does the part arrive?"},
    ),
    "hold": Act(
        "Hold it until a date", operations.hold, bodies.HoldUntil, {"reason": "part", "until": UNTIL}
    ),
    "resume": Act("Go on with it", page("resume")),
    "promise": Act("Promise the requester the next word", page("promise"), bodies.Promise, {"due": UNTIL}),
    "resolve": Act("Resolve it", resolve, bodies.Resolve, {"code": "fixed", "summary": SENTENCE}, seen=True),
    "reopen": Act(
        "Reopen what was resolved", page("reopen"), bodies.Words, {"text": "It drops again."}, BOTH
    ),
    "close": Act("Close it for the requester, as a lead", page("close")),
    "confirm": Act(
        "Confirm as the requester that it works", operations.confirm, bodies.Confirm, {"rating": 5}, BOTH
    ),
    "rate": Act("Rate what was done, as the requester", operations.rate, bodies.Rate, {"rating": 5}, BOTH),
    "withdraw": Act("Withdraw one's request", operations.withdraw, sides=BOTH),
    "cancel": Act(
        "Cancel it undone", page("cancel"), bodies.Cancel, {"reason_text": "The laptop is replaced."}
    ),
    "not-a-request": Act(
        "Set it aside: no request", page("not-a-request"), bodies.NotARequest, {"reason": "noise"}
    ),
    "restore": Act("Restore what was cancelled by mistake", page("restore")),
    # What it says
    "change": Act(
        "Correct what is known of it (as PATCH does)",
        page("change"),
        bodies.Change,
        {"category": 12, "impact": 2},
        seen=True,
    ),
    "confirm-priority": Act("Confirm the priority", page("confirm-priority")),
    "override-priority": Act(
        "Set a priority that the matrix does not give",
        page("override-priority"),
        bodies.OverridePriority,
        {"priority": 1, "reason": "The ward cannot work."},
    ),
    "tag": Act("Tag it", page("tag"), bodies.Tags, {"names": ["vpn"]}),
    "untag": Act("Take a tag off", page("untag"), bodies.Untag, {"name": "vpn"}),
    "watch": Act("Let somebody follow it", page("watch"), bodies.OfPerson, {"user": 7}, BOTH),
    "unwatch": Act("Stop following it", page("unwatch"), bodies.OfPerson, {"user": 7}, BOTH),
    "refer": Act(
        "Note its number in another system",
        page("refer"),
        bodies.Refer,
        {"system": "Zabbix", "key": "4711", "url": "https://zabbix.example.com/4711"},
    ),
    "log-work": Act("Log minutes worked", page("log-work"), bodies.LogWork, {"minutes": 15}),
    # With others
    "link": Act("Link it", page("link"), bodies.LinkTo, {"type": "related", "other": "TD-1040"}),
    "unlink": Act("Take a link off", page("unlink"), bodies.Unlink, {"link": 5}),
    "merge": Act(
        "Merge it into another of the same requester", page("merge"), bodies.Merge, {"into": "TD-1040"}
    ),
    "split": Act(
        "Make a ticket of its own out of one message",
        page("split"),
        bodies.Split,
        {"message": 31, "subject": "And the printer"},
    ),
    # What others learn from it
    "make-article": Act(
        "Begin an article with what stands in it",
        page("make-article"),
        bodies.MakeArticle,
        {"kind": "known_error"},
    ),
    "problem-record": Act(
        "Write down what is known of a problem",
        page("problem-record"),
        bodies.Record,
        {"root_cause": "The firewall drops idle tunnels."},
    ),
    "problem-decide": Act(
        "Decide what becomes of a problem",
        page("problem-decide"),
        bodies.Decide,
        {"decision": "fix", "why": "Firmware 7.2 is on all of them."},
    ),
    "gather": Act(
        "Link incidents to the problem that causes them",
        page("gather"),
        bodies.Gather,
        {"incidents": ["TD-1042", "TD-1050"]},
    ),
    # Who may know
    "restrict": Act("Show it to named people only", page("restrict"), bodies.Restrict, {"people": [7]}),
    "unrestrict": Act("Lift the restriction", page("unrestrict")),
    "redact-message": Act(
        "Empty a text for good",
        page("redact-message"),
        bodies.RedactMessage,
        {"message": 31, "reason": "A password"},
    ),
    "redact-file": Act(
        "Delete a file for good",
        page("redact-file"),
        bodies.RedactFile,
        {"attachment": "0b6f9d0c-8f5e-4c57-9a3d-0d0c5b8d2f11", "reason": "A password"},
    ),
    "redact-subject": Act(
        "Give it another subject and empty the earlier ones",
        page("redact-subject"),
        bodies.RedactSubject,
        {"subject": "Access", "reason": "A password"},
    ),
}

UNDER_OTHER_NAMES = {
    "wait": ("wait-requester", "wait-vendor", "hold"),
    "edit-proposal": ("send-proposal",),
    "fixed": ("claim-fix",),
    "message": ("share",),
}
"""Acts of the pages that have another name here."""

ONLY_BULK: dict[str, Act] = {
    "parent": Act("Attach to a parent", attach, bodies.Parent),
    "problem": Act("Attach to a problem", problems.attach, bodies.Problem),
}
IN_BULK = {"ask": "wait-requester"}
"""Acts on many of the pages that have another name here."""

BULK: dict[str, Act] = {
    name: ONLY_BULK.get(name) or ACTS[name]
    for name in (IN_BULK.get(name, name) for name, _act in bulk_acts())
}
"""What makes sense on several tickets at once: the same as on the pages."""
