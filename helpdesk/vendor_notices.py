"""Mails to vendors' contacts, who have no login, and to those here who see to what lies with a vendor.

Reactions, carried out by the worker; each may run twice. A contact reads what was shared with the vendor, and
nothing else: neither who asks, nor what the desk writes among itself.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import events as account_events
from accounts.current import current_desk
from accounts.models import AccountEvent, Contract, Membership, Organisation, Team, User, VendorContact
from accounts.operations.contracts import tell_ends
from delivery.letters import Letter
from delivery.operations.telling import News, send_letter, tell
from delivery.vocabulary import kind_called, letter_called
from escalation.models import Handoff
from helpdesk.notices import about_ticket as about_event
from helpdesk.notices import as_value, leads_of, send, those
from helpdesk.spans import spell
from helpdesk.telling.files import enclose
from helpdesk.telling.writing import Later, Value, about_desk, compose, inline
from tickets.models import Event

CONTRACT_KINDS = (account_events.CONTRACT_ENDING, account_events.CONTRACT_ENDED)


def tell_contacts(event: Event, at: datetime) -> None:
    """What is shared with the vendor that has the ticket: the text, and the names of its files.

    Where it has gone on to another vendor by now, that one's contacts are not written to: it was not meant for them.
    """
    vendor, message = vendor_that_has(event), event.message
    if vendor is None or message is None or message.vendor_id != vendor.pk:
        return
    if event.by is not None and event.by.is_vendor_guest:
        return
    _write_to_contacts(event, vendor, "vendor_asked", at)


def chase(event: Event, at: datetime) -> None:
    """The chaser, to the vendor's guests and contacts."""
    vendor = vendor_that_has(event)
    handoff = Handoff.objects.select_related("to_team").get(pk=event.data["handoff"])
    if vendor is None or vendor.pk != handoff.to_team.organisation_id:
        return  # it has gone on meanwhile
    facts: dict[str, Any] = {"since": handoff.at, "again": lazy(_asked_again, str)(event.data["count"])}
    seats = Membership.objects.filter(team_id=handoff.to_team_id).select_related("user")
    send(event, [seat.user for seat in seats], "vendor_chased", at, **facts)
    _write_to_contacts(event, vendor, "vendor_chased_contact", at, **facts)


def remind(event: Event, at: datetime) -> None:
    """To whoever is responsible here; without one, to the leads of the team that handed it over."""
    handoff = Handoff.objects.select_related("responsible", "to_team").get(pk=event.data["handoff"])
    responsible = handoff.responsible
    people = those(responsible) if responsible and responsible.is_active else leads_of(handoff.from_team_id)
    silent = lazy(spell, str)(event.at - (handoff.last_chased_at or handoff.at))
    chases = lazy(_chased, str)(handoff.chase_count)
    send(event, people, "vendor_silent", at, vendor=handoff.to_team, silent=silent, chases=chases)


def tell_of_contracts(*, at: datetime) -> list[AccountEvent]:
    """Put contracts that end, or have ended, on the lists of managers and administrators; each end twice at most.

    Returns: all that was told today, for the managers' digest.
    """
    told = tell_ends(at.astimezone(ZoneInfo(settings.TIME_ZONE)).date(), at=at)
    people = User.objects.active().filter(Q(is_manager=True) | Q(is_administrator=True))
    for event in told:
        # They have no ticket to open: such a notice counts below nothing, by the settings' own history.
        key = f"contract:{event.pk}"
        tell(people, News(kind="contracts", key=key, at=event.at, event_kind=event.kind, event_id=-event.pk))
    return told


def contract_words(events: list[AccountEvent]) -> list[str]:
    """Each as a line: which contract of whom, and its last day."""
    kept = Contract.objects.select_related("vendor").in_bulk([event.data["about"] for event in events])
    return [_contract_line(event, kept.get(event.data["about"])) for event in events]


def _contract_line(event: AccountEvent, contract: Contract | None) -> str:
    day = date_format(date.fromisoformat(event.data["ends_on"]), "DATE_FORMAT")
    words = {"contract": contract or _("(deleted)"), "day": day}
    if event.kind == account_events.CONTRACT_ENDED:
        return _("%(contract)s has ended: its last day was %(day)s.") % words
    return _("%(contract)s ends on %(day)s.") % words


def vendor_that_has(event: Event) -> Organisation | None:
    """The vendor in whose team's queue the ticket came to lie by this event, or lies now where it did not move."""
    _before, key = event.changes.get("team_id", (None, event.ticket.team_id))
    team = Team.objects.select_related("organisation").get(pk=key)
    vendor = team.organisation
    return vendor if vendor is not None and vendor.kind == Organisation.Kind.VENDOR else None


def _write_to_contacts(event: Event, vendor: Organisation, name: str, at: datetime, **more: Any) -> None:
    """Contacts have no login, so they choose nothing; and they read in the desk's own language."""
    letter = letter_called(name)
    for contact in VendorContact.objects.filter(vendor=vendor).exclude(email=""):
        with translation.override(settings.LANGUAGE_CODE), timezone.override(settings.TIME_ZONE):
            send_letter(
                [_letter_to_contact(event, contact, name, vendor, more)],
                to=contact.email,
                kind=kind_called(letter.kind),
                key=f"event:{event.pk}:contact:{contact.pk}",
                ticket_number=event.ticket_id,
                event_id=event.pk,
                at=at,
            )


def _letter_to_contact(
    event: Event, contact: VendorContact, name: str, vendor: Organisation, more: Mapping[str, Any]
) -> Letter:
    ticket, desk = event.ticket, current_desk()
    number = _("Your number: %(reference)s") % {"reference": ticket.vendor_reference}
    values: dict[str, Value | Later] = {
        **about_desk(desk, contact.name),
        **about_event(event, desk),
        "vendor_number": inline(number if ticket.vendor_reference else ""),
        **{place: as_value(value) for place, value in more.items()},
    }
    has_files = "files" in letter_called(name).placeholders
    return compose(
        name,
        values,
        language=settings.LANGUAGE_CODE,
        organisation=vendor.pk,
        enclosed=enclose(event.message, can_open_links=False) if has_files else None,
        keeps_subject=bool(ticket.subject),
    )


def _asked_again(count: int) -> str:
    return _("We ask for the time no. %(count)d.") % {"count": count} if count > 1 else ""


def _chased(count: int) -> str:
    if not count:
        return ""
    return ngettext("They were chased once.", "They were chased %(n)d times.", count) % {"n": count}
