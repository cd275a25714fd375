"""What a report measured is kept with it; a service outside its tolerance contests a cashable line, and a later one inside lifts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import DomainError, Invalid, on_constraint
from fondsinnovation.templatetags.typography import quantity
from projects.models import User
from projects.services import messages
from projects.services.journal import note
from reporting.enums import ContestCause
from reporting.models import GainMeasure, GainReport, GainRestatement, IndicatorMeasure
from reporting.queries.measures import Reading, degraded, measure_of
from reporting.services.contests import record_contest

#: each figure of a measure, and the field of a form where it is typed
FIELDS = {
    "cost": "actual_cost",
    "volume": "actual_volume",
    "hours": "hours",
    "hourly_rate": "hourly_rate",
    "redeployed": "redeployed",
}


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured over a period: dollars and units, or hours, dollars an hour and a share of 1; indicators by key."""

    cost: Decimal | None = None
    volume: Decimal | None = None
    hours: Decimal | None = None
    hourly_rate: Decimal | None = None
    redeployed: Decimal | None = None
    indicators: Mapping[int, Decimal] = field(default_factory=dict)

    def figures(self) -> dict[str, Decimal | None]:
        return {name: getattr(self, name) for name in FIELDS}

    @property
    def is_empty(self) -> bool:
        return not self.indicators and all(value is None for value in self.figures().values())


def record_measures(
    report: GainReport, measures: Measures | None, *, known: datetime, actor: User, restatement: GainRestatement | None = None
) -> None:
    """Keep what this version of a report measured; nothing when nothing was measured and nothing was before."""
    if measures is None or (measures.is_empty and not report.measures.exists()):
        return
    row = GainMeasure.objects.create(report=report, restatement=restatement, recorded_at=known, recorded_by=actor, **measures.figures())
    IndicatorMeasure.objects.bulk_create(
        IndicatorMeasure(measure=row, indicator_id=indicator, value=value) for indicator, value in sorted(measures.indicators.items())
    )
    note(row, report=report.pk, **{name: value for name, value in measures.figures().items() if value is not None})


def require_measured_again(report: GainReport, measures: Measures | None) -> bool:
    """Whether a restatement measures something else than the version it replaces; what that version measured is measured again.

    Raises Invalid, next to each field that is missing.
    """
    before, after = known_measures(report), measures or Measures()
    figures = {FIELDS[name]: value for name, value in after.figures().items() if getattr(before, name) is not None}
    values = {f"indicator_{pk}": after.indicators.get(pk) for pk in before.indicators}
    missing = [name for name, value in {**figures, **values}.items() if value is None]
    if missing:
        raise Invalid(errors={name: _("La version précédente l’a mesuré : inscrivez la valeur de celle-ci.") for name in missing})
    return (after.figures(), dict(after.indicators)) != (before.figures(), dict(before.indicators))


def known_measures(report: GainReport) -> Measures:
    """What the version of a report that is known measured; costs count where there is a baseline to compare them with."""
    row = measure_of(report)
    if row is None:
        return Measures()
    names = [name for name in FIELDS if name not in ("cost", "volume") or hasattr(report.line, "baseline")]
    return Measures(
        **{name: getattr(row, name) for name in names}, indicators={each.indicator_id: each.value for each in row.indicators.all()}
    )


def guard_quality(report: GainReport, *, known: datetime, actor: User, now: datetime) -> None:
    """Contest the line of a submitted report, or stop: by the indicators of its last measured period (docs/rules/baselines.md)."""
    outside = degraded(report.line)
    if outside is None:
        return
    with messages.in_french():
        reason = _in_words(outside) if outside else _("Tous les indicateurs mesurés sont revenus dans leur tolérance.")
    record_contest(report.line, cause=ContestCause.QUALITY, contested=bool(outside), reason=reason, known=known, actor=actor, now=now)


def _in_words(outside: list[Reading]) -> str:
    said = [
        _("%(name)s : %(value)s %(unit)s mesurés, pour %(reference)s au départ et un écart toléré de %(tolerance)s")
        % {
            "name": reading.indicator.name,
            "value": quantity(reading.value),
            "unit": reading.indicator.unit,
            "reference": quantity(reading.indicator.reference),
            "tolerance": quantity(reading.indicator.tolerance),
        }
        for reading in outside
    ]
    return _("Le service s’est dégradé au-delà de sa tolérance. %(said)s.") % {"said": "; ".join(said)}


@on_constraint("indicator_measured_on_its_line")
def _other_line(detail: dict[str, Any]) -> DomainError:
    return Invalid(_("Cet indicateur n’est pas celui de la ligne déclarée."))
