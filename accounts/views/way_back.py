"""Where a form asks to be led back to."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def way_back(request: HttpRequest, *, otherwise: str, name: str = "next") -> str:
    """The page of this site that the form names, else the other one."""
    given = request.POST.get(name, "")
    return given if given.startswith("/") and leads_here(request, given) else otherwise


def leads_here(request: HttpRequest, given: str) -> bool:
    """Whether it is an address of this site: words without a slash would be looked up as the name of a page."""
    return "/" in given and url_has_allowed_host_and_scheme(
        given, {request.get_host()}, require_https=request.is_secure()
    )
