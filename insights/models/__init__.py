from insights.models.causes import BreachCause, BreachException, Cause
from insights.models.facts import FactState, HandFact, PromiseFact, TicketFact, Touched, Who
from insights.models.months import Correction, PublishedMonth

__all__ = [
    "BreachCause",
    "BreachException",
    "Cause",
    "Correction",
    "FactState",
    "HandFact",
    "PromiseFact",
    "PublishedMonth",
    "TicketFact",
    "Touched",
    "Who",
]
