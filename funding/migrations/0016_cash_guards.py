"""The cash counter: payments and reinvestments come from the ledger, draw-downs and receipts from their own rows (INV-06, INV-07)."""

from django.db import migrations

from fondsinnovation.migration_sql import APP_ROLE, append_only, read_only

# Rank 4 of the locks: after every counter of the ledger. It fires after `ledger_post` because triggers fire by name.
CASH = """
INSERT INTO cash_balance (id, drawn, received, reinvested, paid, enforced)
SELECT 1, 0, 0, coalesce(sum(amount) FILTER (WHERE kind = 'reinvestment'), 0),
       coalesce(sum(amount) FILTER (WHERE kind IN ('payment', 'recovery')), 0), false FROM ledger_entry;
INSERT INTO cash_rule (valid_from, mode, source, recorded_at)
VALUES ('2024-04-01', 'warn', 'Par défaut : les paiements repris d’un autre système n’ont pas leurs tirages', '2024-04-01T04:00:00Z');

-- Only what lessens the cash has to be covered: a draw-down that is not enough is still welcome.
CREATE FUNCTION cash_move(drawn_ numeric, received_ numeric, reinvested_ numeric, paid_ numeric) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  b cash_balance;
  lessens boolean := drawn_ + received_ + reinvested_ - paid_ < 0;
BEGIN
  SELECT * INTO b FROM cash_balance WHERE id = 1 FOR UPDATE;
  UPDATE cash_balance SET drawn = drawn + drawn_, received = received + received_, reinvested = reinvested + reinvested_,
         paid = paid + paid_, enforced = lessens AND coalesce((
           SELECT r.mode = 'block' FROM cash_rule r WHERE r.valid_from <= (now() AT TIME ZONE 'America/Toronto')::date
            ORDER BY r.valid_from DESC, r.id DESC LIMIT 1), false)
   WHERE id = 1;
EXCEPTION WHEN check_violation THEN
  PERFORM ledger_refuse('cash_covers_payments', 'FIP', NULL, b.drawn + b.received + b.reinvested - b.paid,
                        paid_ - drawn_ - received_ - reinvested_);
END $$;

CREATE FUNCTION ledger_cash() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  s record;
BEGIN
  SELECT coalesce(sum(amount) FILTER (WHERE kind = 'reinvestment'), 0) AS reinvested,
         coalesce(sum(amount) FILTER (WHERE kind IN ('payment', 'recovery')), 0) AS paid,
         count(*) FILTER (WHERE kind IN ('reinvestment', 'payment', 'recovery')) AS n INTO s FROM fresh;
  IF s.n > 0 THEN
    PERFORM cash_move(0, 0, s.reinvested, s.paid);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_post_cash AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_cash();

CREATE FUNCTION cash_post() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a draw_authority_balance;
BEGIN
  IF NEW.reverses_id IS NOT NULL AND NOT EXISTS (
       SELECT FROM cash_entry o WHERE o.id = NEW.reverses_id AND o.amount = -NEW.amount AND o.kind = NEW.kind
          AND o.authority_id IS NOT DISTINCT FROM NEW.authority_id AND o.fiscal_year = NEW.fiscal_year) THEN
    RAISE EXCEPTION 'a correction reverses a whole row of the same kind and authority' USING ERRCODE = '23514', CONSTRAINT = 'cash_contra_fits';
  END IF;
  IF NEW.kind = 'draw_down' THEN
    IF NOT EXISTS (SELECT FROM funding_drawauthority d WHERE d.id = NEW.authority_id AND d.state = 'in_force'
                      AND d.in_force_on <= NEW.effective_on) THEN
      RAISE EXCEPTION 'no authority in force on %', NEW.effective_on USING ERRCODE = '23514', CONSTRAINT = 'draw_needs_authority_in_force';
    END IF;
    INSERT INTO draw_authority_balance (authority_id, ceiling, drawn)
      SELECT id, ceiling, 0 FROM funding_drawauthority WHERE id = NEW.authority_id ON CONFLICT DO NOTHING;
    SELECT * INTO a FROM draw_authority_balance WHERE authority_id = NEW.authority_id FOR UPDATE;
    BEGIN
      UPDATE draw_authority_balance SET drawn = drawn + NEW.amount WHERE authority_id = NEW.authority_id;
    EXCEPTION WHEN check_violation THEN
      PERFORM ledger_refuse('draw_within_ceiling', NEW.authority_id::text, NULL, a.ceiling - a.drawn, NEW.amount);
    END;
    PERFORM cash_move(NEW.amount, 0, 0, 0);
  ELSE
    PERFORM cash_move(0, NEW.amount, 0, 0);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER cash_post AFTER INSERT ON cash_entry FOR EACH ROW EXECUTE FUNCTION cash_post();

-- What an authority says does not change; a later one does not make an earlier one less in force.
CREATE FUNCTION draw_authority_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'authority % is in force', OLD.number USING ERRCODE = '23514', CONSTRAINT = 'draw_authority_is_final';
END $$;
CREATE TRIGGER draw_authority_is_final BEFORE UPDATE ON funding_drawauthority
  FOR EACH ROW WHEN (OLD.state = 'in_force') EXECUTE FUNCTION draw_authority_is_final();
"""
UNDO = """
DROP TRIGGER draw_authority_is_final ON funding_drawauthority;
DROP TRIGGER cash_post ON cash_entry;
DROP TRIGGER ledger_post_cash ON ledger_entry;
DROP FUNCTION draw_authority_is_final();
DROP FUNCTION cash_post();
DROP FUNCTION ledger_cash();
DROP FUNCTION cash_move(numeric, numeric, numeric, numeric);
DELETE FROM cash_rule;
DELETE FROM cash_balance;
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0015_cash")]

    operations = [
        migrations.RunSQL(CASH, UNDO),
        append_only("cash_entry", "cash_rule"),
        read_only("cash_balance", "draw_authority_balance"),
        migrations.RunSQL(
            f"""REVOKE UPDATE, DELETE, TRUNCATE ON funding_drawauthority FROM {APP_ROLE};
            GRANT UPDATE (state, adopted_on, adopted_at, adopted_by_id, in_force_on, in_force_at, in_force_by_id)
            ON funding_drawauthority TO {APP_ROLE};""",
            f"GRANT UPDATE, DELETE ON funding_drawauthority TO {APP_ROLE};",
        ),
    ]
