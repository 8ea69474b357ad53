"""Acts on many tickets: what will be refused is told before, long ones go on by themselves, and there is a way back."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.models import Team, User
from delivery.operations import claim, deliver
from helpdesk.desk import jobs
from tickets import operations
from tickets.models import BulkJob, Category, Event, Message, Status, Tag, Ticket, Watch

SignIn = Callable[[User], Any]
Later = Callable[..., datetime]


@pytest.fixture(autouse=True)
def _counted_anew() -> None:
    """Numbers are kept for ten seconds; people of different tests have the same keys."""
    cache.clear()


@pytest.fixture
def three(open_ticket: Callable[..., Ticket], mira: User, sara: User, later: Later) -> list[Ticket]:
    """Two are free, the last is Sara's."""
    tickets = [open_ticket(f"Number {n}") for n in range(3)]
    operations.take(tickets[2], by=sara, at=later(minutes=1))
    return tickets


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def keys(tickets: list[Ticket]) -> str:
    return ",".join(str(ticket.pk) for ticket in tickets)


def work() -> None:
    """What the worker does, until nothing is due."""
    at = timezone.now()
    while rows := claim(limit=50, worker="w1", at=at):
        for row in rows:
            deliver(row, at=at)


@pytest.mark.parametrize("back", ["TD-99", "https://evil.example/", "//evil.example/"])
def test_it_leads_back_to_a_page_of_the_desk_whatever_the_form_names(
    signed_in: SignIn, mira: User, three: list[Ticket], back: str
) -> None:
    sent = {"tickets": keys(three[:2]), "back": back}
    assert signed_in(mira).post("/desk/bulk/take/", sent).headers["Location"] == "/desk/"


class TestBefore:
    def test_it_is_told_what_will_be_refused_and_why(
        self, signed_in: SignIn, mira: User, three: list[Ticket]
    ) -> None:
        before = Event.objects.count()
        answer = text_of(signed_in(mira).post("/desk/bulk/take/preview/", {"tickets": keys(three)}))
        assert "It will be done for 2 tickets. 1 will be refused:" in answer
        assert f"{three[2].number} Sara Amin has taken {three[2].number} already." in answer
        assert Event.objects.count() == before
        assert not Ticket.objects.filter(assignee=mira).exists()

    def test_it_asks_for_what_is_missing_first(
        self, signed_in: SignIn, mira: User, three: list[Ticket]
    ) -> None:
        answer = signed_in(mira).post("/desk/bulk/reply/preview/", {"tickets": keys(three)})
        assert "Once everything needed is filled in" in text_of(answer)

    def test_what_one_ticket_becomes_counts_for_the_next(
        self, signed_in: SignIn, lars: User, mira: User, three: list[Ticket], vpn: Category, later: Later
    ) -> None:
        """A parent ends after the child that blocks it: both in one go, the child first."""
        child, parent = three[0], three[1]
        operations.link(child, other=parent, type="child", blocks=True, by=lars, at=later(minutes=2))
        sent = {"code": "fixed", "summary": "Repaired.", "category": str(vpn.pk), "publish_fix": ""}
        client = signed_in(lars)
        both = client.post("/desk/bulk/resolve/preview/", {"tickets": keys([child, parent]), **sent})
        assert "It will be done for 2 tickets." in text_of(both)
        alone = client.post("/desk/bulk/resolve/preview/", {"tickets": keys([parent]), **sent})
        assert "1 will be refused" in text_of(alone)

    def test_it_says_how_many_it_looked_at(
        self, signed_in: SignIn, mira: User, three: list[Ticket], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("helpdesk.desk.bulk.MOST_TRIED", 2)
        answer = signed_in(mira).post("/desk/bulk/take/preview/", {"tickets": keys(three)})
        assert "The first 2 of 3 were looked at" in text_of(answer)

    @pytest.mark.parametrize(
        ("name", "facts"),
        [
            ("take", {}),
            ("release", {}),
            ("accept", {}),
            ("return", {"reason": "not_ours", "text": "Elsewhere."}),
            ("tag", {"names": "monday"}),
            ("close", {}),
            ("resume", {}),
            ("restore", {}),
            ("note", {"text": "Same router."}),
            ("reply", {"text": "It is being mended."}),
            ("ask", {"question": "Is it back?"}),
            ("cancel", {"reason_text": "Filed twice."}),
            ("resolve", {"code": "fixed", "summary": "Repaired."}),
            ("hand-over", {"reason": "needs_expertise", "summary": "See the log."}),
            ("assign", {"to": "mira"}),
            ("override-priority", {"priority": "1", "reason": "The fair opens."}),
        ],
    )
    def test_what_is_told_before_is_what_comes_of_it(
        self,
        signed_in: SignIn,
        mira: User,
        dario: User,
        network: Team,
        three: list[Ticket],
        open_ticket: Callable[..., Ticket],
        vpn: Category,
        later: Later,
        name: str,
        facts: dict[str, str],
    ) -> None:
        """Tickets in every state, as one would find them: for each act the forecast is the outcome."""
        waiting, resolved, cancelled, elsewhere = (
            open_ticket(subject, category=vpn)
            for subject in ("Waiting", "Resolved", "Cancelled", "Elsewhere")
        )
        operations.take(waiting, by=mira, at=later(minutes=1))
        operations.wait_for_requester(waiting, question="Which?", by=mira, at=later(minutes=2))
        operations.take(resolved, by=mira, at=later(minutes=1))
        operations.resolve(
            resolved, code="fixed", summary="Done.", category=vpn, by=mira, at=later(minutes=2)
        )
        operations.cancel(cancelled, reason_text="Twice.", by=mira, at=later(minutes=2))
        jobs_sent = {"team": network.pk, "reason": "needs_expertise", "summary": "See the log."}
        client = signed_in(mira)
        client.post("/desk/bulk/hand-over/", {"ticket": [elsewhere.pk], **jobs_sent})
        if name == "hand-over":
            facts = facts | {"team": str(network.pk)}
        if name == "assign":
            facts = facts | {"to": str(mira.pk)}
        every = [*three, waiting, resolved, cancelled, elsewhere]
        told = text_of(client.post(f"/desk/bulk/{name}/preview/", {"tickets": keys(every), **facts}))
        client.post(f"/desk/bulk/{name}/", {"tickets": keys(every), **facts})
        job = BulkJob.objects.filter(act=name).latest("pk")
        assert len(job.done) + len(job.refused) == len(every)
        n = len(job.done)
        assert f"It will be done for {n} ticket{'' if n == 1 else 's'}." in told
        for _key, why in job.refused:
            assert why in told


class TestLong:
    @pytest.fixture
    def sixty(self, open_ticket: Callable[..., Ticket]) -> list[Ticket]:
        return [open_ticket(f"Number {n}") for n in range(12)]

    @pytest.fixture(autouse=True)
    def _short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twelve tickets stand for a thousand."""
        monkeypatch.setattr(jobs, "DIRECT", 5)
        monkeypatch.setattr(jobs, "PIECE", 3)

    def test_many_go_on_behind_the_page_and_are_found_again(
        self, signed_in: SignIn, mira: User, sara: User, sixty: list[Ticket], later: Later
    ) -> None:
        operations.take(sixty[3], by=sara, at=later(minutes=1))
        client = signed_in(mira)
        answer = client.post("/desk/bulk/take/", {"tickets": keys(sixty)})
        job = BulkJob.objects.get()
        assert answer["Location"] == f"/desk/jobs/{job.pk}/"
        assert "0 of 12 tickets" in text_of(client.get(f"/desk/jobs/{job.pk}/"))
        assert not Ticket.objects.filter(assignee=mira).exists()
        work()
        text = text_of(client.get(f"/desk/jobs/{job.pk}/"))
        assert "Take: done for 11 tickets." in text
        assert "1 ticket was refused" in text
        assert "Take done for 11 tickets · 1 refused" in text_of(client.get("/desk/jobs/"))

    def test_a_worker_that_dies_loses_nothing_and_does_nothing_twice(
        self, signed_in: SignIn, mira: User, sixty: list[Ticket]
    ) -> None:
        signed_in(mira).post("/desk/bulk/tag/", {"tickets": keys(sixty), "names": "monday"})
        job = BulkJob.objects.get()
        assert jobs._step(job.pk, at=timezone.now(), piece=5)
        job.refresh_from_db()
        assert (job.position, job.state) == (5, "running")
        work()
        assert Event.objects.filter(kind="ticket.tagged").count() == 12
        job.refresh_from_db()
        assert (job.state, len(job.done), job.asked) == ("done", 12, {})

    def test_what_cannot_be_asked_any_more_ends_it_and_says_so(
        self, signed_in: SignIn, mira: User, sara: User, sixty: list[Ticket]
    ) -> None:
        client = signed_in(mira)
        client.post("/desk/bulk/assign/", {"tickets": keys(sixty), "to": sara.pk})
        sara.memberships.all().delete()
        work()
        job = BulkJob.objects.get()
        text = text_of(client.get(f"/desk/jobs/{job.pk}/"))
        assert "Broken off before 12 tickets had their turn:" in text
        assert not Ticket.objects.filter(assignee=sara).exists()

    def test_all_of_a_list_can_be_chosen_not_only_the_page(
        self, signed_in: SignIn, mira: User, sixty: list[Ticket], later: Later
    ) -> None:
        operations.tag(sixty[0], names=["router"], by=mira, at=later(minutes=1))
        operations.tag(sixty[1], names=["router"], by=mira, at=later(minutes=1))
        client = signed_in(mira)
        page = client.get("/desk/bulk/take/", {"all": "/desk/queues/tier-1/"}).content.decode()
        assert "For 12 tickets." in page
        narrowed = client.get("/desk/bulk/take/", {"all": "/desk/queues/tier-1/?tag=router"}).content.decode()
        assert f'name="tickets" value="{keys(sixty[:2])}"' in narrowed
        nowhere = client.get("/desk/bulk/take/", {"all": "/desk/queues/nowhere/"})
        assert nowhere.status_code == 404

    def test_another_person_finds_neither_the_job_nor_its_undo(
        self, signed_in: SignIn, mira: User, sara: User, sixty: list[Ticket]
    ) -> None:
        signed_in(mira).post("/desk/bulk/take/", {"tickets": keys(sixty[:2])})
        job = BulkJob.objects.get()
        client = signed_in(sara)
        assert client.get(f"/desk/jobs/{job.pk}/").status_code == 404
        assert client.post(f"/desk/jobs/{job.pk}/undo/").status_code == 404

    def test_jobs_of_last_week_are_forgotten(
        self, signed_in: SignIn, mira: User, sixty: list[Ticket]
    ) -> None:
        signed_in(mira).post("/desk/bulk/take/", {"tickets": keys(sixty[:2])})
        assert operations.forget_jobs(at=timezone.now() + timedelta(days=6)) == 0
        assert operations.forget_jobs(at=timezone.now() + timedelta(days=8)) == 1
        assert not BulkJob.objects.exists()


class TestBack:
    def test_an_assignment_is_taken_back_but_not_where_somebody_went_on(
        self, signed_in: SignIn, mira: User, sara: User, three: list[Ticket], later: Later
    ) -> None:
        client = signed_in(mira)
        toast = client.post("/desk/bulk/assign/", {"tickets": keys(three), "to": mira.pk}, follow=True)
        job = BulkJob.objects.get()
        assert f'action="/desk/jobs/{job.pk}/undo/"' in toast.content.decode()
        operations.assign(three[0], to=sara, by=mira, at=timezone.now())
        text = text_of(client.post(f"/desk/jobs/{job.pk}/undo/", follow=True))
        assert "Undo: Assign: done for 2 tickets." in text
        assert f"{three[0].number} has been changed since." in text
        assignees = [Ticket.objects.get(pk=row.pk).assignee for row in three]
        assert assignees == [sara, None, sara]

    def test_undoing_is_an_act_of_its_own_in_the_history(
        self, signed_in: SignIn, mira: User, three: list[Ticket]
    ) -> None:
        client = signed_in(mira)
        client.post("/desk/bulk/take/", {"tickets": keys(three[:1])})
        client.post(f"/desk/jobs/{BulkJob.objects.get().pk}/undo/")
        kinds = list(three[0].events.filter(by=mira).values_list("kind", flat=True))
        assert kinds == ["ticket.taken", "ticket.contact_set", "ticket.released"]

    @pytest.mark.parametrize(
        ("name", "facts"),
        [
            ("tag", {"names": "monday, router"}),
            ("change", {"kind": "question", "urgency": "1"}),
            ("override-priority", {"priority": "1", "reason": "The fair opens."}),
            ("contact", {"to": "mira"}),
            ("watch", {}),
            ("hold", {"reason": "part", "until": "in two days"}),
            ("parent", {"parent": "another"}),
            ("take", {}),
        ],
    )
    def test_what_leads_back_leads_to_where_one_was(
        self,
        signed_in: SignIn,
        mira: User,
        open_ticket: Callable[..., Ticket],
        later: Later,
        name: str,
        facts: dict[str, str],
    ) -> None:
        ticket, other = open_ticket("One"), open_ticket("Another")
        until = (timezone.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
        means = {"mira": str(mira.pk), "in two days": until, "another": other.number}
        sent = {field: means.get(value, value) for field, value in facts.items()}
        if name == "watch":
            sent["user"] = str(mira.pk)
        client = signed_in(mira)
        before = _as_it_is(ticket)
        client.post(f"/desk/bulk/{name}/", {"tickets": ticket.pk, **sent})
        job = BulkJob.objects.get()
        assert (job.done, job.refused) == ([ticket.pk], [])
        assert _as_it_is(ticket) != before
        client.post(f"/desk/jobs/{job.pk}/undo/")
        undone = BulkJob.objects.get(undoes=job)
        assert (undone.done, undone.refused) == ([ticket.pk], [])
        assert _as_it_is(ticket) == before

    def test_it_is_undone_once_and_within_ten_minutes(
        self, signed_in: SignIn, mira: User, three: list[Ticket]
    ) -> None:
        client = signed_in(mira)
        client.post("/desk/bulk/take/", {"tickets": keys(three[:2])})
        job = BulkJob.objects.get()
        client.post(f"/desk/jobs/{job.pk}/undo/")
        again = client.post(f"/desk/jobs/{job.pk}/undo/")
        assert "This cannot be undone any more" in again.content.decode()
        assert "It was undone." in text_of(client.get(f"/desk/jobs/{job.pk}/"))

        client.post("/desk/bulk/take/", {"tickets": keys(three[:2])})
        late = BulkJob.objects.filter(undoes=None).latest("pk")
        BulkJob.objects.filter(pk=late.pk).update(finished_at=timezone.now() - timedelta(minutes=11))
        client.get("/desk/jobs/")  # where the toast, which offered it in time, is read
        assert "/undo/" not in client.get(f"/desk/jobs/{late.pk}/").content.decode()
        client.post(f"/desk/jobs/{late.pk}/undo/")
        assert not BulkJob.objects.filter(undoes=late).exists()

    def test_what_was_said_cannot_be_taken_back(
        self, signed_in: SignIn, mira: User, three: list[Ticket]
    ) -> None:
        client = signed_in(mira)
        client.post("/desk/bulk/note/", {"tickets": keys(three), "text": "Same router."})
        job = BulkJob.objects.get()
        assert "/undo/" not in client.get(f"/desk/jobs/{job.pk}/").content.decode()
        assert Message.objects.filter(kind="note").count() == 3


def _as_it_is(ticket: Ticket) -> dict[str, Any]:
    """All that an act that can be undone may change; that a new ticket has been opened by somebody stays so."""
    row = Ticket.objects.get(pk=ticket.pk)
    return {
        "assignee": row.assignee_id,
        "contact": row.contact_id,
        "waits": row.status in (Status.ON_HOLD, Status.PENDING_REQUESTER),
        "facts": (row.kind, row.category_id, row.impact, row.urgency, row.priority, row.priority_overridden),
        "tags": sorted(Tag.objects.filter(taggings__ticket=row).values_list("name", flat=True)),
        "watchers": sorted(Watch.objects.filter(ticket=row).values_list("user", flat=True)),
        "links": row.links.count(),
    }
