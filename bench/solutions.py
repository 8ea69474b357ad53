"""Makes a bench database ready for suggestions beside tickets, once (bench.beside).

The words of its tickets are counted, and every tenth resolved ticket gets an article as its solution: one of few, as it
is where the same things break again and again. The same number gives the same rows every time.
"""

from __future__ import annotations

import django

django.setup()

from django.db import connection
from django.utils import timezone

from knowledgebase.models import TicketArticle
from knowledgebase.operations import tuning

EVERY = 10
DIFFERENT = 500
"""Articles that resolve something."""


def main() -> None:
    if TicketArticle.objects.exists():
        return
    words = tuning.count_lexemes(at=timezone.now(), is_asked=True)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH solving AS (
                SELECT id, published_id, row_number() OVER (ORDER BY id) - 1 AS place FROM (
                    SELECT id, published_id FROM knowledgebase_article
                    WHERE published_id IS NOT NULL ORDER BY id LIMIT %s
                ) AS first
            )
            INSERT INTO knowledgebase_ticketarticle (ticket_id, article_id, version_id, role, at)
            SELECT ticket.id, solving.id, solving.published_id, 'solution', ticket.resolved_at
            FROM tickets_ticket ticket JOIN solving ON solving.place = ticket.id %% (SELECT count(*) FROM solving)
            WHERE ticket.resolved_at IS NOT NULL AND ticket.id %% %s = 0
            """,
            [DIFFERENT, EVERY],
        )
        linked = cursor.rowcount
        cursor.execute("VACUUM ANALYZE knowledgebase_ticketarticle, knowledgebase_lexeme")
    print(f"{words} words of tickets, {linked} solutions", flush=True)
