"""What to change: repeats that nobody has written down, and candidates for problems. For managers and leads."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models.tokens import Area
from helpdesk.api import paging
from helpdesk.api.asking import Request
from helpdesk.api.describing import PAGING, described, listed
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.inputs import Choice, Input, Nothing, TeamKey, Text, TicketNumber
from helpdesk.api.params import choice_of, limit_of
from helpdesk.api.problems import Problem
from helpdesk.api.rendering import stamp
from helpdesk.api.rows import LARGEST_KEY
from insights.cuts import Scope
from insights.models import Candidate, Repeat, RepeatRun
from insights.operations import candidates as operations
from insights.operations import repeating
from insights.permissions import scope_of
from insights.queries.candidates import ShownCandidate, candidates_for, tickets_of
from insights.queries.candidates import shown as as_shown
from insights.queries.repeats import ShownRepeat, Stands, latest_done, repeats_of, rows_of
from knowledgebase.operations import learning
from tickets.models import NUMBER_PREFIX, Ticket

ANY = "any"
MOST_TICKETS = 200
STATES = (ANY, *Candidate.State.values)
KINDS = [str(kind) for kind in learning.KINDS]

REPEAT = {
    "id": 812,
    "title": "VPN drops at home",
    "words": ["vpn", "rekey", "profile"],
    "tickets": 6,
    "seconds": 19500,
    "logged": 2,
    "stands": "to_write",
    "article": None,
    "draft": None,
}
CANDIDATE = {
    "id": 14,
    "by": "category",
    "value": "7",
    "label": "Network › Wi-Fi",
    "state": "open",
    "since": "2026-11-23T08:12:00Z",
    "raised_at": "2026-11-23T08:50:00Z",
    "last_at": "2026-11-23T09:05:00Z",
    "tickets": 11,
    "hours": 1,
    "seen": 11,
    "expected": 1.4,
    "problem": None,
    "reason": "",
    "quiet_until": None,
}
RUN = {
    "id": 31,
    "state": "waiting",
    "first": "2026-08-26",
    "last": "2026-11-23",
    "tickets": 0,
    "compared": 0,
    "error": "",
    "asked_at": "2026-11-23T09:00:00Z",
    "done_at": None,
}


class RepeatShape(serializers.Serializer[Any]):
    id = serializers.IntegerField(help_text="Of this search: the next one gives others.")
    title = serializers.CharField()
    words = serializers.ListField(
        child=serializers.CharField(), help_text="For those who see everything; else empty."
    )
    tickets = serializers.IntegerField(help_text="That you may open.")
    seconds = serializers.IntegerField(help_text="What they cost: logged, else time in work on L2 and L3.")
    logged = serializers.IntegerField(help_text="Tickets whose time was logged.")
    stands = serializers.ChoiceField(choices=[str(each) for each in Stands])
    article = serializers.IntegerField(allow_null=True)
    draft = serializers.IntegerField(allow_null=True)


class OneRepeatShape(RepeatShape):
    numbers = serializers.ListField(
        child=serializers.CharField(), help_text="The likest to its middle first."
    )


class CandidateShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    by = serializers.ChoiceField(choices=Candidate.By.values)
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a column, not what the framework calls so
    state = serializers.ChoiceField(choices=Candidate.State.values)
    since = serializers.DateTimeField()
    raised_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField(help_text="When it was still so.")
    tickets = serializers.IntegerField(help_text="That you may open.")
    hours = serializers.IntegerField(help_text="The stretch that it was raised for.")
    seen = serializers.IntegerField(allow_null=True, help_text="For those who see everything; else null.")
    expected = serializers.FloatField(allow_null=True, help_text="What is usual; the same.")
    problem = serializers.CharField(allow_null=True)
    reason = serializers.CharField()
    quiet_until = serializers.DateTimeField(allow_null=True)


class OneCandidateShape(CandidateShape):
    numbers = serializers.ListField(child=serializers.CharField(), help_text="The newest first.")


class RepeatSearchShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=RepeatRun.State.values)
    first = serializers.DateField()
    last = serializers.DateField()
    tickets = serializers.IntegerField()
    compared = serializers.IntegerField()
    error = serializers.CharField()
    asked_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)


class BegunShape(serializers.Serializer[Any]):
    article = serializers.IntegerField()


class Begin(Input):
    kind = Choice(
        choices=KINDS, required=False, help_text="What it becomes; by its kind, where it is left out."
    )


class Aside(Input):
    reason = Text(max_length=300, required=False, allow_blank=True, default="")


class NewProblem(Input):
    subject = Text(max_length=250)
    description = Text(max_length=20_000)
    team = TeamKey(required=False, help_text="That looks for the cause; else the default team of L3.")


class KnownProblem(Input):
    problem = TicketNumber()


class Dismissal(Input):
    reason = Text(max_length=300)
    days = Choice(choices=operations.QUIET_DAYS, help_text="For so long the same cause raises nothing.")


class ChangeEndpoint(Endpoint):
    area = Area.INSIGHTS

    def let_in(self) -> None:
        scope = scope_of(self.person)
        if scope is None or scope.organisation:
            raise Problem("not_allowed", _("What to change is for managers, administrators and leads."))

    @property
    def scope(self) -> Scope:
        return scope_of(self.person) or Scope(teams=frozenset())

    def repeat(self, key: int) -> ShownRepeat:
        found = Repeat.objects.select_related("run").filter(pk=min(key, LARGEST_KEY)).first()
        rows = repeats_of(found.run, self.person, self.scope, only=found.pk) if found else []
        if not rows:
            raise Http404
        return rows[0]

    def candidate(self, key: int) -> ShownCandidate:
        found = candidates_for(self.person, self.scope).filter(pk=min(key, LARGEST_KEY)).first()
        if found is None:
            raise Http404
        return as_shown([found], self.scope)[0]


class Repeats(ChangeEndpoint):
    params = frozenset({"stands", *paging.PARAMS})

    @described(
        "List repeats",
        "What L2 and L3 solve again and again, by the newest search that is done: what costs most first.",
        response=listed(RepeatShape),
        example={"results": [REPEAT], "next": None, "previous": None},
        params=(
            *PAGING,
            OpenApiParameter("stands", str, enum=[ANY, *map(str, Stands)], description="Only these."),
        ),
        operation="list_repeats",
    )
    def get(self, request: Request) -> Response:
        stands = choice_of(request, "stands", (ANY, *map(str, Stands)), ANY)
        run = latest_done()
        rows = repeats_of(run, self.person, self.scope) if run else []
        rows = [row for row in rows if stands in (ANY, row.stands)]
        place, size = paging.place_of(request), limit_of(request)
        following = place + size if place + size < len(rows) else 0
        chunk = paging.Chunk(
            rows[place : place + size], next=paging.signed(request, following) if following else None
        )
        return paging.answer(request, chunk, [repeat_shown(row, self.scope) for row in chunk.rows])


class OneRepeat(ChangeEndpoint):
    @described(
        "One repeat",
        "With its tickets that you may open, 200 at most.",
        response=OneRepeatShape,
        example={**REPEAT, "numbers": ["TD-1042", "TD-1050"]},
        errors=(404,),
        operation="get_repeat",
    )
    def get(self, request: Request, key: int) -> Response:
        row = self.repeat(key)
        rows = rows_of(row.repeat, self.person, self.scope)[:MOST_TICKETS]
        return Response({**repeat_shown(row, self.scope), "numbers": [each.ticket.number for each in rows]})


class SearchRepeats(ChangeEndpoint):
    @described(
        "Search for repeats",
        "Worked out by the worker; there is one search at a time. `/repeats/` answers by it once it is done.",
        request=Nothing,
        response=RepeatSearchShape,
        status=202,
        sent={},
        example=RUN,
        errors=(409,),
        writes=True,
        operation="search_repeats",
    )
    def post(self, request: Request) -> Response:
        self.read(Nothing)
        run = repeating.ask(by=self.person, at=self.at)
        return Response(run_shown(run), status=202)


class RepeatDraft(ChangeEndpoint):
    @described(
        "Begin a draft",
        "With the words of the ticket in its middle, without what is personal. Somebody looks through it before "
        "anybody reads it.",
        request=Begin,
        response=BegunShape,
        status=201,
        sent={"kind": "known_error"},
        example={"article": 96},
        errors=(404, 409),
        writes=True,
        operation="draft_repeat",
    )
    def post(self, request: Request, key: int) -> Response:
        row, given = self.repeat(key), self.read(Begin)
        ticket = Ticket.objects.visible_to(self.person).get(pk=row.middle)
        kind = given.get("kind") or learning.usual_kind(ticket)
        article = learning.publish_from_ticket(ticket, kind=kind, by=self.person, at=self.at)
        return Response({"article": article.pk}, status=201)


class SetRepeatAside(ChangeEndpoint):
    @described(
        "Set a repeat aside",
        "It stays aside when it is found anew.",
        request=Aside,
        response=RepeatShape,
        sent={"reason": "The client is replaced in May"},
        example={**REPEAT, "stands": "aside"},
        errors=(404,),
        writes=True,
        operation="set_repeat_aside",
    )
    def post(self, request: Request, key: int) -> Response:
        repeating.set_aside(self.repeat(key).repeat, **self.read(Aside), by=self.person, at=self.at)
        return Response(repeat_shown(self.repeat(key), self.scope))


class BringRepeatBack(ChangeEndpoint):
    @described(
        "Bring a repeat back",
        "It is among those to write again.",
        request=Nothing,
        response=RepeatShape,
        sent={},
        example=REPEAT,
        errors=(404,),
        writes=True,
        operation="bring_repeat_back",
    )
    def post(self, request: Request, key: int) -> Response:
        self.read(Nothing)
        repeating.bring_back(self.repeat(key).repeat, by=self.person)
        return Response(repeat_shown(self.repeat(key), self.scope))


class Candidates(ChangeEndpoint):
    params = frozenset({"state", *paging.PARAMS})

    @described(
        "List candidates for problems",
        "What arrives far more often than in the same hours of former weeks, as far as you may open its tickets: the "
        "newest first.",
        response=listed(CandidateShape),
        example={"results": [CANDIDATE], "next": None, "previous": None},
        params=(*PAGING, OpenApiParameter("state", str, enum=STATES, description="Only these.")),
        operation="list_candidates",
    )
    def get(self, request: Request) -> Response:
        state = choice_of(request, "state", STATES, ANY)
        rows = candidates_for(self.person, self.scope)
        rows = rows if state == ANY else rows.filter(state=state)
        page = paging.page_of(request, rows, descending=True)
        return paging.answer(request, page, lambda row: candidate_shown(as_shown([row], self.scope)[0]))


class OneCandidate(ChangeEndpoint):
    @described(
        "One candidate",
        "With its tickets that you may open, 200 at most.",
        response=OneCandidateShape,
        example={**CANDIDATE, "numbers": ["TD-1042", "TD-1050"]},
        errors=(404,),
        operation="get_candidate",
    )
    def get(self, request: Request, key: int) -> Response:
        row = self.candidate(key)
        tickets = tickets_of(row.candidate, self.person, self.scope)[:MOST_TICKETS]
        return Response({**candidate_shown(row), "numbers": [each.number for each in tickets]})


class CandidateProblem(ChangeEndpoint):
    @described(
        "Open a problem from a candidate",
        "Its tickets are linked as caused by it, as far as you may.",
        request=NewProblem,
        response=CandidateShape,
        sent={"subject": "The wireless is down", "description": "11 tickets since eight."},
        example={**CANDIDATE, "state": "problem", "problem": "TD-1061"},
        errors=(404, 409),
        writes=True,
        operation="open_problem_from_candidate",
    )
    def post(self, request: Request, key: int) -> Response:
        row = self.candidate(key)
        operations.open_problem(row.candidate, **self.read(NewProblem), by=self.person, at=self.at)
        return Response(candidate_shown(self.candidate(key)))


class JoinCandidate(ChangeEndpoint):
    @described(
        "Link a candidate with a problem",
        "Its tickets are linked as caused by a problem that is there.",
        request=KnownProblem,
        response=CandidateShape,
        sent={"problem": "TD-1061"},
        example={**CANDIDATE, "state": "problem", "problem": "TD-1061"},
        errors=(404, 409),
        writes=True,
        operation="join_candidate",
    )
    def post(self, request: Request, key: int) -> Response:
        row = self.candidate(key)
        operations.join_problem(row.candidate, **self.read(KnownProblem), by=self.person, at=self.at)
        return Response(candidate_shown(self.candidate(key)))


class DismissCandidate(ChangeEndpoint):
    @described(
        "Dismiss a candidate",
        "The same cause raises nothing for so many days.",
        request=Dismissal,
        response=CandidateShape,
        sent={"reason": "A drill", "days": 7},
        example={
            **CANDIDATE,
            "state": "dismissed",
            "reason": "A drill",
            "quiet_until": "2026-11-30T09:10:00Z",
        },
        errors=(404, 409),
        writes=True,
        operation="dismiss_candidate",
    )
    def post(self, request: Request, key: int) -> Response:
        row = self.candidate(key)
        operations.dismiss(row.candidate, **self.read(Dismissal), by=self.person, at=self.at)
        return Response(candidate_shown(self.candidate(key)))


def repeat_shown(row: ShownRepeat, scope: Scope) -> dict[str, Any]:
    return {
        "id": row.repeat.pk,
        "title": row.title,
        "words": row.words if scope.is_everything else [],
        "tickets": row.tickets,
        "seconds": row.seconds,
        "logged": row.logged,
        "stands": str(row.stands),
        "article": row.article.pk if row.article else None,
        "draft": row.draft.pk if row.draft else None,
    }


def candidate_shown(row: ShownCandidate) -> dict[str, Any]:
    candidate = row.candidate
    return {
        "id": candidate.pk,
        "by": candidate.by,
        "value": candidate.value,
        "label": candidate.label,
        "state": candidate.state,
        "since": stamp(candidate.since),
        "raised_at": stamp(candidate.raised_at),
        "last_at": stamp(candidate.last_at),
        "tickets": row.mine,
        "hours": candidate.hours,
        "seen": candidate.seen if row.tells_all else None,
        "expected": candidate.expected if row.tells_all else None,
        "problem": f"{NUMBER_PREFIX}{candidate.problem_number}" if candidate.problem_number else None,
        "reason": candidate.reason,
        "quiet_until": stamp(candidate.quiet_until),
    }


def run_shown(run: RepeatRun) -> dict[str, Any]:
    return {
        "id": run.pk,
        "state": run.state,
        "first": run.first.isoformat(),
        "last": run.last.isoformat(),
        "tickets": run.total,
        "compared": run.seen,
        "error": run.error,
        "asked_at": stamp(run.at),
        "done_at": stamp(run.done_at),
    }
