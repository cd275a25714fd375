"""What no CHECK of one row can hold about bank details, orders and batches. Each refusal carries the name of its rule."""

from django.db import migrations

from fondsinnovation.migration_sql import APP_ROLE, append_only

# The order of a payment is written by the database, whoever inserts the row: agreement / instalment / attempt. Two at once get the same
# attempt, and the unique key of the order (or of the live payment) lets one pass.
ORDERS = """
CREATE FUNCTION payment_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  place record;
BEGIN
  SELECT g.id, g.number, i.position INTO place
    FROM funding_instalment i JOIN funding_agreement g ON g.id = i.agreement_id WHERE i.id = NEW.instalment_id;
  SELECT count(*) + 1 INTO NEW.attempt FROM funding_payment p JOIN funding_instalment i ON i.id = p.instalment_id
   WHERE i.agreement_id = place.id AND i.position = place.position;
  NEW.order_number := place.number || '/' || place.position || '/' || NEW.attempt;
  RETURN NEW;
END $$;
CREATE TRIGGER payment_order BEFORE INSERT ON funding_payment FOR EACH ROW EXECUTE FUNCTION payment_order();

UPDATE funding_payment p SET attempt = n.attempt, order_number = n.number || '/' || n.position || '/' || n.attempt
  FROM (SELECT p.id, g.number, i.position, row_number() OVER (PARTITION BY g.id, i.position ORDER BY p.id) AS attempt
          FROM funding_payment p JOIN funding_instalment i ON i.id = p.instalment_id JOIN funding_agreement g ON g.id = i.agreement_id) n
 WHERE n.id = p.id;
"""

# What a payment is never changes, and its state only follows the table of its moves. It leaves in a transmitted batch alone, and an order
# that is in a batch is not rejected under it.
MOVES = """
CREATE FUNCTION payment_refuse(rule text, what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'refused: % (%)', rule, what
    USING ERRCODE = '23514', CONSTRAINT = rule, DETAIL = json_build_object('what', what)::text;
END $$;

CREATE FUNCTION payment_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.instalment_id, NEW.amount, NEW.order_number, NEW.attempt, NEW.requested_by_id)
     <> (OLD.instalment_id, OLD.amount, OLD.order_number, OLD.attempt, OLD.requested_by_id) THEN
    PERFORM payment_refuse('payment_is_never_rewritten', OLD.order_number);
  END IF;
  IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
       ('requested', 'certified'), ('certified', 'authorised'), ('authorised', 'transmitted'), ('transmitted', 'confirmed'),
       ('requested', 'rejected'), ('certified', 'rejected'), ('authorised', 'rejected'), ('transmitted', 'rejected'),
       ('confirmed', 'reversed')) THEN
    PERFORM payment_refuse('payment_moves_in_order', OLD.order_number);
  END IF;
  IF OLD.state = 'authorised' AND NEW.state IN ('transmitted', 'rejected') AND
     (NEW.state = 'transmitted') <> EXISTS (
       SELECT FROM funding_batchorder o JOIN funding_paymentbatch b ON b.id = o.batch_id
        WHERE o.payment_id = NEW.id AND o.is_live AND (NEW.state = 'rejected' OR b.state = 'transmitted')) THEN
    PERFORM payment_refuse(CASE NEW.state WHEN 'rejected' THEN 'payment_is_in_a_batch' ELSE 'payment_leaves_in_a_batch' END, OLD.order_number);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payment_moves BEFORE UPDATE ON funding_payment FOR EACH ROW EXECUTE FUNCTION payment_moves();

CREATE FUNCTION batch_order_is_payable() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  paid record;
  bank record;
BEGIN
  SELECT p.state, p.amount, p.order_number, j.organisation_id INTO paid FROM funding_payment p
    JOIN funding_instalment i ON i.id = p.instalment_id JOIN funding_agreement g ON g.id = i.agreement_id
    JOIN projects_project j ON j.id = g.project_id WHERE p.id = NEW.payment_id FOR NO KEY UPDATE OF p;
  SELECT state, organisation_id INTO bank FROM funding_bankdetail WHERE id = NEW.bank_detail_id;
  IF paid.state <> 'authorised' OR (paid.amount, paid.order_number) <> (NEW.amount, NEW.order_number) THEN
    PERFORM payment_refuse('batch_order_is_authorised', NEW.order_number);
  END IF;
  IF bank.state <> 'confirmed' OR bank.organisation_id <> paid.organisation_id THEN
    PERFORM payment_refuse('batch_order_has_its_account', NEW.order_number);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER batch_order_is_payable BEFORE INSERT ON funding_batchorder FOR EACH ROW EXECUTE FUNCTION batch_order_is_payable();

CREATE FUNCTION batch_order_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.is_live OR NOT EXISTS (SELECT FROM funding_paymentbatch b WHERE b.id = NEW.batch_id AND b.state = 'cancelled') THEN
    PERFORM payment_refuse('batch_order_is_kept', NEW.order_number);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER batch_order_is_kept BEFORE UPDATE ON funding_batchorder FOR EACH ROW EXECUTE FUNCTION batch_order_is_kept();

CREATE FUNCTION batch_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'prepared' THEN
    PERFORM payment_refuse('batch_moves_in_order', OLD.number);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER batch_moves BEFORE UPDATE ON funding_paymentbatch FOR EACH ROW EXECUTE FUNCTION batch_moves();
"""

# SD-6. Whoever enters or confirms bank details takes no step of a payment of that organisation in the days around. The two sides hold the
# organisation's row (one shared, one not), so the second of two at once sees what the first wrote.
SEPARATION = """
CREATE FUNCTION bank_days(at timestamptz) RETURNS interval LANGUAGE sql STABLE AS $$
  SELECT make_interval(days => coalesce((SELECT bank_days FROM funding_paymentrule
    WHERE valid_from <= (at AT TIME ZONE 'America/Toronto')::date ORDER BY valid_from DESC LIMIT 1), 0))
$$;

CREATE FUNCTION payment_is_apart() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  owner bigint;
  step record;
BEGIN
  SELECT j.organisation_id INTO owner FROM funding_instalment i JOIN funding_agreement g ON g.id = i.agreement_id
    JOIN projects_project j ON j.id = g.project_id WHERE i.id = NEW.instalment_id;
  PERFORM FROM projects_organisation WHERE id = owner FOR SHARE;
  FOR step IN SELECT * FROM (VALUES (NEW.requested_by_id, NEW.requested_at), (NEW.certified_by_id, NEW.certified_at),
                                    (NEW.authorised_by_id, NEW.authorised_at)) AS s(person, at) WHERE person IS NOT NULL
  LOOP
    IF EXISTS (SELECT FROM funding_bankdetail b WHERE b.organisation_id = owner AND (
                 b.entered_by_id = step.person AND b.entered_at <= step.at AND b.entered_at > step.at - bank_days(step.at)
                 OR b.decided_by_id = step.person AND b.decided_at <= step.at AND b.decided_at > step.at - bank_days(step.at))) THEN
      PERFORM payment_refuse('payment_is_apart_from_bank_details', NEW.order_number);
    END IF;
  END LOOP;
  RETURN NEW;
END $$;
CREATE TRIGGER payment_people_are_apart BEFORE INSERT ON funding_payment FOR EACH ROW EXECUTE FUNCTION payment_is_apart();
CREATE TRIGGER payment_steps_are_apart BEFORE UPDATE OF certified_by_id, authorised_by_id ON funding_payment
  FOR EACH ROW EXECUTE FUNCTION payment_is_apart();

CREATE FUNCTION bank_is_apart() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  who bigint := CASE TG_OP WHEN 'INSERT' THEN NEW.entered_by_id ELSE NEW.decided_by_id END;
  moment timestamptz := CASE TG_OP WHEN 'INSERT' THEN NEW.entered_at ELSE NEW.decided_at END;
BEGIN
  PERFORM FROM projects_organisation WHERE id = NEW.organisation_id FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM funding_payment p JOIN funding_instalment i ON i.id = p.instalment_id
               JOIN funding_agreement g ON g.id = i.agreement_id JOIN projects_project j ON j.id = g.project_id
              WHERE j.organisation_id = NEW.organisation_id AND (
                p.requested_by_id = who AND p.requested_at <= moment AND p.requested_at > moment - bank_days(moment)
                OR p.certified_by_id = who AND p.certified_at <= moment AND p.certified_at > moment - bank_days(moment)
                OR p.authorised_by_id = who AND p.authorised_at <= moment AND p.authorised_at > moment - bank_days(moment))) THEN
    PERFORM payment_refuse('bank_details_are_apart_from_payments', NEW.organisation_id::text);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER bank_is_apart BEFORE INSERT OR UPDATE OF decided_by_id ON funding_bankdetail FOR EACH ROW EXECUTE FUNCTION bank_is_apart();

CREATE FUNCTION bank_is_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'entered' THEN
    PERFORM payment_refuse('bank_details_are_never_rewritten', OLD.version::text);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER bank_is_decided_once BEFORE UPDATE ON funding_bankdetail FOR EACH ROW EXECUTE FUNCTION bank_is_decided_once();

INSERT INTO funding_paymentrule (valid_from, bank_days, recredit, source)
  VALUES ('2024-04-01', 10, 'same_year', 'Règle par défaut, à remplacer par la directive du ministère des Finances');
"""

# The numbers of an account, an order and its amount are written once: the application's role updates nothing but what follows a decision.
RIGHTS = f"""
REVOKE UPDATE, DELETE, TRUNCATE ON funding_bankdetail, funding_batchorder, funding_paymentbatch FROM {APP_ROLE};
GRANT UPDATE (state, decided_by_id, decided_at, refusal_reason) ON funding_bankdetail TO {APP_ROLE};
GRANT UPDATE (is_live) ON funding_batchorder TO {APP_ROLE};
GRANT UPDATE (state, transmitted_by_id, transmitted_at, cancelled_by_id, cancelled_at, cancellation_reason)
  ON funding_paymentbatch TO {APP_ROLE};
REVOKE DELETE, TRUNCATE ON funding_payment FROM {APP_ROLE};
"""

UNDO = f"""
GRANT UPDATE, DELETE ON funding_bankdetail, funding_batchorder, funding_paymentbatch TO {APP_ROLE};
GRANT DELETE ON funding_payment TO {APP_ROLE};
DROP TRIGGER bank_is_decided_once ON funding_bankdetail;
DROP TRIGGER bank_is_apart ON funding_bankdetail;
DROP TRIGGER payment_steps_are_apart ON funding_payment;
DROP TRIGGER payment_people_are_apart ON funding_payment;
DROP TRIGGER batch_moves ON funding_paymentbatch;
DROP TRIGGER batch_order_is_kept ON funding_batchorder;
DROP TRIGGER batch_order_is_payable ON funding_batchorder;
DROP TRIGGER payment_moves ON funding_payment;
DROP TRIGGER payment_order ON funding_payment;
DROP FUNCTION bank_is_decided_once();
DROP FUNCTION bank_is_apart();
DROP FUNCTION payment_is_apart();
DROP FUNCTION bank_days(timestamptz);
DROP FUNCTION batch_moves();
DROP FUNCTION batch_order_is_kept();
DROP FUNCTION batch_order_is_payable();
DROP FUNCTION payment_moves();
DROP FUNCTION payment_refuse(text, text);
DROP FUNCTION payment_order();
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0030_bank_and_batches")]

    operations = [
        migrations.RunSQL(ORDERS + MOVES + SEPARATION + RIGHTS, UNDO),
        append_only("funding_paymentrule", "funding_returnfile", "funding_returnline"),
    ]
