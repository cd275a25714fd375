"""What the database holds of claims (INV-17): it writes them from the gains, and no two lines claim one key unseen.

Two gains recorded at once are put in line by an advisory lock on a part of the keys (64 parts, taken in their order), so that the
second one sees the claim of the first.
"""

from django.db import migrations

from fondsinnovation.migration_sql import append_only, read_only

CLAIMS = r"""
CREATE FUNCTION claim_part(written text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT upper(regexp_replace(written, '\s', '', 'g'))
$$;

CREATE FUNCTION gain_makes_claims() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  part int;
BEGIN
  FOR part IN
    SELECT DISTINCT hashtext(concat_ws('|', l.organisation_id, claim_part(l.cost_centre), claim_part(l.account), l.nature)) & 63
      FROM (SELECT DISTINCT line_id FROM fresh WHERE stage IN ('reported', 'verified')) f
      JOIN projects_gainline l ON l.id = f.line_id AND claim_part(l.cost_centre || l.account) <> '' ORDER BY 1
  LOOP
    PERFORM pg_advisory_xact_lock(270031, part);
  END LOOP;
  IF part IS NULL THEN
    RETURN NULL;
  END IF;
  INSERT INTO gain_claim (fiscal_year, organisation_id, cost_centre, account, nature, project_id, line_id, claimed_at)
    SELECT year, l.organisation_id, claim_part(l.cost_centre), claim_part(l.account), l.nature, f.project_id, l.id, min(f.recorded_at)
      FROM fresh f JOIN projects_gainline l ON l.id = f.line_id AND claim_part(l.cost_centre || l.account) <> ''
      CROSS JOIN LATERAL generate_series(extract(year FROM f.period_start - interval '3 months')::int,
                                         extract(year FROM f.period_end - interval '3 months')::int) year
     WHERE f.stage IN ('reported', 'verified') AND f.amount <> 0
     GROUP BY year, l.id, f.project_id ORDER BY l.id, year
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER gain_makes_claims AFTER INSERT ON gain REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION gain_makes_claims();

CREATE FUNCTION line_is_withdrawn(line bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM reporting_overlapresolution WHERE withdrawn_id = line)
$$;

CREATE FUNCTION gain_claim_is_seen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM gain_claim o
     WHERE (o.organisation_id, o.fiscal_year, o.cost_centre, o.account, o.nature)
         = (NEW.organisation_id, NEW.fiscal_year, NEW.cost_centre, NEW.account, NEW.nature)
       AND o.line_id <> NEW.line_id AND NOT line_is_withdrawn(o.line_id) AND NOT line_is_withdrawn(NEW.line_id)
       AND NOT EXISTS (SELECT FROM reporting_overlap v
                        WHERE v.first_id = least(o.line_id, NEW.line_id) AND v.second_id = greatest(o.line_id, NEW.line_id)
                          AND v.fiscal_year = NEW.fiscal_year)) THEN
    RAISE EXCEPTION 'line % claims what another line claims, and no overlap is open', NEW.line_id
      USING ERRCODE = '23514', CONSTRAINT = 'gain_claim_is_seen';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER gain_claim_is_seen AFTER INSERT ON gain_claim DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION gain_claim_is_seen();
"""

OVERLAPS = """
CREATE FUNCTION overlap_is_of_two_claims() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM gain_claim a JOIN gain_claim b
        ON (b.organisation_id, b.fiscal_year, b.cost_centre, b.account, b.nature)
         = (a.organisation_id, a.fiscal_year, a.cost_centre, a.account, a.nature)
     WHERE (a.line_id, b.line_id, a.project_id, b.project_id) = (NEW.first_id, NEW.second_id, NEW.first_project_id, NEW.second_project_id)
       AND (a.organisation_id, a.fiscal_year, a.cost_centre, a.account, a.nature)
         = (NEW.organisation_id, NEW.fiscal_year, NEW.cost_centre, NEW.account, NEW.nature)) THEN
    RAISE EXCEPTION 'lines % and % do not claim one key', NEW.first_id, NEW.second_id
      USING ERRCODE = '23514', CONSTRAINT = 'overlap_is_of_two_claims';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER overlap_is_of_two_claims BEFORE INSERT ON reporting_overlap
  FOR EACH ROW EXECUTE FUNCTION overlap_is_of_two_claims();

-- Who settles is none of those who reported, never belonged to the beneficiaries nor to the bearers, and accompanies neither file.
CREATE FUNCTION overlap_resolver_is_apart() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  found record;
BEGIN
  SELECT v.first_id, v.second_id, a.application_id AS one, b.application_id AS other,
         ARRAY[v.organisation_id, a.organisation_id, b.organisation_id] AS organisations INTO found
    FROM reporting_overlap v JOIN projects_project a ON a.id = v.first_project_id
    JOIN projects_project b ON b.id = v.second_project_id WHERE v.id = NEW.overlap_id;
  IF NEW.withdrawn_id NOT IN (found.first_id, found.second_id) THEN
    RAISE EXCEPTION 'line % is not of this overlap', NEW.withdrawn_id
      USING ERRCODE = '23514', CONSTRAINT = 'overlap_resolution_is_of_its_lines';
  END IF;
  IF EXISTS (SELECT FROM reporting_gainreport r
              WHERE r.line_id IN (found.first_id, found.second_id) AND NEW.resolved_by_id IN (r.reported_by_id, r.cosigned_by_id))
     OR EXISTS (SELECT FROM gain g WHERE g.line_id IN (found.first_id, found.second_id) AND g.stage = 'reported'
                   AND g.recorded_by_id = NEW.resolved_by_id)
     OR EXISTS (SELECT FROM projects_membership m
                 WHERE m.person_id = NEW.resolved_by_id AND m.organisation_id = ANY (found.organisations)) THEN
    PERFORM separation_refuse('overlap_resolver_is_apart');
  END IF;
  PERFORM adviser_refuse(found.one, NEW.resolved_by_id);
  PERFORM adviser_refuse(found.other, NEW.resolved_by_id);
  RETURN NEW;
END $$;
CREATE TRIGGER overlap_resolver_is_apart BEFORE INSERT ON reporting_overlapresolution
  FOR EACH ROW EXECUTE FUNCTION overlap_resolver_is_apart();

CREATE FUNCTION adviser_settled_no_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM reporting_overlapresolution r JOIN reporting_overlap v ON v.id = r.overlap_id
               JOIN projects_project p ON p.id IN (v.first_project_id, v.second_project_id)
              WHERE p.application_id = NEW.application_id AND r.resolved_by_id = NEW.person_id) THEN
    PERFORM separation_refuse('adviser_is_apart');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER adviser_settled_no_overlap BEFORE INSERT ON funding_adviser
  FOR EACH ROW EXECUTE FUNCTION adviser_settled_no_overlap();

-- At COMMIT, a line is contested for an overlap when one of its overlaps is open or it was withdrawn, and only then.
CREATE FUNCTION overlap_contests(line bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce((SELECT c.contested FROM line_contest c WHERE c.line_id = line AND c.cause = 'overlap'
                ORDER BY c.recorded_at DESC, c.id DESC LIMIT 1), false)
     IS DISTINCT FROM (line_is_withdrawn(line) OR EXISTS (
       SELECT FROM reporting_overlap v WHERE line IN (v.first_id, v.second_id)
          AND NOT EXISTS (SELECT FROM reporting_overlapresolution r WHERE r.overlap_id = v.id))) THEN
    RAISE EXCEPTION 'line % is not contested as its overlaps say', line
      USING ERRCODE = '23514', CONSTRAINT = 'overlap_contests_its_lines';
  END IF;
END $$;

CREATE FUNCTION overlap_is_contested() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM overlap_contests(NEW.first_id), overlap_contests(NEW.second_id);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER overlap_is_contested AFTER INSERT ON reporting_overlap DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION overlap_is_contested();

CREATE FUNCTION overlap_resolution_is_contested() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM overlap_contests(v.first_id), overlap_contests(v.second_id) FROM reporting_overlap v WHERE v.id = NEW.overlap_id;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER overlap_resolution_is_contested AFTER INSERT ON reporting_overlapresolution DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION overlap_resolution_is_contested();

CREATE FUNCTION contest_is_of_its_overlaps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM overlap_contests(NEW.line_id);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER contest_is_of_its_overlaps AFTER INSERT ON line_contest DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.cause = 'overlap') EXECUTE FUNCTION contest_is_of_its_overlaps();
"""

UNDO = """
DROP TRIGGER contest_is_of_its_overlaps ON line_contest;
DROP TRIGGER overlap_resolution_is_contested ON reporting_overlapresolution;
DROP TRIGGER overlap_is_contested ON reporting_overlap;
DROP TRIGGER adviser_settled_no_overlap ON funding_adviser;
DROP TRIGGER overlap_resolver_is_apart ON reporting_overlapresolution;
DROP TRIGGER overlap_is_of_two_claims ON reporting_overlap;
DROP FUNCTION contest_is_of_its_overlaps(), overlap_resolution_is_contested(), overlap_is_contested(), overlap_contests(bigint),
  adviser_settled_no_overlap(), overlap_resolver_is_apart(), overlap_is_of_two_claims();
"""
NO_CLAIMS = """
DROP TRIGGER gain_claim_is_seen ON gain_claim;
DROP TRIGGER gain_makes_claims ON gain;
DROP FUNCTION gain_claim_is_seen(), line_is_withdrawn(bigint), gain_makes_claims(), claim_part(text);
"""


class Migration(migrations.Migration):
    dependencies = [("reporting", "0021_claims"), ("projects", "0030_gain_line_terms"), ("funding", "0012_separation")]

    operations = [
        migrations.RunSQL(CLAIMS, NO_CLAIMS),
        migrations.RunSQL(OVERLAPS, UNDO),
        append_only("reporting_overlap", "reporting_overlapresolution"),
        read_only("gain_claim"),
    ]
