# ruff: noqa: S608 — the queries are made of constants of this module
"""The invariants of decisions and agreements, as queries: code, title, and the rows that break it (`reporting/queries/invariants.py`)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

#: tables that say money, a decision or a gain
_TABLES = """unnest(ARRAY['ledger_entry', 'gain', 'cofunding', 'funding_agreement', 'funding_agreementpart', 'funding_instalment',
  'funding_milestone', 'funding_amendment', 'funding_amendmentpart', 'funding_amendmentinstalment', 'funding_amendmentstep',
  'funding_signature', 'funding_agreementstep', 'funding_award', 'funding_awardpart', 'funding_approval',
  'funding_payment', 'funding_allotment', 'funding_recovery', 'funding_recoverypart', 'funding_recoveryreceipt', 'funding_writeoff',
  'reporting_gainreport', 'projects_forecastgain']) AS t"""

AGREEMENT_INVARIANTS: tuple[tuple[str, Any, str], ...] = (
    (
        "INV-12", _("Une convention ne vaut jamais moins que ce qui est versé, sauf à recouvrer; sa fin libère ce qui ne l’est pas"),
        """SELECT g.number || ' : ' || b.paid || ' > ' || least(g.amount, b.committed) FROM funding_agreement g
           JOIN agreement_balance b ON b.agreement_id = g.id WHERE b.paid > b.committed OR b.paid - recovery_left(g.id) > g.amount
           UNION ALL
           SELECT g.number || ' : ' || l.left_ FROM funding_agreement g
           JOIN (SELECT e.agreement_id, coalesce(sum(e.amount) FILTER (WHERE e.kind = 'commitment' AND c.id IS NULL), 0)
                                        - coalesce(sum(e.amount) FILTER (WHERE e.kind = 'payment'), 0) AS left_
                   FROM ledger_entry e LEFT JOIN funding_recoverycredit c ON c.entry_id = e.id GROUP BY 1) l ON l.agreement_id = g.id
           WHERE g.state IN ('closed', 'terminated') AND l.left_ > 0 AND g.imported_at IS NULL""",
    ),
    (
        "INV-12b", _("Une convention modifiée est celle de son dernier avenant en vigueur; un seul part de chaque version"),
        """SELECT g.number || ' : ' || g.revision FROM funding_agreement g
           WHERE g.revision <> (SELECT count(*) FROM funding_amendment a WHERE a.agreement_id = g.id AND a.state = 'in_force')
           UNION ALL
           SELECT g.number || '/A' || a.number FROM funding_agreement g
           JOIN funding_amendment a ON a.agreement_id = g.id AND a.state = 'in_force' AND a.base_revision = g.revision - 1
           WHERE (g.amount, g.starts_on, g.ends_on) <> (a.amount_after, a.starts_on_after, a.ends_on_after)
           UNION ALL
           SELECT g.number || '/A' || a.number FROM funding_agreement g
           JOIN funding_amendment a ON a.agreement_id = g.id AND a.state = 'in_force' AND a.base_revision > 0
           JOIN funding_amendment b ON b.agreement_id = g.id AND b.state = 'in_force' AND b.base_revision = a.base_revision - 1
           WHERE (a.amount_before, a.starts_on_before, a.ends_on_before) <> (b.amount_after, b.starts_on_after, b.ends_on_after)
           UNION ALL
           SELECT g.number || '/A' || a.number FROM funding_amendment a JOIN funding_agreement g ON g.id = a.agreement_id
           WHERE coalesce((SELECT sum(p.after - p.before) FROM funding_amendmentpart p
                            WHERE p.amendment_id = a.id AND a.state = 'in_force'), 0)
              <> coalesce((SELECT sum(l.amount) FROM ledger_entry l WHERE l.amendment_id = a.id), 0)""",
    ),
    (
        "INV-22", _("Une décision est certifiée depuis 30 jours au plus, et chaque niveau l’approuve par une autre personne"),
        """SELECT 'décision ' || a.id FROM funding_award a
           WHERE a.state = 'approved' AND (a.certified_at IS NULL OR a.certified_at < a.decided_at - interval '31 days'
              OR EXISTS (SELECT FROM funding_approval p WHERE p.award_id = a.id AND p.person_id IN (a.recommended_by_id, a.certified_by_id))
              OR EXISTS (SELECT FROM funding_approval p WHERE p.award_id = a.id
                          GROUP BY p.round HAVING count(*) <> count(DISTINCT p.person_id)))""",
    ),
    (
        "INV-29", _("Aucune écriture d’argent, de décision ou de gain ne disparaît avec une autre"),
        f"""SELECT c.conname::text FROM pg_constraint c JOIN {_TABLES} ON c.conrelid = to_regclass(t)
            WHERE c.contype = 'f' AND c.confdeltype <> 'a'""",
    ),
    (
        "INV-30", _("Aucun montant ni exercice inconnu dans les écritures d’argent"),
        f"""SELECT t || '.' || a.attname FROM {_TABLES} JOIN pg_attribute a ON a.attrelid = to_regclass(t)
            WHERE a.attname IN ('amount', 'fiscal_year') AND NOT a.attnotnull""",
    ),
)  # fmt: skip
