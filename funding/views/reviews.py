"""A reviewer's list and grid, and the assignment of reviewers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from fondsinnovation.kit.views import ActForm
from funding import scoring
from funding.enums import ReviewState
from funding.forms.reviews import AssignmentForm, ReviewForm, SubmissionForm
from funding.models import Review
from funding.policies import reviews as policies
from funding.queries.reviews import active_reviews, assignable, grid, panel, reviews_for
from funding.services.reviews import assign_reviewers, missing_in, require_reviewable, save_review, submit_review
from funding.tables.reviews import ReviewTable
from funding.views.applications import file_or_404
from projects.enums import InterestAnswer
from projects.models import Application
from projects.policies.rights import needs_role_somewhere
from projects.queries.applications import documents_for
from projects.queries.submitted import answers_of, sheets_of

REVIEW_DAYS = 21


@require_safe
@login_required
def review_list(request: HttpRequest) -> HttpResponse:
    """The reviews assigned to this person, the nearest due date first."""
    now = timezone.now()
    needs_role_somewhere(request.user, now, *policies.REVIEWER_ROLES).require()
    table = ReviewTable.for_page(request, reviews_for(request.user, now).order_by("due_on", "pk"))
    count = table.paginator.count
    table.caption = ngettext("%(count)s évaluation", "%(count)s évaluations", count) % {"count": count} if count else _("Aucune évaluation")
    return render(request, "funding/review_list.html", {"table": table})


class ReviewAssign(ActForm):
    """Who reviews an application, and by when."""

    template_name = "funding/review_assign.html"
    form_class = AssignmentForm

    @cached_property
    def application(self) -> Application:
        now = timezone.now()
        application = file_or_404(self.request.user, self.kwargs["number"], now)
        policies.assign_reviewers(self.request.user, application, now).require()
        return application

    def require_possible(self) -> None:
        require_reviewable(self.application)

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "due_on": timezone.localdate() + timedelta(days=REVIEW_DAYS)}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "people": assignable(self.application, timezone.now())}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        missing = max(self.application.call.terms.reviews_required - active_reviews(self.application.pk), 0)
        shown = panel(self.application, self.request.user, timezone.now())
        return super().get_context_data(application=self.application, panel=shown, missing=missing, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        assign_reviewers(
            application_id=self.application.pk,
            reviewer_ids=data["reviewers"],
            due_on=data["due_on"],
            actor=self.request.user,
            now=timezone.now(),
            key=data["key"],
        )
        messages.success(self.request, _("Les évaluations sont attribuées et les personnes en sont avisées."))
        return redirect("funding:application_detail", number=self.application.number)


class OwnReview(ActForm):
    """A page of one's own review, whose file is open."""

    @cached_property
    def review(self) -> Review:
        review = get_object_or_404(reviews_for(self.request.user, timezone.now()), pk=self.kwargs["pk"])
        if self.request.method == "POST":
            policies.write_review(self.request.user, review, timezone.now()).require()
        return review

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.review.answer != InterestAnswer.NONE:
            return redirect("funding:review_declare", pk=self.review.pk)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(review=self.review, application=self.review.application, **kwargs)


class ReviewEdit(OwnReview):
    """The application on the left, the grid on the right; read only once submitted, with the others' scores."""

    template_name = "funding/review_edit.html"
    form_class = ReviewForm

    @cached_property
    def panel(self) -> Any:
        return panel(self.review.application, self.request.user, timezone.now())

    @cached_property
    def grid(self) -> Any:
        return grid(self.review, self.panel)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "criteria": [row.criterion for row in self.grid]}

    def get_initial(self) -> dict[str, Any]:
        marks = {f"score_{row.criterion.pk}": row.mark.score for row in self.grid if row.mark}
        comments = {f"comment_{row.criterion.pk}": row.mark.comment for row in self.grid if row.mark}
        return {"version": self.review.version, "comment": self.review.comment, **marks, **comments}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_open = self.review.state == ReviewState.IN_PROGRESS
        documents = documents_for(self.request.user, timezone.now()).filter(application=self.review.application_id)
        version = next(iter(self.review.application.versions.order_by("-number")[:1]), None)
        return super().get_context_data(
            panel=self.panel,
            grid=self.grid,
            is_open=is_open,
            sections=answers_of(version) if version else [],
            sheets=sheets_of(self.review.application),
            documents=documents.order_by("uploaded_at", "pk"),
            **kwargs,
        )

    def perform(self, form: BaseForm) -> HttpResponse:
        now = timezone.now()
        review = save_review(
            review_id=self.review.pk,
            marks=form.marks(),
            comment=form.cleaned_data["comment"],
            version=form.cleaned_data["version"],
            actor=self.request.user,
            now=now,
        )
        if self.request.htmx:
            return render(self.request, "funding/review_saved.html", {"review": review, "now": now})
        if self.request.POST.get("action") == "check":
            return redirect("funding:review_submit", pk=review.pk)
        messages.success(self.request, _("Le brouillon de votre évaluation est enregistré."))
        return redirect("funding:review_edit", pk=review.pk)

    def form_invalid(self, form: BaseForm, status: int = 422) -> HttpResponse:
        if self.request.htmx:
            return render(self.request, "funding/review_saved.html", {"form": form, "review": None}, status=status)
        return super().form_invalid(form, status)


class ReviewSubmit(OwnReview):
    """Check one's review, then hand it in: it no longer changes."""

    template_name = "funding/review_submit.html"
    form_class = SubmissionForm

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "version": self.review.version}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = grid(self.review, panel(self.review.application, self.request.user, timezone.now()))
        kept = {row.criterion.pk: row.mark for row in rows if row.mark}
        missing = missing_in([row.criterion for row in rows], kept, self.review.comment)
        total = None if missing else scoring.total((row.criterion.weight, row.mark.score, row.criterion.maximum) for row in rows)
        return super().get_context_data(grid=rows, missing=missing, total=total, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        submit_review(review_id=self.review.pk, version=data["version"], actor=self.request.user, now=timezone.now(), key=data["key"])
        messages.success(self.request, _("Votre évaluation est remise. Vous voyez maintenant celles des autres."))
        return redirect("funding:review_edit", pk=self.review.pk)
