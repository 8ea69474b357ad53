"""Where a refusal becomes an answer: a message on the page, a fragment for htmx, a problem document for programs."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import defaults

from helpdesk.api.problems import answer
from tickets.refusals import Refused

API = "/api/"


class RefusalMiddleware:
    """Catch what no view caught. Views with a form catch refusals themselves, so that what was typed stays."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, refused: Exception) -> HttpResponse | None:
        if not isinstance(refused, Refused):
            return None
        if wants_problem(request):
            return problem(refused)
        if request.headers.get("HX-Request"):
            return render(
                request, "components/_refusal.html", {"refused": refused}, status=refused.http_status
            )
        back = request.headers.get("Referer", "")
        if request.method == "POST" and url_has_allowed_host_and_scheme(
            back, {request.get_host()}, require_https=request.is_secure()
        ):
            messages.error(request, str(refused))
            return HttpResponseRedirect(back)
        return render(request, "refused.html", {"refused": refused}, status=refused.http_status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What the server does not read. A form of more than five megabytes is told so, not that it is unreadable."""
    if request.path.startswith(API):
        return answer(request, "malformed")
    if isinstance(exception, RequestDataTooBig):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        context = {"text_limit": limit // 2**20}
        return HttpResponse(render_to_string("413.html", context), status=413)
    return defaults.bad_request(request, exception or Exception())


def server_error(request: HttpRequest) -> HttpResponse:
    """What nobody has expected, outside the views of the API, which answer for themselves."""
    return answer(request, "internal") if request.path.startswith(API) else defaults.server_error(request)


def wants_problem(request: HttpRequest) -> bool:
    """A program asks, which can do nothing with a page."""
    return request.accepts("application/problem+json") and not request.accepts("text/html")


def problem(refused: Refused) -> JsonResponse:
    """RFC 9457 problem details."""
    body = {
        "type": f"urn:tierdesk:problem:{refused.code}",
        "title": str(refused),
        "status": refused.http_status,
    }
    if refused.field:
        body["field"] = refused.field
    legal = refused.facts.get("legal")
    if legal is not None:
        body["legal"] = [str(code) for code in legal]
    body |= {name: refused.facts[name] for name in ("note", "words") if name in refused.facts}
    return JsonResponse(body, status=refused.http_status, content_type="application/problem+json")
