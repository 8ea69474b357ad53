"""Nobody sees, counts, searches or exports what they may not open, by whichever road they ask."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import Desk, Organisation, Team, User
from delivery.models import Delivery, Mail
from delivery.operations import enqueue
from escalation import operations as escalation
from helpdesk.wiring import react
from tests.test_routes import door
from tickets import operations
from tickets.events import REACTION_KIND
from tickets.models import CustomField, SavedView, Ticket
from tickets.refusals import Refused

SECRET = "Zyzzogeton"
"""A word that stands in nothing but what is hidden."""

Facts = dict[str, Any]


def read(client: Client, url: str) -> str:
    response = client.get(url)
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return f"{response.status_code} {response.get('Location', '')} {body.decode()}"


@pytest.fixture
def deliver() -> Callable[[datetime], list[Mail]]:
    """Carry out what waits, as the worker does; the mails that came of it."""

    def run(at: datetime) -> list[Mail]:
        for row in Delivery.objects.filter(kind=REACTION_KIND, state="waiting"):
            react(row.payload, row, at)
            Delivery.objects.filter(pk=row.pk).update(state="done", done_at=at)
        return list(Mail.objects.all())

    return run


class TestRestricted:
    """A staff matter of Ines: only Yuki is named. Mira took the call, watches it and has linked it."""

    @pytest.fixture
    def beside(self, open_ticket: Callable[..., Ticket]) -> Ticket:
        return open_ticket(subject="The printer is out of paper")

    @pytest.fixture
    def secret(
        self,
        ines: User,
        mira: User,
        yuki: User,
        platform: Team,
        beside: Ticket,
        later: Callable[..., datetime],
    ) -> Ticket:
        Desk.objects.update(is_set_up=True)
        ticket = operations.open_ticket(
            requester=ines, subject=f"{SECRET} is dismissed", description=SECRET, by=mira, at=later()
        )
        operations.watch(ticket, user=mira, by=mira, at=later(minutes=1))
        operations.link(ticket, other=beside, type="related", by=mira, at=later(minutes=1))
        facts: Facts = {"reason": "needs_expertise", "summary": SECRET}
        ticket = escalation.hand_over(ticket, team=platform, by=mira, at=later(minutes=2), **facts).ticket
        operations.take(ticket, by=yuki, at=later(minutes=2))
        ticket = operations.restrict(ticket, people=[], by=yuki, at=later(minutes=3))
        Mail.objects.all().delete()
        Delivery.objects.all().delete()
        return ticket

    def addresses(self, secret: Ticket, beside: Ticket, ines: User, team: Team) -> list[str]:
        name, key = secret.number, secret.pk
        return [
            "/desk/",
            "/desk/queues/all/",
            "/desk/queues/tier-3/",
            f"/desk/queues/team-{team.pk}/",
            "/desk/queues/watching/",
            "/desk/queues/tier-3/export.csv",
            "/desk/queues/all/export.csv?restricted=true",
            "/desk/queues/all/?restricted=true",
            f"/desk/search/?q={SECRET}",
            f"/desk/search/?q={name}",
            f"/desk/tickets/{name}/",
            f"/desk/tickets/{name}/change/",
            f"/desk/tickets/{beside.number}/",
            f"/desk/bulk/take/?ticket={key}",
            f"/desk/new/person/?requester={ines.pk}",
            f"/desk/new/?requester={ines.pk}",
            f"/requests/{name}/",
            f"/requests/?q={SECRET}",
            f"/?q={SECRET}",
            f"/requests/new/similar/?subject={SECRET}+is+dismissed",
            f"/requests/?of=organisation&q={SECRET}",
            f"/requests/?of=followed&q={SECRET}",
        ]

    def test_it_shows_to_nobody_else_anywhere(
        self,
        secret: Ticket,
        beside: Ticket,
        ines: User,
        mira: User,
        dario: User,
        ada: User,
        max_: User,
        greta: User,
        vera: User,
        yuki: User,
        platform: Team,
    ) -> None:
        asked = self.addresses(secret, beside, ines, platform)
        for user in (mira, dario, ada, max_, greta, vera):
            client = door(user)
            told = [url for url in asked if "is dismissed" in read(client, url)]
            assert told == [], user
            assert read(client, f"/desk/tickets/{secret.number}/").startswith("404"), user
        assert "is dismissed" in read(door(yuki), f"/desk/tickets/{secret.number}/")
        assert "is dismissed" in read(door(yuki), f"/desk/search/?q={SECRET}")

    def test_administrators_read_about_it_neither_in_settings_nor_in_the_outbox(
        self,
        secret: Ticket,
        ada: User,
        yuki: User,
        platform: Team,
        deliver: Any,
        later: Callable[..., datetime],
    ) -> None:
        operations.reply(secret, text=f"{SECRET} may stay", by=yuki, at=later(minutes=4))
        mails = deliver(later(minutes=5))
        assert [mail.to for mail in mails] == [secret.requester.email]
        row = enqueue("mail", {"mail": mails[0].pk}, at=later(minutes=6))
        client = door(ada)
        for url in (
            "/settings/outbox/",
            f"/settings/outbox/?q={SECRET}",
            f"/settings/outbox/{mails[0].pk}/",
            f"/settings/deliveries/{row.pk}/",
            "/settings/deliveries/",
            f"/settings/people/{yuki.pk}/deactivate/",
            "/settings/tiers/3/turn-off/",
            f"/settings/teams/{platform.pk}/retire/",
            "/settings/history/",
            f"/admin/tickets/ticket/{secret.pk}/change/",
        ):
            page = read(client, url)
            assert "is dismissed" not in page, url
            assert "may stay" not in page, url
        assert read(client, f"/settings/outbox/{mails[0].pk}/").startswith("404")

    def test_no_mail_tells_a_watcher_who_is_not_named(
        self, secret: Ticket, mira: User, yuki: User, ines: User, deliver: Any, later: Callable[..., datetime]
    ) -> None:
        operations.note(secret, text="Ask the works council", by=yuki, at=later(minutes=4))
        operations.reply(secret, text="We look into it", by=yuki, at=later(minutes=4))
        operations.reply(secret, text="Thank you", by=ines, at=later(minutes=5))
        told = {mail.to for mail in deliver(later(minutes=6))}
        assert mira.email not in told
        assert ines.email in told
        assert yuki.email in told

    def test_it_can_be_acted_on_by_nobody_else(self, secret: Ticket, beside: Ticket, mira: User) -> None:
        client = door(mira)
        for act in ("take", "note", "watch", "unrestrict", "write", "unlink"):
            assert client.post(f"/desk/tickets/{secret.number}/{act}/").status_code == 404
        for act, field in (("link", "other"), ("merge", "into")):
            response = client.post(
                f"/desk/tickets/{beside.number}/{act}/", {field: secret.number, "type": "related"}
            )
            assert "There is no ticket with this number." in response.content.decode()
        events = secret.events.count()
        client.post("/desk/bulk/tag/", {"ticket": [secret.pk, beside.pk], "names": "x"})
        assert secret.events.count() == events
        assert beside.taggings.count() == 1

    def test_who_is_brought_in_sees_it(
        self,
        secret: Ticket,
        yuki: User,
        mira: User,
        dario: User,
        network: Team,
        later: Callable[..., datetime],
    ) -> None:
        facts: Facts = {"reason": "needs_access", "summary": "Lock the account"}
        escalation.hand_over(secret, team=network, by=yuki, at=later(minutes=4), **facts)
        assert Ticket.objects.visible_to(dario).filter(pk=secret.pk).exists()
        assert not Ticket.objects.visible_to(mira).filter(pk=secret.pk).exists()

    def test_what_comes_of_it_is_restricted_too(
        self, secret: Ticket, yuki: User, ines: User, mira: User, vpn: Any, later: Callable[..., datetime]
    ) -> None:
        part = operations.split(
            secret, message=secret.messages.earliest("id"), subject="Her laptop", by=yuki, at=later(minutes=4)
        )
        operations.resolve(secret, code="fixed", summary="Done", category=vpn, by=yuki, at=later(minutes=5))
        operations.confirm(secret, by=ines, at=later(minutes=6))
        follow_up = operations.reply(secret, text="One more thing", by=ines, at=later(hours=1))
        assert follow_up.pk != secret.pk
        for new in (part, follow_up):
            assert new.is_restricted
            assert Ticket.objects.visible_to(yuki).filter(pk=new.pk).exists()
            assert not Ticket.objects.visible_to(mira).filter(pk=new.pk).exists()

    def test_it_is_not_merged_into_what_everybody_sees(
        self, secret: Ticket, beside: Ticket, yuki: User, later: Callable[..., datetime]
    ) -> None:
        with pytest.raises(Refused, match="Restrict that one first"):
            operations.merge(secret, into=beside, by=None, at=later(minutes=4))


class TestFieldsOfHigherTiers:
    @pytest.fixture
    def field(self, ticket: Ticket, yuki: User, at: datetime) -> CustomField:
        Desk.objects.update(is_set_up=True)
        field = CustomField.objects.create(key="door-code", label="Door code", min_tier=3)
        operations.change(ticket, fields={"door-code": SECRET}, by=None, at=at)
        return field

    def test_their_values_show_filter_and_export_for_nobody_below(
        self, field: CustomField, ticket: Ticket, ines: User, mira: User, dario: User, yuki: User
    ) -> None:
        narrow = f"?field.door-code:contains={SECRET}"
        for user in (ines, mira, dario):
            client = door(user)
            for url in (
                f"/desk/tickets/{ticket.number}/",
                f"/desk/tickets/{ticket.number}/change/",
                f"/requests/{ticket.number}/",
                "/desk/queues/all/export.csv",
            ):
                assert SECRET not in read(client, url), (user, url)
        page = read(door(mira), f"/desk/queues/all/{narrow}")
        assert "There is no field" in page
        assert "Door code" not in read(door(mira), "/desk/filters/")
        assert ticket.subject in read(door(yuki), f"/desk/queues/all/{narrow}")
        assert SECRET in read(door(yuki), f"/desk/tickets/{ticket.number}/")

    def test_a_shared_view_with_such_a_filter_tells_nothing(
        self, field: CustomField, ticket: Ticket, mira: User, yuki: User
    ) -> None:
        filter_ = {"field": "field.door-code", "op": "contains", "value": SECRET}
        view = SavedView.objects.create(name="Doors", owner=yuki, for_everyone=True, filter=filter_)
        page = read(door(mira), f"/desk/views/{view.pk}/")
        assert SECRET not in page
        assert ticket.subject not in page
        assert ticket.subject in read(door(yuki), f"/desk/views/{view.pk}/")

    def test_nobody_below_sets_them(self, field: CustomField, ticket: Ticket, mira: User) -> None:
        client = door(mira)
        sent = {"subject": ticket.subject, "kind": "incident", "impact": 3, "urgency": 2}
        sent |= {"requester": ticket.requester_id, "fields.door-code": "0000", "location": "Hull"}
        client.post(f"/desk/tickets/{ticket.number}/change/", sent)
        assert ticket.field_values.get().value == SECRET


class TestInsideWords:
    """What the desk says among itself never shows on the requester's side."""

    @pytest.fixture
    def worked(
        self, ticket: Ticket, mira: User, dario: User, network: Team, later: Callable[..., datetime]
    ) -> Ticket:
        Desk.objects.update(is_set_up=True)
        operations.take(ticket, by=mira, at=later(minutes=1))
        operations.note(ticket, text=f"{SECRET} note", by=mira, at=later(minutes=2))
        operations.override_priority(ticket, priority=4, reason=SECRET, by=mira, at=later(minutes=3))
        operations.tag(ticket, names=[SECRET], by=mira, at=later(minutes=3))
        facts: Facts = {"reason": "needs_expertise", "summary": f"{SECRET} summary"}
        escalation.hand_over(ticket, team=network, by=mira, at=later(minutes=4), **facts)
        facts = {"reason": "information_missing", "text": f"{SECRET} return"}
        return escalation.return_(ticket, by=dario, at=later(minutes=5), **facts)

    def test_requesters_read_search_and_get_by_mail_only_what_is_public(
        self,
        worked: Ticket,
        ines: User,
        tomasz: User,
        greta: User,
        deliver: Any,
        later: Callable[..., datetime],
    ) -> None:
        operations.watch(worked, user=tomasz, by=ines, at=later(minutes=6))
        for user in (ines, tomasz, greta):
            client = door(user)
            for url in (
                "/",
                f"/?q={SECRET}",
                "/requests/",
                f"/requests/?q={SECRET}&of=followed",
                f"/requests/?q={SECRET}&of=organisation",
                f"/requests/{worked.number}/",
            ):
                page = read(client, url).replace(f"q={SECRET}", "").replace(f'"{SECRET}"', "")
                assert f"{SECRET} " not in page, (user, url)
                assert SECRET.lower() not in page, (user, url)
        mails = [mail for mail in deliver(later(minutes=7)) if mail.to.endswith("northwind.example")]
        assert mails
        assert not any(SECRET in mail.text + mail.subject for mail in mails)


def test_a_note_for_a_higher_tier_is_found_and_read_by_nobody_below(
    ticket: Ticket, mira: User, yuki: User, deliver: Any, later: Callable[..., datetime]
) -> None:
    Desk.objects.update(is_set_up=True)
    operations.take(ticket, by=mira, at=later(minutes=1))
    operations.note(ticket, text=f"{SECRET} key", min_tier=3, by=yuki, at=later(minutes=2))
    client = door(mira)
    assert SECRET not in read(client, f"/desk/tickets/{ticket.number}/")
    assert ticket.subject not in read(client, f"/desk/search/?q={SECRET}")
    assert not any(SECRET in mail.text for mail in deliver(later(minutes=3)))
    assert SECRET in read(door(yuki), f"/desk/tickets/{ticket.number}/")


def test_what_is_ones_own_is_ones_own(
    ticket: Ticket, mira: User, sara: User, ines: User, otto: User, at: datetime
) -> None:
    """Views, drafts: nobody else's key opens them, and a number of another organisation finds nothing."""
    Desk.objects.update(is_set_up=True)
    view = SavedView.objects.create(name="Mine", owner=mira)
    other = door(sara)
    assert other.get(f"/desk/views/{view.pk}/").status_code == 404
    assert other.post(f"/desk/views/{view.pk}/edit/", {"name": "Hers"}).status_code == 404
    assert other.post(f"/desk/views/{view.pk}/delete/").status_code == 404
    draft = {"place": f"request-{ticket.pk}-reply", "fields": {"text": [SECRET]}, "at": 1}
    door(ines).post("/drafts/", draft, content_type="application/json")
    assert SECRET in read(door(ines), f"/requests/{ticket.number}/")
    for user in (otto, sara):
        assert SECRET not in read(door(user), f"/requests/{ticket.number}/")
    stranger = door(otto)
    assert read(stranger, f"/requests/?q={ticket.number}").count(ticket.subject) == 0
    assert read(stranger, f"/requests/new/people/?colleague={ines.name[:4]}").count(ines.email) == 0


def test_a_requester_files_for_colleagues_only(
    ines: User, otto: User, harbour: Organisation, service_desk: Team
) -> None:
    Desk.objects.update(is_set_up=True)
    sent = {
        "key": "k",
        "kind": "incident",
        "subject": "x",
        "impact": 3,
        "urgency": 2,
        "device_choice": "none",
    }
    response = door(ines).post("/requests/new/", {**sent, "reach_by": "mail", "requester": otto.pk})
    assert response.status_code == 422
    assert not Ticket.objects.exists()
