# ruff: noqa: S608 — the queries are made of constants of this module
"""The invariants of the Fund as queries: each gives the rows that break it, and none is the proof that it holds.

The numbers are those of the domain's catalogue. What no query can show (a trigger that refuses, a page that hides) is held by the
database and the tests, and is not listed here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from reporting.queries import people
from reporting.queries.agreement_invariants import AGREEMENT_INVARIANTS
from reporting.queries.claim_invariants import CLAIM_INVARIANTS
from reporting.queries.cost_invariants import COST_INVARIANTS
from reporting.queries.outcome_invariants import OUTCOME_INVARIANTS
from reporting.queries.payment_invariants import ORDERS, SD_6
from reporting.queries.recovery_invariants import RECOVERY_INVARIANTS


@dataclass(frozen=True, slots=True)
class Invariant:
    """`sql` selects one text for each thing that breaks it; a function makes it when it rests on a table of the code."""

    code: str
    title: Any
    sql: str | Callable[[], str]


@dataclass(frozen=True, slots=True)
class Finding:
    invariant: Invariant
    broken: list[str]


_CREDIT = "('authorisation', 'transfer', 'freeze', 'lapse', 'carry', 'reinvestment')"
_LEDGER_SUMS = f"""
SELECT envelope_id, fiscal_year,
       coalesce(sum(amount) FILTER (WHERE kind IN {_CREDIT}), 0) AS authorised,
       coalesce(sum(amount) FILTER (WHERE kind = 'reservation'), 0) AS reserved,
       coalesce(sum(amount) FILTER (WHERE kind = 'commitment'), 0) AS committed,
       max(seq) AS last_seq, min(seq) AS first_seq, count(*) AS n
  FROM ledger_entry GROUP BY 1, 2
"""
_AGREEMENT_SUMS = """
SELECT agreement_id, coalesce(sum(amount) FILTER (WHERE kind = 'commitment'), 0) AS committed,
       coalesce(sum(amount) FILTER (WHERE kind IN ('payment', 'recovery')), 0) AS paid
  FROM ledger_entry WHERE agreement_id IS NOT NULL GROUP BY 1
"""
#: what a transfer between envelopes moved counts in their ceilings
_CEILINGS = """
SELECT e.id, e.fund_id, e.code, e.ceiling + coalesce(sum(l.amount), 0) AS ceiling
  FROM funding_envelope e LEFT JOIN ledger_entry l ON l.envelope_id = e.id AND l.kind = 'transfer' GROUP BY e.id
"""

_ALL = (
    Invariant(
        "INV-01", _("Les plafonds des enveloppes font celui du Fonds"),
        f"""SELECT f.code || ' : ' || f.ceiling || ' ≠ ' || coalesce(sum(e.ceiling), 0) FROM funding_fund f
            LEFT JOIN ({_CEILINGS}) e ON e.fund_id = f.id GROUP BY f.id HAVING f.ceiling <> coalesce(sum(e.ceiling), 0)
            UNION ALL
            SELECT 'virement ' || m.number || ' : ' || sum(l.amount) FROM ledger_entry l JOIN funding_creditmove m ON m.id = l.move_id
            WHERE l.kind = 'transfer' GROUP BY m.id HAVING sum(l.amount) <> 0""",
    ),
    Invariant(
        "INV-02", _("Les dotations d’une enveloppe ne dépassent pas son plafond"),
        f"""SELECT e.code || ' : ' || sum(l.amount) || ' > ' || e.ceiling FROM ledger_entry l JOIN ({_CEILINGS}) e ON e.id = l.envelope_id
            WHERE l.kind IN ('authorisation', 'transfer') GROUP BY e.id, e.code, e.ceiling HAVING sum(l.amount) > e.ceiling""",
    ),
    Invariant(
        "INV-03", _("Réservations et engagements tiennent dans la dotation de l’exercice"),
        f"""SELECT e.code || ' ' || s.fiscal_year || ' : ' || (s.reserved + s.committed) || ' > ' || s.authorised FROM ({_LEDGER_SUMS}) s
            JOIN funding_envelope e ON e.id = s.envelope_id
            WHERE s.reserved < 0 OR s.committed < 0 OR s.reserved + s.committed > s.authorised""",
    ),
    Invariant(
        "INV-04", _("Les parts par exercice d’une convention font son montant"),
        """SELECT g.number || ' : ' || g.amount || ' ≠ ' || coalesce(sum(p.amount), 0) FROM funding_agreement g
           LEFT JOIN funding_agreementpart p ON p.agreement_id = g.id WHERE g.imported_at IS NULL
           GROUP BY g.id HAVING g.amount <> coalesce(sum(p.amount), 0)
           UNION ALL
           SELECT g.number || ' : ' || g.amount || ' ≠ ' || coalesce(sum(l.amount), 0) FROM funding_agreement g
           LEFT JOIN ledger_entry l ON l.agreement_id = g.id AND l.kind = 'commitment'
             AND l.id NOT IN (SELECT entry_id FROM funding_recoverycredit WHERE entry_id IS NOT NULL) WHERE g.imported_at IS NOT NULL
           GROUP BY g.id HAVING g.amount <> coalesce(sum(l.amount), 0)""",
    ),
    Invariant(
        "INV-05", _("Payé ≤ engagé et prévu; les versements prévus font le montant de la convention"),
        f"""SELECT g.number || ' : ' || s.paid || ' > ' || s.committed FROM ({_AGREEMENT_SUMS}) s
            JOIN funding_agreement g ON g.id = s.agreement_id WHERE s.paid < 0 OR s.paid > s.committed
            UNION ALL
            SELECT 'versement ' || i.id || ' : ' || sum(l.amount) || ' > ' || i.amount FROM ledger_entry l
            JOIN funding_instalment i ON i.id = l.instalment_id
            WHERE l.kind IN ('payment', 'recovery') GROUP BY i.id HAVING sum(l.amount) > i.amount
            UNION ALL
            SELECT g.number || ' : ' || g.amount || ' ≠ ' || coalesce(sum(i.amount), 0) FROM funding_agreement g
            LEFT JOIN funding_instalment i ON i.agreement_id = g.id AND i.replaced_by_id IS NULL WHERE g.imported_at IS NULL
            GROUP BY g.id HAVING g.amount <> coalesce(sum(i.amount), 0)""",
    ),
    Invariant(
        "INV-06", _("Les paiements nets tiennent dans les tirages, les réinvestissements et les autres rentrées, quand la règle l’exige"),
        """SELECT 'encaisse : ' || drawn + received + reinvested - paid FROM cash_balance
           WHERE drawn + received + reinvested < paid AND (SELECT r.mode = 'block' FROM cash_rule r
             WHERE r.valid_from <= (now() AT TIME ZONE 'America/Toronto')::date ORDER BY r.valid_from DESC, r.id DESC LIMIT 1)
           UNION ALL
           SELECT 'compteur de l’encaisse' FROM cash_balance b
           WHERE (b.drawn, b.received) <> (SELECT coalesce(sum(amount) FILTER (WHERE kind = 'draw_down'), 0),
                                                  coalesce(sum(amount) FILTER (WHERE kind = 'receipt'), 0) FROM cash_entry)
              OR (b.reinvested, b.paid) <> (SELECT coalesce(sum(amount) FILTER (WHERE kind = 'reinvestment'), 0),
                                                   coalesce(sum(amount) FILTER (WHERE kind IN ('payment', 'recovery')), 0)
                                              FROM ledger_entry)""",
    ),
    Invariant(
        "INV-07", _("Chaque tirage a son autorisation en vigueur, et leur somme tient dans son plafond"),
        """SELECT d.number || ' : ' || sum(c.amount) || ' > ' || d.ceiling FROM cash_entry c
           JOIN funding_drawauthority d ON d.id = c.authority_id GROUP BY d.id HAVING sum(c.amount) > d.ceiling
           UNION ALL
           SELECT 'tirage ' || c.reference FROM cash_entry c LEFT JOIN funding_drawauthority d ON d.id = c.authority_id
           WHERE c.kind = 'draw_down' AND (d.state <> 'in_force' OR d.in_force_on > c.effective_on) IS NOT FALSE
           UNION ALL
           SELECT 'compteur ' || d.number FROM draw_authority_balance b JOIN funding_drawauthority d ON d.id = b.authority_id
           WHERE b.drawn <> (SELECT coalesce(sum(amount), 0) FROM cash_entry c WHERE c.authority_id = d.id)""",
    ),
    Invariant(
        "INV-08", _("Chaque paiement a sa convention, ou sa dépense du Secrétariat, et une référence unique"),
        """SELECT 'écriture ' || min(id) FROM ledger_entry WHERE kind IN ('payment', 'recovery') AND reverses_id IS NULL
           GROUP BY reference HAVING count(*) > 1 OR reference = '' OR bool_or(agreement_id IS NULL AND cost_id IS NULL)""",
    ),
    Invariant(
        "INV-08b", _("Chaque ordre existe une fois, est parti une fois, et le grand livre dit ce qui est confirmé ou annulé"), ORDERS,
    ),
    Invariant(
        "INV-08c", _("Un paiement a son jalon, sa réclamation admise ou une avance permise, et ne les dépasse pas"),
        """SELECT p.number FROM funding_payment p JOIN funding_instalment i ON i.id = p.instalment_id
           LEFT JOIN funding_milestone m ON m.id = i.milestone_id
           LEFT JOIN funding_claim c ON c.instalment_id = i.id AND c.state IN ('admitted', 'partly_admitted')
           WHERE p.state NOT IN ('rejected', 'reversed') AND i.kind = 'milestone' AND p.amount > coalesce(least(c.aid, i.amount),
                 CASE WHEN m.state IN ('verified', 'partial') THEN trunc(i.amount * coalesce(m.accepted_share, 1), 2) ELSE 0 END)
           UNION ALL
           SELECT g.number || ' : ' || sum(p.amount) FROM funding_payment p JOIN funding_instalment i ON i.id = p.instalment_id
           JOIN funding_agreement g ON g.id = i.agreement_id JOIN projects_project j ON j.id = g.project_id
           JOIN projects_call c ON c.id = j.call_id JOIN projects_termsprofile t ON t.id = c.terms_id
           WHERE p.state NOT IN ('rejected', 'reversed') AND i.kind = 'advance' GROUP BY g.id, t.advance_rate
           HAVING sum(p.amount) > round(t.advance_rate * greatest(g.amount, (SELECT max(a.amount_before) FROM funding_amendment a
                                                                              WHERE a.agreement_id = g.id AND a.state = 'in_force')), 2)
           UNION ALL
           SELECT p.number FROM funding_payment p JOIN funding_instalment i ON i.id = p.instalment_id
           WHERE p.state NOT IN ('rejected', 'reversed') AND i.replaced_by_id IS NOT NULL""",
    ),
    Invariant(
        "INV-09", _("La retenue ne part qu’après le rapport final vérifié et les autres jalons réglés"),
        """SELECT p.number FROM funding_payment p JOIN funding_instalment i ON i.id = p.instalment_id
           WHERE p.state NOT IN ('rejected', 'reversed') AND i.kind = 'holdback' AND EXISTS (
             SELECT FROM funding_milestone m WHERE m.agreement_id = i.agreement_id
                AND (m.state NOT IN ('verified', 'partial', 'cancelled') OR (m.id = i.milestone_id AND m.state <> 'verified')))""",
    ),
    Invariant(
        "INV-10", _("Le grand livre, les gains et le journal sont en ajout seulement; une contre-écriture suit ce qu’elle renverse"),
        """SELECT t || ' : ' || p FROM unnest(ARRAY['ledger_entry', 'cash_entry', 'gain', 'cofunding', 'journal', 'journal_link']) t,
           unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) p WHERE has_table_privilege('fonds_app', t, p)
           UNION ALL
           SELECT 'écriture ' || o.id FROM ledger_entry o JOIN ledger_entry r ON r.reverses_id = o.id
           GROUP BY o.id HAVING abs(sum(r.amount)) > abs(o.amount) OR bool_or(o.reverses_id IS NOT NULL)
           OR bool_or((r.envelope_id, r.fiscal_year, r.kind) <> (o.envelope_id, o.fiscal_year, o.kind) OR sign(r.amount) = sign(o.amount))
           UNION ALL
           SELECT 'mouvement ' || m.number FROM funding_creditmove m WHERE m.id IN (
             SELECT move_id FROM (
               SELECT l.move_id, l.envelope_id, l.fiscal_year, l.kind, l.agreement_id, l.amount FROM funding_creditline l
                 JOIN funding_creditmove a ON a.id = l.move_id AND a.state = 'approved'
               UNION ALL
               SELECT move_id, envelope_id, fiscal_year, kind, agreement_id, -amount FROM ledger_entry WHERE move_id IS NOT NULL) x
             GROUP BY move_id, envelope_id, fiscal_year, kind, agreement_id HAVING sum(amount) <> 0)""",
    ),
    Invariant(
        "INV-11", _("Les écritures sont numérotées sans trou et les compteurs égalent les sommes"),
        f"""SELECT e.code || ' ' || s.fiscal_year || ' : ' || s.n || ' écritures, numéros ' || s.first_seq || ' à ' || s.last_seq
            FROM ({_LEDGER_SUMS}) s JOIN funding_envelope e ON e.id = s.envelope_id WHERE s.first_seq <> 1 OR s.last_seq <> s.n
            UNION ALL
            SELECT 'compteur ' || e.code || ' ' || y.fiscal_year FROM envelope_year y JOIN funding_envelope e ON e.id = y.envelope_id
            LEFT JOIN ({_LEDGER_SUMS}) s ON s.envelope_id = y.envelope_id AND s.fiscal_year = y.fiscal_year
            WHERE (y.authorised, y.reserved, y.committed, y.last_seq)
               <> (coalesce(s.authorised, 0), coalesce(s.reserved, 0), coalesce(s.committed, 0), coalesce(s.last_seq, 0))
            UNION ALL
            SELECT 'compteur de la convention ' || b.agreement_id FROM agreement_balance b
            LEFT JOIN ({_AGREEMENT_SUMS}) s ON s.agreement_id = b.agreement_id
            WHERE (b.committed, b.paid) <> (coalesce(s.committed, 0), coalesce(s.paid, 0))""",
    ),
    Invariant(
        "INV-13", _("Un gain vérifié a une preuve, et une autre personne que la déclarante le vérifie"),
        """SELECT 'gain ' || g.id FROM gain g LEFT JOIN reporting_gainreport r ON r.id = g.report_id
           WHERE g.stage = 'verified' AND (g.evidence = '' OR r.verified_by_id IN (r.reported_by_id, r.cosigned_by_id))""",
    ),
    Invariant(
        "INV-14", _("Le gain vérifié d’une déclaration ne dépasse pas le gain déclaré"),
        """SELECT number FROM reporting_gainreport
           WHERE state <> 'to_reverify' AND (abs(verified_amount) > abs(amount) OR sign(verified_amount) * sign(amount) < 0)
           UNION ALL
           SELECT r.number || ' v' || v.version FROM reporting_gainverification v JOIN reporting_gainreport r ON r.id = v.report_id
           WHERE abs(v.accepted) > abs(v.reported) OR sign(v.accepted) * sign(v.reported) < 0""",
    ),
    Invariant(
        "INV-15", _("Le gain capté ne dépasse pas le gain vérifié et encaissable"),
        """SELECT r.number FROM reporting_gainreport r JOIN projects_gainline l ON l.id = r.line_id
           WHERE r.captured_amount > r.verified_amount OR (r.captured_amount IS NOT NULL AND l.nature NOT IN ('CASH', 'REV'))
              OR coalesce(r.captured_amount, 0) <> coalesce((SELECT g.amount FROM gain g WHERE g.report_id = r.id AND g.stage = 'captured'
                                                              ORDER BY g.recorded_at DESC, g.id DESC LIMIT 1), 0)""",
    ),
    Invariant(
        "INV-19", _("Les périodes des déclarations d’une ligne ne se chevauchent pas"),
        """SELECT a.number || ' et ' || b.number FROM reporting_gainreport a JOIN reporting_gainreport b
           ON b.line_id = a.line_id AND b.id > a.id AND a.period_start <= b.period_end AND b.period_start <= a.period_end
           WHERE a.state <> 'rejected' AND b.state <> 'rejected'""",
    ),
    Invariant(
        "INV-21", _("Le cumul des aides publiques respecte la limite des modalités, à la décision et à chaque réclamation"),
        """SELECT a.number FROM funding_award w JOIN projects_application a ON a.id = w.application_id
           JOIN projects_call c ON c.id = a.call_id JOIN projects_termsprofile t ON t.id = c.terms_id
           WHERE w.is_favourable AND w.amount > trunc(a.total_cost * t.stacking_limit, 2) - coalesce((
             SELECT sum(l.amount) FROM projects_fundingline l
              WHERE l.application_id = a.id AND l.source IN ('quebec', 'canada', 'municipal')), 0)
           UNION ALL
           SELECT number FROM funding_claim WHERE aid > 0 AND aid + other_public_aid > admitted_cost * stacking_limit""",
    ),
    Invariant(
        "INV-23", _("Une personne récusée ne laisse aucune trace sur le dossier après sa récusation"),
        """SELECT 'journal ' || j.id FROM journal j
           JOIN projects_recusal r ON r.person_id = j.actor_id AND r.application_id = j.application_id
           WHERE j.at > r.recused_at""",
    ),
    Invariant(
        "INV-24", _("Les poids des critères et des objectifs d’un appel approuvé font 100"),
        """SELECT c.reference FROM projects_call c WHERE c.approved_at IS NOT NULL AND (
             (SELECT sum(weight) FROM projects_criterion WHERE call_id = c.id) IS DISTINCT FROM 100
             OR (SELECT sum(weight) FROM projects_objective WHERE call_id = c.id) IS DISTINCT FROM 100)""",
    ),
    Invariant(
        "INV-25", _("Aucune demande n’est déposée hors des dates de son appel"),
        """SELECT a.number FROM projects_application a JOIN projects_call c ON c.id = a.call_id
           WHERE a.submitted_at >= c.closes_at OR a.submitted_at < c.opens_at""",
    ),
    Invariant(
        "INV-26", _("Un instantané complet garde toutes ses lignes; un même rapport aux mêmes dates a une seule empreinte"),
        """SELECT s.report || ' ' || s.id FROM reporting_snapshot s
           WHERE s.row_count <> (
             SELECT COALESCE(sum(COALESCE(g.rows, 1)), 0) FROM reporting_snapshotrow r LEFT JOIN reporting_gainsheet g ON g.id = r.sheet_id
             WHERE r.snapshot_id = s.id)
           UNION ALL
           SELECT 'gains ' || g.id FROM reporting_gainsheet g
           WHERE g.rows <> (SELECT count(*) FROM reporting_gainpart p WHERE p.sheet_id = g.id)
           UNION ALL
           SELECT report || ' ' || effective || ' ' || known FROM reporting_snapshot
           GROUP BY report, effective, known, manifest->>'version' HAVING count(DISTINCT sha256) > 1""",
    ),
    Invariant("INV-28", _("Chaque renseignement personnel a sa raison, sa conservation et son accès"), people.unregistered_columns),
    Invariant("SD-6", _("Un paiement a trois personnes, et qui change le compte n’y paie rien dans les mêmes jours"), SD_6),
    Invariant("SD", _("Personne ne cumule le même jour des rôles incompatibles"), people.incompatible_roles),
    *(Invariant(*one) for one in (*AGREEMENT_INVARIANTS, *CLAIM_INVARIANTS, *OUTCOME_INVARIANTS, *RECOVERY_INVARIANTS, *COST_INVARIANTS)),
)  # fmt: skip
INVARIANTS = tuple(sorted(_ALL, key=lambda invariant: invariant.code))

#: how many broken rows of one invariant are named
NAMED = 20


def check(invariants: tuple[Invariant, ...] = INVARIANTS) -> Iterator[Finding]:
    """Each invariant with what breaks it, in the order of their numbers."""
    with connection.cursor() as cursor:
        for invariant in invariants:
            sql = invariant.sql if isinstance(invariant.sql, str) else invariant.sql()
            cursor.execute(f"SELECT found FROM ({sql}) AS broken (found) ORDER BY 1 LIMIT {NAMED}")
            yield Finding(invariant, [row[0] or "?" for row in cursor.fetchall()])
