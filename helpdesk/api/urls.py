"""Addresses of the API. An area adds its own `urls` here; what is none of them is a problem document too."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from helpdesk.api import docs, root
from helpdesk.api.problems import answer


@csrf_exempt
def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    if request.path.endswith("/"):
        return answer(request, "not_found", _("There is nothing at this address."))
    ended = f"{request.path[:200]}/"
    told = _("There is nothing at this address. Every path ends with a slash: %(path)s") % {"path": ended}
    return answer(request, "not_found", told)


urlpatterns = [
    path("v1/", root.StartPage.as_view()),
    path("v1/me/", root.MePage.as_view()),
    path("v1/problems/", root.Problems.as_view()),
    path("v1/problems/<slug:code>/", root.OneProblem.as_view()),
    path("v1/schema/", docs.SchemaDocument.as_view()),
    path("v1/docs/", docs.page),
    path("v1/", include("helpdesk.api.tickets.urls")),
    path("v1/", include("helpdesk.api.events.urls")),
    path("v1/", include("helpdesk.api.webhooks.urls")),
    path("v1/", include("helpdesk.api.deliveries.urls")),
    path("v1/", include("helpdesk.api.sla.urls")),
    path("v1/", include("helpdesk.api.rules.urls")),
    path("v1/", include("helpdesk.api.people.urls")),
    path("v1/", include("helpdesk.api.vendors.urls")),
    path("v1/", include("helpdesk.api.articles.urls")),
    path("v1/", include("helpdesk.api.figures.urls")),
    path("v1/", include("helpdesk.api.insights.urls")),
    re_path(r"^(?P<rest>(?s:.*))\Z", nothing_here),  # whatever it holds, a line break too
]
