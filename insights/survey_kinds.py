"""The names under which surveys are known to what carries and tells: deliveries, notices, the history of settings."""

ASK = "insights.survey"
"""The delivery that asks later, where the desk waits before it does."""
REMIND = "insights.survey_reminder"
"""The delivery of the one reminder."""
NOTICE = "surveys"
"""The kind of notice: whoever stops it is asked no more."""
WITH = "solved"
"""The kind of notice whose mail brings the question, where the desk does not wait."""
LETTERS = ("survey", "survey_reminder")
"""The letters that ask in a mail of their own."""
CHANGED = "surveys.changed"
"""In the history of settings."""


def question_key(survey: int, letter: str) -> str:
    """By which a question that was told, or waits to be told, is known."""
    return f"survey:{survey}:{letter}"
