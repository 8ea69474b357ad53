"""Who is called by a text: found in its words by their names, kept with its event by their keys."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from accounts.models import Team, User
from tickets.mentions import DATA, PERSON, TEAM, Mention, mentions_in, names_after
from tickets.models import Audience, Event, Message, Ticket
from tickets.queries.mentionable import people_named, readers_of, teams_of_desk

NOT_TOLD = "not_told"


def mentioned(message: Message, *, by: User | None) -> dict[str, Any]:
    """What the event of this message keeps of its mentions: those who may read it, and the others.

    Without an @ it costs nothing. A vendor's guest and a requester call nobody.
    """
    places = list(names_after(message.body)) if message.from_desk and by is not None else []
    if not places:
        return {}
    wanted = {name for _start, names in places for name in names}
    people, teams = people_named(wanted), list(teams_of_desk().filter(name__in=wanted))
    rows = _by_name(people, teams)
    seen, by_team = readers_of(message.ticket, people, teams, min_tier=_tier(message))
    found: list[Mention] = []
    unread: list[list[Any]] = []
    for start, names in places:
        name = next((name for name in names if name in rows), None)
        if name is None or (found and start < found[-1].end):
            continue
        row = rows[name]
        kind = TEAM if isinstance(row, Team) else PERSON
        reads = bool(by_team.get(row.pk)) if kind == TEAM else row.pk in seen
        if reads:
            found.append(Mention(start, len(name) + 1, kind, row.pk))
        elif [kind, row.pk] not in unread:
            unread.append([kind, row.pk])
    kept: dict[str, Any] = {DATA: [mention.stored for mention in found]} if found else {}
    return kept | ({NOT_TOLD: unread} if unread else {})


def who_is_called(event: Event) -> list[User]:
    """The people, and the members of the teams, but not who wrote it. Whether they may read it the teller asks."""
    mentions = mentions_in(event.data)
    if not mentions:
        return []
    people = {mention.key for mention in mentions if mention.kind == PERSON}
    teams = {mention.key for mention in mentions if mention.kind == TEAM}
    rows = User.objects.active().filter(pk__in=people)
    if teams:
        rows = rows | User.objects.active().filter(
            memberships__team__in=teams, memberships__team__is_active=True
        )
    writer = event.by_id or 0  # the system has no key
    return list(rows.distinct().exclude(pk=writer).order_by("pk"))


def untold(ticket: Ticket, text: str, *, by: User | None, at: datetime) -> str:
    """For the writer of this text: whom they named who may not read it, and so is not told. Else empty."""
    if "@" not in text:
        return ""
    event = ticket.events.filter(by=by, at=at, data__has_key=NOT_TOLD).order_by("-id").first()
    rows = event.data[NOT_TOLD] if event else ()
    people = User.objects.filter(pk__in=[key for kind, key in rows if kind == PERSON])
    teams = Team.objects.filter(pk__in=[key for kind, key in rows if kind == TEAM])
    names = [*map(str, people), *map(str, teams)]
    if not names:
        return ""
    return _("Not told, because they may not read it: %(names)s.") % {"names": get_text_list(names, _("and"))}


def _by_name(people: Iterable[User], teams: Iterable[Team]) -> dict[str, Any]:
    """A name that two people have means neither: their mail address does."""
    found: dict[str, Any] = {team.name: team for team in teams}
    shared: set[str] = set()
    for person in people:
        if isinstance(found.get(person.name), User):
            shared.add(person.name)
        found[person.name] = person
        found[person.email] = person
    return {name: row for name, row in found.items() if name not in shared}


def _tier(message: Message) -> int:
    return message.min_tier if message.audience == Audience.INTERNAL else 0
