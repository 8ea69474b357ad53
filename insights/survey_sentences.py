"""The changes of how the desk asks, as the history of settings tells them."""

from django.utils.translation import gettext_lazy as _

from accounts import sentences
from insights.models import SurveySettings
from insights.survey_kinds import CHANGED


def teach() -> None:
    """Called by `helpdesk.wiring`: accounts cannot know what is above them."""
    sentences.teach(CHANGED, _("changed how people are asked how it went"), changed=SurveySettings)
