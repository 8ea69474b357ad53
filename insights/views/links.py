"""Where a number leads: to the list of the tickets that it counts."""

from urllib.parse import urlencode

from django.urls import reverse

from insights.cuts import Cut
from insights.forms.cut import address_of

FIGURE = "of"
"""The parameter that names the figure."""


def tickets_url(cut: Cut, key: str) -> str:
    """The list behind a figure of this cut; the reader's scope is theirs and not in the address."""
    return f"{reverse('insights-tickets')}?{urlencode({**address_of(cut), FIGURE: key})}"


def page_url(name: str, cut: Cut, **more: str) -> str:
    """The page of this name over the same cut."""
    return f"{reverse(name)}?{urlencode({**address_of(cut), **more})}"
