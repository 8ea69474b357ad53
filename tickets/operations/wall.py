"""The wall between public and internal: a text for the requester that repeats an internal note is asked about first."""

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from accounts.models import User
from tickets.models import Audience, Message, MessageKind, Ticket
from tickets.permissions import is_desk, readable_messages
from tickets.refusals import Refused
from tickets.words import WORD, fold_words

FEWEST_WORDS, FEWEST_CHARACTERS = 8, 50
"""A run that both texts share is told from so many words on, or from so many letters and digits."""
NEWEST = 300
"""Notes and public messages of a ticket that are looked through."""
MOST_CHARACTERS = 400_000
"""Of all of them together: beyond that the oldest are left out."""
QUOTED = 300

INSIDE = (MessageKind.NOTE, MessageKind.HANDOFF, MessageKind.RETURN)
"""What people write for colleagues. What is proposed is meant for the requester, and a machine's words are nobody's."""


class RepeatsNote(Refused):
    """The requester would read words of an internal note. Said again with the note named, it is carried out."""

    code = "repeats_note"
    field = "text"

    def __init__(self, note: Message, words: str, *, field: str) -> None:
        super().__init__(
            _(
                "This repeats an internal note of %(name)s: “%(words)s”. Leave it out, or say that it may be read."
            )
            % {"name": note.author.name if note.author else "Tierdesk", "words": words},
            field=field,
            note=note.pk,
            words=words,
        )
        self.note, self.words = note, words


def require_no_words_of_notes(
    ticket: Ticket, text: str, *, by: User | None, despite: Collection[int] = (), field: str = "text"
) -> None:
    """Call this before a text goes to the requester, wherever a person has just written it.

    Args:
        by: who sends it. Only notes that they read themselves are looked at; what the desk does not write is not asked.
        despite: the keys of the notes about which they were asked already, and said that they may be read.

    Raises:
        RepeatsNote: with the note and the words.
    """
    if by is None or not is_desk(by) or by.pk == ticket.requester_id:
        return
    found = words_of_notes(ticket, text, reader=by, despite=despite)
    if found is not None:
        raise RepeatsNote(*found, field=field)


def words_of_notes(
    ticket: Ticket, text: str, *, reader: User, despite: Collection[int] = ()
) -> tuple[Message, str] | None:
    """The note with the longest run of words that stand in this text too, and in nothing public; one query.

    What stands in a note that may be read (`despite`) may be read, wherever else it stands: hand-overs quote notes.
    """
    said = _Words.of(text)
    if len(said.folded) < FEWEST_WORDS and sum(map(len, said.folded)) < FEWEST_CHARACTERS:
        return None
    rows = Message.objects.filter(
        Q(audience=Audience.PUBLIC) | Q(audience=Audience.INTERNAL, kind__in=[str(kind) for kind in INSIDE]),
        readable_messages(reader, ticket),
        ticket=ticket,
        redacted_at=None,
    )
    newest = rows.exclude(body="").select_related("author").order_by("-at", "-id")[:NEWEST]
    notes: list[Message] = []
    readable: list[Message] = []
    left = MOST_CHARACTERS
    for row in newest:
        may_be_read = row.audience == Audience.PUBLIC or row.pk in despite
        (readable if may_be_read else notes).append(row)
        left -= len(row.body)
        if left < 0:
            break
    if not notes:
        return None
    runs = _Runs(said.folded)
    known = [f" {' '.join(_Words.of(row.body).folded)} " for row in readable]
    best: tuple[int, Message, str] | None = None
    for note in notes:
        for start, end in runs.shared_with(_Words.of(note.body).folded):
            run = " ".join(said.folded[start:end])
            is_longest = best is None or len(run) > best[0]
            if is_longest and not any(f" {run} " in line for line in known):
                best = len(run), note, said.quoted(start, end)
    return best[1:] if best else None


@dataclass
class _Words:
    """The words of a text as they are compared, and where each stands in it."""

    text: str
    folded: list[str] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)

    @classmethod
    def of(cls, text: str) -> "_Words":
        words = cls(unicodedata.normalize("NFC", text))
        for found in WORD.finditer(words.text):
            words.folded.append(fold_words(found[0]))
            words.places.append(found.span())
        return words

    def quoted(self, start: int, end: int) -> str:
        raw = self.text[self.places[start][0] : self.places[end - 1][1]]
        return Truncator(" ".join(raw.split())).chars(QUOTED)


class _Runs:
    """All runs of one text's words, to be found in others: a suffix automaton, linear in both."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = words
        self.lengths, self.links, self.ends = [0], [-1], [0]
        self.steps: list[dict[str, int]] = [{}]
        last = 0
        for at, word in enumerate(words):
            last = self._add(last, word, at + 1)

    def shared_with(self, words: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Where in this text the runs stand that are long enough, each as far as it goes."""
        state, length, end = 0, 0, 0
        for word in [*words, ""]:
            before = length, end
            while state and word not in self.steps[state]:
                state = self.links[state]
                length = self.lengths[state]
            if word in self.steps[state]:
                state, length = self.steps[state][word], length + 1
                end = self.ends[state]
            else:
                length = 0
            grew = length == before[0] + 1
            if not grew and self._is_long(before[1] - before[0], before[1]):
                yield before[1] - before[0], before[1]

    def _is_long(self, start: int, end: int) -> bool:
        return end - start >= FEWEST_WORDS or sum(map(len, self.words[start:end])) >= FEWEST_CHARACTERS

    def _add(self, last: int, word: str, end: int) -> int:
        new = self._state(self.lengths[last] + 1, 0, {}, end)
        at = last
        while at >= 0 and word not in self.steps[at]:
            self.steps[at][word] = new
            at = self.links[at]
        if at < 0:
            return new
        found = self.steps[at][word]
        if self.lengths[at] + 1 == self.lengths[found]:
            self.links[new] = found
            return new
        clone = self._state(
            self.lengths[at] + 1, self.links[found], dict(self.steps[found]), self.ends[found]
        )
        while at >= 0 and self.steps[at].get(word) == found:
            self.steps[at][word] = clone
            at = self.links[at]
        self.links[found] = self.links[new] = clone
        return new

    def _state(self, length: int, link: int, steps: dict[str, int], end: int) -> int:
        self.lengths.append(length)
        self.links.append(link)
        self.steps.append(steps)
        self.ends.append(end)
        return len(self.lengths) - 1
