"""The one place where people are told of things: who, by what they have chosen, when, and with what it leaves.

Everything that tells somebody goes through `tell`; what it needs to know of a kind stands in `delivery/vocabulary.py`,
what people choose in `delivery/choosing.py`.

A mail leaves at once, unless its reader wants a digest or has quiet hours, or unless another one about the same
ticket left for them within the last minute: then it waits until that minute is over, and takes with it whatever
else comes. So the first mail is never late, and of many quick changes come two mails, not ten. Who would rather have
one chooses to wait a minute with the first as well. A receipt counts for nothing here: the first answer to a
requester leaves within seconds, also right after it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone, translation

from accounts.current import current_desk
from accounts.looks import look_for
from accounts.models import User
from delivery import threading
from delivery.choosing import Preferences
from delivery.letters import Letter, Paper, subject_of_many
from delivery.logos import Logo
from delivery.models import Delivery, Mail, Piece
from delivery.operations.heading import from_header, list_headers, reply_headers, thread_of
from delivery.operations.mailing import new_message_id, send_mail_row
from delivery.operations.noticing import notify, notify_again
from delivery.operations.queueing import enqueue
from delivery.vocabulary import ByMail, NoticeKind, kind_called

KIND = "notices"
"""The delivery that sends what waits for one person in one bundle."""
MINUTE = timedelta(minutes=1)
DIGEST = "digest"
NOBODYS = ".invalid"
"""RFC 2606: the address of somebody who has none."""

Write = Callable[[User], Letter]
Sees = Callable[[User, int], bool]
_asked_first: list[Sees] = []


def ask_first(sees: Sees) -> None:
    """Have `sees(person, ticket number)` asked before what has waited leaves; `helpdesk.wiring` calls it."""
    if sees not in _asked_first:
        _asked_first.append(sees)


Informed = Callable[[list[int]], None]
_informed: list[Informed] = []


def also_inform(inform: Informed) -> None:
    """Have `inform(keys of people)` called for whom a notice was put down; `helpdesk.wiring` calls it."""
    if inform not in _informed:
        _informed.append(inform)


@dataclass(frozen=True, kw_only=True)
class News:
    """Something that happened, as it is told. It holds no words: `write` makes them for each reader."""

    kind: str
    """Of `delivery.vocabulary`: what people choose by."""
    key: str
    """Tells it from all else: one person is told of it once."""
    at: datetime
    write: Write | None = None
    event_kind: str = ""
    """What a notice inside the product says has happened; `kind` where it is empty."""
    event_id: int = 0
    """The ticket's event; below nothing, what the apps above count there (helpdesk/telling/numbers.py)."""
    ticket_number: int | None = None
    by: int | None = None
    """Who did it: never told of it, unless the kind confirms one's own act."""
    is_urgent: bool = False
    again: bool = False
    """Put the notice on top once more, unread, also for those who have read it."""


def tell(people: Iterable[User], news: News) -> None:
    """Tell each of them once, by what they have chosen. Telling the same again changes nothing."""
    kind = kind_called(news.kind)
    told = [
        person
        for person in {person.pk: person for person in people}.values()
        if person.is_active and (person.pk != news.by or kind.tells_actor)
    ]
    chosen = Preferences.of_all(told)
    _tell_inside([person for person in told if chosen[person.pk].choice(kind).inside], news)
    if news.write is None:
        return
    for person in sorted(told, key=lambda person: person.pk):
        if chosen[person.pk].choice(kind).mail != ByMail.OFF and not person.email.endswith(NOBODYS):
            _write_to(person, chosen[person.pk], kind, news, news.write)


def send_waiting(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """The handler of what waits: one mail with all that is due for this person in this bundle."""
    with transaction.atomic():
        # One after the other: whoever waited for these rows finds that they have left.
        rows = Piece.objects.select_for_update().filter(
            person=payload["person"], bundle=payload["bundle"], left_at=None, due_at__lte=at
        )
        pieces = list(rows.order_by("created_at", "id"))
        if not pieces:
            return
        person = User.objects.get(pk=payload["person"])
        said = [piece for piece in pieces if piece.letter.get("text") and _may_still_read(person, piece)]
        mail = _send_pieces(person, said, at) if said and person.is_active else None
        Piece.objects.filter(pk__in=[piece.pk for piece in pieces]).update(left_at=at, letter={})
        if mail is not None:
            Piece.objects.filter(pk__in=[piece.pk for piece in said]).update(mail_key=mail.pk)


def take_back(person: int, keys: Iterable[str]) -> None:
    """What waits to be told to this person by these keys (a digest, the end of their quiet hours) is told no more."""
    Piece.objects.filter(person=person, key__in=list(keys), left_at=None).update(letter={})


def send_letter(
    letters: list[Letter],
    *,
    to: str,
    kind: NoticeKind,
    key: str,
    at: datetime,
    person: User | None = None,
    ticket_number: int | None = None,
    event_id: int | None = None,
    kinds: Sequence[NoticeKind] = (),
) -> Mail:
    """Put one mail into the outbox that brings these letters, with all that holds a conversation together.

    Args:
        kinds: all that it tells of, where they are several; `kind` is what the mail passes for.
    """
    desk = current_desk().name
    sender = threading.sender_of(ticket_number)
    thread = thread_of(ticket_number, to) if ticket_number else None
    can_answer = sender is not None and bool(ticket_number)
    name = letters[0].sender_name if len({letter.sender_name for letter in letters}) == 1 else ""
    look = look_for(person.organisation_id if person else None)
    logo = Logo.of(look)
    may_choose = not kind.is_fixed and person is not None
    paper = Paper(look.name, can_answer, may_choose, letters, look.colour, logo)
    headers = {
        "From": from_header(sender, name, desk),
        **reply_headers(sender, ticket_number),
        **(thread.headers if thread else {}),
        **list_headers(person, kinds or [kind]),
    }
    if kind.is_fixed and thread and thread.answers:
        headers["Auto-Submitted"] = "auto-replied"  # RFC 3834: the answer of a machine to one message
    if ticket_number:
        headers["X-Tierdesk-Ticket"] = f"TD-{ticket_number}"
    with translation.override(letters[0].language):
        subject = letters[0].subject if ticket_number else subject_of_many(letters, desk)
        text, html = paper.text, paper.html
    return send_mail_row(
        to=to,
        subject=_kept_subject(thread.subject if thread else "", subject, letters),
        text=text,
        html=html,
        headers=headers,
        about_ticket=ticket_number,
        event_id=event_id,
        person=person,
        kind=kind.code,
        sender=sender.address if sender else "",
        is_personal=all(letter.is_personal for letter in letters),
        files=[*([logo.key] if logo else []), *(key for letter in letters for key in letter.files)],
        dedupe_key=key,
        at=at,
    )


def _tell_inside(people: list[User], news: News) -> None:
    if not people or not news.event_id:
        return
    (notify_again if news.again else notify)(
        people,
        kind=news.event_kind or news.kind,
        ticket_number=news.ticket_number or 0,
        event_id=news.event_id,
        at=news.at,
    )
    for inform in _informed:
        inform([person.pk for person in people])


@transaction.atomic
def _write_to(person: User, chosen: Preferences, kind: NoticeKind, news: News, write: Write) -> None:
    key = f"{news.key}:{person.pk}"
    if news.ticket_number:
        _one_at_a_time(person.pk, news.ticket_number)
    before = _Before.of(person, news, new_message_id(key))
    if before.is_told:
        return
    due, bundle = _when(chosen, kind, news, before)
    with translation.override(person.language), timezone.override(person.zone):
        letter = write(person)
    if not bundle:
        send_letter(
            [letter],
            to=person.email,
            kind=kind,
            key=key,
            at=news.at,
            person=person,
            ticket_number=news.ticket_number,
            event_id=news.event_id if news.event_id > 0 else None,
        )
        return
    piece = Piece.objects.create(
        person=person,
        key=news.key,
        bundle=bundle,
        kind=kind.code,
        ticket_number=news.ticket_number,
        event_id=news.event_id if news.event_id > 0 else None,
        letter=letter.as_json(),
        created_at=news.at,
        due_at=due,
    )
    enqueue(
        KIND,
        {"person": person.pk, "bundle": bundle},
        not_before=due,
        # One for each piece: the first takes all along, and a piece that came too late for it is still sent.
        dedupe_key=f"{KIND}:{piece.pk}",
        at=news.at,
    )


@dataclass(frozen=True)
class _Before:
    """What this person was written about the ticket lately, and what waits for them: one query each."""

    is_told: bool
    mails: list[tuple[str, datetime]]
    """Of the last minute: kind and time, the newest first."""
    waits_until: datetime | None

    @classmethod
    def of(cls, person: User, news: News, message_id: str) -> "_Before":
        about = Q(message_id=message_id)
        waiting = Q(key=news.key)
        if news.ticket_number:
            about |= Q(about_ticket=news.ticket_number, person=person, created_at__gt=news.at - MINUTE)
            waiting |= Q(bundle=_bundle(news), left_at=None)
        mails = Mail.objects.filter(about).order_by("-created_at")
        rows = list(mails.values_list("message_id", "kind", "created_at"))
        pieces = list(Piece.objects.filter(waiting, person=person).values_list("key", "left_at", "due_at"))
        return cls(
            any(name == message_id for name, _kind, _at in rows)
            or any(key == news.key for key, _left, _due in pieces),
            [(kind, at) for _name, kind, at in rows],
            min((due for _key, left, due in pieces if left is None), default=None),
        )


def _when(chosen: Preferences, kind: NoticeKind, news: News, before: _Before) -> tuple[datetime, str]:
    """When a mail leaves, and in which bundle; alone and at once where that is empty."""
    due = chosen.leaves_at(kind, news.at, is_urgent=news.is_urgent)
    if due > news.at:
        return due, DIGEST
    if kind.is_fixed or kind.is_urgent or not news.ticket_number:
        return news.at, ""
    if before.waits_until is not None:
        return max(news.at, before.waits_until), _bundle(news)
    last = next((at for kind, at in before.mails if _counts(kind)), None)
    if last is not None:
        return last + MINUTE, _bundle(news)
    return (news.at + MINUTE, _bundle(news)) if chosen.gathers else (news.at, "")


def _bundle(news: News) -> str:
    return f"ticket:{news.ticket_number}"


def _counts(kind: str) -> bool:
    """Whether what follows such a mail within the minute waits: not what follows a receipt, or a mail of the login."""
    return bool(kind) and not kind_called(kind).is_fixed


def _send_pieces(person: User, pieces: list[Piece], at: datetime) -> Mail:
    """One mail of all; where all are of one ticket, it belongs to that ticket's conversation."""
    letters = [Letter.from_json(piece.letter) for piece in pieces]
    tickets = {piece.ticket_number for piece in pieces}
    kinds = [kind_called(piece.kind) for piece in pieces]
    told = {piece.event_id for piece in pieces}
    with translation.override(person.language), timezone.override(person.zone):
        return send_letter(
            letters,
            to=person.email,
            kind=next((kind for kind in kinds if kind.is_correspondence), kinds[0]),
            key=f"pieces:{pieces[0].pk}:{pieces[-1].pk}",
            at=at,
            person=person,
            ticket_number=tickets.pop() if len(tickets) == 1 else None,
            event_id=told.pop() if len(told) == 1 else None,
            kinds=list(dict.fromkeys(kinds)),
        )


def _kept_subject(before: str, now: str, letters: list[Letter]) -> str:
    """A conversation keeps the subject it began with, for mail programs split it where the subject changes."""
    tag = now.partition("]")[0]
    is_same = before.startswith(f"{tag}]") and all(letter.keeps_subject for letter in letters)
    return before if is_same else now


def _may_still_read(person: User, piece: Piece) -> bool:
    """What waited is not told to who has lost sight of its ticket meanwhile."""
    return piece.ticket_number is None or all(sees(person, piece.ticket_number) for sees in _asked_first)


def _one_at_a_time(person: int, ticket: int) -> None:
    """Two workers that tell one person of one ticket at the same moment would not see each other's mail."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [person % 2**31, ticket % 2**31])
