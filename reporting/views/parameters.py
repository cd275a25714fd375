"""What the figures rest on: dated rates, price indices and weights of renewals with their source; to propose one, to decide of one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from fondsinnovation.kit.verdict import possible
from fondsinnovation.kit.views import ActForm
from reporting import rules
from reporting.enums import ParameterKind, ParameterState
from reporting.forms.parameters import FORMS, ParameterDecisionForm
from reporting.models import ParameterMove
from reporting.policies import parameters as policies
from reporting.policies.reports import read_reports
from reporting.queries.parameters import indices_at, moves, rates_at, weights_at
from reporting.services import parameters as acts

#: what the button of each kind says
PROPOSE = {
    ParameterKind.RATE: gettext_lazy("Proposer un taux d’actualisation"),
    ParameterKind.INDEX: gettext_lazy("Proposer un indice des prix"),
    ParameterKind.RENEWAL: gettext_lazy("Proposer des paramètres de reconduction"),
}
COLOURS = {ParameterState.PROPOSED: "yellow", ParameterState.APPROVED: "green", ParameterState.REFUSED: "red"}


@require_safe
@login_required
def parameter_list(request: HttpRequest) -> HttpResponse:
    """What is in force, with its source, and what was proposed."""
    now = timezone.now()
    read_reports(request.user, now).require()
    found = moves()
    context = {
        "rates": rates_at(now),
        "default_rate": rules.DEFAULT_RATE,
        "indices": indices_at(now),
        "weights": weights_at(timezone.localdate(now), now),
        "moves": [(move, COLOURS[ParameterState(move.state)], policies.decide_parameter(request.user, move, now)) for move in found[:50]],
        "kinds": PROPOSE.items(),
        "may_propose": policies.propose_parameter(request.user, now),
    }
    return render(request, "reporting/parameter_list.html", context)


class ParameterPropose(ActForm):
    """Propose a parameter of the kind that the address names."""

    template_name = "reporting/parameter_form.html"
    needs_recent_sign_in = True

    @cached_property
    def kind(self) -> ParameterKind:
        now = timezone.now()
        read_reports(self.request.user, now).require()
        policies.propose_parameter(self.request.user, now).require()
        if self.kwargs["kind"] not in ParameterKind.values:
            raise Http404
        return ParameterKind(self.kwargs["kind"])

    def get_form_class(self) -> Any:
        return FORMS[self.kind]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(kind=self.kind, title=self.kind.label, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        given = {name: form.cleaned_data[name] for name in ("source", "reason", "key")}
        move = acts.propose_parameter(kind=self.kind, values=form.values(), actor=self.request.user, now=timezone.now(), **given)
        messages.success(self.request, _("%(number)s est proposé; une autre personne en décide.") % {"number": move.number})
        return redirect("reporting:parameter_list")


class ParameterDecide(ActForm):
    """Decide of what another person proposed."""

    template_name = "reporting/parameter_decide.html"
    form_class = ParameterDecisionForm
    needs_recent_sign_in = True

    @cached_property
    def move(self) -> ParameterMove:
        now = timezone.now()
        read_reports(self.request.user, now).require()
        move = get_object_or_404(moves(), number=self.kwargs["parameter"])
        if self.request.method != "POST":
            policies.decide_parameter(self.request.user, move, now).require()
        return move

    def require_possible(self) -> None:
        possible(self.move.state == ParameterState.PROPOSED, _("Ce paramètre est déjà décidé.")).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        policies.decide_parameter(self.request.user, self.move, timezone.now()).require()
        return super().get_context_data(move=self.move, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        by = {"move_id": self.move.pk, "actor": self.request.user, "now": timezone.now(), "key": form.cleaned_data["key"]}
        if form.cleaned_data["approve"]:
            acts.approve_parameter(**by)
            messages.success(self.request, _("Le paramètre est en vigueur; les rapports se recalculent."))
        else:
            acts.refuse_parameter(reason=form.cleaned_data["reason"], **by)
            messages.success(self.request, _("Le paramètre est refusé; rien ne change."))
        return redirect("reporting:parameter_list")
