"""What the database itself holds of exceptional accesses, sign-ins, accounts and incidents."""

from django.db import migrations

from fondsinnovation.migration_sql import append_only, read_only

# What was asked, and what a second person granted, never changes: no access is lengthened, moved to another file or erased.
EXCEPTIONAL_FIXED = """
CREATE FUNCTION exceptional_access_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE'
     OR (NEW.person_id, NEW.application_id, NEW.call_id, NEW.reason, NEW.minutes, NEW.requested_at)
        IS DISTINCT FROM (OLD.person_id, OLD.application_id, OLD.call_id, OLD.reason, OLD.minutes, OLD.requested_at)
     OR (OLD.state <> 'requested' AND (NEW.decided_by_id, NEW.decided_at, NEW.refusal, NEW.starts_at, NEW.ends_at)
        IS DISTINCT FROM (OLD.decided_by_id, OLD.decided_at, OLD.refusal, OLD.starts_at, OLD.ends_at))
     OR (OLD.state IN ('refused', 'ended') AND NEW.state <> OLD.state)
     OR (OLD.state = 'granted' AND NEW.state NOT IN ('granted', 'ended'))
  THEN
    RAISE EXCEPTION 'an exceptional access stays as it was granted'
      USING ERRCODE = '23514', CONSTRAINT = 'exceptional_access_fixed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER exceptional_access_fixed BEFORE UPDATE OR DELETE ON projects_exceptionalaccess
  FOR EACH ROW EXECUTE FUNCTION exceptional_access_fixed();
"""

# Whatever way a person comes in by, Django moves last_login: the database keeps each sign-in, so that nobody can forget to.
SIGN_INS = """
CREATE FUNCTION sign_in_kept() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO projects_signin (person_id, at) VALUES (NEW.id, NEW.last_login);
  RETURN NULL;
END $$;
CREATE TRIGGER sign_in_kept AFTER UPDATE OF last_login ON projects_user
  FOR EACH ROW WHEN (NEW.last_login IS NOT NULL AND NEW.last_login IS DISTINCT FROM OLD.last_login) EXECUTE FUNCTION sign_in_kept();
INSERT INTO projects_signin (person_id, at) SELECT id, last_login FROM projects_user WHERE last_login IS NOT NULL;
"""

# The history of accounts begins with the accounts that there are.
ACCOUNTS_SO_FAR = """
INSERT INTO projects_userevent (pgh_created_at, pgh_label, pgh_obj_id, email, name, is_active)
SELECT created_at, 'insert', id, email, name, is_active FROM projects_user;
"""

INACTIVITY = """
INSERT INTO projects_inactivityrule (valid_from, days, notice_days, source)
VALUES ('2024-04-01', 730, 30, 'Règle interne de conservation, à confirmer par la personne responsable');
"""

# A closed incident is kept as it was closed, and none is erased.
INCIDENT_KEPT = """
CREATE FUNCTION incident_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state = 'closed' THEN
    RAISE EXCEPTION 'a closed incident stays as it is, and none is erased' USING ERRCODE = '23514', CONSTRAINT = 'incident_kept';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER incident_kept BEFORE UPDATE OR DELETE ON projects_incident FOR EACH ROW EXECUTE FUNCTION incident_kept();
"""


def sql(text: str) -> migrations.RunSQL:
    return migrations.RunSQL(text, migrations.RunSQL.noop)


class Migration(migrations.Migration):
    dependencies = [("projects", "0020_exceptional_access_and_privacy")]

    operations = [
        sql(EXCEPTIONAL_FIXED),
        sql(SIGN_INS),
        sql(ACCOUNTS_SO_FAR),
        sql(INACTIVITY),
        sql(INCIDENT_KEPT),
        append_only("projects_userevent", "projects_inactivityrule", "projects_incidentevent"),
        append_only("projects_signin"),
        read_only("projects_signin"),
    ]
