from django.db import migrations

# What happened to an article is append-only like the history of tickets, with the same one door for retention
# (tickets/migrations/0002_append_only_history.py). A version that readers have seen keeps its words for ever.
REFUSE = """
CREATE TRIGGER article_event_is_append_only BEFORE UPDATE OR DELETE ON knowledgebase_articleevent
    FOR EACH ROW EXECUTE FUNCTION tickets_history_is_append_only();
CREATE FUNCTION knowledgebase_published_words_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published version of an article keeps its words'
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER published_words_stay BEFORE UPDATE ON knowledgebase_articleversion
    FOR EACH ROW WHEN (
        OLD.published_at IS NOT NULL
        AND coalesce(current_setting('tierdesk.retention', true), '') <> 'on'
        AND (OLD.title, OLD.summary, OLD.body, OLD.symptom, OLD.cause, OLD.workaround, OLD.fix, OLD.script)
            IS DISTINCT FROM
            (NEW.title, NEW.summary, NEW.body, NEW.symptom, NEW.cause, NEW.workaround, NEW.fix, NEW.script)
    )
    EXECUTE FUNCTION knowledgebase_published_words_stay();
"""
ALLOW = """
DROP TRIGGER published_words_stay ON knowledgebase_articleversion;
DROP FUNCTION knowledgebase_published_words_stay();
DROP TRIGGER article_event_is_append_only ON knowledgebase_articleevent;
"""


class Migration(migrations.Migration):
    dependencies = [("knowledgebase", "0001_initial"), ("tickets", "0002_append_only_history")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
