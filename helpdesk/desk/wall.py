"""The question before words of an internal note go to the requester: for every form and program that sends them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.keys import key_of
from accounts.models import User
from helpdesk.desk.forms.base import ActForm
from helpdesk.desk.guard import DeskRequest
from tickets.models import Audience, Event, Outgoing, Ticket
from tickets.operations.wall import NEWEST, RepeatsNote, require_no_words_of_notes

DESPITE = "despite_note"
"""What a form or a body says after the question: the key of the note whose words may be read; a form, of several."""


def ask_about_notes(request: DeskRequest, ticket: Ticket, text: str) -> None:
    """Call it where a form sends `text` to the requester, now or later.

    Raises:
        RepeatsNote: unless the form says already that this note may be read.
    """
    require_no_words_of_notes(ticket, text, by=request.user, despite=_agreed(request.POST))


def ask_before_it_leaves(row: Outgoing, *, agreed: str) -> None:
    """Call it before a reply on its way is sent at once: about what was noted since it was written.

    Args:
        agreed: the keys of the notes that may be read, as a question before has said them.

    Raises:
        RepeatsNote: of another note.
    """
    before = Event.objects.filter(ticket=row.ticket_id, pk__lte=row.after_event)
    notes = before.filter(message__audience=Audience.INTERNAL).values_list("message", flat=True)
    despite = {*filter(None, notes), *_agreed({DESPITE: agreed})}
    require_no_words_of_notes(row.ticket, row.body, by=row.by, despite=despite)


@dataclass(frozen=True)
class Question:
    """What is asked about a reply on its way, in the list of one's own."""

    repeats: RepeatsNote
    despite: str
    """What *Send it anyway* says: the keys of the notes that may be read then."""

    @classmethod
    def about(cls, row: Outgoing, *, agreed: str) -> "Question | None":
        try:
            ask_before_it_leaves(row, agreed=agreed)
        except RepeatsNote as repeats:
            return cls(repeats, " ".join(map(str, [*_agreed({DESPITE: agreed}), repeats.note.pk])))
        return None


def put_question(form: ActForm, repeats: RepeatsNote) -> None:
    """Let the form's template ask: it quotes the words, and offers to send them or to edit."""
    form.repeats = repeats
    # What was agreed to before stays so: of two notes each is asked about once.
    form.despite = " ".join(map(str, [*_agreed(form.data), repeats.note.pk]))


def walled(carry_out: Callable[..., Any], name: str) -> Callable[..., Any]:
    """An operation for programs, which asks first: `name` is the argument that the requester reads.

    With `despite_note` (the key of the note that the refusal has named) it is carried out.
    """

    def ask_first(
        ticket: Ticket, *, by: User, at: datetime, despite_note: int | None = None, **facts: Any
    ) -> Any:
        despite = [despite_note] if despite_note else []
        require_no_words_of_notes(ticket, _said(facts, name), by=by, despite=despite, field=name)
        return carry_out(ticket, by=by, at=at, **facts)

    return ask_first


def _said(facts: Mapping[str, Any], name: str) -> str:
    """What is sent as it was proposed has been asked about when it was proposed."""
    return facts.get(name) or ""


def _agreed(sent: Mapping[str, Any]) -> list[int]:
    """The keys of the notes that may be read, as the question's button says them."""
    return [key for key in map(key_of, sent.get(DESPITE, "").split()[:NEWEST]) if key]
