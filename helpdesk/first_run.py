from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from helpdesk.desk.setup_token import is_open_to_strangers

DOORS = ("/", "/accounts/login/")


class FirstRun:
    """On an empty installation nobody can log in, so the doors lead to the set-up.

    Asks the database for strangers at the doors only.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_stranger = request.method == "GET" and request.path in DOORS and not request.user.is_authenticated
        if is_stranger and is_open_to_strangers():
            return redirect("setup")
        return self.get_response(request)
