"""What the database holds of clauses, frozen texts, signed copies and seals, whatever code or person writes them."""

from django.db import migrations

from fondsinnovation.migration_sql import APP_ROLE, append_only

GUARDS = """
-- A frozen text is what its SHA-256 says.
ALTER TABLE funding_agreementtext ADD CONSTRAINT agreement_text_is_what_is_hashed
  CHECK (sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex'));

-- Only a draft is written again: once it left, nobody gives it another text.
CREATE FUNCTION agreement_text_is_a_draft_s() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  g record;
BEGIN
  SELECT state, number, version INTO g FROM funding_agreement WHERE id = NEW.agreement_id;
  IF g.state <> 'draft' OR g.version <> NEW.version THEN
    PERFORM agreement_refuse('agreement_text_is_a_draft_s', g.number);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER agreement_text_is_a_draft_s BEFORE INSERT ON funding_agreementtext
  FOR EACH ROW EXECUTE FUNCTION agreement_text_is_a_draft_s();

-- Versions of a clause follow one another, without a hole and never back in time.
CREATE FUNCTION clause_versions_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  last record;
BEGIN
  SELECT version, valid_from INTO last FROM funding_clausetemplate
   WHERE kind = NEW.kind AND code = NEW.code ORDER BY version DESC LIMIT 1;
  IF NEW.version <> coalesce(last.version, 0) + 1 OR NEW.valid_from < last.valid_from THEN
    PERFORM agreement_refuse('clause_versions_follow', NEW.kind || '/' || NEW.code);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER clause_versions_follow BEFORE INSERT ON funding_clausetemplate
  FOR EACH ROW EXECUTE FUNCTION clause_versions_follow();

-- A signature that names a text names the one that its agreement says now.
CREATE FUNCTION signature_is_of_the_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.text_sha256 <> '' AND NOT EXISTS (
       SELECT FROM funding_agreementtext t JOIN funding_agreement g ON g.id = t.agreement_id AND g.version = t.version
        WHERE g.id = NEW.agreement_id AND t.sha256 = NEW.text_sha256 AND t.document_id = g.document_id) THEN
    PERFORM agreement_refuse('signature_is_of_the_text', (SELECT number FROM funding_agreement WHERE id = NEW.agreement_id));
  END IF;
  IF NEW.signed_copy_id IS NOT NULL AND NOT EXISTS (
       SELECT FROM funding_signedcopy c JOIN funding_agreementtext t ON t.id = c.text_id
        WHERE c.id = NEW.signed_copy_id AND c.agreement_id = NEW.agreement_id AND c.state = 'accepted' AND t.sha256 = NEW.text_sha256) THEN
    PERFORM agreement_refuse('signature_is_of_an_accepted_copy', (SELECT number FROM funding_agreement WHERE id = NEW.agreement_id));
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER signature_is_of_the_text BEFORE INSERT ON funding_signature
  FOR EACH ROW EXECUTE FUNCTION signature_is_of_the_text();

-- In force (SM-5): both parties signed the frozen text, and two people know where the beneficiary is paid.
CREATE FUNCTION agreement_text_is_signed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF 2 <> (SELECT count(DISTINCT s.party) FROM funding_signature s
             JOIN funding_agreementtext t ON t.agreement_id = s.agreement_id AND t.sha256 = s.text_sha256
            WHERE s.agreement_id = NEW.id AND t.version = NEW.version AND t.document_id = NEW.document_id) THEN
    PERFORM agreement_refuse('agreement_in_force_text_is_signed', NEW.number);
  END IF;
  IF NOT EXISTS (SELECT FROM funding_bankdetail b JOIN projects_project p ON p.organisation_id = b.organisation_id
                  WHERE p.id = NEW.project_id AND b.state = 'confirmed') THEN
    PERFORM agreement_refuse('agreement_in_force_is_payable', NEW.number);
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER agreement_text_is_signed AFTER UPDATE OF state ON funding_agreement
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.state = 'signed_beneficiary' AND NEW.state = 'in_force')
  EXECUTE FUNCTION agreement_text_is_signed();

-- What was brought back is never rewritten: it is accepted or refused once.
CREATE FUNCTION signed_copy_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'recorded' THEN
    PERFORM agreement_refuse('signed_copy_is_decided_once', (SELECT number FROM funding_agreement WHERE id = OLD.agreement_id));
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER signed_copy_moves BEFORE UPDATE ON funding_signedcopy FOR EACH ROW EXECUTE FUNCTION signed_copy_moves();
"""

UNDO = """
DROP TRIGGER signed_copy_moves ON funding_signedcopy;
DROP TRIGGER agreement_text_is_signed ON funding_agreement;
DROP TRIGGER signature_is_of_the_text ON funding_signature;
DROP TRIGGER clause_versions_follow ON funding_clausetemplate;
DROP TRIGGER agreement_text_is_a_draft_s ON funding_agreementtext;
DROP FUNCTION signed_copy_moves();
DROP FUNCTION agreement_text_is_signed();
DROP FUNCTION signature_is_of_the_text();
DROP FUNCTION clause_versions_follow();
DROP FUNCTION agreement_text_is_a_draft_s();
ALTER TABLE funding_agreementtext DROP CONSTRAINT agreement_text_is_what_is_hashed;
"""
_DECISION = "state, decided_by_id, decided_at, refusal_reason"
COPIES = f"""
REVOKE UPDATE, DELETE, TRUNCATE ON funding_signedcopy FROM {APP_ROLE};
GRANT UPDATE ({_DECISION}) ON funding_signedcopy TO {APP_ROLE};
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0070_texts_and_signatures")]

    operations = [
        migrations.RunSQL(GUARDS, UNDO),
        append_only("funding_clausetemplate", "funding_agreementtext", "funding_agreementseal"),
        migrations.RunSQL(COPIES, f"GRANT UPDATE, DELETE ON funding_signedcopy TO {APP_ROLE};"),
    ]
