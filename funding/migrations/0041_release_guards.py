"""What a payment waits for, held by the database (INV-08, INV-09): no CHECK of one row can see a milestone or the terms of a call."""

from django.db import migrations

from fondsinnovation.migration_sql import append_only

# An advance is added up with the other advances of its agreement, whose row waits: two sessions never both find room. A milestone that was
# accepted in part is held too, since it may be reported again; one that is verified stays so.
DUE = """
CREATE FUNCTION payment_refuse(rule text, room numeric, asked numeric) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'refused: %', rule USING ERRCODE = '23514', CONSTRAINT = rule,
    DETAIL = jsonb_build_object('room', greatest(room, 0)::text, 'asked', asked::text)::text;
END $$;

CREATE FUNCTION payment_of_an_advance(agreement bigint, instalment bigint, asked numeric) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  room numeric;
BEGIN
  PERFORM FROM funding_agreement WHERE id = agreement FOR NO KEY UPDATE;
  SELECT round(g.amount * coalesce(t.advance_rate, 0), 2) - coalesce((
           SELECT sum(p.amount) FROM funding_payment p JOIN funding_instalment i ON i.id = p.instalment_id
            WHERE i.agreement_id = agreement AND i.kind = 'advance' AND p.state NOT IN ('rejected', 'reversed') AND i.id <> instalment), 0)
    INTO room
    FROM funding_agreement g JOIN projects_project j ON j.id = g.project_id
    LEFT JOIN projects_call c ON c.id = j.call_id LEFT JOIN projects_termsprofile t ON t.id = c.terms_id
   WHERE g.id = agreement;
  IF asked > room THEN
    PERFORM payment_refuse('payment_advance_within_terms', room, asked);
  END IF;
END $$;

CREATE FUNCTION payment_of_a_milestone(scheduled numeric, milestone bigint, asked numeric) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  m record;
BEGIN
  SELECT state, accepted_share INTO m FROM funding_milestone WHERE id = milestone FOR SHARE;
  IF m.state NOT IN ('verified', 'partial') THEN
    PERFORM payment_refuse('payment_has_its_milestone', 0, asked);
  ELSIF asked > trunc(scheduled * coalesce(m.accepted_share, 1), 2) THEN
    PERFORM payment_refuse('payment_within_what_is_accepted', trunc(scheduled * coalesce(m.accepted_share, 1), 2), asked);
  END IF;
END $$;

CREATE FUNCTION payment_of_a_holdback(agreement bigint, milestone bigint, scheduled numeric, asked numeric) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM funding_milestone m WHERE m.agreement_id = agreement
              AND (m.state NOT IN ('verified', 'partial', 'cancelled') OR (m.id = milestone AND m.state <> 'verified'))) THEN
    PERFORM payment_refuse('payment_holdback_after_final_report', 0, asked);
  ELSIF asked > scheduled THEN
    PERFORM payment_refuse('payment_within_what_is_accepted', scheduled, asked);
  END IF;
END $$;

CREATE FUNCTION payment_is_due() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  i record;
BEGIN
  SELECT id, kind, agreement_id, milestone_id, amount INTO i FROM funding_instalment WHERE id = NEW.instalment_id;
  IF NEW.state IN ('rejected', 'reversed') OR i.id IS NULL THEN
    RETURN NEW;
  ELSIF i.kind = 'advance' THEN
    PERFORM payment_of_an_advance(i.agreement_id, i.id, NEW.amount);
  ELSIF i.kind = 'holdback' THEN
    PERFORM payment_of_a_holdback(i.agreement_id, i.milestone_id, i.amount, NEW.amount);
  ELSE
    PERFORM payment_of_a_milestone(i.amount, i.milestone_id, NEW.amount);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payment_is_due BEFORE INSERT OR UPDATE OF instalment_id, amount ON funding_payment
  FOR EACH ROW EXECUTE FUNCTION payment_is_due();
"""

UNDO = """
DROP TRIGGER payment_is_due ON funding_payment;
DROP FUNCTION payment_is_due();
DROP FUNCTION payment_of_a_holdback(bigint, bigint, numeric, numeric);
DROP FUNCTION payment_of_a_milestone(numeric, bigint, numeric);
DROP FUNCTION payment_of_an_advance(bigint, bigint, numeric);
DROP FUNCTION payment_refuse(text, numeric, numeric);
"""

#: days by which a milestone may be put off without an amendment, by default
DELAY = 60


def write(apps, schema_editor):
    terms = apps.get_model("projects", "TermsProfile").objects.order_by("pk")
    payment_terms = apps.get_model("funding", "PaymentTerms")
    for profile in terms:
        payment_terms.objects.create(terms=profile, milestone_delay_days=DELAY)


class Migration(migrations.Migration):
    dependencies = [("funding", "0040_milestones_and_holds"), ("projects", "0003_facts")]

    operations = [
        append_only("funding_milestonechange", "funding_paymenttermsevent"),
        migrations.RunSQL(DUE, UNDO),
        migrations.RunPython(write, migrations.RunPython.noop),
    ]
