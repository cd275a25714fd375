"""A draft handed to a colleague."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from fondsinnovation.kit.views import ActForm
from projects.forms.people import TransferForm
from projects.models import Application
from projects.policies import applications as policies
from projects.queries.applications import colleagues_of
from projects.services.applications import transfer_application
from projects.views.applications import own_application


class ApplicationTransfer(ActForm):
    """Choose who answers for a draft from now on."""

    template_name = "projects/application_transfer.html"
    form_class = TransferForm

    @cached_property
    def application(self) -> Application:
        application = own_application(self.request, self.kwargs["pk"])
        policies.transfer_application(self.request.user, application, timezone.now()).require()
        return application

    def get_form_kwargs(self) -> dict[str, Any]:
        colleagues = colleagues_of(self.application, timezone.now()).exclude(pk=self.application.responsible_id)
        return {**super().get_form_kwargs(), "colleagues": colleagues}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(application=self.application, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        to, key = form.cleaned_data["person"], form.cleaned_data["key"]
        transfer_application(application_id=self.application.pk, to_id=to.pk, actor=self.request.user, now=timezone.now(), key=key)
        messages.success(self.request, _("La demande est confiée à %(name)s.") % {"name": to.name})
        return redirect("projects:application_detail", pk=self.application.pk)
