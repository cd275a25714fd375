"""Entrusting a file to an adviser."""

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
from funding.forms.advisers import AdviserForm
from funding.policies import advisers as policies
from funding.queries.advisers import advisable
from funding.services.advisers import assign_adviser
from funding.views.applications import file_or_404
from projects.models import Application, User


class AdviserAssign(ActForm):
    """Who accompanies an application."""

    template_name = "funding/adviser_assign.html"
    form_class = AdviserForm

    @cached_property
    def application(self) -> Application:
        now = timezone.now()
        application = file_or_404(self.request.user, self.kwargs["number"], now)
        policies.assign_adviser(self.request.user, application, now).require()
        return application

    @cached_property
    def people(self) -> list[User]:
        return list(advisable(self.application, self.request.user, timezone.now()))

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "people": self.people}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(application=self.application, people=self.people, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        adviser = assign_adviser(
            application_id=self.application.pk, person_id=data["person"], actor=self.request.user, now=timezone.now(), key=data["key"]
        )
        messages.success(self.request, _("%(name)s accompagne ce dossier et en est avisé.") % {"name": adviser.person.name})
        return redirect("funding:application_detail", number=self.application.number)
