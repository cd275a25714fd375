"""Reads of agreements: the default schedule of instalments, the lists, and what the PDF says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from fondsinnovation.kit.money import ZERO, fiscal_year_of
from fondsinnovation.templatetags.typography import quantity
from funding.enums import AgreementKind, InstalmentKind
from funding.models import Agreement, Award, Milestone
from funding.outcome import OutcomeTerms
from funding.schedule import PlannedInstalment, Share, per_milestone, poured
from projects.enums import Modality, OrganisationKind
from projects.models import Application, ForecastGain, GainLine, PlannedMilestone, ServiceIndicator, TermsProfile
from projects.queries.applications import projects_for


@dataclass(frozen=True, slots=True)
class DraftMilestone:
    """A milestone of an agreement to be, by its position."""

    position: int
    title: str
    evidence: str
    due_on: date


def kind_for(application: Application) -> AgreementKind:
    """A ministry or an agency signs an administrative agreement with its own government; anyone else, a grant agreement."""
    inside = application.organisation.kind in (OrganisationKind.MINISTRY, OrganisationKind.AGENCY)
    return AgreementKind.ADMINISTRATIVE if inside else AgreementKind.GRANT


def default_schedule(
    amount: Decimal, parts: Mapping[int, Decimal], terms: TermsProfile, milestones: Sequence[int]
) -> list[PlannedInstalment]:
    """The advance and the holdback of the terms, the rest shared between the milestones (given by position), to the cent.

    A prize is paid whole. Results are paid without advance nor holdback: each milestone's share is the most that its period may be paid.

    Instalments fill the fiscal years in order; one that crosses the end of a year's part is paid in two.
    Raises ValueError without a milestone.
    """
    if terms.modality == Modality.PRIZE:
        return list(poured([Share(InstalmentKind.PRIZE, None, amount)], parts))
    if terms.modality == Modality.OUTCOME:
        return list(poured(per_milestone(amount, ZERO, ZERO, milestones), parts))
    return list(poured(per_milestone(amount, terms.advance_rate, terms.holdback_rate, milestones), parts))


def default_dates(application: Application, day: date) -> tuple[date, date]:
    """From today to the last planned milestone, or to today when they are all past."""
    last = max(application.planned_milestones.order_by("pk").values_list("due_on", flat=True), default=day)
    return day, max(day, last)


def planned_milestones(application: Application) -> list[PlannedMilestone]:
    """The milestones that an agreement takes from its application; none for a prize, which rewards what is done."""
    return [] if application.call.terms.modality == Modality.PRIZE else list(application.planned_milestones.order_by("position", "pk"))


def draft_milestones(rows: Iterable[PlannedMilestone | Milestone]) -> list[DraftMilestone]:
    """The milestones of an application, or of an agreement, as a draft writes them."""
    return [DraftMilestone(row.position, row.title, row.evidence, row.due_on) for row in rows]


def agreements_for(person: Any, now: datetime) -> QuerySet[Agreement]:
    """The agreements of the projects that this person may see."""
    return Agreement.objects.filter(project__in=projects_for(person, now)).select_related(
        "project__organisation", "project__call", "award__application", "document", "drafted_by"
    )


@dataclass(frozen=True, slots=True)
class ExpectedGain:
    """A line of the gain plan as signed: its baseline, and its forecast by period in dollars."""

    line: GainLine
    forecasts: list[ForecastGain]

    @property
    def total(self) -> Decimal:
        return sum((forecast.amount for forecast in self.forecasts), ZERO)


def expected_gains(application: Application) -> list[ExpectedGain]:
    """The gain plan of an application with its forecast as known last."""
    lines = GainLine.objects.filter(plan__application=application).select_related("baseline", "organisation")
    lines = lines.prefetch_related(Prefetch("indicators", ServiceIndicator.objects.order_by("position", "pk"))).order_by("code", "pk")
    latest: dict[int, dict[tuple[date, date], ForecastGain]] = {}
    for row in ForecastGain.objects.filter(line__plan__application=application).order_by("period_start", "recorded_at", "pk"):
        latest.setdefault(row.line_id, {})[row.period_start, row.period_end] = row
    return [ExpectedGain(line, list(latest.get(line.pk, {}).values())) for line in lines]


def agreement_data(
    *,
    number: str,
    project: str,
    award: Award,
    starts_on: date,
    ends_on: date,
    milestones: Sequence[DraftMilestone],
    instalments: Sequence[PlannedInstalment],
    day: date,
    outcome: OutcomeTerms | None = None,
) -> dict[str, object]:
    """What the PDF says, as `templates/pdf/agreement.typ` reads it. Fiscal years after that of `day` are conditional."""
    application = award.application
    titles = {milestone.position: milestone.title for milestone in milestones}
    return {
        "number": number,
        "project": project,
        "kind": str(kind_for(application).label),
        "application": application.number,
        "title": application.title,
        "organisation": application.organisation.name,
        "call": f"{application.call.reference} – {application.call.title}",
        "day": day,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "amount": award.amount,
        "conditions": award.conditions,
        "parts": [
            {"year": part.fiscal_year, "amount": part.amount, "conditional": part.fiscal_year > fiscal_year_of(day)}
            for part in award.parts.order_by("fiscal_year", "pk")
        ],
        "milestones": [
            {"position": one.position, "title": one.title, "evidence": one.evidence, "due_on": one.due_on} for one in milestones
        ],
        "instalments": [
            {"kind": str(one.kind.label), "milestone": titles.get(one.milestone or 0, ""), "year": one.fiscal_year, "amount": one.amount}
            for one in instalments
        ],
        "outcome": asdict(outcome) if outcome else None,
        "gains": [_gain_data(gain) for gain in expected_gains(application)],
        "reporting_months": application.call.terms.reporting_months,
        "follow_up_years": application.call.terms.follow_up_years,
    }


def _gain_data(gain: ExpectedGain) -> dict[str, object]:
    baseline = gain.line.baseline
    return {
        "code": gain.line.code,
        "title": gain.line.title,
        "nature": str(gain.line.get_nature_display()),
        "recurrence": str(gain.line.get_recurrence_display()),
        "cost": baseline.cost,
        "volume": baseline.volume,
        "unit": baseline.unit,
        "period_start": baseline.period_start,
        "period_end": baseline.period_end,
        "source": baseline.source,
        "bearer": gain.line.organisation.name,
        "budget": " · ".join(filter(None, (gain.line.cost_centre, gain.line.account))),
        "indicators": [_in_words(indicator) for indicator in gain.line.indicators.all()],
        "forecasts": [{"start": row.period_start, "end": row.period_end, "amount": row.amount} for row in gain.forecasts],
        "total": gain.total,
    }


def _in_words(indicator: ServiceIndicator) -> str:
    """« Délai moyen : 12 jours au départ, écart toléré de 2 (se dégrade quand la valeur monte) »."""
    return _("%(name)s : %(reference)s %(unit)s au départ, écart toléré de %(tolerance)s; se dégrade %(worse)s") % {
        "name": indicator.name,
        "reference": quantity(indicator.reference),
        "unit": indicator.unit,
        "tolerance": quantity(indicator.tolerance),
        "worse": indicator.get_worse_display().lower(),
    }
