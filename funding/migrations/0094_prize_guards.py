"""What a prize is held to, whatever code or person writes it; and the terms that give prizes, with their prizes (defaults, to be confirmed)."""

from datetime import date
from decimal import Decimal

from django.db import migrations

from fondsinnovation.migration_sql import APP_ROLE, read_only

GUARDS = """
-- A prize is one of its call's terms; once its award is approved, it stays with its winner.
CREATE FUNCTION prize_is_sound() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND EXISTS (SELECT FROM funding_award a WHERE a.id = OLD.award_id AND a.state = 'approved') THEN
    PERFORM separation_refuse('prize_stays_with_its_winner');
  END IF;
  IF TG_OP <> 'DELETE' AND NOT EXISTS (
       SELECT FROM funding_award a JOIN projects_application f ON f.id = a.application_id JOIN projects_call c ON c.id = f.call_id
         JOIN funding_prize p ON p.terms_id = c.terms_id WHERE a.id = NEW.award_id AND c.id = NEW.call_id AND p.id = NEW.prize_id) THEN
    PERFORM separation_refuse('prize_is_of_its_call');
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER prize_is_sound BEFORE INSERT OR UPDATE OR DELETE ON funding_prizeaward FOR EACH ROW EXECUTE FUNCTION prize_is_sound();

-- At COMMIT, because the award is written before its prize: a call that gives prizes awards nothing else.
CREATE FUNCTION award_is_one_of_the_prizes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  key bigint := CASE TG_TABLE_NAME WHEN 'funding_award' THEN (to_jsonb(coalesce(NEW, OLD))->>'id')::bigint
                                   ELSE (to_jsonb(coalesce(NEW, OLD))->>'award_id')::bigint END;
BEGIN
  IF EXISTS (SELECT FROM funding_award a JOIN projects_application f ON f.id = a.application_id JOIN projects_call c ON c.id = f.call_id
              JOIN projects_termsprofile t ON t.id = c.terms_id
              LEFT JOIN funding_prizeaward w ON w.award_id = a.id LEFT JOIN funding_prize p ON p.id = w.prize_id
             WHERE a.id = key AND t.modality = 'prize' AND a.is_favourable AND a.state NOT IN ('refused', 'returned')
               AND a.amount IS DISTINCT FROM p.amount) THEN
    PERFORM separation_refuse('award_is_one_of_the_prizes');
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER award_is_one_of_the_prizes AFTER INSERT OR UPDATE OF amount, state, is_favourable ON funding_award
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.is_favourable) EXECUTE FUNCTION award_is_one_of_the_prizes();
CREATE CONSTRAINT TRIGGER prize_is_that_of_its_award AFTER UPDATE OR DELETE ON funding_prizeaward
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION award_is_one_of_the_prizes();

-- An instalment that waits for no milestone is a way around them: it is written for a prize alone, and a prize has no other.
CREATE FUNCTION prize_is_paid_as_a_prize() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.kind = 'prize') <> EXISTS (SELECT FROM funding_agreement g JOIN projects_project j ON j.id = g.project_id
                                      WHERE g.id = NEW.agreement_id AND j.modality = 'prize') THEN
    PERFORM separation_refuse('prize_is_paid_as_a_prize');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER prize_is_paid_as_a_prize BEFORE INSERT ON funding_instalment FOR EACH ROW EXECUTE FUNCTION prize_is_paid_as_a_prize();

CREATE FUNCTION payment_of_a_prize() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  i record;
BEGIN
  SELECT n.amount, g.state INTO i FROM funding_instalment n JOIN funding_agreement g ON g.id = n.agreement_id
   WHERE n.id = NEW.instalment_id AND n.kind = 'prize';
  IF FOUND AND NEW.state NOT IN ('rejected', 'reversed') AND (NEW.amount <> i.amount OR i.state <> 'in_force') THEN
    PERFORM payment_refuse('payment_of_a_prize_is_whole', i.amount, NEW.amount);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payment_of_a_prize BEFORE INSERT OR UPDATE OF instalment_id, amount ON funding_payment
  FOR EACH ROW EXECUTE FUNCTION payment_of_a_prize();
"""

UNDO = """
DROP TRIGGER payment_of_a_prize ON funding_payment;
DROP FUNCTION payment_of_a_prize();
DROP TRIGGER prize_is_paid_as_a_prize ON funding_instalment;
DROP FUNCTION prize_is_paid_as_a_prize();
DROP TRIGGER prize_is_that_of_its_award ON funding_prizeaward;
DROP TRIGGER award_is_one_of_the_prizes ON funding_award;
DROP FUNCTION award_is_one_of_the_prizes();
DROP TRIGGER prize_is_sound ON funding_prizeaward;
DROP FUNCTION prize_is_sound();
"""

TERMS = {
    "code": "PRIX",
    "name": "Prix et défi",
    "modality": "prize",
    "valid_from": date(2024, 4, 1),
    "advance_rate": Decimal(0),
    "holdback_rate": Decimal(0),
    "aid_rate": Decimal("0.80"),
    "stacking_limit": Decimal("0.80"),
    "minimum_amount": Decimal(1000),
    "maximum_amount": Decimal(100000),
    "reporting_months": 12,
    "report_due_days": 60,
    "follow_up_years": 5,
    "reviews_required": 3,
    "gains_required": False,
    "source": "Valeur par défaut, à confirmer par l’instrument officiel",
}
PRIZES = (("Premier prix", Decimal(100000)), ("Deuxième prix", Decimal(50000)), ("Troisième prix", Decimal(25000)))


def write(apps, schema_editor):
    terms = apps.get_model("projects", "TermsProfile").objects.create(**TERMS)
    apps.get_model("funding", "PaymentTerms").objects.create(terms=terms, milestone_delay_days=0)
    prize = apps.get_model("funding", "Prize")
    prize.objects.bulk_create(
        prize(terms=terms, rank=rank, name=name, amount=amount) for rank, (name, amount) in enumerate(PRIZES, start=1)
    )


class Migration(migrations.Migration):
    dependencies = [("funding", "0093_prizes")]

    operations = [
        migrations.RunSQL(GUARDS, UNDO),
        migrations.RunPython(write, migrations.RunPython.noop),
        read_only("funding_prize"),
        migrations.RunSQL(f"REVOKE UPDATE ON funding_prizeaward FROM {APP_ROLE};", f"GRANT UPDATE ON funding_prizeaward TO {APP_ROLE};"),
    ]
