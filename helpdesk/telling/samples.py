"""What a mail would look like: its words filled from a real ticket, and where that has nothing, with examples."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import Desk, Organisation, User
from delivery.letters import Letter, Paper
from delivery.templates import Words
from delivery.vocabulary import LetterKind
from helpdesk.notices import about_ticket, as_value
from helpdesk.portal.links import PATH
from helpdesk.telling.surveys import question
from helpdesk.telling.writing import Later, Value, about_desk, compose, lines, link, written
from insights.models import Survey
from tickets.models import NUMBER_PREFIX, Audience, Event, Ticket


@dataclass(frozen=True)
class Sample:
    letter: Letter
    number: str
    """The ticket that it was filled from; empty where there is none."""

    @property
    def text(self) -> str:
        return Paper(Desk.load().name, may_choose=False, letters=[self.letter]).text


def sample_of(
    kind: LetterKind,
    words: Words,
    *,
    reader: User,
    language: str,
    organisation: Organisation | None,
    number: str,
    at: datetime,
) -> Sample | None:
    """In the language that is active. None: the ticket that was asked for is none that this reader sees."""
    event = _event(reader, number)
    if event is None and number.strip():
        return None
    desk = Desk.load()
    values: dict[str, Value | Later] = {
        **about_desk(desk, reader.first_name),
        **_examples(at, reader),
        **(about_ticket(event, desk) if event else {}),
        "link": link(f"{settings.BASE_URL.rstrip('/')}{PATH}…/"),
    }
    if event is None or event.message is None:
        values["text"] = written(_("Here is what somebody wrote, with **signs** and all."))
    letter = compose(
        kind.name,
        values,
        language=language,
        organisation=organisation.pk if organisation else reader.organisation_id,
        sender_name=reader.name,
        words=words,
    )
    return Sample(letter, event.ticket.number if event else "")


def _event(reader: User, number: str) -> Event | None:
    """The last of the ticket that says something which everybody with the ticket reads."""
    tickets = Ticket.objects.visible_to(reader)
    digits = number.strip().upper().removeprefix(NUMBER_PREFIX)
    if number.strip():
        is_key = digits.isascii() and digits.isdigit() and len(digits) < 19
        tickets = tickets.filter(pk=int(digits)) if is_key else tickets.none()
    ticket = tickets.order_by("-pk").first()
    if ticket is None:
        return None
    events = Event.objects.filter(ticket=ticket).select_related("message", "by", "ticket__requester")
    public = events.filter(message__audience=Audience.PUBLIC, message__redacted_at=None)
    return public.order_by("-pk").first() or events.filter(message=None).order_by("pk").first()


def _examples(at: datetime, reader: User) -> dict[str, Any]:
    soon = at + timedelta(hours=2)
    plain = {
        "promise": _("You hear from us by two o'clock."),
        "due": soon,
        "since": at - timedelta(days=3),
        "again": _("We ask for the time no. %(count)d.") % {"count": 2},
        "metric": _("resolution"),
        "share": 75,
        "rule": _("VIPs first"),
        "vendor": "Kestrel Networks",
        "vendor_number": _("Your number: %(reference)s") % {"reference": "K-2041"},
        "silent": _("2 days"),
        "chases": _("They were chased once."),
        "title": _("VPN drops every 20 minutes"),
        "asks": _("Please read “%(title)s”, and say that you have.")
        % {"title": _("VPN drops every 20 minutes")},
        "note": _("It concerns everybody who works from home."),
        "summary": _("The new client no longer needs step 3."),
        "what": _("Articles to look at again"),
        "known": _("14 tickets since 9:05. Usual in such an hour are 3.2."),
        "webhook": _("Monitoring"),
        "address": "https://example.com/hook",
        "why": _("For three days it has failed every time."),
        "day": at,
        "broken": 2,
        "score": 2,
        "coming": 3,
        "by": "Mira Kask",
    }
    found = {name: as_value(value) for name, value in plain.items()}
    return {
        **found,
        "survey": question(Survey(pk=0, person=reader)),
        "list": lines(_("  one line\n  and another")),
    }
