"""The ledger's own guard: counters kept by one statement-level trigger, with CHECKs that refuse an overrun.

A deferred trigger that sums rows would not stop two concurrent overruns at READ COMMITTED; a counter row does, because the
second UPDATE waits for the first and its CHECK sees the result. The accounts are locked in key order, so no two acts deadlock.
"""

from django.db import migrations

from fondsinnovation.migration_sql import APP_ROLE, append_only, read_only

LEDGER = """
-- The CHECK is the guard; this only says in words, and in the error's detail, what the margin was under the lock.
CREATE FUNCTION ledger_refuse(rule text, what text, fiscal_year int, margin numeric, asked numeric) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%: % asked, % left (% %)', rule, asked, margin, what, coalesce(fiscal_year::text, '')
    USING ERRCODE = '23514', CONSTRAINT = rule,
          DETAIL = json_build_object('what', what, 'fiscal_year', fiscal_year, 'margin', margin::text, 'asked', asked::text)::text;
END $$;

CREATE FUNCTION ledger_post() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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

CREATE TRIGGER ledger_post AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_post();

-- An act locks its accounts first, in key order, and learns the next number of each.
CREATE FUNCTION lock_envelope_years(envelopes bigint[], years int[])
RETURNS TABLE (envelope_id bigint, fiscal_year int, last_seq bigint, margin numeric)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO envelope_year (envelope_id, fiscal_year, authorised, reserved, committed, last_seq)
    SELECT DISTINCT k.e, k.y, 0, 0, 0, 0 FROM unnest(envelopes, years) AS k(e, y) ORDER BY 1, 2 ON CONFLICT DO NOTHING;
  RETURN QUERY
    SELECT v.envelope_id, v.fiscal_year::int, v.last_seq, v.authorised - v.reserved - v.committed
      FROM envelope_year v
     WHERE (v.envelope_id, v.fiscal_year::int) IN (SELECT k.e, k.y FROM unnest(envelopes, years) AS k(e, y))
     ORDER BY v.envelope_id, v.fiscal_year FOR UPDATE;
END $$;
"""

# Instalments and fiscal-year parts sum to their agreement, and an award's parts to its amount, at COMMIT (INV-04, INV-05).
SUMS = """
CREATE FUNCTION agreement_sums() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  row_ jsonb := to_jsonb(coalesce(NEW, OLD));
  key bigint := CASE WHEN TG_TABLE_NAME = 'funding_agreement' THEN (row_->>'id')::bigint ELSE (row_->>'agreement_id')::bigint END;
  total numeric;
BEGIN
  SELECT amount INTO total FROM funding_agreement WHERE id = key;
  IF total IS NULL THEN RETURN NULL; END IF;
  IF total <> (SELECT coalesce(sum(amount), 0) FROM funding_instalment WHERE agreement_id = key) THEN
    RAISE EXCEPTION 'instalments of agreement % do not sum to %', key, total
      USING ERRCODE = '23514', CONSTRAINT = 'agreement_instalments_sum';
  END IF;
  IF total <> (SELECT coalesce(sum(amount), 0) FROM funding_agreementpart WHERE agreement_id = key) THEN
    RAISE EXCEPTION 'fiscal-year parts of agreement % do not sum to %', key, total
      USING ERRCODE = '23514', CONSTRAINT = 'agreement_parts_sum';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER agreement_sums AFTER INSERT OR UPDATE OF amount ON funding_agreement
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION agreement_sums();
CREATE CONSTRAINT TRIGGER instalment_sums AFTER INSERT OR UPDATE OR DELETE ON funding_instalment
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION agreement_sums();
CREATE CONSTRAINT TRIGGER agreement_part_sums AFTER INSERT OR UPDATE OR DELETE ON funding_agreementpart
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION agreement_sums();

CREATE FUNCTION award_sums() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  row_ jsonb := to_jsonb(coalesce(NEW, OLD));
  key bigint := CASE WHEN TG_TABLE_NAME = 'funding_award' THEN (row_->>'id')::bigint ELSE (row_->>'award_id')::bigint END;
  total numeric;
BEGIN
  SELECT amount INTO total FROM funding_award WHERE id = key;
  IF total IS NOT NULL AND total <> (SELECT coalesce(sum(amount), 0) FROM funding_awardpart WHERE award_id = key) THEN
    RAISE EXCEPTION 'fiscal-year parts of award % do not sum to %', key, total USING ERRCODE = '23514', CONSTRAINT = 'award_parts_sum';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER award_sums AFTER INSERT OR UPDATE OF amount ON funding_award
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION award_sums();
CREATE CONSTRAINT TRIGGER award_part_sums AFTER INSERT OR UPDATE OR DELETE ON funding_awardpart
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION award_sums();
"""

COUNTERS = (
    "envelope_year",
    "envelope_total",
    "call_year",
    "award_year",
    "agreement_balance",
    "instalment_balance",
)


def sql(text: str) -> migrations.RunSQL:
    return migrations.RunSQL(text, migrations.RunSQL.noop)


class Migration(migrations.Migration):
    dependencies = [("funding", "0001_initial"), ("projects", "0002_guards")]

    operations = [
        sql(LEDGER),
        sql(SUMS),
        append_only("ledger_entry", "funding_allotment", "funding_approval", "funding_signature", "cofunding"),
        read_only(*COUNTERS),
        # The amounts of the Fund and of an instalment are facts of a signed document: no page changes them.
        migrations.RunSQL(f"REVOKE UPDATE, DELETE ON funding_instalment, funding_agreementpart FROM {APP_ROLE};", ""),
        migrations.RunSQL(f"REVOKE INSERT, UPDATE, DELETE ON funding_fund, funding_envelope FROM {APP_ROLE};", ""),
    ]
