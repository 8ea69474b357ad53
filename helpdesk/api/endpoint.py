"""What every endpoint is: somebody known, a scope, known parameters, problems, repeats, limits."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from helpdesk.api import repeating
from helpdesk.api.asking import AnyRequest, Request
from helpdesk.api.parsing import check_text
from helpdesk.api.problems import Problem, parameter_error


class Endpoint(APIView):
    """Subclasses name their `area` (the scope's first half) and the query parameters that they know.

    Methods take `request` whose user is a `User`; they validate, make one domain call and answer. Whatever the
    domain refuses may simply be raised.
    """

    http_method_names = ["get", "post", "put", "patch", "delete", "head"]
    area: ClassVar[str] = ""
    params: ClassVar[frozenset[str]] = frozenset()
    """The query parameters of this endpoint; any other is refused by name."""
    reads_by: ClassVar[frozenset[str]] = frozenset()
    """Methods other than GET that only read, such as a POST that tries something out."""
    rate: dict[str, str]
    request: Request

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "post" in cls.__dict__:
            cls.post = _once(cls.__dict__["post"])  # type: ignore[attr-defined]

    def initial(self, request: AnyRequest, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.check_params(self.request)
        self.let_in()

    def let_in(self) -> None:
        """For endpoints that are not for everybody who has the scope: raise a Problem here."""

    def check_params(self, request: Request) -> None:
        for name, values in request.query_params.lists():
            check_text(name)
            for value in values:
                check_text(value)
            if name not in self.params and not self.knows(request, name):
                raise unknown_parameter(name, self.params)

    def knows(self, request: Request, name: str) -> bool:
        """For endpoints whose parameters are more than a list of names: filters."""
        return False

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in getattr(self, "rate", {}).items():
            response[name] = value
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response

    @property
    def person(self) -> User:
        """Who asks."""
        user: User = self.request.user
        return user

    @property
    def at(self) -> Any:
        return timezone.now()

    def read(self, kind: Any, **context: Any) -> dict[str, Any]:
        """The body, checked by an input serializer: the keywords of an operation."""
        form = kind(data=self.request.data, context={"user": self.request.user, **context})
        form.is_valid(raise_exception=True)
        found: dict[str, Any] = form.validated_data
        return found


def unknown_parameter(name: str, known: Any) -> Problem:
    names = ", ".join(sorted(known)) or _("none")
    told = _("There is no parameter “%(name)s” here. Known: %(known)s.")
    detail = told % {"name": name[:60], "known": names}
    return Problem("invalid", detail, field=name[:60], errors=[parameter_error(name[:60], detail)])


def _once(post: Callable[..., Response]) -> Callable[..., Response]:
    @wraps(post)
    def posted(self: Endpoint, request: Request, *args: Any, **kwargs: Any) -> Response:
        return repeating.once(request, lambda: post(self, request, *args, **kwargs))

    return posted
