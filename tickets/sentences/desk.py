"""What the desk reads about each kind of event."""

from collections.abc import Callable
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Team, User
from tickets import events
from tickets.mentions import DATA, PERSON, mentions_in, named
from tickets.models import (
    CancelReason,
    Category,
    Channel,
    CloseReason,
    ExternalReference,
    HoldReason,
    Impact,
    Kind,
    LinkType,
    ResolutionCode,
    Revision,
    SkipReason,
    Tag,
    Urgency,
)
from tickets.sentences.names import Line, day, label, tier_code

Say = Callable[[Line], str]


def said(text: str, line: Line, **parts: Any) -> str:
    return text % {"by": line.by, **parts}


def opened(line: Line) -> str:
    channel = label(Channel, line.now("channel"))
    if line.event.by_id is None or line.now("requester_id") == line.event.by_id:
        return _("%(who)s filed this (%(channel)s)") % {"who": line.name("requester_id"), "channel": channel}
    return said(
        _("%(by)s filed this for %(who)s (%(channel)s)"), line, who=line.name("requester_id"), channel=channel
    )


def replied(line: Line) -> str:
    if line.data("reopened"):
        return said(_("%(by)s replied, which reopened it"), line)
    if line.data(DATA) and not line.is_mine and _is_called(line):
        return said(_("%(by)s mentions you in a reply"), line)
    return said(_("%(by)s replied"), line)


def reply_held(line: Line) -> str:
    who, why = line.names.name(User, line.data("writer")), HELD_BECAUSE.get(line.data("code"))
    if why is None:
        return _("The reply of %(who)s could not leave: it waits for them") % {"who": who}
    return _("The reply of %(who)s did not leave, because %(why)s") % {"who": who, "why": why()}


HELD_BECAUSE: dict[str | None, Callable[[], str]] = {
    "requester_wrote": lambda: _("the requester wrote first"),
    "answered": lambda: _("somebody else had answered"),
    "merged": lambda: _("the ticket was merged"),
    "ended": lambda: _("the ticket had ended"),
    "not_allowed": lambda: _("they may no longer write here"),
}


def noted(line: Line) -> str:
    if line.data(DATA):
        return noted_for(line)
    marked = line.event.message.min_tier if line.event.message else 0
    if marked > 1:
        return said(_("%(by)s left a note for %(tier)s and above"), line, tier=tier_code(marked))
    return said(_("%(by)s left a note"), line)


def noted_for(line: Line) -> str:
    """Names as they were written: the message has them, and where it was emptied they are gone."""
    if line.viewer is not None and not line.is_mine and _is_called(line):
        return said(_("%(by)s mentions you in a note"), line)
    body = line.event.message.body if line.event.message else ""
    names = list(dict.fromkeys(filter(None, (named(body, each) for each in mentions_in(line.event.data)))))
    if not names:
        return said(_("%(by)s left a note"), line)
    return said(_("%(by)s left a note and mentioned %(names)s"), line, names=get_text_list(names, _("and")))


def _is_called(line: Line) -> bool:
    viewer = line.viewer
    return viewer is not None and any(
        each.key == viewer.pk if each.kind == PERSON else each.key in viewer.team_ids
        for each in mentions_in(line.event.data)
    )


def assigned(line: Line) -> str:
    return said(_("%(by)s assigned it to %(who)s"), line, who=line.name("assignee_id"))


def skipped(line: Line) -> str:
    return said(_("%(by)s passed it on: %(why)s"), line, why=label(SkipReason, line.data("reason")))


def overridden(line: Line) -> str:
    if not line.changed("priority"):
        return said(_("%(by)s fixed the priority by hand"), line)
    return said(
        _("%(by)s changed the priority by hand from P%(was)s to P%(now)s"),
        line,
        was=line.was("priority"),
        now=line.now("priority"),
    )


def contact_set(line: Line) -> str:
    if line.now("contact_id") is None:
        return said(_("%(by)s took the contact away"), line)
    return said(_("%(by)s made %(who)s the contact"), line, who=line.name("contact_id"))


def moved(line: Line) -> str:
    to = line.name("team_id") if line.changed("team_id") else _("another team")
    return said(_("%(by)s moved it to %(team)s"), line, team=to)


def waits_vendor(line: Line) -> str:
    if not line.changed("vendor_id"):
        return said(_("%(by)s waits for the vendor"), line)
    return said(_("%(by)s waits for %(vendor)s"), line, vendor=line.name("vendor_id"))


def held(line: Line) -> str:
    if not line.now("hold_until"):
        return said(_("%(by)s put it on hold"), line)
    return said(
        _("%(by)s put it on hold until %(day)s: %(why)s"),
        line,
        day=day(line.now("hold_until")),
        why=label(HoldReason, line.now("hold_reason")),
    )


def resolved(line: Line) -> str:
    code = line.data("code") or line.now("resolution_code")
    if not code:
        return said(_("%(by)s resolved it"), line)
    names = {"code": label(ResolutionCode, code)}
    if line.data("publish_fix"):
        return said(_("%(by)s resolved it: %(code)s. L1 and L2 should learn this fix"), line, **names)
    return said(_("%(by)s resolved it: %(code)s"), line, **names)


def closed(line: Line) -> str:
    reason = line.data("reason") or line.now("close_reason")
    if reason == CloseReason.LEAD:
        return said(_("%(by)s closed it"), line)
    return _("Closed: %(why)s") % {"why": label(CloseReason, reason)} if reason else _("Closed")


def not_a_request(line: Line) -> str:
    return said(
        _("%(by)s marked it as no request: %(why)s"), line, why=label(CancelReason, line.data("reason"))
    )


def restricted(line: Line) -> str:
    people = line.names.list(User, line.data("people") or [])
    teams = line.names.list(Team, line.data("teams") or [])
    who = get_text_list([part for part in (people, teams) if part], _("and"))
    return said(_("%(by)s restricted it to %(who)s"), line, who=who)


def redacted(line: Line) -> str:
    if line.data("redacted_message"):
        return said(_("%(by)s emptied a message"), line)
    if line.data("redacted_file"):
        return said(_("%(by)s deleted a file"), line)
    return said(_("%(by)s replaced the subject and emptied the old one"), line)


LINKS: dict[str, Any] = {
    LinkType.CHILD: lambda: _("parent and child"),
    LinkType.DUPLICATE: lambda: _("duplicates"),
    LinkType.CAUSED_BY: lambda: _("cause and effect"),
    LinkType.RELATED: lambda: _("related"),
    LinkType.FOLLOW_UP: lambda: _("follow-up"),
    LinkType.SPLIT: lambda: _("split"),
}


def linked(line: Line) -> str:
    how = LINKS.get(line.data("type"), lambda: line.data("type"))()
    return said(_("%(by)s linked it with %(other)s (%(how)s)"), line, other=line.other, how=how)


def unlinked(line: Line) -> str:
    return said(_("%(by)s took away the link with %(other)s"), line, other=line.other)


def tagged(line: Line) -> str:
    return said(_("%(by)s tagged it: %(tags)s"), line, tags=line.names.list(Tag, line.data("tags") or []))


def untagged(line: Line) -> str:
    return said(_("%(by)s took off: %(tags)s"), line, tags=line.names.list(Tag, line.data("tags") or []))


def watched(line: Line) -> str:
    if line.data("user") == line.event.by_id:
        return said(_("%(by)s began to watch it"), line)
    return said(_("%(by)s added %(who)s as a watcher"), line, who=line.names.name(User, line.data("user")))


def unwatched(line: Line) -> str:
    if line.data("user") == line.event.by_id:
        return said(_("%(by)s stopped watching it"), line)
    return said(_("%(by)s removed the watcher %(who)s"), line, who=line.names.name(User, line.data("user")))


def worked(line: Line) -> str:
    minutes = line.data("minutes") or 0
    return ngettext("%(by)s logged %(n)d minute", "%(by)s logged %(n)d minutes", minutes) % {
        "by": line.by,
        "n": minutes,
    }


def referenced(line: Line) -> str:
    reference = line.names.row(ExternalReference, line.data("reference"))
    if reference is None:
        return said(_("%(by)s noted its number in another system"), line)
    return said(
        _("%(by)s noted its number in %(system)s: %(key)s"), line, system=reference.system, key=reference.key
    )


def changed(line: Line) -> str:
    parts = [part(line) for column, part in CHANGES.items() if line.changed(column)]
    parts += _words(line)
    if not parts:
        return said(_("%(by)s edited it"), line)
    return said(_("%(by)s changed %(what)s"), line, what=get_text_list(parts, _("and")))


def _turned(what: str, line: Line, column: str, read: Callable[[Any], str]) -> str:
    was, now = line.was(column), line.now(column)
    if was in (None, ""):
        return _("%(what)s to %(now)s") % {"what": what, "now": read(now)}
    return _("%(what)s from %(was)s to %(now)s") % {"what": what, "was": read(was), "now": read(now)}


def _category(line: Line) -> str:
    def name(key: Any) -> str:
        return line.names.name(Category, key) if key else _("none")

    return _turned(_("the category"), line, "category_id", name)


def _requester(line: Line) -> str:
    return _turned(_("the requester"), line, "requester_id", lambda key: line.names.name(User, key))


CHANGES: dict[str, Say] = {
    "kind": lambda line: _turned(_("the kind"), line, "kind", lambda code: label(Kind, code)),
    "category_id": _category,
    "impact": lambda line: _turned(_("who is affected"), line, "impact", lambda code: label(Impact, code)),
    "urgency": lambda line: _turned(_("how it hinders"), line, "urgency", lambda code: label(Urgency, code)),
    "priority": lambda line: _turned(_("the priority"), line, "priority", lambda level: f"P{level}"),
    "requester_id": _requester,
    "handle_with_care": lambda line: _("“handle with care”"),
    "status": lambda line: _("the status"),
}
WORDS: dict[str, Callable[[], str]] = {
    "location": lambda: _("the location"),
    "device": lambda: _("the device"),
    "vendor_reference": lambda: _("the vendor's number"),
}


def _words(line: Line) -> list[str]:
    """Which words changed. Only the subject is quoted: where it was emptied, nothing is."""
    before, after = line.was("words") or {}, line.now("words") or {}
    new = [column for column, revision in after.items() if before.get(column) != revision]
    parts = [WORDS[column]() for column in new if column in WORDS]
    if "subject" in new:
        parts.insert(0, _subject(line, before.get("subject"), after["subject"]))
    if any(column.startswith("field:") for column in new):
        parts.append(_("further fields"))
    return parts


def _subject(line: Line, was: int | None, now: int) -> str:
    old, new = (line.names.row(Revision, key) for key in (was, now))
    if old is None or new is None or not old.text or not new.text:
        return _("the subject")
    return _("the subject from “%(was)s” to “%(now)s”") % {"was": old.text, "now": new.text}


def plainly(text: Callable[[], str]) -> Say:
    """A sentence that needs no more than who did it."""
    return lambda line: said(text(), line)


SENTENCES: dict[str, Say] = {
    events.OPENED: opened,
    events.REPLIED: replied,
    events.REPLY_HELD: reply_held,
    events.NOTED: noted,
    events.SHARED: plainly(lambda: _("%(by)s wrote to the vendor")),
    events.VENDOR_REPLIED: plainly(lambda: _("%(by)s replied for the vendor")),
    events.NEWS_ASKED: plainly(lambda: _("%(by)s asked for news")),
    events.THANKED: plainly(lambda: _("%(by)s marked the last reply as only thanks: resolved as before")),
    events.ASSIGNED: assigned,
    events.TAKEN: plainly(lambda: _("%(by)s took it")),
    events.RELEASED: plainly(lambda: _("%(by)s put it back into the queue")),
    events.SKIPPED: skipped,
    events.CHANGED: changed,
    events.PRIORITY_CONFIRMED: plainly(lambda: _("%(by)s confirmed the priority")),
    events.PRIORITY_OVERRIDDEN: overridden,
    events.CONTACT_SET: contact_set,
    events.MOVED: moved,
    events.WAITS_REQUESTER: plainly(lambda: _("%(by)s asked the requester and waits for the answer")),
    events.WAITS_VENDOR: waits_vendor,
    events.HELD: held,
    events.RESUMED: plainly(lambda: _("%(by)s went on with it")),
    events.HOLD_ENDED: lambda line: _("The hold ended: it is back in its queue"),
    events.RESOLVED: resolved,
    events.REOPENED: plainly(lambda: _("%(by)s reopened it")),
    events.CONFIRMED: plainly(lambda: _("%(by)s confirmed that it works")),
    events.CLOSED: closed,
    events.RATED: lambda line: said(_("%(by)s rated it %(n)s of 5"), line, n=line.data("rating")),
    events.CANCELLED: plainly(lambda: _("%(by)s cancelled it")),
    events.WITHDRAWN: plainly(lambda: _("%(by)s withdrew it")),
    events.NOT_A_REQUEST: not_a_request,
    events.RESTORED: plainly(lambda: _("%(by)s brought it back")),
    events.RESTRICTED: restricted,
    events.UNRESTRICTED: plainly(lambda: _("%(by)s lifted the restriction")),
    events.REDACTED: redacted,
    events.MERGED: lambda line: said(_("%(by)s merged %(other)s into this"), line, other=line.other),
    events.MERGED_INTO: lambda line: said(_("%(by)s merged this into %(other)s"), line, other=line.other),
    events.SPLIT: lambda line: said(_("%(by)s split off %(other)s"), line, other=line.other),
    events.LINKED: linked,
    events.UNLINKED: unlinked,
    events.TAGGED: tagged,
    events.UNTAGGED: untagged,
    events.WATCHED: watched,
    events.UNWATCHED: unwatched,
    events.WORKED: worked,
    events.REFERENCED: referenced,
    events.IMPORTED: lambda line: _("Taken over from another tool"),
}
