"""Moves between teams, as each side reads of them."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts import sentences as settings
from accounts.models import AccountEvent, Team, User
from escalation import events, settings_events
from escalation.events import ACCEPTED, HANDED_OVER, RETURNED
from escalation.models import (
    Checklist,
    ChecklistItem,
    HandoffRating,
    Macro,
    Proposal,
    Reason,
    ReturnReason,
    Rule,
    Strategy,
)
from escalation.operations.availability import Why
from escalation.operations.macros import MACROS, names_of_deleted
from escalation.queries.cover import COVERED_UNTIL, COVERS
from escalation.rules.telling import Who
from sla.models import Calendar
from tickets import events as ticket_events
from tickets import sentences
from tickets.sentences import Line, desk, names
from tickets.sentences.desk import said
from tickets.sentences.names import label
from tickets.sentences.portal import back, with_team
from tickets.sentences.portal import first_name as first_name_of


def teach() -> None:
    """Called by `helpdesk.wiring`: tickets cannot know what is above them."""
    sentences.register(HANDED_OVER, to_desk=handed_over, to_requester=with_team, to_vendor=to_vendor)
    sentences.register(ACCEPTED, to_desk=accepted, to_requester=taken_on)
    sentences.register(RETURNED, to_desk=returned, to_requester=back, to_vendor=to_vendor)
    sentences.register(events.OWNER_NAMED, to_desk=owner_named, to_requester=with_team, to_vendor=to_vendor)
    sentences.register(events.VENDOR_CHASED, to_desk=vendor_chased, to_vendor=vendor_was_chased)
    sentences.register(events.FIX_CONFIRMED, to_desk=fix_confirmed, to_vendor=vendors_fix_confirmed)
    for kind, say in INSIDE.items():
        sentences.register(kind, to_desk=say)
    names.DATA["checklist_item"] = ChecklistItem
    names.DATA["rule"] = Rule
    names.DATA["macro"] = Macro
    names.GONE[Macro] = names_of_deleted
    names.DATA["responsible"] = User
    names.DATA["author"] = User
    names.DATA["away"] = User
    names.DATA[COVERS] = Team
    sentences.register(ticket_events.OPENED, to_desk=opened)
    sentences.register(ticket_events.ASSIGNED, to_desk=given)
    sentences.register(ticket_events.RELEASED, to_desk=put_back)
    settings.teach(
        settings_events.TEAM_WORK_CHANGED, _lazy("changed the way of working of the team %(team)s")
    )
    settings.teach(
        settings_events.TEAM_COVER_CHANGED,
        _lazy("said when the team %(team)s works, and who covers it"),
        details=_hours_and_cover,
    )
    settings.teach(settings_events.WENT_AWAY, _lazy("marked %(person)s as away"))
    settings.teach(settings_events.CAME_BACK, _lazy("marked %(person)s as here"))
    settings.teach(
        settings_events.DUTY_CHANGED, _lazy("changed the working hours or the capacity of %(person)s")
    )
    settings.teach(
        settings_events.CHECKLIST_CREATED, _lazy("added the checklist of %(about)s"), about=Checklist
    )
    settings.teach(
        settings_events.CHECKLIST_CHANGED, _lazy("changed the checklist of %(about)s"), about=Checklist
    )
    settings.teach(
        settings_events.CHECKLIST_RETIRED, _lazy("retired the checklist of %(about)s"), about=Checklist
    )
    settings.teach(MACROS.created, _lazy("added the macro %(about)s"), about=Macro)
    settings.teach(MACROS.changed, _lazy("changed the macro %(about)s"), about=Macro, changed=True)
    settings.teach(MACROS.deleted, _lazy("deleted a macro"), details=lambda event: str(event.team or ""))
    settings.teach(settings_events.RULE_CREATED, _lazy("added the rule %(about)s"), about=Rule)
    settings.teach(settings_events.RULE_CHANGED, _lazy("changed the rule %(about)s"), about=Rule)
    settings.teach(settings_events.RULE_ENABLED, _lazy("put the rule %(about)s to use"), about=Rule)
    settings.teach(settings_events.RULE_DISABLED, _lazy("took the rule %(about)s out of use"), about=Rule)
    settings.teach(settings_events.RULE_DELETED, _lazy("deleted a rule"), details=_name_of_deleted)
    settings.teach(
        settings_events.VENDOR_TAKES, _lazy("said what %(about)s takes"), about=Team, details=_what_it_takes
    )
    settings.teach(
        settings_events.VENDOR_TAKES_NO_MORE,
        _lazy("said what %(about)s takes no more"),
        about=Team,
        details=_what_it_takes,
    )
    settings.teach(settings_events.RULES_ORDERED, _lazy("put the rules in another order"))


def _what_it_takes(event: AccountEvent) -> str:
    return str(event.data["takes"])


def _name_of_deleted(event: AccountEvent) -> str:
    return str(event.data["name"])


def _hours_and_cover(event: AccountEvent) -> str:
    """Names as they are now; before and after."""
    told: tuple[tuple[str, str, Any, str], ...] = (
        ("hours", _("hours"), Calendar.objects, _("around the clock")),
        ("covered_by", _("covered by"), Team.objects, _("nobody")),
    )
    parts = []
    for name, field, rows, nothing in told:
        if name in event.data:
            found = rows.in_bulk([key for key in event.data[name] if key])
            was, now = (str(found.get(key, f"#{key}")) if key else nothing for key in event.data[name])
            parts.append(f"{field}: {was} → {now}")
    return "; ".join(parts)


_opened = desk.SENTENCES[ticket_events.OPENED]


def opened(line: Line) -> str:
    """What landed elsewhere because its team is out of hours says so."""
    words, reason = _opened(line), covers(line)
    return _("%(words)s; %(why)s") % {"words": words, "why": reason} if reason else words


def covers(line: Line) -> str:
    """Why another team has it than the one that was meant; empty where it is the one."""
    if not line.data(COVERS):
        return ""
    parts = {
        "team": line.names.name(Team, line.data(COVERS)),
        "instead": line.name("team_id") if line.changed("team_id") else _("another team"),
        "back": names.day(line.data(COVERED_UNTIL)),
    }
    if parts["back"]:
        return _("%(instead)s covers %(team)s, which works again on %(back)s") % parts
    return _("%(instead)s covers %(team)s, which is out of hours") % parts


def handed_over(line: Line) -> str:
    words, reason = _handed_over(line), covers(line)
    return _("%(words)s; %(why)s") % {"words": words, "why": reason} if reason else words


def _handed_over(line: Line) -> str:
    sender = line.names.name(Team, line.data("from_team") or line.was("team_id"))
    words = said(_("%(by)s handed it from %(sender)s to %(team)s"), line, sender=sender, team=_receiver(line))
    words = _with_reason(words, label(Reason, line.data("reason")))
    if line.data("overridden"):
        words = _("%(words)s, with required items of the checklist missing") % {"words": words}
    if line.data("responsible") and line.data("responsible") != line.event.by_id:
        who = line.names.name(User, line.data("responsible"))
        words = _("%(words)s; %(who)s stays responsible") % {"words": words, "who": who}
    return words


HOW_GIVEN = {
    Strategy.ROUND_ROBIN: _lazy("next in turn"),
    Strategy.LEAST_LOADED: _lazy("has least to do"),
    Strategy.SKILLS: _lazy("knows it best of those who are free"),
}


def given(line: Line) -> str:
    """What the team's way of working gives says why to this person."""
    who = line.name("assignee_id")
    if line.data("strategy"):
        how = HOW_GIVEN.get(line.data("strategy"), "")
        return _("Given to %(who)s: %(how)s") % {"who": who, "how": how}
    if line.data("shift"):
        return said(_("%(by)s gave it to %(who)s at the end of the shift"), line, who=who)
    return desk.assigned(line)


def put_back(line: Line) -> str:
    """What went back because somebody is not here says who, and until when."""
    if not line.data("away"):
        return _put_back(line)
    if line.event.by_id == line.data("away"):
        return said(_("%(by)s put it back into the queue at the end of the shift"), line)
    who, back = line.names.name(User, line.data("away")), names.day(line.data("back"))
    answered = line.data("why") == Why.REPLY
    if back:
        words = (
            _("Back in the queue with an answer: %(who)s is away until %(back)s")
            if answered
            else _("Back in the queue before it is due: %(who)s is away until %(back)s")
        )
        return words % {"who": who, "back": back}
    words = (
        _("Back in the queue with an answer: %(who)s is away")
        if answered
        else _("Back in the queue before it is due: %(who)s is away")
    )
    return words % {"who": who}


_put_back = desk.SENTENCES[ticket_events.RELEASED]


def accepted(line: Line) -> str:
    return said(_("%(by)s accepted it"), line)


def returned(line: Line) -> str:
    words = said(_("%(by)s returned it to %(team)s"), line, team=_receiver(line))
    return _with_reason(words, label(ReturnReason, line.data("reason")))


def taken_on(line: Line) -> str:
    """A person's name, where the team writes to requesters; for others the hand-over has said enough."""
    is_known = line.team is not None and line.team.tier.writes_to_requesters and line.team.tier_id < 4
    if not is_known or not line.now("assignee_id"):
        return ""
    return _("%(who)s is on it") % {"who": first_name_of(line, line.now("assignee_id"))}


def to_vendor(line: Line) -> str:
    """Only moves that begin or end with the vendor; who sits where inside is not theirs to know."""
    if line.now("tier_id") == 4 or line.now("vendor_id"):  # from another vendor the tier stays as it is
        return _("It was handed to you")
    if line.was("tier_id") == 4:
        return _("It went back")
    return ""


def _receiver(line: Line) -> str:
    return line.name("team_id") if line.changed("team_id") else _("the same team")


def _with_reason(words: str, reason: str) -> str:
    return _("%(words)s: %(why)s") % {"words": words, "why": reason} if reason else words


# --- what only the desk reads ---


def proposed(line: Line) -> str:
    sentences_of = {
        Proposal.Kind.QUESTION: _("%(by)s proposed a question to the requester"),
        Proposal.Kind.RESOLUTION: _("%(by)s proposed a solution to the requester"),
    }
    return said(sentences_of.get(line.data("what"), _("%(by)s proposed a reply to the requester")), line)


def proposal_sent(line: Line) -> str:
    author = line.names.name(User, line.data("author"))
    if line.event.by_id == line.data("author"):
        return said(_("%(by)s sent the proposed reply without the contact"), line)
    if line.data("edited"):
        return said(_("%(by)s edited and sent what %(author)s proposed"), line, author=author)
    return said(_("%(by)s sent what %(author)s proposed"), line, author=author)


def proposal_refused(line: Line) -> str:
    if line.event.by_id == line.data("author"):
        return said(_("%(by)s took the proposed reply back"), line)
    author = line.names.name(User, line.data("author"))
    return said(_("%(by)s did not send what %(author)s proposed"), line, author=author)


def invited(line: Line) -> str:
    return said(_("%(by)s asked %(who)s to help"), line, who=_helper(line))


def invitation_ended(line: Line) -> str:
    if line.data("minutes"):
        words = _("%(by)s ended the help of %(who)s: %(minutes)s min")
        return said(words, line, who=_helper(line), minutes=line.data("minutes"))
    return said(_("%(by)s ended the help of %(who)s"), line, who=_helper(line))


def _helper(line: Line) -> str:
    if line.data("user"):
        return line.names.name(User, line.data("user"))
    return line.names.name(Team, line.data("team"))


def ping_pong(line: Line) -> str:
    teams = line.names.list(Team, line.data("teams") or [])
    if not teams:
        return _("It goes back and forth between two teams")
    return _("It goes back and forth between %(teams)s") % {"teams": teams}


def owner_named(line: Line) -> str:
    owner = (line.data("teams") or [None])[0]
    return said(_("%(by)s named %(team)s: it stays there"), line, team=line.names.name(Team, owner))


def handoff_rated(line: Line) -> str:
    return said(
        _("%(by)s found the hand-off: %(rating)s"), line, rating=label(HandoffRating, line.data("rating"))
    )


def item_answered(line: Line) -> str:
    item = line.names.row(ChecklistItem, line.data("checklist_item"))
    if item is None:
        return said(_("%(by)s answered what was missing"), line)
    return said(_("%(by)s answered what was missing: %(item)s"), line, item=item)


def notified(line: Line) -> str:
    who = line.names.name(User, line.data("user")) if line.data("user") else label(Who, line.data("who"))
    return said(_("%(by)s told %(who)s of it"), line, who=who)


def chain_stopped(line: Line) -> str:
    return said(_("%(by)s did nothing: rules set off one another too often here"), line)


def rule_overtaken(line: Line) -> str:
    return said(_("%(by)s did nothing, for a person had changed it meanwhile"), line)


def vendor_reminded(line: Line) -> str:
    team = line.names.name(Team, line.data("team"))
    if line.data("user"):
        who = line.names.name(User, line.data("user"))
        return said(_("%(by)s reminded %(who)s: %(team)s has not answered"), line, who=who, team=team)
    return said(_("%(by)s reminded the leads: %(team)s has not answered"), line, team=team)


def vendor_chased(line: Line) -> str:
    return said(_("%(by)s chased %(team)s"), line, team=line.names.name(Team, line.data("team")))


def vendor_was_chased(line: Line) -> str:
    return _("You were asked how it stands")


def responsible_set(line: Line) -> str:
    who = line.names.name(User, line.data("user"))
    return said(_("%(by)s made %(who)s responsible while the vendor has it"), line, who=who)


def fix_confirmed(line: Line) -> str:
    return said(
        _("%(by)s confirmed the fix of %(team)s"), line, team=line.names.name(Team, line.data("team"))
    )


def vendors_fix_confirmed(line: Line) -> str:
    return _("The fix was confirmed")


INSIDE = {
    events.PROPOSED: proposed,
    events.PROPOSAL_SENT: proposal_sent,
    events.PROPOSAL_REFUSED: proposal_refused,
    events.INVITED: invited,
    events.INVITATION_ENDED: invitation_ended,
    events.PING_PONG: ping_pong,
    events.HANDOFF_RATED: handoff_rated,
    events.ITEM_ANSWERED: item_answered,
    events.NOTIFIED: notified,
    events.CHAIN_STOPPED: chain_stopped,
    events.RULE_OVERTAKEN: rule_overtaken,
    events.VENDOR_REMINDED: vendor_reminded,
    events.RESPONSIBLE_SET: responsible_set,
}
