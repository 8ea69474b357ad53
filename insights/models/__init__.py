from insights.models.candidates import Candidate, CandidateTicket
from insights.models.causes import BreachCause, BreachException, Cause, SaidCause
from insights.models.cells import (
    BUCKET_RATIO,
    BUCKETS,
    LEVELS,
    METRICS,
    Cell,
    Cube,
    DeskCell,
    Grain,
    Span,
    Told,
)
from insights.models.exports import Export
from insights.models.facts import FactState, HandFact, PromiseFact, TicketFact, Touched, Who
from insights.models.months import Correction, PublishedMonth
from insights.models.rates import FigureSettings, TierRate
from insights.models.repeats import Repeat, RepeatAside, RepeatRun, RepeatTicket
from insights.models.reports import SavedReport
from insights.models.surveys import Settled, Survey, SurveySettings, WhyNot
from insights.models.truths import KnownTruths

__all__ = [
    "BUCKETS",
    "BUCKET_RATIO",
    "LEVELS",
    "METRICS",
    "BreachCause",
    "BreachException",
    "Candidate",
    "CandidateTicket",
    "Cause",
    "Cell",
    "Correction",
    "Cube",
    "DeskCell",
    "Export",
    "FactState",
    "FigureSettings",
    "Grain",
    "HandFact",
    "KnownTruths",
    "PromiseFact",
    "PublishedMonth",
    "Repeat",
    "RepeatAside",
    "RepeatRun",
    "RepeatTicket",
    "SaidCause",
    "SavedReport",
    "Settled",
    "Span",
    "Survey",
    "SurveySettings",
    "TicketFact",
    "TierRate",
    "Told",
    "Touched",
    "Who",
    "WhyNot",
]
