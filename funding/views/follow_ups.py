"""Pages of the risk tier of an agreement, and of the end that a documented failure is."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.views import ActForm
from funding.enums import AgreementState
from funding.forms.follow_ups import RiskForm
from funding.forms.payments import ReasonForm
from funding.models import Agreement
from funding.policies import follow_ups as policies
from funding.queries.agreement_conditions import unmet_for_failure, unpaid_by_year
from funding.queries.follow_ups import months_of, proposed_tier, risks_of, terms_of, tier_of
from funding.services import agreement_ends
from funding.services import follow_ups as acts
from funding.views.agreement_steps import AgreementMove
from funding.views.agreements import agreement_or_404


class AgreementRisk(ActForm):
    """The tier in force with its versions, and the form that changes it."""

    template_name = "funding/agreement_risk.html"
    form_class = RiskForm

    @cached_property
    def agreement(self) -> Agreement:
        agreement = agreement_or_404(self.request, self.kwargs["number"])
        policies.set_risk_tier(self.request.user, agreement, timezone.now()).require()
        return agreement

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        terms = terms_of(self.agreement.project.call.terms_id)
        months = [(tier.label, months_of(terms, tier)) for tier in type(proposed_tier(terms, self.agreement.amount))] if terms else []
        context = {
            "agreement": self.agreement,
            "tier": tier_of(self.agreement, terms),
            "proposed": proposed_tier(terms, self.agreement.amount),
            "months": months,
            "risks": risks_of(self.agreement),
        }
        return super().get_context_data(**context, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        acts.set_risk_tier(agreement_id=self.agreement.pk, actor=self.request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(self.request, _("Le palier de risque est changé; le calendrier des rapports suit."))
        return redirect("funding:agreement_detail", self.agreement.number)


class AgreementFailure(AgreementMove):
    needs_recent_sign_in = True
    form_class = ReasonForm
    target = AgreementState.DOCUMENTED_FAILURE
    policy = policies.document_failure
    act = agreement_ends.document_failure
    title = gettext_lazy("Fermer comme échec documenté")
    explanation = gettext_lazy(
        "Les obligations sont remplies, les résultats n’y sont pas : rien n’est recouvré pour cette cause, et ce qui est engagé et n’est "
        "pas versé retourne à l’enveloppe. Les montants et les gains du projet comptent encore."
    )
    success = gettext_lazy("La convention est fermée comme échec documenté.")

    def unmet(self) -> list[str]:
        return unmet_for_failure(self.agreement)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(unpaid=sorted(unpaid_by_year(self.agreement).items()), **kwargs)
