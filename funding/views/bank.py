"""Pages of bank details: what an organisation has, masked, and the two people's acts."""

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
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from fondsinnovation.kit.verdict import Verdict
from fondsinnovation.kit.views import ActForm
from funding.enums import BankState
from funding.forms.bank import BankForm, NumbersForm
from funding.forms.payments import ReasonForm
from funding.models import BankDetail
from funding.policies import bank as policies
from funding.queries.bank import current_details, details_of
from funding.services import bank as acts
from projects.models import Organisation
from projects.queries.people import organisations_for

BANK_COLOURS = {BankState.ENTERED: "yellow", BankState.CONFIRMED: "green", BankState.REFUSED: "red"}


@require_safe
@login_required
def bank_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Where an organisation is paid, masked, and every version that was entered."""
    now = timezone.now()
    organisation = get_object_or_404(organisations_for(request.user, now), code=code)
    policies.read_bank_details(request.user, organisation, now).require()
    rows = [
        {"detail": one, "colour": BANK_COLOURS[one.state], "may_decide": policies.decide_bank_details(request.user, one, now)}
        for one in details_of(organisation.pk)
    ]
    context = {
        "organisation": organisation,
        "rows": rows,
        "current": current_details([organisation.pk]).get(organisation.pk),
        "may_enter": policies.enter_bank_details(request.user, organisation, now),
    }
    return render(request, "funding/bank_detail.html", context)


class BankEnter(ActForm):
    """Enter a new version."""

    needs_recent_sign_in = True
    template_name = "funding/bank_form.html"
    form_class = BankForm

    @cached_property
    def organisation(self) -> Organisation:
        now = timezone.now()
        organisation = get_object_or_404(organisations_for(self.request.user, now), code=self.kwargs["code"])
        policies.enter_bank_details(self.request.user, organisation, now).require()
        return organisation

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = {
            "title": _("Inscrire des coordonnées bancaires"),
            "explanation": _("Une autre personne les confirmera en les inscrivant à son tour. Rien ne change d’ici là."),
            "submit": _("Inscrire"),
        }
        return super().get_context_data(organisation=self.organisation, **words, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        acts.enter_bank_details(
            organisation_id=self.organisation.pk,
            account=acts.Account(data["holder"], data["institution"], data["transit"], data["number"]),
            actor=self.request.user,
            now=timezone.now(),
            key=data["key"],
        )
        messages.success(self.request, _("Les coordonnées sont inscrites; une autre personne doit les confirmer."))
        return redirect("funding:bank_detail", self.organisation.code)


class BankAct(ActForm):
    """A form about one version that waits."""

    needs_recent_sign_in = True
    template_name = "funding/bank_form.html"
    title: Any = ""
    explanation: Any = ""

    @cached_property
    def detail(self) -> BankDetail:
        organisations = organisations_for(self.request.user, timezone.now())
        rows = BankDetail.objects.filter(organisation__in=organisations).select_related("organisation", "entered_by")
        detail = get_object_or_404(rows, pk=self.kwargs["bank"])
        if self.request.method != "POST":
            self.verdict(detail).require()
        return detail

    def verdict(self, detail: BankDetail) -> Verdict:
        return policies.decide_bank_details(self.request.user, detail, timezone.now())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = {"title": self.title, "explanation": self.explanation, "submit": self.title}
        return super().get_context_data(organisation=self.detail.organisation, detail=self.detail, **words, **kwargs)

    def form_invalid(self, form: BaseForm, status: int = 422) -> HttpResponse:
        if status == 422:  # who may not decide is told so before what is wrong in the form
            self.verdict(self.detail).require()
        return super().form_invalid(form, status)

    def common(self) -> dict[str, Any]:
        return {"detail_id": self.detail.pk, "actor": self.request.user, "now": timezone.now()}

    def done(self, message: str) -> HttpResponse:
        messages.success(self.request, message)
        return redirect("funding:bank_detail", self.detail.organisation.code)


class BankConfirm(BankAct):
    form_class = NumbersForm
    title = gettext_lazy("Confirmer les coordonnées bancaires")
    explanation = gettext_lazy(
        "Inscrivez les numéros d’après le spécimen de chèque de l’organisme, sans les demander à qui les a inscrits."
    )

    def perform(self, form: BaseForm) -> HttpResponse:
        acts.confirm_bank_details(**form.cleaned_data, **self.common())
        return self.done(_("Les coordonnées sont confirmées : les prochains paiements iront à ce compte."))


class BankRefuse(BankAct):
    form_class = ReasonForm
    title = gettext_lazy("Refuser les coordonnées bancaires")

    def perform(self, form: BaseForm) -> HttpResponse:
        acts.refuse_bank_details(**form.cleaned_data, **self.common())
        return self.done(_("Les coordonnées sont refusées; une nouvelle version peut être inscrite."))
