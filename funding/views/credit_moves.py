"""Moves of credit: their list, one of them with its lines, the form that proposes one, and its decision."""

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
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from fondsinnovation.kit.verdict import possible
from fondsinnovation.kit.views import ActForm
from fondsinnovation.templatetags.typography import number
from funding.enums import CreditMoveState
from funding.forms.credit_moves import CreditMoveForm
from funding.forms.payments import KeyForm, ReasonForm
from funding.models import CreditMove
from funding.policies import credit_moves as policies
from funding.policies.payments import read_payments
from funding.queries.calls import fund_years
from funding.queries.credit_moves import credit_moves_for, lines_for
from funding.services import credit_moves as acts
from funding.tables.credit_moves import COLOURS, CreditMoveTable


@require_safe
@login_required
def credit_move_list(request: HttpRequest) -> HttpResponse:
    """Moves of credit, the last proposed first."""
    now = timezone.now()
    read_payments(request.user, now).require()
    table = CreditMoveTable.for_page(request, credit_moves_for(request.user, now).order_by("-proposed_at", "-pk"))
    count = table.paginator.count
    table.caption = ngettext("%(count)s mouvement", "%(count)s mouvements", count) % {"count": number(count)}
    context = {
        "table": table,
        "may_propose": policies.propose_credit_move(request.user, now),
        "may_close": policies.prepare_year_end(request.user, now),
    }
    return render(request, "funding/credit_move_list.html", context)


@require_safe
@login_required
def credit_move_detail(request: HttpRequest, move: str) -> HttpResponse:
    """A move: its authority, its lines, its two people, and its decision."""
    now = timezone.now()
    read_payments(request.user, now).require()
    found = get_object_or_404(credit_moves_for(request.user, now), number=move)
    context = {
        "move": found,
        "lines": lines_for(request.user, found),
        "colour": COLOURS[CreditMoveState(found.state)],
        "may_decide": policies.decide_credit_move(request.user, found, now),
    }
    return render(request, "funding/credit_move_detail.html", context)


class CreditMovePropose(ActForm):
    """Propose a transfer, a freeze, a thaw or a reinvestment."""

    template_name = "funding/credit_move_propose.html"
    form_class = CreditMoveForm
    needs_recent_sign_in = True

    def get_form_kwargs(self) -> dict[str, Any]:
        if self.request.method != "POST":
            policies.propose_credit_move(self.request.user, timezone.now()).require()
        return {**super().get_form_kwargs(), "years": fund_years()}

    def perform(self, form: BaseForm) -> HttpResponse:
        move = acts.propose_credit_move(
            kind=form.cleaned_data["kind"],
            account=form.account(),
            to=form.to(),
            amount=form.cleaned_data["amount"],
            terms=form.terms(),
            actor=self.request.user,
            now=timezone.now(),
            key=form.cleaned_data["key"],
        )
        messages.success(self.request, _("Le mouvement %(number)s est proposé; une autre personne en décide.") % {"number": move.number})
        return redirect("funding:credit_move_detail", move.number)

    def form_invalid(self, form: BaseForm, status: int = 422) -> HttpResponse:
        if status == 422:
            policies.propose_credit_move(self.request.user, timezone.now()).require()
        return super().form_invalid(form, status)


class CreditMoveDecide(ActForm):
    """The decision of a move by another person than the one who proposed it."""

    template_name = "funding/credit_move_decide.html"
    needs_recent_sign_in = True
    form_class: Any = KeyForm
    act: Any = None
    title: Any = ""
    explanation: Any = ""
    success: Any = ""

    @cached_property
    def move(self) -> CreditMove:
        now = timezone.now()
        read_payments(self.request.user, now).require()
        move = get_object_or_404(credit_moves_for(self.request.user, now), number=self.kwargs["move"])
        if self.request.method != "POST":
            policies.decide_credit_move(self.request.user, move, now).require()
        return move

    def require_possible(self) -> None:
        possible(self.move.state == CreditMoveState.PROPOSED, _("Ce mouvement de crédits est déjà décidé.")).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lines = lines_for(self.request.user, self.move)
        return super().get_context_data(move=self.move, lines=lines, title=self.title, explanation=self.explanation, **kwargs)

    def form_invalid(self, form: BaseForm, status: int = 422) -> HttpResponse:
        if status == 422:
            policies.decide_credit_move(self.request.user, self.move, timezone.now()).require()
        return super().form_invalid(form, status)

    def perform(self, form: BaseForm) -> HttpResponse:
        self.act(move_id=self.move.pk, actor=self.request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(self.request, self.success)
        return redirect("funding:credit_move_detail", self.move.number)


class CreditMoveApprove(CreditMoveDecide):
    act = staticmethod(acts.approve_credit_move)
    title = gettext_lazy("Approuver le mouvement")
    explanation = gettext_lazy("Les écritures ci-dessous entrent au registre telles quelles. Elles ne changent plus.")
    success = gettext_lazy("Le mouvement est approuvé et inscrit au registre.")


class CreditMoveRefuse(CreditMoveDecide):
    form_class = ReasonForm
    act = staticmethod(acts.refuse_credit_move)
    title = gettext_lazy("Refuser le mouvement")
    explanation = gettext_lazy("Rien ne bouge; qui l’a proposé lira le motif.")
    success = gettext_lazy("Le mouvement est refusé.")
