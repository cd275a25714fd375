"""Reads of restatements: the versions of a gain, what waits for its co-signature, what changed since the last edition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from projects.enums import Stage
from reporting.enums import RestatementState, SnapshotKind
from reporting.models import GainMeasure, GainReport, GainRestatement, GainVerification, Snapshot
from reporting.queries.gains import gain_reports_for
from reporting.queries.measures import known_versions


@dataclass(frozen=True, slots=True)
class Version:
    """A gain as it was known from one instant on. `difference`: from the version before, none for the first."""

    number: int
    amount: Decimal
    difference: Decimal | None
    maturity: str
    at: datetime
    by: str
    cosigned_by: str
    reason: str
    state: str
    answer: str = ""
    measure: GainMeasure | None = None


def versions_of(report: GainReport) -> list[Version]:
    """Every version that was ever known, the latest first. Nothing for a gain that was never restated."""
    known = report.restatements.filter(recorded_at__isnull=False).select_related("restated_by", "cosigned_by").order_by("version")
    restatements = list(known)
    if not restatements:
        return []
    measures = {measure.restatement_id: measure for measure in report.measures.filter(known_versions()).order_by("pk")}
    found = [_version(one, measures.get(one.pk)) for one in restatements]
    reported = report.gains.filter(stage=Stage.REPORTED, recorded_at__lte=found[0].at).select_related("recorded_by")
    first = reported.order_by("recorded_at", "pk").exclude(amount=found[0].amount).last() or reported.order_by("recorded_at", "pk")[0]
    return [*reversed(found), _first(first, measures.get(None))]


def _first(row: Any, measure: GainMeasure | None) -> Version:
    by = row.recorded_by.name if row.recorded_by else ""
    return Version(1, row.amount, None, row.get_maturity_display(), row.recorded_at, by, "", "", "", measure=measure)


def _version(one: GainRestatement, measure: GainMeasure | None) -> Version:
    return Version(
        number=one.version,
        amount=one.amount,
        difference=one.difference,
        maturity=one.get_maturity_display(),
        at=one.recorded_at or one.restated_at,
        by=one.restated_by.name,
        cosigned_by=one.cosigned_by.name if one.cosigned_by else "",
        reason=one.reason,
        state=one.get_state_display(),
        answer=one.answer,
        measure=measure,
    )


def open_restatement(report: GainReport) -> GainRestatement | None:
    """The restatement that waits for its co-signature or its verification."""
    waiting = report.restatements.filter(state__in=[RestatementState.DRAFT, RestatementState.SUBMITTED])
    return waiting.select_related("restated_by", "evidence").first()


def verifications_of(report: GainReport) -> QuerySet[GainVerification]:
    """Every examination, the latest first."""
    return report.verifications.select_related("verified_by").order_by("-pk")


def restated_since_edition(person: Any, now: datetime) -> tuple[Snapshot | None, QuerySet[GainRestatement]]:
    """The last edition of a report, and the restatements known after its knowledge date, those that this person may see."""
    edition = Snapshot.objects.filter(kind=SnapshotKind.EDITION).order_by("-known", "-pk").first()
    rows = GainRestatement.objects.filter(recorded_at__isnull=False, report__in=gain_reports_for(person, now))
    if edition is not None:
        rows = rows.filter(recorded_at__gt=edition.known)
    return edition, rows.select_related("report__project__organisation", "restated_by").order_by("-recorded_at", "-pk")
