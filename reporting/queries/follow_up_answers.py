"""What a follow-up report says, section by section, as it is read; and the lessons that are published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from fondsinnovation.templatetags.typography import long_date, money_cents, number
from funding.enums import AgreementState
from projects.models import Call
from reporting.enums import FollowUpKind, FollowUpPart, FollowUpState
from reporting.models import FollowUpReport, FollowUpSection
from reporting.queries.follow_ups import report_facts, sections_of
from reporting.sections.follow_ups import Part, part_form


def answers_of(report: FollowUpReport) -> list[tuple[Part, list[tuple[str, str]]]]:
    """Each section that is begun, with its questions and answers; a question left empty is left out."""
    facts = report_facts(report, timezone.localdate(report.signed_at) if report.signed_at else date.max)
    found = []
    for part, _required, saved in sections_of(report):
        if saved is None:
            continue
        form: Any = part_form(part.kind, saved.content, facts)
        form.is_valid()
        rows = [(str(field.label), _shown(name, form, saved.content.get(name, ""))) for name, field in form.fields.items()]
        found.append((part, [(label, shown) for label, shown in rows if shown]))
    return found


def _shown(name: str, form: Any, typed: str) -> str:
    """The answer as it is understood, or as it was typed when it is not."""
    value = form.cleaned_data.get(name)
    if isinstance(value, Decimal):
        return money_cents(value) if name.startswith("spent_") else number(value, 2)
    if isinstance(value, date):
        return long_date(value)
    return str(typed)


@dataclass(frozen=True, slots=True)
class Lessons:
    """What one project learned: its report, and whether it is a documented failure."""

    report: FollowUpReport
    is_failure: bool
    answers: list[tuple[str, str]]


def lessons_of(call: Call) -> list[Lessons]:
    """The lessons of the verified final reports of a call's projects, by project."""
    sections = FollowUpSection.objects.filter(
        kind=FollowUpPart.LESSONS,
        report__kind=FollowUpKind.CLOSING,
        report__state=FollowUpState.VERIFIED,
        report__project__call=call,
    ).select_related("report__project__organisation", "report__agreement")
    found = []
    for section in sections.order_by("report__project__reference", "report__period_start", "pk"):
        form: Any = part_form(section.kind, section.content, None)  # type: ignore[arg-type]
        answers = [(str(field.label), section.content.get(name, "")) for name, field in form.fields.items()]
        failed = section.report.agreement.state == AgreementState.DOCUMENTED_FAILURE
        found.append(Lessons(section.report, failed, [(label, text) for label, text in answers if text]))
    return found
