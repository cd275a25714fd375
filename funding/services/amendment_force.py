"""What an amendment changes when it comes in force, in one act: the agreement, its years, instalments, milestones, forecast, commitment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import DomainError, Stale, WrongState, on_constraint
from fondsinnovation.kit.money import ZERO
from funding.enums import LedgerKind, MilestoneChangeKind, MilestoneState
from funding.models import AgreementPart, Amendment, Envelope, Instalment, Milestone, MilestoneChange
from funding.queries.agreement_conditions import engaged_by_year
from funding.queries.amendments import milestones_of, new_forecasts_of, open_instalments, parts_of, planned_of
from funding.services.envelopes import Posting, lock_years, post
from projects.models import ForecastGain, User
from projects.services.journal import note
from projects.services.outbox import queue


def apply_amendment(amendment: Amendment, *, actor: User, now: datetime, known: datetime) -> None:
    """Write it all; the ledger comes last. Raises Stale, EnvelopeExceeded."""
    agreement, project = amendment.agreement, amendment.agreement.project
    agreement.amount, agreement.revision = amendment.amount_after, amendment.base_revision + 1
    agreement.starts_on, agreement.ends_on = amendment.starts_on_after, amendment.ends_on_after
    agreement.save(update_fields=["amount", "revision", "starts_on", "ends_on"])
    project.starts_on, project.ends_on = agreement.starts_on, agreement.ends_on
    project.save(update_fields=["starts_on", "ends_on"])
    _move_milestones(amendment, actor, now)
    _record_forecasts(amendment, actor, known)
    queue("follow_up", now=now, agreement=agreement.pk)
    note(agreement, revision=agreement.revision, amount=agreement.amount, ends_on=agreement.ends_on)
    if amendment.parts.exists():
        _write_parts(amendment)
        _replace_instalments(amendment)
        _commit(amendment, actor=actor, now=now, known=known)


def _move_milestones(amendment: Amendment, actor: User, now: datetime) -> None:
    """A milestone is moved under the agreement's lock: whoever holds one never waits for the agreement. Raises Stale."""
    for one in milestones_of(amendment):
        waiting = Milestone.objects.filter(
            pk=one.milestone_id, due_on=one.before, state__in=(MilestoneState.PLANNED, MilestoneState.REFUSED)
        )
        if not waiting.update(due_on=one.after):
            raise Stale(
                _("Le jalon « %(title)s » a changé depuis cet avenant. Reprenez-le sur la version du jour.")
                % {"title": one.milestone.title}
            )
        MilestoneChange.objects.create(
            milestone=one.milestone,
            kind=MilestoneChangeKind.AMENDED,
            before=one.before,
            after=one.after,
            reason=amendment.reason,
            amendment=amendment,
            decided_by=actor,
            decided_at=now,
        )
        note(one.milestone, due_on=one.after)


def _record_forecasts(amendment: Amendment, actor: User, known: datetime) -> None:
    """A later forecast supersedes; the baseline and what was forecast before stay."""
    ForecastGain.objects.bulk_create(
        [
            ForecastGain(
                line_id=one.line_id,
                period_start=one.period_start,
                period_end=one.period_end,
                amount=one.after,
                recorded_at=known,
                recorded_by=actor,
            )
            for one in new_forecasts_of(amendment)
        ]
    )


def _write_parts(amendment: Amendment) -> None:
    """The fiscal years of the agreement become those of the amendment."""
    rows = {part.fiscal_year: part for part in AgreementPart.objects.filter(agreement=amendment.agreement).order_by("fiscal_year", "pk")}
    after = {part.fiscal_year: part.after for part in parts_of(amendment) if part.after}
    for year, row in rows.items():
        if year not in after:
            row.delete()
        elif row.amount != after[year]:
            row.amount = after[year]
            row.save(update_fields=["amount"])
    AgreementPart.objects.bulk_create(
        [
            AgreementPart(agreement=amendment.agreement, fiscal_year=year, amount=amount)
            for year, amount in sorted(after.items())
            if year not in rows
        ]
    )


def _replace_instalments(amendment: Amendment) -> None:
    """What is neither paid nor on its way is taken out, and kept as it was; the new ones follow, under new positions."""
    agreement = amendment.agreement
    out = list(open_instalments(agreement).values_list("pk", flat=True))
    Instalment.objects.filter(pk__in=out).update(replaced_by=amendment)
    last = Instalment.objects.filter(agreement=agreement).aggregate(last=Max("position", default=0))["last"]
    Instalment.objects.bulk_create(
        [
            Instalment(
                agreement=agreement,
                position=position,
                kind=one.kind,
                milestone=one.milestone,
                fiscal_year=one.fiscal_year,
                amount=one.amount,
                amendment=amendment,
            )
            for position, one in enumerate(planned_of(amendment), start=last + 1)
        ]
    )


def _commit(amendment: Amendment, *, actor: User, now: datetime, known: datetime) -> None:
    """Commit more or less, year by year, from what the ledger commits now. Raises Stale when a year-end has moved it meanwhile."""
    agreement = amendment.agreement
    envelope = Envelope.objects.get(code=agreement.project.call.envelope)
    changed = [part for part in parts_of(amendment) if part.after != part.before]
    if not changed:
        return
    lock_years((envelope.pk, part.fiscal_year) for part in changed)
    committed = engaged_by_year(agreement)
    if any(committed.get(part.fiscal_year, ZERO) != part.before for part in changed):
        raise Stale(_("L’engagement de la convention a changé depuis cet avenant. Reprenez-le sur la version du jour."))
    postings = [
        Posting(
            envelope.pk,
            part.fiscal_year,
            LedgerKind.COMMITMENT,
            part.after - part.before,
            timezone.localdate(now),
            call_id=agreement.project.call_id,
            award_id=agreement.award_id,
            agreement_id=agreement.pk,
            reference=f"{agreement.number}/A{amendment.number}",
            amendment_id=amendment.pk,
        )
        for part in changed
    ]
    post(postings, actor=actor, recorded_at=known)
    note(amendment, committed={str(part.fiscal_year): part.after - part.before for part in changed})


@on_constraint("forecast_known_after_signature")
def _known_too_early(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Un plan signé garde sa prévision de référence : une prévision n’y entre que datée d’après la signature."))
