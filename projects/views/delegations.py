"""Delegations: proposed from a role, listed for those whom they concern, agreed to or refused, ended."""

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

from fondsinnovation.kit.views import ActForm
from projects.forms.people import ConfirmForm, DelegationForm, RefusalForm
from projects.models import Delegation, Membership
from projects.policies import delegations as policies
from projects.queries.delegations import colleagues_of, delegations_for
from projects.services.delegations import approve_delegation, end_delegation, propose_delegation, refuse_delegation
from projects.tables.delegations import DelegationTable
from projects.views.people import visible_membership


@require_safe
@login_required
def delegation_list(request: HttpRequest) -> HttpResponse:
    """The delegations that concern this person: given, received, or to decide."""
    now = timezone.now()
    table = DelegationTable.for_page(
        request, delegations_for(request.user, now), person=request.user, now=now, today=timezone.localdate(now)
    )
    return render(request, "projects/delegation_list.html", {"table": table})


class DelegationCreate(ActForm):
    """Propose that a colleague holds a role during an absence."""

    needs_recent_sign_in = True
    template_name = "projects/delegation_form.html"
    form_class = DelegationForm

    @cached_property
    def source(self) -> Membership:
        source = visible_membership(self.request, self.kwargs["pk"])
        policies.propose_delegation(self.request.user, source, timezone.now()).require()
        return source

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "colleagues": colleagues_of(self.source, timezone.now())}

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "starts_on": timezone.localdate()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(source=self.source, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        propose_delegation(
            source_id=self.source.pk,
            delegate_id=data["delegate"].pk,
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
            reason=data["reason"],
            actor=self.request.user,
            now=timezone.now(),
            key=data["key"],
        )
        messages.success(self.request, _("La délégation est proposée; elle prendra effet une fois approuvée par une autre personne."))
        return redirect("projects:delegation_list")


class _DelegationAct(ActForm):
    """A page that confirms one act on a delegation."""

    needs_recent_sign_in = True
    form_class = ConfirmForm

    @cached_property
    def delegation(self) -> Delegation:
        now = timezone.now()
        delegation = get_object_or_404(delegations_for(self.request.user, now), pk=self.kwargs["pk"])
        self.allowed(delegation, now).require()
        return delegation

    def allowed(self, delegation: Delegation, now: Any) -> Any:
        return policies.decide_delegation(self.request.user, delegation, now)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(delegation=self.delegation, **kwargs)

    def asked(self, form: BaseForm) -> dict[str, Any]:
        key = form.cleaned_data["key"]
        return {"delegation_id": self.delegation.pk, "actor": self.request.user, "now": timezone.now(), "key": key}


class DelegationApprove(_DelegationAct):
    template_name = "projects/delegation_approve.html"

    def perform(self, form: BaseForm) -> HttpResponse:
        approve_delegation(**self.asked(form))
        messages.success(self.request, _("La délégation est approuvée."))
        return redirect("projects:delegation_list")


class DelegationRefuse(_DelegationAct):
    template_name = "projects/delegation_refuse.html"
    form_class = RefusalForm

    def perform(self, form: BaseForm) -> HttpResponse:
        refuse_delegation(reason=form.cleaned_data["reason"], **self.asked(form))
        messages.success(self.request, _("La délégation est refusée."))
        return redirect("projects:delegation_list")


class DelegationEnd(_DelegationAct):
    template_name = "projects/delegation_end.html"

    def allowed(self, delegation: Delegation, now: Any) -> Any:
        return policies.end_delegation(self.request.user, delegation, now)

    def perform(self, form: BaseForm) -> HttpResponse:
        end_delegation(**self.asked(form))
        messages.success(self.request, _("La délégation est retirée."))
        return redirect("projects:delegation_list")
