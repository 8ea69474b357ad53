from insights.models.causes import BreachCause, BreachException, Cause, SaidCause
from insights.models.exports import Export
from insights.models.facts import FactState, HandFact, PromiseFact, TicketFact, Touched, Who
from insights.models.months import Correction, PublishedMonth
from insights.models.reports import SavedReport
from insights.models.surveys import Settled, Survey, SurveySettings, WhyNot

__all__ = [
    "BreachCause",
    "BreachException",
    "Cause",
    "Correction",
    "Export",
    "FactState",
    "HandFact",
    "PromiseFact",
    "PublishedMonth",
    "SaidCause",
    "SavedReport",
    "Settled",
    "Survey",
    "SurveySettings",
    "TicketFact",
    "Touched",
    "Who",
    "WhyNot",
]
