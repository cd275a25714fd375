"""The whole way, once, on real input: forty digital projects of local governments, from the call to the three reports.

Every figure that the reports must show is computed here, from the rows of the file alone.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from fondsinnovation.kit.errors import EnvelopeExceeded, Invalid
from funding.enums import EligibilityPoint
from funding.models import Award, Instalment, Milestone, Review
from funding.services.agreement_drafts import review_agreement, submit_agreement
from funding.services.agreements import draft_agreement, sign_for_beneficiary, sign_for_minister
from funding.services.awards import approve_award, certify_award, issue_letter, recommend_award, refuse_award
from funding.services.calls import approve_call, submit_call
from funding.services.eligibility import decide_eligibility
from funding.services.interests import declare_interest
from funding.services.milestones import report_milestone, verify_milestone
from funding.services.payments import (
    ATTESTATIONS,
    authorise_payment,
    certify_payment,
    confirm_payment,
    record_cofunding,
    request_payment,
)
from funding.services.reviews import assign_reviewers, save_review, submit_review
from projects.enums import ApplicationState, CallState, DocumentKind, InterestAnswer, OrganisationKind, Role
from projects.models import Application, Call, Criterion, GainLine, Organisation, TermsProfile
from projects.queries.applications import facts_of, sections_of
from projects.services.applications import start_application
from projects.services.attachments import attach_document
from projects.services.calls import CallContent, CriterionRow, ObjectiveRow, create_call, move_call
from projects.services.organisations import import_municipalities, read_register
from projects.services.sections import fill_sections
from projects.services.submissions import submit_application
from reporting.enums import Assurance, Rating
from reporting.queries.snapshots import kept_rows, working_snapshots
from reporting.services.audit import verify_database
from reporting.services.gains import capture_gain, cosign_gain, report_gain, verify_gain
from reporting.services.snapshots import request_recompute, run_recompute
from tests.factories import NOW, bank_details_of, person_with, sent, upload
from tests.reporting.gains import answers as five_answers

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason="../shared n’existe pas ici : le parcours sur des données réelles ne peut pas se dérouler"
)

COUNT = 40
YEAR = 2025
CALL = Decimal("2500000.00")
WEIGHTS = (40, 35, 25)
CENT, ZERO = Decimal("0.01"), Decimal("0.00")
OPENS = datetime(2025, 4, 14, 12, tzinfo=UTC)
CLOSES = datetime(2025, 6, 13, 20, tzinfo=UTC)
PERIODS = ((date(2025, 10, 1), date(2026, 3, 31)), (date(2026, 4, 1), date(2026, 9, 30)))


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def typed(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


@dataclass
class Row:
    """One row of the file, and what this test expects of it."""

    place: int
    title: str
    cost: Decimal
    asked: Decimal
    population: int
    organisation: Any = None
    application: Any = None
    agreement: Any = None
    people: dict[Role, Any] = field(default_factory=dict)

    @property
    def marks(self) -> list[list[int]]:
        """What each of three reviewers gives to each criterion, out of 5."""
        return [[(self.place * 7 + reviewer + 2 * criterion) % 6 for criterion in range(len(WEIGHTS))] for reviewer in range(3)]

    @property
    def score(self) -> Decimal:
        totals = [cents(sum(Decimal(weight * mark) / 5 for weight, mark in zip(WEIGHTS, marks, strict=True))) for marks in self.marks]
        return cents(sum(totals) / 3)

    # ── what the organisation promises and reports ───────────────────────────────────────────────────────────────────
    @property
    def saving(self) -> Decimal:
        """A year's saving, forecast for three fiscal years."""
        return cents(self.cost * Decimal("0.11"))

    @property
    def expense(self) -> Decimal:
        return cents(self.cost * Decimal("0.013"))

    @property
    def is_paid(self) -> bool:
        return self.place % 2 == 0

    @property
    def reported(self) -> list[Decimal]:
        return [cents(self.cost * share) for share in (Decimal("0.031"), Decimal("0.0517"))]

    @property
    def verified(self) -> list[Decimal]:
        first, second = self.reported
        return [first if self.place % 3 else cents(first / 2), second]

    @property
    def captured(self) -> Decimal:
        return self.verified[0] if self.place % 4 == 0 else ZERO


def read_rows() -> list[Row]:
    with (SHARED / "demandes" / "dotations_2019_numerique.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = [line for line, _place in zip(csv.DictReader(file, delimiter=";"), range(COUNT), strict=False)]
    return [
        Row(
            place, " ".join(line["description"].split())[:200], cents(Decimal(line["cout_total"])), cents(Decimal(line["montant_sub"])),
            int(line["pop19"]),
        )
        for place, line in enumerate(lines)
    ]  # fmt: skip


class Staff:
    """The people of the Secretariat, each with one role."""

    def __init__(self) -> None:
        self.officer, self.agent = (person_with(Role.OFFICER) for _person in range(2))
        self.reviewers = [person_with(Role.REVIEWER) for _person in range(3)]
        self.secretary, self.controller = person_with(Role.COMMITTEE_SECRETARY), person_with(Role.CONTROLLER)
        self.director, self.head = person_with(Role.DIRECTOR), person_with(Role.HEAD)
        self.delegate, self.verifier = person_with(Role.MINISTER_DELEGATE), person_with(Role.GAIN_VERIFIER)
        self.requester, self.authoriser = person_with(Role.PAYMENT_REQUESTER), person_with(Role.PAYMENT_AUTHORISER)


# ── The steps of the way ─────────────────────────────────────────────────────────────────────────────────────────────
def open_call(staff: Staff) -> Call:
    terms = TermsProfile.objects.get(code="JALONS")
    terms.pk, terms.code, terms.minimum_amount = None, "NUMERIQUE", Decimal("1000.00")  # some of these projects are small
    terms.save()
    content = CallContent(
        title="Projets numériques des municipalités", purpose="Soutenir les projets numériques des collectivités.", terms_id=terms.pk,
        opens_at=OPENS, closes_at=CLOSES, budgets={YEAR: CALL},
        objectives=[ObjectiveRow("Délai moyen", "jours", Decimal(60), Decimal(30), 100)],
        criteria=[CriterionRow(f"Critère {number}", weight) for number, weight in enumerate(WEIGHTS, start=1)],
    )  # fmt: skip
    before = OPENS - timedelta(days=20)
    call = create_call(content=content, actor=staff.officer, now=before)
    submit_call(call_id=call.pk, actor=staff.officer, now=before)
    approve_call(call_id=call.pk, actor=staff.director, now=before)
    move_call(call_id=call.pk, actor=None, now=before)
    return move_call(call_id=call.pk, actor=None, now=OPENS)


def find_applicants(rows: list[Row]) -> None:
    """The municipality of the register nearest in population, ties by code; its people are made once."""
    path = SHARED / "qc" / "MUN_2022_sans_noms.csv"
    import_municipalities(rows=read_register(path.read_bytes(), str(path)), actor=None, now=OPENS)
    register = list(Organisation.objects.filter(kind=OrganisationKind.MUNICIPALITY, population__isnull=False).order_by("code"))
    people: dict[int, dict[Role, Any]] = {}
    for row in rows:
        nearest = min(register, key=lambda one: (abs(one.population - row.population), one.code))
        if nearest.pk not in people:
            people[nearest.pk] = {
                role: person_with(role, organisation=nearest) for role in (Role.WRITER, Role.FINANCE_RESPONDENT, Role.SIGNATORY)
            }
        row.people = people[nearest.pk]
        row.organisation = nearest


def fill(row: Row, call: Call, at: datetime) -> None:
    """The draft of a row, filled by its writer."""
    writer, organisation = row.people[Role.WRITER], row.organisation
    row.application = start_application(call_id=call.pk, organisation_id=organisation.pk, actor=writer, now=at)
    attach_document(application_id=row.application.pk, kind=DocumentKind.RESOLUTION, file=upload("resolution.pdf"), actor=writer, now=at)
    fill_sections(application_id=row.application.pk, sections=answers(row, organisation), actor=writer, now=at)


def answers(row: Row, organisation: Organisation) -> dict[str, dict[str, str]]:
    own = row.cost - row.asked
    line = {"recurrence": "recurrent", "volume": "1000", "unit": "dossiers", "period_start": "2024-01-01", "period_end": "2024-12-31"}
    lines = [
        {
            **line,
            "title": "Saisie évitée",
            "nature": "CASH",
            "cost": typed(row.cost),
            "source": "États financiers 2024",
            "indicator_1_name": "Délai de traitement",
            "indicator_1_unit": "jours",
            "indicator_1_reference": "10",
            "indicator_1_tolerance": "1",
            "indicator_1_worse": "higher",
        },
        {**line, "title": "Hébergement", "nature": "COST", "cost": "0", "source": "Contrat en vigueur"},
    ]
    for one, amount in zip(lines, (row.saving, row.expense), strict=True):
        one |= {f"forecast_{year}": typed(amount) for year in (2025, 2026, 2027)}
    return {
        "organisation": {
            "presentation": organisation.name, "contact_name": row.people[Role.WRITER].name, "contact_title": "Direction générale",
            "contact_email": row.people[Role.WRITER].email, "contact_phone": "",
        },
        "need": {"title": row.title, "need": row.title, "solution": row.title, "public": "Toute la population"},
        "plan": {
            "approach": "Analyse puis mise en service.", "risks": "Délais de livraison.", "milestones-0-title": "Analyse",
            "milestones-0-evidence": "Rapport", "milestones-0-due_on": "2025-12-01", "milestones-1-title": "Mise en service",
            "milestones-1-evidence": "Procès-verbal", "milestones-1-due_on": "2026-03-02",
        },
        "budget": {
            f"cost_{YEAR}_fees": typed(row.cost), f"funding_{YEAR}_fund": typed(row.asked), f"funding_{YEAR}_applicant": typed(own),
            "justification": "Soumissions obtenues.",
        },
        "gains": {
            "method": "Relevé semestriel.",
            **{f"gains-{index}-{name}": value for index, one in enumerate(lines) for name, value in one.items()},
        },
        "documents": {"nothing_else": "on"},
        "declaration": {"exact": "on", "aid": "on", "gains": "on"},
    }  # fmt: skip


def submit(row: Row, at: datetime) -> None:
    submit_application(application_id=row.application.pk, received_at=at, actor=row.people[Role.SIGNATORY], now=at)
    row.application.refresh_from_db()


def review(row: Row, staff: Staff, at: datetime) -> None:
    pk = row.application.pk
    decide_eligibility(application_id=pk, checklist=dict.fromkeys(EligibilityPoint.values, True), reason="", actor=staff.officer, now=at)
    assign_reviewers(
        application_id=pk,
        reviewer_ids=[person.pk for person in staff.reviewers],
        due_on=at.date() + timedelta(days=30),
        actor=staff.officer,
        now=at,
    )
    criteria = Criterion.objects.filter(call=row.application.call_id).order_by("position")
    for person, given in zip(staff.reviewers, row.marks, strict=True):
        declare_interest(application_id=pk, answer=InterestAnswer.NONE, explanation="", actor=person, now=at)
        found = Review.objects.get(application=pk, reviewer=person)
        marks = {one.pk: (mark, "Voir le dossier.") for one, mark in zip(criteria, given, strict=True)}
        found = save_review(review_id=found.pk, marks=marks, comment="Lu.", version=0, actor=person, now=at)
        submit_review(review_id=found.pk, version=found.version, actor=person, now=at)
    row.application.refresh_from_db()


def decide(row: Row, staff: Staff, at: datetime) -> Award:
    """Recommend, certify and approve up to the last level, wholly in the call's first fiscal year. Raises EnvelopeExceeded."""
    award = recommend_award(
        application_id=row.application.pk,
        is_favourable=True,
        amount=row.asked,
        parts={YEAR: row.asked},
        reason="Selon le classement.",
        actor=staff.secretary,
        now=at,
    )
    certify_award(award_id=award.pk, actor=staff.controller, now=at)
    for person in approvers(row, staff):
        approve_award(award_id=award.pk, actor=person, now=at)
    return award


def approvers(row: Row, staff: Staff) -> list[Any]:
    """Up to 50 000 $ the director, above it the head then the minister's delegate: no row of the file asks a million."""
    return [staff.director] if row.asked <= 50_000 else [staff.head, staff.delegate]


def sign(row: Row, staff: Staff, at: datetime) -> None:
    award = Award.objects.get(application=row.application)
    issue_letter(award_id=award.pk, actor=staff.officer, now=at)
    agreement = draft_agreement(award_id=award.pk, actor=staff.agent, now=at)
    submit_agreement(agreement_id=agreement.pk, actor=staff.agent, now=at)
    review_agreement(agreement_id=agreement.pk, document_sha256=agreement.document.sha256, actor=staff.officer, now=at)
    shown = {"agreement_id": agreement.pk, "document_sha256": agreement.document.sha256, "confirmation": agreement.number}
    shown |= {"intent": True, "factor": "totp"}
    if not row.application.organisation.bank_details.exists():
        bank_details_of(row.application.organisation)
    sign_for_beneficiary(**shown, actor=row.people[Role.SIGNATORY], now=at)
    row.agreement = sign_for_minister(**shown, actor=staff.director, now=at)


def pay(row: Row, staff: Staff, at: datetime) -> None:
    """Both milestones reached, every instalment paid, and the organisation's own share put in."""
    for milestone in Milestone.objects.filter(agreement=row.agreement).order_by("position"):
        report_milestone(milestone_id=milestone.pk, report="Atteint.", evidence=upload(), actor=row.people[Role.WRITER], now=at)
        verify_milestone(milestone_id=milestone.pk, actor=staff.officer, now=at)
    for instalment in Instalment.objects.filter(agreement=row.agreement).order_by("position"):
        attestations = dict.fromkeys(ATTESTATIONS, True)
        payment = request_payment(instalment_id=instalment.pk, attestations=attestations, actor=staff.requester, now=at)
        certify_payment(payment_id=payment.pk, actor=staff.controller, now=at)
        authorise_payment(payment_id=payment.pk, actor=staff.authoriser, now=at)
        sent(payment, actor=staff.requester, now=at)
        confirm_payment(payment_id=payment.pk, reference=f"R-{payment.number}", paid_on=at.date(), actor=staff.requester, now=at)
    record_cofunding(
        project_id=row.agreement.project_id,
        amount=row.cost - row.asked,
        in_kind=False,
        effective_on=at.date(),
        reference=f"C-{row.place}",
        actor=staff.officer,
        now=at,
    )


def measure(row: Row, staff: Staff) -> None:
    """Two half-years of savings, one of expenses; the first saving is captured in one row of four."""
    saving, expense = GainLine.objects.filter(plan__project=row.agreement.project_id).order_by("code")
    for place, (period, amount, accepted) in enumerate(zip(PERIODS, row.reported, row.verified, strict=True)):
        report = _verified(row, staff, saving, period, amount, accepted)
        if place == 0 and row.captured:
            at = _after(period, 60)
            capture_gain(report_id=report.pk, amount=row.captured, document=upload("budget.pdf"), actor=staff.controller, now=at)
    _verified(row, staff, expense, PERIODS[0], row.expense, row.expense)


def _after(period: tuple[date, date], days: int) -> datetime:
    return min(datetime(period[1].year, period[1].month, period[1].day, 15, tzinfo=UTC) + timedelta(days=days), NOW - timedelta(hours=1))


def _verified(row: Row, staff: Staff, line: GainLine, period: tuple[date, date], amount: Decimal, accepted: Decimal) -> Any:
    report = report_gain(
        line_id=line.pk,
        period_start=period[0],
        period_end=period[1],
        amount=amount,
        method="Relevé.",
        evidence=upload(),
        actor=row.people[Role.WRITER],
        now=_after(period, 20),
    )
    cosign_gain(report_id=report.pk, actor=row.people[Role.FINANCE_RESPONDENT], now=_after(period, 21))
    verify_gain(
        report_id=report.pk,
        amount=accepted,
        rating=Rating.GREEN,
        assurance=Assurance.SUBSTANTIAL,
        answers=five_answers(),
        reason="" if accepted == amount else "La moitié est démontrée.",
        actor=staff.verifier,
        now=_after(period, 40),
    )
    return report


# ── The way ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_forty_real_projects_go_from_the_call_to_the_three_reports(committed_db: str) -> None:
    staff, rows = Staff(), read_rows()
    assert len(rows) == COUNT
    call = open_call(staff)
    find_applicants(rows)

    for row in rows:
        fill(row, call, OPENS + timedelta(days=1, minutes=row.place))
    refused = [row for row in rows if row.asked / row.cost > Decimal("0.8")]
    submitted = [row for row in rows if row not in refused]
    assert [row.place for row in refused] == [6]
    require_the_rate_is_refused(refused[0])
    for row in submitted:
        submit(row, OPENS + timedelta(days=20, minutes=row.place))
    assert [row.application.number for row in submitted] == [f"DEM-2025-{number:05d}" for number in range(1, COUNT)]

    move_call(call_id=call.pk, actor=None, now=CLOSES)
    assert Call.objects.get().state == CallState.CLOSED
    for row in submitted:
        review(row, staff, CLOSES + timedelta(days=10))
        assert row.application.score == row.score

    funded = award_until_nothing_is_left(submitted, staff, CLOSES + timedelta(days=40))
    for row in funded:
        sign(row, staff, CLOSES + timedelta(days=60, minutes=row.place))
    paid = [row for row in funded if row.is_paid]
    for row in paid:
        pay(row, staff, CLOSES + timedelta(days=200, minutes=row.place))
    for row in funded:
        measure(row, staff)

    run_recompute(run_id=request_recompute(now=NOW).pk, now=NOW)
    check_envelopes(funded, paid)
    check_roi(funded, paid)
    check_gains(funded)
    assert verify_database().faults == []


def require_the_rate_is_refused(row: Row) -> None:
    """The row that asks 83.5 % of its cost cannot be submitted, and its budget says why."""
    at = OPENS + timedelta(days=20)
    with pytest.raises(Invalid, match="Établir le budget"):
        submit_application(application_id=row.application.pk, received_at=at, actor=row.people[Role.SIGNATORY], now=at)
    application = Application.objects.select_related("call__terms").get(pk=row.application.pk)
    [budget] = [status.form for status in sections_of(application, facts_of(application)) if status.section.kind == "budget"]
    reasons = [reason.replace("\u00a0", " ").replace("\u202f", " ") for reason in budget.non_field_errors()]
    assert reasons[0] == (
        "Le montant demandé, 584 500,00 $, représente 83,5 % du coût total; le taux d’aide du Fonds est d’au plus 80 %, soit 560 000,00 $."
    )
    assert application.state == ApplicationState.DRAFT


def award_until_nothing_is_left(submitted: list[Row], staff: Staff, at: datetime) -> list[Row]:
    """By score then number; what does not fit is refused with the margin in the error, and the next is tried."""
    left, funded = CALL, []
    for row in sorted(submitted, key=lambda one: (-one.score, one.application.number)):
        if row.asked <= left:
            decide(row, staff, at)
            left -= row.asked
            funded.append(row)
            continue
        with pytest.raises(EnvelopeExceeded) as exceeded:
            decide(row, staff, at)
        assert {name: Decimal(exceeded.value.details[name]) for name in ("margin", "asked")} == {"margin": left, "asked": row.asked}
        award = Award.objects.get(application=row.application)
        refuse_award(award_id=award.pk, reason="L’appel n’a plus assez de crédit.", actor=approvers(row, staff)[-1], now=at)
    assert 0 < len(funded) < len(submitted)
    assert left < min(row.asked for row in submitted if row not in funded)
    return funded


# ── The reports, against the rows of the file ────────────────────────────────────────────────────────────────────────
def total(amounts: Any) -> str:
    return format(sum(amounts, ZERO), "f")


def row_of(report: str, key: str) -> dict[str, str]:
    return working_snapshots()[report].rows.get(key=key).data


def check_envelopes(funded: list[Row], paid: list[Row]) -> None:
    awarded = sum((row.asked for row in funded), ZERO)
    found = row_of("envelopes", f"PROJECTS:{YEAR}")
    assert {name: found[name] for name in ("authorised", "reserved", "committed", "available")} == {
        "authorised": "54000000.00",
        "reserved": total([CALL, -awarded]),
        "committed": total([awarded]),
        "available": total([Decimal(54_000_000), -CALL]),
    }
    whole = row_of("envelopes", "PROJECTS:TOTAL")
    expected = sum((row.asked for row in paid), ZERO)
    assert (whole["paid"], whole["recovered"], whole["unpaid"]) == (total([expected]), "0.00", total([awarded, -expected]))


def check_roi(funded: list[Row], paid: list[Row]) -> None:
    found = row_of("roi-projects", "TOTAL")
    assert working_snapshots()["roi-projects"].row_count == len(funded) + 1
    amounts = ("fund_paid", "cofunding", "net_gain_forecast", "net_gain_reported", "net_gain_verified", "net_gain_captured")
    assert {name: found[name] for name in amounts} == {
        "fund_paid": total(row.asked for row in paid),
        "cofunding": total(row.cost - row.asked for row in paid),
        "net_gain_forecast": total(3 * (row.saving - row.expense) - windfall(row) for row in funded),
        "net_gain_reported": total(sum(row.reported) - row.expense for row in funded),
        "net_gain_verified": total(sum(row.verified) - row.expense for row in funded),
        "net_gain_captured": total(row.captured for row in funded),
    }


def windfall(row: Row) -> Decimal:
    """The part of the first forecast year that falls before the project starts, each line split by days to the cent."""
    days = (row.agreement.starts_on - date(YEAR, 4, 1)).days
    return sum((sign * cents_before(amount, days) for sign, amount in ((1, row.saving), (-1, row.expense))), ZERO)


def cents_before(amount: Decimal, days: int) -> Decimal:
    """Largest remainder between two parts, ties to the earlier one: round half up of the earlier part."""
    return cents(amount * days / 365)


def check_gains(funded: list[Row]) -> None:
    sums: dict[str, Decimal] = {}
    for row in kept_rows(working_snapshots()["gains"]):
        stage, amount = row["stage"], Decimal(row["amount"])
        sums[stage] = sums.get(stage, ZERO) + amount
    assert {stage: format(amount, "f") for stage, amount in sums.items()} == {
        "forecast": total(3 * (row.saving - row.expense) for row in funded),
        "reported": total(sum(row.reported) - row.expense for row in funded),
        "verified": total(sum(row.verified) - row.expense for row in funded),
        "captured": total(row.captured for row in funded),
    }
