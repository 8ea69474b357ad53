"""One mail a day to each manager who wants it: what was broken since the last one, what will be within a day, and
contracts that end."""

from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.formats import date_format

from accounts.current import current_desk
from accounts.models import AccountEvent, User
from delivery.letters import Letter
from delivery.models import Delivery
from delivery.operations.telling import News, tell
from helpdesk.telling.writing import about_desk, compose, inline, lines, link
from helpdesk.vendor_notices import contract_words, tell_of_contracts
from sla.models import Clock
from sla.operations.digesting import sending, told_since
from sla.queries.timers import Told, breached_between, breaching_between

AHEAD = timedelta(days=1)


def send_digests(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """To every manager who has something to read; the key of a mail is its day and its reader."""
    day = date.fromisoformat(payload["date"])
    ends = tell_of_contracts(at=at)
    for manager in User.objects.active().filter(is_manager=True):
        _tell(manager, day, ends, at)


def _tell(manager: User, day: date, ends: list[AccountEvent], at: datetime) -> None:
    until = sending(day)
    breached = breached_between(told_since(day), until, manager)
    coming = breaching_between(until, until + AHEAD, manager)
    if not breached.total and not coming.total and not ends:
        return

    def write(person: User) -> Letter:
        context = {
            "breached": breached,
            "breached_groups": _by_team(breached),
            "coming": coming,
            "coming_groups": _by_team(coming),
            "contracts": contract_words(ends),
        }
        values = {
            **about_desk(current_desk(), person.first_name),
            "list": lines(render_to_string("mail/_promises.txt", context).strip("\n")),
            "day": inline(date_format(day)),
            "broken": inline(breached.total),
            "coming": inline(coming.total),
            "link": link(f"{settings.BASE_URL.rstrip('/')}/desk/"),
        }
        return compose("digest", values, language=person.language, organisation=person.organisation_id)

    tell([manager], News(kind="promises", key=f"digest:{day}", at=at, write=write))


def _by_team(told: Told) -> list[tuple[str, list[Clock]]]:
    """The lines under the tier and team that has them now."""

    def place(clock: Clock) -> tuple[int, int]:
        return clock.ticket.tier_id, clock.ticket.team_id

    groups = [list(rows) for _key, rows in groupby(told.rows, place)]
    return [(f"L{rows[0].ticket.tier_id} · {rows[0].ticket.team}", rows) for rows in groups]
