"""How often runs come to a step, are answered there and end there: added up as it happens."""

from django.db import connection

from knowledgebase.models import Run

_ADD = """
    INSERT INTO knowledgebase_runcount (version_id, step, reached, answered, dropped, seconds)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (version_id, step) DO UPDATE SET
        reached = knowledgebase_runcount.reached + excluded.reached,
        answered = knowledgebase_runcount.answered + excluded.answered,
        dropped = knowledgebase_runcount.dropped + excluded.dropped,
        seconds = knowledgebase_runcount.seconds + excluded.seconds
"""


def count(
    run: Run, step: str, *, reached: int = 0, answered: int = 0, dropped: int = 0, seconds: int = 0
) -> None:
    """Add to a step of the run's version."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [run.version_id, step, reached, answered, dropped, seconds])
