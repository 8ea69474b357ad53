"""What a ticket gives an article to begin with: its words without personal data, in the parts of an article."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User, VendorContact
from knowledgebase.models import ArticleKind, ProblemRecord
from knowledgebase.stripping import Known, strip
from tickets.models import (
    Audience,
    CustomField,
    FieldValue,
    LinkType,
    Message,
    MessageKind,
    ResolutionCode,
    Ticket,
    Watch,
)
from tickets.permissions import readable_messages

LONGEST_MESSAGE, LONGEST_TALK = 5_000, 40_000
"""Characters that are taken over: of one message, and of the conversation, where the newest stay."""
MOST_STEPS = 20
LISTED = re.compile(r"(?:[-*+]|\d{1,2}[.)])\s+")


@dataclass
class Material:
    """Texts by the parts of an article, and what was taken out of them by kind and number."""

    title: str = ""
    said: dict[str, Any] = field(default_factory=dict)
    stripped: Counter[str] = field(default_factory=Counter)


def material_of(ticket: Ticket, *, kind: str, by: User | None) -> Material:
    """What `by` may read of the ticket, below any mark for a higher tier, in the parts of an article of this kind.

    What was shared with a vendor, proposed and not sent, or emptied is left out.
    """
    taking = _Taking(ticket)
    rows = _messages(ticket, by)
    described = next((row for row in rows if row.kind == MessageKind.DESCRIPTION), None)
    solved = next((row for row in reversed(rows) if row.kind == MessageKind.RESOLUTION), None)
    talk = taking.talk(row for row in rows if row not in (described, solved))
    symptom = taking.text(described.body) if described else ""
    solution = taking.text(solved.body) if solved else ""
    found = Material(title=" ".join(taking.text(ticket.subject).split()), stripped=taking.stripped)
    match kind:
        case ArticleKind.KNOWN_ERROR:
            is_workaround = ticket.resolution_code == ResolutionCode.WORKAROUND
            found.said = {
                "symptom": symptom,
                "cause": taking.cause(),
                "workaround" if is_workaround else "fix": solution,
                "body": talk,
            }
        case ArticleKind.SOP:
            found.said = {"body": _joined(symptom, talk), "script": script_of(solution)}
        case _:
            heading = f"## {_('What to do')}\n\n{solution}" if solution else ""
            found.said = {"body": _joined(symptom, heading, talk)}
    return found


def known_of(ticket: Ticket) -> Known:
    """Whom and what its words may name: everybody who had to do with it, their addresses, numbers and devices."""
    people = _people(ticket)
    contacts = list(VendorContact.objects.filter(vendor=ticket.vendor_id)) if ticket.vendor_id else []
    devices = [ticket.device, *(person.device for person in people)]
    return Known(
        names=[*(person.name for person in people), *(contact.name for contact in contacts)],
        organisations=[ticket.organisation.name] if ticket.organisation else [],
        mails=[*(person.email for person in people), *(contact.email for contact in contacts)],
        phones=[*(person.phone for person in people), *(contact.phone for contact in contacts)],
        places=[ticket.location, *(person.location for person in people)],
        serials=[
            # "Laptop" is a word of every second article; NW-1180 points to somebody.
            *(device for device in devices if any(map(str.isdigit, device))),
            *(person.employee_number for person in people),
            ticket.vendor_reference,
        ],
    )


def script_of(text: str) -> dict[str, Any]:
    """A script to begin with: each item of a list, or each paragraph, is an instruction; then whether it worked."""
    steps: dict[str, Any] = {}
    for number, words in enumerate(_items(text)[:MOST_STEPS], start=1):
        steps[f"step_{number}"] = {"kind": "instruction", "text": words, "next": f"step_{number + 1}"}
    if not steps:
        steps["step_1"] = {"kind": "instruction", "text": _("Say here what to do."), "next": "works"}
    steps[f"step_{len(steps)}"]["next"] = "works"
    steps["works"] = {
        "kind": "yes_no",
        "text": _("Does it work now?"),
        "next": {"yes": "done", "no": "hand_over"},
    }
    steps["done"] = {"kind": "outcome", "act": "resolve", "code": "fixed"}
    steps["hand_over"] = {"kind": "outcome", "act": "hand_over", "tier": "L2", "reason": "needs_expertise"}
    return {"start": "step_1", "steps": steps}


# --- below ---


class _Taking:
    """Takes texts of one ticket, stripped, and counts what was in them."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket, self.known, self.stripped = ticket, known_of(ticket), Counter[str]()

    def text(self, words: str, known: Known | None = None) -> str:
        done = strip(words[:LONGEST_MESSAGE], known or self.known)
        self.stripped += done.found
        return done.text.strip()

    def talk(self, rows: Iterable[Message]) -> str:
        """The conversation by sides instead of names, oldest first; of a long one the end."""
        parts: list[str] = []
        room = LONGEST_TALK
        for row in reversed(list(rows)):
            words = self.text(row.body)
            room -= len(words)
            if room < 0:
                break
            if words:
                parts.insert(0, f"**{_side(row)}**\n\n{words}")
        return _joined(f"## {_('From the conversation')}", *parts) if parts else ""

    def cause(self) -> str:
        """The root cause that the record of its problem names."""
        causes = ProblemRecord.objects.filter(
            Q(ticket=self.ticket)
            | Q(ticket__linked_from__ticket=self.ticket, ticket__linked_from__type=LinkType.CAUSED_BY)
        ).exclude(root_cause="")
        found = causes.order_by("-changed_at").select_related("ticket").first()
        if found is None:
            return ""
        return self.text(self.text(found.root_cause, known_of(found.ticket)))


def _messages(ticket: Ticket, by: User | None) -> list[Message]:
    rows = Message.objects.filter(ticket=ticket, min_tier__lte=1, redacted_at=None)
    rows = rows.exclude(audience=Audience.VENDOR).exclude(kind=MessageKind.PROPOSAL).exclude(body="")
    if by is not None:
        rows = rows.filter(readable_messages(by, ticket))
    return list(rows.order_by("at", "id"))


def _people(ticket: Ticket) -> list[User]:
    wrote = Message.objects.filter(ticket=ticket).values("author_id")
    watch = Watch.objects.filter(ticket=ticket).values("user_id")
    named = FieldValue.objects.filter(ticket=ticket, field__type=CustomField.Type.USER)
    keys = [ticket.requester_id, ticket.opened_by_id, ticket.contact_id, ticket.assignee_id]
    keys += [row for row in named.values_list("value", flat=True) if isinstance(row, int)]
    found = Q(pk__in=[key for key in keys if key]) | Q(pk__in=wrote) | Q(pk__in=watch)
    return list(User.objects.filter(found | Q(reports=ticket.requester_id)).distinct())


def _side(row: Message) -> str:
    if row.audience == Audience.INTERNAL:
        return str(_("The desk, a note"))
    return str(_("The desk") if row.from_desk else _("Whoever asked"))


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _items(text: str) -> list[str]:
    listed = [line.strip() for line in text.splitlines() if LISTED.match(line.strip())]
    if listed:
        return [LISTED.sub("", line, count=1) for line in listed]
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
