"""The ledger counts what the Secretariat costs, cost by cost and year by year, and takes only what another person approved."""

from django.db import migrations

from fondsinnovation.migration_sql import APP_ROLE, append_only, read_only

# It fires after `ledger_post` and before `ledger_post_cash` (triggers fire by name): every counter of rank 3 before the cash.
COUNTER = """
CREATE FUNCTION ledger_cost() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  a record;
  left_ numeric;
BEGIN
  IF EXISTS (SELECT FROM fresh f JOIN funding_envelope e ON e.id = f.envelope_id
              WHERE f.cost_id IS NOT NULL AND e.code <> 'SECRETARIAT') THEN
    RAISE EXCEPTION 'a cost of the Secretariat is paid from its own envelope'
      USING ERRCODE = '23514', CONSTRAINT = 'ledger_cost_in_its_envelope';
  END IF;
  IF EXISTS (SELECT FROM fresh f JOIN ledger_entry o ON o.id = f.reverses_id WHERE f.cost_id IS DISTINCT FROM o.cost_id) THEN
    RAISE EXCEPTION 'a contra-entry has the cost of what it reverses' USING ERRCODE = '23514', CONSTRAINT = 'ledger_contra_fits';
  END IF;
  FOR a IN SELECT f.cost_id, c.number, f.fiscal_year, coalesce(sum(f.amount) FILTER (WHERE f.kind = 'commitment'), 0) AS committed,
                  coalesce(sum(f.amount) FILTER (WHERE f.kind = 'payment'), 0) AS paid
             FROM fresh f JOIN funding_secretariatcost c ON c.id = f.cost_id GROUP BY 1, 2, 3 ORDER BY 1, 3
  LOOP
    INSERT INTO cost_year (cost_id, fiscal_year, committed, paid) VALUES (a.cost_id, a.fiscal_year, 0, 0) ON CONFLICT DO NOTHING;
    SELECT committed - paid INTO left_ FROM cost_year WHERE cost_id = a.cost_id AND fiscal_year = a.fiscal_year FOR UPDATE;
    BEGIN
      UPDATE cost_year SET committed = committed + a.committed, paid = paid + a.paid
       WHERE cost_id = a.cost_id AND fiscal_year = a.fiscal_year;
    EXCEPTION WHEN check_violation THEN
      PERFORM ledger_refuse('cost_year_within_committed', a.number, a.fiscal_year, left_, a.paid - a.committed);
    END;
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_post_by_cost AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_cost();
"""
UNDO_COUNTER = """
DROP TRIGGER ledger_post_by_cost ON ledger_entry;
DROP FUNCTION ledger_cost();
"""

MOVES = """
CREATE FUNCTION cost_move_as_approved() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  key bigint := CASE TG_TABLE_NAME WHEN 'ledger_entry' THEN (to_jsonb(NEW) ->> 'cost_move_id')::bigint
                                   WHEN 'funding_costline' THEN (to_jsonb(NEW) ->> 'move_id')::bigint
                                   ELSE (to_jsonb(NEW) ->> 'id')::bigint END;
  m funding_costmove;
BEGIN
  SELECT * INTO m FROM funding_costmove WHERE id = key;
  IF m.state <> 'approved' AND EXISTS (SELECT FROM ledger_entry WHERE cost_move_id = key)
     OR m.state = 'approved' AND EXISTS (
       SELECT FROM (
         SELECT m.cost_id, fiscal_year, kind, amount, reverses_id, 1 AS n FROM funding_costline WHERE move_id = key AND kind <> ''
         UNION ALL
         SELECT cost_id, fiscal_year, kind, amount, reverses_id, -1 FROM ledger_entry WHERE cost_move_id = key) x
        GROUP BY cost_id, fiscal_year, kind, amount, reverses_id HAVING sum(n) <> 0) THEN
    RAISE EXCEPTION 'the ledger rows of % are exactly its approved lines', m.number
      USING ERRCODE = '23514', CONSTRAINT = 'cost_move_as_approved';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER cost_move_as_approved AFTER INSERT OR UPDATE OF state ON funding_costmove
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cost_move_as_approved();
CREATE CONSTRAINT TRIGGER cost_line_as_approved AFTER INSERT ON funding_costline
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cost_move_as_approved();
CREATE CONSTRAINT TRIGGER ledger_cost_as_approved AFTER INSERT ON ledger_entry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.cost_move_id IS NOT NULL) EXECUTE FUNCTION cost_move_as_approved();

-- A line is of its move's kind, about its move's cost; nothing is added to what was decided.
CREATE FUNCTION cost_line_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  m record;
  fits boolean;
BEGIN
  SELECT v.kind, v.state, c.kind AS cost_kind INTO m FROM funding_costmove v LEFT JOIN funding_secretariatcost c ON c.id = v.cost_id
   WHERE v.id = NEW.move_id;
  fits := CASE m.kind WHEN 'forecast' THEN NEW.kind = '' WHEN 'correction' THEN NEW.reverses_id IS NOT NULL
                      ELSE NEW.kind = m.kind AND NEW.reverses_id IS NULL END;
  IF NOT fits OR m.state <> 'proposed' OR m.cost_kind IS NOT NULL AND m.cost_kind <> NEW.cost_kind THEN
    RAISE EXCEPTION 'the line does not fit its move' USING ERRCODE = '23514', CONSTRAINT = 'cost_line_fits';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER cost_line_fits BEFORE INSERT ON funding_costline FOR EACH ROW EXECUTE FUNCTION cost_line_fits();

CREATE FUNCTION cost_move_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is decided', OLD.number USING ERRCODE = '23514', CONSTRAINT = 'cost_move_is_final';
END $$;
CREATE TRIGGER cost_move_is_final BEFORE UPDATE ON funding_costmove
  FOR EACH ROW WHEN (OLD.state <> 'proposed') EXECUTE FUNCTION cost_move_is_final();
"""
UNDO_MOVES = """
DROP TRIGGER cost_move_is_final ON funding_costmove;
DROP FUNCTION cost_move_is_final();
DROP TRIGGER cost_line_fits ON funding_costline;
DROP FUNCTION cost_line_fits();
DROP TRIGGER ledger_cost_as_approved ON ledger_entry;
DROP TRIGGER cost_line_as_approved ON funding_costline;
DROP TRIGGER cost_move_as_approved ON funding_costmove;
DROP FUNCTION cost_move_as_approved();
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0080_secretariat_costs")]

    operations = [
        migrations.RunSQL(COUNTER, UNDO_COUNTER),
        migrations.RunSQL(MOVES, UNDO_MOVES),
        append_only("funding_secretariatcost", "funding_costline"),
        read_only("cost_year"),
        # What was entered does not change: only the decision is written on it.
        migrations.RunSQL(
            f"""REVOKE UPDATE, DELETE, TRUNCATE ON funding_costmove FROM {APP_ROLE};
            GRANT UPDATE (state, decided_by_id, decided_at, refusal_reason) ON funding_costmove TO {APP_ROLE};""",
            f"GRANT UPDATE, DELETE ON funding_costmove TO {APP_ROLE};",
        ),
    ]
