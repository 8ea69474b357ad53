from django.db import migrations

# What happened to a clock is append-only like the history of tickets, with the same one door for retention
# (tickets/migrations/0002_append_only_history.py).
REFUSE = """
CREATE TRIGGER clock_event_is_append_only BEFORE UPDATE OR DELETE ON sla_clockevent
    FOR EACH ROW EXECUTE FUNCTION tickets_history_is_append_only();
"""
ALLOW = "DROP TRIGGER clock_event_is_append_only ON sla_clockevent;"


class Migration(migrations.Migration):
    dependencies = [("sla", "0001_initial"), ("tickets", "0002_append_only_history")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
