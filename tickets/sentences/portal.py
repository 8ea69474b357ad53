"""What a requester reads: plain words from public facts. Notes, reasons and priorities never show through."""

from django.utils.translation import gettext as _

from accounts.models import User
from tickets import events
from tickets.sentences.desk import Say
from tickets.sentences.names import Line, day

VENDOR_TIER = 4


def first_name(line: Line, key: int | None) -> str:
    row = line.names.row(User, key)
    return row.first_name if row is not None else _("Somebody")


def by(line: Line) -> str:
    return first_name(line, line.event.by_id) if line.event.by_id else _("The service desk")


def opened(line: Line) -> str:
    if line.is_mine:
        return _("You filed this")
    if line.event.by_id is None or line.event.by_id == line.now("requester_id"):
        return _("%(who)s filed this") % {"who": line.name("requester_id")}
    if line.viewer is not None and line.now("requester_id") == line.viewer.pk:
        return _("%(by)s filed this for you") % {"by": by(line)}
    return _("%(by)s filed this for %(who)s") % {"by": by(line), "who": line.name("requester_id")}


def with_person(line: Line) -> str:
    """A person's name on the tiers that write to requesters; beyond, the team's."""
    if line.team is not None and line.team.tier_id == VENDOR_TIER:
        return _("An outside specialist is on it")
    if line.team is not None and not line.team.tier.writes_to_requesters:
        return _("The %(team)s team is on it") % {"team": line.team}
    return _("%(who)s is on it") % {"who": first_name(line, line.now("assignee_id"))}


def with_team(line: Line) -> str:
    if line.now("tier_id") == VENDOR_TIER:
        return _("An outside specialist is looking at it now")
    if not line.changed("team_id"):
        return ""
    return _("The %(team)s team is looking at it now") % {"team": line.name("team_id")}


def back(line: Line) -> str:
    if line.now("assignee_id"):
        return _("Back with %(who)s") % {"who": first_name(line, line.now("assignee_id"))}
    return (
        _("Back with the %(team)s team") % {"team": line.name("team_id")} if line.changed("team_id") else ""
    )


def replied(line: Line) -> str:
    if line.is_mine:
        return _("You replied; we look at it again") if line.data("reopened") else _("You replied")
    return _("%(by)s replied") % {"by": by(line)}


def held(line: Line) -> str:
    until = line.now("hold_until")
    return _("We go on with it on %(day)s") % {"day": day(until)} if until else _("We go on with it later")


SENTENCES: dict[str, Say] = {
    events.OPENED: opened,
    events.REPLIED: replied,
    events.NEWS_ASKED: lambda line: (
        _("You asked for news") if line.is_mine else _("%(by)s asked for news") % {"by": by(line)}
    ),
    events.ASSIGNED: with_person,
    events.TAKEN: with_person,
    events.MOVED: with_team,
    events.WAITS_REQUESTER: lambda line: _("%(by)s asked you a question") % {"by": by(line)},
    events.WAITS_VENDOR: lambda line: _("We are waiting for an outside specialist"),
    events.HELD: held,
    events.RESUMED: lambda line: _("We are going on with it"),
    events.HOLD_ENDED: lambda line: _("We are going on with it"),
    events.RESOLVED: lambda line: _("%(by)s solved it") % {"by": by(line)},
    events.REOPENED: lambda line: (
        _("You said that it is still broken; we look at it again")
        if line.is_mine
        else _("We look at it again")
    ),
    events.THANKED: lambda line: _("Solved, as before"),
    events.CONFIRMED: lambda line: (
        _("You said that it works") if line.is_mine else _("%(by)s said that it works") % {"by": by(line)}
    ),
    events.CLOSED: lambda line: _("Closed"),
    events.RATED: lambda line: (
        (_("You rated it %(n)s of 5") if line.is_mine else _("Rated %(n)s of 5")) % {"n": line.data("rating")}
    ),
    events.CANCELLED: lambda line: _("We have ended this without an answer"),
    events.NOT_A_REQUEST: lambda line: _("We have ended this without an answer"),
    events.WITHDRAWN: lambda line: (
        _("You withdrew this") if line.is_mine else _("%(by)s withdrew this") % {"by": by(line)}
    ),
    events.RESTORED: lambda line: _("We have taken this up again"),
    events.MERGED: lambda line: _("%(other)s was joined to this") % {"other": line.other},
    events.MERGED_INTO: lambda line: _("This goes on in %(other)s") % {"other": line.other},
    events.IMPORTED: lambda line: _("Taken over from an earlier tool"),
}
"""Kinds that are absent are not told to requesters."""
