# ruff: noqa: S608 — the queries are made of constants of this module
"""The invariants of recoveries, as queries: code, title, and the rows that break it (`reporting/queries/invariants.py`)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

_SUMS = """
SELECT r.id, r.number, r.agreement_id, r.state, r.amount,
       coalesce((SELECT sum(c.amount) FROM funding_recoveryreceipt c WHERE c.recovery_id = r.id), 0) AS received,
       coalesce((SELECT sum(w.amount) FROM funding_writeoff w WHERE w.recovery_id = r.id AND w.state = 'approved'), 0) AS written_off
  FROM funding_recovery r
"""
_RANK = "array_position(ARRAY['director', 'head', 'minister_delegate'], {})"

RECOVERY_INVARIANTS: tuple[tuple[str, Any, str], ...] = (
    (
        "INV-12b", _("Reçu et radié tiennent dans ce qui est à recouvrer, et ce qui reste tient dans ce qui est payé"),
        f"""SELECT s.number || ' : ' || s.received || ' + ' || s.written_off || ' > ' || s.amount FROM ({_SUMS}) s
            WHERE s.received < 0 OR s.written_off < 0 OR s.received + s.written_off > s.amount
            UNION ALL
            SELECT g.number || ' : ' || sum(s.amount - s.received - s.written_off) || ' > ' || coalesce(b.paid, 0) FROM ({_SUMS}) s
            JOIN funding_agreement g ON g.id = s.agreement_id LEFT JOIN agreement_balance b ON b.agreement_id = g.id
            WHERE s.state <> 'cancelled' GROUP BY g.id, b.paid HAVING sum(s.amount - s.received - s.written_off) > coalesce(b.paid, 0)
            UNION ALL
            SELECT 'compteur ' || s.number FROM ({_SUMS}) s LEFT JOIN recovery_balance b ON b.recovery_id = s.id
            WHERE (b.due, b.received, b.written_off) IS DISTINCT FROM (s.amount, s.received, s.written_off)
            UNION ALL
            SELECT s.number || ' : ' || s.state FROM ({_SUMS}) s
            WHERE (s.state IN ('received', 'written_off')) <> (s.received + s.written_off = s.amount)
               OR (s.state = 'written_off') <> (s.written_off > 0 AND s.received + s.written_off = s.amount)""",
    ),
    (
        "INV-12c", _("Chaque encaissement a son écriture au grand livre, et ne rend à l’enveloppe que ce qui est revenu"),
        """SELECT c.reference FROM funding_recoveryreceipt c JOIN funding_recovery r ON r.id = c.recovery_id
           JOIN ledger_entry l ON l.id = c.entry_id
           WHERE (l.kind, l.agreement_id, l.amount, l.reference) <> ('recovery', r.agreement_id, -c.amount, c.reference)
           UNION ALL
           SELECT c.reference FROM funding_recoveryreceipt c JOIN funding_recoverycredit k ON k.receipt_id = c.id
           JOIN ledger_entry l ON l.id = k.entry_id GROUP BY c.id
           HAVING abs(sum(l.amount)) > abs(c.amount) OR sign(sum(l.amount)) = sign(c.amount) OR bool_or(l.kind <> 'commitment')
           UNION ALL
           SELECT r.number || ' : échéancier' FROM funding_recovery r LEFT JOIN funding_recoverypart p ON p.recovery_id = r.id
           GROUP BY r.id, p.version HAVING sum(p.amount) IS DISTINCT FROM r.amount""",
    ),
    (
        "SD-12", _("Une radiation est décidée un niveau au-dessus de la décision d’origine, par une autre personne"),
        f"""SELECT r.number FROM funding_writeoff w JOIN funding_recovery r ON r.id = w.recovery_id
            JOIN funding_agreement g ON g.id = r.agreement_id
            WHERE w.state = 'approved' AND (w.decided_by_id = w.requested_by_id
               OR {_RANK.format("w.role::text")} < least({_RANK.format("w.original_role::text")} + 1, 3)
               OR EXISTS (SELECT FROM funding_approval p WHERE p.award_id = g.award_id AND p.person_id = w.decided_by_id)
               OR EXISTS (SELECT FROM funding_approval p JOIN funding_award a ON a.id = p.award_id AND a.round = p.round
                           WHERE a.id = g.award_id AND {_RANK.format("p.role::text")} > {_RANK.format("w.original_role::text")}))""",
    ),
)  # fmt: skip
