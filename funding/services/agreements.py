"""Agreements: drafted from an award with their PDF, signed by the beneficiary, then for the minister, which puts them in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act
from fondsinnovation.kit.money import ZERO, round_cents
from fondsinnovation.kit.states import require_move
from fondsinnovation.templatetags.typography import fiscal_year, money_cents, percent
from funding.enums import AGREEMENT_MOVES, WITHOUT_MILESTONE, AgreementState, AwardState, InstalmentKind, LedgerKind, Party
from funding.models import Agreement, AgreementPart, Award, Envelope, Instalment, Milestone
from funding.outcome import OutcomeTerms
from funding.policies import agreements as policies
from funding.queries.agreement_conditions import unmet_conditions
from funding.queries.agreement_texts import Draft
from funding.queries.agreements import (
    DraftMilestone,
    default_dates,
    default_schedule,
    draft_milestones,
    kind_for,
    planned_milestones,
)
from funding.queries.prizes import gives_prizes
from funding.schedule import PlannedInstalment
from funding.services.agreement_texts import Frozen, freeze, keep_text
from funding.services.envelopes import Posting, post
from funding.services.outcomes import modality_faults, write_outcome
from funding.services.risks import record_tier
from funding.services.signatures import Shown, sign
from projects.enums import APPLICATION_MOVES, ApplicationState, DocumentKind
from projects.models import Application, Counter, Document, GainPlan, Project, User
from projects.queries.people import active_members
from projects.services import messages
from projects.services.documents import store_bytes
from projects.services.journal import money_clock, next_numbers, note, note_organisation, transition
from projects.services.locks import lock
from projects.services.outbox import queue

WIDTH = 5


@act
def draft_agreement(
    *,
    award_id: int,
    starts_on: date | None = None,
    ends_on: date | None = None,
    instalments: Sequence[PlannedInstalment] | None = None,
    outcome: OutcomeTerms | None = None,
    risk_tier: str = "",
    risk_reason: str = "",
    actor: User,
    now: datetime,
    key: str | None = None,
) -> Agreement:
    """Create the project, its agreement with milestones and instalments, and the PDF to sign; the defaults are those of the terms,
    the risk tier too.

    Raises NotAllowed, WrongState, Invalid (instalments that do not make up the award, dates out of order).
    """
    award = Award.objects.select_related("application__call__terms", "application__organisation").get(pk=award_id)
    policies.draft_agreement(actor, award, now).require()
    require_ready(award)
    day = timezone.localdate(now)
    first, last = default_dates(award.application, day)
    dates = (starts_on or first, ends_on or last)
    planned = draft_milestones(planned_milestones(award.application))
    schedule = _checked_schedule(award, instalments, dates, outcome)
    expected = _expected_numbers(day.year)
    frozen = freeze(Draft(award, expected, 1, planned, schedule, dates, outcome), now)

    application = lock(Application, award.application_id)
    policies.draft_agreement(actor, lock(Award, award_id), now).require()
    require_ready(award)
    numbers = (next_numbers(f"CNV-{day.year}", 1, width=WIDTH)[0], next_numbers(f"PRJ-{day.year}", 1, width=WIDTH)[0])
    if numbers != expected:  # somebody drafted another agreement this very instant: rare, and the PDF says its own number
        frozen = freeze(Draft(award, numbers, 1, planned, schedule, dates, outcome), now)
    agreement = _create(Draft(award, numbers, 1, planned, schedule, dates, outcome), frozen, actor=actor, now=now)
    write_outcome(agreement, outcome)
    record_tier(agreement, risk_tier, risk_reason, actor=actor, now=now)
    note(application)
    return agreement


def require_ready(award: Award) -> None:
    """Raise WrongState unless an agreement is what the award waits for."""
    if award.state != AwardState.APPROVED:
        raise WrongState(_("Une convention se prépare après l’approbation de la décision."))
    if award.letter_id is None:
        raise WrongState(_("Transmettez d’abord la lettre de décision à l’organisme."))
    if Agreement.objects.filter(award=award).exists():
        raise WrongState(_("La convention de ce dossier est déjà préparée."))


def _checked_schedule(
    award: Award, instalments: Sequence[PlannedInstalment] | None, dates: tuple[date, date], outcome: OutcomeTerms | None
) -> list[PlannedInstalment]:
    """The instalments as given, or the default ones. Raises Invalid with what does not add up."""
    positions = [milestone.position for milestone in planned_milestones(award.application)]
    if not positions and not gives_prizes(award.application.call):
        raise Invalid(_("Cette demande ne prévoit aucun jalon : la convention en exige au moins un."))
    if dates[1] < dates[0]:
        raise Invalid(errors={"ends_on": _("La fin précède le début : inscrivez une date égale ou postérieure au début.")})
    parts = {part.fiscal_year: part.amount for part in award.parts.order_by("fiscal_year", "pk")}
    terms = award.application.call.terms
    if instalments is None:
        instalments = default_schedule(award.amount, parts, terms, positions)
    schedule = [one for one in instalments if one.amount]
    faults = schedule_faults(schedule, award.amount, parts, terms.advance_rate, positions)
    if faults := [*faults, *modality_faults(terms.modality, outcome, schedule)]:
        raise Invalid(" ".join(faults))
    return schedule


def schedule_faults(
    schedule: Sequence[PlannedInstalment], amount: Decimal, parts: Mapping[int, Decimal], advance_rate: Decimal, positions: Sequence[int]
) -> list[str]:
    """What is wrong with instalments, in sentences: their sum, their fiscal years, the advance, the milestones."""
    faults = []
    if difference := amount - sum((one.amount for one in schedule), ZERO):
        faults.append(
            _("Les versements totalisent %(total)s pour une aide de %(amount)s : l’écart est de %(difference)s.")
            % {"total": money_cents(amount - difference), "amount": money_cents(amount), "difference": money_cents(abs(difference))}
        )
    for year in sorted({*parts, *(one.fiscal_year for one in schedule)}) if not faults else []:
        planned, part = sum((one.amount for one in schedule if one.fiscal_year == year), ZERO), parts.get(year, ZERO)
        if planned != part:
            faults.append(
                _(
                    "Exercice %(year)s : les versements totalisent %(planned)s et la décision en réserve %(part)s; "
                    "l’écart est de %(difference)s."
                )
                % {
                    "year": fiscal_year(year),
                    "planned": money_cents(planned),
                    "part": money_cents(part),
                    "difference": money_cents(abs(planned - part)),
                }
            )
    most = round_cents(amount * advance_rate)
    if sum((one.amount for one in schedule if one.kind == InstalmentKind.ADVANCE), ZERO) > most:
        faults.append(
            _("L’avance dépasse %(rate)s de l’aide, soit %(most)s : c’est la limite des modalités.")
            % {"rate": percent(advance_rate), "most": money_cents(most)}
        )
    if any(one.amount < 0 or (one.kind not in WITHOUT_MILESTONE and one.milestone not in positions) for one in schedule):
        faults.append(_("Chaque versement a un montant positif et, sauf l’avance, un jalon de la demande."))
    return faults


def _expected_numbers(year: int) -> tuple[str, str]:
    """The numbers that this agreement and its project will most likely get: the PDF is made before they are taken."""
    last = dict(Counter.objects.filter(series__in=(f"CNV-{year}", f"PRJ-{year}")).values_list("series", "last"))
    agreement, project = (f"{series}-{last.get(series, 0) + 1:0{WIDTH}d}" for series in (f"CNV-{year}", f"PRJ-{year}"))
    return agreement, project


def _create(draft: Draft, frozen: Frozen, *, actor: User, now: datetime) -> Agreement:
    """The project, its agreement, their rows and its frozen text."""
    award, numbers, dates = draft.award, draft.numbers, draft.dates
    project = _create_project(award, numbers[1], dates)
    document = store_agreement(frozen.pdf, numbers[0], project, actor=actor, now=now)
    agreement = Agreement.objects.create(
        number=numbers[0],
        award=award,
        project=project,
        kind=kind_for(award.application),
        amount=award.amount,
        starts_on=dates[0],
        ends_on=dates[1],
        drafted_by=actor,
        drafted_at=now,
        document=document,
    )
    AgreementPart.objects.bulk_create(
        [
            AgreementPart(agreement=agreement, fiscal_year=part.fiscal_year, amount=part.amount)
            for part in award.parts.order_by("fiscal_year", "pk")
        ]
    )
    create_schedule(agreement, draft.milestones, draft.instalments)
    note(agreement, amount=award.amount, project=project.reference, sha256=document.sha256, instalments=len(draft.instalments))
    keep_text(agreement, frozen, document, actor=actor, now=now)
    return agreement


def _create_project(award: Award, reference: str, dates: tuple[date, date]) -> Project:
    application = award.application
    return Project.objects.create(
        reference=reference,
        application=application,
        call=application.call,
        organisation=application.organisation,
        region=application.organisation.region,
        title=application.title,
        modality=application.call.terms.modality,
        decided_on=timezone.localdate(award.decided_at),
        starts_on=dates[0],
        ends_on=dates[1],
    )


def store_agreement(content: bytes, number: str, project: Project, *, actor: User, now: datetime) -> Document:
    """Keep the PDF of an agreement in its file."""
    return store_bytes(
        content,
        name=f"convention-{number}.pdf",
        content_type="application/pdf",
        kind=DocumentKind.AGREEMENT,
        actor=actor,
        now=now,
        application=project.application,
        project=project,
    )


def create_schedule(agreement: Agreement, planned: Sequence[DraftMilestone], schedule: Sequence[PlannedInstalment]) -> None:
    """The milestones of an agreement, then the instalments that they unlock."""
    milestones = _create_milestones(agreement, planned)
    Instalment.objects.bulk_create(
        [
            Instalment(
                agreement=agreement,
                position=position,
                kind=one.kind,
                fiscal_year=one.fiscal_year,
                amount=one.amount,
                milestone=None if one.kind in WITHOUT_MILESTONE else milestones[one.milestone or 0],
            )
            for position, one in enumerate(schedule, start=1)
        ]
    )


def _create_milestones(agreement: Agreement, planned: Sequence[DraftMilestone]) -> dict[int, Milestone]:
    """The milestones of an agreement by position."""
    rows = Milestone.objects.bulk_create(
        [
            Milestone(agreement=agreement, position=one.position, title=one.title, evidence=one.evidence, due_on=one.due_on)
            for one in planned
        ]
    )
    return {row.position: row for row in rows}


@act
def sign_for_beneficiary(
    *,
    agreement_id: int,
    document_sha256: str,
    confirmation: str,
    intent: bool,
    factor: str,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> Agreement:
    """Record the beneficiary's signature of the document that was shown. Raises NotAllowed, WrongState, Stale, Invalid."""
    application, agreement = hold_agreement(agreement_id)
    policies.sign_for_beneficiary(actor, agreement, now).require()
    require_signable(agreement)
    shown = Shown(document_sha256, confirmation, intent, factor)
    sign(agreement, Party.BENEFICIARY, shown, actor=actor, now=now)
    transition([agreement], AgreementState.SIGNED_BENEFICIARY, moves=AGREEMENT_MOVES, now=now)
    note(application)
    note_organisation(agreement.project.organisation_id)
    return agreement


@act
def sign_for_minister(
    *,
    agreement_id: int,
    document_sha256: str,
    confirmation: str,
    intent: bool,
    factor: str,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> Agreement:
    """Record the minister's signature: the agreement is in force, its gain plan locked and its amount committed, all at once.

    Raises NotAllowed, WrongState, Stale, Invalid, EnvelopeExceeded.
    """
    known = money_clock(now)
    application, agreement = hold_agreement(agreement_id)
    policies.sign_for_minister(actor, agreement, now).require()
    require_move(AGREEMENT_MOVES, agreement.state, AgreementState.IN_FORCE)
    sign(agreement, Party.MINISTER, Shown(document_sha256, confirmation, intent, factor), actor=actor, now=now)
    put_in_force(application, agreement, actor=actor, now=now, known=known)
    if settings.SEAL_CERTIFICATE:
        queue("seal", now=now, agreement=agreement.pk)
    return agreement


def put_in_force(application: Application, agreement: Agreement, *, actor: User, now: datetime, known: datetime) -> None:
    """Both parties signed: the plan is locked and the amount committed. Raises WrongState with each condition that is not met."""
    if unmet := unmet_conditions(agreement):
        raise WrongState(_("La convention ne peut pas entrer en vigueur. %(conditions)s") % {"conditions": " ".join(unmet)})
    transition([agreement], AgreementState.IN_FORCE, moves=AGREEMENT_MOVES, now=now, in_force_at=now)
    project = agreement.project
    project.signed_on = timezone.localdate(now)
    project.save(update_fields=["signed_on"])
    _lock_plan(application, project, now)
    transition([application], ApplicationState.CONVERTED, moves=APPLICATION_MOVES, now=now)
    _tell(agreement, application, now)
    queue("money", now=now)
    queue("follow_up", now=now, agreement=agreement.pk)
    _commit(agreement, actor=actor, now=now, known=known)


def require_signable(agreement: Agreement) -> None:
    """Raise WrongState unless the beneficiary may sign: the draft was reviewed, and its review was favourable."""
    require_move(AGREEMENT_MOVES, agreement.state, AgreementState.SIGNED_BENEFICIARY)
    if agreement.reviewed_by_id is None:
        raise WrongState(_("La convention attend encore son avis juridique."))


def hold_agreement(agreement_id: int) -> tuple[Application, Agreement]:
    """The file, then its agreement, both held until COMMIT."""
    application = lock(Application, Agreement.objects.values_list("award__application", flat=True).get(pk=agreement_id))
    return application, lock(Agreement, agreement_id)


def _lock_plan(application: Application, project: Project, now: datetime) -> None:
    """From now on the baseline and the lines of the gain plan are those that were signed."""
    plan = GainPlan.objects.get(application=application)
    plan.project, plan.locked_at = project, now
    plan.save(update_fields=["project", "locked_at"])
    note(plan, locked=True)


def _commit(agreement: Agreement, *, actor: User, now: datetime, known: datetime) -> None:
    """Turn the award's reservation of each fiscal year into the agreement's commitment."""
    call, day = agreement.project.call, timezone.localdate(now)
    envelope = Envelope.objects.get(code=call.envelope)
    postings = []
    for part in agreement.parts.order_by("fiscal_year", "pk"):
        for kind, amount, holder in (
            (LedgerKind.RESERVATION, -part.amount, None),
            (LedgerKind.COMMITMENT, part.amount, agreement.pk),
        ):
            postings.append(
                Posting(
                    envelope.pk,
                    part.fiscal_year,
                    kind,
                    amount,
                    day,
                    call_id=call.pk,
                    award_id=agreement.award_id,
                    agreement_id=holder,
                    reference=agreement.number,
                )
            )
    post(postings, actor=actor, recorded_at=known)


def _tell(agreement: Agreement, application: Application, now: datetime) -> None:
    people = User.objects.filter(
        pk__in=active_members(application.organisation_id, now).for_call(application.call_id).values("person")
    ).order_by("pk")
    with messages.in_french():
        subject = _("%(number)s : la convention est en vigueur") % {"number": agreement.number}
        body = _("La convention est signée par les deux parties. Les jalons et les versements se suivent dans le portail.")
    messages.send(people, application=application, subject=subject, body=body, now=now)
