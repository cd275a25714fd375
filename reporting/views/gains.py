"""Pages of gains: the list and what waits for whom, the report, its co-signature, its capture."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from fondsinnovation.kit.errors import WrongState
from fondsinnovation.kit.money import fiscal_year_of
from fondsinnovation.kit.states import require_move
from fondsinnovation.kit.views import ActForm
from fondsinnovation.templatetags.typography import number
from projects.models import Document, GainLine, Project
from projects.queries.applications import documents_for, projects_for
from reporting.enums import GAIN_REPORT_MOVES, RESTATABLE, GainReportState, RestatementState
from reporting.filters.gains import GainFilter
from reporting.forms.gains import CaptureForm, GainForm, SeenForm
from reporting.forms.measures import typed_measures
from reporting.models import GainReport
from reporting.policies import gains as policies
from reporting.policies import restatements as restating
from reporting.policies.verification import read_desk
from reporting.queries.contests import contests_of_period
from reporting.queries.gains import conditions, gain_line, gain_reports_for, reference_forecasts, story_of, view_counts
from reporting.queries.measures import measure_of
from reporting.queries.overlaps import overlaps_of_line
from reporting.queries.restatements import open_restatement, verifications_of, versions_of
from reporting.queries.sharing import is_shared
from reporting.services import gains as acts
from reporting.services.sharing import SHARED
from reporting.tables.gains import GainTable, state_tag
from reporting.views.measures import Calculator, measured_facts

#: state → the next act: its page, its policy, its words
NEXT = {
    GainReportState.DRAFT: ("reporting:gain_cosign", policies.cosign_gain, gettext_lazy("Cosigner")),
    GainReportState.SUBMITTED: ("reporting:gain_verify", policies.verify_gain, gettext_lazy("Vérifier")),
    GainReportState.VERIFIED: ("reporting:gain_capture", policies.capture_gain, gettext_lazy("Inscrire la captation")),
    GainReportState.PARTLY_VERIFIED: ("reporting:gain_capture", policies.capture_gain, gettext_lazy("Inscrire la captation")),
    GainReportState.TO_REVERIFY: ("reporting:gain_verify", policies.verify_gain, gettext_lazy("Vérifier de nouveau")),
}
CORRECTABLE = (GainReportState.DRAFT, GainReportState.RETURNED)


@require_safe
@login_required
def gain_list(request: HttpRequest) -> HttpResponse:
    """Gain reports; each view is what this person has something to do with, with its count."""
    now = timezone.now()
    rows = gain_reports_for(request.user, now).order_by("-period_end", "-pk")
    found_views = conditions(request.user, now)
    found = GainFilter(request.GET, rows, request=request, conditions=found_views)
    views, view = view_counts(rows, found_views), request.GET.get("view") or "all"
    narrowed = any(request.GET.get(name) for name in GainFilter.base_filters if name != "view")
    counted = {} if narrowed else {each.code: count for each, count in views}
    table = GainTable.for_page(request, found.qs, count=counted.get(view))
    count = table.paginator.count
    table.caption = ngettext("%(count)s déclaration", "%(count)s déclarations", count) % {"count": number(count)}
    context = {"table": table, "filter": found, "views": views, "view": view, "sees_desk": read_desk(request.user, now)}
    return render(request, "reporting/gain_list.html", context)


@require_safe
@login_required
def gain_detail(request: HttpRequest, number: str) -> HttpResponse:
    """A gain report: its facts and stages, its story, and the next act or the reason why it is not this reader's."""
    now = timezone.now()
    report = get_object_or_404(_detailed(request.user), number=number)
    page, policy, label = NEXT.get(GainReportState(report.state), ("", None, ""))
    correctable = report.state in CORRECTABLE
    context = {
        **_facts(request, report),
        "sees_project": projects_for(request.user, now).filter(pk=report.project_id).exists(),
        "story": story_of(report),
        "contests": contests_of_period(report.line_id, fiscal_year_of(report.period_start), fiscal_year_of(report.period_end)),
        "overlaps": overlaps_of_line(request.user, report.line_id, now),
        "is_shared": is_shared(report.line_id),
        "next_page": page,
        "next_label": label,
        "may_next": policy(request.user, report, now) if policy else None,
        "may_correct": correctable and policies.report_gain(request.user, report.project, now),
        **_restatement(request.user, report, now),
    }
    return render(request, "reporting/gain_detail.html", context)


def _restatement(person: Any, report: GainReport, now: datetime) -> dict[str, Any]:
    """The versions and examinations of a gain, what waits of a restatement, and what this reader may do about it."""
    waiting = open_restatement(report)
    is_draft = waiting is not None and waiting.state == RestatementState.DRAFT
    restatable = report.state in RESTATABLE and (waiting is None or is_draft)
    return {
        "versions": versions_of(report),
        "verifications": verifications_of(report),
        "draft": waiting if is_draft else None,
        "returned": report.state == GainReportState.TO_REVERIFY and waiting is None,
        "may_cosign_restatement": is_draft and restating.cosign_restatement(person, waiting, now),
        "may_restate": restatable and restating.restate_gain(person, report, now),
        "may_correct_capture": restating.is_captured(report) and restating.correct_capture(person, report, now),
    }


def _detailed(person: Any) -> Any:
    people = ("reported_by", "cosigned_by", "verified_by", "captured_by")
    return gain_reports_for(person, timezone.now()).select_related(
        "project__organisation", "line__organisation", "line__baseline", "evidence", "budget_document", *people
    )


def _facts(request: HttpRequest, report: GainReport) -> dict[str, Any]:
    """What every page of one report shows: the report, its reference forecast, and the files that this reader may open."""
    return {
        "report": report,
        "state": state_tag(report),
        "forecasts": reference_forecasts(report.line, report.project),
        "readable": _readable(request, report.evidence, report.budget_document),
        **measured_facts(report, measure_of(report)),
    }


def _readable(request: HttpRequest, *documents: Document | None) -> set[int]:
    wanted = [document.pk for document in documents if document]
    return set(documents_for(request.user, timezone.now()).filter(pk__in=wanted).order_by("pk").values_list("pk", flat=True))


# ── Acts ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
class GainCreate(Calculator, ActForm):
    """Report the gain of one line of a project's plan."""

    template_name = "reporting/gain_form.html"
    form_class = GainForm

    @cached_property
    def project(self) -> Project:
        now = timezone.now()
        visible = projects_for(self.request.user, now).select_related("organisation")
        project = get_object_or_404(visible, reference=self.kwargs["project"])
        policies.report_gain(self.request.user, project, now).require()
        return project

    @cached_property
    def line(self) -> GainLine:
        try:
            return gain_line(self.project, self.kwargs["line"])
        except GainLine.DoesNotExist as missing:
            raise Http404 from missing

    def require_possible(self) -> None:
        if is_shared(self.line.pk):
            raise WrongState(str(SHARED))

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "line": self.line}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        forecasts = reference_forecasts(self.line, self.project)
        return super().get_context_data(
            project=self.project, line=self.line, forecasts=forecasts, title=_("Déclarer un gain"), reason="", **kwargs
        )

    def perform(self, form: BaseForm) -> HttpResponse:
        report = acts.report_gain(line_id=self.line.pk, actor=self.request.user, now=timezone.now(), **form.cleaned_data)
        return _submitted_or_not(self.request, report)


def _submitted_or_not(request: HttpRequest, report: GainReport) -> HttpResponse:
    if report.cosignature_waived:
        messages.success(request, _("Le gain est déclaré et soumis. Vous êtes seul ou seule dans l’organisme : la cosignature est levée."))
    else:
        messages.success(request, _("Le gain est déclaré; il attend sa cosignature."))
    return redirect("reporting:gain_detail", report.number)


class GainAct(ActForm):
    """A form about one report, in a state that allows it."""

    policy: Any = None
    target: GainReportState

    def visible(self) -> GainReport:
        found: GainReport = get_object_or_404(_detailed(self.request.user), number=self.kwargs["number"])
        return found

    @cached_property
    def report(self) -> GainReport:
        report = self.visible()
        self.may(report).require()
        require_move(GAIN_REPORT_MOVES, report.state, self.target)
        return report

    def may(self, report: GainReport) -> Any:
        return self.policy(self.request.user, report, timezone.now())

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "seen": self.report.reported_at.isoformat()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**_facts(self.request, self.report), **kwargs)

    def act_with(self, form: BaseForm, *names: str) -> dict[str, Any]:
        """What every act on a report takes, and the fields of its form that it takes too."""
        given = {name: form.cleaned_data[name] for name in ("key", *names)}
        return {"report_id": self.report.pk, "actor": self.request.user, "now": timezone.now(), **given}

    def done(self, message: str) -> HttpResponse:
        messages.success(self.request, message)
        return redirect("reporting:gain_detail", self.report.number)


class GainCorrect(Calculator, GainAct):
    template_name = "reporting/gain_form.html"
    form_class = GainForm
    target = GainReportState.DRAFT

    def may(self, report: GainReport) -> Any:
        return policies.report_gain(self.request.user, report.project, timezone.now())

    def get_initial(self) -> dict[str, Any]:
        names = ("period_start", "period_end", "method")
        kept = {name: getattr(self.report, name) for name in (*names, "maturity")}
        measured = typed_measures(measure_of(self.report))
        return {**super().get_initial(), **kept, **measured, "amount": abs(self.report.amount)}

    def get_form_kwargs(self) -> dict[str, Any]:
        report = self.report
        about = {"line": report.line, "kept": report.evidence.name, "fixed_period": report.gains.exists()}
        return {**super().get_form_kwargs(), **about}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        report = self.report
        return super().get_context_data(
            project=report.project, line=report.line, title=_("Corriger la déclaration"), reason=report.reason, **kwargs
        )

    def perform(self, form: BaseForm) -> HttpResponse:
        names = ("period_start", "period_end", "amount", "maturity", "method", "evidence", "measures")
        return _submitted_or_not(self.request, acts.correct_gain(**self.act_with(form, *names)))


class GainCosign(GainAct):
    template_name = "reporting/gain_cosign.html"
    form_class = SeenForm
    policy = staticmethod(policies.cosign_gain)
    target = GainReportState.SUBMITTED

    def perform(self, form: BaseForm) -> HttpResponse:
        acts.cosign_gain(**self.act_with(form, "seen"))
        return self.done(_("La déclaration est cosignée et soumise à la vérification."))


class GainCapture(GainAct):
    template_name = "reporting/gain_capture.html"
    form_class = CaptureForm
    policy = staticmethod(policies.capture_gain)
    target = GainReportState.CAPTURED

    @cached_property
    def report(self) -> GainReport:
        report = self.visible()
        self.may(report).require()
        policies.require_capturable(report)
        return report

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "amount": self.report.verified_amount}

    def perform(self, form: BaseForm) -> HttpResponse:
        acts.capture_gain(**self.act_with(form, "amount", "document"))
        return self.done(_("La captation est inscrite, avec son document budgétaire."))
