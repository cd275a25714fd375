"""The invariants of payments by results and of prizes: code, title, and the query of what breaks it (`reporting/queries/invariants.py`)."""

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
    (
        "INV-08e",
        _("Chaque prix d’un appel est donné une fois, à son montant, et versé en entier à qui l’a gagné"),
        """SELECT 'décision ' || a.id FROM funding_award a JOIN projects_application f ON f.id = a.application_id
           JOIN projects_call c ON c.id = f.call_id JOIN projects_termsprofile t ON t.id = c.terms_id AND t.modality = 'prize'
           LEFT JOIN funding_prizeaward w ON w.award_id = a.id LEFT JOIN funding_prize p ON p.id = w.prize_id
           WHERE a.is_favourable AND a.state NOT IN ('refused', 'returned') AND a.amount IS DISTINCT FROM p.amount
           UNION ALL
           SELECT p.number FROM funding_payment p JOIN funding_instalment i ON i.id = p.instalment_id
           WHERE i.kind = 'prize' AND p.state NOT IN ('rejected', 'reversed') AND p.amount <> i.amount
           UNION ALL
           SELECT c.reference || ' : ' || sum(p.amount) FROM funding_prizeaward w JOIN funding_prize p ON p.id = w.prize_id
           JOIN projects_call c ON c.id = w.call_id GROUP BY c.id
           HAVING sum(p.amount) > (SELECT coalesce(sum(b.amount), 0) FROM projects_callbudget b WHERE b.call_id = c.id)""",
    ),
)
