"""What the database itself holds of memberships, delegations and invitations."""

from django.db import migrations

from fondsinnovation.migration_sql import append_only

# A role of an applicant is held in an applicant, a role of the Fund in a unit or a partner. The kind of an organisation cannot
# change under its members.
ROLES = """
CREATE FUNCTION is_unit(kind text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT kind IN ('unit', 'partner') $$;

CREATE FUNCTION membership_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  source projects_membership;
BEGIN
  IF (NEW.role NOT IN ('writer', 'finance_respondent', 'signatory'))
     <> (SELECT is_unit(kind) FROM projects_organisation WHERE id = NEW.organisation_id) THEN
    RAISE EXCEPTION 'role % in an organisation of another kind', NEW.role
      USING ERRCODE = '23514', CONSTRAINT = 'membership_role_fits_organisation';
  END IF;
  IF NEW.delegated_from_id IS NOT NULL THEN
    SELECT * INTO source FROM projects_membership WHERE id = NEW.delegated_from_id;
    IF source.delegated_from_id IS NOT NULL OR source.person_id = NEW.person_id OR source.role <> NEW.role
       OR source.organisation_id <> NEW.organisation_id OR source.call_id IS DISTINCT FROM NEW.call_id THEN
      RAISE EXCEPTION 'membership % delegates something else', NEW.delegated_from_id
        USING ERRCODE = '23514', CONSTRAINT = 'membership_delegates_the_same';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER membership_fits BEFORE INSERT OR UPDATE OF role, organisation_id, person_id, call_id, delegated_from_id
  ON projects_membership FOR EACH ROW EXECUTE FUNCTION membership_fits();

CREATE FUNCTION organisation_kind_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF is_unit(OLD.kind) <> is_unit(NEW.kind) AND EXISTS (SELECT FROM projects_membership WHERE organisation_id = NEW.id) THEN
    RAISE EXCEPTION 'organisation % has members of the other kind', NEW.id
      USING ERRCODE = '23514', CONSTRAINT = 'membership_role_fits_organisation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER organisation_kind_fits BEFORE UPDATE OF kind ON projects_organisation
  FOR EACH ROW EXECUTE FUNCTION organisation_kind_fits();
"""

# Revoked is for good: who comes back is given a new membership.
REVOKED = """
CREATE FUNCTION membership_revoked_for_good() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.revoked_at IS NOT NULL AND (TG_OP = 'DELETE' OR NEW IS DISTINCT FROM OLD) THEN
    RAISE EXCEPTION 'membership % is revoked', OLD.id USING ERRCODE = '23514', CONSTRAINT = 'membership_revoked_for_good';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER membership_revoked_for_good BEFORE UPDATE OR DELETE ON projects_membership
  FOR EACH ROW EXECUTE FUNCTION membership_revoked_for_good();
"""

# What was offered, to whom and by whom never changes; an invitation that was used or withdrawn changes no more.
INVITATIONS = """
CREATE FUNCTION invitation_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.accepted_at IS NOT NULL OR OLD.revoked_at IS NOT NULL
     OR (NEW.organisation_id, NEW.email, NEW.role, NEW.call_id, NEW.starts_on, NEW.ends_on, NEW.invited_by_id, NEW.invited_at,
         NEW.expires_at, NEW.replaces_id)
        IS DISTINCT FROM
        (OLD.organisation_id, OLD.email, OLD.role, OLD.call_id, OLD.starts_on, OLD.ends_on, OLD.invited_by_id, OLD.invited_at,
         OLD.expires_at, OLD.replaces_id) THEN
    RAISE EXCEPTION 'invitation % is settled', OLD.id USING ERRCODE = '23514', CONSTRAINT = 'invitation_frozen';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER invitation_frozen BEFORE UPDATE OR DELETE ON projects_invitation
  FOR EACH ROW EXECUTE FUNCTION invitation_frozen();
"""

DROP_ROLES = """
DROP TRIGGER membership_fits ON projects_membership; DROP FUNCTION membership_fits();
DROP TRIGGER organisation_kind_fits ON projects_organisation; DROP FUNCTION organisation_kind_fits(); DROP FUNCTION is_unit(text);
"""
DROP_REVOKED = "DROP TRIGGER membership_revoked_for_good ON projects_membership; DROP FUNCTION membership_revoked_for_good();"
DROP_INVITATIONS = "DROP TRIGGER invitation_frozen ON projects_invitation; DROP FUNCTION invitation_frozen();"


class Migration(migrations.Migration):
    dependencies = [("projects", "0014_responsible")]

    operations = [
        migrations.RunSQL(ROLES, DROP_ROLES),
        migrations.RunSQL(REVOKED, DROP_REVOKED),
        migrations.RunSQL(INVITATIONS, DROP_INVITATIONS),
        append_only("projects_delegationevent"),
    ]
