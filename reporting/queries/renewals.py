"""Reads of renewal dossiers: `renewals_for` is the only way one reaches a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.money import ZERO
from funding.queries.envelopes import YearLine, envelope_lines
from projects.enums import EnvelopeCode
from projects.models import JournalEntry, Project
from projects.queries.applications import not_recused, projects_for
from reporting.enums import RenewalState
from reporting.models import Renewal, RenewalStep, SnapshotRow
from reporting.policies.renewals import read_renewals
from reporting.queries.gains import Event
from reporting.queries.objectives import measures_by_project, together
from reporting.queries.parameters import weights_at
from reporting.queries.snapshots import snapshot_of

if TYPE_CHECKING:
    from reporting.analysis.renewal import Judged


def renewals_for(person: Any, now: datetime) -> QuerySet[Renewal]:
    """The dossiers of visible projects, for whoever reads the reports of the Fund; none behind a recusal."""
    if not read_renewals(person, now):
        return Renewal.objects.none()
    return Renewal.objects.filter(not_recused(person, "project__application_id"), project__in=projects_for(person, now)).select_related(
        "project__organisation", "project__call", "opened_by", "analysed_by", "recommended_by", "decided_by"
    )


@dataclass(frozen=True, slots=True)
class View:
    """A list kept under a name: the dossiers in some states; all of them when it names none."""

    code: str
    label: str | Promise
    states: tuple[RenewalState, ...] = ()


VIEWS = (
    View("all", _("Tous")),
    View("prepare", _("À préparer"), (RenewalState.OPENED, RenewalState.ANALYSED)),
    View("decide", _("À décider"), (RenewalState.RECOMMENDED,)),
    View("carry_out", _("À mettre en œuvre"), (RenewalState.DECIDED,)),
)


def in_view(rows: QuerySet[Renewal], code: str) -> QuerySet[Renewal]:
    """The dossiers of one view; an unknown code is that of all."""
    states = next((view.states for view in VIEWS if view.code == code), ())
    return rows.filter(state__in=states) if states else rows


def view_counts(rows: QuerySet[Renewal]) -> list[tuple[View, int]]:
    """How many dossiers each view holds: one query."""
    found = {view.code: Count("pk", filter=Q(state__in=view.states) if view.states else None) for view in VIEWS}
    counts = rows.order_by().aggregate(**found)
    return [(view, counts[view.code]) for view in VIEWS]


def judged_at(effective: date, known: datetime) -> Judged:
    """What the report `renewal` needs beside the frames."""
    from reporting.analysis.renewal import Dossier, Judged

    attainments: dict[str, Fraction | None] = {
        reference: together(measures) for reference, measures in measures_by_project(Project.objects.all(), effective, known).items()
    }
    steps = RenewalStep.objects.filter(recorded_at__lte=known, effective_on__lte=effective)
    last = steps.order_by("renewal__project_id", "-recorded_at", "-pk").distinct("renewal__project_id")
    names = ("renewal__project__reference", "renewal__number", "state", "eligible_base", "decision", "decided_amount", "reason")
    dossiers = {project: Dossier(*values) for project, *values in last.values_list(*names)}
    return Judged(weights_at(effective, known).weights, attainments, dossiers)


def report_row(project: Project) -> tuple[SnapshotRow | None, date | None, datetime | None]:
    """The row of the working report about a project, and the pair of dates that it is computed for."""
    snapshot = snapshot_of("renewal", None, None)
    if snapshot is None:
        return None, None, None
    row = snapshot.rows.filter(key=project.reference).order_by("position", "pk").first()
    return row, snapshot.effective, snapshot.known


def availability() -> list[YearLine]:
    """What is left of the envelope of projects, year by year and in all: a renewal is decided in sight of it, and takes nothing of it."""
    for found in envelope_lines():
        if found.envelope.code == EnvelopeCode.PROJECTS:
            return found.lines
    return []


def left_in_all() -> Decimal:
    lines = availability()
    return lines[-1].available if lines else ZERO


STORY: dict[str, str | Promise] = {
    "open_renewal": _("Dossier de reconduction ouvert"),
    "analyse_renewal": _("Reconduction analysée"),
    "recommend_renewal": _("Recommandation de reconduction arrêtée"),
    "return_renewal": _("Reconduction retournée à l’analyse"),
    "decide_renewal": _("Reconduction décidée"),
    "carry_out_renewal": _("Mise en œuvre d’une reconduction inscrite"),
}


def story_of(renewal: Renewal) -> list[Event]:
    """The acts on a dossier, the oldest first."""
    entries = JournalEntry.objects.filter(object_type=renewal._meta.label_lower, object_id=renewal.pk, act__in=STORY)
    found = entries.select_related("actor").order_by("pk")
    return [Event(STORY[entry.act], entry.at, entry.actor.name if entry.actor else "") for entry in found if entry.at]
