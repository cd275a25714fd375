"""Claims and public aid, held by the database (INV-08, INV-21, SD-2): totals, lines that do not move, the adviser apart, the limit."""

from django.db import migrations

CLAIMS = """
-- The lines of a claim are the beneficiary's until it is submitted; then only what is admitted of them is written, during verification.
CREATE FUNCTION claim_line_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  now_ text;
BEGIN
  SELECT state INTO now_ FROM funding_claim WHERE id = coalesce(NEW.claim_id, OLD.claim_id) FOR NO KEY UPDATE;
  IF now_ = 'draft' OR (TG_OP = 'UPDATE' AND now_ = 'in_verification'
       AND (NEW.claim_id, NEW.category, NEW.amount, NEW.document_id) IS NOT DISTINCT FROM (OLD.claim_id, OLD.category, OLD.amount, OLD.document_id)) THEN
    RETURN coalesce(NEW, OLD);
  END IF;
  PERFORM separation_refuse('claim_line_is_frozen');
  RETURN NULL;
END $$;
CREATE TRIGGER claim_line_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON funding_claimline
  FOR EACH ROW EXECUTE FUNCTION claim_line_is_frozen();

-- A decided claim never changes; its aid stays within its instalment; nobody who accompanies the file decides it (SD-2).
CREATE FUNCTION claim_is_sound() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  file bigint;
  scheduled numeric;
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.state IN ('admitted', 'partly_admitted', 'refused') THEN
    PERFORM separation_refuse('claim_decided_is_final');
  END IF;
  IF NEW.decided_by_id IS NOT NULL THEN
    SELECT p.application_id, i.amount INTO file, scheduled FROM funding_instalment i
      JOIN funding_agreement g ON g.id = i.agreement_id JOIN projects_project p ON p.id = g.project_id WHERE i.id = NEW.instalment_id;
    IF TG_OP = 'UPDATE' THEN
      PERFORM FROM projects_application WHERE id = file FOR SHARE;
    END IF;
    PERFORM adviser_refuse(file, NEW.decided_by_id);
    IF NEW.aid > scheduled THEN
      PERFORM payment_refuse('claim_within_its_instalment', scheduled, NEW.aid);
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER claim_is_sound BEFORE INSERT OR UPDATE ON funding_claim FOR EACH ROW EXECUTE FUNCTION claim_is_sound();

-- What a claim admits is the sum of its lines, at COMMIT.
CREATE FUNCTION claim_sums() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  admitted_ numeric;
  claimed numeric;
  judged boolean;
BEGIN
  SELECT coalesce(sum(admitted), 0), coalesce(sum(amount), 0), coalesce(bool_and(admitted IS NOT NULL), false)
    INTO admitted_, claimed, judged FROM funding_claimline WHERE claim_id = NEW.id;
  IF NOT judged OR NEW.admitted_cost <> admitted_
     OR NEW.state <> (CASE WHEN admitted_ = 0 THEN 'refused' WHEN admitted_ < claimed THEN 'partly_admitted' ELSE 'admitted' END) THEN
    RAISE EXCEPTION 'claim % does not admit the sum of its lines', NEW.number USING ERRCODE = '23514', CONSTRAINT = 'claim_admits_its_lines';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER claim_sums AFTER INSERT OR UPDATE ON funding_claim DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.admitted_cost IS NOT NULL) EXECUTE FUNCTION claim_sums();

CREATE OR REPLACE FUNCTION adviser_took_no_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM projects_application WHERE id = NEW.application_id FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM funding_eligibility e
              WHERE e.application_id = NEW.application_id AND NEW.person_id IN (e.decided_by_id, e.confirmed_by_id))
     OR EXISTS (SELECT FROM funding_review r WHERE r.application_id = NEW.application_id AND r.reviewer_id = NEW.person_id)
     OR EXISTS (SELECT FROM funding_milestone m
                  JOIN funding_agreement g ON g.id = m.agreement_id
                  JOIN projects_project p ON p.id = g.project_id
                 WHERE p.application_id = NEW.application_id AND m.verified_by_id = NEW.person_id)
     OR EXISTS (SELECT FROM funding_claim c
                  JOIN funding_instalment i ON i.id = c.instalment_id
                  JOIN funding_agreement g ON g.id = i.agreement_id
                  JOIN projects_project p ON p.id = g.project_id
                 WHERE p.application_id = NEW.application_id AND c.decided_by_id = NEW.person_id) THEN
    PERFORM separation_refuse('adviser_is_apart');
  END IF;
  RETURN NEW;
END $$;
"""

# A claim under way is waited for; one that is admitted says what may be paid, with or without a milestone.
DUE = """
CREATE FUNCTION payment_of_a_claim(state text, aid numeric, scheduled numeric, asked numeric) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF state NOT IN ('admitted', 'partly_admitted') THEN
    PERFORM payment_refuse('payment_waits_for_its_claim', 0, asked);
  ELSIF asked > least(aid, scheduled) THEN
    PERFORM payment_refuse('payment_within_what_is_accepted', least(aid, scheduled), asked);
  END IF;
END $$;

CREATE OR REPLACE FUNCTION payment_is_due() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  i record;
  c record;
BEGIN
  SELECT id, kind, agreement_id, milestone_id, amount INTO i FROM funding_instalment WHERE id = NEW.instalment_id;
  IF NEW.state IN ('rejected', 'reversed') OR i.id IS NULL THEN
    RETURN NEW;
  ELSIF i.kind = 'advance' THEN
    PERFORM payment_of_an_advance(i.agreement_id, i.id, NEW.amount);
  ELSIF i.kind = 'holdback' THEN
    PERFORM payment_of_a_holdback(i.agreement_id, i.milestone_id, i.amount, NEW.amount);
  ELSE
    SELECT k.id, k.state, k.aid INTO c FROM funding_claim k
     WHERE k.instalment_id = i.id AND k.state NOT IN ('draft', 'refused') FOR SHARE;
    IF c.id IS NULL THEN
      PERFORM payment_of_a_milestone(i.amount, i.milestone_id, NEW.amount);
    ELSE
      PERFORM payment_of_a_claim(c.state, c.aid, i.amount, NEW.amount);
    END IF;
  END IF;
  RETURN NEW;
END $$;
"""

# INV-21 at the decision: the Fund's aid and the other public aid of the file stay within the limit of the terms.
STACKING = """
CREATE FUNCTION award_within_public_aid() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  room numeric;
BEGIN
  SELECT trunc(a.total_cost * t.stacking_limit, 2) - coalesce((
           SELECT sum(l.amount) FROM projects_fundingline l
            WHERE l.application_id = a.id AND l.source IN ('quebec', 'canada', 'municipal')), 0)
    INTO room FROM projects_application a JOIN projects_call c ON c.id = a.call_id JOIN projects_termsprofile t ON t.id = c.terms_id
   WHERE a.id = NEW.application_id;
  IF NEW.amount > room THEN
    PERFORM payment_refuse('award_within_public_aid', room, NEW.amount);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER award_within_public_aid BEFORE INSERT OR UPDATE OF amount, is_favourable ON funding_award
  FOR EACH ROW WHEN (NEW.is_favourable) EXECUTE FUNCTION award_within_public_aid();
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0042_claims"), ("projects", "0003_facts")]

    operations = [migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (CLAIMS, DUE, STACKING)]
