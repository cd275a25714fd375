"""The pages of a milestone that is paid by results: its quantity is declared, then verified in whole or in part."""

from __future__ import annotations

from typing import Any

from django.forms import BaseForm
from django.http import HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from funding.forms.outcomes import DeclarationForm, VerificationForm
from funding.models import OutcomeSchedule
from funding.queries.outcomes import live_declaration, measured_by, period_of
from funding.services import outcomes as acts
from funding.views.payments import MilestoneAct, MilestoneRefuse, MilestoneReport, MilestoneVerify


class MeasuredAct(MilestoneAct):
    """A step of a milestone, measured when its agreement pays results; otherwise the step of any milestone."""

    measured_form: Any = None
    measured_title: Any = ""
    measured_explanation: Any = ""

    @cached_property
    def schedule(self) -> OutcomeSchedule | None:
        return measured_by(self.milestone)

    def get_form_class(self) -> Any:
        return self.measured_form if self.schedule and self.measured_form else super().get_form_class()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.schedule is None:
            return super().get_context_data(**kwargs)
        words = {"title": self.measured_title, "explanation": self.measured_explanation}
        return super().get_context_data(measured=self.schedule, declaration=live_declaration(self.milestone), **words, **kwargs)


class OutcomeDeclare(MeasuredAct, MilestoneReport):
    measured_form = DeclarationForm

    @property
    def measured_title(self) -> str:  # type: ignore[override]
        return _("Déclarer une quantité")

    def get_initial(self) -> dict[str, Any]:
        start, end = period_of(self.milestone, timezone.localdate())
        return {**super().get_initial(), **({"period_start": start, "period_end": end} if self.schedule else {})}

    def perform(self, form: BaseForm) -> HttpResponse:
        if self.schedule is None:
            return super().perform(form)
        names = ("period_start", "period_end", "quantity", "report", "evidence")
        acts.declare_outcome(**{name: form.cleaned_data[name] for name in names}, **self.act_with(form))
        return self.done(_("La quantité est déclarée; le Secrétariat la vérifiera."))


class OutcomeVerify(MeasuredAct, MilestoneVerify):
    measured_form = VerificationForm

    @property
    def measured_title(self) -> str:  # type: ignore[override]
        return _("Vérifier la quantité")

    @property
    def measured_explanation(self) -> str:  # type: ignore[override]
        return _(
            "En confirmant, vous attestez avoir examiné la pièce justificative. "
            "Le prix de l’unité × la quantité vérifiée sera dû, dans la limite de la quantité maximale et du versement de la période."
        )

    def get_initial(self) -> dict[str, Any]:
        declared = live_declaration(self.milestone) if self.schedule else None
        return {**super().get_initial(), **({"quantity": declared.quantity} if declared else {})}

    def perform(self, form: BaseForm) -> HttpResponse:
        if self.schedule is None:
            return super().perform(form)
        data = form.cleaned_data
        acts.verify_outcome(quantity=data["quantity"], reason=data["reason"], **self.act_with(form))
        return self.done(_("La quantité est vérifiée; ce qu’elle rend dû pourra être demandé."))


class OutcomeRefuse(MeasuredAct, MilestoneRefuse):
    @property
    def measured_title(self) -> str:  # type: ignore[override]
        return _("Refuser la quantité")

    def perform(self, form: BaseForm) -> HttpResponse:
        if self.schedule is None:
            return super().perform(form)
        acts.refuse_outcome(reason=form.cleaned_data["reason"], **self.act_with(form))
        return self.done(_("La quantité est refusée; l’organisme peut déclarer la période de nouveau."))
