"""The invariants of what the Secretariat itself costs, as queries: code, title, and the rows that break it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

COST_INVARIANTS: tuple[tuple[str, Any, str], ...] = (
    (
        "INV-05b", _("Une dépense du Secrétariat est payée de sa propre enveloppe, dans ce qui en est engagé pour l’exercice"),
        """SELECT c.number || ' ' || y.fiscal_year FROM cost_year y JOIN funding_secretariatcost c ON c.id = y.cost_id
           LEFT JOIN (SELECT cost_id, fiscal_year, coalesce(sum(amount) FILTER (WHERE kind = 'commitment'), 0) AS committed,
                             coalesce(sum(amount) FILTER (WHERE kind = 'payment'), 0) AS paid
                        FROM ledger_entry WHERE cost_id IS NOT NULL GROUP BY 1, 2) s USING (cost_id, fiscal_year)
           WHERE (y.committed, y.paid) <> (coalesce(s.committed, 0), coalesce(s.paid, 0)) OR y.paid > y.committed OR y.paid < 0
           UNION ALL
           SELECT 'écriture ' || l.id FROM ledger_entry l JOIN funding_envelope e ON e.id = l.envelope_id
           WHERE l.cost_id IS NOT NULL AND (e.code <> 'SECRETARIAT' OR l.agreement_id IS NOT NULL)""",
    ),
    (
        "INV-10b", _("Les écritures d’une dépense du Secrétariat sont exactement ce qu’une autre personne a approuvé"),
        """SELECT m.number FROM funding_costmove m WHERE m.entered_by_id = m.decided_by_id
           UNION ALL
           SELECT m.number FROM (
             SELECT l.move_id, v.cost_id, l.fiscal_year, l.kind, l.amount FROM funding_costline l
               JOIN funding_costmove v ON v.id = l.move_id AND v.state = 'approved' WHERE l.kind <> ''
             UNION ALL
             SELECT cost_move_id, cost_id, fiscal_year, kind, -amount FROM ledger_entry WHERE cost_move_id IS NOT NULL) x
           JOIN funding_costmove m ON m.id = x.move_id
           GROUP BY m.number, x.cost_id, x.fiscal_year, x.kind HAVING sum(x.amount) <> 0""",
    ),
)  # fmt: skip
