"""What ready-made texts name in double braces, filled in; and what is refused."""

import pytest

from accounts.models import User
from tickets import filling
from tickets.models import Ticket
from tickets.refusals import Invalid


def test_names_are_filled_in_with_or_without_blanks(ticket: Ticket, mira: User) -> None:
    source = filling.Source(ticket, mira)
    text = "{{requester.first_name}}, {{  ticket.number }}: {{ no.such }} {{ agent.first_name }}"
    assert filling.fill(text, source) == f"Ines, {ticket.number}: {{{{ no.such }}}} Mira"


def test_a_value_that_looks_like_a_name_is_put_in_as_it_is(ticket: Ticket, mira: User) -> None:
    ticket.subject = "What does {{ agent.name }} mean?"
    filled = filling.fill_whole("About: {{ ticket.subject }}", filling.Source(ticket))
    assert filled == "About: What does {{ agent.name }} mean?"


def test_what_has_no_value_is_marked_or_refused(ticket: Ticket, ines: User) -> None:
    ticket.device = ticket.requester.device = ""
    source = filling.Source(ticket)
    marked = filling.fill("Restart {{ requester.device }}. {{ agent.name }}", source)
    assert marked == "Restart ⟦the device⟧. ⟦your name⟧"
    assert filling.missing(marked) == ["the device", "your name"]
    with pytest.raises(Invalid, match="Fill in before you send: the device"):
        filling.fill_whole("Restart {{ requester.device }}.", source)


def test_for_a_new_ticket_only_its_own_facts_are_missing(ines: User, mira: User) -> None:
    text = "{{ requester.first_name }} {{ requester.device }} {{ ticket.number }} {{ agent.first_name }}"
    assert filling.fill_for_new(text, requester=ines, agent=mira) == "Ines NW-1180 ⟦the ticket's number⟧ Mira"
    assert (
        filling.fill_for_new("{{ requester.name }}", requester=None, agent=mira) == "⟦the requester's name⟧"
    )


def test_a_long_row_of_blanks_behind_braces_is_answered(ticket: Ticket) -> None:
    text = "{{" + " " * 50_000 + "x"
    assert filling.fill(text, filling.Source(ticket)) == text
    assert filling.missing(text) == []
    with pytest.raises(Invalid, match="Double braces are opened"):
        filling.check(text, field="text")
