"""Statements that are written once answer as Django's own would."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import Organisation, User
from accounts.prepared import Prepared, any_of, ask, insert, update
from tickets.models import Event, Message, Ticket


def _planned() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return {row[0] for row in cursor.fetchall()}


def _columns(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_a_query_answers_for_other_parameters_without_being_planned_again(ines: User, mira: User) -> None:
    people = Prepared(lambda key: User.objects.filter(pk=key).select_related("organisation"), "key")
    before = _planned()
    assert people(key=ines.pk) == [ines]
    assert people(key=mira.pk) == [mira]
    assert people.first(key=0) is None
    (planned,) = _planned() - before
    assert "$1" in planned
    assert "$2" not in planned
    found = people.first(key=ines.pk)
    assert found is not None
    assert "organisation" in found._state.fields_cache
    assert found.organisation == ines.organisation


def test_what_is_no_parameter_is_part_of_the_text(ines: User, mira: User) -> None:
    active = Prepared(
        lambda keys: User.objects.filter(any_of("pk", keys), is_active=True, name__contains="100%"), "keys"
    )
    User.objects.filter(pk=ines.pk).update(name="Ines 100%")
    assert active(keys=[ines.pk, mira.pk]) == [ines]
    assert active(keys=[]) == []


def test_one_plan_serves_lists_of_any_length(ines: User, mira: User) -> None:
    people = Prepared(lambda keys: User.objects.filter(any_of("pk", keys)).order_by("pk"), "keys")
    before = _planned()
    for keys in ([ines.pk], [], [mira.pk], [ines.pk, mira.pk]) * 3:
        assert people(keys=keys) == sorted(User.objects.filter(pk__in=keys), key=lambda user: user.pk)
    (planned,) = _planned() - before
    with connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans FROM pg_prepared_statements WHERE statement = %s", [planned])
        assert cursor.fetchone() == (7,)  # PostgreSQL makes five of its own first


def test_a_statement_by_hand_is_planned_once_whatever_it_is_asked(db: None) -> None:
    text = "SELECT number * %s FROM unnest((SELECT %s::int[])) AS number"
    before = _planned()
    assert ask(text, 2, [1, 2]) == [(2,), (4,)]
    assert ask(text, 3, []) == []
    (planned,) = _planned() - before
    assert "$1" in planned


def test_a_rollback_does_not_forget_a_plan(ines: User) -> None:
    names = Prepared(lambda key: User.objects.filter(pk=key).values_list("name"), "key")
    with transaction.atomic():
        names(key=ines.pk)
        transaction.set_rollback(True)
    assert names(key=ines.pk) == [(ines.name,)]


def test_an_inserted_row_is_the_row_that_save_would_write(ticket: Ticket, ines: User, at: Any) -> None:
    def message() -> Message:
        return Message(ticket=ticket, author=ines, body="It’s 100% – {broken} %s $1", at=at)

    ours, djangos = message(), message()
    insert(ours)
    djangos.save(force_insert=True)
    assert not ours._state.adding
    assert ours.pk != djangos.pk
    stored = _columns(Message.objects.get(pk=ours.pk))
    assert stored == _columns(ours)
    assert stored | {"id": 0} == _columns(djangos) | {"id": 0}


def test_several_rows_are_one_statement_and_each_gets_its_own_key(
    ticket: Ticket, ines: User, at: Any, django_assert_num_queries: Any
) -> None:
    rows = [Message(ticket=ticket, author=ines, body=f"Number {n}", at=at) for n in range(3)]
    with django_assert_num_queries(1):
        insert(*rows)
    assert {row.pk: row.body for row in rows} == dict(
        Message.objects.filter(body__startswith="Number").values_list("pk", "body")
    )


def test_many_rows_are_written_all_the_same(ticket: Ticket, ines: User, at: Any) -> None:
    insert(*(Message(ticket=ticket, author=ines, body=f"Number {n}", at=at) for n in range(20)))
    assert Message.objects.filter(body__startswith="Number").count() == 20
    insert()


def test_what_the_database_decides_is_known_afterwards(ticket: Ticket, at: Any) -> None:
    event = Event(ticket=ticket, kind="test.told", at=at, changes={"path": [None, [1, 2]]}, data={"n": 1})
    insert(event)
    assert isinstance(event.xid, int)
    assert _columns(Event.objects.get(pk=event.pk)) == _columns(event)


def test_a_given_key_is_kept(ticket: Ticket) -> None:
    new = Ticket.objects.get(pk=ticket.pk)
    new.pk = ticket.pk + 1_000
    insert(new)
    assert _columns(Ticket.objects.get(pk=new.pk)) == _columns(ticket) | {"id": new.pk}


def test_an_update_writes_the_named_columns_alone(northwind: Organisation) -> None:
    northwind.name, northwind.support_plan = "Northwind Group", "reactive"
    update(northwind, ["name"])
    northwind.refresh_from_db()
    assert (northwind.name, northwind.support_plan) == ("Northwind Group", "proactive")


def test_an_update_of_a_row_that_is_gone_is_refused(db: None) -> None:
    with pytest.raises(DatabaseError, match="Organisation 77 is not there"):
        update(Organisation(pk=77, name="Nobody"), ["name"])
