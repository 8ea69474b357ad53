"""Lives of more than one ticket: twins, outages, projects, problems, and what comes back after it was closed."""

from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from helpdesk.demo.lives.shape import life
from helpdesk.demo.script import SOON, Act, Script
from helpdesk.demo.texts import fill
from knowledgebase.operations import problems
from tickets import operations
from tickets.models import LinkType, Message, MessageKind, Ticket

Kept = dict[str, Ticket]
"""A ticket under the key "ticket", from the moment that the act which opens it has been played."""


@life("asks", "twin", "resolve", tickets=2)
def merged(s: Script) -> None:
    """Written twice by the same person; the desk makes one of it."""
    s.filed()
    twin = _second(s, s.say("twin"), s.cast.requester, (5, 90))
    s.taken()
    by = s.holder
    s.then(SOON, lambda at: operations.merge(twin["ticket"], into=s.ticket, by=by, at=at), "merged")
    s.resolved()
    s.ended()


@life("asks", "resolve", tickets=2)
def duplicate(s: Script) -> None:
    """Two people report one thing; the second ticket ends as a duplicate of the first."""
    s.filed()
    text = s.fill(s.rng.choice(s.scenario.said["asks"])["text"])
    twin = _second(s, text, s.cast.colleague, (10, 120))
    s.taken()
    by, answer = s.holder, s.small_talk("duplicates")

    def act(at: datetime) -> None:
        other = twin["ticket"]
        operations.link(other, other=s.ticket, type=LinkType.DUPLICATE, by=by, at=at)
        operations.resolve(other, code="duplicate", summary=answer, by=by, at=at, category=s.category)

    s.then(SOON, act, "tied")
    s.resolved()
    s.ended()


@life("asks", "children", "to", "summary", "fix", "resolve", tickets=6)
def outage(s: Script) -> None:
    """One trouble of many: a parent, five children, and one answer for all."""
    children: list[Kept] = []
    home = s.cast.requester.organisation_id
    people = [one for one in s.company.requesters if one.organisation_id == home and one != s.cast.requester]
    s.filed()
    s.taken(SOON)
    by, why = s.holder, s.say("why_p1")
    s.then(
        (1, 3),
        lambda at: operations.override_priority(s.ticket, priority=1, reason=why, by=by, at=at),
        "overridden",
    )
    s.replied(s.small_talk("outage_known"), (1, 4), "answered_first")
    s.climbs(s.scenario.said["to"], span=(2, 10))
    for person, text in zip(people, s.scenario.said["children"], strict=False):
        child = _second(s, s.fill(text), person, (1, 12))
        children.append(child)
        s.then((1, 5), _attach(s, child, by), "attached")
    s.then((2, 8), _answer(s, children, by), "answered")
    s.accepted(s.cast.second, (1, 5))
    s.noted("found", (5, 20))
    s.comes_down(span=(20, 120))
    s.resolved(span=(2, 20))
    summary = s.small_talk("outage_over")

    def over(at: datetime) -> None:
        tickets = [child["ticket"] for child in children]
        operations.bulk(operations.assign, tickets, to=by, by=by, at=at)
        operations.bulk(
            operations.resolve, tickets, code="fixed", summary=summary, by=by, at=at, category=s.category
        )

    s.then((1, 10), over, "all_resolved")
    s.timed_out()


@life("asks", "parts", "resolve", tickets=4)
def project(s: Script) -> None:
    """A request of several parts, each a ticket that blocks the whole."""
    s.filed()
    s.taken()
    by = s.holder
    parts: list[Kept] = [{} for _part in s.scenario.said["parts"]]
    for part, said in zip(parts, s.scenario.said["parts"], strict=True):
        s.then((2, 15), _open_part(s, part, said, by), "part_opened")
    for part, said in zip(parts, s.scenario.said["parts"], strict=True):
        s.then((120, 900), _end_part(s, part, said), "part_done")
    s.resolved(span=(20, 120))
    s.ended()


@life("asks", "split_off", "resolve", tickets=2)
def split(s: Script) -> None:
    """A second wish comes along in a reply, and gets a ticket of its own."""
    s.filed()
    s.taken()
    s.acknowledged()
    said = s.scenario.said["split_off"]
    s.replied(s.fill(said["text"]), (20, 200), "wished", by=s.cast.requester)
    by, subject, answer = s.holder, s.fill(said["subject"]), s.fill(said["resolve"])
    apart: Kept = {}
    category = s.company.categories[said["category"]]
    values = s.values(said.get("fields", {}))

    def act(at: datetime) -> None:
        last = Message.objects.filter(ticket=s.ticket, kind=MessageKind.REPLY).order_by("-pk")[0]
        apart["ticket"] = operations.split(s.ticket, message=last, subject=subject, by=by, at=at)
        operations.change(apart["ticket"], category=category, by=by, at=at)

    s.then(SOON, act, "split")
    s.resolved()

    def done(at: datetime) -> None:
        boss = s.company.people["max"]
        operations.resolve(apart["ticket"], code="fulfilled", summary=answer, by=boss, at=at, fields=values)

    s.then((60, 400), done, "other_resolved")
    s.ended()


@life("asks", "resolve", "later", tickets=2)
def followed_up(s: Script) -> None:
    """Answered after it was closed: a new ticket, linked to the old one."""
    s.filed()
    s.taken()
    s.resolved()
    s.confirmed(None, "")
    s.replied(s.say("later"), (2000, 5000), "followed_up", by=s.cast.requester)
    s.taken()
    s.resolved("again" if s.scenario.has("again") else "resolve")
    s.ended()


@life("asks", "problem", "resolve", tickets=3)
def problem(s: Script) -> None:
    """Two incidents of one cause, which the second line keeps as a problem and sets aside for a change."""
    said, second, first = s.scenario.said["problem"], s.cast.second, s.cast.first
    text, subject, note = (s.fill(said[name]) for name in ("text", "subject", "note"))
    s.filed()
    other = _second(s, s.fill(s.rng.choice(s.scenario.said["asks"])["text"]), s.cast.colleague, (30, 300))
    s.taken()
    kept: Kept = {}
    team = s.company.teams[s.scenario.said["to"]]
    details: dict[str, Any] = {
        "fields": s.values(s.scenario.get("fields", {})),
        "category": s.category,
        "team": team,
    }

    def named(at: datetime) -> None:
        kept["ticket"] = operations.open_ticket(
            requester=second,
            subject=subject,
            description=text,
            kind="problem",
            impact=2,
            by=second,
            at=at,
            **details,
        )
        operations.take(kept["ticket"], by=second, at=at)

    def tied(at: datetime) -> None:
        for ticket in (s.ticket, other["ticket"]):
            operations.link(ticket, other=kept["ticket"], type=LinkType.CAUSED_BY, by=first, at=at)
        wrong = operations.link(other["ticket"], other=s.ticket, type=LinkType.RELATED, by=first, at=at)
        row = wrong.links.get(other=s.ticket, type=LinkType.RELATED)
        operations.unlink(other["ticket"], link=row, by=first, at=at)

    def held(at: datetime) -> None:
        problems.write_record(
            kept["ticket"],
            reproduced_how=said["how"],
            reproduced_where=said["where"],
            root_cause=said["cause"],
            by=second,
            at=at,
        )
        until = at + timedelta(days=30)
        operations.hold(kept["ticket"], reason="change", until=until, note=note, by=second, at=at)

    s.then((60, 300), named, "problem_opened")
    s.then(SOON, tied, "tied")
    s.then((20, 200), held, "problem_held")
    s.resolved()
    summary = s.small_talk("workarounds")

    def also(at: datetime) -> None:
        operations.take(other["ticket"], by=first, at=at)
        operations.resolve(
            other["ticket"], code="known_error", summary=summary, by=first, at=at, category=s.category
        )
        problems.decide(kept["ticket"], decision=said["decision"], why=said["why"], by=second, at=at)

    s.then(SOON, also, "other_resolved")
    s.timed_out()


def _second(s: Script, text: str, by: User, span: tuple[int, int]) -> Kept:
    """Another ticket on the same matter; it is in the answer once the act has been played."""
    kept: Kept = {}
    details, subject = s.details(with_category=True), s.fill(s.rng.choice(s.scenario.said["asks"])["subject"])
    details["device"] = by.device

    def act(at: datetime) -> None:
        kept["ticket"] = operations.open_ticket(
            requester=by, subject=subject, description=text, by=by, at=at, **s.dated(details, at)
        )

    s.then(span, act, "filed_too")
    return kept


def _attach(s: Script, child: Kept, by: User) -> Act:
    return lambda at: operations.link(child["ticket"], other=s.ticket, type=LinkType.CHILD, by=by, at=at)


def _open_part(s: Script, part: Kept, said: dict[str, str], by: User) -> Act:
    subject, text = s.fill(said["subject"]), s.fill(said["text"])
    category, requester = s.company.categories[said["category"]], s.cast.requester

    def act(at: datetime) -> None:
        part["ticket"] = operations.open_ticket(
            requester=requester,
            subject=subject,
            description=text,
            kind="request",
            category=category,
            channel="phone",
            by=by,
            at=at,
        )
        operations.link(part["ticket"], other=s.ticket, type=LinkType.CHILD, blocks=True, by=by, at=at)

    return act


def _end_part(s: Script, part: Kept, said: dict[str, str]) -> Act:
    """Done by a member of the team that the category sent it to."""
    text = s.fill(said["resolve"])
    fields = {"cost_centre": "4400"} if said["category"] == "Request › Equipment" else {}
    choice = s.rng.random()

    def act(at: datetime) -> None:
        members = s.company.members[part["ticket"].team.name]
        by = members[int(choice * len(members))]
        operations.take(part["ticket"], by=by, at=at)
        operations.resolve(part["ticket"], code="fulfilled", summary=text, by=by, at=at, fields=fields)

    return act


def _answer(s: Script, tickets: list[Kept], by: User) -> Act:
    """One word to everybody who reported the same."""
    text = s.rng.choice(s.stock("outage_known"))

    def act(at: datetime) -> None:
        for kept in tickets:
            ticket = kept["ticket"]
            words = fill(text, {"first": ticket.requester.first_name})
            operations.reply(ticket, text=words, by=by, at=at)

    return act
