"""What the database holds of follow-up: a holdback waits for the final report of a calendar, a documented failure for its report and lessons."""

from decimal import Decimal

from django.db import migrations

from fondsinnovation.migration_sql import append_only

# The functions are those of 0051 and 0041; what is new is the end that a documented failure is, and the final report.
_AGREEMENT = """
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
  IF OLD.state IN ({ended}) AND NEW.state <> OLD.state THEN
    PERFORM agreement_refuse('agreement_end_is_final', NEW.number);
  END IF;
  IF OLD.state = 'legal_review' AND NEW.state = 'signed_beneficiary' AND NEW.reviewed_by_id IS NULL THEN
    PERFORM agreement_refuse('agreement_signed_was_reviewed', NEW.number);
  END IF;
  RETURN NEW;
END $$;

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
  IF NEW.state IN ({ended}) AND committed > greatest(paid, 0) THEN
    PERFORM agreement_refuse('agreement_end_frees_the_rest', NEW.number);
  END IF;
  IF NEW.state = 'completed' AND EXISTS (SELECT FROM funding_milestone m WHERE m.agreement_id = NEW.id AND m.state NOT IN ('verified', 'cancelled')) THEN
    PERFORM agreement_refuse('agreement_completed_is_verified', NEW.number);
  END IF;
  IF NEW.state = 'terminated' AND NOT EXISTS (SELECT FROM funding_agreementstep s
                                               WHERE s.agreement_id = NEW.id AND s.kind = 'terminated') THEN
    PERFORM agreement_refuse('agreement_end_has_a_cause', NEW.number);
  END IF;
{failure}  RETURN NULL;
END $$;
"""
_FAILURE = """  IF NEW.state = 'documented_failure' AND (
       NOT EXISTS (SELECT FROM funding_agreementstep s WHERE s.agreement_id = NEW.id AND s.kind = 'failed')
       OR 2 <> (SELECT count(DISTINCT f.kind) FROM funding_followupfact f
                 WHERE f.agreement_id = NEW.id AND f.kind IN ('final_report', 'lessons') AND f.through >= NEW.ends_on)) THEN
    PERFORM agreement_refuse('agreement_failure_is_documented', NEW.number);
  END IF;
"""
AGREEMENT, AGREEMENT_BEFORE = (
    _AGREEMENT.replace("{ended}", ended).replace("{failure}", failure)
    for ended, failure in (("'closed', 'documented_failure', 'terminated'", _FAILURE), ("'closed', 'terminated'", ""))
)

_HOLDBACK = """
CREATE OR REPLACE FUNCTION payment_of_a_holdback(agreement bigint, milestone bigint, scheduled numeric, asked numeric)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM funding_milestone m WHERE m.agreement_id = agreement
              AND (m.state NOT IN ('verified', 'partial', 'cancelled') OR (m.id = milestone AND m.state <> 'verified'))){report} THEN
    PERFORM payment_refuse('payment_holdback_after_final_report', 0, asked);
  ELSIF asked > scheduled THEN
    PERFORM payment_refuse('payment_within_what_is_accepted', scheduled, asked);
  END IF;
END $$;
"""
# an agreement without a calendar, such as one that was paid before calendars existed, has its milestone alone
_REPORT = """
     OR (EXISTS (SELECT FROM funding_followupfact f WHERE f.agreement_id = agreement AND f.kind = 'calendar')
         AND NOT EXISTS (SELECT FROM funding_followupfact f JOIN funding_agreement g ON g.id = f.agreement_id
                          WHERE f.agreement_id = agreement AND f.kind = 'final_report' AND f.through >= g.ends_on))"""
HOLDBACK, HOLDBACK_BEFORE = (_HOLDBACK.replace("{report}", report) for report in (_REPORT, ""))

# A documented failure met its duties: nothing is to be returned for that cause. An overpayment or a cost that was not eligible still is.
RECOVERY = """
CREATE FUNCTION recovery_spares_a_documented_failure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.basis IN ('termination', 'default')
     AND EXISTS (SELECT FROM funding_agreement g WHERE g.id = NEW.agreement_id AND g.state = 'documented_failure') THEN
    RAISE EXCEPTION 'refused: recovery_spares_a_documented_failure'
      USING ERRCODE = '23514', CONSTRAINT = 'recovery_spares_a_documented_failure';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER recovery_spares_a_documented_failure BEFORE INSERT ON funding_recovery
  FOR EACH ROW EXECUTE FUNCTION recovery_spares_a_documented_failure();
"""
RECOVERY_BEFORE = """
DROP TRIGGER recovery_spares_a_documented_failure ON funding_recovery;
DROP FUNCTION recovery_spares_a_documented_failure();
"""

# One who accompanies a file settles nothing of it (SD-2): the person of a fact verified the final report.
FACT = """
CREATE FUNCTION follow_up_fact_is_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM adviser_refuse((SELECT p.application_id FROM funding_agreement g JOIN projects_project p ON p.id = g.project_id
                           WHERE g.id = NEW.agreement_id), NEW.person_id);
  RETURN NEW;
END $$;
CREATE TRIGGER follow_up_fact_is_apart BEFORE INSERT ON funding_followupfact
  FOR EACH ROW WHEN (NEW.person_id IS NOT NULL) EXECUTE FUNCTION follow_up_fact_is_apart();
"""
FACT_BEFORE = """
DROP TRIGGER follow_up_fact_is_apart ON funding_followupfact;
DROP FUNCTION follow_up_fact_is_apart();
"""

#: Q6: annual, semi-annual, quarterly; amounts in dollars
DEFAULTS = {
    "low_months": 12,
    "medium_months": 6,
    "high_months": 3,
    "medium_from": Decimal(250000),
    "high_from": Decimal(1000000),
    "hold_after_days": 30,
    "hold_lifts_on": "submitted",
    "source": "Valeur par défaut (Q6), à confirmer par l’instrument officiel",
}


def write(apps, schema_editor):
    """A prize rewards what is done: nothing of it is left to be followed."""
    rows = apps.get_model("funding", "FollowUpTerms").objects
    for profile in apps.get_model("projects", "TermsProfile").objects.exclude(modality="prize").order_by("pk"):
        rows.create(terms=profile, **DEFAULTS)


class Migration(migrations.Migration):
    dependencies = [("funding", "0100_follow_up"), ("projects", "0024_imported")]

    operations = [
        append_only("funding_agreementrisk", "funding_followupfact", "funding_followuptermsevent"),
        migrations.RunSQL(AGREEMENT, AGREEMENT_BEFORE),
        migrations.RunSQL(HOLDBACK, HOLDBACK_BEFORE),
        migrations.RunSQL(RECOVERY, RECOVERY_BEFORE),
        migrations.RunSQL(FACT, FACT_BEFORE),
        migrations.RunPython(write, migrations.RunPython.noop),
    ]
