"""An agreement taken from history is worth exactly what its ledger rows commit, and stays apart from those that are made here."""

from django.db import migrations

# What a recovery gives back to the envelope leaves the agreement's worth as it was.
# The guards of a signature, of a schedule and of an end watch what the portal does: history had them elsewhere.
GUARDS = """
DROP TRIGGER agreement_sums ON funding_agreement;
CREATE CONSTRAINT TRIGGER agreement_sums AFTER INSERT OR UPDATE OF amount ON funding_agreement
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.imported_at IS NULL) EXECUTE FUNCTION agreement_sums();
DROP TRIGGER agreement_is_signed_as_drafted ON funding_agreement;
CREATE TRIGGER agreement_is_signed_as_drafted BEFORE UPDATE ON funding_agreement
  FOR EACH ROW WHEN (OLD.imported_at IS NULL) EXECUTE FUNCTION agreement_is_signed_as_drafted();
DROP TRIGGER agreement_moves_when_due ON funding_agreement;
CREATE CONSTRAINT TRIGGER agreement_moves_when_due AFTER UPDATE OF state ON funding_agreement
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.imported_at IS NULL) EXECUTE FUNCTION agreement_moves_when_due();

CREATE FUNCTION agreement_stays_imported() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM agreement_refuse('agreement_stays_imported', OLD.number);
  RETURN NEW;
END $$;
CREATE TRIGGER agreement_stays_imported BEFORE UPDATE ON funding_agreement
  FOR EACH ROW WHEN (NEW.imported_at IS DISTINCT FROM OLD.imported_at) EXECUTE FUNCTION agreement_stays_imported();

CREATE FUNCTION agreement_is_worth_its_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  worth numeric;
BEGIN
  SELECT amount INTO worth FROM funding_agreement WHERE id = NEW.id;
  IF worth <> (SELECT coalesce(sum(l.amount), 0) FROM ledger_entry l LEFT JOIN funding_recoverycredit c ON c.entry_id = l.id
                WHERE l.agreement_id = NEW.id AND l.kind = 'commitment' AND c.id IS NULL) THEN
    PERFORM agreement_refuse('agreement_is_worth_its_rows', NEW.number);
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER agreement_is_worth_its_rows AFTER INSERT OR UPDATE OF amount ON funding_agreement
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.imported_at IS NOT NULL) EXECUTE FUNCTION agreement_is_worth_its_rows();
"""
UNDO = """
DROP TRIGGER agreement_is_worth_its_rows ON funding_agreement;
DROP FUNCTION agreement_is_worth_its_rows();
DROP TRIGGER agreement_stays_imported ON funding_agreement;
DROP FUNCTION agreement_stays_imported();
DROP TRIGGER agreement_moves_when_due ON funding_agreement;
CREATE CONSTRAINT TRIGGER agreement_moves_when_due AFTER UPDATE OF state ON funding_agreement
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION agreement_moves_when_due();
DROP TRIGGER agreement_is_signed_as_drafted ON funding_agreement;
CREATE TRIGGER agreement_is_signed_as_drafted BEFORE UPDATE ON funding_agreement
  FOR EACH ROW EXECUTE FUNCTION agreement_is_signed_as_drafted();
DROP TRIGGER agreement_sums ON funding_agreement;
CREATE CONSTRAINT TRIGGER agreement_sums AFTER INSERT OR UPDATE OF amount ON funding_agreement
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION agreement_sums();
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0095_imported_agreements")]

    operations = [migrations.RunSQL(GUARDS, UNDO)]
