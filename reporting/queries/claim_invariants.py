"""The invariants of claims and of shared gains: code, title, and the query of what breaks it (`reporting/queries/invariants.py`)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

_SETTLED = "SELECT FROM reporting_overlapresolution r WHERE r.overlap_id = v.id"

CLAIM_INVARIANTS: tuple[tuple[str, Any, str], ...] = (
    (
        "INV-17",
        _("Deux lignes ne réclament pas le même budget sans un chevauchement, et leurs gains sont exclus tant qu’il est ouvert"),
        f"""SELECT 'lignes ' || a.line_id || ' et ' || b.line_id || ', ' || a.fiscal_year FROM gain_claim a JOIN gain_claim b
            ON (b.organisation_id, b.fiscal_year, b.cost_centre, b.account, b.nature)
             = (a.organisation_id, a.fiscal_year, a.cost_centre, a.account, a.nature) AND b.line_id > a.line_id
           WHERE NOT claim_is_withdrawn(a.line_id, a.fiscal_year) AND NOT claim_is_withdrawn(b.line_id, b.fiscal_year) AND NOT EXISTS (
             SELECT FROM reporting_overlap v
              WHERE (v.first_id, v.second_id, v.fiscal_year) = (a.line_id, b.line_id, a.fiscal_year))
           UNION ALL
           SELECT 'gain ' || g.id FROM gain g JOIN projects_gainline l ON l.id = g.line_id AND claim_part(l.cost_centre || l.account) <> ''
           CROSS JOIN LATERAL generate_series(extract(year FROM g.period_start - interval '3 months')::int,
                                              extract(year FROM g.period_end - interval '3 months')::int) year
           WHERE g.stage IN ('reported', 'verified') AND g.amount <> 0
             AND NOT EXISTS (SELECT FROM gain_claim c WHERE c.line_id = g.line_id AND c.fiscal_year = year)
           UNION ALL
           SELECT 'ligne ' || l.line_id || ', ' || l.fiscal_year FROM (
             SELECT line_id, fiscal_year FROM line_contest WHERE cause = 'overlap'
             UNION SELECT first_id, fiscal_year FROM reporting_overlap UNION SELECT second_id, fiscal_year FROM reporting_overlap) l
           WHERE coalesce((SELECT c.contested FROM line_contest c
                            WHERE (c.line_id, c.cause, c.fiscal_year) = (l.line_id, 'overlap', l.fiscal_year)
                            ORDER BY c.recorded_at DESC, c.id DESC LIMIT 1), false)
             <> (claim_is_withdrawn(l.line_id, l.fiscal_year) OR EXISTS (
                  SELECT FROM reporting_overlap v WHERE l.line_id IN (v.first_id, v.second_id) AND v.fiscal_year = l.fiscal_year
                     AND NOT EXISTS ({_SETTLED})))""",  # noqa: S608
    ),
    (
        "INV-18",
        _("Les clés d’un gain partagé font 100 %, et ses parts font la mesure au cent près"),
        """SELECT 'partage ' || s.sharing_id || ' : ' || sum(s.share) FROM reporting_gainshare s
           GROUP BY s.sharing_id HAVING sum(s.share) <> 1 OR count(*) < 2
           UNION ALL
           SELECT 'partage ' || g.id FROM reporting_gainsharing g
           WHERE NOT EXISTS (SELECT FROM reporting_gainshare s WHERE s.sharing_id = g.id)
           UNION ALL
           SELECT 'gain partagé ' || g.id || ' : ' || g.amount || ' ≠ ' || coalesce(sum(p.amount), 0) FROM shared_gain g
           LEFT JOIN shared_gain_part p ON p.shared_id = g.id GROUP BY g.id HAVING g.amount <> coalesce(sum(p.amount), 0)
              OR count(p.id) <> (SELECT count(*) FROM reporting_gainshare s WHERE s.sharing_id = g.sharing_id)
           UNION ALL
           SELECT 'correction ' || c.id || ' : ' || c.amount || ' ≠ ' || coalesce(sum(p.amount), 0) FROM shared_gain_correction c
           LEFT JOIN shared_correction_part p ON p.correction_id = c.id GROUP BY c.id HAVING c.amount <> coalesce(sum(p.amount), 0)
              OR count(p.id) <> (SELECT count(*) FROM shared_gain_part o WHERE o.shared_id = c.shared_id)
           UNION ALL
           SELECT r.number FROM reporting_gainreport r JOIN reporting_gainshare s ON s.line_id = r.line_id
           JOIN reporting_gainsharing g ON g.id = s.sharing_id AND g.recorded_at <= r.reported_at
           WHERE NOT EXISTS (SELECT FROM shared_gain_part p WHERE p.report_id = r.id)""",
    ),
)
