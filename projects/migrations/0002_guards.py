"""What the database itself holds of people, applications and the journal."""

from django.db import migrations

from fondsinnovation.migration_sql import append_only, read_only

APPEND_ONLY = """
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = '23514', CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;
"""

# The journal: typed columns come from the stored text, and the chain is linked at COMMIT under the lock of its single head row.
JOURNAL = """
INSERT INTO journal_head (id, seq, hash) VALUES (1, 0, repeat('0', 64));
INSERT INTO knowledge_floor (id, known) VALUES (1, '2000-01-01T00:00:00Z');

CREATE FUNCTION journal_columns() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  c jsonb := NEW.content::jsonb;
BEGIN
  NEW.act := c->>'act';
  NEW.at := (c->>'at')::timestamptz;
  NEW.actor_id := (c->>'actor')::bigint;
  NEW.organisation_id := (c->>'organisation')::bigint;
  NEW.object_type := coalesce(c->'objects'->0->>'type', '');
  NEW.object_id := (c->'objects'->0->>'id')::bigint;
  NEW.application_id := coalesce(
    (c->'facts'->>'application')::bigint,
    (SELECT (o->>'id')::bigint FROM jsonb_array_elements(c->'objects') o WHERE o->>'type' = 'projects.application' LIMIT 1));
  RETURN NEW;
END $$;
CREATE TRIGGER journal_columns BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION journal_columns();

CREATE FUNCTION journal_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  head journal_head;
  linked text;
BEGIN
  SELECT * INTO head FROM journal_head WHERE id = 1 FOR UPDATE;
  linked := encode(sha256(convert_to(head.hash || NEW.content, 'UTF8')), 'hex');
  INSERT INTO journal_link (seq, journal_id, prev, hash) VALUES (head.seq + 1, NEW.id, head.hash, linked);
  UPDATE journal_head SET seq = head.seq + 1, hash = linked WHERE id = 1;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER journal_chain AFTER INSERT ON journal DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION journal_chain();
"""

# A late application is refused by the database too, on the instant that the server received it (INV-25).
RECEIVED_IN_TIME = """
CREATE FUNCTION application_received_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.submitted_at IS NOT NULL AND NOT EXISTS (
    SELECT FROM projects_call c WHERE c.id = NEW.call_id AND c.opens_at <= NEW.submitted_at AND NEW.submitted_at < c.closes_at
  ) THEN
    RAISE EXCEPTION 'application received outside its call''s dates'
      USING ERRCODE = '23514', CONSTRAINT = 'application_received_in_time';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER application_received_in_time BEFORE INSERT OR UPDATE OF submitted_at, call_id ON projects_application
  FOR EACH ROW EXECUTE FUNCTION application_received_in_time();
"""

# A locked gain plan keeps its lines and baselines as signed (INV-20); forecasts are dated rows and may still be added.
PLAN_LOCKED = """
CREATE FUNCTION gain_plan_locked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  plan bigint;
  row_ jsonb := to_jsonb(coalesce(NEW, OLD));
BEGIN
  IF TG_TABLE_NAME = 'projects_baseline' THEN
    SELECT plan_id INTO plan FROM projects_gainline WHERE id = (row_->>'line_id')::bigint;
  ELSE
    plan := (row_->>'plan_id')::bigint;
  END IF;
  IF EXISTS (SELECT FROM projects_gainplan WHERE id = plan AND locked_at IS NOT NULL) THEN
    RAISE EXCEPTION 'gain plan % is locked', plan USING ERRCODE = '23514', CONSTRAINT = 'gain_plan_locked';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER gain_line_locked BEFORE INSERT OR UPDATE OR DELETE ON projects_gainline
  FOR EACH ROW EXECUTE FUNCTION gain_plan_locked();
CREATE TRIGGER baseline_locked BEFORE INSERT OR UPDATE OR DELETE ON projects_baseline
  FOR EACH ROW EXECUTE FUNCTION gain_plan_locked();

CREATE FUNCTION gain_plan_stays_locked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.locked_at IS NOT NULL AND (TG_OP = 'DELETE' OR NEW.locked_at IS DISTINCT FROM OLD.locked_at) THEN
    RAISE EXCEPTION 'gain plan % is locked', OLD.id USING ERRCODE = '23514', CONSTRAINT = 'gain_plan_locked';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER gain_plan_stays_locked BEFORE UPDATE OR DELETE ON projects_gainplan
  FOR EACH ROW EXECUTE FUNCTION gain_plan_stays_locked();
"""


def sql(text: str) -> migrations.RunSQL:
    return migrations.RunSQL(text, migrations.RunSQL.noop)


class Migration(migrations.Migration):
    dependencies = [("projects", "0001_initial")]

    operations = [
        sql(APPEND_ONLY),
        sql(JOURNAL),
        sql(RECEIVED_IN_TIME),
        sql(PLAN_LOCKED),
        append_only("journal", "projects_applicationversion", "projects_interestdeclaration", "projects_recusal", "projects_forecastgain"),
        read_only("journal_link", "journal_head"),
    ]
