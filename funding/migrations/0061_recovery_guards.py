"""What no CHECK of one row can hold about recoveries. Each refusal carries the name of its rule.

`recovery_balance` is kept by the triggers of recoveries, receipts and write-offs, and its CHECK refuses what passes the sum due. What is still
to come back of an agreement is added up against what was paid to it with the agreement's counter held: a recovery takes that row first, and
the ledger holds it until COMMIT whenever it lowers what was paid.
"""

from django.db import migrations

from fondsinnovation.migration_sql import APP_ROLE, append_only, read_only

RECOVERIES = """
CREATE FUNCTION recovery_refuse(rule text, room numeric, asked numeric) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'refused: %', rule USING ERRCODE = '23514', CONSTRAINT = rule,
    DETAIL = jsonb_build_object('room', greatest(room, 0)::text, 'asked', asked::text)::text;
END $$;

CREATE FUNCTION recovery_left(agreement bigint) RETURNS numeric LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(b.due - b.received - b.written_off), 0) FROM recovery_balance b JOIN funding_recovery r ON r.id = b.recovery_id
   WHERE r.agreement_id = agreement AND r.state <> 'cancelled'
$$;

CREATE FUNCTION recovery_is_of_what_was_paid() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  paid_ numeric;
  before numeric;
BEGIN
  SELECT paid INTO paid_ FROM agreement_balance WHERE agreement_id = NEW.agreement_id FOR UPDATE;
  before := recovery_left(NEW.agreement_id);
  INSERT INTO recovery_balance (recovery_id, due, received, written_off) VALUES (NEW.id, NEW.amount, 0, 0);
  IF before + NEW.amount > coalesce(paid_, 0) THEN
    PERFORM recovery_refuse('recovery_within_paid', coalesce(paid_, 0) - before, NEW.amount);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER recovery_is_of_what_was_paid AFTER INSERT ON funding_recovery
  FOR EACH ROW EXECUTE FUNCTION recovery_is_of_what_was_paid();

-- A payment that comes back would leave less paid than is still to be recovered. It fires after `ledger_post` (triggers fire by name), which
-- holds the agreement's counter. A recovery without its receipt would too: at COMMIT, once the receipt is there.
CREATE FUNCTION recovery_keeps_its_payment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a record;
BEGIN
  FOR a IN SELECT b.paid, recovery_left(b.agreement_id) AS left_ FROM agreement_balance b
            WHERE b.agreement_id IN (SELECT f.agreement_id FROM fresh f WHERE f.kind = 'payment' AND f.amount < 0) ORDER BY b.agreement_id
  LOOP
    IF a.left_ > a.paid THEN
      PERFORM recovery_refuse('recovery_keeps_its_payment', a.left_, a.paid);
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_post_keeps_recoveries AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION recovery_keeps_its_payment();

CREATE FUNCTION recovery_has_its_receipt() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  paid_ numeric := (SELECT paid FROM agreement_balance WHERE agreement_id = NEW.agreement_id);
BEGIN
  IF recovery_left(NEW.agreement_id) > paid_ THEN
    PERFORM recovery_refuse('recovery_keeps_its_payment', recovery_left(NEW.agreement_id), paid_);
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER recovery_has_its_receipt AFTER INSERT ON ledger_entry DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.kind = 'recovery' AND NEW.amount < 0) EXECUTE FUNCTION recovery_has_its_receipt();

-- INV-12: an amendment never brings an agreement below what was paid, less what is being recovered.
CREATE FUNCTION agreement_above_what_is_paid() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  kept numeric := (SELECT paid FROM agreement_balance WHERE agreement_id = NEW.id) - recovery_left(NEW.id);
BEGIN
  IF NEW.amount < kept THEN
    PERFORM recovery_refuse('agreement_above_what_is_paid', kept, NEW.amount);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER agreement_above_what_is_paid BEFORE UPDATE OF amount ON funding_agreement
  FOR EACH ROW WHEN (NEW.amount < OLD.amount) EXECUTE FUNCTION agreement_above_what_is_paid();

CREATE FUNCTION recovery_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.agreement_id, NEW.amount, NEW.basis, NEW.reason, NEW.number, NEW.established_by_id)
     IS DISTINCT FROM (OLD.agreement_id, OLD.amount, OLD.basis, OLD.reason, OLD.number, OLD.established_by_id) THEN
    PERFORM recovery_refuse('recovery_is_never_rewritten', OLD.amount, NEW.amount);
  END IF;
  IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
       ('established', 'claimed'), ('established', 'scheduled'), ('established', 'cancelled'), ('claimed', 'scheduled'),
       ('claimed', 'received'), ('claimed', 'written_off'), ('scheduled', 'received'), ('scheduled', 'written_off'),
       ('received', 'claimed'), ('received', 'scheduled'), ('written_off', 'claimed'), ('written_off', 'scheduled')) THEN
    PERFORM recovery_refuse('recovery_moves_in_order', OLD.amount, NEW.amount);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER recovery_moves BEFORE UPDATE ON funding_recovery FOR EACH ROW EXECUTE FUNCTION recovery_moves();

-- At COMMIT, its state says what came back, and its schedule what is due.
CREATE FUNCTION recovery_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  row_ jsonb := to_jsonb(NEW);
  key bigint := CASE WHEN TG_TABLE_NAME = 'funding_recovery' THEN (row_->>'id')::bigint ELSE (row_->>'recovery_id')::bigint END;
  r record;
BEGIN
  SELECT f.state, f.amount, b.received, b.written_off, b.due - b.received - b.written_off AS left_ INTO r
    FROM funding_recovery f JOIN recovery_balance b ON b.recovery_id = f.id WHERE f.id = key;
  IF NOT (CASE r.state WHEN 'received' THEN r.left_ = 0 AND r.written_off = 0 WHEN 'written_off' THEN r.left_ = 0 AND r.written_off > 0
                      WHEN 'claimed' THEN r.left_ > 0 WHEN 'scheduled' THEN r.left_ > 0
                      ELSE r.received = 0 AND r.written_off = 0 END) THEN
    PERFORM recovery_refuse('recovery_state_says_what_is_left', r.left_, r.amount);
  END IF;
  IF NOT EXISTS (SELECT FROM funding_recoverypart p WHERE p.recovery_id = key)
     OR EXISTS (SELECT FROM funding_recoverypart p WHERE p.recovery_id = key GROUP BY p.version HAVING sum(p.amount) <> r.amount) THEN
    PERFORM recovery_refuse('recovery_parts_sum_to_it', r.amount, r.amount);
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER recovery_adds_up AFTER INSERT OR UPDATE ON funding_recovery
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION recovery_adds_up();
CREATE CONSTRAINT TRIGGER recovery_part_adds_up AFTER INSERT ON funding_recoverypart
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION recovery_adds_up();
CREATE CONSTRAINT TRIGGER recovery_receipt_adds_up AFTER INSERT ON funding_recoveryreceipt
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION recovery_adds_up();
CREATE CONSTRAINT TRIGGER write_off_adds_up AFTER UPDATE ON funding_writeoff
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION recovery_adds_up();
"""

UNDO_RECOVERIES = """
DROP TRIGGER write_off_adds_up ON funding_writeoff;
DROP TRIGGER recovery_receipt_adds_up ON funding_recoveryreceipt;
DROP TRIGGER recovery_part_adds_up ON funding_recoverypart;
DROP TRIGGER recovery_adds_up ON funding_recovery;
DROP TRIGGER recovery_moves ON funding_recovery;
DROP TRIGGER agreement_above_what_is_paid ON funding_agreement;
DROP TRIGGER recovery_has_its_receipt ON ledger_entry;
DROP TRIGGER ledger_post_keeps_recoveries ON ledger_entry;
DROP TRIGGER recovery_is_of_what_was_paid ON funding_recovery;
DROP FUNCTION recovery_adds_up();
DROP FUNCTION recovery_moves();
DROP FUNCTION agreement_above_what_is_paid();
DROP FUNCTION recovery_has_its_receipt();
DROP FUNCTION recovery_keeps_its_payment();
DROP FUNCTION recovery_is_of_what_was_paid();
DROP FUNCTION recovery_left(bigint);
DROP FUNCTION recovery_refuse(text, numeric, numeric);
"""

# A receipt is its row of the ledger, word for word; a correction undoes a whole receipt, by another person. What goes back to the envelope is
# a row of the agreement's commitment, never more than what came back.
RECEIPTS = """
CREATE FUNCTION recovery_receipt_is_its_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  o record;
BEGIN
  IF NOT EXISTS (SELECT FROM ledger_entry l JOIN funding_recovery r ON r.id = NEW.recovery_id
                  WHERE l.id = NEW.entry_id AND l.kind = 'recovery' AND l.agreement_id = r.agreement_id AND l.amount = -NEW.amount
                    AND l.reference = NEW.reference AND r.claimed_at IS NOT NULL) THEN
    PERFORM recovery_refuse('recovery_receipt_is_its_entry', NEW.amount, NEW.amount);
  END IF;
  IF NEW.reverses_id IS NOT NULL THEN
    SELECT recovery_id, amount, recorded_by_id, reverses_id, entry_id INTO o FROM funding_recoveryreceipt WHERE id = NEW.reverses_id;
    IF o.recovery_id <> NEW.recovery_id OR o.amount <> -NEW.amount OR o.reverses_id IS NOT NULL
       OR NOT EXISTS (SELECT FROM ledger_entry WHERE id = NEW.entry_id AND reverses_id = o.entry_id) THEN
      PERFORM recovery_refuse('recovery_receipt_corrects_a_whole_one', o.amount, -NEW.amount);
    ELSIF o.recorded_by_id = NEW.recorded_by_id THEN
      PERFORM recovery_refuse('recovery_receipt_corrected_by_another', o.amount, -NEW.amount);
    END IF;
  END IF;
  SELECT due - received - written_off AS left_ INTO o FROM recovery_balance WHERE recovery_id = NEW.recovery_id FOR UPDATE;
  BEGIN
    UPDATE recovery_balance SET received = received + NEW.amount WHERE recovery_id = NEW.recovery_id;
  EXCEPTION WHEN check_violation THEN
    PERFORM recovery_refuse('recovery_within_due', o.left_, NEW.amount);
  END;
  RETURN NULL;
END $$;
CREATE TRIGGER recovery_receipt_is_its_entry AFTER INSERT ON funding_recoveryreceipt
  FOR EACH ROW EXECUTE FUNCTION recovery_receipt_is_its_entry();

CREATE FUNCTION recovery_credit_fits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  back numeric;
  came numeric;
BEGIN
  SELECT r.amount INTO came FROM funding_recoveryreceipt r JOIN funding_recovery f ON f.id = r.recovery_id
    JOIN ledger_entry l ON l.id = NEW.entry_id
   WHERE r.id = NEW.receipt_id AND l.kind = 'commitment' AND l.agreement_id = f.agreement_id AND l.reference = r.reference
     AND sign(l.amount) = -sign(r.amount) AND (r.amount < 0 OR l.reverses_id IS NOT NULL);
  SELECT sum(l.amount) INTO back FROM funding_recoverycredit c JOIN ledger_entry l ON l.id = c.entry_id WHERE c.receipt_id = NEW.receipt_id;
  IF came IS NULL OR abs(back) > abs(came) THEN
    PERFORM recovery_refuse('recovery_credit_fits', coalesce(came, 0), coalesce(back, 0));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER recovery_credit_fits AFTER INSERT ON funding_recoverycredit FOR EACH ROW EXECUTE FUNCTION recovery_credit_fits();
"""

UNDO_RECEIPTS = """
DROP TRIGGER recovery_credit_fits ON funding_recoverycredit;
DROP TRIGGER recovery_receipt_is_its_entry ON funding_recoveryreceipt;
DROP FUNCTION recovery_credit_fits();
DROP FUNCTION recovery_receipt_is_its_entry();
"""

# SD-12: the level of the original decision is that of its approvals, and whoever approved it does not forgive what it gave.
WRITE_OFFS = """
CREATE FUNCTION write_off_is_decided_above() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  ladder text[] := ARRAY['director', 'head', 'minister_delegate'];
  decision bigint;
  level text;
  left_ numeric;
BEGIN
  IF OLD.state <> 'requested' THEN
    PERFORM recovery_refuse('write_off_is_final', OLD.amount, NEW.amount);
  ELSIF NEW.state <> 'approved' THEN
    RETURN NEW;
  END IF;
  SELECT g.award_id INTO decision FROM funding_recovery r JOIN funding_agreement g ON g.id = r.agreement_id WHERE r.id = NEW.recovery_id;
  SELECT ladder[max(array_position(ladder, p.role::text))] INTO level
    FROM funding_approval p JOIN funding_award a ON a.id = p.award_id AND a.round = p.round WHERE a.id = decision;
  IF level <> NEW.original_role THEN
    PERFORM recovery_refuse('write_off_one_level_above', NEW.amount, NEW.amount);
  ELSIF EXISTS (SELECT FROM funding_approval p WHERE p.award_id = decision AND p.person_id = NEW.decided_by_id) THEN
    PERFORM recovery_refuse('write_off_decided_by_another', NEW.amount, NEW.amount);
  END IF;
  SELECT due - received - written_off INTO left_ FROM recovery_balance WHERE recovery_id = NEW.recovery_id FOR UPDATE;
  BEGIN
    UPDATE recovery_balance SET written_off = written_off + NEW.amount WHERE recovery_id = NEW.recovery_id;
  EXCEPTION WHEN check_violation THEN
    PERFORM recovery_refuse('recovery_within_due', left_, NEW.amount);
  END;
  RETURN NEW;
END $$;
CREATE TRIGGER write_off_is_decided_above BEFORE UPDATE ON funding_writeoff FOR EACH ROW EXECUTE FUNCTION write_off_is_decided_above();

CREATE FUNCTION write_off_begins_requested() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM recovery_refuse('write_off_begins_requested', NEW.amount, NEW.amount);
  RETURN NULL;
END $$;
CREATE TRIGGER write_off_begins_requested BEFORE INSERT ON funding_writeoff
  FOR EACH ROW WHEN (NEW.state <> 'requested') EXECUTE FUNCTION write_off_begins_requested();
"""

UNDO_WRITE_OFFS = """
DROP TRIGGER write_off_begins_requested ON funding_writeoff;
DROP TRIGGER write_off_is_decided_above ON funding_writeoff;
DROP FUNCTION write_off_begins_requested();
DROP FUNCTION write_off_is_decided_above();
"""

# What was found and asked is written once: the application's role updates nothing but what follows a decision.
RIGHTS = f"""
REVOKE UPDATE, DELETE, TRUNCATE ON funding_recovery, funding_writeoff FROM {APP_ROLE};
GRANT UPDATE (state, claimed_by_id, claimed_at, cancelled_by_id, cancelled_at, cancellation_reason) ON funding_recovery TO {APP_ROLE};
GRANT UPDATE (state, role, authority, decided_by_id, decided_at, refusal_reason) ON funding_writeoff TO {APP_ROLE};
"""
UNDO_RIGHTS = f"GRANT UPDATE, DELETE ON funding_recovery, funding_writeoff TO {APP_ROLE};"


class Migration(migrations.Migration):
    dependencies = [("funding", "0060_recoveries")]

    operations = [
        migrations.RunSQL(RECOVERIES, UNDO_RECOVERIES),
        migrations.RunSQL(RECEIPTS, UNDO_RECEIPTS),
        migrations.RunSQL(WRITE_OFFS, UNDO_WRITE_OFFS),
        migrations.RunSQL(RIGHTS, UNDO_RIGHTS),
        append_only("funding_recoverypart", "funding_recoveryreceipt", "funding_recoverycredit"),
        read_only("recovery_balance"),
    ]
