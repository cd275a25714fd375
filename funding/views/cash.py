"""The Fund's cash: what may be drawn, what was, what is left, and the acts that record it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from fondsinnovation.kit.verdict import Verdict
from fondsinnovation.kit.views import ActForm
from fondsinnovation.templatetags.typography import number
from funding.forms.cash import AuthorityForm, CashForm, CashRuleForm, DayForm
from funding.forms.payments import KeyForm
from funding.models import CashEntry, DrawAuthority
from funding.policies import cash as policies
from funding.policies.payments import read_payments
from funding.queries.cash import authority_lines, cash_mode, cash_position, cash_rows_for, is_in_force
from funding.services import cash as acts
from funding.tables.cash import CashTable

STATE_COLOURS = {"proposed": "outline", "adopted": "yellow", "in_force": "green"}


@require_safe
@login_required
def cash_detail(request: HttpRequest) -> HttpResponse:
    """The cash position, the authorities, and the rows that came in."""
    now = timezone.now()
    read_payments(request.user, now).require()
    today = timezone.localdate(now)
    rows = cash_rows_for(request.user, now).order_by("-effective_on", "-pk")
    may_record = policies.record_cash(request.user, now)
    table = CashTable.for_page(request, rows, may_correct=bool(may_record))
    count = table.paginator.count
    table.caption = ngettext("%(count)s rentrée", "%(count)s rentrées", count) % {"count": number(count)}
    context = {
        "table": table,
        "position": cash_position(today, now),
        "authorities": [
            (line, STATE_COLOURS[line.state], policies.bring_into_force(request.user, line.authority, now))
            for line in authority_lines(today, now)
        ],
        "mode": cash_mode(today),
        "authority_in_force": is_in_force(today, now),
        "may_record": may_record,
        "may_authorise": policies.record_authority(request.user, now),
        "may_rule": policies.set_cash_rule(request.user, now),
    }
    return render(request, "funding/cash_detail.html", context)


class CashAct(ActForm):
    """A form about the cash: a title, a verdict, an act."""

    needs_recent_sign_in = True
    template_name = "funding/cash_form.html"
    act: Any = None
    title: Any = ""
    explanation: Any = ""
    success: Any = ""

    def verdict(self) -> Verdict:
        raise TypeError(f"{type(self).__name__} says who may")

    def about(self) -> dict[str, Any]:
        """What the act is about, beside what is typed."""
        return {}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.verdict().require()
        return super().get(request, *args, **kwargs)

    def form_invalid(self, form: BaseForm, status: int = 422) -> HttpResponse:
        if status == 422:
            self.verdict().require()
        return super().form_invalid(form, status)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(title=self.title, explanation=self.explanation, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        self.act(actor=self.request.user, now=timezone.now(), **self.about(), **form.cleaned_data)
        messages.success(self.request, self.success)
        return redirect("funding:cash_detail")


class CashRecord(CashAct):
    form_class = CashForm
    act = staticmethod(acts.record_cash)
    title = gettext_lazy("Inscrire un tirage ou une rentrée")
    explanation = gettext_lazy("Un tirage exige une autorisation en vigueur à sa date d’effet, et tient dans son plafond.")
    success = gettext_lazy("La somme est inscrite.")

    def verdict(self) -> Verdict:
        return policies.record_cash(self.request.user, timezone.now())


class CashReverse(CashAct):
    form_class = KeyForm
    act = staticmethod(acts.reverse_cash)
    title = gettext_lazy("Corriger une rentrée")
    explanation = gettext_lazy("Une écriture contraire l’annule en entier; les deux restent au registre.")
    success = gettext_lazy("La rentrée est corrigée.")

    def verdict(self) -> Verdict:
        return policies.record_cash(self.request.user, timezone.now())

    @cached_property
    def entry(self) -> CashEntry:
        read_payments(self.request.user, timezone.now()).require()
        return get_object_or_404(CashEntry, pk=self.kwargs["pk"])

    def about(self) -> dict[str, Any]:
        return {"entry_id": self.entry.pk}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(entry=self.entry, **kwargs)


class CashRuleSet(CashAct):
    form_class = CashRuleForm
    act = staticmethod(acts.set_cash_rule)
    title = gettext_lazy("Fixer la règle de l’encaisse")
    explanation = gettext_lazy("Un versement que l’encaisse ne couvre pas est signalé, ou refusé, à partir de la date choisie.")
    success = gettext_lazy("La règle est fixée.")

    def verdict(self) -> Verdict:
        return policies.set_cash_rule(self.request.user, timezone.now())


class AuthorityRecord(CashAct):
    form_class = AuthorityForm
    act = staticmethod(acts.record_authority)
    title = gettext_lazy("Inscrire une autorisation de tirage")
    explanation = gettext_lazy("Elle est d’abord proposée : aucun tirage n’est possible avant son entrée en vigueur.")
    success = gettext_lazy("L’autorisation est inscrite.")

    def verdict(self) -> Verdict:
        return policies.record_authority(self.request.user, timezone.now())


class AuthorityAct(CashAct):
    """An act on one authority, with its day."""

    form_class = DayForm

    @cached_property
    def authority(self) -> DrawAuthority:
        read_payments(self.request.user, timezone.now()).require()
        return get_object_or_404(DrawAuthority, number=self.kwargs["authority"])

    def about(self) -> dict[str, Any]:
        return {"authority_id": self.authority.pk}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(authority=self.authority, **kwargs)


class AuthorityAdopt(AuthorityAct):
    act = staticmethod(acts.adopt_authority)
    title = gettext_lazy("Constater l’adoption")
    success = gettext_lazy("L’adoption est inscrite.")

    def verdict(self) -> Verdict:
        return policies.record_authority(self.request.user, timezone.now())


class AuthorityForce(AuthorityAct):
    act = staticmethod(acts.bring_authority_into_force)
    title = gettext_lazy("Constater l’entrée en vigueur")
    explanation = gettext_lazy("Les tirages deviennent possibles à partir de cette date. L’autorisation ne change plus.")
    success = gettext_lazy("L’autorisation est en vigueur.")

    def verdict(self) -> Verdict:
        return policies.bring_into_force(self.request.user, self.authority, timezone.now())
