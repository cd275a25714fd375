"""A milestone accepted in part, put off or cancelled, and the payments of an agreement held and let go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import possible
from fondsinnovation.kit.views import ActForm
from fondsinnovation.templatetags.typography import long_date
from funding.forms.milestones import PartialForm, PostponeForm
from funding.forms.payments import ReasonForm
from funding.models import Agreement, Milestone
from funding.policies import milestones as policies
from funding.queries.agreements import agreements_for
from funding.queries.release import current_hold, delay_allowed, first_due_on
from funding.services import milestone_changes as acts
from funding.services.milestones import accept_milestone_partly
from funding.views.payments import MilestoneAct


class MilestoneAcceptPartly(MilestoneAct):
    form_class = PartialForm
    title = gettext_lazy("Accepter le jalon en partie")
    explanation = gettext_lazy(
        "Les versements du jalon se paieront dans cette proportion. "
        "Tant qu’aucun n’est demandé, l’organisme peut déclarer le jalon de nouveau."
    )

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        accept_milestone_partly(share=data["share"], reason=data["reason"], **self.act_with(form))
        return self.done(_("Le jalon est accepté en partie."))


class MilestonePostpone(MilestoneAct):
    form_class = PostponeForm
    title = gettext_lazy("Reporter le jalon")

    def may(self, milestone: Milestone) -> Any:
        return policies.change_milestone(self.request.user, milestone, timezone.now())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        latest = min(first_due_on(self.milestone) + timedelta(days=delay_allowed(self.milestone)), self.milestone.agreement.ends_on)
        context = super().get_context_data(**kwargs)
        context["explanation"] = _("Sans avenant, ce jalon se reporte au plus tard au %(day)s.") % {"day": long_date(latest)}
        return context

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        acts.postpone_milestone(due_on=data["due_on"], reason=data["reason"], **self.act_with(form))
        return self.done(_("Le jalon est reporté."))


class MilestoneCancel(MilestoneAct):
    form_class = ReasonForm
    title = gettext_lazy("Annuler le jalon")
    explanation = gettext_lazy("Un jalon ne s’annule que si aucun versement n’en dépend.")

    def may(self, milestone: Milestone) -> Any:
        return policies.change_milestone(self.request.user, milestone, timezone.now())

    def perform(self, form: BaseForm) -> HttpResponse:
        acts.cancel_milestone(reason=form.cleaned_data["reason"], **self.act_with(form))
        return self.done(_("Le jalon est annulé."))


class HoldPlace(ActForm):
    """Stop the payments of an agreement that are not requested yet."""

    template_name = "funding/hold_form.html"
    form_class = ReasonForm
    act: Any = staticmethod(acts.place_hold)
    title: Any = gettext_lazy("Retenir les paiements")
    explanation: Any = gettext_lazy("Aucun paiement de cette convention ne pourra être demandé jusqu’à la levée de la retenue.")
    success: Any = gettext_lazy("Les paiements de la convention sont retenus.")

    @cached_property
    def agreement(self) -> Agreement:
        now = timezone.now()
        agreement = get_object_or_404(agreements_for(self.request.user, now), number=self.kwargs["number"])
        policies.hold_payments(self.request.user, agreement, now).require()
        return agreement

    def require_possible(self) -> None:
        possible(current_hold(self.agreement) is None, _("Les paiements de cette convention sont déjà retenus.")).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        held = current_hold(self.agreement)
        return super().get_context_data(agreement=self.agreement, hold=held, title=self.title, explanation=self.explanation, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        self.act(agreement_id=self.agreement.pk, actor=self.request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(self.request, self.success)
        return redirect("funding:agreement_detail", self.agreement.number)


class HoldLift(HoldPlace):
    act = staticmethod(acts.lift_hold)
    title = gettext_lazy("Lever la retenue des paiements")
    explanation = gettext_lazy("Les paiements dont les conditions sont remplies pourront de nouveau être demandés.")
    success = gettext_lazy("La retenue est levée.")

    def require_possible(self) -> None:
        possible(current_hold(self.agreement), _("Aucune retenue n’arrête les paiements de cette convention.")).require()
