"""Separation of duties across rows (SD-2 to SD-5), which no CHECK of one row can hold. Each refusal carries the name of its rule."""

from django.db import migrations

# Concurrency: an adviser's row holds its application until COMMIT, and so do the acts on eligibility and reviews; a milestone holds
# its own row, so its trigger waits for the application too, and then sees the adviser that another session just wrote.
SEPARATION = """
CREATE FUNCTION separation_refuse(rule text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'refused: %', rule USING ERRCODE = '23514', CONSTRAINT = rule;
END $$;

CREATE FUNCTION adviser_refuse(application bigint, person bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM funding_adviser a WHERE a.application_id = application AND a.person_id = person) THEN
    PERFORM separation_refuse('adviser_is_apart');
  END IF;
END $$;

CREATE FUNCTION adviser_took_no_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM projects_application WHERE id = NEW.application_id FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM funding_eligibility e
              WHERE e.application_id = NEW.application_id AND NEW.person_id IN (e.decided_by_id, e.confirmed_by_id))
     OR EXISTS (SELECT FROM funding_review r WHERE r.application_id = NEW.application_id AND r.reviewer_id = NEW.person_id)
     OR EXISTS (SELECT FROM funding_milestone m
                  JOIN funding_agreement g ON g.id = m.agreement_id
                  JOIN projects_project p ON p.id = g.project_id
                 WHERE p.application_id = NEW.application_id AND m.verified_by_id = NEW.person_id) THEN
    PERFORM separation_refuse('adviser_is_apart');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER adviser_took_no_part BEFORE INSERT ON funding_adviser FOR EACH ROW EXECUTE FUNCTION adviser_took_no_part();

CREATE FUNCTION eligibility_is_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM adviser_refuse(NEW.application_id, NEW.decided_by_id);
  PERFORM adviser_refuse(NEW.application_id, NEW.confirmed_by_id);
  RETURN NEW;
END $$;
CREATE TRIGGER eligibility_is_apart BEFORE INSERT OR UPDATE OF decided_by_id, confirmed_by_id ON funding_eligibility
  FOR EACH ROW EXECUTE FUNCTION eligibility_is_apart();

CREATE FUNCTION milestone_is_apart() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  file bigint;
BEGIN
  SELECT p.application_id INTO file FROM funding_agreement g JOIN projects_project p ON p.id = g.project_id WHERE g.id = NEW.agreement_id;
  IF TG_OP = 'UPDATE' THEN
    PERFORM FROM projects_application WHERE id = file FOR SHARE;
  END IF;
  PERFORM adviser_refuse(file, NEW.verified_by_id);
  RETURN NEW;
END $$;
CREATE TRIGGER milestone_is_apart BEFORE INSERT OR UPDATE OF verified_by_id ON funding_milestone
  FOR EACH ROW WHEN (NEW.verified_by_id IS NOT NULL) EXECUTE FUNCTION milestone_is_apart();

CREATE FUNCTION review_is_apart() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  assigned date := (NEW.assigned_at AT TIME ZONE 'America/Toronto')::date;
BEGIN
  PERFORM adviser_refuse(NEW.application_id, NEW.reviewer_id);
  IF EXISTS (
    SELECT FROM projects_membership m
     WHERE m.person_id = NEW.reviewer_id AND (m.ends_on IS NULL OR m.ends_on >= assigned - 730)
       AND (m.organisation_id = (SELECT organisation_id FROM projects_application WHERE id = NEW.application_id)
            OR m.organisation_id IN (SELECT l.organisation_id FROM projects_gainline l JOIN projects_gainplan p ON p.id = l.plan_id
                                      WHERE p.application_id = NEW.application_id))) THEN
    PERFORM separation_refuse('reviewer_is_outside');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER review_is_apart BEFORE INSERT OR UPDATE OF application_id, reviewer_id ON funding_review
  FOR EACH ROW EXECUTE FUNCTION review_is_apart();

CREATE FUNCTION approver_did_nothing_else() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  file record;
BEGIN
  SELECT application_id, recommended_by_id, certified_by_id INTO file FROM funding_award WHERE id = NEW.award_id;
  IF NEW.person_id IN (file.recommended_by_id, file.certified_by_id)
     OR EXISTS (SELECT FROM funding_review r WHERE r.application_id = file.application_id AND r.reviewer_id = NEW.person_id) THEN
    PERFORM separation_refuse('approver_did_nothing_else');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER approver_did_nothing_else BEFORE INSERT ON funding_approval
  FOR EACH ROW EXECUTE FUNCTION approver_did_nothing_else();

CREATE FUNCTION certifier_is_not_approver() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM funding_approval a WHERE a.award_id = NEW.id AND a.round = NEW.round AND a.person_id = NEW.certified_by_id) THEN
    PERFORM separation_refuse('certifier_is_not_approver');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER certifier_is_not_approver BEFORE UPDATE OF certified_by_id ON funding_award
  FOR EACH ROW EXECUTE FUNCTION certifier_is_not_approver();

CREATE FUNCTION minister_signer_is_not_drafter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.party = 'minister' AND EXISTS (
       SELECT FROM funding_agreement g WHERE g.id = NEW.agreement_id AND g.drafted_by_id = NEW.person_id) THEN
    PERFORM separation_refuse('minister_signer_is_not_drafter');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER minister_signer_is_not_drafter BEFORE INSERT ON funding_signature
  FOR EACH ROW EXECUTE FUNCTION minister_signer_is_not_drafter();
"""

UNDO = """
DROP TRIGGER minister_signer_is_not_drafter ON funding_signature;
DROP TRIGGER certifier_is_not_approver ON funding_award;
DROP TRIGGER approver_did_nothing_else ON funding_approval;
DROP TRIGGER review_is_apart ON funding_review;
DROP TRIGGER milestone_is_apart ON funding_milestone;
DROP TRIGGER eligibility_is_apart ON funding_eligibility;
DROP TRIGGER adviser_took_no_part ON funding_adviser;
DROP FUNCTION minister_signer_is_not_drafter();
DROP FUNCTION certifier_is_not_approver();
DROP FUNCTION approver_did_nothing_else();
DROP FUNCTION review_is_apart();
DROP FUNCTION milestone_is_apart();
DROP FUNCTION eligibility_is_apart();
DROP FUNCTION adviser_took_no_part();
DROP FUNCTION adviser_refuse(bigint, bigint);
DROP FUNCTION separation_refuse(text);
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0011_advisers_append_only")]

    operations = [migrations.RunSQL(SEPARATION, UNDO)]
