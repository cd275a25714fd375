"""Deciding whether an application is eligible, and confirming that it is not."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from fondsinnovation.kit.states import require_move
from fondsinnovation.kit.views import ActForm
from funding.forms.reviews import EligibilityForm, KeyForm
from funding.models import Eligibility
from funding.policies import reviews as policies
from funding.queries.eligibility import facts_of
from funding.services.eligibility import confirm_ineligibility, decide_eligibility
from funding.views.applications import eligibility_of, file_or_404
from projects.enums import APPLICATION_MOVES, ApplicationState
from projects.models import Application


class EligibilityDecide(ActForm):
    """The checklist of an application."""

    template_name = "funding/eligibility_form.html"
    form_class = EligibilityForm

    @cached_property
    def application(self) -> Application:
        now = timezone.now()
        application = file_or_404(self.request.user, self.kwargs["number"], now)
        policies.decide_eligibility(self.request.user, application, now).require()
        return application

    def require_possible(self) -> None:
        require_move(APPLICATION_MOVES, self.application.state, ApplicationState.ELIGIBLE)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "facts": facts_of(self.application)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(application=self.application, found=eligibility_of(self.application), **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        found = decide_eligibility(
            application_id=self.application.pk,
            checklist=form.answers(),
            reason=data["reason"],
            actor=self.request.user,
            now=timezone.now(),
            key=data["key"],
        )
        said = (
            _("La demande est recevable.") if found.is_eligible else _("Une autre personne doit maintenant confirmer la non-recevabilité.")
        )
        messages.success(self.request, said)
        return redirect("funding:application_detail", number=self.application.number)


class EligibilityConfirm(ActForm):
    """The confirmation, by another officer, that an application is not eligible."""

    template_name = "funding/eligibility_confirm.html"
    form_class = KeyForm

    @cached_property
    def eligibility(self) -> Eligibility:
        now = timezone.now()
        application = file_or_404(self.request.user, self.kwargs["number"], now)
        eligibility = get_object_or_404(Eligibility.objects.select_related("decided_by"), application=application, is_eligible=False)
        eligibility.application = application
        policies.confirm_ineligibility(self.request.user, eligibility, now).require()
        return eligibility

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(eligibility=self.eligibility, application=self.eligibility.application, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        application = self.eligibility.application
        confirm_ineligibility(application_id=application.pk, actor=self.request.user, now=timezone.now(), key=form.cleaned_data["key"])
        messages.success(self.request, _("La non-recevabilité est confirmée et l’organisme en est avisé."))
        return redirect("funding:application_detail", number=application.number)
