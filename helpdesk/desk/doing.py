"""What an act on one ticket is, and how those are carried out that are more than their operation."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from accounts.models import User
from escalation import operations as escalation
from helpdesk.desk.forms import conversation
from helpdesk.desk.forms.base import ActForm
from helpdesk.desk.wall import walled
from knowledgebase.operations import ending as scripts
from knowledgebase.operations import learning as articles
from knowledgebase.operations import problems as records
from knowledgebase.queries.problems import incidents_of
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
