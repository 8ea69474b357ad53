"""The description of an endpoint (OpenAPI 3.1): in words, with an example, and every way that it may fail."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from helpdesk.api.permissions import scope_of
from helpdesk.api.problems import CONTENT_TYPE, KINDS, in_english, type_of


class ProblemError(serializers.Serializer[Any]):
    pointer = serializers.CharField(required=False, help_text="Where in the body it is, a JSON pointer.")
    parameter = serializers.CharField(required=False, help_text="Which query parameter it is.")
    field = serializers.CharField()
    detail = serializers.CharField()
    code = serializers.CharField()


class ProblemDocument(serializers.Serializer[Any]):
    """RFC 9457. `type` never changes its meaning; `detail` is for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    request_id = serializers.CharField()
    remedy = serializers.CharField(required=False)
    field = serializers.CharField(required=False)
    errors = ProblemError(many=True, required=False)  # type: ignore[assignment]


ALWAYS = (400, 401, 403, 404, 406, 429, 503)
WRITING = (*ALWAYS, 409, 413, 415)

IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag that was read; `*` overwrites whatever there is. 412 tells the state as it is now.",
    examples=[OpenApiExample("a version", value='"7"'), OpenApiExample("whatever there is", value="*")],
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Sent again within 24 hours with the same body, the request is answered as before and done once.",
    examples=[OpenApiExample("a UUID", value="0b6f9d0c-8f5e-4c57-9a3d-0d0c5b8d2f11")],
)
CURSOR = OpenApiParameter("cursor", str, description="From `next` or `previous` of the page before.")
LIMIT = OpenApiParameter(
    "limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}, description="Rows of a page."
)
PAGING = (CURSOR, LIMIT)


def described(
    summary: str,
    description: str = "",
    *,
    request: Any = None,
    response: Any = None,
    status: int = 200,
    example: Any = None,
    sent: Any = None,
    params: Iterable[OpenApiParameter] = (),
    errors: Iterable[int] = (),
    writes: bool = False,
    operation: str | None = None,
    **more: Any,
) -> Callable[[Any], Any]:
    """What a method does, for the schema.

    Args:
        request, response: input serializer; output serializer, a schema, or a list's `listed(...)`.
        sent, example: a body that is sent, and what it is answered with.
        writes: it takes a body, so it may fail in more ways; a POST then takes an Idempotency-Key.
        errors: further statuses, such as 412.
    """
    examples = []
    if sent is not None:
        examples.append(OpenApiExample("sent", value=sent, request_only=True))
    if example is not None:
        examples.append(
            OpenApiExample("answer", value=example, response_only=True, status_codes=[str(status)])
        )
    answers: dict[Any, Any] = {status: OpenApiResponse(response, description=summary)}
    for code in (*(WRITING if writes else ALWAYS), *errors):
        answers[(code, CONTENT_TYPE)] = OpenApiResponse(
            ProblemDocument,
            description=_meaning(code),
            examples=[OpenApiExample("problem", value=dict(_example(code)), status_codes=[str(code)])],
        )
    return extend_schema(
        summary=summary,
        description=description or summary,
        request=request,
        responses=answers,
        parameters=[*params, *([IDEMPOTENCY_KEY] if writes else [])],
        examples=examples,
        operation_id=operation,
        **more,
    )


def problems_of_a_file(*more: int) -> dict[tuple[int, str], OpenApiResponse]:
    """What may be answered instead of a file. It is sent whatever the program accepts, so never 406."""
    statuses = [status for status in (*ALWAYS, *more) if status != 406]
    return {
        (status, CONTENT_TYPE): OpenApiResponse(ProblemDocument, description="A problem")
        for status in statuses
    }


def listed(row: type[serializers.Serializer[Any]], **more: Any) -> type[serializers.Serializer[Any]]:
    """The shape of a page of such rows."""
    fields: dict[str, Any] = {
        "results": row(many=True),
        "next": serializers.CharField(allow_null=True, help_text="Address of the next page."),
        "previous": serializers.CharField(allow_null=True, help_text="Address of the page before."),
        **more,
    }
    kind: type[serializers.Serializer[Any]] = type(f"{row.__name__}Page", (serializers.Serializer,), fields)
    return kind


@cache
def as_list(row: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """A short list, whole: no pages."""
    kind: type[serializers.Serializer[Any]] = type(
        f"{row.__name__}List", (serializers.Serializer,), {"results": row(many=True)}
    )
    return kind


@cache
def _meaning(status: int) -> str:
    return next(in_english(kind.title) for kind in KINDS.values() if kind.status == status)


@cache
def _example(status: int) -> dict[str, Any]:
    code, kind = next((code, kind) for code, kind in KINDS.items() if kind.status == status)
    return {
        "type": type_of(code),
        "title": in_english(kind.title),
        "status": status,
        "detail": f"{in_english(kind.title)}.",
        "instance": "/api/v1/tickets/",
        "request_id": "5d1f0c7e9a3b4d2e8c6f",
        "remedy": in_english(kind.remedy),
    }


class Schema(AutoSchema):
    """Names the scope that each operation needs, and sorts operations by area."""

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").split("/")[0] or "start"]

    def get_auth(self) -> list[dict[str, Any]]:
        if getattr(self.view, "is_public", False):
            return [{}]
        return [{"bearer": []}, {"session": []}]

    def get_description(self) -> str:  # type: ignore[override]  # as the class above has it
        words = super().get_description() or ""
        scope = scope_of(self.view, self.method)
        return f"{words}\n\nScope: `{scope}`." if scope else str(words)

    def get_filter_backends(self) -> list[Any]:
        return []


def finish(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """The schemes of authentication; and what many operations share stands once."""
    schemes: Mapping[str, Any] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "A token of the API."},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "tierdesk_session",
            "description": "The session of the product's own pages; writes then need X-CSRFToken.",
        },
    }
    components = result.setdefault("components", {})
    components["securitySchemes"] = schemes
    operations = [each for methods in result["paths"].values() for each in methods.values()]
    components["responses"] = _shared_answers(operations)
    components["parameters"] = _shared_parameters(operations)
    return result


def _shared_answers(operations: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Takes the problems out of the operations, each of which then refers to one of them by its status."""
    shared: dict[str, Any] = {}
    for operation in operations:
        for status, answer in operation["responses"].items():
            if list(answer.get("content", ())) == [CONTENT_TYPE]:
                shared.setdefault(f"Problem{status}", answer)
                operation["responses"][status] = {"$ref": f"#/components/responses/Problem{status}"}
    return dict(sorted(shared.items()))


def _shared_parameters(operations: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The same for parameters that several operations have, such as the headers."""
    asked = [each for operation in operations for each in operation.get("parameters", ())]
    counts = Counter(repr(each) for each in asked)
    shared: dict[str, Any] = {}
    for operation in operations:
        rows = operation.get("parameters", [])
        for place, each in enumerate(rows):
            name = "".join(part.title() for part in each["name"].replace("-", "_").split("_"))
            if counts[repr(each)] > 1 and shared.setdefault(name, each) == each:
                rows[place] = {"$ref": f"#/components/parameters/{name}"}
    return dict(sorted(shared.items()))
