"""Scripts that run inside a ticket: which can be started, and one run, step by step. For the desk."""

from collections.abc import Callable
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from helpdesk.api.articles.articles import ArticleEndpoint
from helpdesk.api.articles.inputs import Answered, AtStep, GivenUp, Started, Verified
from helpdesk.api.asking import Request
from helpdesk.api.describing import described
from helpdesk.api.inputs import Nothing
from helpdesk.api.problems import Problem
from helpdesk.api.rendering import stamp
from helpdesk.desk.guard import ticket_or_404
from knowledgebase.models import Run, RunOutcome
from knowledgebase.operations import acting, ending, running, verifying
from knowledgebase.queries import prefilling
from knowledgebase.queries.runs import offered, readable_run, runs_of, standing
from knowledgebase.scripts.spec import HAND_OVER, RESOLVE, Kind
from tickets.models import NUMBER_PREFIX, Ticket
from tickets.permissions import is_desk

STEP = {
    "key": "light",
    "kind": "choice",
    "text": "Which light is on?",
    "options": {"green": "Green", "red": "Red"},
    "ways": [],
    "minutes": 0,
    "act": "",
    "is_end": False,
}
RUN = {
    "id": 15,
    "ticket": "TD-1042",
    "article": 52,
    "title": "Printer does not print",
    "version": 2,
    "started_by": 7,
    "started_at": "2026-11-26T08:00:00Z",
    "ended_at": None,
    "outcome": "",
    "place": 1,
    "step": STEP,
    "due_at": None,
    "answers": [
        {
            "place": 0,
            "step": "power",
            "asked": "Is it switched on?",
            "value": "yes",
            "data": {},
            "by": 7,
            "at": "2026-11-26T08:01:00Z",
        }
    ],
    "prefilled": {},
}


class StepShape(serializers.Serializer[Any]):
    key = serializers.CharField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])
    text = serializers.CharField(help_text="Markdown.")
    options = serializers.DictField(child=serializers.CharField())
    ways = serializers.ListField(child=serializers.CharField(), help_text="To verify the caller.")
    minutes = serializers.IntegerField(help_text="Of a timer.")
    act = serializers.CharField(help_text="Of an outcome: what is to be done with the ticket.")
    is_end = serializers.BooleanField()


class RunAnswerShape(serializers.Serializer[Any]):
    place = serializers.IntegerField()
    step = serializers.CharField()
    asked = serializers.CharField()
    value = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]
    by = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField()


class RunShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    ticket = serializers.CharField()
    article = serializers.IntegerField()
    title = serializers.CharField()
    version = serializers.IntegerField(help_text="Of the script; a run keeps the one it began with.")
    started_by = serializers.IntegerField(allow_null=True)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.ChoiceField(choices=["", *RunOutcome.values])
    place = serializers.IntegerField(help_text="Where on the way it stands.")
    step = StepShape()
    due_at = serializers.DateTimeField(allow_null=True, help_text="When a timer may be gone on from.")
    answers = RunAnswerShape(many=True)
    prefilled = serializers.DictField(
        help_text="At an end: what the resolution or the hand-over may begin with."
    )


class ScriptShape(serializers.Serializer[Any]):
    article = serializers.IntegerField()
    title = serializers.CharField()


class RunsShape(serializers.Serializer[Any]):
    results = RunShape(many=True)
    offered = ScriptShape(many=True, help_text="Those that you may start, the likeliest first.")


class CheckedShape(RunShape):
    tries_left = serializers.IntegerField(
        allow_null=True, help_text="After a wrong code; null: it is decided."
    )


class RunEndpoint(ArticleEndpoint):
    def let_in(self) -> None:
        if not is_desk(self.person) or self.person.is_vendor_guest:
            raise Problem("not_allowed", _("Scripts are for the desk."))

    def ticket(self, number: str) -> Ticket:
        return ticket_or_404(self.person, number)

    def run(self, number: str, key: int) -> Run:
        found = readable_run(self.person, self.ticket(number), key) if 0 < key < 2**63 else None
        if found is None:
            raise Http404
        return found


def shown(run: Run) -> dict[str, Any]:
    here = standing(run)
    step = here.step
    prefilled: dict[str, Any] = {}
    if run.is_running and step.is_end:
        makers = {RESOLVE: prefilling.resolution, HAND_OVER: prefilling.hand_over}
        maker = makers.get(step.act)
        prefilled = {name: _plain(value) for name, value in maker(here).items()} if maker else {}
    return {
        "id": run.pk,
        "ticket": f"{NUMBER_PREFIX}{run.ticket_id}",
        "article": run.article_id,
        "title": run.version.title,
        "version": run.version.number,
        "started_by": run.started_by_id,
        "started_at": stamp(run.started_at),
        "ended_at": stamp(run.ended_at),
        "outcome": run.outcome,
        "place": here.position.place,
        "step": {
            "key": step.key,
            "kind": step.kind,
            "text": step.text,
            "options": dict(step.options),
            "ways": list(step.ways),
            "minutes": step.minutes,
            "act": step.act,
            "is_end": step.is_end,
        },
        "due_at": stamp(run.due_at),
        "answers": [
            {
                "place": row.place,
                "step": row.step,
                "asked": here.script.steps[row.step].name if row.step in here.script.steps else row.step,
                "value": row.value,
                "data": row.data,
                "by": row.by_id,
                "at": stamp(row.at),
            }
            for row in here.passed
        ],
        "prefilled": prefilled,
    }


def _plain(value: Any) -> Any:
    return getattr(value, "pk", value) if not isinstance(value, list) else [_plain(each) for each in value]


class Runs(RunEndpoint):
    @described(
        "Scripts of a ticket",
        "What runs or ran, the newest first, and what may be started.",
        response=RunsShape,
        example={"results": [RUN], "offered": [{"article": 52, "title": "Printer does not print"}]},
        operation="list_runs",
    )
    def get(self, request: Request, number: str) -> Response:
        ticket = self.ticket(number)
        runs = runs_of(ticket, self.person)
        return Response(
            {
                "results": [shown(run) for run in runs],
                "offered": [{"article": row.pk, "title": row.title} for row in offered(ticket, self.person)],
            }
        )

    @described(
        "Start a script",
        "In the version that is published now. 409 where it runs already.",
        request=Started,
        response=RunShape,
        status=201,
        sent={"article": 52},
        example={**RUN, "place": 0, "answers": []},
        errors=(409,),
        writes=True,
        operation="start_run",
    )
    def post(self, request: Request, number: str) -> Response:
        run = running.start(self.ticket(number), **self.read(Started), by=self.person, at=self.at)
        response = Response(shown(_again(run)), status=201)
        response["Location"] = f"/api/v1/tickets/{NUMBER_PREFIX}{run.ticket_id}/runs/{run.pk}/"
        return response


class OneRun(RunEndpoint):
    @described(
        "One run",
        "Where it stands, and what was answered.",
        response=RunShape,
        example=RUN,
        operation="get_run",
    )
    def get(self, request: Request, number: str, key: int) -> Response:
        return Response(shown(self.run(number, key)))


def _again(run: Run) -> Run:
    return Run.objects.select_related("version", "article").get(pk=run.pk)


def _act(
    name: str, summary: str, words: str, operation: Callable[..., Any], body: Any, sent: dict[str, Any]
) -> type[RunEndpoint]:
    class Act(RunEndpoint):
        @described(
            summary,
            words,
            request=body,
            response=RunShape,
            sent=sent,
            example=RUN,
            errors=(409,),
            writes=True,
            operation=f"{name.replace('-', '_')}_run",
        )
        def post(self, request: Request, number: str, key: int) -> Response:
            run = self.run(number, key)
            done = operation(run, **self.read(body), by=self.person, at=self.at)
            return Response(shown(_again(done if isinstance(done, Run) else run)))

    Act.__name__ = f"{name.title().replace('-', '')}Run"
    return Act


AT = {"place": 1, "step": "light"}
ACTS = {
    "answer": _act(
        "answer",
        "Answer a step",
        "Where the run stands, or one that was answered before.",
        running.answer,
        Answered,
        {**AT, "value": "green"},
    ),
    "send-code": _act(
        "send-code",
        "Send a code to the caller",
        "By mail to the address on file; it is not shown here.",
        verifying.send_code,
        AtStep,
        {**AT, "step": "who"},
    ),
    "act": _act(
        "act",
        "Carry out the action of a step",
        "The registered webhook is called; its answer stands among the answers a moment later.",
        acting.act,
        AtStep,
        {**AT, "step": "unlock"},
    ),
    "stop-waiting": _act(
        "stop-waiting",
        "Wait no longer for an action",
        "It goes on as if it had failed.",
        acting.stop_waiting,
        AtStep,
        {**AT, "step": "unlock"},
    ),
    "go-on": _act(
        "go-on", "Start the script that follows", "At an end that names one.", ending.go_on, Nothing, {}
    ),
    "give-up": _act(
        "give-up",
        "End a run before its end",
        "What was answered goes into the ticket's history all the same.",
        running.give_up,
        GivenUp,
        {"why": "It works again"},
    ),
}


class VerifyRun(RunEndpoint):
    @described(
        "Say whether the caller is who they say they are",
        "By a way that the step allows; a code that was sent is compared here. Only the result is kept.",
        request=Verified,
        response=CheckedShape,
        sent={**AT, "step": "who", "way": "code", "code": "481204"},
        example={**RUN, "tries_left": None},
        errors=(409,),
        writes=True,
        operation="verify_run",
    )
    def post(self, request: Request, number: str, key: int) -> Response:
        run = self.run(number, key)
        found = verifying.verify(run, **self.read(Verified), by=self.person, at=self.at)
        return Response(shown(_again(run)) | {"tries_left": found.tries_left})
