from django.db import connection


def horizon() -> int:
    """The transaction before which all have ended: what they wrote is there for everybody, or never will be.

    A transaction that is under way, also of another database of the cluster, holds it back.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])
