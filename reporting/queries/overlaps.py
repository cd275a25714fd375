"""Reads of overlaps: `overlaps_for` is the only way one reaches a page, and `unseen_pairs` what a gain that was just written meets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.money import ZERO, fiscal_year_of, fiscal_year_start, split
from projects.enums import Stage
from projects.queries.applications import projects_for
from reporting.models import Gain, GainReport, Overlap, OverlapResolution
from reporting.queries.gains import View

#: two claims of one key in one fiscal year, neither withdrawn, of which no overlap says anything yet
_UNSEEN = """
SELECT least(a.line_id, b.line_id), greatest(a.line_id, b.line_id), a.fiscal_year, a.organisation_id, a.cost_centre, a.account, a.nature,
       CASE WHEN a.line_id < b.line_id THEN a.project_id ELSE b.project_id END,
       CASE WHEN a.line_id < b.line_id THEN b.project_id ELSE a.project_id END
  FROM gain_claim a JOIN gain_claim b
    ON (b.organisation_id, b.fiscal_year, b.cost_centre, b.account, b.nature)
     = (a.organisation_id, a.fiscal_year, a.cost_centre, a.account, a.nature) AND b.line_id <> a.line_id
 WHERE a.line_id = ANY (%s) AND NOT claim_is_withdrawn(a.line_id, a.fiscal_year) AND NOT claim_is_withdrawn(b.line_id, b.fiscal_year)
   AND NOT EXISTS (SELECT FROM reporting_overlap v WHERE v.first_id = least(a.line_id, b.line_id)
                      AND v.second_id = greatest(a.line_id, b.line_id) AND v.fiscal_year = a.fiscal_year)
 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1, 2, 3
"""
_NAMES = (
    "first_id", "second_id", "fiscal_year", "organisation_id", "cost_centre", "account", "nature", "first_project_id", "second_project_id",
)  # fmt: skip


def unseen_pairs(lines: Iterable[int]) -> list[dict[str, Any]]:
    """The pairs of lines, one of them among these, that claim one key in one fiscal year and have no overlap yet."""
    with connection.cursor() as cursor:
        cursor.execute(_UNSEEN, [list(lines)])
        return [dict(zip(_NAMES, row, strict=True)) for row in cursor.fetchall()]


def overlaps_for(person: Any, now: datetime) -> QuerySet[Overlap]:
    """The overlaps whose two projects this person may see: to whoever sees one of them, the other stays unnamed."""
    seen = projects_for(person, now)
    return (
        Overlap.objects.filter(first_project__in=seen, second_project__in=seen)
        .select_related("organisation", "first", "second", "first_project__organisation", "second_project__organisation")
        .select_related("resolution__withdrawn", "resolution__resolved_by", "opened_by")
    )


#: the views of the register, and what each holds
VIEWS = (View("open", _("À trancher")), View("resolved", _("Tranchés")), View("all", _("Tous")))
CONDITIONS = {"open": Q(resolution__isnull=True), "resolved": Q(resolution__isnull=False), "all": Q()}


def view_counts(rows: QuerySet[Overlap]) -> list[tuple[View, int]]:
    """How many overlaps each view holds: one query."""
    counts = rows.order_by().aggregate(**{view.code: Count("pk", filter=CONDITIONS[view.code] or None) for view in VIEWS})
    return [(view, counts[view.code]) for view in VIEWS]


def claimed_years() -> list[int]:
    """The fiscal years in which lines ever overlapped, the latest first."""
    return list(Overlap.objects.order_by("-fiscal_year").values_list("fiscal_year", flat=True).distinct())


def overlaps_of_line(person: Any, line: int, now: datetime) -> QuerySet[Overlap]:
    """The overlaps of one line that this person may read, the latest first."""
    return overlaps_for(person, now).filter(Q(first=line) | Q(second=line)).order_by("-fiscal_year", "-pk")


def still_contested(lines: Iterable[int], fiscal_year: int) -> set[int]:
    """Which of these lines have an overlap of a fiscal year that is open, or were withdrawn from that year."""
    wanted = set(lines)
    settled = Exists(OverlapResolution.objects.filter(overlap=OuterRef("pk")))
    ours = Overlap.objects.filter(Q(first__in=wanted) | Q(second__in=wanted), fiscal_year=fiscal_year)
    rows = ours.filter(~settled).order_by("pk").values_list("first", "second")
    decided = OverlapResolution.objects.filter(withdrawn__in=wanted, overlap__fiscal_year=fiscal_year)
    withdrawn = decided.order_by("pk").values_list("withdrawn", flat=True)
    return ({line for pair in rows for line in pair} | {line for line in withdrawn if line}) & wanted


# ── What is at stake ─────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass
class Claim:
    """What one line says of one fiscal year: dollars by stage, verified where a period was examined."""

    reported: Decimal = ZERO
    verified: Decimal | None = None

    @property
    def counted(self) -> Decimal:
        return self.reported if self.verified is None else self.verified


@dataclass
class Stake:
    """The two claims of an overlap; what would be counted twice is the smaller of the two."""

    first: Claim = field(default_factory=Claim)
    second: Claim = field(default_factory=Claim)

    @property
    def amount(self) -> Decimal:
        return min(abs(self.first.counted), abs(self.second.counted))


def stakes_of(overlaps: Iterable[Overlap]) -> Mapping[int, Stake]:
    """What is at stake in each overlap: two queries, however many there are."""
    asked = list(overlaps)
    claims = claims_by_year({line for overlap in asked for line in (overlap.first_id, overlap.second_id)})
    nothing: dict[int, Claim] = {}
    return {
        overlap.pk: Stake(
            claims.get(overlap.first_id, nothing).get(overlap.fiscal_year, Claim()),
            claims.get(overlap.second_id, nothing).get(overlap.fiscal_year, Claim()),
        )
        for overlap in asked
    }


def claims_by_year(lines: Iterable[int]) -> dict[int, dict[int, Claim]]:
    """The claims of some lines by fiscal year, as the latest known rows give them, split by days as the reports split them."""
    rows = Gain.objects.filter(line__in=set(lines), stage__in=(Stage.REPORTED, Stage.VERIFIED))
    period = ("line_id", "stage", "period_start", "period_end")
    latest = rows.order_by(*period, "-recorded_at", "-pk").distinct(*period).select_related("project")
    found: dict[int, dict[int, Claim]] = defaultdict(dict)
    for row in latest:
        for year, part in _by_year(row).items():
            claim = found[row.line_id].setdefault(year, Claim())
            if row.stage == Stage.REPORTED:
                claim.reported += part
            else:
                claim.verified = (claim.verified or ZERO) + part
    return found


def _by_year(row: Gain) -> dict[int, Decimal]:
    """The parts of one row by fiscal year; the days before its project starts count for nothing."""
    first, after = max(row.project.starts_on or row.period_start, row.period_start), row.period_end + timedelta(days=1)
    if first >= after:
        return {}
    years = range(fiscal_year_of(first), fiscal_year_of(row.period_end) + 1)
    days = [(min(fiscal_year_start(year + 1), after) - max(fiscal_year_start(year), first)).days for year in years]
    parts = split(row.amount, [(first - row.period_start).days, *days])
    return dict(zip(years, parts[1:], strict=True))


# ── What a page shows beside it ──────────────────────────────────────────────────────────────────────────────────────
def reports_of(overlap: Overlap) -> dict[int, list[GainReport]]:
    """The reports of both lines that touch the fiscal year, by line, with their evidence."""
    start, after = fiscal_year_start(overlap.fiscal_year), fiscal_year_start(overlap.fiscal_year + 1)
    rows = GainReport.objects.filter(
        line__in=(overlap.first_id, overlap.second_id),
        period_start__lt=after,
        period_end__gte=start,
    )
    found: dict[int, list[GainReport]] = {overlap.first_id: [], overlap.second_id: []}
    for report in rows.select_related("evidence").order_by("period_start", "pk"):
        found[report.line_id].append(report)
    return found


def earlier_of(overlap: Overlap) -> QuerySet[Overlap]:
    """What was settled of the same two lines in other fiscal years."""
    others = Overlap.objects.filter(first=overlap.first_id, second=overlap.second_id, resolution__isnull=False).exclude(pk=overlap.pk)
    return others.select_related("resolution__withdrawn").order_by("fiscal_year")
