"""The verifier's pages: the desk, and one gain beside its evidence, its plan and its past."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from fondsinnovation.templatetags.typography import number
from reporting.enums import GainReportState
from reporting.filters.verification import DeskFilter
from reporting.forms.verification import Decision, VerifyForm
from reporting.policies import gains as policies
from reporting.policies.verification import read_desk
from reporting.queries.restatements import open_restatement, restated_since_edition, verifications_of
from reporting.queries.verification import LATE, desk_rows, earlier_reports, totals_of, verdicts_of
from reporting.services import gains as acts
from reporting.tables.verification import DeskTable
from reporting.views.gains import GainAct

#: earlier periods beside a gain, and restatements on the desk
SHOWN = 8


@require_safe
@login_required
def gain_desk(request: HttpRequest) -> HttpResponse:
    """What waits for a verifier, the largest first; what of it is this person's, and what was restated since the last edition."""
    now = timezone.now()
    read_desk(request.user, now).require()
    found = DeskFilter(request.GET, desk_rows(request.user, now).order_by("-size", "pk"), request=request, now=now)
    table = DeskTable.for_page(request, found.qs, now=now)
    table.verdicts = verdicts_of(request.user, [row.record for row in table.page.object_list], now)
    count = table.paginator.count
    table.caption = ngettext("%(count)s gain à vérifier", "%(count)s gains à vérifier", count) % {"count": number(count)}
    edition, restated = restated_since_edition(request.user, now)
    context = {
        "table": table,
        "filter": found,
        "totals": totals_of(found.qs, now),
        "late": LATE,
        "edition": edition,
        "restated": restated[:SHOWN],
    }
    return render(request, "reporting/gain_desk.html", context)


class GainVerify(GainAct):
    """Accept all or part, return or reject: one page, the evidence beside the form."""

    template_name = "reporting/gain_verify.html"
    form_class = VerifyForm
    policy = staticmethod(policies.verify_gain)
    target = GainReportState.VERIFIED

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "amount": abs(self.report.amount)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        report = self.report
        context = {
            "earlier": earlier_reports(report)[:SHOWN],
            "restatement": open_restatement(report),
            "verifications": verifications_of(report),
        }
        return super().get_context_data(**context, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        decision, answers = form.cleaned_data["decision"], form.answers  # type: ignore[attr-defined]
        if decision == Decision.ACCEPT:
            acts.verify_gain(answers=answers, **self.act_with(form, "amount", "rating", "assurance", "reason", "seen"))
            return self.done(_("La vérification est inscrite."))
        if decision == Decision.RETURN:
            acts.return_gain(**self.act_with(form, "reason", "seen"))
            return self.done(_("La déclaration est retournée à l’organisme."))
        acts.reject_gain(answers=answers, **self.act_with(form, "reason", "seen"))
        return self.done(_("La déclaration est rejetée : elle compte comme examinée, pour 0 $."))
