from knowledgebase.models.articles import WORDS_OF_VERSION, Article, ArticleVersion, Permalink
from knowledgebase.models.choices import (
    LANGUAGES,
    TIER_AUDIENCES,
    ArticleAudience,
    ArticleKind,
    ArticleStatus,
    ErrorStatus,
    LinkRole,
    VoteReason,
)
from knowledgebase.models.deflection import (
    FilingForm,
    FormCount,
    FormOutcome,
    Lexeme,
    RepeatKey,
    Suggestion,
    SuggestionSettings,
)
from knowledgebase.models.feedback import Comment, DailyCount, Vote
from knowledgebase.models.files import ArticleFile
from knowledgebase.models.history import ArticleEvent
from knowledgebase.models.links import TicketArticle
from knowledgebase.models.loop import (
    PROBLEM_WORDS,
    Announcement,
    Confirmation,
    Decision,
    ProblemRecord,
    ProblemRevision,
    Source,
)
from knowledgebase.models.querysets import ArticleQuerySet, Reader, Readership, meant_for
from knowledgebase.models.runs import (
    CallerCode,
    Run,
    RunAction,
    RunAnswer,
    RunCount,
    RunOutcome,
    StepSuggestion,
)
from knowledgebase.models.searching import ArticleText, Occurrence, SearchTerm, Synonym, Word
from knowledgebase.models.sections import Section, rebuild_section_tree

__all__ = [
    "LANGUAGES",
    "PROBLEM_WORDS",
    "TIER_AUDIENCES",
    "WORDS_OF_VERSION",
    "Announcement",
    "Article",
    "ArticleAudience",
    "ArticleEvent",
    "ArticleFile",
    "ArticleKind",
    "ArticleQuerySet",
    "ArticleStatus",
    "ArticleText",
    "ArticleVersion",
    "CallerCode",
    "Comment",
    "Confirmation",
    "DailyCount",
    "Decision",
    "ErrorStatus",
    "FilingForm",
    "FormCount",
    "FormOutcome",
    "Lexeme",
    "LinkRole",
    "Occurrence",
    "Permalink",
    "ProblemRecord",
    "ProblemRevision",
    "Reader",
    "Readership",
    "RepeatKey",
    "Run",
    "RunAction",
    "RunAnswer",
    "RunCount",
    "RunOutcome",
    "SearchTerm",
    "Section",
    "Source",
    "StepSuggestion",
    "Suggestion",
    "SuggestionSettings",
    "Synonym",
    "TicketArticle",
    "Vote",
    "VoteReason",
    "Word",
    "meant_for",
    "rebuild_section_tree",
]
