from django.db import migrations

# History is append-only: UPDATE and DELETE are refused row by row. TRUNCATE stays possible for the tests'
# flush. The one door is retention: SET LOCAL tierdesk.retention = 'on' inside one transaction.
REFUSE = """
CREATE FUNCTION tickets_history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('tierdesk.retention', true) = 'on' THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the history of tickets is append-only (% on %)', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER event_is_append_only BEFORE UPDATE OR DELETE ON tickets_event
    FOR EACH ROW EXECUTE FUNCTION tickets_history_is_append_only();
"""
ALLOW = """
DROP TRIGGER event_is_append_only ON tickets_event;
DROP FUNCTION tickets_history_is_append_only();
"""
# The key is the number that people say; TD-1001 reads as a number, TD-1 as a slip.
NUMBER_FROM_1001 = "ALTER TABLE tickets_ticket ALTER COLUMN id RESTART WITH 1001"


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, ALLOW),
        migrations.RunSQL(NUMBER_FROM_1001, migrations.RunSQL.noop),
    ]
