"""The ledger counts every kind of credit, holds contra-entries to what they reverse, and moves credit only as it was approved."""

from django.db import migrations

from fondsinnovation.migration_sql import APP_ROLE, append_only

LEDGER = """
CREATE OR REPLACE FUNCTION ledger_post() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a record;
  y envelope_year;
  t envelope_total;
  left_ numeric;
BEGIN
  FOR a IN
    SELECT f.envelope_id, e.code, f.fiscal_year, count(*) AS n, min(f.seq) AS lowest, max(f.seq) AS highest,
           coalesce(sum(f.amount) FILTER
             (WHERE f.kind IN ('authorisation', 'transfer', 'freeze', 'lapse', 'carry', 'reinvestment')), 0) AS authorised,
           coalesce(sum(f.amount) FILTER (WHERE f.kind = 'reservation'), 0) AS reserved,
           coalesce(sum(f.amount) FILTER (WHERE f.kind = 'commitment'), 0) AS committed
      FROM fresh f JOIN funding_envelope e ON e.id = f.envelope_id
     GROUP BY 1, 2, 3 ORDER BY 1, 3
  LOOP
    INSERT INTO envelope_year (envelope_id, fiscal_year, authorised, reserved, committed, last_seq)
      VALUES (a.envelope_id, a.fiscal_year, 0, 0, 0, 0) ON CONFLICT DO NOTHING;
    SELECT * INTO y FROM envelope_year WHERE envelope_id = a.envelope_id AND fiscal_year = a.fiscal_year FOR UPDATE;
    IF a.lowest <> y.last_seq + 1 OR a.highest <> y.last_seq + a.n THEN
      RAISE EXCEPTION 'ledger rows of % % must be numbered from %', a.code, a.fiscal_year, y.last_seq + 1
        USING ERRCODE = '23514', CONSTRAINT = 'ledger_seq_gapless';
    END IF;
    BEGIN
      UPDATE envelope_year SET authorised = authorised + a.authorised, reserved = reserved + a.reserved,
             committed = committed + a.committed, last_seq = a.highest WHERE id = y.id;
    EXCEPTION WHEN check_violation THEN
      PERFORM ledger_refuse('envelope_year_within_authorised', a.code, a.fiscal_year,
                            y.authorised - y.reserved - y.committed, a.reserved + a.committed - a.authorised);
    END;
  END LOOP;

  -- A transfer between envelopes moves the ceiling with the credit; within one envelope it sums to nothing.
  FOR a IN SELECT f.envelope_id, e.code, sum(f.amount) AS amount, coalesce(sum(f.amount) FILTER (WHERE f.kind = 'transfer'), 0) AS moved
             FROM fresh f JOIN funding_envelope e ON e.id = f.envelope_id
            WHERE f.kind IN ('authorisation', 'transfer') GROUP BY 1, 2 ORDER BY 1
  LOOP
    INSERT INTO envelope_total (envelope_id, ceiling, authorised)
      SELECT id, ceiling, 0 FROM funding_envelope WHERE id = a.envelope_id ON CONFLICT DO NOTHING;
    SELECT * INTO t FROM envelope_total WHERE envelope_id = a.envelope_id FOR UPDATE;
    BEGIN
      UPDATE envelope_total SET authorised = authorised + a.amount, ceiling = ceiling + a.moved WHERE envelope_id = a.envelope_id;
    EXCEPTION WHEN check_violation THEN
      PERFORM ledger_refuse('envelope_total_within_ceiling', a.code, NULL, t.ceiling - t.authorised, a.amount - a.moved);
    END;
  END LOOP;

  FOR a IN SELECT f.call_id, c.reference, f.fiscal_year, sum(f.amount) AS amount
             FROM fresh f JOIN projects_call c ON c.id = f.call_id
            WHERE f.kind = 'reservation' AND f.award_id IS NULL GROUP BY 1, 2, 3 ORDER BY 1, 3
  LOOP
    INSERT INTO call_year (call_id, fiscal_year, reserved) VALUES (a.call_id, a.fiscal_year, 0) ON CONFLICT DO NOTHING;
    SELECT reserved INTO left_ FROM call_year WHERE call_id = a.call_id AND fiscal_year = a.fiscal_year FOR UPDATE;
    BEGIN
      UPDATE call_year SET reserved = reserved + a.amount WHERE call_id = a.call_id AND fiscal_year = a.fiscal_year;
    EXCEPTION WHEN check_violation THEN
      PERFORM ledger_refuse('call_year_within_reserved', a.reference, a.fiscal_year, left_, -a.amount);
    END;
  END LOOP;

  FOR a IN SELECT f.award_id, f.fiscal_year, sum(f.amount) AS amount FROM fresh f
            WHERE f.kind = 'reservation' AND f.award_id IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
  LOOP
    INSERT INTO award_year (award_id, fiscal_year, reserved) VALUES (a.award_id, a.fiscal_year, 0) ON CONFLICT DO NOTHING;
    SELECT reserved INTO left_ FROM award_year WHERE award_id = a.award_id AND fiscal_year = a.fiscal_year FOR UPDATE;
    BEGIN
      UPDATE award_year SET reserved = reserved + a.amount WHERE award_id = a.award_id AND fiscal_year = a.fiscal_year;
    EXCEPTION WHEN check_violation THEN
      PERFORM ledger_refuse('award_year_within_reserved', a.award_id::text, a.fiscal_year, left_, -a.amount);
    END;
  END LOOP;

  FOR a IN SELECT f.agreement_id, g.number,
                  coalesce(sum(f.amount) FILTER (WHERE f.kind = 'commitment'), 0) AS committed,
                  coalesce(sum(f.amount) FILTER (WHERE f.kind IN ('payment', 'recovery')), 0) AS paid
             FROM fresh f JOIN funding_agreement g ON g.id = f.agreement_id GROUP BY 1, 2 ORDER BY 1
  LOOP
    INSERT INTO agreement_balance (agreement_id, committed, paid) VALUES (a.agreement_id, 0, 0) ON CONFLICT DO NOTHING;
    SELECT committed - paid INTO left_ FROM agreement_balance WHERE agreement_id = a.agreement_id FOR UPDATE;
    BEGIN
      UPDATE agreement_balance SET committed = committed + a.committed, paid = paid + a.paid WHERE agreement_id = a.agreement_id;
    EXCEPTION WHEN check_violation THEN
      PERFORM ledger_refuse('agreement_balance_within_committed', a.number, NULL, left_, a.paid - a.committed);
    END;
  END LOOP;

  FOR a IN SELECT f.instalment_id, sum(f.amount) AS paid FROM fresh f
            WHERE f.instalment_id IS NOT NULL AND f.kind IN ('payment', 'recovery') GROUP BY 1 ORDER BY 1
  LOOP
    INSERT INTO instalment_balance (instalment_id, scheduled, paid)
      SELECT id, amount, 0 FROM funding_instalment WHERE id = a.instalment_id ON CONFLICT DO NOTHING;
    SELECT scheduled - paid INTO left_ FROM instalment_balance WHERE instalment_id = a.instalment_id FOR UPDATE;
    BEGIN
      UPDATE instalment_balance SET paid = paid + a.paid WHERE instalment_id = a.instalment_id;
    EXCEPTION WHEN check_violation THEN
      PERFORM ledger_refuse('instalment_balance_within_scheduled', a.instalment_id::text, NULL, left_, a.paid);
    END;
  END LOOP;
  RETURN NULL;
END $$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION ledger_post() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a record;
  y envelope_year;
  t envelope_total;
  left_ numeric;
BEGIN
  FOR a IN
    SELECT f.envelope_id, e.code, f.fiscal_year, count(*) AS n, min(f.seq) AS lowest, max(f.seq) AS highest,
           coalesce(sum(f.amount) FILTER (WHERE f.kind = 'authorisation'), 0) AS authorised,
           coalesce(sum(f.amount) FILTER (WHERE f.kind = 'reservation'), 0) AS reserved,
           coalesce(sum(f.amount) FILTER (WHERE f.kind = 'commitment'), 0) AS committed
      FROM fresh f JOIN funding_envelope e ON e.id = f.envelope_id
     GROUP BY 1, 2, 3 ORDER BY 1, 3
  LOOP
    INSERT INTO envelope_year (envelope_id, fiscal_year, authorised, reserved, committed, last_seq)
      VALUES (a.envelope_id, a.fiscal_year, 0, 0, 0, 0) ON CONFLICT DO NOTHING;
    SELECT * INTO y FROM envelope_year WHERE envelope_id = a.envelope_id AND fiscal_year = a.fiscal_year FOR UPDATE;
    IF a.lowest <> y.last_seq + 1 OR a.highest <> y.last_seq + a.n THEN
      RAISE EXCEPTION 'ledger rows of % % must be numbered from %', a.code, a.fiscal_year, y.last_seq + 1
        USING ERRCODE = '23514', CONSTRAINT = 'ledger_seq_gapless';
    END IF;
    BEGIN
      UPDATE envelope_year SET authorised = authorised + a.authorised, reserved = reserved + a.reserved,
             committed = committed + a.committed, last_seq = a.highest WHERE id = y.id;
    EXCEPTION WHEN check_violation THEN
      PERFORM ledger_refuse('envelope_year_within_authorised', a.code, a.fiscal_year,
                            y.authorised - y.reserved - y.committed, a.reserved + a.committed - a.authorised);
    END;
  END LOOP;

  FOR a IN SELECT f.envelope_id, e.code, sum(f.amount) AS amount FROM fresh f JOIN funding_envelope e ON e.id = f.envelope_id
            WHERE f.kind = 'authorisation' GROUP BY 1, 2 ORDER BY 1
  LOOP
    INSERT INTO envelope_total (envelope_id, ceiling, authorised)
      SELECT id, ceiling, 0 FROM funding_envelope WHERE id = a.envelope_id ON CONFLICT DO NOTHING;
    SELECT * INTO t FROM envelope_total WHERE envelope_id = a.envelope_id FOR UPDATE;
    BEGIN
      UPDATE envelope_total SET authorised = authorised + a.amount WHERE envelope_id = a.envelope_id;
    EXCEPTION WHEN check_violation THEN
      PERFORM ledger_refuse('envelope_total_within_ceiling', a.code, NULL, t.ceiling - t.authorised, a.amount);
    END;
  END LOOP;

  FOR a IN SELECT f.call_id, c.reference, f.fiscal_year, sum(f.amount) AS amount
             FROM fresh f JOIN projects_call c ON c.id = f.call_id
            WHERE f.kind = 'reservation' AND f.award_id IS NULL GROUP BY 1, 2, 3 ORDER BY 1, 3
  LOOP
    INSERT INTO call_year (call_id, fiscal_year, reserved) VALUES (a.call_id, a.fiscal_year, 0) ON CONFLICT DO NOTHING;
    SELECT reserved INTO left_ FROM call_year WHERE call_id = a.call_id AND fiscal_year = a.fiscal_year FOR UPDATE;
    BEGIN
      UPDATE call_year SET reserved = reserved + a.amount WHERE call_id = a.call_id AND fiscal_year = a.fiscal_year;
    EXCEPTION WHEN check_violation THEN
      PERFORM ledger_refuse('call_year_within_reserved', a.reference, a.fiscal_year, left_, -a.amount);
    END;
  END LOOP;

  FOR a IN SELECT f.award_id, f.fiscal_year, sum(f.amount) AS amount FROM fresh f
            WHERE f.kind = 'reservation' AND f.award_id IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
  LOOP
    INSERT INTO award_year (award_id, fiscal_year, reserved) VALUES (a.award_id, a.fiscal_year, 0) ON CONFLICT DO NOTHING;
    SELECT reserved INTO left_ FROM award_year WHERE award_id = a.award_id AND fiscal_year = a.fiscal_year FOR UPDATE;
    BEGIN
      UPDATE award_year SET reserved = reserved + a.amount WHERE award_id = a.award_id AND fiscal_year = a.fiscal_year;
    EXCEPTION WHEN check_violation THEN
      PERFORM ledger_refuse('award_year_within_reserved', a.award_id::text, a.fiscal_year, left_, -a.amount);
    END;
  END LOOP;

  FOR a IN SELECT f.agreement_id, g.number,
                  coalesce(sum(f.amount) FILTER (WHERE f.kind = 'commitment'), 0) AS committed,
                  coalesce(sum(f.amount) FILTER (WHERE f.kind IN ('payment', 'recovery')), 0) AS paid
             FROM fresh f JOIN funding_agreement g ON g.id = f.agreement_id GROUP BY 1, 2 ORDER BY 1
  LOOP
    INSERT INTO agreement_balance (agreement_id, committed, paid) VALUES (a.agreement_id, 0, 0) ON CONFLICT DO NOTHING;
    SELECT committed - paid INTO left_ FROM agreement_balance WHERE agreement_id = a.agreement_id FOR UPDATE;
    BEGIN
      UPDATE agreement_balance SET committed = committed + a.committed, paid = paid + a.paid WHERE agreement_id = a.agreement_id;
    EXCEPTION WHEN check_violation THEN
      PERFORM ledger_refuse('agreement_balance_within_committed', a.number, NULL, left_, a.paid - a.committed);
    END;
  END LOOP;

  FOR a IN SELECT f.instalment_id, sum(f.amount) AS paid FROM fresh f
            WHERE f.instalment_id IS NOT NULL AND f.kind IN ('payment', 'recovery') GROUP BY 1 ORDER BY 1
  LOOP
    INSERT INTO instalment_balance (instalment_id, scheduled, paid)
      SELECT id, amount, 0 FROM funding_instalment WHERE id = a.instalment_id ON CONFLICT DO NOTHING;
    SELECT scheduled - paid INTO left_ FROM instalment_balance WHERE instalment_id = a.instalment_id FOR UPDATE;
    BEGIN
      UPDATE instalment_balance SET paid = paid + a.paid WHERE instalment_id = a.instalment_id;
    EXCEPTION WHEN check_violation THEN
      PERFORM ledger_refuse('instalment_balance_within_scheduled', a.instalment_id::text, NULL, left_, a.paid);
    END;
  END LOOP;
  RETURN NULL;
END $$;
"""

# It fires after `ledger_post` (triggers fire by name), which holds the account: two contra-entries of one row wait for each other.
CONTRA = """
CREATE FUNCTION ledger_reverses() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  c record;
BEGIN
  FOR c IN SELECT o.id, o.amount, bool_and(o.reverses_id IS NULL AND sign(f.amount) = -sign(o.amount)
                    AND (f.envelope_id, f.fiscal_year, f.kind) = (o.envelope_id, o.fiscal_year, o.kind)
                    AND f.call_id IS NOT DISTINCT FROM o.call_id AND f.award_id IS NOT DISTINCT FROM o.award_id
                    AND f.agreement_id IS NOT DISTINCT FROM o.agreement_id
                    AND f.instalment_id IS NOT DISTINCT FROM o.instalment_id) AS fits
             FROM fresh f JOIN ledger_entry o ON o.id = f.reverses_id GROUP BY 1, 2 ORDER BY 1
  LOOP
    IF NOT c.fits THEN
      RAISE EXCEPTION 'a contra-entry has the account, the kind and the holder of row %, and the other sign', c.id
        USING ERRCODE = '23514', CONSTRAINT = 'ledger_contra_fits';
    END IF;
    IF abs((SELECT sum(r.amount) FROM ledger_entry r WHERE r.reverses_id = c.id)) > abs(c.amount) THEN
      RAISE EXCEPTION 'row % would be reversed by more than its amount', c.id
        USING ERRCODE = '23514', CONSTRAINT = 'ledger_contra_within';
    END IF;
  END LOOP;
  IF EXISTS (SELECT FROM ledger_entry l JOIN (SELECT DISTINCT envelope_id, fiscal_year FROM fresh WHERE kind = 'freeze' AND amount > 0) f
                ON (f.envelope_id, f.fiscal_year) = (l.envelope_id, l.fiscal_year)
              WHERE l.kind = 'freeze' GROUP BY l.envelope_id, l.fiscal_year HAVING sum(l.amount) > 0) THEN
    RAISE EXCEPTION 'more would be thawed than was frozen' USING ERRCODE = '23514', CONSTRAINT = 'ledger_thaw_within_frozen';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_post_reverses AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_reverses();
"""
UNDO_CONTRA = "DROP TRIGGER ledger_post_reverses ON ledger_entry; DROP FUNCTION ledger_reverses();"

# At COMMIT a move that is approved has written its lines and nothing else, and one that is not has written nothing.
MOVES = """
CREATE FUNCTION credit_move_as_approved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  row_ jsonb := to_jsonb(NEW);
  key bigint := CASE WHEN TG_TABLE_NAME = 'funding_creditmove' THEN (row_->>'id')::bigint ELSE (row_->>'move_id')::bigint END;
  approved boolean := (SELECT state = 'approved' FROM funding_creditmove WHERE id = key);
BEGIN
  IF key IS NULL THEN RETURN NULL; END IF;
  IF EXISTS (
    SELECT FROM (
      SELECT envelope_id, fiscal_year, kind, agreement_id, reverses_id, amount FROM funding_creditline WHERE move_id = key AND approved
      UNION ALL
      SELECT envelope_id, fiscal_year, kind, agreement_id, reverses_id, -amount FROM ledger_entry WHERE move_id = key
    ) AS both_ (e, y, k, a, r, amount) GROUP BY e, y, k, a, r HAVING sum(amount) <> 0) THEN
    RAISE EXCEPTION 'the ledger rows of move % are not its approved lines', key
      USING ERRCODE = '23514', CONSTRAINT = 'credit_move_as_approved';
  END IF;
  IF EXISTS (SELECT FROM funding_creditline WHERE move_id = key AND kind IN ('transfer', 'carry') GROUP BY kind HAVING sum(amount) <> 0) THEN
    RAISE EXCEPTION 'what move % takes is not what it gives', key USING ERRCODE = '23514', CONSTRAINT = 'credit_move_sums_to_nothing';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER credit_move_as_approved AFTER INSERT OR UPDATE OF state ON funding_creditmove
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credit_move_as_approved();
CREATE CONSTRAINT TRIGGER credit_line_as_approved AFTER INSERT ON funding_creditline
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credit_move_as_approved();
CREATE CONSTRAINT TRIGGER ledger_move_as_approved AFTER INSERT ON ledger_entry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.move_id IS NOT NULL) EXECUTE FUNCTION credit_move_as_approved();

CREATE FUNCTION credit_move_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'move % is decided', OLD.number USING ERRCODE = '23514', CONSTRAINT = 'credit_move_is_final';
END $$;
CREATE TRIGGER credit_move_is_final BEFORE UPDATE ON funding_creditmove
  FOR EACH ROW WHEN (OLD.state <> 'proposed') EXECUTE FUNCTION credit_move_is_final();
"""
UNDO_MOVES = """
DROP TRIGGER credit_move_is_final ON funding_creditmove;
DROP FUNCTION credit_move_is_final();
DROP TRIGGER ledger_move_as_approved ON ledger_entry;
DROP TRIGGER credit_line_as_approved ON funding_creditline;
DROP TRIGGER credit_move_as_approved ON funding_creditmove;
DROP FUNCTION credit_move_as_approved();
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0013_credit_moves")]

    operations = [
        migrations.RunSQL(LEDGER, BEFORE),
        migrations.RunSQL(CONTRA, UNDO_CONTRA),
        migrations.RunSQL(MOVES, UNDO_MOVES),
        append_only("funding_creditline"),
        # What was proposed does not change: only the decision is written on it.
        migrations.RunSQL(
            f"""REVOKE UPDATE, DELETE, TRUNCATE ON funding_creditmove FROM {APP_ROLE};
            GRANT UPDATE (state, decided_by_id, decided_at, refusal_reason) ON funding_creditmove TO {APP_ROLE};""",
            f"GRANT UPDATE, DELETE ON funding_creditmove TO {APP_ROLE};",
        ),
    ]
