"""What changed since the facts of the working snapshots were kept: which projects must be read again, and whether that is enough."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, F, Max, Q
from django.db.models.functions import Coalesce

from projects.services.journal import canonical
from reporting import catalogue
from reporting.models import FactBase, ProjectFacts
from reporting.queries.parameters import rates_at
from reporting.queries.snapshots import FACTS, working_snapshots

#: the reports that are made from the facts of projects, and the register that they come from
BY_FACTS = tuple(
    report.code
    for report in (
        catalogue.GAINS, catalogue.ROI_PROJECTS, *catalogue.ROI_GROUPS, catalogue.GAINS_BY_YEAR, catalogue.VARIANCES, catalogue.RENEWAL
    )
)  # fmt: skip
#: above that many projects, reading them all again is as fast
MOST = 250
_OWNER = Coalesce("line__plan__project", "line__plan__application__project")
#: kind of row → the project that it changes; the costs of the Secretariat are read again each time
_PROJECT: Mapping[str, Any] = {
    "ledger": F("agreement__project"), "cofunding": F("project"), "gains": F("project"), "forecasts": _OWNER, "contests": F("project"),
}  # fmt: skip
_OWN = """
SELECT p.id, p.reference,
  CASE WHEN EXISTS (SELECT FROM reporting_projectpast w WHERE w.project_id = p.id AND w.until >= %s) THEN 'past' ELSE
  md5(concat_ws('|', p.reference, c.reference, o.code, COALESCE(p.region_id, '-'), p.state, p.decided_on,
    COALESCE(p.signed_on::text, '-'), COALESCE(p.starts_on::text, '-'), COALESCE(p.ends_on::text, '-'), COALESCE(lines.said, '-'))) END
FROM projects_project p JOIN projects_call c ON c.id = p.call_id JOIN projects_organisation o ON o.id = p.organisation_id
LEFT JOIN (
  SELECT COALESCE(g.project_id, q.id) AS project_id,
    string_agg(concat_ws(':', l.id, l.code, l.nature, l.recurrence), ',' ORDER BY l.id) AS said
  FROM projects_gainline l JOIN projects_gainplan g ON g.id = l.plan_id LEFT JOIN projects_project q ON q.application_id = g.application_id
  GROUP BY 1
) lines ON lines.project_id = p.id
"""


def own_facts(known: datetime) -> tuple[dict[str, int], dict[int, str]]:
    """The key of each project by its reference; and of each key, what the project's own facts are (state, dates, region, call,
    organisation, lines): they have one clock only.

    One that changed after the knowledge date was fixed is read as it was (`project_rows`): it is marked, and read again next time.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OWN, [known])
        rows = cursor.fetchall()
    return {reference: key for key, reference, _said in rows}, {key: said for key, _reference, said in rows}


def rates_known(known: datetime) -> str:
    rows = rates_at(known).values_list("valid_from", "rate")
    return hashlib.sha256(canonical(sorted([since, rate] for since, rate in rows)).encode()).hexdigest()


def marks(known: datetime) -> dict[str, list[int]]:
    """Of each kind of row, the last key and the number of those that are known."""
    found = {}
    for name, model in FACTS.items():
        one = model.objects.filter(recorded_at__lte=known).aggregate(last=Max("pk"), rows=Count("pk"))
        found[name] = [one["last"] or 0, one["rows"]]
    return found


def affected_projects(effective: date, known: datetime, own: Mapping[int, str]) -> set[int] | None:
    """The projects to read again; None when every one must be: another day, rate or version, or facts whose change cannot be followed."""
    base = FactBase.objects.filter(pk=1).first()
    if base is None or (base.effective, base.version) != (effective, catalogue.VERSION) or base.known > known:
        return None
    snapshots = working_snapshots()
    if any(code not in snapshots or snapshots[code].known != base.known for code in BY_FACTS) or base.rates != rates_known(known):
        return None
    affected = _moved(own)
    if affected is None:
        return None
    for name, model in FACTS.items():
        last, count = base.marks.get(name, (0, 0))
        # a row that was not there, under an earlier key and an earlier clock, cannot be told from the others: their number says it
        if model.objects.filter(recorded_at__lte=base.known, pk__lte=last).count() != count:
            return None
        if name in _PROJECT:
            fresh = model.objects.filter(Q(pk__gt=last) | Q(recorded_at__gt=base.known), recorded_at__lte=known)
            ids = fresh.annotate(owner=_PROJECT[name]).filter(owner__isnull=False).order_by("owner").values_list("owner", flat=True)
            affected.update(ids.distinct()[: MOST + 1])
    return affected if len(affected) <= MOST else None


def _moved(own: Mapping[int, str]) -> set[int] | None:
    """The projects whose own facts are not what they were; None when one is gone."""
    kept = dict(ProjectFacts.objects.order_by("pk").values_list("pk", "own"))
    if kept.keys() - own.keys():
        return None
    return {project for project, said in own.items() if kept.get(project) != said}
