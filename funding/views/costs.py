"""The Secretariat's own costs: one of them with what was entered, the forms that enter, and the decision of another person."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fondsinnovation.kit.money import fiscal_year_of
from fondsinnovation.kit.verdict import possible
from fondsinnovation.kit.views import ActForm
from funding.enums import CostKind, CostMoveState
from funding.forms.costs import CostDecisionForm, CostEntryForm, CostForecastForm, CostForm
from funding.models import CostMove, SecretariatCost
from funding.policies import costs as policies
from funding.policies.payments import read_payments
from funding.queries.calls import fund_years
from funding.queries.costs import cost_moves_for, costs_for, current_forecast, rows_left
from funding.services import costs as acts
from funding.tables.costs import COLOURS


@require_safe
@login_required
def cost_detail(request: HttpRequest, cost: str) -> HttpResponse:
    """A cost: what it commits and pays, what was entered about it, by whom and who decided."""
    now = timezone.now()
    read_payments(request.user, now).require()
    found = get_object_or_404(costs_for(request.user, now), number=cost)
    moves = cost_moves_for(request.user, now).filter(cost=found).order_by("-entered_at", "-pk")
    context = {
        "cost": found,
        "unpaid": found.committed - found.paid,
        "moves": [(move, COLOURS[CostMoveState(move.state)], policies.decide_cost_move(request.user, move, now)) for move in moves],
        "may_enter": policies.propose_cost(request.user, now),
    }
    return render(request, "funding/cost_detail.html", context)


class CostEnter(ActForm):
    """A form that enters something about costs."""

    needs_recent_sign_in = True

    def get_form_kwargs(self) -> dict[str, Any]:
        if self.request.method != "POST":
            policies.propose_cost(self.request.user, timezone.now()).require()
        return {**super().get_form_kwargs(), "years": fund_years()}

    def form_invalid(self, form: BaseForm, status: int = 422) -> HttpResponse:
        if status == 422:
            policies.propose_cost(self.request.user, timezone.now()).require()
        return super().form_invalid(form, status)

    def by(self, form: BaseForm) -> dict[str, Any]:
        return {"actor": self.request.user, "now": timezone.now(), "key": form.cleaned_data["key"]}

    def say(self, move: CostMove) -> None:
        messages.success(self.request, _("L’écriture %(number)s est inscrite; une autre personne en décide.") % {"number": move.number})


class CostPropose(CostEnter):
    """A new cost, with what it commits in each fiscal year."""

    template_name = "funding/cost_propose.html"
    form_class = CostForm

    def perform(self, form: BaseForm) -> HttpResponse:
        given = {name: form.cleaned_data[name] for name in ("kind", "title", "supplier")}
        move = acts.propose_cost(**given, parts=form.parts(), terms=form.terms(), **self.by(form))
        self.say(move)
        return redirect("funding:cost_detail", move.cost.number)


class CostEnterEntry(CostEnter):
    """A commitment, a payment or a contra-entry of a cost that exists."""

    template_name = "funding/cost_entry.html"
    form_class = CostEntryForm

    @cached_property
    def cost(self) -> SecretariatCost:
        now = timezone.now()
        read_payments(self.request.user, now).require()
        return get_object_or_404(costs_for(self.request.user, now), number=self.kwargs["cost"])

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "fiscal_year": fiscal_year_of(timezone.localdate())}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "rows": rows_left(self.cost)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(cost=self.cost, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        move = acts.propose_cost_entry(cost_id=self.cost.pk, **form.entry(), terms=form.terms(), **self.by(form))
        self.say(move)
        return redirect("funding:cost_detail", self.cost.number)


class CostForecast(CostEnter):
    """A new version of the forecast; it begins as the one in force."""

    template_name = "funding/cost_forecast.html"
    form_class = CostForecastForm

    def get_initial(self) -> dict[str, Any]:
        initial = super().get_initial()
        if found := current_forecast():
            for line in found.lines.order_by("position", "pk"):
                initial[f"{line.cost_kind}_{line.fiscal_year}"] = line.amount
                if line.cost_kind == CostKind.SALARIES:
                    initial[f"fte_{line.fiscal_year}"] = line.fte
        return initial

    def perform(self, form: BaseForm) -> HttpResponse:
        move = acts.propose_cost_forecast(parts=form.parts(), reason=form.cleaned_data["reason"], **self.by(form))
        self.say(move)
        return redirect("reporting:cost_list")


class CostDecide(ActForm):
    """The decision of what another person entered."""

    template_name = "funding/cost_decide.html"
    form_class = CostDecisionForm
    needs_recent_sign_in = True

    @cached_property
    def move(self) -> CostMove:
        now = timezone.now()
        read_payments(self.request.user, now).require()
        move = get_object_or_404(cost_moves_for(self.request.user, now), number=self.kwargs["cost_move"])
        if self.request.method != "POST":
            policies.decide_cost_move(self.request.user, move, now).require()
        return move

    def require_possible(self) -> None:
        possible(self.move.state == CostMoveState.PROPOSED, _("Cette écriture du Secrétariat est déjà décidée.")).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(move=self.move, **kwargs)

    def form_invalid(self, form: BaseForm, status: int = 422) -> HttpResponse:
        if status == 422:
            policies.decide_cost_move(self.request.user, self.move, timezone.now()).require()
        return super().form_invalid(form, status)

    def perform(self, form: BaseForm) -> HttpResponse:
        by = {"move_id": self.move.pk, "actor": self.request.user, "now": timezone.now(), "key": form.cleaned_data["key"]}
        if form.cleaned_data["decision"] == CostDecisionForm.APPROVE:
            acts.approve_cost_move(**by)
            messages.success(self.request, _("L’écriture est approuvée."))
        else:
            acts.refuse_cost_move(reason=form.cleaned_data["reason"], **by)
            messages.success(self.request, _("L’écriture est refusée."))
        cost = self.move.cost
        return redirect("funding:cost_detail", cost.number) if cost else redirect("reporting:cost_list")
