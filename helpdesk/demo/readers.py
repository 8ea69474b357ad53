"""What people make of the demo's articles: shown before a request is filed, run as scripts, named as solutions,
announced and read, voted on, wanted otherwise, and looked for in vain.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from delivery.models import Delivery
from delivery.operations import mark_read, notify
from helpdesk.announcement_notices import KIND, NO_TICKET, notice_key
from helpdesk.demo import clock, forms
from helpdesk.demo.company import Company
from helpdesk.demo.mix import Plan
from helpdesk.demo.script import Script
from helpdesk.demo.texts import DATA, read
from knowledgebase.models import Article, FilingForm, SearchTerm, Suggestion
from knowledgebase.operations import (
    announcing,
    deflecting,
    ending,
    learning,
    linking,
    problems,
    reviewing,
    running,
    suggesting_steps,
    voting,
    writing,
)
from knowledgebase.queries.announcing import asked_whom
from tickets.models import Channel, Kind, LinkType, Status, Ticket

SEED = "tierdesk:articles"
SECONDS = 20
"""To answer one step of a script."""


class Readers:
    """Everybody who reads. Articles are there when it is made, and none comes later.

    What stands in the history of tickets is woven into their lives; sums are written down before they begin, and
    what happens beside tickets at their end.
    """

    def __init__(self, company: Company) -> None:
        self.company = company
        self.has_run: set[str] = set()
        """Scenarios whose script has been run: each is, at least once."""
        self.has_corrected = False
        self.said: dict[str, Any] = read(DATA / "readers.yml")
        self.helpful = {slug for slug, _who, _days, *why in self.said["votes"] if not why}
        self.articles = {row.slug: row for row in Article.objects.select_related("published")}
        self.versions = {slug: row.published for slug, row in self.articles.items() if row.published}

    def count(self, *, now: datetime) -> None:
        forms.count(self.company, self.articles, self.said["shown"], now=now)

    # --- In the lives of tickets ---

    def weave(self, script: Script, plan: Plan, number: int) -> None:
        """Let articles play a part in a life, on top of its acts: none takes longer, and none is said otherwise."""
        rng = Random(f"{SEED}:{number}")  # noqa: S311 (a story, not a secret)
        key, marks = script.scenario.key, [step.mark for step in script.steps]
        shown, run = self.said["shown"].get(key), self.said["scripts"].get(key)
        if shown and marks[0] == "filed" and rng.random() < (0.5 if plan.cut else 0.06):
            script.after("filed", lambda at: self._file_anyway(script, shown, at))
        if shown and "resolved" in marks:
            corrects = len(shown) > 1 and shown[0] in self.helpful and not plan.cut and not self.has_corrected
            self.has_corrected |= corrects
            if rng.random() < 0.11 or corrects:
                names = shown[1::-1] if corrects else shown[:1]
                script.after("resolved", lambda at: self._name_solution(script, names, at))
        if run and "taken" in marks:
            self._weave_run(script, plan, run, rng)

    def _weave_run(self, script: Script, plan: Plan, run: dict[str, Any], rng: Random) -> None:
        """Once to its end at least, always where the plan names the scenario and ends there, else now and then."""
        key, marks = script.scenario.key, [step.mark for step in script.steps]
        to_its_end = "whole" in run and "handed" not in marks and "resolved" in marks
        is_first = to_its_end and not plan.cut and key not in self.has_run
        is_told = plan.scenario == key and plan.cut == "taken"
        if not (is_first or is_told or rng.random() < (0.25 if plan.cut else 0.06)):
            return
        self.has_run.add(key)
        script.resolve, script.hand_over = ending.resolve, ending.hand_over
        script.after("taken", lambda at: self._run(script, run["sop"], run["part"], at))
        if to_its_end:
            script.before("resolved", lambda at: self._run(script, run["sop"], run["whole"], at))

    def _file_anyway(self, script: Script, shown: list[str], at: datetime) -> None:
        """Three of four had read the first one."""
        ticket = script.ticket
        if ticket.channel != Channel.PORTAL:
            return
        form = FilingForm.objects.create(day=at.date(), category=ticket.category, has_found=True)
        is_read = script.lot % 4 != 0
        Suggestion.objects.bulk_create(
            Suggestion(form=form, article=self.articles[slug], is_read=is_read and not place)
            for place, slug in enumerate(shown)
        )
        deflecting.file_anyway(form.pk, ticket=ticket, by=script.cast.requester, at=at)

    def _name_solution(self, script: Script, names: list[str], at: datetime) -> None:
        """Who corrects it took the wrong article, saw it, and named the right one."""
        for slug in names:
            linking.link_solution(script.ticket, article=self.articles[slug], by=script.cast.first, at=at)

    def _run(self, script: Script, slug: str, answers: list[str], at: datetime) -> None:
        """Go on with the run, or begin one, so that the last answer is given at `at`."""
        by, ticket = script.cast.first, script.ticket
        run = ticket.script_runs.filter(ended_at=None, article__slug=slug).first()
        moment = max(at - timedelta(seconds=SECONDS * len(answers)), ticket.created_at)
        if run is None:
            run = running.start(ticket, article=self.articles[slug], by=by, at=moment)
        for answer in answers:
            moment = min(moment + timedelta(seconds=SECONDS), at)
            run = running.answer(run, place=run.place, step=run.step, value=answer, by=by, at=moment)

    # --- Beside tickets ---

    def tell(self, *, now: datetime) -> None:
        """Voted, commented, suggested, looked for, announced and read or not; a draft from a ticket, one in review."""
        before = Delivery.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        self._vote(now)
        self._comment(now)
        self._suggest(now)
        SearchTerm.objects.bulk_create(self._searches(now))
        *past, newest = self.said["announced"]
        for row in past:
            self._announce(row, now)
        Delivery.objects.filter(pk__gt=before).delete()  # only the last working day sends mail
        self._announce(newest, now)
        self._begin_drafts(now)
        self._gather(now)

    def _vote(self, now: datetime) -> None:
        for slug, who, days, *why in self.said["votes"]:
            reason, text = [*why, "", ""][:2]
            voting.vote(
                self.articles[slug],
                is_helpful=not reason,
                reason=reason,
                text=text,
                by=self.company.people[who],
                at=now - timedelta(days=days),
            )

    def _comment(self, now: datetime) -> None:
        people = self.company.people
        for slug, who, days, text, *settled in self.said["comments"]:
            at = now - timedelta(days=days)
            row = voting.comment(self.articles[slug], text=text, by=people[who], at=at)
            for ago in settled:
                voting.settle_comment(row, by=people["lars"], at=now - timedelta(days=ago))

    def _suggest(self, now: datetime) -> None:
        people = self.company.people
        for slug, step, who, days, text, *answer in self.said["steps"]:
            article, version, at = self.articles[slug], self.versions[slug], now - timedelta(days=days)
            row = suggesting_steps.suggest_change(
                article, version=version, step=step, text=text, by=people[who], at=at
            )
            for words in answer:
                is_taken = words == "taken"
                suggesting_steps.settle_suggestion(
                    row,
                    is_taken=is_taken,
                    answer="" if is_taken else words,
                    by=people["lars"],
                    at=at + timedelta(days=2),
                )

    def _searches(self, now: datetime) -> Iterator[SearchTerm]:
        rng = Random(f"{SEED}:searches")  # noqa: S311
        for name, is_filed in (("gaps", False), ("filed", True)):
            found = 2 if is_filed else 0
            for text, number in self.said[name].items():
                for _time in range(number):
                    day = (now - timedelta(days=rng.randint(1, 60))).date()
                    yield SearchTerm(text=text, language="en", day=day, found=found, is_filed=is_filed)

    def _announce(self, row: dict[str, Any], now: datetime) -> None:
        """Who has read it did so in the days after. Of what is past the notices are there, and no mail."""
        at, people = clock.back(now, row["days"] * clock.DAY), self.company.people
        found = announcing.announce(
            self.articles[row["article"]], tiers=row["tiers"], note=row["note"], by=people[row["by"]], at=at
        )
        asked, event = asked_whom(found), notice_key(found.pk)
        if row is not self.said["announced"][-1]:
            notify(asked, kind=KIND, ticket_number=NO_TICKET, event_id=event, at=at)
        unread = [people[key] for key in row["unread"]]
        for place, person in enumerate(one for one in asked if one not in unread):
            read_at = min(clock.forward(at, 40 + 95 * place), now)
            announcing.confirm(found, by=person, at=read_at)
            mark_read(by=person, at=read_at, event_id=event)

    def _begin_drafts(self, now: datetime) -> None:
        """What L3 has found waits to be looked through, and a change of an article waits for its review."""
        people, change = self.company.people, self.said["change"]
        ended = (Status.RESOLVED, Status.CLOSED)
        solved = Ticket.objects.filter(tier=3, status__in=ended, is_restricted=False)
        ticket = solved.exclude(kind=Kind.PROBLEM).order_by("-resolved_at", "-pk").first()
        if ticket is not None:
            kind = learning.usual_kind(ticket)
            learning.publish_from_ticket(ticket, kind=kind, by=people["yuki"], at=now)
        article = self.articles[change["article"]]
        body = f"{self.versions[article.slug].body.rstrip()}\n\n{change['adds']}"
        writer = people[change["by"]]
        writing.write(article, body=body, note=change["note"], by=writer, at=now)
        reviewing.submit(article, by=writer, at=now)

    def _gather(self, now: datetime) -> None:
        """The open problem has one incident more: the one that Tomasz waits for, or one like it."""
        undecided = Ticket.objects.filter(kind=Kind.PROBLEM, problem_record__decision="").open()
        problem = undecided.order_by("pk").first()
        if problem is None:
            return
        linked = problem.linked_from.filter(type=LinkType.CAUSED_BY).values("ticket")
        alike = Ticket.objects.filter(category=problem.category, kind=Kind.INCIDENT).open()
        found = list(alike.exclude(pk__in=linked).order_by("pk"))
        his = [ticket for ticket in found if ticket.requester_id == self.company.people["tomasz"].pk]
        for incident in [*his, *found][:1]:
            problems.attach(incident, problem=problem, by=self.company.people["lars"], at=now)
