"""Submission: the sections are validated, become rows, and are frozen with their SHA-256. There is no grace after closing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act
from fondsinnovation.kit.money import fiscal_year_end, fiscal_year_start
from fondsinnovation.templatetags.typography import long_datetime
from projects.enums import APPLICATION_MOVES, ApplicationState
from projects.models import (
    Application,
    ApplicationVersion,
    Baseline,
    BudgetLine,
    Document,
    ForecastGain,
    FundingLine,
    GainLine,
    GainPlan,
    PlannedMilestone,
    ServiceIndicator,
    User,
)
from projects.policies import applications as policies
from projects.queries.applications import SectionStatus, facts_of, members_to_tell, sections_of
from projects.sections import BudgetSection, Facts, GainsSection, PlanSection
from projects.services import messages
from projects.services.applications import require_open
from projects.services.journal import canonical, money_clock, next_numbers, note, note_organisation, sha256, transition
from projects.services.locks import lock

#: version of the shape of the canonical JSON (docs/rules/application.md)
SHAPE = 1


@act
def submit_application(*, application_id: int, received_at: datetime, actor: User, now: datetime, key: str | None = None) -> Application:
    """Submit a draft that reached the server at `received_at`: number it, freeze it, make its rows, tell the organisation.

    Raises NotAllowed (not the signatory), WrongState (already submitted, call not open at that instant), Invalid (sections to complete).
    """
    known_at = money_clock(now)
    application = lock(Application, application_id)
    policies.submit_application(actor, application, now).require()
    if application.state != ApplicationState.DRAFT:
        raise WrongState(_("Cette demande a déjà été déposée."))
    require_open(application.call, received_at)
    facts = facts_of(application)
    sections = sections_of(application, facts)
    if unfinished := [str(each.section.kind.label) for each in sections if not each.form.is_valid()]:
        raise Invalid(_("Sections à terminer avant le dépôt : %(names)s.") % {"names": ", ".join(unfinished)})
    _write_rows(application, sections, actor=actor, known_at=known_at)
    _number(application, received_at=received_at, actor=actor, now=now)
    version = _freeze(application, sections, facts, received_at=received_at, actor=actor)
    note(version, number=application.number, sha256=version.sha256, received_at=received_at)
    note_organisation(application.organisation_id)
    _tell(application, version, now)
    return application


def _number(application: Application, *, received_at: datetime, actor: User, now: datetime) -> None:
    [number] = next_numbers(f"DEM-{timezone.localdate(received_at).year}", 1, width=5)
    transition(
        [application],
        ApplicationState.SUBMITTED,
        moves=APPLICATION_MOVES,
        now=now,
        number=number,
        submitted_at=received_at,
        submitted_by=actor,
        changed_at=now,
        amount_requested=application.amount_requested,
        total_cost=application.total_cost,
    )


# ── The rows that money and gains rest on ────────────────────────────────────────────────────────────────────────────
def _write_rows(application: Application, sections: Sequence[SectionStatus], *, actor: User, known_at: datetime) -> None:
    for status in sections:
        form = status.form
        if isinstance(form, PlanSection):
            _write_milestones(application, form)
        elif isinstance(form, BudgetSection):
            _write_budget(application, form)
        elif isinstance(form, GainsSection):
            _write_gains(application, form, actor=actor, known_at=known_at)


def _write_milestones(application: Application, form: PlanSection) -> None:
    PlannedMilestone.objects.bulk_create(
        PlannedMilestone(application=application, position=position, title=row["title"], evidence=row["evidence"], due_on=row["due_on"])
        for position, row in enumerate(form.milestones(), start=1)
    )


def _write_budget(application: Application, form: BudgetSection) -> None:
    balance = form.balance()
    application.amount_requested, application.total_cost = balance.asked, balance.cost
    BudgetLine.objects.bulk_create(
        BudgetLine(application=application, fiscal_year=year, category=category, amount=amount)
        for (year, category), amount in form.costs().items()
    )
    FundingLine.objects.bulk_create(
        FundingLine(application=application, fiscal_year=year, source=source, in_kind=in_kind, amount=amount)
        for (year, source, in_kind), amount in form.funding().items()
    )


def _write_gains(application: Application, form: GainsSection, *, actor: User, known_at: datetime) -> None:
    plan = GainPlan.objects.create(application=application)
    rows = form.lines()
    lines = GainLine.objects.bulk_create(
        GainLine(plan=plan, code=f"L{index}", organisation=row.bearing or application.organisation, **row.terms())
        for index, row in enumerate(rows, start=1)
    )
    both = list(zip(lines, rows, strict=True))
    Baseline.objects.bulk_create(Baseline(line=line, **row.baseline()) for line, row in both)
    ServiceIndicator.objects.bulk_create(ServiceIndicator(line=line, **values) for line, row in both for values in row.indicators())
    ForecastGain.objects.bulk_create(
        ForecastGain(
            line=line,
            period_start=fiscal_year_start(year),
            period_end=fiscal_year_end(year),
            amount=amount,
            recorded_at=known_at,
            recorded_by=actor,
        )
        for line, row in both
        for year, amount in row.forecast().items()
    )


# ── The frozen version ───────────────────────────────────────────────────────────────────────────────────────────────
def _freeze(
    application: Application, sections: Sequence[SectionStatus], facts: Facts, *, received_at: datetime, actor: User
) -> ApplicationVersion:
    answers = {str(status.section.kind): status.saved.data for status in sections}
    content = canonical(submitted_content(application, answers, facts.documents))
    return ApplicationVersion.objects.create(
        application=application,
        number=1,
        content=content,
        sha256=sha256(content),
        received_at=received_at,
        submitted_by=actor,
    )


def submitted_content(application: Application, answers: Mapping[str, Mapping[str, str]], documents: Sequence[Document]) -> dict[str, Any]:
    """Everything that was submitted: what was typed in each section; the files by their own SHA-256."""
    return {
        "shape": SHAPE,
        "number": application.number,
        "call": application.call.reference,
        "organisation": {"code": application.organisation.code, "name": application.organisation.name},
        "received_at": application.submitted_at,
        "submitted_by": application.submitted_by.name if application.submitted_by else "",
        "amount_requested": application.amount_requested,
        "total_cost": application.total_cost,
        "sections": answers,
        "attachments": [
            {"kind": document.kind, "name": document.name, "size": document.size, "sha256": document.sha256} for document in documents
        ],
    }


def _tell(application: Application, version: ApplicationVersion, now: datetime) -> None:
    with messages.in_french():
        values = {
            "number": application.number,
            "title": application.title,
            "call": application.call.reference,
            "at": long_datetime(version.received_at),
            "sha256": version.sha256,
        }
        subject = _("Demande %(number)s déposée") % values
        body = _(
            "La demande %(number)s, « %(title)s », a été reçue le %(at)s pour l’appel %(call)s.\n\n"
            "Empreinte SHA-256 de la version déposée : %(sha256)s\n\nLe Secrétariat en vérifie maintenant la recevabilité."
        )
    people = members_to_tell(application, now)
    messages.send(people, subject=subject, body=body % values, now=now, application=application)
