"""What a payment by results is held to, whatever code or person writes it: signed terms, a verified quantity, a cap, a payment once."""

from django.db import migrations

from fondsinnovation.migration_sql import APP_ROLE, read_only

# What both parties sign says what one unit is worth: the schedule of a draft only may be written, and it is written whole.
SCHEDULE = """
CREATE FUNCTION outcome_is_signed_as_drafted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  g record;
BEGIN
  SELECT a.state, a.number, j.modality, EXISTS (SELECT FROM funding_signature s WHERE s.agreement_id = a.id) AS is_signed INTO g
    FROM funding_agreement a JOIN projects_project j ON j.id = a.project_id
   WHERE a.id = (CASE TG_OP WHEN 'DELETE' THEN OLD.agreement_id ELSE NEW.agreement_id END);
  IF g.state <> 'draft' AND (TG_OP <> 'INSERT' OR g.is_signed OR g.state IN ('legal_review', 'signed_beneficiary')) THEN
    PERFORM agreement_refuse('outcome_is_signed_as_drafted', g.number);
  END IF;
  IF TG_OP <> 'DELETE' AND g.modality <> 'outcome' THEN
    PERFORM agreement_refuse('outcome_needs_its_modality', g.number);
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER outcome_is_signed_as_drafted BEFORE INSERT OR UPDATE OR DELETE ON funding_outcomeschedule
  FOR EACH ROW EXECUTE FUNCTION outcome_is_signed_as_drafted();

CREATE FUNCTION agreement_has_its_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM projects_project j WHERE j.id = NEW.project_id AND j.modality = 'outcome')
     AND NOT EXISTS (SELECT FROM funding_outcomeschedule o WHERE o.agreement_id = NEW.id) THEN
    PERFORM agreement_refuse('agreement_in_force_has_its_outcome', NEW.number);
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER agreement_has_its_outcome AFTER UPDATE OF state ON funding_agreement DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.state = 'signed_beneficiary' AND NEW.state = 'in_force') EXECUTE FUNCTION agreement_has_its_outcome();
"""

# A declaration is one of its own agreement; what was declared does not move; what is decided is unit price × what the cap leaves of the
# verified quantity, within the instalments of the period. The counter holds its schedule's row: two decisions at once never both find room.
DECLARATIONS = """
CREATE FUNCTION outcome_declaration_is_sound() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  file bigint;
  price numeric;
  scheduled numeric;
  most numeric;
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD.state <> 'declared'
       OR (NEW.schedule_id, NEW.milestone_id, NEW.period_start, NEW.period_end, NEW.quantity, NEW.document_id, NEW.declared_by_id)
          <> (OLD.schedule_id, OLD.milestone_id, OLD.period_start, OLD.period_end, OLD.quantity, OLD.document_id, OLD.declared_by_id)) THEN
    PERFORM separation_refuse('outcome_is_never_rewritten');
  END IF;
  SELECT j.application_id, o.unit_price INTO file, price FROM funding_outcomeschedule o
    JOIN funding_agreement g ON g.id = o.agreement_id JOIN projects_project j ON j.id = g.project_id
    JOIN funding_milestone m ON m.agreement_id = g.id WHERE o.id = NEW.schedule_id AND m.id = NEW.milestone_id;
  IF price IS NULL THEN
    PERFORM separation_refuse('outcome_is_of_its_agreement');
  END IF;
  IF NEW.decided_by_id IS NOT NULL THEN
    IF TG_OP = 'UPDATE' THEN
      PERFORM FROM projects_application WHERE id = file FOR SHARE;
    END IF;
    PERFORM adviser_refuse(file, NEW.decided_by_id);
    SELECT coalesce(sum(i.amount), 0) INTO scheduled FROM funding_instalment i
     WHERE i.milestone_id = NEW.milestone_id AND i.replaced_by_id IS NULL;
    most := least(round(NEW.counted * price, 2), scheduled);
    IF NEW.amount <> most THEN
      PERFORM payment_refuse('outcome_is_price_times_quantity', most, NEW.amount);
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER outcome_declaration_is_sound BEFORE INSERT OR UPDATE ON funding_outcomedeclaration
  FOR EACH ROW EXECUTE FUNCTION outcome_declaration_is_sound();

CREATE FUNCTION outcome_count() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO outcome_balance (schedule_id, cap, counted)
    SELECT id, cap, 0 FROM funding_outcomeschedule WHERE id = NEW.schedule_id ON CONFLICT DO NOTHING;
  UPDATE outcome_balance SET counted = counted + NEW.counted WHERE schedule_id = NEW.schedule_id;
  RETURN NULL;
END $$;
CREATE TRIGGER outcome_count AFTER INSERT OR UPDATE ON funding_outcomedeclaration
  FOR EACH ROW WHEN (NEW.counted > 0) EXECUTE FUNCTION outcome_count();
"""

# Beside what every payment waits for: no advance, no holdback that no result earned. The declaration's row is held, so that two payments of
# the instalments of one period never both find room; the key of live payments holds two of the same instalment.
DUE = """
CREATE FUNCTION payment_of_an_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  i record;
  d record;
  room numeric;
BEGIN
  SELECT n.milestone_id INTO i FROM funding_instalment n JOIN funding_outcomeschedule o ON o.agreement_id = n.agreement_id
   WHERE n.id = NEW.instalment_id;
  IF NOT FOUND OR NEW.state IN ('rejected', 'reversed') THEN
    RETURN NEW;
  END IF;
  SELECT k.amount INTO d FROM funding_outcomedeclaration k
   WHERE k.milestone_id = i.milestone_id AND k.state IN ('verified', 'partly_verified') FOR NO KEY UPDATE;
  room := coalesce(d.amount, 0) - coalesce((
    SELECT sum(p.amount) FROM funding_payment p JOIN funding_instalment n ON n.id = p.instalment_id
     WHERE n.milestone_id = i.milestone_id AND p.state NOT IN ('rejected', 'reversed') AND p.instalment_id <> NEW.instalment_id), 0);
  IF NEW.amount > room THEN
    PERFORM payment_refuse('payment_within_verified_outcome', room, NEW.amount);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payment_of_an_outcome BEFORE INSERT OR UPDATE OF instalment_id, amount ON funding_payment
  FOR EACH ROW EXECUTE FUNCTION payment_of_an_outcome();
"""

UNDO = """
DROP TRIGGER payment_of_an_outcome ON funding_payment;
DROP FUNCTION payment_of_an_outcome();
DROP TRIGGER outcome_count ON funding_outcomedeclaration;
DROP FUNCTION outcome_count();
DROP TRIGGER outcome_declaration_is_sound ON funding_outcomedeclaration;
DROP FUNCTION outcome_declaration_is_sound();
DROP TRIGGER agreement_has_its_outcome ON funding_agreement;
DROP FUNCTION agreement_has_its_outcome();
DROP TRIGGER outcome_is_signed_as_drafted ON funding_outcomeschedule;
DROP FUNCTION outcome_is_signed_as_drafted();
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0090_outcomes")]

    operations = [
        migrations.RunSQL(SCHEDULE + DECLARATIONS + DUE, UNDO),
        read_only("outcome_balance"),
        migrations.RunSQL(
            f"REVOKE DELETE ON funding_outcomedeclaration FROM {APP_ROLE};", f"GRANT DELETE ON funding_outcomedeclaration TO {APP_ROLE};"
        ),
    ]
