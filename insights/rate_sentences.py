"""The changes of rates and of how figures are told, as the history of settings tells them."""

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import sentences
from accounts.models import AccountEvent
from insights.models import FigureSettings
from insights.rate_kinds import FIGURES_CHANGED, RATE_SET


def teach() -> None:
    """Called by `helpdesk.wiring`: accounts cannot know what is above them."""
    sentences.teach(FIGURES_CHANGED, gettext_lazy("changed how figures are told"), changed=FigureSettings)
    sentences.teach(RATE_SET, gettext_lazy("set the rate of a tier"), details=_rate)


def _rate(event: AccountEvent) -> str:
    return _("L%(level)s: %(money)s an hour from %(day)s on") % {
        "level": event.data["level"],
        "money": f"{event.data['cents'] / 100:.2f}",
        "day": date_format(date.fromisoformat(event.data["first_day"]), "DATE_FORMAT"),
    }
