"""Pages of restatements: say another amount, co-sign it, and correct the capture under it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from fondsinnovation.kit.states import require_move
from reporting.enums import RESTATEMENT_MOVES, GainReportState, RestatementState
from reporting.forms.gains import SeenForm
from reporting.forms.restatements import CaptureCorrectForm, RestateForm
from reporting.models import GainReport, GainRestatement
from reporting.policies import restatements as policies
from reporting.queries.measures import measure_of_restatement
from reporting.services import captures, restatements
from reporting.views.gains import GainAct
from reporting.views.measures import Calculator, measured_facts


class GainRestate(Calculator, GainAct):
    """Say that a verified gain is another amount, from what was measured anew."""

    template_name = "reporting/gain_restate.html"
    form_class = RestateForm
    policy = staticmethod(policies.restate_gain)
    target = GainReportState.TO_REVERIFY

    def get_initial(self) -> dict[str, Any]:
        report = self.report
        return {**super().get_initial(), "amount": abs(report.amount), "maturity": report.maturity, "method": report.method}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "report": self.report}

    def perform(self, form: BaseForm) -> HttpResponse:
        restatement = restatements.restate_gain(**self.act_with(form, "amount", "maturity", "reason", "method", "evidence", "measures"))
        if restatement.cosignature_waived:
            return self.done(_("Le gain est redressé et soumis : la cosignature est levée."))
        return self.done(_("Le redressement attend sa cosignature; d’ici là, rien ne change."))


class RestatementCosign(GainAct):
    """Co-sign the restatement that waits for it."""

    template_name = "reporting/restatement_cosign.html"
    form_class = SeenForm

    @cached_property
    def report(self) -> GainReport:
        report: GainReport = self.visible()
        policies.cosign_restatement(self.request.user, self._latest(report), timezone.now()).require()
        require_move(RESTATEMENT_MOVES, self._latest(report).state, RestatementState.SUBMITTED)
        return report

    @cached_property
    def restatement(self) -> GainRestatement:
        return self._latest(self.report)

    def _latest(self, report: GainReport) -> GainRestatement:
        found = report.restatements.select_related("report__project", "evidence", "restated_by").order_by("-pk").first()
        if found is None:
            raise Http404
        return found

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "seen": self.restatement.restated_at.isoformat()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        restatement = self.restatement
        context = super().get_context_data(restatement=restatement, **kwargs)
        return {**context, **measured_facts(self.report, measure_of_restatement(restatement))}

    def perform(self, form: BaseForm) -> HttpResponse:
        given = {name: form.cleaned_data[name] for name in ("key", "seen")}
        now = timezone.now()
        restatements.cosign_restatement(restatement_id=self.restatement.pk, actor=self.request.user, now=now, **given)
        messages.success(self.request, _("Le redressement est cosigné : le gain est à revérifier."))
        return redirect("reporting:gain_detail", self.report.number)


class CaptureCorrect(GainAct):
    """Bring the capture of a restated gain to another amount."""

    template_name = "reporting/capture_correct.html"
    form_class = CaptureCorrectForm
    policy = staticmethod(policies.correct_capture)
    target = GainReportState.TO_REVERIFY

    @cached_property
    def report(self) -> GainReport:
        report: GainReport = self.visible()
        self.may(report).require()
        policies.require_captured(report)
        return report

    def perform(self, form: BaseForm) -> HttpResponse:
        captures.correct_capture(**self.act_with(form, "amount", "reason", "document"))
        return self.done(_("La captation est corrigée; l’ancienne reste inscrite."))
