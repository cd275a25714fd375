"""Declaring interests in a file, and deciding on a potential conflict."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from fondsinnovation.kit.views import ActForm
from funding.forms.reviews import InterestDecisionForm, InterestForm
from funding.models import Review
from funding.queries.reviews import reviews_for
from funding.services.interests import decide_interest, declare_interest
from funding.views.applications import file_or_404
from projects.enums import InterestAnswer
from projects.models import Application, InterestDeclaration
from projects.policies import interests as policies
from projects.queries.interests import undecided
from projects.queries.staff import staff_queue_for

LATER = (InterestAnswer.POTENTIAL, InterestAnswer.ACTUAL)


class ReviewDeclare(ActForm):
    """What a reviewer declares before the file opens, or adds to it later."""

    template_name = "funding/interest_form.html"
    form_class = InterestForm

    @cached_property
    def review(self) -> Review:
        return get_object_or_404(reviews_for(self.request.user, timezone.now()), pk=self.kwargs["pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        answers = {None: tuple(InterestAnswer), InterestAnswer.NONE: LATER}.get(self.review.answer, (InterestAnswer.ACTUAL,))
        return {**super().get_form_kwargs(), "answers": answers}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        pending = self.review.answer == InterestAnswer.POTENTIAL
        return super().get_context_data(review=self.review, application=self.review.application, pending=pending, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        declare_interest(
            application_id=self.review.application_id,
            answer=InterestAnswer(data["answer"]),
            explanation=data["explanation"],
            actor=self.request.user,
            now=timezone.now(),
            key=data["key"],
        )
        messages.success(self.request, SAID[InterestAnswer(data["answer"])]())
        if data["answer"] == InterestAnswer.NONE:
            return redirect("funding:review_edit", pk=self.review.pk)
        return redirect("funding:review_list")


#: what is said once declared: never the title or number of a file that may now be hidden
SAID = {
    InterestAnswer.NONE: lambda: _("Votre déclaration est enregistrée; le dossier est ouvert."),
    InterestAnswer.POTENTIAL: lambda: _("Votre déclaration est enregistrée; le dossier reste fermé jusqu’à la décision."),
    InterestAnswer.ACTUAL: lambda: _("Votre déclaration est enregistrée; ce dossier ne vous est plus accessible."),
}


class StaffDeclare(ActForm):
    """A member of the staff declares a conflict on a file that they can read: it disappears for them."""

    template_name = "funding/interest_form.html"
    form_class = InterestForm

    @cached_property
    def application(self) -> Application:
        return file_or_404(self.request.user, self.kwargs["number"], timezone.now())

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "answers": (InterestAnswer.ACTUAL,)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(application=self.application, review=None, pending=False, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        declare_interest(
            application_id=self.application.pk,
            answer=InterestAnswer.ACTUAL,
            explanation=form.cleaned_data["explanation"],
            actor=self.request.user,
            now=timezone.now(),
            key=form.cleaned_data["key"],
        )
        messages.success(self.request, SAID[InterestAnswer.ACTUAL]())
        return redirect("projects:staff_application_list")


class InterestDecide(ActForm):
    """The decision on a potential conflict."""

    template_name = "funding/interest_decide.html"
    form_class = InterestDecisionForm

    @cached_property
    def declaration(self) -> InterestDeclaration:
        now = timezone.now()
        declaration = get_object_or_404(undecided(staff_queue_for(self.request.user, now)), pk=self.kwargs["pk"])
        policies.decide_interest(self.request.user, declaration, now).require()
        return declaration

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(declaration=self.declaration, application=self.declaration.application, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data, number = form.cleaned_data, self.declaration.application.number
        decide_interest(
            declaration_id=self.declaration.pk,
            is_cleared=data["decision"] == "clear",
            reason=data["reason"],
            actor=self.request.user,
            now=timezone.now(),
            key=data["key"],
        )
        messages.success(self.request, _("La décision est enregistrée."))
        return redirect("funding:application_detail", number=number)
