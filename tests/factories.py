"""Rows for tests, made as the portal makes them. Invented names only."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from factory.django import DjangoModelFactory

from fondsinnovation.kit.errors import act
from fondsinnovation.kit.money import split
from funding.enums import (
    AgreementKind,
    AgreementState,
    AwardState,
    BankState,
    FollowUpFactKind,
    InstalmentKind,
    LedgerKind,
    MilestoneState,
)
from funding.models import (
    Adviser,
    Agreement,
    AgreementPart,
    Award,
    AwardPart,
    BankDetail,
    Envelope,
    FollowUpFact,
    Instalment,
    Milestone,
    Payment,
    PaymentBatch,
    Review,
)
from funding.queries.bank import current_details
from funding.services.bank import PURPOSE
from funding.services.batches import prepare_batch, transmit_batch
from funding.services.envelopes import Posting, post
from projects.enums import (
    APPLICANT_ROLES,
    ApplicationState,
    CallState,
    CostCategory,
    DocumentKind,
    FiscalCalendar,
    FundingSource,
    Nature,
    OrganisationKind,
    Recurrence,
    Role,
    Worse,
)
from projects.models import (
    Application,
    Baseline,
    BudgetLine,
    Call,
    CallBudget,
    Criterion,
    ForecastGain,
    FundingLine,
    GainLine,
    GainPlan,
    Membership,
    Objective,
    Organisation,
    PlannedMilestone,
    Project,
    Recusal,
    ServiceIndicator,
    TermsProfile,
    User,
)
from projects.services.calls import CallContent, CriterionRow, ObjectiveRow
from projects.services.documents import store_bytes
from projects.services.journal import money_clock
from projects.services.secrets import encrypt

#: the instant at which tests happen unless they say otherwise: a working day, 10:00 in Montréal
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
PASSWORD = "motdepasse-de-demonstration-2026"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"personne{n}@exemple.quebec")
    name = factory.Sequence(lambda n: f"Personne {n}")


class OrganisationFactory(DjangoModelFactory):
    class Meta:
        model = Organisation

    code = factory.Sequence(lambda n: f"{90000 + n}")
    kind = OrganisationKind.MUNICIPALITY
    name = factory.Sequence(lambda n: f"Municipalité {n}")
    region_id = "05"
    population = 5000
    fiscal_calendar = FiscalCalendar.CALENDAR


class UnitFactory(OrganisationFactory):
    code = factory.Sequence(lambda n: f"UNITE-{n}")
    kind = OrganisationKind.UNIT
    name = factory.Sequence(lambda n: f"Unité {n}")
    fiscal_calendar = FiscalCalendar.STATE
    population = None


def organisation_for(role: Role) -> Organisation:
    """An organisation in which the role may be held: an applicant, or a unit of the Secretariat."""
    return OrganisationFactory() if role in APPLICANT_ROLES else UnitFactory()


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    person = factory.SubFactory(UserFactory)
    role = Role.WRITER
    organisation = factory.LazyAttribute(lambda row: organisation_for(row.role))
    starts_on = date(2024, 4, 1)


def person_with(*roles: Role, organisation: Organisation | None = None, **fields: Any) -> User:
    """A person who holds these roles in one organisation (or in one unit of the Secretariat, or in one applicant)."""
    person, where = UserFactory(**fields), {}
    for role in roles:
        side = role in APPLICANT_ROLES
        where.setdefault(side, organisation or organisation_for(role))
        MembershipFactory(person=person, role=role, organisation=where[side])
    return person


def former_member(organisation: Organisation) -> User:
    """A person who held a role in the organisation and left: its signatory may give them one again."""
    return MembershipFactory(organisation=organisation, role=Role.FINANCE_RESPONDENT, ends_on=date(2024, 12, 31)).person


def call_content(**fields: Any) -> CallContent:
    """A complete call of 1 000 000 $ over two fiscal years, which opens in ten days."""
    objectives = (
        ObjectiveRow("Délai moyen", "jours", Decimal("60.00"), Decimal("30.00"), 60),
        ObjectiveRow("Satisfaction", "%", Decimal("70.00"), Decimal("85.00"), 40),
    )
    whole: dict[str, Any] = {
        "title": "Transformation des services",
        "purpose": "Refondre un service à fort volume et en mesurer les gains.",
        "terms_id": TermsProfile.objects.get(code="JALONS").pk,
        "opens_at": NOW + timedelta(days=10),
        "closes_at": NOW + timedelta(days=70),
        "budgets": {2026: Decimal("400000.00"), 2027: Decimal("600000.00")},
        "objectives": objectives,
        "criteria": (CriterionRow("Retombées", 70, "Ampleur des gains"), CriterionRow("Faisabilité", 30)),
    }
    return CallContent(**{**whole, **fields})


class CallFactory(DjangoModelFactory):
    """An open call of 1 000 000 $ in 2026-2027 with two objectives and two criteria. Its reservation is not posted: use the act."""

    class Meta:
        model = Call
        skip_postgeneration_save = True

    reference = factory.Sequence(lambda n: f"AP-2026-{n + 10:02d}")
    title = factory.Sequence(lambda n: f"Appel {n}")
    purpose = "Transformer un service et en mesurer les gains."
    terms = factory.LazyFunction(lambda: TermsProfile.objects.get(code="JALONS"))
    state = CallState.OPEN
    opens_at = NOW - timedelta(days=30)
    closes_at = NOW + timedelta(days=30)
    created_by = factory.SubFactory(UserFactory)
    created_at = NOW - timedelta(days=60)
    approved_by = factory.SubFactory(UserFactory)
    approved_at = NOW - timedelta(days=45)
    published_at = NOW - timedelta(days=44)
    opened_at = NOW - timedelta(days=30)

    @factory.post_generation
    def rows(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        CallBudget.objects.create(call=self, fiscal_year=2026, amount=Decimal("1000000.00"))
        for position, weight in ((1, 60), (2, 40)):
            Objective.objects.create(
                call=self, position=position, indicator=f"Indicateur {position}", unit="%", baseline=10, target=20, weight=weight
            )
            Criterion.objects.create(call=self, position=position, title=f"Critère {position}", weight=weight)


class ApplicationFactory(DjangoModelFactory):
    """A submitted application: 125 000 $ of costs, 100 000 $ asked, two milestones, one cash gain line over two years."""

    class Meta:
        model = Application
        skip_postgeneration_save = True

    call = factory.SubFactory(CallFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    number = factory.Sequence(lambda n: f"DEM-2026-{n + 90001:05d}")
    title = factory.Sequence(lambda n: f"Guichet numérique {n}")
    state = ApplicationState.SUBMITTED
    amount_requested = Decimal("100000.00")
    total_cost = Decimal("125000.00")
    created_by = factory.SubFactory(UserFactory)
    responsible = factory.SelfAttribute("created_by")
    created_at = NOW - timedelta(days=10)
    submitted_by = factory.SelfAttribute("created_by")
    submitted_at = NOW - timedelta(days=5)
    changed_at = NOW - timedelta(days=5)

    @factory.post_generation
    def rows(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        if self.state == ApplicationState.DRAFT:
            return
        asked, cost = self.amount_requested, self.total_cost
        BudgetLine.objects.create(application=self, fiscal_year=2026, category=CostCategory.FEES, amount=cost)
        FundingLine.objects.create(application=self, fiscal_year=2026, source=FundingSource.FUND, amount=asked)
        if cost > asked:
            FundingLine.objects.create(application=self, fiscal_year=2026, source=FundingSource.APPLICANT, amount=cost - asked)
        for position, day in ((1, date(2027, 1, 31)), (2, date(2027, 3, 15))):
            PlannedMilestone.objects.create(
                application=self, position=position, title=f"Jalon {position}", evidence="Rapport de livraison", due_on=day
            )
        plan = GainPlan.objects.create(application=self)
        line = GainLine.objects.create(
            plan=plan,
            code="L1",
            title="Moins d’impression",
            nature=Nature.CASH,
            recurrence=Recurrence.RECURRENT,
            organisation=self.organisation,
        )
        Baseline.objects.create(
            line=line,
            cost=Decimal("200000.00"),
            volume=Decimal("1000"),
            unit="dossiers",
            period_start=date(2025, 1, 1),
            period_end=date(2025, 12, 31),
            source="États financiers 2025",
        )
        ServiceIndicator.objects.create(
            line=line,
            position=1,
            name="Délai moyen de délivrance",
            unit="jours",
            reference=Decimal("12.00"),
            tolerance=Decimal("2.00"),
            worse=Worse.HIGHER,
        )
        for year in (2027, 2028):
            ForecastGain.objects.create(
                line=line,
                period_start=date(year, 4, 1),
                period_end=date(year + 1, 3, 31),
                amount=Decimal("60000.00"),
                recorded_at=self.submitted_at,
                recorded_by=self.created_by,
            )


class DraftApplicationFactory(ApplicationFactory):
    number = None
    state = ApplicationState.DRAFT
    submitted_at = None
    submitted_by = None


class ReviewFactory(DjangoModelFactory):
    """A review assigned to a reviewer who has declared nothing yet. The acts take it from there."""

    class Meta:
        model = Review

    application = factory.SubFactory(ApplicationFactory, state=ApplicationState.IN_REVIEW)
    reviewer = factory.LazyFunction(lambda: person_with(Role.REVIEWER))
    due_on = (NOW + timedelta(days=14)).date()
    assigned_by = factory.SubFactory(UserFactory)
    assigned_at = NOW - timedelta(days=1)


def recuse(person: User, application: Application) -> Recusal:
    """Hide an application from a person."""
    return Recusal.objects.create(application=application, person=person, reason="Parenté avec la direction", recused_at=NOW)


@act
def _commit(*, agreement: Agreement, actor: User | None, now: datetime) -> None:
    """Post what the way to an agreement in force posts: the call's reservation, the award's, then the commitment."""
    envelope = Envelope.objects.get(code=agreement.project.call.envelope)
    call, award = agreement.project.call_id, agreement.award_id
    postings = []
    for part in agreement.parts.order_by("fiscal_year"):
        for kind, amount, holder in (
            (LedgerKind.RESERVATION, part.amount, {}),
            (LedgerKind.RESERVATION, -part.amount, {}),
            (LedgerKind.RESERVATION, part.amount, {"award_id": award}),
            (LedgerKind.RESERVATION, -part.amount, {"award_id": award}),
            (LedgerKind.COMMITMENT, part.amount, {"award_id": award, "agreement_id": agreement.pk}),
        ):
            postings.append(Posting(envelope.pk, part.fiscal_year, kind, amount, now.date(), call_id=call, **holder))
    post(postings, actor=actor, recorded_at=money_clock(now))


#: the instalments of an agreement: kind, position of the milestone, percentage
SCHEDULE = ((InstalmentKind.ADVANCE, 0, 25), (InstalmentKind.MILESTONE, 1, 55), (InstalmentKind.HOLDBACK, -1, 20))


def agreement_in_force(
    application: Application | None = None,
    *,
    amount: Decimal = Decimal("100000.00"),
    schedule: Any = SCHEDULE,
    shares: tuple[int, ...] | None = None,
    **fields: Any,
) -> Agreement:
    """An agreement of 2026-2027 in force: advance 25 %, first milestone 55 %, holdback 20 % on the second; committed in the ledger."""
    application = application or ApplicationFactory(
        state=ApplicationState.CONVERTED, amount_requested=amount, total_cost=amount * Decimal("1.25")
    )
    people = [UserFactory() for _ in range(3)]
    with transaction.atomic():
        award = Award.objects.create(
            application=application,
            state=AwardState.APPROVED,
            is_favourable=True,
            amount=amount,
            reason="Le mérite du projet",
            recommended_by=people[0],
            recommended_at=NOW,
            certified_by=people[1],
            certified_at=NOW,
            decided_at=NOW,
        )
        AwardPart.objects.create(award=award, fiscal_year=2026, amount=amount)
        project = Project.objects.create(
            reference=f"PRJ-2026-{application.pk + 70000:05d}",
            application=application,
            call=application.call,
            organisation=application.organisation,
            region=application.organisation.region,
            title=application.title,
            modality=application.call.terms.modality,
            decided_on=NOW.date(),
            signed_on=NOW.date(),
            starts_on=date(2026, 12, 1),
            ends_on=date(2027, 3, 31),
        )
        GainPlan.objects.filter(application=application).update(project=project, locked_at=NOW)
        agreement = Agreement.objects.create(
            number=f"CNV-2026-{application.pk + 70000:05d}",
            award=award,
            project=project,
            kind=AgreementKind.GRANT,
            amount=amount,
            state=AgreementState.IN_FORCE,
            starts_on=date(2026, 12, 1),
            ends_on=date(2027, 3, 31),
            drafted_by=people[2],
            drafted_at=NOW,
            reviewed_by=people[0],
            reviewed_at=NOW,
            in_force_at=NOW,
            **fields,
        )
        AgreementPart.objects.create(agreement=agreement, fiscal_year=2026, amount=amount)
        milestones = [
            Milestone.objects.create(
                agreement=agreement, position=planned.position, title=planned.title, evidence=planned.evidence, due_on=planned.due_on
            )
            for planned in application.planned_milestones.order_by("position")
        ]
        shares = shares or tuple(percentage for _kind, _at, percentage in schedule)
        for position, ((kind, at, _percentage), share) in enumerate(zip(schedule, split(amount, shares), strict=True), start=1):
            milestone = milestones[at - 1 if at > 0 else at] if at else None
            Instalment.objects.create(
                agreement=agreement, position=position, kind=kind, milestone=milestone, fiscal_year=2026, amount=share
            )
    _commit(agreement=agreement, actor=None, now=NOW)
    return agreement


def verify_milestones(agreement: Agreement, *positions: int) -> None:
    """The milestones of an agreement (all, or those at these positions), verified with their evidence, without the acts."""
    chosen = Milestone.objects.filter(agreement=agreement, **({"position__in": positions} if positions else {}))
    evidence = store_bytes(
        b"%PDF-1.7 preuve", name="preuve.pdf", content_type="application/pdf", kind=DocumentKind.EVIDENCE, actor=UserFactory(), now=NOW,
        project=agreement.project,
    )  # fmt: skip
    people = {"reported_by": UserFactory(), "reported_at": NOW, "verified_by": UserFactory(), "verified_at": NOW}
    chosen.update(state=MilestoneState.VERIFIED, document=evidence, **people)


def follow_up_done(agreement: Agreement) -> None:
    """What the reports of an agreement settle before it is closed, without their acts."""
    for kind in FollowUpFactKind:
        FollowUpFact.objects.create(agreement=agreement, kind=kind, reference=str(kind), through=agreement.ends_on, at=NOW)


def upload(name: str = "preuve.pdf", content: bytes = b"%PDF-1.7 preuve") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@act
def reserve(*, call: Call, amounts: dict[int, Decimal], actor: User | None = None, now: datetime = NOW) -> None:
    """Reserve dollars for a call by fiscal year, as its approval does."""
    envelope = Envelope.objects.get(code=call.envelope)
    post(
        [Posting(envelope.pk, year, LedgerKind.RESERVATION, amount, now.date(), call_id=call.pk) for year, amount in amounts.items()],
        actor=actor,
        recorded_at=money_clock(now),
    )


def reserved_call(**fields: Any) -> Call:
    """A call of 1 000 000 $ in 2026-2027 whose money is reserved."""
    call = CallFactory(**fields)
    reserve(call=call, amounts={line.fiscal_year: line.amount for line in call.budgets.order_by("fiscal_year")}, actor=None, now=NOW)
    return call


def award_certified(application: Application | None = None, *, amount: Decimal = Decimal("100000.00"), **fields: Any) -> Award:
    """A favourable recommendation of 2026-2027 with its fresh budget certificate, on a call whose money is reserved."""
    application = application or ApplicationFactory(
        state=ApplicationState.RECOMMENDED, score=Decimal("80.00"), call=reserved_call(), amount_requested=amount,
        total_cost=amount * Decimal("1.25"),
    )  # fmt: skip
    with transaction.atomic():
        award = Award.objects.create(
            **{
                "application": application,
                "state": AwardState.CERTIFIED,
                "is_favourable": True,
                "amount": amount,
                "reason": "Le mérite du projet",
                "recommended_by": UserFactory(),
                "recommended_at": NOW,
                "certified_by": UserFactory(),
                "certified_at": NOW,
                **fields,
            }
        )
        AwardPart.objects.create(award=award, fiscal_year=2026, amount=amount)
    return award


def advised_by(person: User, application: Application) -> Adviser:
    """A file entrusted to a person, without the act that asks who may."""
    return Adviser.objects.create(application=application, person=person, assigned_by=UserFactory(), assigned_at=NOW)


def bank_details_of(organisation: Organisation, *, number: str = "1234567", **fields: Any) -> BankDetail:
    """Confirmed bank details of an organisation, entered a month ago by people who do nothing else."""
    return BankDetail.objects.create(
        **{
            "organisation": organisation,
            "version": BankDetail.objects.filter(organisation=organisation).count() + 1,
            "state": BankState.CONFIRMED,
            "holder": organisation.name,
            "institution": "815",
            "transit": "30000",
            "account": encrypt(number, purpose=PURPOSE),
            "account_end": number[-3:],
            "entered_by": UserFactory(),
            "entered_at": NOW - timedelta(days=31),
            "decided_by": UserFactory(),
            "decided_at": NOW - timedelta(days=30),
            **fields,
        }
    )


def sent(*payments: Payment, actor: User | None = None, now: datetime = NOW) -> PaymentBatch:
    """A transmitted batch of authorised payments, to the bank details that their organisations have or are given."""
    actor = actor or person_with(Role.PAYMENT_REQUESTER)
    for payment in payments:
        owner = payment.instalment.agreement.project.organisation
        if not current_details([owner.pk]):
            bank_details_of(owner)
    batch = prepare_batch(payment_ids=[payment.pk for payment in payments], actor=actor, now=now)
    return transmit_batch(batch_id=batch.pk, actor=actor, now=now)
