"""How content the demo's people are: each resolution is asked about as the desk asks, at its time in the story.

Who answers does so in the story itself, by confirming with a rating or rating alone. Here is what comes before and
after: the question, its reminder, and what the leads did about low scores.
"""

from collections.abc import Iterable
from datetime import datetime

from accounts.prepared import Prepared
from delivery.models import Delivery
from delivery.operations import NewDelivery
from helpdesk.demo import clock
from helpdesk.demo.company import Company
from helpdesk.notices import tell_of_resolution
from insights.models import Settled, Survey
from insights.operations import answering, surveying
from insights.survey_kinds import REMIND
from tickets.models import Event

RESOLUTION = f"{tell_of_resolution.__module__}.{tell_of_resolution.__qualname__}"
UNASKED = 4
"""One of so many rates a request though nobody has asked."""


def ask(company: Company, leaving: Iterable[NewDelivery], at: datetime) -> None:
    """Of what an act would have told: ask about its resolutions."""
    for delivery in leaving:
        if delivery.payload.get("reaction") == RESOLUTION:
            resolution = _resolutions.first(key=delivery.payload["event"])
            if resolution is not None and surveying.begin(resolution, at=at).asked_at:
                company.asked.add(resolution.ticket_id)


def catch_up(company: Company, *, now: datetime) -> None:
    """Remind whom the past has reminded, without a mail, and look after the low scores but the newest one."""
    due = Delivery.objects.filter(kind=REMIND, next_at__lte=now).order_by("next_at", "pk")
    unanswered = set(Survey.objects.filter(asked_at__lt=now, score=None).values_list("pk", flat=True))
    for key, at in due.values_list("payload__survey", "next_at"):
        if key in unanswered:
            surveying.remind(key, at=at)
    due.delete()
    leads = {team.pk: company.leads[name] for name, team in company.teams.items() if name in company.leads}
    low = Survey.objects.filter(is_low=True, settled_at=None).order_by("answered_at", "pk")
    for place, survey in enumerate(list(low)[:-1]):
        by = leads.get(survey.team_id, company.people["max"])
        at = clock.forward(survey.answered_at or now, clock.DAY // 2)
        how = Settled.NOTED if place % 3 else Settled.SPOKEN
        answering.settle(survey, how=how, by=by, at=min(at, now))


_resolutions = Prepared(
    lambda key: Event.objects.filter(pk=key).select_related("ticket__requester").order_by(), "key"
)
