"""The invariant of payments by results, as a query: code, title, and the rows that break it (`reporting/queries/invariants.py`)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

OUTCOME_INVARIANTS: tuple[tuple[str, Any, str], ...] = (
    (
        "INV-08d",
        _("Un paiement aux résultats ne dépasse ni la quantité vérifiée, ni la quantité maximale, ni le versement de la période"),
        """SELECT g.number || '\u00a0: ' || m.title FROM funding_outcomeschedule o JOIN funding_agreement g ON g.id = o.agreement_id
           JOIN funding_milestone m ON m.agreement_id = g.id
           LEFT JOIN funding_outcomedeclaration d ON d.milestone_id = m.id AND d.state IN ('verified', 'partly_verified')
           WHERE coalesce(d.amount, 0) < (
                   SELECT coalesce(sum(p.amount), 0) FROM funding_payment p JOIN funding_instalment i ON i.id = p.instalment_id
                    WHERE i.milestone_id = m.id AND p.state NOT IN ('rejected', 'reversed'))
              OR d.amount > least(round(d.counted * o.unit_price, 2),
                                  (SELECT coalesce(sum(i.amount), 0) FROM funding_instalment i WHERE i.milestone_id = m.id))
           UNION ALL
           SELECT 'compteur ' || g.number FROM funding_outcomeschedule o JOIN funding_agreement g ON g.id = o.agreement_id
           LEFT JOIN outcome_balance b ON b.schedule_id = o.id
           WHERE coalesce(b.counted, 0) <> (SELECT coalesce(sum(d.counted), 0) FROM funding_outcomedeclaration d WHERE d.schedule_id = o.id)
              OR b.counted > o.cap""",
    ),
)
