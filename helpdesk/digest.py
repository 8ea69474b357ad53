"""One mail a day to each manager: what was broken since the last one, what will be within a day, and
contracts that end."""

from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import AccountEvent, Desk, User
from delivery.models import Delivery
from delivery.operations import send_mail_row
from helpdesk.vendor_notices import contract_words, tell_of_contracts
from sla.models import Clock
from sla.operations.digesting import sending, told_since
from sla.queries.timers import Told, breached_between, breaching_between

AHEAD = timedelta(days=1)


def send_digests(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """To every manager who has something to read; the key of a mail is its day and its reader."""
    day, desk = date.fromisoformat(payload["date"]), Desk.load()
    ends = tell_of_contracts(at=at)
    for manager in User.objects.active().filter(is_manager=True):
        _send(manager, day, desk, ends, at)


def _send(manager: User, day: date, desk: Desk, ends: list[AccountEvent], at: datetime) -> None:
    until = sending(day)
    breached = breached_between(told_since(day), until, manager)
    coming = breaching_between(until, until + AHEAD, manager)
    if not breached.total and not coming.total and not ends:
        return
    with translation.override(manager.language), timezone.override(manager.zone):
        context = {
            "person": manager,
            "desk": desk,
            "breached": breached,
            "breached_groups": _by_team(breached),
            "coming": coming,
            "coming_groups": _by_team(coming),
            "contracts": contract_words(ends),
            "url": f"{settings.BASE_URL.rstrip('/')}/desk/",
        }
        subject = _("Promises on %(day)s: %(breached)s broken, %(coming)s due within a day") % {
            "day": date_format(day),
            "breached": breached.total,
            "coming": coming.total,
        }
        text = render_to_string("mail/digest.txt", context)
    send_mail_row(
        to=manager.email,
        subject=subject,
        text=text,
        person=manager,
        dedupe_key=f"digest:{day}:{manager.pk}",
        at=at,
    )


def _by_team(told: Told) -> list[tuple[str, list[Clock]]]:
    """The lines under the tier and team that has them now."""

    def place(clock: Clock) -> tuple[int, int]:
        return clock.ticket.tier_id, clock.ticket.team_id

    groups = [list(rows) for _key, rows in groupby(told.rows, place)]
    return [(f"L{rows[0].ticket.tier_id} · {rows[0].ticket.team}", rows) for rows in groups]
