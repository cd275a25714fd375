"""What the database holds of contests by fiscal year: an overlap contests its two lines in its own year, and a decision withdraws from it.

The events that contested whole lines are written again, year by year, from the overlaps and decisions that they came from: at every
knowledge date, a line is then contested in the years that were disputed, and in no other.
"""

from importlib import import_module

from django.db import migrations, models

_CLAIM_GUARDS = import_module("reporting.migrations.0022_claim_guards")

WITHDRAWN = """
CREATE FUNCTION claim_is_withdrawn(line bigint, year int) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM reporting_overlapresolution r JOIN reporting_overlap v ON v.id = r.overlap_id
                  WHERE r.withdrawn_id = line AND v.fiscal_year = year)
$$;

CREATE OR REPLACE FUNCTION gain_claim_is_seen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM gain_claim o
     WHERE (o.organisation_id, o.fiscal_year, o.cost_centre, o.account, o.nature)
         = (NEW.organisation_id, NEW.fiscal_year, NEW.cost_centre, NEW.account, NEW.nature) AND o.line_id <> NEW.line_id
       AND NOT claim_is_withdrawn(o.line_id, o.fiscal_year) AND NOT claim_is_withdrawn(NEW.line_id, NEW.fiscal_year)
       AND NOT EXISTS (SELECT FROM reporting_overlap v
                        WHERE v.first_id = least(o.line_id, NEW.line_id) AND v.second_id = greatest(o.line_id, NEW.line_id)
                          AND v.fiscal_year = NEW.fiscal_year)) THEN
    RAISE EXCEPTION 'line % claims what another line claims, and no overlap is open', NEW.line_id
      USING ERRCODE = '23514', CONSTRAINT = 'gain_claim_is_seen';
  END IF;
  RETURN NULL;
END $$;
DROP FUNCTION line_is_withdrawn(bigint);
"""

# At COMMIT, a line is contested for an overlap in a fiscal year when one of its overlaps of that year is open or it was withdrawn
# from that year, and only then.
CONTESTS = """
CREATE FUNCTION overlap_contests(line bigint, year int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce((SELECT c.contested FROM line_contest c WHERE (c.line_id, c.cause, c.fiscal_year) = (line, 'overlap', year)
                ORDER BY c.recorded_at DESC, c.id DESC LIMIT 1), false)
     IS DISTINCT FROM (claim_is_withdrawn(line, year) OR EXISTS (
       SELECT FROM reporting_overlap v WHERE line IN (v.first_id, v.second_id) AND v.fiscal_year = year
          AND NOT EXISTS (SELECT FROM reporting_overlapresolution r WHERE r.overlap_id = v.id))) THEN
    RAISE EXCEPTION 'line % is not contested in % as its overlaps say', line, year
      USING ERRCODE = '23514', CONSTRAINT = 'overlap_contests_its_lines';
  END IF;
END $$;

CREATE OR REPLACE FUNCTION overlap_is_contested() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM overlap_contests(NEW.first_id, NEW.fiscal_year), overlap_contests(NEW.second_id, NEW.fiscal_year);
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION overlap_resolution_is_contested() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM overlap_contests(v.first_id, v.fiscal_year), overlap_contests(v.second_id, v.fiscal_year)
     FROM reporting_overlap v WHERE v.id = NEW.overlap_id;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION contest_is_of_its_overlaps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM overlap_contests(NEW.line_id, NEW.fiscal_year);
  RETURN NULL;
END $$;
DROP FUNCTION overlap_contests(bigint);
"""

# An overlap contests its lines in its year; a decision releases a line there unless it is withdrawn by then, or another overlap of
# the year was known and not settled yet. An event that says what is known already is left out.
BY_YEAR = """
ALTER TABLE line_contest DISABLE TRIGGER USER;
DELETE FROM line_contest WHERE cause = 'overlap';
WITH said AS (
  SELECT line, v.fiscal_year, true AS contested, v.recorded_at, v.opened_by_id AS person, v.id AS rank,
         'Une autre ligne réclame le même budget : CHEV-' || lpad(v.id::text, 5, '0') AS reason
    FROM reporting_overlap v CROSS JOIN LATERAL unnest(ARRAY[v.first_id, v.second_id]) line
  UNION ALL
  SELECT line, v.fiscal_year,
         EXISTS (SELECT FROM reporting_overlap o LEFT JOIN reporting_overlapresolution d ON d.overlap_id = o.id
                  WHERE line IN (o.first_id, o.second_id) AND o.fiscal_year = v.fiscal_year AND o.recorded_at <= r.recorded_at
                    AND (d.id IS NULL OR (d.recorded_at, d.id) > (r.recorded_at, r.id)
                         OR d.withdrawn_id = line)),
         r.recorded_at, r.resolved_by_id, 9000000000 + r.id, r.reason
    FROM reporting_overlapresolution r JOIN reporting_overlap v ON v.id = r.overlap_id
   CROSS JOIN LATERAL unnest(ARRAY[v.first_id, v.second_id]) line
), told AS (
  SELECT said.*, lag(contested, 1, false) OVER (PARTITION BY line, fiscal_year ORDER BY recorded_at, rank) AS before FROM said
)
INSERT INTO line_contest (project_id, line_id, cause, fiscal_year, contested, reason, recorded_at, recorded_by_id)
  SELECT coalesce(p.project_id, j.id), l.id, 'overlap', t.fiscal_year, t.contested, t.reason, t.recorded_at, t.person
    FROM told t JOIN projects_gainline l ON l.id = t.line JOIN projects_gainplan p ON p.id = l.plan_id
    LEFT JOIN projects_project j ON j.application_id = p.application_id
   WHERE t.contested <> t.before ORDER BY t.recorded_at, t.rank, l.id;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE line_contest ENABLE TRIGGER USER;
"""


def _function(script: str, name: str) -> str:
    """One function of a script, as a replacement of what stands."""
    start = script.index(f"CREATE FUNCTION {name}(")
    return script[start : script.index("END $$;", start) + len("END $$;")].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


BACK = "\n".join(
    (
        "CREATE FUNCTION line_is_withdrawn(line bigint) RETURNS boolean LANGUAGE sql STABLE AS $$",
        "  SELECT EXISTS (SELECT FROM reporting_overlapresolution WHERE withdrawn_id = line) $$;",
        _function(_CLAIM_GUARDS.CLAIMS, "gain_claim_is_seen"),
        "DROP FUNCTION claim_is_withdrawn(bigint, int);",
    )
)
CONTESTS_BACK = "\n".join(
    (
        *(
            _function(_CLAIM_GUARDS.OVERLAPS, name)
            for name in ("overlap_contests", "overlap_is_contested", "overlap_resolution_is_contested", "contest_is_of_its_overlaps")
        ),
        "DROP FUNCTION overlap_contests(bigint, int);",
    )
)


class Migration(migrations.Migration):
    dependencies = [("reporting", "0072_contest_years")]

    operations = [
        migrations.RunSQL(WITHDRAWN, BACK),
        migrations.RunSQL(CONTESTS, CONTESTS_BACK),
        migrations.RunSQL(BY_YEAR, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="linecontest",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("cause", "overlap"), _negated=True), ("fiscal_year__gt", 0), _connector="OR"),
                name="line_contest_overlap_has_a_year",
            ),
        ),
    ]
