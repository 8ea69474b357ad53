"""The bulk writer: what it leaves must be what the operations would have left."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError

from accounts.models import User
from delivery.models import Delivery
from tickets import events
from tickets.models import Event, ExternalReference, MessageKind, Revision, Ticket
from tickets.operations.importing import PlannedEvent, PlannedMessage, PlannedTicket, import_tickets
from tickets.queries.searching import search
from tickets.state import check
from tickets.words import fold_words


def on(day: int) -> datetime:
    return datetime(2020, 1, day, 9, tzinfo=UTC)


@pytest.fixture
def opening(ines: User, service_desk) -> PlannedEvent:
    return PlannedEvent(
        events.OPENED,
        on(1),
        by_id=ines.pk,
        changes={
            "subject": "Café VPN",
            "requester_id": ines.pk,
            "organisation_id": ines.organisation_id,
            "tier_id": 1,
            "team_id": service_desk.pk,
            "created_at": on(1),
            "tier_since": on(1),
            "status_since": on(1),
            "path": [1],
        },
        message=PlannedMessage(MessageKind.DESCRIPTION, "It drops.", author_id=ines.pk),
    )


def plan(*history: PlannedEvent, key: str = "1") -> PlannedTicket:
    return PlannedTicket("old desk", key, history)


def imported(*history: PlannedEvent) -> Ticket:
    return Ticket.objects.get(pk=import_tickets([plan(*history)])[0].ticket_id)


def test_a_history_folds_to_its_row(opening, mira):
    ticket = imported(
        opening,
        PlannedEvent(
            events.ASSIGNED, on(2), by_id=mira.pk, changes={"assignee_id": mira.pk, "status": "open"}
        ),
        PlannedEvent(events.CHANGED, on(3), changes={"subject": "VPN drops", "impact": 1}),
        PlannedEvent(
            events.RESOLVED,
            on(4),
            changes={"status": "resolved", "resolved_at": on(4), "status_since": on(4)},
        ),
    )
    assert check(ticket) == []
    assert (ticket.subject, ticket.assignee, ticket.resolved_at, ticket.version) == (
        "VPN drops",
        mira,
        on(4),
        4,
    )
    assert ticket.changed_at == on(4)
    assert ticket.subject_plain == fold_words("VPN drops")


def test_the_opening_tells_the_same_columns_as_an_operation(opening, ticket):
    by_operation = ticket.events.get(kind=events.OPENED).changes
    by_import = imported(opening).events.get().changes
    ours = by_import.keys() | {"contact_id", "location", "device"}
    assert by_operation.keys() - {"requester_waiting_since", "opened_by_id", "words"} <= ours
    assert by_import["path"] == [None, [1]]


def test_each_text_has_its_revision(opening):
    ticket = imported(
        opening, PlannedEvent(events.CHANGED, on(2), changes={"subject": "New", "location": "Leeds"})
    )
    texts = dict(Revision.objects.filter(ticket=ticket).values_list("column", "text"))
    assert Revision.objects.filter(ticket=ticket).count() == 3
    assert (texts["location"], ticket.words.keys()) == ("Leeds", {"subject", "location"})
    changed = ticket.events.get(kind=events.CHANGED).changes
    assert changed["words"][1] == ticket.words
    assert "subject" not in changed


def test_nothing_leaves_and_nobody_reacts(opening):
    imported(opening)
    assert Delivery.objects.count() == 0


def test_imported_words_are_found(opening, ines):
    ticket = imported(opening)
    assert search(ines, "cafe") == [ticket]
    assert search(ines, "drops") == [ticket]


def test_a_key_is_imported_once(opening):
    import_tickets([plan(opening)])
    with pytest.raises(IntegrityError, match="an_external_key_once"):
        import_tickets([plan(opening)])


def test_events_are_numbered_in_the_order_of_the_history(opening):
    first, second = import_tickets(
        [plan(opening, PlannedEvent(events.NOTED, on(2)), key="a"), plan(opening, key="b")]
    )
    kinds = list(Event.objects.order_by("id").values_list("ticket_id", "kind"))
    assert kinds == [
        (first.ticket_id, events.OPENED),
        (first.ticket_id, events.NOTED),
        (second.ticket_id, events.OPENED),
    ]
    assert list(ExternalReference.objects.values_list("key", flat=True)) == ["a", "b"]


@pytest.mark.parametrize("wrong", ["no opening", "backwards", "empty", "column"])
def test_a_plan_that_is_no_history_is_refused(opening, wrong):
    later = PlannedEvent(events.NOTED, on(5))
    history = {
        "no opening": [later],
        "backwards": [opening, later, PlannedEvent(events.NOTED, on(4))],
        "empty": [],
        "column": [opening, PlannedEvent(events.CHANGED, on(6), changes={"version": 9})],
    }
    with pytest.raises(ValueError, match=r"history"):
        import_tickets([plan(*history[wrong])])
    assert Ticket.objects.count() == 0


def test_at_most_a_thousand_at_once(opening):
    with pytest.raises(ValueError, match="At most 1000"):
        import_tickets([plan(opening, key=str(number)) for number in range(1_001)])
