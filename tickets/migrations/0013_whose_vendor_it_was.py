"""What was shared with vendors before now belongs to the vendor that had the ticket then.

Told by the history: a move by the team that it led to, else the one that it led from; anything else by the vendor
that the ticket was with at that moment. Where the history does not tell, nobody but the desk reads it any more.
In slices of keys, each a transaction of its own: nothing waits for it, and it may be run again.
"""

from django.db import migrations

SLICE = 20_000

FILL = """
    UPDATE tickets_message SET vendor_id = found.vendor
    FROM (
        SELECT m.id, CASE WHEN jsonb_exists(e.changes, 'team_id')
                          THEN COALESCE(there.vendor, here.vendor) ELSE had.vendor END AS vendor
        FROM tickets_message m
        JOIN LATERAL (
            SELECT x.id, x.ticket_id, x.changes FROM tickets_event x
            WHERE x.message_id = m.id AND x.ticket_id IN (
                SELECT m.ticket_id UNION ALL SELECT t.id FROM tickets_ticket t WHERE t.merged_into_id = m.ticket_id
            )
            ORDER BY x.id LIMIT 1
        ) e ON true
        LEFT JOIN LATERAL (
            SELECT o.id AS vendor FROM accounts_team t JOIN accounts_organisation o ON o.id = t.organisation_id
            WHERE t.id = (e.changes->'team_id'->>1)::bigint AND o.kind = 'vendor'
        ) there ON true
        LEFT JOIN LATERAL (
            SELECT o.id AS vendor FROM accounts_team t JOIN accounts_organisation o ON o.id = t.organisation_id
            WHERE t.id = (e.changes->'team_id'->>0)::bigint AND o.kind = 'vendor'
        ) here ON true
        LEFT JOIN LATERAL (
            SELECT (x.changes->'vendor_id'->>1)::bigint AS vendor FROM tickets_event x
            WHERE x.ticket_id = e.ticket_id AND x.id <= e.id AND jsonb_exists(x.changes, 'vendor_id')
            ORDER BY x.id DESC LIMIT 1
        ) had ON true
        WHERE m.id >= %(first)s AND m.id < %(end)s AND m.audience = 'vendor' AND m.vendor_id IS NULL
    ) found
    WHERE tickets_message.id = found.id AND found.vendor IS NOT NULL
"""


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM tickets_message")
        first, last = cursor.fetchone()
        while first is not None and first <= last:
            cursor.execute(FILL, {"first": first, "end": first + SLICE})
            cursor.execute("SELECT min(id) FROM tickets_message WHERE id >= %s", [first + SLICE])
            (first,) = cursor.fetchone()


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("tickets", "0012_messages_of_a_vendor"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
