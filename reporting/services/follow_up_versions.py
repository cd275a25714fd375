"""What a signature freezes of a follow-up report, and the objectives that a verified one measures."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from projects.models import User
from projects.services.journal import canonical, note, sha256
from reporting.enums import FollowUpPart
from reporting.models import FollowUpReport, FollowUpSection, FollowUpVersion
from reporting.queries.follow_up_plan import plan_facts
from reporting.queries.follow_ups import attachments_of, report_facts
from reporting.sections.follow_ups import part_form
from reporting.services.objectives import record_objective_results


def keep_version(report: FollowUpReport, *, actor: User, now: datetime) -> FollowUpVersion:
    """Step: freeze the sections, the files and the plan as they stand, under a SHA-256."""
    content = canonical(
        {
            "number": report.number,
            "kind": str(report.kind),
            "period_start": report.period_start,
            "period_end": report.period_end,
            "sections": {one.kind: one.content for one in report.sections.order_by("pk")},
            "files": {one.name: one.sha256 for one in attachments_of(report)},
            "plan": plan_facts(report, now),
        }
    )
    version = FollowUpVersion.objects.create(
        report=report,
        number=report.versions.count() + 1,
        content=content,
        sha256=sha256(content),
        signed_by=actor,
        signed_at=now,
    )
    note(version, sha256=version.sha256, number=version.number)
    return version


def measured(report: FollowUpReport) -> tuple[dict[int, Decimal], date | None]:
    """The value reached for each objective that the report measures, by its key, and on which day."""
    for section in FollowUpSection.objects.filter(report=report, kind=FollowUpPart.OBJECTIVES, is_complete=True).order_by("pk"):
        form: Any = part_form(section.kind, section.content, report_facts(report, timezone.localdate(report.signed_at)))
        if form.is_valid() and form.cleaned_data["measured_on"]:
            found = {one.pk: form.cleaned_data[f"actual_{one.pk}"] for one in form.facts.objectives}
            return {key: value for key, value in found.items() if value is not None}, form.cleaned_data["measured_on"]
    return {}, None


def record_objectives(report: FollowUpReport, *, known: datetime, actor: User, now: datetime) -> None:
    """Step: the values of a verified report are those of its project from now on."""
    values, measured_on = measured(report)
    if values and measured_on is not None:
        record_objective_results(report.project, values, measured_on=measured_on, known=known, actor=actor, now=now, source=report.number)
