"""What an amendment is held to, whatever code or person writes it: where it starts from, who lets it pass, what it changes, and only that."""

from django.db import migrations

from fondsinnovation.migration_sql import APP_ROLE, append_only

RULE = """
INSERT INTO funding_amendmentrule (valid_from, share, amount, approvals, source)
  VALUES ('2024-04-01', 0.10, 100000.00, ARRAY['director'], 'Matrice de délégation par défaut, à remplacer par l’instrument officiel');
"""

# The levels of an amendment: those of the cumulative amount when it is more than the rule lets pass, or when it crosses a tier upwards.
LEVELS = """
CREATE FUNCTION delegation_levels(amount numeric, day date) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT approvals::text[] FROM funding_delegationrule d
   WHERE d.valid_from <= day AND (d.valid_to IS NULL OR d.valid_to >= day)
     AND d.above < delegation_levels.amount AND (d.up_to IS NULL OR d.up_to >= delegation_levels.amount)
   ORDER BY d.valid_from DESC, d.id LIMIT 1
$$;

CREATE FUNCTION amendment_levels(amendment bigint, day date) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
DECLARE
  a record;
  r record;
  initial numeric;
  change numeric;
BEGIN
  SELECT agreement_id, amount_before, amount_after INTO a FROM funding_amendment WHERE id = amendment;
  SELECT share, amount, approvals::text[] AS approvals INTO r FROM funding_amendmentrule WHERE valid_from <= day
   ORDER BY valid_from DESC LIMIT 1;
  SELECT f.amount_before INTO initial FROM funding_amendment f WHERE f.agreement_id = a.agreement_id AND f.state = 'in_force'
   ORDER BY f.base_revision LIMIT 1;
  initial := coalesce(initial, a.amount_before);
  change := greatest(abs(a.amount_after - a.amount_before), abs(a.amount_after - initial));
  IF a.amount_after = a.amount_before OR (change <= r.amount AND change <= r.share * initial
       AND (a.amount_after < a.amount_before OR delegation_levels(a.amount_after, day) = delegation_levels(a.amount_before, day))) THEN
    RETURN r.approvals;
  END IF;
  RETURN delegation_levels(a.amount_after, day);
END $$;
"""

# It starts from the agreement as it is; its content changes with a new round only; its state follows the table of its moves.
MOVES = """
CREATE FUNCTION amendment_refuse(rule text, what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'refused: % (%)', rule, what USING ERRCODE = '23514', CONSTRAINT = rule;
END $$;

CREATE FUNCTION amendment_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  g record;
BEGIN
  IF TG_OP = 'INSERT' AND NEW.state <> 'proposed' THEN
    PERFORM amendment_refuse('amendment_moves_in_order', NEW.number::text);
  ELSIF TG_OP = 'UPDATE' THEN
    IF OLD.state IN ('in_force', 'refused', 'cancelled') THEN
      PERFORM amendment_refuse('amendment_is_final', OLD.number::text);
    ELSIF (NEW.agreement_id, NEW.number) <> (OLD.agreement_id, OLD.number)
        OR (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
          ('proposed', 'partly_approved'), ('proposed', 'approved'), ('partly_approved', 'approved'), ('approved', 'in_force'),
          ('partly_approved', 'proposed'), ('approved', 'proposed'), ('proposed', 'refused'), ('partly_approved', 'refused'),
          ('proposed', 'cancelled'), ('partly_approved', 'cancelled'), ('approved', 'cancelled')))
        OR (OLD.state <> 'proposed' AND NEW.state = 'proposed' AND NEW.round <> OLD.round + 1) THEN
      PERFORM amendment_refuse('amendment_moves_in_order', OLD.number::text);
    ELSIF NEW.round = OLD.round THEN
      IF (NEW.base_revision, NEW.reason, NEW.amount_before, NEW.amount_after, NEW.starts_on_before, NEW.starts_on_after, NEW.ends_on_before,
          NEW.ends_on_after, NEW.scope_before, NEW.scope_after, NEW.proposed_by_id, NEW.proposed_at) IS DISTINCT FROM
         (OLD.base_revision, OLD.reason, OLD.amount_before, OLD.amount_after, OLD.starts_on_before, OLD.starts_on_after, OLD.ends_on_before,
          OLD.ends_on_after, OLD.scope_before, OLD.scope_after, OLD.proposed_by_id, OLD.proposed_at) THEN
        PERFORM amendment_refuse('amendment_is_never_rewritten', OLD.number::text);
      END IF;
      RETURN NEW;
    ELSIF NEW.round <> OLD.round + 1 OR NEW.state <> 'proposed' OR NEW.certified_by_id IS NOT NULL THEN
      PERFORM amendment_refuse('amendment_moves_in_order', OLD.number::text);
    END IF;
  END IF;
  SELECT state, revision, amount, starts_on, ends_on INTO g FROM funding_agreement WHERE id = NEW.agreement_id;
  IF g.state <> 'in_force' OR (g.revision, g.amount, g.starts_on, g.ends_on) IS DISTINCT FROM
       (NEW.base_revision, NEW.amount_before, NEW.starts_on_before, NEW.ends_on_before) THEN
    PERFORM amendment_refuse('amendment_starts_from_what_is', NEW.number::text);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER amendment_moves BEFORE INSERT OR UPDATE ON funding_amendment FOR EACH ROW EXECUTE FUNCTION amendment_moves();

CREATE FUNCTION amendment_rows_are_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  key bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.amendment_id ELSE NEW.amendment_id END;
  now_ text;
BEGIN
  SELECT state INTO now_ FROM funding_amendment WHERE id = key FOR NO KEY UPDATE;
  IF now_ <> 'proposed' OR TG_OP = 'UPDATE' THEN
    PERFORM amendment_refuse('amendment_rows_are_open', key::text);
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;

-- Whoever wrote an amendment neither certifies it nor decides it, in any round; whoever certified it does not decide it (SD-4, SD-5, SD-11).
CREATE FUNCTION amendment_steps_are_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM funding_amendment WHERE id = NEW.amendment_id FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM funding_amendmentstep s WHERE s.amendment_id = NEW.amendment_id AND s.person_id = NEW.person_id
              AND CASE WHEN NEW.kind IN ('approved', 'refused', 'in_force') THEN s.kind IN ('proposed', 'revised', 'certified')
                       WHEN NEW.kind = 'certified' THEN s.kind IN ('proposed', 'revised', 'approved')
                       WHEN NEW.kind IN ('proposed', 'revised') THEN s.kind IN ('certified', 'approved')
                       ELSE false END) THEN
    PERFORM amendment_refuse('amendment_steps_are_apart', NEW.amendment_id::text);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER amendment_steps_are_apart BEFORE INSERT ON funding_amendmentstep
  FOR EACH ROW EXECUTE FUNCTION amendment_steps_are_apart();
"""
_CHILDREN = ("part", "instalment", "milestone", "forecast")
CHILDREN = "\n".join(
    f"""REVOKE UPDATE, TRUNCATE ON funding_amendment{name} FROM {APP_ROLE};
    CREATE TRIGGER amendment_rows_are_open BEFORE INSERT OR UPDATE OR DELETE ON funding_amendment{name}
      FOR EACH ROW EXECUTE FUNCTION amendment_rows_are_open();"""
    for name in _CHILDREN
)

# At COMMIT, because the rows of the same act follow the move.
APPLIED = """
CREATE FUNCTION amendment_is_passed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  given text[];
  day date;
BEGIN
  IF NEW.certified_by_id IS NOT NULL AND NOT EXISTS (SELECT FROM funding_amendmentstep s WHERE s.amendment_id = NEW.id
       AND s.round = NEW.round AND s.kind = 'certified' AND s.person_id = NEW.certified_by_id) THEN
    PERFORM amendment_refuse('amendment_steps_are_kept', NEW.number::text);
  END IF;
  IF NEW.decided_by_id IS NOT NULL AND NOT EXISTS (SELECT FROM funding_amendmentstep s WHERE s.amendment_id = NEW.id
       AND s.round = NEW.round AND s.kind = NEW.state AND s.person_id = NEW.decided_by_id) THEN
    PERFORM amendment_refuse('amendment_steps_are_kept', NEW.number::text);
  END IF;
  IF NEW.state IN ('partly_approved', 'approved', 'in_force') AND NEW.certified_by_id IS NULL
     AND EXISTS (SELECT FROM funding_amendmentpart p WHERE p.amendment_id = NEW.id AND p.after > p.before) THEN
    PERFORM amendment_refuse('amendment_increase_is_certified', NEW.number::text);
  END IF;
  IF NEW.state IN ('approved', 'in_force') THEN
    SELECT array_agg(s.role::text ORDER BY s.level), (max(s.at) AT TIME ZONE 'America/Toronto')::date INTO given, day
      FROM funding_amendmentstep s WHERE s.amendment_id = NEW.id AND s.round = NEW.round AND s.kind = 'approved';
    IF given IS NULL OR given IS DISTINCT FROM amendment_levels(NEW.id, day) THEN
      PERFORM amendment_refuse('amendment_is_approved_by_its_levels', NEW.number::text);
    END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER amendment_is_passed AFTER INSERT OR UPDATE ON funding_amendment
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION amendment_is_passed();

-- The agreement says what its amendment says, and the ledger, the instalments and the milestones follow it exactly.
CREATE FUNCTION amendment_is_applied(a funding_amendment) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM (SELECT fiscal_year, after - before AS amount FROM funding_amendmentpart WHERE amendment_id = a.id
                           UNION ALL
                          SELECT fiscal_year, -amount FROM ledger_entry WHERE amendment_id = a.id) l
              GROUP BY fiscal_year HAVING sum(amount) <> 0)
     OR EXISTS (SELECT FROM ledger_entry WHERE amendment_id = a.id AND agreement_id <> a.agreement_id) THEN
    PERFORM amendment_refuse('amendment_commits_its_parts', a.number::text);
  END IF;
  IF EXISTS (SELECT FROM (SELECT kind, milestone_id, fiscal_year, amount, 1 AS n FROM funding_amendmentinstalment WHERE amendment_id = a.id
                           UNION ALL
                          SELECT kind, milestone_id, fiscal_year, amount, -1 FROM funding_instalment WHERE amendment_id = a.id) i
              GROUP BY kind, milestone_id, fiscal_year, amount HAVING sum(n) <> 0) THEN
    PERFORM amendment_refuse('amendment_schedules_its_instalments', a.number::text);
  END IF;
END $$;

CREATE FUNCTION amendment_comes_in_force() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  g record;
BEGIN
  SELECT revision, amount, starts_on, ends_on INTO g FROM funding_agreement WHERE id = NEW.agreement_id;
  PERFORM amendment_is_applied(NEW);
  IF g.revision > NEW.base_revision + 1 THEN RETURN NULL; END IF;  -- another one followed in the same transaction: it says what is true
  IF (g.revision, g.amount, g.starts_on, g.ends_on) IS DISTINCT FROM
     (NEW.base_revision + 1, NEW.amount_after, NEW.starts_on_after, NEW.ends_on_after) THEN
    PERFORM amendment_refuse('amendment_changes_its_agreement', NEW.number::text);
  END IF;
  IF EXISTS (SELECT FROM funding_amendmentmilestone d JOIN funding_milestone m ON m.id = d.milestone_id
              WHERE d.amendment_id = NEW.id AND m.due_on <> d.after) THEN
    PERFORM amendment_refuse('amendment_changes_its_agreement', NEW.number::text);
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER amendment_comes_in_force AFTER UPDATE ON funding_amendment DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.state <> 'in_force' AND NEW.state = 'in_force') EXECUTE FUNCTION amendment_comes_in_force();

-- A row that names an amendment is one of its own, and the amendment is in force.
CREATE FUNCTION amendment_owns_the_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  a funding_amendment;
BEGIN
  SELECT * INTO a FROM funding_amendment WHERE id = NEW.amendment_id;
  IF a.state <> 'in_force' OR a.agreement_id IS DISTINCT FROM NEW.agreement_id THEN
    PERFORM amendment_refuse('amendment_owns_the_row', a.number::text);
  END IF;
  PERFORM amendment_is_applied(a);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_amendment_owns_the_row AFTER INSERT ON ledger_entry DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.amendment_id IS NOT NULL) EXECUTE FUNCTION amendment_owns_the_row();
CREATE CONSTRAINT TRIGGER instalment_amendment_owns_the_row AFTER INSERT ON funding_instalment DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.amendment_id IS NOT NULL) EXECUTE FUNCTION amendment_owns_the_row();
"""

# An instalment is taken out once, by the amendment that is coming in force, while nothing was asked of it; nothing is asked of it afterwards.
RIGHTS = f"""
GRANT UPDATE (replaced_by_id) ON funding_instalment TO {APP_ROLE};
GRANT UPDATE (amount), DELETE ON funding_agreementpart TO {APP_ROLE};
"""
INSTALMENTS = """
CREATE FUNCTION instalment_is_replaced_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.replaced_by_id IS NOT NULL OR NOT EXISTS (
       SELECT FROM funding_amendment a JOIN funding_agreement g ON g.id = a.agreement_id
        WHERE a.id = NEW.replaced_by_id AND a.agreement_id = OLD.agreement_id AND a.state = 'in_force' AND g.revision = a.base_revision + 1)
  THEN
    PERFORM amendment_refuse('instalment_is_replaced_once', OLD.id::text);
  END IF;
  IF EXISTS (SELECT FROM funding_payment p WHERE p.instalment_id = OLD.id AND p.state NOT IN ('rejected', 'reversed'))
     OR EXISTS (SELECT FROM funding_claim c WHERE c.instalment_id = OLD.id AND c.state <> 'refused') THEN
    PERFORM amendment_refuse('instalment_replaced_is_unpaid', OLD.id::text);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER instalment_is_replaced_once BEFORE UPDATE OF replaced_by_id ON funding_instalment
  FOR EACH ROW EXECUTE FUNCTION instalment_is_replaced_once();

CREATE FUNCTION instalment_waits_for_a_live_milestone() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  m record;
BEGIN
  SELECT state, agreement_id INTO m FROM funding_milestone WHERE id = NEW.milestone_id FOR SHARE;
  IF m.state = 'cancelled' OR m.agreement_id <> NEW.agreement_id THEN
    PERFORM amendment_refuse('instalment_waits_for_a_live_milestone', NEW.milestone_id::text);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER instalment_waits_for_a_live_milestone BEFORE INSERT ON funding_instalment
  FOR EACH ROW WHEN (NEW.amendment_id IS NOT NULL AND NEW.milestone_id IS NOT NULL) EXECUTE FUNCTION instalment_waits_for_a_live_milestone();

CREATE FUNCTION instalment_is_live() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  taken_out bigint;
BEGIN
  SELECT replaced_by_id INTO taken_out FROM funding_instalment WHERE id = NEW.instalment_id FOR SHARE;
  IF taken_out IS NOT NULL THEN
    PERFORM amendment_refuse('instalment_is_live', NEW.instalment_id::text);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER instalment_is_live BEFORE INSERT OR UPDATE OF instalment_id ON funding_payment
  FOR EACH ROW EXECUTE FUNCTION instalment_is_live();
CREATE TRIGGER instalment_is_live BEFORE INSERT OR UPDATE OF instalment_id ON funding_claim
  FOR EACH ROW EXECUTE FUNCTION instalment_is_live();

CREATE FUNCTION milestone_change_has_its_amendment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM funding_amendmentmilestone d JOIN funding_amendment a ON a.id = d.amendment_id
                  WHERE d.amendment_id = NEW.amendment_id AND d.milestone_id = NEW.milestone_id AND a.state = 'in_force'
                    AND (d.before, d.after) = (NEW.before, NEW.after)) THEN
    PERFORM amendment_refuse('milestone_change_has_its_amendment', NEW.milestone_id::text);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER milestone_change_has_its_amendment BEFORE INSERT ON funding_milestonechange
  FOR EACH ROW WHEN (NEW.amendment_id IS NOT NULL) EXECUTE FUNCTION milestone_change_has_its_amendment();
"""

# What was signed moves with the version alone, one amendment at a time.
AGREEMENT = """
CREATE OR REPLACE FUNCTION agreement_is_signed_as_drafted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.revision NOT IN (OLD.revision, OLD.revision + 1) OR (NEW.revision <> OLD.revision AND OLD.state <> 'in_force') THEN
    PERFORM agreement_refuse('agreement_changes_by_amendment', NEW.number);
  END IF;
  IF 'draft' NOT IN (OLD.state, NEW.state) AND NEW.revision = OLD.revision
     AND (NEW.amount, NEW.starts_on, NEW.ends_on) IS DISTINCT FROM (OLD.amount, OLD.starts_on, OLD.ends_on) THEN
    PERFORM agreement_refuse('agreement_is_signed_as_drafted', NEW.number);
  END IF;
  IF 'draft' NOT IN (OLD.state, NEW.state) AND OLD.document_id IS NOT NULL AND NEW.document_id IS DISTINCT FROM OLD.document_id THEN
    PERFORM agreement_refuse('agreement_is_signed_as_drafted', NEW.number);
  END IF;
  IF OLD.state IN ('closed', 'terminated') AND NEW.state <> OLD.state THEN
    PERFORM agreement_refuse('agreement_end_is_final', NEW.number);
  END IF;
  IF OLD.state = 'legal_review' AND NEW.state = 'signed_beneficiary' AND NEW.reviewed_by_id IS NULL THEN
    PERFORM agreement_refuse('agreement_signed_was_reviewed', NEW.number);
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION agreement_changes_by_amendment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM funding_amendment a WHERE a.agreement_id = NEW.id AND a.state = 'in_force' AND a.base_revision = OLD.revision
                    AND (a.amount_after, a.starts_on_after, a.ends_on_after) = (NEW.amount, NEW.starts_on, NEW.ends_on)) THEN
    PERFORM agreement_refuse('agreement_changes_by_amendment', NEW.number);
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER agreement_changes_by_amendment AFTER UPDATE ON funding_agreement DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.revision <> OLD.revision) EXECUTE FUNCTION agreement_changes_by_amendment();

CREATE FUNCTION agreement_part_changes_by_amendment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  key bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.agreement_id ELSE OLD.agreement_id END;
  last_ bigint;
BEGIN
  SELECT a.id INTO last_ FROM funding_amendment a WHERE a.agreement_id = key AND a.state = 'in_force'
     AND EXISTS (SELECT FROM funding_amendmentpart p WHERE p.amendment_id = a.id) ORDER BY a.base_revision DESC LIMIT 1;
  IF last_ IS NULL AND TG_OP = 'INSERT' THEN RETURN NULL; END IF;
  IF last_ IS NULL OR EXISTS (
       SELECT FROM (SELECT fiscal_year, after AS amount FROM funding_amendmentpart WHERE amendment_id = last_
                     UNION ALL
                    SELECT fiscal_year, -amount FROM funding_agreementpart WHERE agreement_id = key) p
        GROUP BY fiscal_year HAVING sum(amount) <> 0) THEN
    PERFORM agreement_refuse('agreement_part_changes_by_amendment', key::text);
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER agreement_part_changes_by_amendment AFTER INSERT OR UPDATE OR DELETE ON funding_agreementpart
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION agreement_part_changes_by_amendment();
"""
AGREEMENT_BEFORE = """
CREATE OR REPLACE FUNCTION agreement_is_signed_as_drafted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF 'draft' NOT IN (OLD.state, NEW.state)
     AND (NEW.amount, NEW.starts_on, NEW.ends_on) IS DISTINCT FROM (OLD.amount, OLD.starts_on, OLD.ends_on) THEN
    PERFORM agreement_refuse('agreement_is_signed_as_drafted', NEW.number);
  END IF;
  IF 'draft' NOT IN (OLD.state, NEW.state) AND OLD.document_id IS NOT NULL AND NEW.document_id IS DISTINCT FROM OLD.document_id THEN
    PERFORM agreement_refuse('agreement_is_signed_as_drafted', NEW.number);
  END IF;
  IF OLD.state IN ('closed', 'terminated') AND NEW.state <> OLD.state THEN
    PERFORM agreement_refuse('agreement_end_is_final', NEW.number);
  END IF;
  IF OLD.state = 'legal_review' AND NEW.state = 'signed_beneficiary' AND NEW.reviewed_by_id IS NULL THEN
    PERFORM agreement_refuse('agreement_signed_was_reviewed', NEW.number);
  END IF;
  RETURN NEW;
END $$;
"""

_SUMS = """
CREATE OR REPLACE FUNCTION agreement_sums() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  row_ jsonb := to_jsonb(coalesce(NEW, OLD));
  key bigint := CASE WHEN TG_TABLE_NAME = 'funding_agreement' THEN (row_->>'id')::bigint ELSE (row_->>'agreement_id')::bigint END;
  total numeric;
BEGIN
  SELECT amount INTO total FROM funding_agreement WHERE id = key;
  IF total IS NULL THEN RETURN NULL; END IF;
  IF total <> (SELECT coalesce(sum(amount), 0) FROM funding_instalment WHERE agreement_id = key{live}) THEN
    RAISE EXCEPTION 'instalments of agreement % do not sum to %', key, total
      USING ERRCODE = '23514', CONSTRAINT = 'agreement_instalments_sum';
  END IF;
  IF total <> (SELECT coalesce(sum(amount), 0) FROM funding_agreementpart WHERE agreement_id = key) THEN
    RAISE EXCEPTION 'fiscal-year parts of agreement % do not sum to %', key, total
      USING ERRCODE = '23514', CONSTRAINT = 'agreement_parts_sum';
  END IF;
  RETURN NULL;
END $$;
"""

# A milestone on which no instalment depends any more may be cancelled: it does not keep its agreement from being completed.
_MOVES_WHEN_DUE = """
CREATE OR REPLACE FUNCTION agreement_moves_when_due() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  committed numeric;
  paid numeric;
BEGIN
  IF NEW.state = OLD.state THEN RETURN NULL; END IF;
  SELECT coalesce(sum(amount) FILTER (WHERE kind = 'commitment'), 0), coalesce(sum(amount) FILTER (WHERE kind = 'payment'), 0)
    INTO committed, paid FROM ledger_entry WHERE agreement_id = NEW.id;
  IF OLD.state = 'signed_beneficiary' AND NEW.state = 'in_force' THEN
    IF 2 <> (SELECT count(DISTINCT s.party) FROM funding_signature s JOIN projects_document d ON d.id = NEW.document_id
              WHERE s.agreement_id = NEW.id AND s.document_sha256 = d.sha256) THEN
      PERFORM agreement_refuse('agreement_in_force_is_signed', NEW.number);
    END IF;
    IF NOT EXISTS (SELECT FROM projects_gainplan p WHERE p.project_id = NEW.project_id AND p.locked_at IS NOT NULL) THEN
      PERFORM agreement_refuse('agreement_in_force_plan_is_locked', NEW.number);
    END IF;
    IF EXISTS (SELECT FROM (SELECT fiscal_year, amount FROM funding_agreementpart WHERE agreement_id = NEW.id) p
                FULL JOIN (SELECT fiscal_year, sum(amount) AS amount FROM ledger_entry
                            WHERE agreement_id = NEW.id AND kind = 'commitment' GROUP BY 1) l USING (fiscal_year)
                WHERE p.amount IS DISTINCT FROM l.amount) THEN
      PERFORM agreement_refuse('agreement_in_force_is_committed', NEW.number);
    END IF;
  END IF;
  IF NEW.state IN ('closed', 'terminated') AND committed > greatest(paid, 0) THEN
    PERFORM agreement_refuse('agreement_end_frees_the_rest', NEW.number);
  END IF;
  IF NEW.state = 'completed' AND EXISTS (SELECT FROM funding_milestone m WHERE m.agreement_id = NEW.id AND m.state {unsettled}) THEN
    PERFORM agreement_refuse('agreement_completed_is_verified', NEW.number);
  END IF;
  IF NEW.state = 'terminated' AND NOT EXISTS (SELECT FROM funding_agreementstep s
                                               WHERE s.agreement_id = NEW.id AND s.kind = 'terminated') THEN
    PERFORM agreement_refuse('agreement_end_has_a_cause', NEW.number);
  END IF;
  RETURN NULL;
END $$;
"""
SUMS, SUMS_BEFORE = (_SUMS.replace("{live}", live) for live in (" AND replaced_by_id IS NULL", ""))
DUE, DUE_BEFORE = (_MOVES_WHEN_DUE.replace("{unsettled}", state) for state in ("NOT IN ('verified', 'cancelled')", "<> 'verified'"))

UNDO = f"""
DROP TRIGGER agreement_part_changes_by_amendment ON funding_agreementpart;
DROP TRIGGER agreement_changes_by_amendment ON funding_agreement;
DROP TRIGGER milestone_change_has_its_amendment ON funding_milestonechange;
DROP TRIGGER instalment_is_live ON funding_claim;
DROP TRIGGER instalment_is_live ON funding_payment;
DROP TRIGGER instalment_waits_for_a_live_milestone ON funding_instalment;
DROP TRIGGER instalment_is_replaced_once ON funding_instalment;
DROP TRIGGER instalment_amendment_owns_the_row ON funding_instalment;
DROP TRIGGER ledger_amendment_owns_the_row ON ledger_entry;
DROP TRIGGER amendment_comes_in_force ON funding_amendment;
DROP TRIGGER amendment_is_passed ON funding_amendment;
DROP TRIGGER amendment_steps_are_apart ON funding_amendmentstep;
{"".join(f"DROP TRIGGER amendment_rows_are_open ON funding_amendment{name};" for name in _CHILDREN)}
DROP TRIGGER amendment_moves ON funding_amendment;
DROP FUNCTION agreement_part_changes_by_amendment();
DROP FUNCTION agreement_changes_by_amendment();
DROP FUNCTION milestone_change_has_its_amendment();
DROP FUNCTION instalment_is_live();
DROP FUNCTION instalment_waits_for_a_live_milestone();
DROP FUNCTION instalment_is_replaced_once();
DROP FUNCTION amendment_owns_the_row();
DROP FUNCTION amendment_comes_in_force();
DROP FUNCTION amendment_is_applied(funding_amendment);
DROP FUNCTION amendment_is_passed();
DROP FUNCTION amendment_steps_are_apart();
DROP FUNCTION amendment_rows_are_open();
DROP FUNCTION amendment_moves();
DROP FUNCTION amendment_refuse(text, text);
DROP FUNCTION amendment_levels(bigint, date);
DROP FUNCTION delegation_levels(numeric, date);
REVOKE UPDATE (replaced_by_id) ON funding_instalment FROM {APP_ROLE};
REVOKE UPDATE (amount), DELETE ON funding_agreementpart FROM {APP_ROLE};
{AGREEMENT_BEFORE}{SUMS_BEFORE}{DUE_BEFORE}
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0050_amendments")]

    operations = [
        migrations.RunSQL(RULE + LEVELS + MOVES + CHILDREN + APPLIED + RIGHTS + INSTALMENTS + AGREEMENT + SUMS + DUE, UNDO),
        migrations.RunSQL(
            f"REVOKE DELETE, TRUNCATE ON funding_amendment FROM {APP_ROLE};", f"GRANT DELETE ON funding_amendment TO {APP_ROLE};"
        ),
        append_only("funding_amendmentstep", "funding_amendmentrule"),
    ]
