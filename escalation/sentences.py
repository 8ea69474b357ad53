"""Moves between teams, as each side reads of them."""

from django.utils.translation import gettext as _

from accounts.models import Team
from escalation.events import ACCEPTED, HANDED_OVER, RETURNED
from escalation.models import Reason, ReturnReason
from tickets import sentences
from tickets.sentences import Line
from tickets.sentences.desk import said
from tickets.sentences.names import label
from tickets.sentences.portal import back, with_team
from tickets.sentences.portal import first_name as first_name_of


def teach() -> None:
    """Called by `helpdesk.wiring`: tickets cannot know what is above them."""
    sentences.register(HANDED_OVER, to_desk=handed_over, to_requester=with_team, to_vendor=to_vendor)
    sentences.register(ACCEPTED, to_desk=accepted, to_requester=taken_on)
    sentences.register(RETURNED, to_desk=returned, to_requester=back, to_vendor=to_vendor)


def handed_over(line: Line) -> str:
    sender = line.names.name(Team, line.data("from_team") or line.was("team_id"))
    words = said(_("%(by)s handed it from %(sender)s to %(team)s"), line, sender=sender, team=_receiver(line))
    return _with_reason(words, label(Reason, line.data("reason")))


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
    if line.now("tier_id") == 4:
        return _("It was handed to you")
    if line.was("tier_id") == 4:
        return _("It went back")
    return ""


def _receiver(line: Line) -> str:
    return line.name("team_id") if line.changed("team_id") else _("the same team")


def _with_reason(words: str, reason: str) -> str:
    return _("%(words)s: %(why)s") % {"words": words, "why": reason} if reason else words
