"""The end of a fiscal year: the years that have ended, and the form that prepares what lapses and what is carried."""

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
from django.views.decorators.http import require_safe

from fondsinnovation.kit.money import fiscal_year_of
from fondsinnovation.kit.views import ActForm
from funding.forms.credit_moves import YearEndForm
from funding.models import Envelope
from funding.policies import credit_moves as policies
from funding.queries.envelopes import envelope_lines
from funding.queries.year_end import YearLeft, year_left
from funding.services.credit_moves import Account
from funding.services.year_end import prepare_year_end, require_closable


@require_safe
@login_required
def year_end_list(request: HttpRequest) -> HttpResponse:
    """Each envelope and year that has ended, with what is left of it."""
    now = timezone.now()
    policies.prepare_year_end(request.user, now).require()
    current = fiscal_year_of(timezone.localdate(now))
    ended = [
        (found.envelope, line)
        for found in envelope_lines()
        for line in found.lines
        if line.fiscal_year is not None and line.fiscal_year < current
    ]
    return render(request, "funding/year_end_list.html", {"years": ended})


class YearEndPrepare(ActForm):
    """Prepare the end of one envelope × fiscal year; another person approves it."""

    template_name = "funding/year_end_prepare.html"
    form_class = YearEndForm
    needs_recent_sign_in = True

    @cached_property
    def envelope(self) -> Envelope:
        policies.prepare_year_end(self.request.user, timezone.now()).require()
        return get_object_or_404(Envelope, code=self.kwargs["envelope"])

    @cached_property
    def left(self) -> YearLeft:
        left = year_left(self.envelope.pk, self.kwargs["year"])
        policies.apart_from_no_file(self.request.user, [line.agreement.pk for line in left.lines]).require()
        return left

    def require_possible(self) -> None:
        require_closable(self.left, self.kwargs["year"], timezone.now())

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "lines": self.left.lines}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(envelope=self.envelope, year=self.kwargs["year"], left=self.left, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        move = prepare_year_end(
            account=Account(self.envelope.pk, self.kwargs["year"]),
            choices=form.choices(),
            terms=form.terms(),
            actor=self.request.user,
            now=timezone.now(),
            key=form.cleaned_data["key"],
        )
        messages.success(self.request, _("La fin d’exercice est préparée; une autre personne l’approuve."))
        return redirect("funding:credit_move_detail", move.number)
