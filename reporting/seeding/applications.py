"""Calls and applications as rows: the same answers, versions and lines as the pages write, checked by the same forms."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from fondsinnovation.kit.errors import Invalid
from fondsinnovation.kit.money import ZERO, split
from funding.enums import LedgerKind
from funding.services.envelopes import Posting
from projects.enums import ApplicationState, CallState, CostCategory, DocumentKind, FundingSource, SectionKind
from projects.models import (
    Application,
    ApplicationSection,
    ApplicationVersion,
    BudgetLine,
    Call,
    CallBudget,
    Criterion,
    Document,
    FundingLine,
    Objective,
    PlannedMilestone,
)
from projects.queries.applications import PROJECT_YEARS
from projects.sections import Balance, Facts, section_form
from projects.sections.budget import refusals
from projects.services.journal import canonical, next_numbers, sha256
from projects.services.submissions import submitted_content
from reporting.seeding.copying import Sheaf
from reporting.seeding.plans import as_typed, typed_gains, write_plan
from reporting.seeding.story import File, Round, Story
from reporting.seeding.words import CRITERIA, OBJECTIVES

COSTS = ((CostCategory.FEES, 45), (CostCategory.SALARIES, 30), (CostCategory.LICENCES, 18), (CostCategory.TRAINING, 7))
MILESTONES = (
    ("Analyse et conception terminées", "Rapport d’analyse et maquettes"),
    ("Mise en service", "Adresse du service et procès-verbal de recette"),
    ("Bilan de la première année", "Rapport final et mesures"),
)
#: sections that a draft of the story has begun
BEGUN = (SectionKind.ORGANISATION, SectionKind.NEED)
#: one file in so many has its every section read by its form
SAMPLE = 97


# ── Calls ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def write_calls(story: Story, sheaf: Sheaf, *, terms: Any, envelope_id: int) -> None:
    """The calls with their grids, approved and their money reserved."""
    for number, one in enumerate(story.rounds):
        approved_at = one.opens_at - timedelta(days=30)
        state = _call_state(story, one)
        one.call = sheaf.add(
            Call,
            reference=next_numbers(f"AP-{one.opens_on.year}", 1, width=2)[0],
            title=one.title,
            purpose=one.purpose,
            terms=terms,
            state=state,
            opens_at=one.opens_at,
            closes_at=one.closes_at,
            created_by=story.cast.officers[number % 2],
            created_at=approved_at - timedelta(days=30),
            approved_by=story.cast.director,
            approved_at=approved_at,
            published_at=approved_at + timedelta(minutes=5),
            opened_at=one.opens_at,
            closed_at=None if state == CallState.OPEN else one.closes_at,
        )
        _write_grid(sheaf, one)
        for year, amount in one.budgets.items():
            sheaf.add(CallBudget, call=one.call, fiscal_year=year, amount=amount)
            story.postings[approved_at].append(
                Posting(
                    envelope_id, year, LedgerKind.RESERVATION, amount, approved_at.date(), call_id=one.call.pk, reference=one.call.reference
                )
            )


def _write_grid(sheaf: Sheaf, one: Round) -> None:
    for position, (indicator, unit, baseline, target, weight) in enumerate(OBJECTIVES, start=1):
        sheaf.add(
            Objective,
            call=one.call,
            position=position,
            indicator=indicator,
            unit=unit,
            baseline=Decimal(baseline),
            target=Decimal(target),
            weight=weight,
        )
    one.criteria = [
        sheaf.add(Criterion, call=one.call, position=position, title=title, weight=weight, guidance=guidance)
        for position, (title, weight, guidance) in enumerate(CRITERIA, start=1)
    ]


def _call_state(story: Story, one: Round) -> CallState:
    if one.closes_at > story.now:
        return CallState.OPEN
    if one.is_over and story.reaches("agreement"):
        return CallState.ENDED
    return CallState.REVIEW if story.reaches("review") else CallState.CLOSED


# ── Applications ─────────────────────────────────────────────────────────────────────────────────────────────────────
def write_applications(story: Story, sheaf: Sheaf, *, resolution: dict[str, Any]) -> None:
    """Each application with its sections; a submitted one with its frozen version and the rows that rest on it."""
    numbers = _numbers(story)
    for one in story.rounds:
        facts = _facts(one, resolution)
        for file in one.files:
            number = None if file.fate == "draft" else next(numbers[one.opens_on.year])
            _write_application(story, sheaf, file, number, facts, resolution)


def _numbers(story: Story) -> dict[int, Any]:
    """Numbers of each calendar year, in the order of arrival: the calls of one year do not overlap."""
    years: dict[int, int] = {}
    for file in story.files:
        years[file.round.opens_on.year] = years.get(file.round.opens_on.year, 0) + (file.fate != "draft")
    return {year: iter(next_numbers(f"DEM-{year}", count, width=5)) for year, count in years.items()}


def _facts(one: Round, resolution: dict[str, Any]) -> Facts:
    first = min(one.budgets)
    return Facts(
        terms=one.call.terms,
        fund_years=tuple(one.budgets),
        years=tuple(range(first, first + PROJECT_YEARS)),
        documents=[Document(kind=DocumentKind.RESOLUTION, **resolution)],
    )


def _write_application(story: Story, sheaf: Sheaf, file: File, number: str | None, facts: Facts, resolution: dict[str, Any]) -> None:
    people, answers = file.applicant, answers_of(file)
    _check(file, answers, facts)
    began = file.submitted_at - timedelta(days=9)
    submitted = number is not None
    application = file.rows["application"] = sheaf.add(
        Application,
        call=file.round.call,
        organisation=people.organisation,
        number=number,
        title=file.title,
        state=_state(story, file),
        score=file.rows["score"] if _state(story, file) in SCORED else None,
        amount_requested=file.asks if submitted else None,
        total_cost=_cost(file) if submitted else None,
        created_by=people.writer,
        responsible=people.writer,
        created_at=max(began, file.round.opens_at),
        submitted_by=people.signatory if submitted else None,
        submitted_at=file.submitted_at if submitted else None,
        changed_at=file.submitted_at,
    )
    for kind in answers if submitted else BEGUN:
        sheaf.add(
            ApplicationSection,
            application=application,
            kind=kind,
            data=answers[kind],
            version=3,
            is_complete=True,
            saved_at=file.submitted_at - timedelta(minutes=3),
            saved_by=people.writer,
        )
    if submitted:
        document = sheaf.add(
            Document,
            application=application,
            kind=DocumentKind.RESOLUTION,
            uploaded_by=people.writer,
            uploaded_at=file.submitted_at - timedelta(hours=1),
            **resolution,
        )
        _write_submitted(sheaf, file, answers, document)


#: states in which the mean of the reviews is known
SCORED = (ApplicationState.REVIEWED, ApplicationState.REFUSED, ApplicationState.CONVERTED)


def _state(story: Story, file: File) -> ApplicationState:
    if file.fate == "draft":
        return ApplicationState.DRAFT
    if file.fate == "submitted" or not story.reaches("review"):
        return ApplicationState.SUBMITTED
    if file.fate == "ineligible":
        return ApplicationState.INELIGIBLE
    if file.fate == "in_review":
        return (ApplicationState.ELIGIBLE, ApplicationState.REVIEWED, *[ApplicationState.IN_REVIEW] * 6)[file.place % 8]
    if not story.reaches("agreement"):
        return ApplicationState.REVIEWED
    return ApplicationState.CONVERTED if file.fate == "funded" else ApplicationState.REFUSED


def _cost(file: File) -> Decimal:
    return sum((*file.asked.values(), *file.own.values(), *file.quebec.values()), ZERO)


def _check(file: File, answers: dict[str, dict[str, str]], facts: Facts) -> None:
    """Every budget by the rules of its terms, and one file in so many by the forms of the pages. Raises Invalid."""
    cost = _cost(file)
    aid = file.asks + sum(file.quebec.values(), ZERO)
    faults = [sentence for _code, sentence in refusals(Balance(cost, file.asks, aid, cost, facts.terms))]
    if file.place % SAMPLE == 0:
        forms = [section_form(kind, typed, facts) for kind, typed in answers.items()]
        faults += [f"{kind}: {form.error_codes()}" for kind, form in zip(answers, forms, strict=True) if not form.is_valid()]
    if faults:
        raise Invalid(f"{file.title} : {' '.join(faults)}")


def answers_of(file: File) -> dict[str, dict[str, str]]:
    """Every section as its posted fields."""
    people = file.applicant
    texts = {
        SectionKind.ORGANISATION: {
            "presentation": f"{people.organisation.name} offre ses services à la population et en rend compte chaque année.",
            "contact_name": people.writer.name,
            "contact_title": "Direction des projets",
            "contact_email": people.writer.email,
            "contact_phone": "",
        },
        SectionKind.NEED: {
            "title": file.title,
            "need": file.theme.need,
            "solution": file.theme.solution,
            "public": file.theme.public,
        },
        SectionKind.PLAN: _plan(file),
        SectionKind.BUDGET: _budget(file),
        SectionKind.GAINS: typed_gains(file),
        SectionKind.DOCUMENTS: {"nothing_else": "on"},
        SectionKind.DECLARATION: {"exact": "on", "aid": "on", "gains": "on"},
    }
    return {str(kind): typed for kind, typed in texts.items()}


def _plan(file: File) -> dict[str, str]:
    typed = {
        "approach": "Analyse avec les équipes, conception, mise à l’essai, déploiement, puis mesure pendant un an.",
        "risks": "Adhésion du personnel : formation dès l’analyse. Retard d’un fournisseur : deux soumissions de réserve.",
    }
    for index, ((title, evidence), due) in enumerate(zip(MILESTONES, file.round.due_on, strict=True)):
        typed |= {f"milestones-{index}-title": title, f"milestones-{index}-evidence": evidence, f"milestones-{index}-due_on": f"{due}"}
    return typed


def _budget(file: File) -> dict[str, str]:
    typed = {"justification": "Montants établis d’après trois soumissions et les salaires en vigueur."}
    for (year, category), amount in costs_of(file).items():
        typed[f"cost_{year}_{category}"] = as_typed(amount)
    for (year, source), amount in funding_of(file).items():
        typed[f"funding_{year}_{source}"] = as_typed(amount)
    return typed


def costs_of(file: File) -> dict[tuple[int, CostCategory], Decimal]:
    if "costs" not in file.rows:
        file.rows["costs"] = _costs(file)
    found: dict[tuple[int, CostCategory], Decimal] = file.rows["costs"]
    return found


def _costs(file: File) -> dict[tuple[int, CostCategory], Decimal]:
    found: dict[tuple[int, CostCategory], Decimal] = {}
    for year, asked in file.asked.items():
        parts = split(asked + file.own[year] + file.quebec.get(year, ZERO), [share for _category, share in COSTS])
        found |= {(year, category): part for (category, _share), part in zip(COSTS, parts, strict=True) if part}
    return found


def funding_of(file: File) -> dict[tuple[int, FundingSource], Decimal]:
    payers = {FundingSource.FUND: file.asked, FundingSource.APPLICANT: file.own, FundingSource.QUEBEC: file.quebec}
    return {(year, source): amount for source, years in payers.items() for year, amount in years.items() if amount}


# ── What a submission makes ──────────────────────────────────────────────────────────────────────────────────────────
def _write_submitted(sheaf: Sheaf, file: File, answers: dict[str, dict[str, str]], document: Document) -> None:
    application = file.rows["application"]
    content = canonical(submitted_content(application, answers, [document]))
    sheaf.add(
        ApplicationVersion,
        application=application,
        number=1,
        content=content,
        sha256=sha256(content),
        received_at=file.submitted_at,
        submitted_by=file.applicant.signatory,
    )
    for (year, category), amount in costs_of(file).items():
        sheaf.add(BudgetLine, application=application, fiscal_year=year, category=category, amount=amount)
    for (year, source), amount in funding_of(file).items():
        sheaf.add(FundingLine, application=application, fiscal_year=year, source=source, amount=amount)
    for position, ((title, evidence), due) in enumerate(zip(MILESTONES, file.round.due_on, strict=True), start=1):
        sheaf.add(PlannedMilestone, application=application, position=position, title=title, evidence=evidence, due_on=due)
    write_plan(sheaf, file)
