"""What the database itself holds of organisations: a history written once, and nothing new for one that has ended."""

import re

from django.db import migrations

from fondsinnovation.migration_sql import append_only

# A file is begun, and a role given, while the organisation exists; what was begun before stays.
IN_FORCE = """
CREATE FUNCTION organisation_in_force() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  day date;
BEGIN
  IF TG_TABLE_NAME = 'projects_application' THEN
    day := (NEW.created_at AT TIME ZONE 'America/Toronto')::date;
  ELSE
    day := NEW.starts_on;
  END IF;
  IF EXISTS (SELECT FROM projects_organisation o WHERE o.id = NEW.organisation_id AND o.valid_to < day) THEN
    RAISE EXCEPTION 'organisation % has ended', NEW.organisation_id
      USING ERRCODE = '23514', CONSTRAINT = 'organisation_in_force';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER application_organisation_in_force BEFORE INSERT ON projects_application
  FOR EACH ROW EXECUTE FUNCTION organisation_in_force();
CREATE TRIGGER membership_organisation_in_force BEFORE INSERT OR UPDATE OF organisation_id, starts_on ON projects_membership
  FOR EACH ROW EXECUTE FUNCTION organisation_in_force();
"""

SHORT_SAINT = re.compile(r"\b(ste?)(?= )")
SAINTS = {"st": "saint", "ste": "sainte"}


def fold_saints(apps, schema_editor):
    """« St » before a word has the key of « Saint » from now on."""
    organisation = apps.get_model("projects", "Organisation")
    for row in organisation.objects.filter(sort_key__regex=r"\mste? ").order_by("pk"):
        key = SHORT_SAINT.sub(lambda found: SAINTS[found[1]], row.sort_key)
        organisation.objects.filter(pk=row.pk).update(sort_key=key)


class Migration(migrations.Migration):
    dependencies = [("projects", "0010_organisation_history")]

    operations = [
        migrations.RunSQL(IN_FORCE, migrations.RunSQL.noop),
        append_only("projects_organisationchange"),
        migrations.RunPython(fold_saints, migrations.RunPython.noop),
    ]
