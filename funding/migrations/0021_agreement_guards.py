"""What an agreement is held to, whatever code or person writes it: its draft, its entry in force, its end."""

from django.db import migrations

from fondsinnovation.migration_sql import APP_ROLE, append_only

# Seeds write an agreement as it stands, with its signatures and its ledger rows: the guards watch the moves, which are updates.
GUARDS = """
CREATE FUNCTION agreement_refuse(rule text, number text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'refused: % (%)', rule, number USING ERRCODE = '23514', CONSTRAINT = rule;
END $$;

-- What both parties sign is what the draft says: its amount, its dates and its document move no more once it leaves the draft.
CREATE FUNCTION agreement_is_signed_as_drafted() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER agreement_is_signed_as_drafted BEFORE UPDATE ON funding_agreement
  FOR EACH ROW EXECUTE FUNCTION agreement_is_signed_as_drafted();

-- At COMMIT, because the signature, the plan and the commitment of the same act follow the move.
CREATE FUNCTION agreement_moves_when_due() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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
  IF NEW.state = 'completed' AND EXISTS (SELECT FROM funding_milestone m WHERE m.agreement_id = NEW.id AND m.state <> 'verified') THEN
    PERFORM agreement_refuse('agreement_completed_is_verified', NEW.number);
  END IF;
  IF NEW.state = 'terminated' AND NOT EXISTS (SELECT FROM funding_agreementstep s
                                               WHERE s.agreement_id = NEW.id AND s.kind = 'terminated') THEN
    PERFORM agreement_refuse('agreement_end_has_a_cause', NEW.number);
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER agreement_moves_when_due AFTER UPDATE OF state ON funding_agreement
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION agreement_moves_when_due();

-- A draft may be written again; what was signed stays.
CREATE FUNCTION agreement_rows_are_a_draft_s() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  g record;
BEGIN
  SELECT state, number INTO g FROM funding_agreement WHERE id = OLD.agreement_id;
  IF g.state <> 'draft' THEN
    PERFORM agreement_refuse('agreement_rows_are_a_draft_s', g.number);
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER agreement_rows_are_a_draft_s BEFORE DELETE ON funding_milestone
  FOR EACH ROW EXECUTE FUNCTION agreement_rows_are_a_draft_s();
CREATE TRIGGER agreement_rows_are_a_draft_s BEFORE DELETE ON funding_instalment
  FOR EACH ROW EXECUTE FUNCTION agreement_rows_are_a_draft_s();
"""

UNDO = """
DROP TRIGGER agreement_rows_are_a_draft_s ON funding_instalment;
DROP TRIGGER agreement_rows_are_a_draft_s ON funding_milestone;
DROP TRIGGER agreement_moves_when_due ON funding_agreement;
DROP TRIGGER agreement_is_signed_as_drafted ON funding_agreement;
DROP FUNCTION agreement_rows_are_a_draft_s();
DROP FUNCTION agreement_moves_when_due();
DROP FUNCTION agreement_is_signed_as_drafted();
DROP FUNCTION agreement_refuse(text, text);
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0020_agreement_steps")]

    operations = [
        migrations.RunSQL(GUARDS, UNDO),
        append_only("funding_agreementstep"),
        migrations.RunSQL(f"GRANT DELETE ON funding_instalment TO {APP_ROLE};", f"REVOKE DELETE ON funding_instalment FROM {APP_ROLE};"),
    ]
