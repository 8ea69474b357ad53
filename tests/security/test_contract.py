"""The contract between page and operation: an act of the page is the operation, no more and no less.

Each act is done twice, on two tickets with the same past: through its page, and by calling the operation.
Rows and events must then say the same. An act without a case fails.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.models import Organisation, Team, User
from escalation import operations as escalation
from escalation.models import Checklist, Handoff, HandoffItem, Invitation, Proposal
from helpdesk.desk.acts import ACTS, GUEST_ACTS
from knowledgebase.models import ProblemRecord, Section, Source, rebuild_section_tree
from knowledgebase.operations import learning, problems
from sla.operations.promising import promise_update
from tests.security.nasty import controls
from tests.test_routes import door
from tickets import operations
from tickets.models import Attachment, Category, Event, ExternalReference, Ticket, folded_columns

Facts = dict[str, Any]


@dataclass
class House:
    """Who and what the cases speak of, and two tickets with the same past."""

    ines: User
    mira: User
    sara: User
    lars: User
    dario: User
    vera: User
    tomasz: User
    network: Team
    vendors: Team
    kestrel: Organisation
    vpn: Category
    open_ticket: Callable[..., Ticket]
    at: datetime

    @property
    def tomorrow(self) -> datetime:
        noon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
        return noon + timedelta(days=1)

    def other(self, ticket: Ticket) -> Ticket:
        """A second ticket of Ines, made once for each of the two."""
        return Ticket.objects.exclude(pk=ticket.pk).get(subject=f"Beside {ticket.number}")


Step = Callable[[House, Ticket], Any]


@dataclass(frozen=True)
class Case:
    """`sent` is what the form sends besides what it shows, `given` what the operation is called with."""

    operation: Callable[..., Any]
    by: str = "mira"
    past: tuple[Step, ...] = ()
    sent: Callable[[House, Ticket], Facts] = lambda _house, _ticket: {}
    given: Callable[[House, Ticket], Facts] = lambda _house, _ticket: {}
    kind: str = ""


def same(**facts: Any) -> dict[str, Any]:
    """For a case whose form fields are named and written as the arguments."""
    return {"sent": lambda _house, _ticket: facts, "given": lambda _house, _ticket: facts}


def taken(house: House, ticket: Ticket) -> None:
    operations.take(ticket, by=house.mira, at=house.at)


def categorised(house: House, ticket: Ticket) -> None:
    operations.change(ticket, category=house.vpn, by=house.mira, at=house.at)


def handed(house: House, ticket: Ticket) -> None:
    facts: Facts = {"reason": "needs_expertise", "summary": "Look at it"}
    escalation.hand_over(ticket, team=house.network, by=house.mira, at=house.at, **facts)


def at_vendor(house: House, ticket: Ticket) -> None:
    facts: Facts = {"reason": "needs_vendor", "summary": "Over to you"}
    escalation.hand_over(ticket, team=house.vendors, by=house.mira, at=house.at, **facts)


def claimed(house: House, ticket: Ticket) -> None:
    escalation.claim_fix(ticket, text="Mended the line", by=house.vera, at=house.at)


def worked_above(house: House, ticket: Ticket) -> None:
    """Dario works it; Mira has written to the requester and is the contact."""
    operations.reply(ticket, text="We have it", by=house.mira, at=house.at)
    handed(house, ticket)
    escalation.accept(ticket, by=house.dario, at=house.at)


def proposed(house: House, ticket: Ticket) -> None:
    escalation.propose_reply(ticket, kind="reply", text="Restart it", by=house.dario, at=house.at)


def twice_returned(house: House, ticket: Ticket) -> None:
    for _time in range(2):
        handed(house, ticket)
        escalation.return_(ticket, reason="not_ours", text="Not ours", by=house.dario, at=house.at)


def urgent_with_item_missing(house: House, ticket: Ticket) -> None:
    """Only what is filed under VPN is asked, so that no other case meets the checklist."""
    if not Checklist.objects.exists():
        wanted = [escalation.Wanted("Which client?", is_required=True)]
        escalation.create_checklist(
            tier=house.network.tier, category=house.vpn, items=wanted, by=None, at=house.at
        )
    categorised(house, ticket)
    operations.override_priority(ticket, priority=1, reason="All wait", by=house.mira, at=house.at)
    handed(house, ticket)


def helped(house: House, ticket: Ticket) -> None:
    until = house.at + timedelta(days=1)
    escalation.invite(
        ticket, user=house.dario, until=until, question="The gateway?", by=house.mira, at=house.at
    )


def waiting(house: House, ticket: Ticket) -> None:
    operations.wait_for_requester(ticket, question="Which client?", by=house.mira, at=house.at)


def resolved(house: House, ticket: Ticket) -> None:
    facts: Facts = {"code": "fixed", "summary": "Mended", "category": house.vpn}
    operations.resolve(ticket, by=house.mira, at=house.at, **facts)


def thanked(house: House, ticket: Ticket) -> None:
    operations.reply(ticket, text="Thanks!", by=house.ines, at=house.at)


def cancelled(house: House, ticket: Ticket) -> None:
    operations.cancel(ticket, reason_text="Twice", by=house.mira, at=house.at)


def tagged(house: House, ticket: Ticket) -> None:
    operations.tag(ticket, names=["vpn"], by=house.mira, at=house.at)


def watched(house: House, ticket: Ticket) -> None:
    operations.watch(ticket, user=house.mira, by=house.mira, at=house.at)


def restricted(house: House, ticket: Ticket) -> None:
    operations.restrict(ticket, people=[], by=house.mira, at=house.at)


def with_file(house: House, ticket: Ticket) -> None:
    log = SimpleUploadedFile("client.log", b"rekey failed", "text/plain")
    stored = operations.store_upload(file=log, by=house.ines, at=house.at)
    operations.reply(ticket, text="The log", by=house.ines, at=house.at, attachments=[stored.pk])


def with_other(house: House, ticket: Ticket) -> None:
    house.open_ticket(subject=f"Beside {ticket.number}")


def linked(house: House, ticket: Ticket) -> None:
    with_other(house, ticket)
    operations.link(ticket, other=house.other(ticket), type="related", by=house.mira, at=house.at)


def a_problem(house: House, ticket: Ticket) -> None:
    operations.change(ticket, kind="problem", by=house.mira, at=house.at)


def shelved(_house: House, _ticket: Ticket) -> None:
    """There is a place for articles."""
    if not Section.objects.exists():
        Section.objects.create(name="Network", slug="network")
        rebuild_section_tree()


def missing_item(_house: House, ticket: Ticket) -> HandoffItem:
    return HandoffItem.objects.get(handoff__ticket=ticket)


def first_message(_house: House, ticket: Ticket) -> Any:
    return ticket.messages.earliest("id")


CASES: dict[str, Case] = {
    "hand-over": Case(
        escalation.hand_over,
        past=(taken,),
        sent=lambda h, t: {
            "to": f"team:{h.network.pk}",
            "reason": "needs_expertise",
            "summary": "S",
            "minutes": 5,
        },
        given=lambda h, t: {"team": h.network, "reason": "needs_expertise", "summary": "S", "minutes": 5},
    ),
    "accept": Case(escalation.accept, by="dario", past=(taken, handed)),
    "return": Case(
        escalation.return_,
        by="dario",
        past=(taken, handed),
        **same(reason="information_missing", text="Which client?"),
    ),
    "rate-handoff": Case(
        escalation.rate_handoff, by="dario", past=(taken, worked_above), **same(rating="complete")
    ),
    "answer-item": Case(
        lambda _ticket, *, item, **facts: escalation.answer_item(item, **facts),
        past=(taken, urgent_with_item_missing),
        sent=lambda h, t: {"item": missing_item(h, t).pk},
        given=lambda h, t: {"item": missing_item(h, t)},
    ),
    "name-owner": Case(
        escalation.name_owner,
        by="lars",
        past=(taken, twice_returned),
        sent=lambda h, t: {"team": h.network.pk, "text": "Theirs"},
        given=lambda h, t: {"team": h.network, "text": "Theirs"},
    ),
    "name-owner (here)": Case(
        escalation.name_owner,
        by="lars",
        past=(taken, twice_returned),
        sent=lambda h, t: {"team": t.team_id},
        given=lambda h, t: {"team": t.team},
    ),
    "propose-resolution": Case(
        lambda ticket, **facts: escalation.propose_reply(ticket, kind="resolution", **facts),
        by="dario",
        past=(taken, worked_above),
        sent=lambda h, t: {"code": "fixed", "summary": "Mended", "category": h.vpn.pk, "minutes": 3},
        given=lambda h, t: {"code": "fixed", "text": "Mended", "category": h.vpn, "minutes": 3},
    ),
    "send-proposal": Case(
        escalation.send_proposal,
        past=(taken, worked_above, proposed),
        sent=lambda h, t: {"proposal": t.proposals.get().pk},
        given=lambda h, t: {"proposal": t.proposals.get()},
    ),
    "edit-proposal": Case(
        escalation.send_proposal,
        past=(taken, worked_above, proposed),
        sent=lambda h, t: {"proposal": t.proposals.get().pk, "text": "Please restart it"},
        given=lambda h, t: {"proposal": t.proposals.get(), "text": "Please restart it"},
    ),
    "refuse-proposal": Case(
        escalation.refuse_proposal,
        past=(taken, worked_above, proposed),
        sent=lambda h, t: {"proposal": t.proposals.get().pk, "reason": "Too technical"},
        given=lambda h, t: {"proposal": t.proposals.get(), "reason": "Too technical"},
    ),
    "invite": Case(
        escalation.invite,
        past=(taken,),
        sent=lambda h, t: {
            "user": h.dario.pk,
            "until": f"{h.tomorrow:%Y-%m-%dT%H:%M}",
            "question": "The gateway?",
        },
        given=lambda h, t: {"user": h.dario, "until": h.tomorrow, "question": "The gateway?"},
    ),
    "invite (team)": Case(
        escalation.invite,
        past=(taken,),
        sent=lambda h, t: {
            "team": h.network.pk,
            "until": f"{h.tomorrow:%Y-%m-%dT%H:%M}",
            "question": "The gateway?",
        },
        given=lambda h, t: {"team": h.network, "until": h.tomorrow, "question": "The gateway?"},
    ),
    "end-help": Case(
        lambda _ticket, *, invitation, **facts: escalation.end_invitation(invitation, **facts),
        by="dario",
        past=(taken, helped),
        sent=lambda h, t: {"invitation": t.invitations.get().pk, "minutes": 25},
        given=lambda h, t: {"invitation": t.invitations.get(), "minutes": 25},
    ),
    "hand-to-vendor": Case(
        escalation.hand_to_vendor,
        past=(taken,),
        sent=lambda h, t: {
            "to": f"team:{h.vendors.pk}",
            "summary": "Known?",
            "reference": "K-1",
            "responsible": h.sara.pk,
            "minutes": 5,
        },
        given=lambda h, t: {
            "team": h.vendors,
            "summary": "Known?",
            "reference": "K-1",
            "responsible": h.sara,
            "minutes": 5,
        },
    ),
    "chase-vendor": Case(escalation.chase, past=(taken, at_vendor)),
    "vendor-responsible": Case(
        escalation.set_responsible,
        past=(taken, at_vendor),
        sent=lambda h, t: {"to": h.sara.pk},
        given=lambda h, t: {"to": h.sara},
    ),
    "confirm-fix": Case(escalation.confirm_fix, past=(taken, at_vendor, claimed)),
    "refuse-fix": Case(
        escalation.refuse_fix, past=(taken, at_vendor, claimed), **same(text="It still drops")
    ),
    "promise": Case(
        promise_update,
        past=(taken,),
        sent=lambda h, t: {"due": f"{h.tomorrow:%Y-%m-%dT%H:%M}"},
        given=lambda h, t: {"due": h.tomorrow},
    ),
    "take": Case(operations.take),
    "release": Case(operations.release, past=(taken,)),
    "assign": Case(operations.assign, sent=lambda h, t: {"to": h.sara.pk}, given=lambda h, t: {"to": h.sara}),
    "contact": Case(
        operations.set_contact, sent=lambda h, t: {"to": h.sara.pk}, given=lambda h, t: {"to": h.sara}
    ),
    "wait": Case(
        operations.wait_for_requester,
        past=(taken,),
        sent=lambda h, t: {"what": "requester", "question": "Which?"},
        given=lambda h, t: {"question": "Which?"},
    ),
    "wait (vendor)": Case(
        operations.wait_for_vendor,
        past=(taken,),
        sent=lambda h, t: {"what": "vendor", "vendor": h.kestrel.pk, "text": "Known?", "reference": "K-1"},
        given=lambda h, t: {"vendor": h.kestrel, "text": "Known?", "reference": "K-1"},
    ),
    "wait (hold)": Case(
        operations.hold,
        past=(taken,),
        sent=lambda h, t: {
            "what": "hold",
            "reason": "part",
            "until": f"{h.tomorrow:%Y-%m-%dT%H:%M}",
            "note": "A cable",
        },
        given=lambda h, t: {
            "reason": "part",
            "until": h.tomorrow,
            "note": "A cable",
        },
    ),
    "resume": Case(operations.resume, past=(taken, waiting)),
    "resolve": Case(
        operations.resolve,
        past=(taken,),
        sent=lambda h, t: {"code": "fixed", "summary": "Mended", "category": h.vpn.pk, "minutes": 3},
        given=lambda h, t: {"code": "fixed", "summary": "Mended", "category": h.vpn, "minutes": 3},
    ),
    "reopen": Case(operations.reopen, past=(taken, resolved), **same(text="It came back")),
    "only-thanks": Case(operations.only_thanks, past=(taken, resolved, thanked)),
    "close": Case(operations.close, by="lars", past=(taken, resolved)),
    "cancel": Case(operations.cancel, past=(taken,), **same(reason_text="Asked twice")),
    "not-a-request": Case(operations.not_a_request, **same(reason="spam")),
    "restore": Case(operations.restore, past=(taken, cancelled)),
    "skip": Case(operations.skip, past=(taken,), **same(reason="not_my_skill")),
    "change": Case(
        operations.change,
        past=(taken,),
        sent=lambda h, t: {"subject": "New words", "impact": 1, "category": h.vpn.pk, "location": "Hull"},
        given=lambda h, t: {"subject": "New words", "impact": 1, "category": h.vpn, "location": "Hull"},
    ),
    "confirm-priority": Case(operations.confirm_priority),
    "override-priority": Case(operations.override_priority, **same(priority=1, reason="The board waits")),
    "tag": Case(
        operations.tag,
        sent=lambda h, t: {"names": "VPN, leeds"},
        given=lambda h, t: {"names": ["VPN", "leeds"]},
    ),
    "untag": Case(operations.untag, past=(tagged,), **same(name="vpn")),
    "watch": Case(
        operations.watch, sent=lambda h, t: {"user": h.sara.pk}, given=lambda h, t: {"user": h.sara}
    ),
    "unwatch": Case(
        operations.unwatch, past=(watched,), sent=lambda h, t: {}, given=lambda h, t: {"user": h.mira}
    ),
    "refer": Case(
        operations.refer,
        sent=lambda h, t: {"system": "jira", "key": f"OPS-{t.pk}", "url": "https://jira.example/1"},
        given=lambda h, t: {"system": "jira", "key": f"OPS-{t.pk}", "url": "https://jira.example/1"},
    ),
    "log-work": Case(operations.log_work, **same(minutes=10, billable=True)),
    "link": Case(
        operations.link,
        past=(with_other,),
        sent=lambda h, t: {"other": h.other(t).number, "type": "child", "blocks": "on"},
        given=lambda h, t: {"other": h.other(t), "type": "child", "blocks": True},
    ),
    "unlink": Case(
        operations.unlink,
        past=(linked,),
        sent=lambda h, t: {"link": t.links.get().pk},
        given=lambda h, t: {"link": t.links.get()},
    ),
    "merge": Case(
        operations.merge,
        past=(with_other,),
        sent=lambda h, t: {"into": h.other(t).number},
        given=lambda h, t: {"into": h.other(t)},
    ),
    "split": Case(
        operations.split,
        sent=lambda h, t: {"message": first_message(h, t).pk, "subject": "And the printer"},
        given=lambda h, t: {"message": first_message(h, t), "subject": "And the printer"},
    ),
    "make-article": Case(
        learning.publish_from_ticket,
        past=(taken, resolved, shelved),
        sent=lambda _h, _t: {"kind": "how_to", "section": Section.objects.get().pk},
        given=lambda _h, _t: {"kind": "how_to", "section": Section.objects.get()},
    ),
    "problem-record": Case(
        problems.write_record,
        past=(taken, a_problem),
        **same(reproduced_how="Wait an hour", reproduced_where="The lab", root_cause="The rekey"),
    ),
    "problem-decide": Case(
        problems.decide,
        past=(taken, a_problem),
        **same(decision="workaround", why="The next version mends it"),
    ),
    "gather": Case(
        problems.gather,
        past=(taken, a_problem, with_other),
        sent=lambda h, t: {"incidents": h.other(t).number},
        given=lambda h, t: {"incidents": [h.other(t)]},
    ),
    "restrict": Case(
        operations.restrict,
        past=(taken,),
        sent=lambda h, t: {"people": [h.sara.pk], "teams": [h.network.pk]},
        given=lambda h, t: {"people": [h.sara], "teams": [h.network]},
    ),
    "unrestrict": Case(operations.unrestrict, past=(taken, restricted)),
    "redact-message": Case(
        lambda _ticket, *, message, **facts: operations.redact_message(message, **facts),
        sent=lambda h, t: {"message": first_message(h, t).pk, "reason": "A password"},
        given=lambda h, t: {"message": first_message(h, t), "reason": "A password"},
    ),
    "redact-file": Case(
        lambda _ticket, *, attachment, **facts: operations.redact_file(attachment, **facts),
        past=(with_file,),
        sent=lambda h, t: {"attachment": t.attachments.get().pk, "reason": "A password"},
        given=lambda h, t: {"attachment": t.attachments.get(), "reason": "A password"},
    ),
    "redact-subject": Case(operations.redact_subject, **same(subject="An account", reason="It named one")),
    "write (reply)": Case(
        operations.reply,
        past=(taken,),
        sent=lambda h, t: {"kind": "reply", "body": "Try again", "minutes": 4},
        given=lambda h, t: {"text": "Try again", "minutes": 4},
    ),
    "write (note)": Case(
        operations.note,
        sent=lambda h, t: {"kind": "note", "body": "The rekey bug", "min_tier": 1},
        given=lambda h, t: {"text": "The rekey bug", "min_tier": 1},
    ),
    "write (vendor)": Case(
        operations.share_with_vendor,
        past=(taken, at_vendor),
        sent=lambda h, t: {"kind": "vendor", "body": "Known?"},
        given=lambda h, t: {"text": "Known?"},
    ),
    "write (ask)": Case(
        operations.wait_for_requester,
        past=(taken,),
        sent=lambda h, t: {"kind": "reply", "body": "Which?", "then": "wait"},
        given=lambda h, t: {"question": "Which?"},
    ),
    "write (resolve)": Case(
        operations.resolve,
        past=(taken, categorised),
        sent=lambda h, t: {"kind": "reply", "body": "Mended", "then": "resolve:fixed"},
        given=lambda h, t: {"summary": "Mended", "code": "fixed"},
    ),
    "accept (guest)": Case(escalation.accept, by="vera", past=(taken, at_vendor)),
    "return (guest)": Case(
        escalation.return_,
        by="vera",
        past=(taken, at_vendor),
        **same(reason="not_ours", text="Ask the carrier"),
    ),
    "fixed (guest)": Case(
        escalation.claim_fix, by="vera", past=(taken, at_vendor), **same(text="The line is mended")
    ),
    "message (guest)": Case(
        operations.share_with_vendor,
        by="vera",
        past=(taken, at_vendor),
        **same(text="We look at it"),
    ),
}


def test_every_act_has_its_case() -> None:
    tried = {name.partition(" ")[0] for name in CASES}
    assert tried - {"write"} == set(ACTS) | set(GUEST_ACTS)


@pytest.fixture
def house(
    ines: User,
    mira: User,
    sara: User,
    lars: User,
    dario: User,
    vera: User,
    tomasz: User,
    network: Team,
    vendors: Team,
    kestrel: Organisation,
    vpn: Category,
    open_ticket: Callable[..., Ticket],
    at: datetime,
) -> House:
    return House(
        ines,
        mira,
        sara,
        lars,
        dario,
        vera,
        tomasz,
        network,
        vendors,
        kestrel,
        vpn,
        open_ticket,
        at - timedelta(days=400),
    )


def test_each_act_of_the_page_is_its_operation(house: House) -> None:
    """One house for all cases: they are many, and each has two tickets of its own."""
    different = {}
    for name, case in CASES.items():
        through_page, by_call = (_with_past(house, case) for _side in range(2))
        seen = _done_on_page(house, name, case, through_page)
        done = _done_by_call(house, case, by_call)
        if seen != done:
            different[name] = (seen, done)
    assert different == {}


def _with_past(house: House, case: Case) -> Ticket:
    ticket = house.open_ticket(subject="VPN drops", at=house.at)
    for step in case.past:
        step(house, ticket)
        ticket.refresh_from_db()
    return ticket


def _done_on_page(house: House, name: str, case: Case, ticket: Ticket) -> Any:
    client = door(getattr(house, case.by))
    url = f"/desk/tickets/{ticket.number}/{name.partition(' ')[0]}/"
    shown = client.get(url, headers={"HX-Request": "true"})  # the dialog, as the page opens it
    form = controls(shown.content.decode()) if shown.status_code == 200 else {}
    if name != "change":  # a form that shows what there is; the others begin empty
        form = {field: value for field, value in form.items() if field == "version"}
    before = _last_event()
    response = client.post(url, {**form, **case.sent(house, ticket)})
    if response.status_code != 302:
        return f"{response.status_code} {url}"
    return _told(ticket, before)


def _done_by_call(house: House, case: Case, ticket: Ticket) -> Any:
    before = _last_event()
    given = case.given(house, ticket)
    case.operation(ticket, by=getattr(house, case.by), at=timezone.now(), **given)
    return _told(ticket, before)


def _last_event() -> int:
    return Event.objects.order_by("-id").values_list("id", flat=True).first() or 0


def _told(ticket: Ticket, before: int) -> dict[str, Any]:
    """The row and the new events, without what tells one of two equal tickets from the other."""
    row = Ticket.objects.get(pk=ticket.pk)
    events = Event.objects.filter(pk__gt=before).select_related("message").order_by("id")
    return {
        "row": {name: _plain(getattr(row, name)) for name in folded_columns() if name not in ONLY_ITS_OWN}
        | {"subject": row.subject, "location": row.location, "version": row.version},
        "events": [_event(event) for event in events],
        "files": [file.redacted_why for file in Attachment.objects.filter(ticket=ticket)],
        "minutes": [(work.minutes, work.is_billable, work.by_id) for work in ticket.work.all()],
        "links": [(link.type, link.blocks) for link in ticket.links.all()],
        "named": sorted((row.user_id or 0, row.team_id or 0) for row in ticket.named.all()),
        "watchers": sorted(ticket.watches.values_list("user_id", flat=True)),
        "tags": sorted(ticket.taggings.values_list("tag__name", flat=True)),
        "handoffs": _rows(
            Handoff, ticket, "state", "reason", "to_team", "rating", "fix", "responsible", "chase_count"
        ),
        "proposals": _rows(Proposal, ticket, "kind", "code", "state", "was_edited", "ended_by"),
        "invitations": _rows(Invitation, ticket, "state", "user", "team", "minutes", "ended_by"),
        "items": list(
            HandoffItem.objects.filter(handoff__ticket=ticket).values_list("item", "is_done").order_by("id")
        ),
        "records": _rows(
            ProblemRecord,
            ticket,
            "reproduced_how",
            "reproduced_where",
            "root_cause",
            "decision",
            "decision_why",
        ),
        "articles": _rows(Source, ticket, "article__kind", "article__section", "article__status"),
        "references": [(each.system, each.url) for each in ExternalReference.objects.filter(ticket=ticket)],
    }


def _rows(model: type[Model], ticket: Ticket, *names: str) -> list[tuple[Any, ...]]:
    rows = model._default_manager.filter(ticket=ticket).order_by("id")
    return list(rows.values_list(*names))


ONLY_ITS_OWN = ("words", "merged_into_id")
IDS = (
    "article",
    "message",
    "handoff",
    "link",
    "other",
    "reference",
    "work",
    "undoes",
    "redacted_message",
    "redacted_file",
    "proposal",
    "invitation",
)


def _event(event: Event) -> tuple[Any, ...]:
    message = event.message
    changes = {
        name: "is told" if name in ONLY_ITS_OWN else [_plain(value) for value in pair]
        for name, pair in event.changes.items()
    }
    data = {name: "an id" if name in IDS else _plain(value) for name, value in event.data.items()}
    said = message and (message.kind, message.audience, message.body, message.min_tier, message.redacted_why)
    return event.kind, event.by_id, changes, data, said


def _plain(value: Any) -> Any:
    """Times differ by the moments between the two, so only whether there is one counts."""
    is_time = isinstance(value, datetime) or (isinstance(value, str) and len(value) > 15 and _is_time(value))
    return "a time" if is_time else value


def _is_time(text: str) -> bool:
    try:
        return parse_datetime(text) is not None
    except ValueError:
        return False
