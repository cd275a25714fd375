"""What an amendment may say: its content against the agreement of the day, every fault found at once, and its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, Stale
from fondsinnovation.kit.money import ZERO, round_cents
from fondsinnovation.templatetags.typography import fiscal_year, long_date, money_cents, percent
from funding.enums import InstalmentKind, MilestoneState
from funding.models import (
    Agreement,
    Amendment,
    AmendmentForecast,
    AmendmentInstalment,
    AmendmentMilestone,
    AmendmentPart,
    Instalment,
    Milestone,
)
from funding.queries.agreement_conditions import engaged_by_year
from funding.queries.amendments import by_year, forecasts_of, kept, kept_by_year, open_instalments, planned, scope_of
from funding.queries.calls import fund_years
from funding.queries.outcomes import measured_milestones, terms_of
from funding.schedule import PlannedInstalment
from funding.services.outcomes import modality_faults

#: the fields of an amendment that its content sets
CONTENT = (
    "base_revision", "reason", "amount_before", "amount_after", "starts_on_before", "starts_on_after", "ends_on_before", "ends_on_after",
    "scope_before", "scope_after",
)  # fmt: skip
Forecasts = Mapping[tuple[int, date, date], Decimal]


@dataclass(frozen=True, slots=True)
class AmendmentContent:
    """What is proposed, for the whole agreement: None or an absent key leaves as it is.

    `instalments` are all those to come: they replace what is neither paid nor on its way. `milestones`: position → day. `forecasts`:
    (line, first day, last day) → dollars. `base_revision`: the version that was read. `seen`: what its author believes of the
    agreement (`amount`, `starts_on`, `ends_on`), for a change that comes from a file.
    """

    base_revision: int
    reason: str
    amount: Decimal | None = None
    instalments: Sequence[PlannedInstalment] | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    milestones: Mapping[int, date] = field(default_factory=dict)
    scope: str | None = None
    forecasts: Forecasts = field(default_factory=dict)
    seen: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """The agreement of the day, held: what an amendment starts from."""

    agreement: Agreement
    kept: list[Instalment]
    open: list[Instalment]
    milestones: dict[int, Milestone]
    scope: str
    forecasts: Forecasts


def standing_of(agreement: Agreement) -> Standing:
    return Standing(
        agreement,
        list(kept(agreement)),
        list(open_instalments(agreement)),
        {one.position: one for one in Milestone.objects.filter(agreement=agreement).order_by("position", "pk")},
        scope_of(agreement),
        forecasts_of(agreement),
    )


def require_current(content: AmendmentContent, agreement: Agreement) -> None:
    """Raise Stale unless the amendment is written on the agreement as it is, and its author believes of it what is true."""
    if content.base_revision != agreement.revision:
        raise Stale(
            _("La convention est passée de la version %(seen)s à la version %(today)s depuis que vous l’avez lue : relisez-la.")
            % {"seen": content.base_revision, "today": agreement.revision}
        )
    said: dict[str, tuple[str, Any]] = {
        "amount": (_("l’aide"), money_cents),
        "starts_on": (_("le début"), long_date),
        "ends_on": (_("la fin"), long_date),
    }
    for name, believed in content.seen.items():
        label, say = said[name]
        if believed != (true := getattr(agreement, name)):
            raise Stale(
                _("Chaîne rompue à la convention %(number)s : %(label)s y est de %(true)s et l’avenant part de %(believed)s.")
                % {"number": agreement.number, "label": label, "true": say(true), "believed": say(believed)}
            )


def write_content(amendment: Amendment, content: AmendmentContent, standing: Standing) -> None:
    """Set what the amendment says of the whole agreement. Raises Invalid with every fault by field."""
    agreement = standing.agreement
    amendment.base_revision = agreement.revision
    amendment.reason = content.reason.strip()
    amendment.amount_before, amendment.amount_after = agreement.amount, content.amount or agreement.amount
    amendment.starts_on_before, amendment.starts_on_after = agreement.starts_on, content.starts_on or agreement.starts_on
    amendment.ends_on_before, amendment.ends_on_after = agreement.ends_on, content.ends_on or agreement.ends_on
    amendment.scope_before = standing.scope
    amendment.scope_after = standing.scope if content.scope is None else content.scope.strip()
    schedule = new_schedule(content, standing)
    errors = dict(_faults(amendment, content, standing, schedule))
    if not errors and not _changes(amendment, content, standing, schedule):
        raise Invalid(_("Cet avenant ne change rien à la convention."))
    if errors:
        raise Invalid(errors=errors)


def new_schedule(content: AmendmentContent, standing: Standing) -> list[PlannedInstalment] | None:
    """The instalments to come, or None when the schedule stays as it is."""
    if content.instalments is None:
        return None
    schedule = [one for one in content.instalments if one.amount]
    unchanged = content.amount in (None, standing.agreement.amount) and schedule == planned(standing.open)
    return None if unchanged else schedule


def _faults(
    amendment: Amendment, content: AmendmentContent, standing: Standing, schedule: Sequence[PlannedInstalment] | None
) -> Mapping[str, str]:
    errors = {}
    if not amendment.reason:
        errors["reason"] = _("Inscrivez le motif de l’avenant.")
    if content.amount is not None and content.amount <= 0:
        errors["amount"] = _("Inscrivez un montant plus grand que zéro.")
    if amendment.ends_on_after < amendment.starts_on_after:
        errors["ends_on"] = _("La fin précède le début : inscrivez une date égale ou postérieure au début.")
    if amendment.scope_before and not amendment.scope_after:
        errors["scope"] = _("La portée ne s’efface pas : inscrivez la nouvelle.")
    errors |= _milestone_faults(amendment, content, standing)
    if schedule is not None and "amount" not in errors:
        errors |= _schedule_faults(amendment, standing, schedule)
    elif amendment.amount_after != amendment.amount_before:
        errors["amount"] = _("Un nouveau montant demande de nouveaux versements.")
    if unknown := set(content.forecasts) - set(standing.forecasts):
        errors["forecast"] = _("La prévision ne porte pas sur une période du plan de gains : %(count)s.") % {"count": len(unknown)}
    return errors


def _milestone_faults(amendment: Amendment, content: AmendmentContent, standing: Standing) -> Mapping[str, str]:
    errors = {}
    for position, day in content.milestones.items():
        milestone = standing.milestones.get(position)
        if milestone is None:
            errors[f"due_on_{position}"] = _("Ce jalon n’est pas de cette convention.")
        elif day != milestone.due_on and milestone.state not in (MilestoneState.PLANNED, MilestoneState.REFUSED):
            errors[f"due_on_{position}"] = _("Ce jalon est déjà déclaré ou réglé : son échéance ne change plus.")
        elif day != milestone.due_on and day > amendment.ends_on_after:
            errors[f"due_on_{position}"] = _("L’échéance dépasse la fin de la convention, le %(day)s.") % {
                "day": long_date(amendment.ends_on_after)
            }
    return errors


def _schedule_faults(amendment: Amendment, standing: Standing, schedule: Sequence[PlannedInstalment]) -> Mapping[str, str]:
    """Kept and new instalments make the aid, never less than what is paid or on its way (INV-05, INV-12)."""
    held, new = sum((one.amount for one in standing.kept), ZERO), sum((one.amount for one in schedule), ZERO)
    if amendment.amount_after < held:
        return {
            "amount": _("L’aide ne descend pas sous ce qui est versé, demandé ou réclamé, soit %(held)s.") % {"held": money_cents(held)}
        }
    if difference := amendment.amount_after - held - new:
        return {
            "instalments": _(
                "Les versements à venir totalisent %(new)s; avec %(held)s déjà versés, demandés ou réclamés, il en faut %(needed)s : "
                "l’écart est de %(difference)s."
            )
            % {
                "new": money_cents(new),
                "held": money_cents(held),
                "needed": money_cents(new + difference),
                "difference": money_cents(abs(difference)),
            }
        }
    years = fund_years()
    if outside := sorted({one.fiscal_year for one in schedule} - set(years)):
        return {"instalments": _("Le Fonds n’a pas d’exercice %(year)s.") % {"year": fiscal_year(outside[0])}}
    dead = [position for position, one in standing.milestones.items() if one.state == MilestoneState.CANCELLED]
    if any(
        one.amount < 0 or (one.kind != InstalmentKind.ADVANCE and (one.milestone not in standing.milestones or one.milestone in dead))
        for one in schedule
    ):
        return {
            "instalments": _("Chaque versement a un montant positif et, sauf l’avance, un jalon de la convention qui n’est pas annulé.")
        }
    return _modality_faults(standing, schedule) or _advance_faults(amendment, standing, schedule)


def _modality_faults(standing: Standing, schedule: Sequence[PlannedInstalment]) -> Mapping[str, str]:
    """A result is paid period by period, and one that is declared keeps the instalments that were signed for it; a prize is paid whole."""
    agreement = standing.agreement
    if faults := modality_faults(agreement.project.modality, terms_of(agreement), schedule):
        return {"instalments": " ".join(faults)}
    measured = measured_milestones(agreement)
    titles = [standing.milestones[one.milestone].title for one in schedule if one.milestone in measured]
    if titles:
        return {"instalments": _("La quantité de « %(title)s » est déclarée : ses versements ne changent plus.") % {"title": titles[0]}}
    return {}


def _advance_faults(amendment: Amendment, standing: Standing, schedule: Sequence[PlannedInstalment]) -> Mapping[str, str]:
    """A new advance, with those that are paid, stays within the share that the terms allow of the new aid."""
    new = sum((one.amount for one in schedule if one.kind == InstalmentKind.ADVANCE), ZERO)
    rate = standing.agreement.project.call.terms.advance_rate
    most = round_cents(amendment.amount_after * rate)
    paid = sum((one.amount for one in standing.kept if one.kind == InstalmentKind.ADVANCE), ZERO)
    if not new or new + paid <= most:
        return {}
    return {
        "instalments": _("L’avance dépasse %(rate)s de l’aide, soit %(most)s : c’est la limite des modalités.")
        % {"rate": percent(rate), "most": money_cents(most)}
    }


def _changes(amendment: Amendment, content: AmendmentContent, standing: Standing, schedule: Sequence[PlannedInstalment] | None) -> bool:
    return (
        schedule is not None
        or (amendment.starts_on_before, amendment.ends_on_before) != (amendment.starts_on_after, amendment.ends_on_after)
        or amendment.scope_before != amendment.scope_after
        or any(day != standing.milestones[position].due_on for position, day in content.milestones.items())
        or any(amount != standing.forecasts[key] for key, amount in content.forecasts.items())
    )


def write_rows(amendment: Amendment, content: AmendmentContent, standing: Standing) -> None:
    """The rows of an amendment that is saved: years, instalments, milestones, forecasts; those that it had go."""
    for rows in (amendment.parts, amendment.planned, amendment.milestones, amendment.forecasts):
        rows.all().delete()
    if (schedule := new_schedule(content, standing)) is not None:
        _write_schedule(amendment, schedule, standing)
    AmendmentMilestone.objects.bulk_create(
        [
            AmendmentMilestone(amendment=amendment, milestone=standing.milestones[position], before=one.due_on, after=day)
            for position, day in sorted(content.milestones.items())
            if (one := standing.milestones[position]).due_on != day
        ]
    )
    AmendmentForecast.objects.bulk_create(
        [
            AmendmentForecast(amendment=amendment, line_id=line, period_start=start, period_end=end, before=before, after=after)
            for (line, start, end), after in sorted(content.forecasts.items())
            if (before := standing.forecasts[line, start, end]) != after
        ]
    )


def _write_schedule(amendment: Amendment, schedule: Sequence[PlannedInstalment], standing: Standing) -> None:
    """The years start from what the ledger commits, which a year-end may have moved away from what was signed.

    What a receipt gave back to the envelope is not committed again: it was paid once, and no instalment pays it anew.
    """
    AmendmentInstalment.objects.bulk_create(
        [
            AmendmentInstalment(
                amendment=amendment,
                position=position,
                kind=one.kind,
                milestone=None if one.kind == InstalmentKind.ADVANCE else standing.milestones[one.milestone or 0],
                fiscal_year=one.fiscal_year,
                amount=one.amount,
            )
            for position, one in enumerate(schedule, start=1)
        ]
    )
    before = engaged_by_year(standing.agreement)
    after = kept_by_year(standing.kept, before)
    for year, amount in by_year(schedule).items():
        after[year] = after.get(year, ZERO) + amount
    AmendmentPart.objects.bulk_create(
        [
            AmendmentPart(amendment=amendment, fiscal_year=year, before=before.get(year, ZERO), after=after.get(year, ZERO))
            for year in sorted({*before, *after})
            if before.get(year) or after.get(year)
        ]
    )
