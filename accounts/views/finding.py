"""What pickers ask while somebody types."""

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from accounts import queries
from accounts.views.guards import AuthenticatedRequest, for_the_desk

LONGEST = 100


@require_GET
@for_the_desk
def find_people(request: AuthenticatedRequest) -> HttpResponse:
    """`?q=` any part of name, mail, phone or number; `&technicians=1` leaves out who works no tickets."""
    only = request.GET.get("technicians") == "1"
    return JsonResponse(queries.find_people(_words(request), technicians_only=only), safe=False)


@require_GET
@for_the_desk
def find_teams(request: AuthenticatedRequest) -> HttpResponse:
    return JsonResponse(queries.find_teams(_words(request)), safe=False)


def _words(request: AuthenticatedRequest) -> str:
    return request.GET.get("q", "").replace("\x00", "")[:LONGEST]
