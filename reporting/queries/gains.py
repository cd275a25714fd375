"""Reads of gain reports: `gain_reports_for` is the only way one reaches a page, an export or a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, F, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects.enums import Role, Stage
from projects.models import ForecastGain, GainLine, JournalEntry, Membership, Project, User
from projects.policies.rights import rights_of
from projects.queries.applications import not_recused, of_applicant, of_calls, projects_for
from projects.queries.people import active_members
from reporting.enums import GainReportState, RestatementState
from reporting.models import Gain, GainReport, GainRestatement
from reporting.policies.gains import CAPTURABLE
from reporting.rules import end_of_day

_S = GainReportState


def gain_reports_for(person: Any, now: datetime) -> QuerySet[GainReport]:
    """The gain reports of visible projects, and those of the lines that the person's organisation bears; none behind a recusal.

    Each has `windfall`: it covers days before the start of its project, which count for nothing.
    """
    borne = of_applicant(rights_of(person, now), Role.FINANCE_RESPONDENT, organisation="line__organisation", call="project__call")
    windfall = ExpressionWrapper(Coalesce(Q(period_start__lt=F("project__starts_on")), False), output_field=BooleanField())
    return (
        GainReport.objects.filter(Q(project__in=projects_for(person, now)) | borne)
        .filter(not_recused(person, "project__application_id"))
        .select_related("project__organisation", "line__organisation")
        .annotate(windfall=windfall)
    )


def gain_lines_of(project: Project, *, locked: bool = True) -> QuerySet[GainLine]:
    """The locked lines of a project's plan, each with its reports and, in `reference`, the forecasts in force at signature.

    `locked` False: those of an imported history too, which no agreement of the portal locked.
    """
    return (
        GainLine.objects.filter(_of(project), *[Q(plan__locked_at__isnull=False)] * locked)
        .select_related("organisation", "baseline", "plan", "share")
        .prefetch_related(
            Prefetch("reports", GainReport.objects.order_by("period_start", "pk")),
            Prefetch("forecasts", _reference(project), to_attr="reference"),
        )
        .order_by("code", "pk")
    )


def _reference(project: Project) -> QuerySet[ForecastGain]:
    """One forecast for each line and period: the latest known by the end of the day of signature."""
    if project.signed_on is None:
        return ForecastGain.objects.none()
    known = ForecastGain.objects.filter(recorded_at__lte=end_of_day(project.signed_on))
    period = ("line_id", "period_start", "period_end")
    return known.order_by(*period, "-recorded_at", "-pk").distinct(*period)


def gain_line(project: Project, code: str) -> GainLine:
    """Raises GainLine.DoesNotExist when the project has no such locked line."""
    return GainLine.objects.select_related("organisation", "baseline").get(_of(project), plan__locked_at__isnull=False, code=code)


def _of(project: Project) -> Q:
    """A plan belongs to its project, or still to the application that became it."""
    return Q(plan__project=project) | Q(plan__application__isnull=False, plan__application=project.application_id)


def project_of(line: GainLine) -> Project:
    return Project.objects.select_related("application").get(Q(gain_plan=line.plan_id) | Q(application__gain_plan=line.plan_id))


def reference_forecasts(line: GainLine, project: Project) -> QuerySet[ForecastGain]:
    return _reference(project).filter(line=line)


# ── What waits for somebody ──────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class View:
    """A list kept under a name: the reports that a person has something to do with."""

    code: str
    label: str | Promise


VIEWS = (
    View("all", _("Toutes")),
    View("cosign", _("À cosigner")),
    View("verify", _("À vérifier")),
    View("capture", _("À capter")),
    View("restated", _("Redressées")),
    View("waived", _("Cosignatures levées")),
)


def waiting() -> Q:
    """What waits for a verifier: reported gains, and restated ones that were not returned."""
    restated = GainRestatement.objects.filter(report=OuterRef("pk"), state=RestatementState.SUBMITTED)
    return Q(state=_S.SUBMITTED) | (Q(state=_S.TO_REVERIFY) & Q(Exists(restated)))


def conditions(person: Any, now: datetime) -> dict[str, Q]:
    """What each view holds for this person: the reports that they may act on, not all those in that state."""
    rights = rights_of(person, now)
    finance = bool(rights.organisations(Role.FINANCE_RESPONDENT) or rights.pairs(Role.FINANCE_RESPONDENT))
    of_beneficiary = of_applicant(rights, Role.FINANCE_RESPONDENT, organisation="project__organisation", call="project__call")
    of_bearer = of_applicant(rights, Role.FINANCE_RESPONDENT, organisation="line__organisation", call="project__call")
    signed = Q(reported_by=person) | Q(cosigned_by=person)
    belonged = Membership.objects.filter(person=person).values("organisation")
    found = {"all": Q()}
    if finance:
        restated = GainRestatement.objects.filter(report=OuterRef("pk"), state=RestatementState.DRAFT).exclude(restated_by=person)
        found["cosign"] = of_beneficiary & ((Q(state=_S.DRAFT) & ~Q(reported_by=person)) | Q(Exists(restated)))
    if rights.has_somewhere(Role.GAIN_VERIFIER):
        outside = ~Q(project__organisation__in=belonged) & ~Q(line__organisation__in=belonged)
        theirs = of_calls(rights, Role.GAIN_VERIFIER, path="project__call")
        found["verify"] = waiting() & ~signed & outside & theirs & ~_recorded(person, Stage.CAPTURED)
    if finance or rights.has_somewhere(Role.CONTROLLER):
        everything = rights.has(Role.CONTROLLER)
        mine = Q() if everything else of_calls(rights, Role.CONTROLLER, path="project__call") | of_bearer
        capturable = Q(state__in=[_S.VERIFIED, _S.PARTLY_VERIFIED], line__nature__in=CAPTURABLE, verified_amount__gt=0)
        found["capture"] = mine & capturable & ~signed & ~Q(verified_by=person) & ~_recorded(person, Stage.VERIFIED)
    return {**found, "restated": Q(version__gt=1), "waived": Q(cosignature_waived=True)}


def _recorded(person: Any, stage: Stage) -> Q:
    """The reports of which the person recorded a stage, whatever the version."""
    return Q(Exists(Gain.objects.filter(report=OuterRef("pk"), stage=stage, recorded_by=person)))


def view_counts(rows: QuerySet[GainReport], found: Mapping[str, Q]) -> list[tuple[View, int]]:
    """How many reports each view of this person holds: one query."""
    views = [view for view in VIEWS if view.code in found]
    counts = rows.order_by().aggregate(**{view.code: Count("pk", filter=found[view.code] or None) for view in views})
    return [(view, counts[view.code]) for view in views]


# ── People ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def is_alone(project: Project, now: datetime) -> bool:
    """Whether one person is all that an organisation has for a project: nobody could co-sign."""
    return active_members(project.organisation_id, now).for_call(project.call_id).values("person").distinct().count() == 1


def cosigners_of(project: Project, reporter: User, now: datetime) -> QuerySet[User]:
    holding = (
        active_members(project.organisation_id, now).for_call(project.call_id).filter(role=Role.FINANCE_RESPONDENT).exclude(person=reporter)
    )
    return User.objects.filter(pk__in=holding.values("person")).order_by("pk")


def holders_of(role: Role, call_id: int, now: datetime) -> QuerySet[User]:
    """Who holds a role anywhere today, for the files of a call."""
    holding = Membership.objects.on(timezone.localdate(now)).for_call(call_id).filter(role=role)
    return User.objects.filter(is_active=True, pk__in=holding.values("person")).order_by("pk")


# ── The story of one report ──────────────────────────────────────────────────────────────────────────────────────────
STORY: dict[str, str | Promise] = {
    "report_gain": _("Gain déclaré"),
    "correct_gain": _("Déclaration corrigée"),
    "cosign_gain": _("Déclaration cosignée et soumise"),
    "verify_gain": _("Gain vérifié"),
    "return_gain": _("Retournée pour correction"),
    "reject_gain": _("Déclaration rejetée"),
    "capture_gain": _("Captation inscrite"),
    "restate_gain": _("Gain redressé"),
    "cosign_restatement": _("Redressement cosigné et soumis"),
    "correct_capture": _("Captation corrigée"),
    "correct_shared_gain": _("Gain partagé corrigé en entier"),
}


@dataclass(frozen=True, slots=True)
class Event:
    title: str | Promise
    at: datetime
    by: str


def story_of(report: GainReport) -> list[Event]:
    """The acts on a report, the oldest first."""
    entries = JournalEntry.objects.filter(object_type=report._meta.label_lower, object_id=report.pk, act__in=STORY)
    found = entries.select_related("actor").order_by("pk")
    return [Event(STORY[entry.act], entry.at, entry.actor.name if entry.actor else "") for entry in found if entry.at]
